/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A store whose memory is an arena that runs out at any moment. */
#include "tests/unit/storeaid.h"

#include <errno.h>

#include "lib/arena.h"

#define ARENA_BYTES (2 * 1024 * 1024)
#define ROWS        6

static struct arena *arena;
static long until_failure; /* allocations that succeed; -1: all */

static bool fails(void)
{
	if (until_failure > 0)
		until_failure--;
	return until_failure == 0;
}

static void *take(int size)
{
	return fails() ? NULL : arena_take(arena, (size_t)size);
}

static void *resize(void *block, int size)
{
	return fails() ? NULL : arena_resize(arena, block, (size_t)size);
}

static void give_back(void *block)
{
	arena_give_back(arena, block);
}

static int size_of(void *block)
{
	return block ? (int)arena_block_size(block) : 0;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int begin(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void end(void *unused)
{
	(void)unused;
}

static int use_arena(void **state)
{
	static const sqlite3_mem_methods methods = {
		take, give_back, resize, size_of, round_up, begin, end, NULL,
	};

	(void)state;
	arena = arena_new(malloc(ARENA_BYTES), ARENA_BYTES);
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK;
}

/* Returns whether all of it worked; what was committed is counted. */
static bool use_store(unsigned int *ret_committed)
{
	struct store_keep keep = {.max_episodes = 4};
	struct store_row row = run_of("trace");
	char error_text[STORE_ERROR_LEN], id[16];
	struct store *store;
	struct store_watch watch;
	uint64_t deleted = 0;
	int error = store_open(store_path, STORE_WRITE | STORE_CREATE, NULL, &store, error_text);

	*ret_committed = 0;
	if (error) {
		assert_int_equal(error, -ENOMEM);
		assert_true(*error_text);
		return false;
	}
	error = store_last_watch(store, "h", "b", &watch);
	for (int i = 0; i <= ROWS && error >= 0; i++) {
		error = store_begin(store);
		if (i) {
			snprintf(id, sizeof(id), "%d", i);
			row = episode_of(id, "live", i, i);
		}
		if (!error)
			error = store_put(store, &row);
		if (error >= 0)
			error = store_put_seen(store, 5, true, 7);
		if (error >= 0)
			error = store_commit(store);
		else
			store_rollback(store);
		if (!error && i)
			*ret_committed = (unsigned int)i;
	}
	if (error >= 0)
		error = store_trim(store, &keep, 100, &deleted);
	store_close(store);
	if (error < 0)
		assert_int_equal(error, -ENOMEM);
	return error >= 0;
}

static void an_allocation_that_fails_is_an_error_and_nothing_more(void **state)
{
	/* Each of some 6,000 takes two minutes, of which some seconds are spent here by default. */
	long stride = getenv("OOMTRACE_THOROUGH") ? 1 : 17, at;
	unsigned int committed;
	bool worked = false;

	for (at = 1; !worked; at += stride) {
		char sql[128];

		assert_true(at < 20000);
		until_failure = at;
		worked = use_store(&committed);
		until_failure = -1;
		sqlite3_shutdown();
		/* Nothing is left behind. */
		assert_int_equal(arena_used(arena), 0);
		assert_true(arena_is_sound(arena));
		/* All that was committed is there, and only that. */
		assert_string_equal(ask("PRAGMA integrity_check"), "ok");
		if (committed) {
			snprintf(sql, sizeof(sql), "SELECT max(pid) = %u FROM episode", committed);
			assert_string_equal(ask(sql), "1");
			assert_string_equal(
				ask("SELECT count(*) = 0 FROM episode e WHERE NOT EXISTS"
				    " (SELECT 1 FROM episode_line l WHERE l.seq = e.seq)"),
				"1");
		}
		store_aid_remove_directory(state);
		store_aid_make_directory(state);
	}
	assert_true(at > 1000);
}

static void a_row_that_is_too_large_is_refused_and_the_next_one_is_not(void **state)
{
	char *line = calloc(1, ARENA_BYTES), error_text[STORE_ERROR_LEN];
	struct store_row row = run_of("trace"), large = episode_of("large", "live", 2, 2),
			 small = episode_of("small", "live", 1, 1);
	struct store *store;

	(void)state;
	until_failure = -1;
	store_row_text(&large, STORE_LINE, memset(line, 'x', ARENA_BYTES), ARENA_BYTES);
	assert_int_equal(
		store_open(store_path, STORE_WRITE | STORE_CREATE, NULL, &store, error_text), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_put(store, &row), 1);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_put(store, &large), -ENOMEM);
	store_rollback(store);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_put(store, &small), 1);
	assert_int_equal(store_commit(store), 0);
	store_close(store);
	assert_string_equal(ask("SELECT group_concat(id) FROM episode"), "small");
	free(line);
}

/* Of schema 1, with many kills and what became of their victims. */
static void make_old_store(void)
{
	static const char many[] =
		"PRAGMA cache_size = -256;"
		"WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
		" INSERT INTO episode(id, run_id, host_id, type, source, sort_ns, victims, lost)"
		" SELECT 'k' || i, 1, 1, 'oom_kill', 'live', i, 1, 0 FROM n;"
		"INSERT INTO outcome(id, pid, line) SELECT id, 1, '{}' FROM episode WHERE seq > "
		"50;";
	FILE *file = fopen("tests/data/store-v1.sql", "r");
	char *made = NULL;
	size_t size = 0;
	sqlite3 *db;

	assert_non_null(file);
	assert_true(getdelim(&made, &size, '\0', file) > 0);
	fclose(file);
	assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, made, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, many, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	free(made);
}

static void a_large_store_of_an_earlier_schema_takes_no_more_memory(void **state)
{
	char error_text[STORE_ERROR_LEN] = "";
	struct store *store;

	(void)state;
	until_failure = -1;
	make_old_store();
	assert_int_equal(store_open(store_path, STORE_WRITE, NULL, &store, error_text), 0);
	store_close(store);
	assert_string_equal(ask("SELECT count(*) > 79000 FROM event"), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_STORE(an_allocation_that_fails_is_an_error_and_nothing_more),
		ON_A_STORE(a_row_that_is_too_large_is_refused_and_the_next_one_is_not),
		ON_A_STORE(a_large_store_of_an_earlier_schema_takes_no_more_memory),
	};

	return cmocka_run_group_tests(tests, use_arena, NULL);
}
