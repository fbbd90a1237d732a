/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tests/unit/storeaid.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"
#include "store/keeper.h"
#include "store/pack.h"

#define QUEUE_BYTES (256 * 1024)
#define DEADLINE_S  20

static _Atomic uint64_t kernel_count;

static uint64_t kernel_kills(void)
{
	return atomic_load(&kernel_count);
}

static struct keeper *made_beating(bool batch, uint64_t beat_ns)
{
	struct keeper_options options = {
		.path = store_path,
		.queue_bytes = QUEUE_BYTES,
		.kind = batch ? "import" : "trace",
		.batch = batch,
		.kernel_kills = batch ? NULL : kernel_kills,
		.beat_ns = beat_ns,
	};
	char error_text[STORE_ERROR_LEN];
	struct keeper *keeper;

	log_set_level(LOG_QUIET);
	atomic_store(&kernel_count, 10);
	if (keeper_new(&options, &keeper, error_text))
		fail_msg("%s", error_text);
	assert_int_equal(keeper_start(keeper), 0);
	return keeper;
}

static struct keeper *made(bool batch)
{
	return made_beating(batch, 0);
}

static int put(struct keeper *keeper, const struct store_row *row)
{
	struct queue *queue = keeper_queue(keeper);
	const struct store_bytes *line = &row->text[STORE_LINE];
	int error = store_pack(queue, row);

	if (!error)
		error = queue_put(queue, line->text, line->len);
	if (!error)
		error = queue_put(queue, "\n", 1);
	if (!error)
		error = queue_commit(queue, row->kind);
	else
		queue_abort(queue);
	if (error)
		keeper_refused(keeper);
	return error;
}

static int put_episode(struct keeper *keeper, int number)
{
	char id[16];
	struct store_row row;

	snprintf(id, sizeof(id), "%08d", number);
	row = episode_of(id, "live", number + 1, 1000 + number);
	return put(keeper, &row);
}

static void await_stored(struct keeper *keeper, uint64_t count)
{
	struct keeper_state state;

	for (int i = 0; i < DEADLINE_S * 1000; i++) {
		keeper_state(keeper, &state);
		if (state.stored >= count)
			return;
		usleep(1000);
	}
	fail_msg("%lu of %lu stored", (unsigned long)state.stored, (unsigned long)count);
}

static void begin(struct keeper *keeper)
{
	struct store_row row = run_of("trace");

	assert_int_equal(put(keeper, &row), 0);
}

/* What is told here is part of these tests, but not of what they show. */
static void without_stderr(void (*fn)(void))
{
	int saved = dup(STDERR_FILENO);
	FILE *nowhere = fopen("/dev/null", "w");

	assert_non_null(nowhere);
	dup2(fileno(nowhere), STDERR_FILENO);
	fclose(nowhere);
	fn();
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void rows_come_out_as_they_were_put(void **state)
{
	struct keeper_state counts;
	struct keeper *keeper = made(false);

	(void)state;
	begin(keeper);
	for (int i = 0; i < 1000; i++) {
		if (put_episode(keeper, i)) {
			await_stored(keeper, i);
			assert_int_equal(put_episode(keeper, i), 0);
		}
	}
	assert_int_equal(put_episode(keeper, 0), 0);
	keeper_finish(keeper);
	keeper_state(keeper, &counts);
	assert_int_equal(counts.stored, 1000);
	assert_int_equal(counts.known, 1);
	assert_int_equal(counts.lost, 0);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT count(*) FROM episode JOIN episode_line USING (seq)"
				" WHERE line = '{}' AND pid = time_ns - 999"),
			    "1000");
	assert_string_equal(ask("SELECT count(*) FROM run WHERE kind = 'trace'"), "1");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
}

static void what_was_seen_is_what_is_stored_until_it_is_quiet(void **state)
{
	struct keeper *keeper = made(false);

	(void)state;
	begin(keeper);
	atomic_store(&kernel_count, 15);
	put_episode(keeper, 1);
	await_stored(keeper, 1);
	/* Four more were counted, and are not here yet. */
	assert_string_equal(ask("SELECT kernel_kills_seen FROM run"), "11");
	keeper_finish(keeper);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT kernel_kills_seen FROM run"), "15");
}

static void await_answer(const char *sql, const char *answer)
{
	for (int i = 0; i < DEADLINE_S * 1000 && strcmp(ask(sql), answer) != 0; i++)
		usleep(1000);
	assert_string_equal(ask(sql), answer);
}

/* Nothing comes, and it is written down until when that was seen. */
static void a_quiet_run_says_that_it_goes_on(void **state)
{
	struct keeper *keeper = made_beating(false, 20 * 1000 * 1000);
	char later[256];

	(void)state;
	begin(keeper);
	await_answer("SELECT count(*) FROM run WHERE kernel_kills_seen = 10", "1");
	snprintf(later, sizeof(later), "SELECT seen_until_ns > %.20s FROM run",
		 ask("SELECT seen_until_ns FROM run"));
	await_answer(later, "1");
	/* What the kernel has counted and nobody has told of by the beat after is seen. */
	atomic_store(&kernel_count, 12);
	await_answer("SELECT kernel_kills_seen FROM run", "12");
	keeper_finish(keeper);
	keeper_free(keeper);
}

