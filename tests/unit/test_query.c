// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/query.h"
#include "tests/unit/storegen.h"

#define SECOND 1000000000LL
#define T0     SAMPLE_REAL_NS
#define APP    "/system.slice/app.service"
#define HEX64  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER "/system.slice/docker-" HEX64 ".scope"
#define POD    "8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab"
#define KUBE                                                                                     \
	"/kubepods.slice/kubepods-burstable.slice/"                                              \
	"kubepods-burstable-pod8d5c5e1c_4c1f_4d2a_9d5b_0123456789ab.slice/cri-containerd-" HEX64 \
	".scope"

static char directory[64], path[96], why[STORE_ERROR_LEN];
static struct store *store; /* for reading */

/* By their ids' first letter, in the order of their times but for f, which has none. */
static const struct gen_kill kills[] = {
	{.id = "a000000000000001",
	 .time_ns = T0,
	 .comm = "java",
	 .cgroup = APP,
	 .memcg = APP,
	 .bytes = 100},
	{.id = "b000000000000001",
	 .time_ns = T0 + SECOND,
	 .comm = "redis",
	 .cgroup = DOCKER,
	 .memcg = DOCKER,
	 .bytes = 200},
	{.id = "c000000000000001",
	 .time_ns = T0 + 2 * SECOND,
	 .comm = "java",
	 .cgroup = KUBE,
	 .memcg = "/kubepods.slice",
	 .bytes = 300,
	 .pod = "web-0",
	 .namespace_name = "shop"},
	{.id = "d000000000000001",
	 .time_ns = T0 + 3 * SECOND,
	 .comm = "init\xff"
		 "er",
	 .cgroup = "/",
	 .bytes = 400,
	 .host = "db-1",
	 .whole_machine = true},
	{.id = "e000000000000001",
	 .time_ns = T0 + 4 * SECOND,
	 .comm = "java",
	 .cgroup = APP "/x",
	 .memcg = APP,
	 .bytes = 500,
	 .others = {"helper", "logger"}},
	{.id = "f000000000000001", .time_text = "Nov 20 14:05:09", .comm = "perl", .bytes = 600},
	{.id = "0000000000000001", .time_ns = T0 + 5 * SECOND, .memcg = APP},
};
#define N_KILLS (sizeof(kills) / sizeof(kills[0]))

static int make_store(void **state)
{
	struct store *writer;

	(void)state;
	strcpy(directory, "/tmp/oomtrace-query-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/s.db", directory);
	writer = gen_store(path);
	for (size_t i = 0; i < N_KILLS; i++)
		gen_put(writer, &kills[i]);
	gen_outcome(writer, kills[4].id, 4243, T0 + 6 * SECOND, 8);
	gen_outcome(writer, kills[4].id, 4242, T0 + 7 * SECOND, 9);
	gen_outcome(writer, kills[0].id, 4242, T0 + 6 * SECOND, 7);
	store_close(writer);
	return store_open(path, 0, NULL, &store, why);
}

