/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tests/unit/storeaid.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "store/schema.h"
#include "store/store.h"

static char error_text[STORE_ERROR_LEN];

static struct store *opened(void)
{
	struct store *store;

	if (store_open(store_path, STORE_WRITE | STORE_CREATE, NULL, &store, error_text))
		fail_msg("%s", error_text);
	return store;
}

static void begin_run(struct store *store, const char *kind)
{
	struct store_row row = run_of(kind);

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_put(store, &row), 1);
	assert_int_equal(store_commit(store), 0);
}

static int put(struct store *store, const struct store_row *row)
{
	int result;

	assert_int_equal(store_begin(store), 0);
	result = store_put(store, row);
	if (result < 0)
		fail_msg("%s", store_error(store));
	assert_int_equal(store_commit(store), 0);
	return result;
}

static void a_new_store_has_the_schema_and_is_the_owners_alone(void **state)
{
	struct stat st;
	char side[128];

	(void)state;
	umask(0);
	struct store *store = opened();

	begin_run(store, "trace");
	assert_int_equal(stat(store_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	for (int i = 0; i < 2; i++) {
		snprintf(side, sizeof(side), "%s%s", store_path, i ? "-shm" : "-wal");
		assert_int_equal(stat(side, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_string_equal(ask("PRAGMA journal_mode"), "wal");
	assert_string_equal(ask("PRAGMA auto_vacuum"), "2");
	assert_string_equal(ask("PRAGMA user_version"), "2");
	assert_string_equal(ask("SELECT count(*) FROM pragma_table_list WHERE schema = 'main'"
				" AND type = 'table' AND strict"),
			    "9");
	assert_string_equal(ask("SELECT count(*) FROM task"), "0");
	assert_string_equal(ask("SELECT count(*) FROM kill"), "0");
	store_close(store);
}

static void the_same_kill_is_stored_once(void **state)
{
	const int64_t second = 1000000000;
	struct store_row log = episode_of("aa", "log", 7, 100 * second);
	struct store_row live = episode_of("bb", "live", 7, 101 * second);
	struct store_row later = episode_of("cc", "log", 7, 900 * second);

	(void)state;
	struct store *store = opened();

	begin_run(store, "import");
	assert_int_equal(put(store, &log), 1);
	assert_int_equal(put(store, &log), 0);
	assert_int_equal(put(store, &live), 1);
	assert_string_equal(ask("SELECT group_concat(id) FROM episode"), "bb");
	assert_int_equal(put(store, &log), 0);
	assert_int_equal(put(store, &later), 1);
	assert_string_equal(ask("SELECT group_concat(id) FROM episode"), "bb,cc");
	assert_string_equal(ask("SELECT count(*) FROM episode_line"), "2");
	store_close(store);
}

static void outcomes_need_their_episode_and_name_its_pod(void **state)
{
	struct store_row episode = episode_of("aa", "live", 7, 5);
	struct store_row outcome = row_of(STORE_OUTCOME);

	(void)state;
	struct store *store = opened();

	begin_run(store, "trace");
	set_text(&outcome, STORE_ID, "aa");
	store_row_number(&outcome, STORE_PID, 7);
	store_row_number(&outcome, STORE_EXITED_NS, 2500000);
	assert_int_equal(put(store, &outcome), 0);
	assert_int_equal(put(store, &episode), 1);
	set_text(&outcome, STORE_POD, "web-0");
	assert_int_equal(put(store, &outcome), 1);
	assert_string_equal(ask("SELECT exited_ms FROM outcome"), "2.5");
	assert_string_equal(ask("SELECT pod FROM episode"), "web-0");
	store_close(store);
}

static void the_oldest_go_first(void **state)
{
	struct store_keep keep = {.max_episodes = 10};
	uint64_t deleted = 0;

	(void)state;
	struct store *store = opened();

	begin_run(store, "trace");
	for (int i = 0; i < 100; i++) {
		char id[16];
		struct store_row row;

		snprintf(id, sizeof(id), "%d", i);
		row = episode_of(id, "live", i + 1, 1000 - i);
		assert_int_equal(put(store, &row), 1);
	}
	while (store_trim(store, &keep, 2000, &deleted) > 0)
		;
	assert_int_equal(deleted, 90);
	assert_string_equal(ask("SELECT max(time_ns) || ' ' || min(time_ns) FROM episode"),
			    "1000 991");
	keep = (struct store_keep){.max_age_ns = 5};
	assert_int_equal(store_trim(store, &keep, 1000, &deleted), 0);
	assert_string_equal(ask("SELECT min(time_ns) FROM episode"), "995");
	store_close(store);
}

static void the_last_watch_is_found(void **state)
{
	struct store_watch watch;

	(void)state;
	struct store *store = opened();

	assert_int_equal(store_last_watch(store, "h", "b", &watch), 0);
	begin_run(store, "trace");
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_put_seen(store, 5000, true, 17), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_last_watch(store, "h", "b", &watch), 1);
	assert_true(watch.same_boot);
	assert_true(watch.kills_known);
	assert_int_equal(watch.until_real_ns, 5000);
	assert_int_equal(watch.kernel_kills, 17);
	assert_int_equal(store_last_watch(store, "h", "another", &watch), 1);
	assert_false(watch.same_boot);
	assert_int_equal(store_last_watch(store, "other", "another", &watch), 0);
	assert_int_equal(store_last_watch(store, "other", "", &watch), 0);
	/* Renamed since then, and not restarted. */
	assert_int_equal(store_last_watch(store, "other", "b", &watch), 1);
	assert_true(watch.same_boot);
	store_close(store);
}

/* What people are told to ask, word for word. */
static void the_queries_of_the_manual_work(void **state)
{
	struct store_row episode = episode_of("aa", "live", 7, 5);
	scope_fclose FILE *manual = fopen("docs/FORMATS.md", "r");
	char line[4096], sql[8192] = "";
	unsigned int queries = 0;
	bool inside = false;

	(void)state;
	struct store *store = opened();

	begin_run(store, "trace");
	set_text(&episode, STORE_LINE,
		 "{\"victims\":[{\"pid\":7}],\"candidates\":{\"tasks\":[{\"pid\":7,\"comm\":"
		 "\"java\","
		 "\"points\":5},{\"pid\":8}]},\"memcg\":{\"limit_bytes\":77}}");
	assert_int_equal(put(store, &episode), 1);
	assert_non_null(manual);
	while (fgets(line, sizeof(line), manual)) {
		if (inside && strcmp(line, "```\n") == 0) {
			assert_string_not_equal(ask(sql), "");
			queries++;
			inside = false;
		} else if (inside) {
			strcat(sql, line);
		} else if (strcmp(line, "```sql\n") == 0) {
			inside = true;
			sql[0] = '\0';
		}
	}
	assert_true(queries >= 5);
	assert_string_equal(ask("SELECT group_concat(role || pid) FROM task"),
			    "victim7,candidate7,candidate8");
	assert_string_equal(ask("SELECT time || comm || host FROM kill"),
			    "1970-01-01T00:00:00Zjavah");
	store_close(store);
}

/* What the file @path has, to be freed. */
static char *content_of(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(file);
	assert_true(getdelim(&text, &size, '\0', file) > 0);
	fclose(file);
	return text;
}

static void a_store_of_schema_1_is_read_and_gets_its_numbers(void **state)
{
	char *made = content_of("tests/data/store-v1.sql");
	struct store *store;
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, made, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	free(made);
	assert_int_equal(store_open(store_path, 0, NULL, &store, error_text), 0);
	store_close(store);
	assert_string_equal(ask("PRAGMA user_version"), "1");
	store_close(opened());
	assert_string_equal(ask("PRAGMA user_version"), "2");
	assert_string_equal(
		ask("SELECT group_concat(number || type || seq || coalesce('.' || pid, ''), ' ')"
		    " FROM (SELECT * FROM event ORDER BY number)"),
		"1attached2 2oom_kill1 3oom_outcome1.7 4oom_kill2 5oom_outcome2.8 6oom_outcome2.9"
		" 7oom_no_kill3 8killed_by_user1 9lost1 10lost2 11detached2");
	assert_string_equal(ask("DELETE FROM episode WHERE seq = 2"), "(none)");
	assert_string_equal(ask("SELECT count(*) FROM event"), "8");
}

/* As each version was when it was released: version 0 is an empty file. */
static void a_store_of_every_earlier_version_becomes_this_one(void **state)
{
	char *first = content_of("tests/data/store-v1.sql");
	const char *const made[STORE_SCHEMA_VERSION] = {"", first};

	for (int version = 0; version < STORE_SCHEMA_VERSION; version++) {
		sqlite3 *db;

		assert_int_equal(sqlite3_open(store_path, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, made[version], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		store_close(opened());
		assert_string_equal(ask("PRAGMA user_version"), "2");
		assert_string_equal(ask("PRAGMA auto_vacuum"), "2");
		store_aid_remove_directory(state);
		store_aid_make_directory(state);
	}
	free(first);
}

static int refusal(unsigned int flags)
{
	struct store *store;

	return store_open(store_path, flags, NULL, &store, error_text);
}

static void what_is_no_store_of_this_version_is_refused_and_left_alone(void **state)
{
	FILE *file;

	(void)state;
	assert_int_equal(refusal(0), -ENOENT);
	store_close(opened());
	ask("PRAGMA user_version = 3");
	assert_int_equal(refusal(STORE_WRITE), -EPROTO);
	assert_non_null(strstr(error_text, "newer oomtrace"));
	assert_int_equal(refusal(0), -EPROTO);
	assert_string_equal(ask("PRAGMA user_version"), "3");
	ask("PRAGMA application_id = 7");
	assert_int_equal(refusal(STORE_WRITE), -EBADMSG);
	assert_non_null(strstr(error_text, "another program"));
	file = fopen(store_path, "w");
	fputs("What is this? It is longer than a header, and says nothing that one would say.\n",
	      file);
	fclose(file);
	assert_int_equal(refusal(STORE_WRITE), -EBADMSG);
	assert_int_equal(refusal(0), -EBADMSG);
	assert_int_equal(truncate(store_path, 0), 0);
	assert_int_equal(refusal(0), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_STORE(a_new_store_has_the_schema_and_is_the_owners_alone),
		ON_A_STORE(the_same_kill_is_stored_once),
		ON_A_STORE(outcomes_need_their_episode_and_name_its_pod),
		ON_A_STORE(the_oldest_go_first),
		ON_A_STORE(the_last_watch_is_found),
		ON_A_STORE(the_queries_of_the_manual_work),
		ON_A_STORE(a_store_of_schema_1_is_read_and_gets_its_numbers),
		ON_A_STORE(a_store_of_every_earlier_version_becomes_this_one),
		ON_A_STORE(what_is_no_store_of_this_version_is_refused_and_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
