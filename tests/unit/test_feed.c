// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The events of a store by their numbers, and what a shipper reads of them. */
#include "tests/unit/storeaid.h"

#include <errno.h>
#include <sys/stat.h>

#include "ship/feed.h"

static struct feed feed;
static char why[STORE_ERROR_LEN];

static struct store *writer(void)
{
	struct store *store;

	assert_int_equal(store_open(store_path, STORE_WRITE | STORE_CREATE, NULL, &store, why), 0);
	return store;
}

static void put(struct store *store, const struct store_row *row)
{
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_put(store, row), 1);
	assert_int_equal(store_commit(store), 0);
}

static void put_kill(struct store *store, const char *id, int64_t pid)
{
	struct store_row row = episode_of(id, "live", pid, pid * 1000000000000);

	put(store, &row);
}

static void put_outcome(struct store *store, const char *id, int64_t pid)
{
	struct store_row row = row_of(STORE_OUTCOME);

	set_text(&row, STORE_ID, id);
	set_text(&row, STORE_LINE, "{\"type\":\"oom_outcome\"}");
	store_row_number(&row, STORE_PID, pid);
	put(store, &row);
}

static void put_loss(struct store *store, const char *reason, const char *line)
{
	struct store_row row = row_of(STORE_LOSS);

	row.text[STORE_LINE] = (struct store_bytes){.text = line, .len = line ? strlen(line) : 0};
	set_text(&row, STORE_REASON, reason);
	store_row_number(&row, STORE_TIME_NS, 5);
	store_row_number(&row, STORE_COUNT, 2);
	put(store, &row);
}

static void put_user_kill(struct store *store)
{
	struct store_row row = row_of(STORE_USER_KILL);

	store_row_number(&row, STORE_TIME_NS, 5);
	store_row_number(&row, STORE_BOOT_NS, 6);
	store_row_number(&row, STORE_PID, 7);
	store_row_number(&row, STORE_SIGNAL, 9);
	store_row_number(&row, STORE_SENDER_PID, 8);
	put(store, &row);
}

/* "number:type=id ..." of what is read above @after. */
static const char *read_above(int64_t after, bool fresh)
{
	static char said[4096];
	int count = feed_read(&feed, after, fresh, why), at = 0;
	struct message *message;

	*said = '\0';
	if (count < 0)
		return why;
	while ((message = feed_head(&feed))) {
		at += snprintf(said + at, sizeof(said) - (size_t)at, "%s%d:%s=%s%s", at ? " " : "",
			       (int)message->number, message->type, message->id,
			       message->line ? "" : "!");
		feed_pop(&feed);
	}
	return said;
}