/* What is counted at a beat may be on its way: it is called seen by the next one only. */
static void a_beat_does_not_call_seen_what_was_just_counted(void **state)
{
	struct keeper *keeper = made_beating(false, 2ULL * 1000 * 1000 * 1000);
	char later[256];

	(void)state;
	begin(keeper);
	usleep(1500 * 1000); /* so that it is quiet */
	snprintf(later, sizeof(later), "SELECT seen_until_ns > %.20s FROM run",
		 ask("SELECT seen_until_ns FROM run"));
	atomic_store(&kernel_count, 12);
	await_answer(later, "1");
	assert_string_equal(ask("SELECT kernel_kills_seen FROM run"), "10");
	await_answer("SELECT kernel_kills_seen FROM run", "12");
	keeper_finish(keeper);
	keeper_free(keeper);
}

/* When it is quiet, a kill may have been counted a moment ago: who is cut off then has not seen it.
 */
static void what_is_on_its_way_when_it_is_quiet_is_not_yet_seen(void **state)
{
	struct keeper *keeper = made(false);

	(void)state;
	begin(keeper);
	put_episode(keeper, 1);
	await_stored(keeper, 1);
	atomic_store(&kernel_count, 15);
	/* Longer than what quiet takes, and shorter than it takes twice. */
	usleep(1300000);
	assert_string_equal(ask("SELECT kernel_kills_seen FROM run"), "10");
	await_answer("SELECT kernel_kills_seen FROM run", "15");
	keeper_finish(keeper);
	keeper_free(keeper);
}

static void what_is_counted_after_the_watch_is_not_seen(void **state)
{
	struct keeper *keeper = made(false);

	(void)state;
	begin(keeper);
	atomic_store(&kernel_count, 12);
	put_episode(keeper, 1);
	keeper_detached(keeper, 12);
	atomic_store(&kernel_count, 15);
	keeper_finish(keeper);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT kernel_kills_seen FROM run"), "12");
}

/* Of two that shared their memory the kernel counts one; the other kill that it counted is not here
 * yet. */
static void who_shared_memory_is_not_seen_in_another_s_place(void **state)
{
	struct keeper *keeper = made(false);
	struct store_row row = episode_of("00000001", "live", 1, 1000);

	(void)state;
	begin(keeper);
	store_row_number(&row, STORE_VICTIMS, 2);
	atomic_store(&kernel_count, 12);
	put(keeper, &row);
	await_stored(keeper, 1);
	assert_string_equal(ask("SELECT kernel_kills_seen FROM run"), "11");
	assert_string_equal(ask("SELECT victims FROM episode"), "2");
	keeper_finish(keeper);
	keeper_free(keeper);
}

static void locked(void)
{
	struct keeper *keeper = made(false);
	sqlite3 *other;

	begin(keeper);
	put_episode(keeper, 0);
	await_stored(keeper, 1);
	sqlite3_open(store_path, &other);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 1; i < 100; i++)
		assert_int_equal(put_episode(keeper, i), 0);
	usleep(300000);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	await_stored(keeper, 100);
	keeper_finish(keeper);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT count(*) FROM episode"), "100");
}

static void what_finds_the_store_locked_waits(void **state)
{
	(void)state;
	without_stderr(locked);
}

static void removed(void)
{
	struct keeper *keeper = made(false);
	char aside[128];

	begin(keeper);
	put_episode(keeper, 0);
	await_stored(keeper, 1);
	snprintf(aside, sizeof(aside), "%s/aside", store_directory);
	assert_int_equal(rename(store_path, aside), 0);
	put_episode(keeper, 1);
	await_stored(keeper, 2);
	put_episode(keeper, 2);
	keeper_finish(keeper);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT group_concat(id) FROM episode"), "00000001,00000002");
	assert_string_equal(ask("SELECT group_concat(kind || kernel_kills_start) FROM run"),
			    "trace10");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
}

static void a_store_that_was_removed_is_made_anew(void **state)
{
	(void)state;
	without_stderr(removed);
}

/* Its log has no name any more, but is all that there is of what was stored. */
static void log_removed(void)
{
	struct keeper *keeper = made(false);
	char log[128];

	begin(keeper);
	put_episode(keeper, 0);
	await_stored(keeper, 1);
	snprintf(log, sizeof(log), "%s-wal", store_path);
	assert_int_equal(unlink(log), 0);
	put_episode(keeper, 1);
	await_stored(keeper, 2);
	keeper_finish(keeper);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT group_concat(id) FROM episode"), "00000000,00000001");
	assert_string_equal(ask("SELECT count(*) FROM run"), "1");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
}

static void a_log_that_was_removed_costs_nothing(void **state)
{
	(void)state;
	without_stderr(log_removed);
}