static int remove_store(void **state)
{
	char command[128];

	(void)state;
	store_close(store);
	store = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static int add_letter(void *ctx, const struct store_episode *episode)
{
	char *letters = ctx;
	size_t len = strlen(letters);

	letters[len] = episode->id[0];
	letters[len + 1] = '\0';
	return 0;
}

/* The first letters of what @filter finds. */
static const char *found(struct store_filter filter)
{
	static char letters[256];

	letters[0] = '\0';
	if (store_each_episode(store, &filter, add_letter, letters))
		fail_msg("%s", store_error(store));
	return letters;
}

#define FOUND(expected, ...) \
	assert_string_equal(found((struct store_filter){__VA_ARGS__}), expected)

static void kills_come_oldest_first(void **state)
{
	(void)state;
	/* What has no time stands where it was stored, which was just now: long before 2026. */
	assert_int_equal(strlen(found((struct store_filter){0})), 6);
	FOUND("abcde", .until_ns = INT64_MAX);
	FOUND("0", .types = STORE_TYPE_NO_KILL);
	FOUND("abcde0", .types = STORE_TYPE_KILL | STORE_TYPE_NO_KILL, .since_ns = 1);
}

static void a_span_has_its_beginning_and_not_its_end(void **state)
{
	(void)state;
	FOUND("cde", .since_ns = T0 + 2 * SECOND);
	FOUND("de", .since_ns = T0 + 2 * SECOND + 1);
	FOUND("ab", .until_ns = T0 + 2 * SECOND);
	FOUND("abc", .until_ns = T0 + 2 * SECOND + 1);
	FOUND("c", .since_ns = T0 + 2 * SECOND, .until_ns = T0 + 3 * SECOND);
	FOUND("", .since_ns = T0 + 2 * SECOND, .until_ns = T0 + 2 * SECOND);
	FOUND("", .since_ns = INT64_MAX);
	FOUND("", .until_ns = -5);
}

static void the_last_of_them_are_still_oldest_first(void **state)
{
	(void)state;
	FOUND("e", .last_n = 1, .since_ns = 1);
	FOUND("de", .last_n = 2, .since_ns = 1);
	FOUND("abcde", .last_n = 100, .since_ns = 1);
	FOUND("abcde", .last_n = UINT64_MAX, .since_ns = 1);
	FOUND("ce", .last_n = 2, .comm = "java");
}

static void names_and_places_mean_what_they_mean_live(void **state)
{
	(void)state;
	FOUND("ace", .comm = "java");
	FOUND("", .comm = "jav");
	FOUND("d", .comm = "init\xff"
			   "er");
	FOUND("", .comm = "init");
	FOUND("ae", .cgroup = APP);
	FOUND("ae", .cgroup = APP "/");
	FOUND("e", .cgroup = APP "/x");
	FOUND("", .cgroup = "/system.slice/app");
	FOUND("abe", .cgroup = "/system.slice");
	FOUND("ae", .unit = "app");
	FOUND("ae", .unit = "app.service");
	FOUND("abe", .unit = "system.slice");
	FOUND("", .unit = "app.scope");
	FOUND("bc", .container = HEX64);
	FOUND("bc", .container = "0123456789ab");
	FOUND("", .container = "123456789ab");
	FOUND("c", .pod = POD);
	FOUND("c", .pod = "web-0");
	FOUND("c", .pod = "shop/web-0");
	FOUND("", .pod = "other/web-0");
	FOUND("", .pod = "web");
	FOUND("d", .host = "db-1");
	FOUND("", .host = "db");
	/* A cgroup that is not known lies nowhere, not even below the root. */
	FOUND("abcde", .cgroup = "/");
	FOUND("0", .cgroup = APP, .types = STORE_TYPE_NO_KILL);
	FOUND("", .comm = "java", .types = STORE_TYPE_NO_KILL);
}

static void all_that_is_asked_holds_of_one_victim(void **state)
{
	(void)state;
	FOUND("e", .comm = "helper");
	FOUND("e", .comm = "logger", .cgroup = APP "/x");
	FOUND("", .comm = "helper", .container = HEX64);
	FOUND("e", .comm = "java", .unit = "app", .since_ns = T0 + 1);
	FOUND("", .comm = "java", .unit = "app", .host = "db-1");
}

static void an_id_is_found_by_its_beginning(void **state)
{
	(void)state;
	FOUND("a", .id_prefix = "a");
	FOUND("a", .id_prefix = "a000000000000001");
	FOUND("", .id_prefix = "a0000000000000011");
	FOUND("", .id_prefix = "9");
	FOUND("0", .id_prefix = "0", .types = STORE_TYPE_KILL | STORE_TYPE_NO_KILL);
}

/* What people type is never SQL, nor a pattern. */
static void what_is_asked_is_bound(void **state)
{
	static const char *const hostile[] = {
		"' OR 1=1 --",
		"\" OR \"\"=\"",
		"%",
		"*",
		"?",
		"_ava",
		"java'; DROP TABLE episode; --",
		"\xff\xfe",
		"",
		":comm",
		"x\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		FOUND("", .comm = hostile[i]);
		FOUND("", .cgroup = hostile[i][0] ? hostile[i] : "x");
		FOUND("", .unit = hostile[i]);
		FOUND("", .container = hostile[i][0] ? hostile[i] : "x");
		FOUND("", .pod = hostile[i]);
		FOUND("", .host = hostile[i]);
		FOUND("", .id_prefix = hostile[i][0] ? hostile[i] : "x");
	}
	FOUND("abcde", .since_ns = 1);
}

static int check_row(void *ctx, const struct store_episode *row)
{
	int *rows = ctx;

	++*rows;
	assert_string_equal(row->id, kills[2].id);
	assert_false(row->no_kill);
	assert_null(row->reason);
	assert_string_equal(row->host, "web-14");
	assert_int_equal(row->time_ns, kills[2].time_ns);
	assert_null(row->time_text);
	assert_string_equal(row->constraint_name, "memcg");
	assert_string_equal(row->memcg, "/kubepods.slice");
	assert_int_equal(row->pid, 4242);
	assert_string_equal(row->comm, "java");
	assert_string_equal(row->cgroup, KUBE);
	assert_string_equal(row->pod, "web-0");
	assert_string_equal(row->pod_uid, POD);
	assert_string_equal(row->namespace_name, "shop");
	assert_string_equal(row->container, HEX64);
	assert_int_equal(row->bytes, 300);
	assert_int_equal(row->victims, 1);
	assert_non_null(row->line);
	assert_int_equal(row->len, strlen(row->line));
	assert_memory_equal(row->line, "{\"schema\":1,\"type\":\"oom_kill\"", 29);
	return 0;
}

static int check_no_kill(void *ctx, const struct store_episode *row)
{
	int *rows = ctx;

	++*rows;
	assert_true(row->no_kill);
	assert_string_equal(row->reason, "panic_on_oom");
	assert_null(row->comm);
	assert_int_equal(row->bytes, -1);
	assert_null(row->line);
	return 0;
}

static int check_timeless(void *ctx, const struct store_episode *row)
{
	int *rows = ctx;

	++*rows;
	assert_int_equal(row->time_ns, 0);
	assert_string_equal(row->time_text, "Nov 20 14:05:09");
	assert_null(row->cgroup);
	assert_null(row->unit);
	return 0;
}

static void a_row_has_what_is_known(void **state)
{
	struct store_filter filter = {.pod = POD, .lines = true};
	int rows = 0;

	(void)state;
	assert_int_equal(store_each_episode(store, &filter, check_row, &rows), 0);
	filter = (struct store_filter){.types = STORE_TYPE_NO_KILL};
	assert_int_equal(store_each_episode(store, &filter, check_no_kill, &rows), 0);
	filter = (struct store_filter){.comm = "perl"};
	assert_int_equal(store_each_episode(store, &filter, check_timeless, &rows), 0);
	assert_int_equal(rows, 3);
}

static int stop(void *ctx, const struct store_episode *row)
{
	int *rows = ctx;

	(void)row;
	return ++*rows == 2 ? 77 : 0;
}

static int ask_within(void *ctx, const struct store_episode *row)
{
	struct store_filter filter = {.id_prefix = row->id, .cgroup = "/"};
	int *rows = ctx, inner = 0;

	assert_int_equal(store_each_episode(store, &filter, stop, &inner), 0);
	assert_int_equal(inner, 1);
	++*rows;
	return 0;
}

static void a_query_can_be_ended_and_be_within_another(void **state)
{
	struct store_filter filter = {.since_ns = 1};
	int rows = 0;

	(void)state;
	assert_int_equal(store_each_episode(store, &filter, stop, &rows), 77);
	assert_int_equal(rows, 2);
	rows = 0;
	assert_int_equal(store_each_episode(store, &filter, ask_within, &rows), 0);
	assert_int_equal(rows, 5);
}

/* --- groups --- */

static int add_group(void *ctx, const struct store_group *group)
{
	char *text = ctx;
	size_t len = strlen(text);

	snprintf(text + len, 1024 - len, "%s%s:%d/%d/%d/%d-%d;", group->pod ? group->pod : "",
		 group->name ? group->name : "?", (int)group->kills, (int)group->victims,
		 (int)group->bytes, (int)(group->first_ns ? (group->first_ns - T0) / SECOND : -1),
		 (int)(group->last_ns ? (group->last_ns - T0) / SECOND : -1));
	return 0;
}

static const char *groups(enum store_by by, struct store_filter filter)
{
	static char text[1024];

	text[0] = '\0';
	if (store_each_group(store, &filter, by, add_group, text))
		fail_msg("%s", store_error(store));
	return text;
}

static void kills_are_put_together(void **state)
{
	(void)state;
	assert_string_equal(groups(STORE_BY_COMM, (struct store_filter){.since_ns = 1}),
			    "java:3/5/1900/0-4;init\xef\xbf\xbd"
			    "er:1/1/400/3-3;redis:1/1/200/1-1;");
	assert_string_equal(groups(STORE_BY_COMM, (struct store_filter){.comm = "perl"}),
			    "perl:1/1/600/-1--1;");
	assert_string_equal(groups(STORE_BY_CGROUP, (struct store_filter){.since_ns = 1}),
			    APP ":2/4/1600/0-4;/:1/1/400/3-3;/kubepods.slice:1/1/300/2-2;" DOCKER
				":1/1/200/1-1;");
	/* Those without stand last, however many they are. */
	assert_string_equal(groups(STORE_BY_POD, (struct store_filter){.since_ns = 1}),
			    "web-0" POD ":1/1/300/2-2;?:4/6/2200/0-4;");
	assert_string_equal(groups(STORE_BY_UNIT, (struct store_filter){.unit = "app"}),
			    "app.service:2/4/1600/0-4;");
	assert_string_equal(groups(STORE_BY_UNIT, (struct store_filter){.comm = "nobody"}), "");
}

/* --- outcomes, ids, hosts --- */

static int add_outcome(void *ctx, const char *line, size_t len)
{
	char *text = ctx;
	const char *pid = strstr(line, "\"pid\":");

	assert_int_equal(strlen(line), len);
	strncat(text, pid, strcspn(pid, ",") + 1);
	return 0;
}

static int refuse(void *ctx, const char *line, size_t len)
{
	(void)ctx;
	(void)line;
	(void)len;
	return 5;
}

static void outcomes_come_in_the_order_of_time(void **state)
{
	char text[256] = "";

	(void)state;
	assert_int_equal(store_each_outcome(store, kills[4].id, add_outcome, text), 0);
	assert_string_equal(text, "\"pid\":4243,\"pid\":4242,");
	text[0] = '\0';
	assert_int_equal(store_each_outcome(store, kills[1].id, add_outcome, text), 0);
	assert_int_equal(store_each_outcome(store, "' OR 1=1", add_outcome, text), 0);
	assert_string_equal(text, "");
	assert_int_equal(store_each_outcome(store, kills[4].id, refuse, NULL), 5);
}

static void ids_have_the_letters_that_tell_them_apart(void **state)
{
	struct store *writer = gen_store(path);
	struct gen_kill twin = {.time_ns = T0, .comm = "x"};

	(void)state;
	assert_int_equal(store_id_letters(store, 1), 1);
	assert_int_equal(store_id_letters(store, 8), 8);
	twin.id = "a000000000f00000";
	gen_put(writer, &twin);
	assert_int_equal(store_id_letters(store, 8), 11);
	twin.id = "a000000000000002";
	twin.pid = 5;
	gen_put(writer, &twin);
	assert_int_equal(store_id_letters(store, 8), 16);
	store_close(writer);
	assert_int_equal(store_hosts(store), 2);
}

static void an_empty_store_has_answers(void **state)
{
	char other[128];

	(void)state;
	snprintf(other, sizeof(other), "%s/empty.db", directory);
	store_close(gen_store(other));
	store_close(store);
	assert_int_equal(store_open(other, 0, NULL, &store, why), 0);
	FOUND("");
	assert_string_equal(groups(STORE_BY_COMM, (struct store_filter){0}), "");
	assert_int_equal(store_id_letters(store, 8), 8);
}

/* --- beside a writer, and damage --- */

static void what_is_not_committed_is_not_seen(void **state)
{
	struct store *writer = gen_store(path);
	struct gen_kill more = {
		.id = "9000000000000001", .time_ns = T0 + 9 * SECOND, .comm = "late"};

	(void)state;
	assert_int_equal(store_begin(writer), 0);
	gen_put(writer, &more);
	FOUND("", .comm = "late");
	assert_int_equal(store_commit(writer), 0);
	FOUND("9", .comm = "late");
	store_close(writer);
	FOUND("9", .comm = "late");
}

#define WRITTEN 300

/* A process that stores kill after kill, and one that reads: each query sees a whole beginning. */
static void a_reader_reads_while_a_writer_writes(void **state)
{
	size_t before = 0;
	int status = 0;
	pid_t pid;

	(void)state;
	store_close(store);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct store *writer = gen_store(path);

		for (int i = 0; i < WRITTEN; i++) {
			char id[17];
			struct gen_kill more = {.id = id,
						.time_ns = T0 + i,
						.comm = "busy",
						.pid = (uint32_t)i + 1};

			snprintf(id, sizeof(id), "%016x", 0x1000 + i);
			gen_put(writer, &more);
		}
		store_close(writer);
		_exit(0);
	}
	assert_int_equal(store_open(path, 0, NULL, &store, why), 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		size_t now = strlen(found((struct store_filter){.comm = "busy", .last_n = 255}));

		assert_true(now >= before);
		before = now;
	}
	assert_int_equal(status, 0);
	assert_int_equal(strlen(found((struct store_filter){.comm = "busy", .last_n = 255})), 255);
}