static void read_is(int64_t after, bool fresh, const char *wanted)
{
	char without[4096], *to = without;

	/* The store's own name is another one each time. */
	for (const char *from = read_above(after, fresh); *from; from++) {
		if (*feed.identity && !strncmp(from, feed.identity, strlen(feed.identity))) {
			*to++ = '@';
			from += strlen(feed.identity) - 1;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	assert_string_equal(without, wanted);
}

static void all_that_the_stream_gave_comes_in_its_order(void **state)
{
	struct store *store = writer();
	struct store_row run = run_of("trace"), end = row_of(STORE_DETACHED);

	(void)state;
	feed_init(&feed, store_path);
	read_is(0, false, "");
	put(store, &run);
	put_kill(store, "aa", 1);
	put_kill(store, "bb", 2);
	put_user_kill(store);
	put_outcome(store, "aa", 1);
	put_loss(store, "ring_fate", "{}");
	put_loss(store, "store", NULL);
	store_row_number(&end, STORE_TIME_NS, 9);
	put(store, &end);
	read_is(0, false,
		"1:attached=attached.@.1 2:oom_kill=aa 3:oom_kill=bb "
		"4:killed_by_user=signal.b.6.7.9 5:oom_outcome=aa.1 6:lost=lost.@.6 "
		"7:lost=lost.@.7 8:detached=detached.@.8");
	assert_int_equal(feed.last, 8);
	read_is(6, false, "7:lost=lost.@.7 8:detached=detached.@.8");
	read_is(8, false, "");
	store_close(store);
}

static void the_line_comes_as_it_was_stored(void **state)
{
	struct store *store = writer();
	struct store_row row = episode_of("aa", "live", 1, 1000000000);

	(void)state;
	feed_init(&feed, store_path);
	set_text(&row, STORE_LINE, "{\"comm\":\"\xef\xbf\xbd\\u001b\"}");
	put(store, &row);
	assert_int_equal(feed_read(&feed, 0, false, why), 1);
	assert_string_equal(feed_head(&feed)->line, "{\"comm\":\"\xef\xbf\xbd\\u001b\"}");
	assert_string_equal(feed_head(&feed)->key, "h");
	assert_int_equal(feed_head(&feed)->time_ns, 1000000000);
	feed_clear(&feed);
	store_close(store);
}

static void what_was_deleted_unread_is_told(void **state)
{
	struct store *store = writer();
	struct store_keep keep = {.max_episodes = 2};
	uint64_t deleted = 0;
	char id[16];

	(void)state;
	feed_init(&feed, store_path);
	for (int i = 1; i <= 5; i++) {
		snprintf(id, sizeof(id), "k%d", i);
		put_kill(store, id, i);
		put_outcome(store, id, i);
	}
	assert_true(store_trim(store, &keep, 100, &deleted) >= 0);
	assert_int_equal(deleted, 3);
	read_is(1, false,
		"6:lost=unshipped.@.2-6 7:oom_kill=k4 8:oom_outcome=k4.4 9:oom_kill=k5 "
		"10:oom_outcome=k5.5");
	/* Who never shipped anything has not lost it. */
	read_is(0, true, "7:oom_kill=k4 8:oom_outcome=k4.4 9:oom_kill=k5 10:oom_outcome=k5.5");
	ask("DELETE FROM episode");
	read_is(8, false, "10:lost=unshipped.@.9-10");
	read_is(0, true, "");
	assert_int_equal(feed.last, 10);
	put_kill(store, "k6", 6);
	read_is(10, false, "11:oom_kill=k6");
	store_close(store);
}

static void a_kill_that_gave_way_to_a_better_one_is_no_loss(void **state)
{
	struct store *store = writer();
	struct store_row log = episode_of("aa", "log", 7, 100000000000);
	struct store_row live = episode_of("bb", "live", 7, 101000000000);

	(void)state;
	feed_init(&feed, store_path);
	put(store, &log);
	put(store, &live);
	read_is(0, false, "1:replaced=replaced.@.1! 2:oom_kill=bb");
	store_close(store);
}

static void many_are_read_some_at_a_time(void **state)
{
	struct store *store = writer();
	int64_t after = 0;
	int count;

	(void)state;
	feed_init(&feed, store_path);
	assert_int_equal(store_begin(store), 0);
	for (int i = 1; i <= 2 * FEED_MOST; i++) {
		struct store_row row;
		char id[16];

		snprintf(id, sizeof(id), "k%d", i);
		row = episode_of(id, "live", i, i * 1000000000000);
		assert_int_equal(store_put(store, &row), 1);
	}
	assert_int_equal(store_commit(store), 0);
	while ((count = feed_read(&feed, after, false, why)) > 0) {
		assert_true(count <= FEED_MOST);
		for (const struct message *m; (m = feed_head(&feed)); feed_pop(&feed))
			assert_int_equal(m->number, ++after);
	}
	assert_int_equal(after, 2 * FEED_MOST);
	store_close(store);
}

static void a_store_that_is_not_there_or_empty_is_told(void **state)
{
	struct store *store;
	FILE *file;

	(void)state;
	feed_init(&feed, store_path);
	assert_int_equal(feed_look(&feed, why), -ENOENT);
	file = fopen(store_path, "w");
	fclose(file);
	assert_int_equal(feed_look(&feed, why), -ENODATA);
	store = writer();
	assert_int_equal(feed_look(&feed, why), 0);
	assert_int_equal(strlen(feed.identity), 32);
	store_close(store);
}

static void a_store_that_is_read_only_is_read_as_one_that_stands_still(void **state)
{
	struct store *store = writer(), *reader;
	pid_t uid = (pid_t)geteuid();

	(void)state;
	if (uid) {
		store_close(store);
		skip();
	}
	feed_init(&feed, store_path);
	put_kill(store, "aa", 1);
	store_close(store);
	assert_int_equal(chmod(store_path, 0644), 0);
	assert_int_equal(chmod(store_directory, 0755), 0);
	/* As somebody who may not write beside it. */
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(store_open(store_path, 0, NULL, &reader, why), 0);
	assert_true(store_was_still(reader));
	assert_int_equal(seteuid(0), 0);
	store = writer();
	put_kill(store, "bb", 2);
	assert_false(store_was_still(reader));
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(store_reopen(reader), 0);
	assert_true(store_was_still(reader));
	read_is(0, false, "1:oom_kill=aa 2:oom_kill=bb");
	assert_int_equal(seteuid(0), 0);
	store_close(reader);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_STORE(all_that_the_stream_gave_comes_in_its_order),
		ON_A_STORE(the_line_comes_as_it_was_stored),
		ON_A_STORE(what_was_deleted_unread_is_told),
		ON_A_STORE(a_kill_that_gave_way_to_a_better_one_is_no_loss),
		ON_A_STORE(many_are_read_some_at_a_time),
		ON_A_STORE(a_store_that_is_not_there_or_empty_is_told),
		ON_A_STORE(a_store_that_is_read_only_is_read_as_one_that_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