static void damaged(void)
{
	struct keeper *keeper = made(false);
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char name[160], aside[160];

	begin(keeper);
	put_episode(keeper, 0);
	await_stored(keeper, 1);
	keeper_finish(keeper);
	keeper_free(keeper);
	keeper = made(false);
	for (int i = 0; i < 3; i++) {
		char rubbish[4096];
		FILE *file;

		snprintf(name, sizeof(name), "%s%s", store_path, suffixes[i]);
		file = fopen(name, "r+");
		fwrite(memset(rubbish, 'x', sizeof(rubbish)), 1, sizeof(rubbish), file);
		fclose(file);
	}
	begin(keeper);
	put_episode(keeper, 1);
	usleep(100000);
	snprintf(aside, sizeof(aside), "%s/aside", store_directory);
	assert_int_equal(rename(store_path, aside), 0);
	await_stored(keeper, 1);
	keeper_finish(keeper);
	keeper_free(keeper);
	assert_string_equal(ask("SELECT group_concat(id) FROM episode"), "00000001");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	assert_int_equal(access(aside, F_OK), 0);
}

static void a_damaged_store_is_left_alone_until_it_is_moved(void **state)
{
	(void)state;
	without_stderr(damaged);
}

/* Its file is no directory: neither can be made anew there. */
static void hopeless(void)
{
	struct keeper *keeper = made(false);
	struct keeper_state counts;
	uint64_t refused = 0;

	begin(keeper);
	put_episode(keeper, 0);
	await_stored(keeper, 1);
	assert_int_equal(unlink(store_path), 0);
	assert_int_equal(mkdir(store_path, 0700), 0);
	for (int i = 1; i < 2000; i++)
		refused += put_episode(keeper, i) != 0;
	assert_true(refused > 0);
	keeper_finish(keeper);
	keeper_state(keeper, &counts);
	assert_int_equal(counts.stored, 1);
	assert_int_equal(counts.stored + counts.lost + refused, 2000);
	keeper_free(keeper);
}

static void what_could_not_wait_is_counted(void **state)
{
	(void)state;
	without_stderr(hopeless);
}

static void overrun(void)
{
	struct keeper *keeper = made(false);
	uint64_t refused = 0;
	sqlite3 *other;
	char sql[128];

	begin(keeper);
	put_episode(keeper, 0);
	await_stored(keeper, 1);
	sqlite3_open(store_path, &other);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 1; i < 2000; i++)
		refused += put_episode(keeper, i) != 0;
	assert_true(refused > 0);
	sqlite3_close(other);
	await_stored(keeper, 2000 - refused);
	keeper_finish(keeper);
	keeper_free(keeper);
	snprintf(sql, sizeof(sql), "SELECT sum(count) = %lu FROM loss WHERE reason = 'store'",
		 (unsigned long)refused);
	assert_string_equal(ask(sql), "1");
}

static void what_found_no_room_is_in_the_store_as_lost(void **state)
{
	(void)state;
	without_stderr(overrun);
}

static void a_row_that_cannot_be_stored_stops_no_other(void **state)
{
	struct keeper *keeper = made(false);
	struct store_row bad = episode_of("bad", "live", 5, 5);
	struct keeper_state counts;
	int saved = dup(STDERR_FILENO);

	(void)state;
	bad.text[STORE_SOURCE].text = NULL; /* NOT NULL in the schema */
	close(STDERR_FILENO);
	begin(keeper);
	put_episode(keeper, 0);
	put(keeper, &bad);
	put_episode(keeper, 1);
	keeper_finish(keeper);
	dup2(saved, STDERR_FILENO);
	close(saved);
	keeper_state(keeper, &counts);
	keeper_free(keeper);
	assert_int_equal(counts.stored, 2);
	assert_int_equal(counts.lost, 1);
	assert_string_equal(ask("SELECT count(*) FROM episode"), "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_STORE(rows_come_out_as_they_were_put),
		ON_A_STORE(what_was_seen_is_what_is_stored_until_it_is_quiet),
		ON_A_STORE(a_quiet_run_says_that_it_goes_on),
		ON_A_STORE(a_beat_does_not_call_seen_what_was_just_counted),
		ON_A_STORE(what_is_on_its_way_when_it_is_quiet_is_not_yet_seen),
		ON_A_STORE(who_shared_memory_is_not_seen_in_another_s_place),
		ON_A_STORE(what_is_counted_after_the_watch_is_not_seen),
		ON_A_STORE(what_finds_the_store_locked_waits),
		ON_A_STORE(a_store_that_was_removed_is_made_anew),
		ON_A_STORE(a_log_that_was_removed_costs_nothing),
		ON_A_STORE(a_damaged_store_is_left_alone_until_it_is_moved),
		ON_A_STORE(what_could_not_wait_is_counted),
		ON_A_STORE(what_found_no_room_is_in_the_store_as_lost),
		ON_A_STORE(a_row_that_cannot_be_stored_stops_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