static void damage_is_told_and_not_believed(void **state)
{
	struct store_filter filter = {.lines = true};
	char letters[256] = "", rubbish[4096];
	struct stat st;
	int fd, error = 0;

	(void)state;
	store_close(store);
	store = NULL;
	memset(rubbish, 0x5a, sizeof(rubbish));
	fd = open(path, O_RDWR);
	assert_int_equal(fstat(fd, &st), 0);
	/* All but the first page, which has the schema. */
	for (off_t at = 4096; at < st.st_size; at += 4096)
		assert_int_equal(pwrite(fd, rubbish, 4096, at), 4096);
	close(fd);
	error = store_open(path, 0, NULL, &store, why);
	if (!error) {
		error = store_each_episode(store, &filter, add_letter, letters);
		assert_true(strlen(store_error(store)) > 0);
	}
	assert_int_equal(error, -EBADMSG);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, make_store, remove_store)
	const struct CMUnitTest tests[] = {
		WITH_STORE(kills_come_oldest_first),
		WITH_STORE(a_span_has_its_beginning_and_not_its_end),
		WITH_STORE(the_last_of_them_are_still_oldest_first),
		WITH_STORE(names_and_places_mean_what_they_mean_live),
		WITH_STORE(all_that_is_asked_holds_of_one_victim),
		WITH_STORE(an_id_is_found_by_its_beginning),
		WITH_STORE(what_is_asked_is_bound),
		WITH_STORE(a_row_has_what_is_known),
		WITH_STORE(a_query_can_be_ended_and_be_within_another),
		WITH_STORE(kills_are_put_together),
		WITH_STORE(outcomes_come_in_the_order_of_time),
		WITH_STORE(ids_have_the_letters_that_tell_them_apart),
		WITH_STORE(an_empty_store_has_answers),
		WITH_STORE(what_is_not_committed_is_not_seen),
		WITH_STORE(a_reader_reads_while_a_writer_writes),
		WITH_STORE(damage_is_told_and_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
