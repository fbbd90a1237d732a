// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The verbs that read a store, each in a process of its own: what they write, say and end with. */
#include "tests/unit/sample.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pty.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmd/verbs.h"
#include "lib/utf8.h"
#include "tests/unit/storegen.h"
#include "tests/unit/verbaid.h"

#define SECOND 1000000000LL
#define T0     SAMPLE_REAL_NS
#define APP    "/system.slice/app.service"
#define NOBODY 65534
#define GROUP  61234 /* of nobody here */

static char directory[64], path[96];
static unsigned int lines_of(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static int make_store(void **state)
{
	static const struct gen_kill kills[] = {
		{.id = "abcd000000000001",
		 .time_ns = T0,
		 .comm = "java",
		 .cgroup = APP,
		 .memcg = APP,
		 .bytes = 512 << 20},
		{.id = "abce000000000001",
		 .time_ns = T0 + SECOND,
		 .comm = "redis",
		 .cgroup = "/b",
		 .memcg = "/b",
		 .bytes = 4096},
		{.id = "0f00000000000001", .time_ns = T0 + 2 * SECOND, .memcg = "/b"},
		{.id = "1234000000000001",
		 .time_ns = T0 + 3 * SECOND,
		 .comm = "java",
		 .cgroup = APP,
		 .memcg = APP,
		 .bytes = 1 << 20},
	};
	struct store *writer;

	(void)state;
	become = NULL;
	setenv("TZ", "UTC", 1);
	strcpy(directory, "/tmp/oomtrace-browse-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/s.db", directory);
	verb_store = path;
	writer = gen_store(path);
	for (size_t i = 0; i < sizeof(kills) / sizeof(kills[0]); i++)
		gen_put(writer, &kills[i]);
	gen_outcome(writer, kills[0].id, 4242, T0 + SECOND, 8);
	store_close(writer);
	return 0;
}

static int remove_store(void **state)
{
	char command[256];

	(void)state;
	snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", directory, directory);
	return system(command);
}

/* The line of episode @id as it is stored, asked for by other means. */
static const char *line_of(const char *id)
{
	static char line[65536];
	sqlite3_stmt *statement;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT line FROM episode JOIN episode_line USING (seq)"
					    " WHERE id = ?",
					    -1, &statement, NULL),
			 SQLITE_OK);
	sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	snprintf(line, sizeof(line), "%s\n", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return line;
}

static void list_has_a_line_for_each(void **state)
{
	(void)state;
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%");
	assert_int_equal(lines_of(out), 4);
	assert_non_null(strstr(out, " abcd0000 java[4242] "));
	assert_non_null(strstr(out, " 0f000000 nobody: panic "));
	assert_true(strstr(out, "abcd0000") < strstr(out, "12340000"));
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "-n", "2");
	assert_int_equal(lines_of(out), 2);
	assert_true(strstr(out, "0f000000") < strstr(out, "12340000"));
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--comm", "java");
	assert_int_equal(lines_of(out), 2);
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "-c", "/b", "--since", "2026-11-22 22:10:09",
	       "--until", "2026-11-22T22:10:10Z");
	assert_int_equal(lines_of(out), 1);
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "-n", "1", "--color=always");
	assert_null(strchr(out, '\033')); /* nothing in such a line is in colour */
}

static void list_in_json_is_what_was_stored(void **state)
{
	char all[4 * 4096] = "";

	(void)state;
	strcat(all, line_of("abcd000000000001"));
	strcat(all, line_of("abce000000000001"));
	strcat(all, line_of("0f00000000000001"));
	strcat(all, line_of("1234000000000001"));
	EXPECT(EXIT_DONE, NULL, "list", "-j", "-s", "%");
	assert_string_equal(out, all);
}

static void list_says_who_dies_again_and_again(void **state)
{
	(void)state;
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--by", "comm");
	assert_int_equal(lines_of(out), 2);
	assert_true(strstr(out, "java") < strstr(out, "redis"));
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--by", "comm", "-n", "1");
	assert_int_equal(lines_of(out), 1);
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--by", "unit", "-j");
	assert_ptr_equal(strstr(out, "{\"schema\":1,\"type\":\"kill_group\",\"by\":\"unit\","
				     "\"unit\":\"app.service\",\"kills\":2,"),
			 out);
	assert_int_equal(lines_of(out), 2);
	EXPECT(EXIT_FAILED, "holds no kill that was asked for", "list", "-s", "%", "--by", "pod",
	       "--comm", "x");
}

static void what_matches_nothing_ends_with_1(void **state)
{
	(void)state;
	EXPECT(EXIT_FAILED, "holds no kill that was asked for", "list", "-s", "%", "--comm", "x");
	assert_string_equal(out, "");
	EXPECT(EXIT_FAILED, "holds no kill that was asked for", "show", "-s", "%", "--comm", "x");
	EXPECT(EXIT_FAILED, "has an id that begins with 77", "show", "-s", "%", "77");
	EXPECT(EXIT_FAILED, "has an id that begins with abcd and is what was asked for", "show",
	       "-s", "%", "abcd", "--comm", "redis");
	EXPECT(EXIT_FAILED, "'oomtrace list' has the ids", "show", "-s", "%", "java");
	EXPECT(EXIT_FAILED, "'oomtrace list' has the ids", "show", "-s", "%", "");
	EXPECT(EXIT_FAILED, "'oomtrace list' has the ids", "show", "-s", "%", "abcd0000000000011");
	EXPECT(EXIT_FAILED, "begins with 0f", "explain", "-s", "%", "0f");
}

static void wrong_usage_ends_with_2(void **state)
{
	(void)state;
	EXPECT(EXIT_USAGE, "oomtrace show abcd", "list", "-s", "%", "abcd");
	EXPECT(EXIT_USAGE, "1 or more", "list", "-s", "%", "-n", "0");
	EXPECT(EXIT_USAGE, "cgroup, comm, unit or pod", "list", "-s", "%", "--by", "host");
	EXPECT(EXIT_USAGE, "2h ago", "list", "-s", "%", "--since", "soon");
	EXPECT(EXIT_USAGE, "no such day", "list", "-s", "%", "--until", "2026-02-30");
	EXPECT(EXIT_USAGE, "nothing lies between", "list", "-s", "%", "--since", "1h", "--until",
	       "2h");
	EXPECT(EXIT_USAGE, "/system.slice", "list", "-s", "%", "-c", "/a/../b");
	EXPECT(EXIT_USAGE, "no name of a unit", "list", "-s", "%", "--unit", "/a");
	EXPECT(EXIT_USAGE, "no name of a host", "list", "-s", "%", "--host", "");
	EXPECT(EXIT_USAGE, "no name of a store", "list", "-s", "");
	EXPECT(EXIT_USAGE, "one kill at a time", "show", "-s", "%", "a", "b");
	EXPECT(EXIT_USAGE, "N or all", "show", "-s", "%", "-k", "x");
	EXPECT(EXIT_USAGE, "auto, always or never", "show", "-s", "%", "--color=x");
}

static void show_gives_the_very_line_and_its_outcomes(void **state)
{
	(void)state;
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", "abcd");
	assert_int_equal(lines_of(out), 2);
	assert_memory_equal(out, line_of("abcd000000000001"), strlen(line_of("abcd000000000001")));
	assert_non_null(strstr(out, "\"type\":\"oom_outcome\""));
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", "last");
	assert_string_equal(out, line_of("1234000000000001"));
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%");
	assert_string_equal(out, line_of("1234000000000001"));
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", "last", "--comm", "redis");
	assert_string_equal(out, line_of("abce000000000001"));
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", "ABCE");
	assert_string_equal(out, line_of("abce000000000001"));
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", "--since", "2020-01-01");
	assert_int_equal(lines_of(out), 5);
}

static void show_tells_it_as_the_stream_did(void **state)
{
	(void)state;
	EXPECT(EXIT_DONE, NULL, "show", "-s", "%", "abcd000000000001");
	assert_non_null(strstr(out, "22:10:08.412  memcg OOM in " APP "\n"));
	assert_non_null(strstr(out, "java[4242] exited after 8.0 ms"));
	EXPECT(EXIT_DONE, NULL, "show", "-s", "%", "0f", "--color=always");
	assert_non_null(strstr(out, "the kernel panics next"));
	assert_non_null(strchr(out, '\033'));
}

static void an_id_that_means_several_names_them(void **state)
{
	(void)state;
	EXPECT(EXIT_FAILED, "2 kills have an id that begins with abc; which one?", "show", "-s",
	       "%", "abc");
	assert_non_null(strstr(said, " abcd000000000001 java[4242] "));
	assert_non_null(strstr(said, " abce000000000001 redis[4242] "));
	assert_null(strstr(said, "1234000000000001"));
	assert_string_equal(out, "");
	/* One of them is asked for. */
	EXPECT(EXIT_DONE, NULL, "show", "-s", "%", "abc", "--comm", "redis");
	EXPECT(EXIT_FAILED, "2 kills have an id", "explain", "-s", "%", "ab");
	EXPECT(EXIT_FAILED, "2 kills have an id", "report", "-s", "%", "ab");
}

static void explain_and_report_take_it_from_the_store(void **state)
{
	(void)state;
	EXPECT(EXIT_DONE, NULL, "explain", "-s", "%", "abcd");
	assert_non_null(strstr(out, "java[4242]"));
	EXPECT(EXIT_DONE, NULL, "explain", "-s", "%", "last", "--comm", "redis");
	assert_non_null(strstr(out, "redis[4242]"));
	EXPECT(EXIT_DONE, NULL, "explain", "-s", "%", "-j", "--since", "2020-01-01");
	assert_int_equal(lines_of(out), 3);
	EXPECT(EXIT_DONE, NULL, "report", "-s", "%", "abcd");
	assert_non_null(strstr(out, "abcd000000000001"));
	EXPECT(EXIT_USAGE, "one or the other", "report", "-s", "%", "tests/data/wire/x");
}

/* A word is a file where there is one, else a kill; an option says that it is a kill. */
static void files_and_ids_are_told_apart(void **state)
{
	char before[4096];
	FILE *file;

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(directory), 0);
	EXPECT(EXIT_FAILED, "cannot read the store /", "explain", "abcd");
	EXPECT(EXIT_FAILED, "cannot read the store /", "explain", "last");
	EXPECT(EXIT_FAILED, "cannot read xyz: No such file", "explain", "xyz");
	EXPECT(EXIT_FAILED, "stdin is neither", "explain", "-");
	EXPECT(EXIT_FAILED, "stdin is neither", "explain");
	file = fopen("abcd", "w");
	fprintf(file, "%s", line_of("abce000000000001"));
	fclose(file);
	EXPECT(EXIT_DONE, NULL, "explain", "abcd");
	assert_non_null(strstr(out, "redis[4242]"));
	EXPECT(EXIT_DONE, NULL, "explain", "-s", "s.db", "abcd");
	assert_non_null(strstr(out, "java[4242]"));
	EXPECT(EXIT_DONE, NULL, "report", "abcd");
	assert_non_null(strstr(out, "abce000000000001"));
	assert_int_equal(chdir(before), 0);
}

/* --- hostile names --- */

static void names_do_not_speak_to_the_terminal(void **state)
{
	struct store *writer = gen_store(path);
	struct gen_kill kill = {.time_ns = T0 - 50 * SECOND, .bytes = 1 << 20};

	(void)state;
	for (size_t i = 0; i < HOSTILE_NAMES; i++) {
		char id[17], cgroup[64];

		snprintf(id, sizeof(id), "ee%014zx", i);
		snprintf(cgroup, sizeof(cgroup), "/x/%s.service", hostile_names[i]);
		kill.id = id;
		kill.comm = *hostile_names[i] ? hostile_names[i] : " ";
		kill.pid = (uint32_t)i + 1;
		/* Only what is UTF-8 can be in a column. */
		kill.cgroup = kill.memcg = i < 8 || i > 11 ? cgroup : NULL;
		if (strstr(cgroup, "\x97.") || strstr(cgroup, "\xe6\x97."))
			kill.cgroup = kill.memcg = NULL;
		gen_put(writer, &kill);
	}
	store_close(writer);
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%");
	assert_int_equal(lines_of(out), 4 + HOSTILE_NAMES);
	for (const char *at = out; *at;) {
		uint32_t code;
		size_t taken = utf8_decode(at, strlen(at), &code);

		assert_true(taken && (code == '\n' || !utf8_is_hostile(code)));
		at += taken;
	}
	EXPECT(EXIT_DONE, NULL, "show", "-s", "%", "--until", "2026-11-22 22:10");
	for (const char *at = out; *at;) {
		uint32_t code;
		size_t taken = utf8_decode(at, strlen(at), &code);

		assert_true(taken && (code == '\n' || !utf8_is_hostile(code)));
		at += taken;
	}
	EXPECT(EXIT_DONE, NULL, "list", "-j", "-s", "%");
	assert_int_equal(lines_of(out), 4 + HOSTILE_NAMES);
	assert_null(strchr(out, '\033'));
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--by", "cgroup");
	assert_null(strchr(out, '\033'));
	/* What was asked for by its own bytes is found. */
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--comm", "\033[2J\033[31m");
	assert_int_equal(lines_of(out), 1);
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%", "--comm", "\xff\xfe\x80");
	/* As is another one that is no UTF-8 for as long: the line has the same for both. */
	assert_int_equal(lines_of(out), 2);
	/* And what is not found is not said in its own words. */
	EXPECT(EXIT_FAILED, "holds no kill", "list", "-s", "%", "--comm", "\033]0;x\a");
	assert_null(strchr(said, '\033'));
}

/* --- what a stream put there --- */

static char stream[OUT_SIZE];

/* Appends the lines of @text that have @part to @ret_lines. */
static void add_lines_with(const char *text, const char *part, char *ret_lines)
{
	while (*text) {
		size_t len = strcspn(text, "\n") + 1;
		const char *found = memmem(text, len, part, strlen(part));

		if (found)
			strncat(ret_lines, text, len);
		text += len;
	}
}

/* Stores @recording twice over, and holds what is read against what was given. */
static void comes_back(const char *recording)
{
	static char expected[OUT_SIZE];

	unlink(path);
	EXPECT(EXIT_DONE, NULL, "replay", "-j", "-q", "-s", "%", recording);
	strcpy(stream, out);
	EXPECT(EXIT_DONE, NULL, "replay", "-j", "-q", "-s", "%", recording);
	assert_string_equal(out, stream);
	expected[0] = '\0';
	add_lines_with(stream, "\"type\":\"oom_kill\"", expected);
	assert_int_equal(lines_of(expected), 2);
	EXPECT(EXIT_DONE, NULL, "list", "-j", "-s", "%");
	assert_string_equal(out, expected);
	for (const char *at = expected; *at; at = strchr(at, '\n') + 1) {
		static char one[OUT_SIZE];
		char id[17], member[32];

		snprintf(id, sizeof(id), "%.16s", strstr(at, "\"id\":\"") + 6);
		snprintf(member, sizeof(member), "\"id\":\"%s\"", id);
		one[0] = '\0';
		add_lines_with(stream, member, one);
		assert_int_equal(lines_of(one), 2); /* the kill, and its outcome */
		EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", id);
		assert_string_equal(out, one);
	}
}

/* Text too: what show tells is what the stream told, but for the last of it. */
static void what_was_stored_is_what_was_streamed(void **state)
{
	static const char *const kernels[] = {"5.10", "6.1", "6.12", "7.2"};
	static const char *const backends[] = {"fentry", "kprobe", "tracepoint"};
	char recording[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 3; k++) {
			snprintf(recording, sizeof(recording), "tests/data/wire/%s-%s/record",
				 kernels[i], backends[k]);
			comes_back(recording);
		}
	}
	EXPECT(EXIT_DONE, NULL, "replay", "-q", "-k", "all", recording);
	strcpy(stream, out);
	EXPECT(EXIT_DONE, NULL, "show", "-k", "1", "-s", "%", "last");
	assert_non_null(strstr(stream, strtok(out, "\n")));
	EXPECT(EXIT_DONE, NULL, "explain", "-s", "%");
	strcpy(stream, out);
	EXPECT(EXIT_DONE, NULL, "explain", recording);
	assert_non_null(strstr(out, stream));
}

/* --- stores that cannot be read --- */

static void each_obstacle_has_its_remedy(void **state)
{
	char other[128];
	sqlite3 *db;
	FILE *file;

	(void)state;
	EXPECT(EXIT_FAILED, "oomtrace import -s", "list", "-s", "/no/such/store.db");
	EXPECT(EXIT_FAILED, "name the file in it", "list", "-s", directory);
	snprintf(other, sizeof(other), "%s/x", directory);
	file = fopen(other, "w");
	EXPECT(EXIT_FAILED, "nothing was stored yet", "list", "-s", other);
	fprintf(file, "%01000d", 7);
	fclose(file);
	EXPECT(EXIT_FAILED, "not a database", "list", "-s", other);
	assert_non_null(strstr(said, ".recover"));
	unlink(other);
	assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE episode(seq)", NULL, NULL, NULL);
	sqlite3_close(db);
	EXPECT(EXIT_FAILED, "another program", "list", "-s", other);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	EXPECT(EXIT_FAILED, "a newer oomtrace made it", "show", "-s", "%");
	EXPECT(EXIT_FAILED, "a newer oomtrace made it", "explain", "-s", "%");
	EXPECT(EXIT_FAILED, "a newer oomtrace made it", "report", "-s", "%");
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		_exit(99);
}

static void become_of_the_group(void)
{
	gid_t group = GROUP;

	if (setgroups(1, &group) || setgid(NOBODY) || setuid(NOBODY))
		_exit(99);
}

/* A store that root made for a group, in a directory that others may only look into. */
static void the_group_reads_and_nobody_else(void **state)
{
	struct store_options options = {.has_group = true, .group = GROUP};
	char why[STORE_ERROR_LEN];
	struct store *writer;
	struct gen_kill more = {
		.id = "9000000000000001", .time_ns = T0 + 9 * SECOND, .comm = "late"};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(store_open(path, STORE_WRITE, &options, &writer, why), 0);
	/* Beside a writer, whose log has what the file has not yet. */
	gen_put(writer, &more);
	become = become_nobody;
	EXPECT(EXIT_FAILED, "--store-group", "list", "-s", "%");
	become = become_of_the_group;
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%");
	assert_int_equal(lines_of(out), 5);
	EXPECT(EXIT_DONE, NULL, "show", "-s", "%", "9");
	/* After it has ended: its log is gone, and the reader may not make one. */
	store_close(writer);
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%");
	assert_int_equal(lines_of(out), 5);
	become = become_nobody;
	EXPECT(EXIT_FAILED, "--store-group", "list", "-s", "%");
}

static void become_anybody(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(99);
}

/* A copy with the log beside it, where nobody can make sense of that without writing. */
static void a_log_that_cannot_be_used_is_told(void **state)
{
	struct gen_kill more = {
		.id = "9000000000000001", .time_ns = T0 + 9 * SECOND, .comm = "late"};
	struct store *writer = gen_store(path);
	char copy[192], command[1024];

	(void)state;
	gen_put(writer, &more);
	snprintf(copy, sizeof(copy), "%s/copy", directory);
	snprintf(command, sizeof(command),
		 "mkdir '%s' && cp '%s' '%s-wal' '%s' && chmod 0444 '%s'/* && chmod 0555 '%s'",
		 copy, path, path, copy, copy, copy);
	assert_int_equal(system(command), 0);
	store_close(writer);
	assert_int_equal(chmod(directory, 0755), 0);
	strcat(copy, "/s.db");
	become = become_anybody;
	EXPECT(EXIT_FAILED, "-wal: copy both", "list", "-s", copy);
}

/* A copy on a medium that cannot be written to; names of files that are special in URIs. */
static void what_cannot_be_written_to_is_read(void **state)
{
	char copy[192], command[1024];

	(void)state;
	snprintf(copy, sizeof(copy), "%s/a?b#c%%20d", directory);
	assert_int_equal(mkdir(copy, 0755), 0);
	strcat(copy, "/s?mode=rwc#.db");
	snprintf(command, sizeof(command), "cp '%s' '%s' && chmod 0444 '%s' && chmod 0555 '%s'/a*",
		 path, copy, copy, directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(chmod(directory, 0755), 0);
	become = become_anybody;
	EXPECT(EXIT_DONE, NULL, "list", "-s", copy);
	assert_int_equal(lines_of(out), 4);
	EXPECT(EXIT_DONE, NULL, "show", "-s", copy, "abcd");
}

/* --- a terminal, a reader that goes away --- */

static void on_a_terminal_lines_fit(void **state)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	char shown[8192];
	size_t len = 0;
	ssize_t n;
	int master, status;
	pid_t pid = forkpty(&master, NULL, NULL, &size);

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		char *argv[] = {strdup("oomtrace list"), strdup("-s"), strdup(path), NULL};

		setenv("TERM", "xterm", 1);
		unsetenv("NO_COLOR");
		status = cmd_list(3, argv);
		_exit(status);
	}
	while ((n = read(master, shown + len, sizeof(shown) - 1 - len)) > 0)
		len += (size_t)n;
	shown[len] = '\0';
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_memory_equal(shown, "\033[1mTIME ", 9);
	assert_int_equal(lines_of(shown), 5);
	for (char *line = strtok(shown, "\r\n"); line; line = strtok(NULL, "\r\n"))
		assert_true(strlen(line) <= 80 + 7); /* and colours */
	close(master);
}

static int broken_pipe = -1;

static void become_unread(void)
{
	dup2(broken_pipe, STDOUT_FILENO);
}

static void a_reader_that_went_away_is_no_failure(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	broken_pipe = fds[1];
	become = become_unread;
	EXPECT(EXIT_DONE, NULL, "list", "-s", "%");
	EXPECT(EXIT_DONE, NULL, "list", "-j", "-s", "%");
	EXPECT(EXIT_DONE, NULL, "list", "-j", "--by", "comm", "-s", "%");
	EXPECT(EXIT_DONE, NULL, "show", "-s", "%", "abcd");
	EXPECT(EXIT_DONE, NULL, "show", "-j", "-s", "%", "abcd");
	EXPECT(EXIT_DONE, NULL, "explain", "-s", "%", "abcd");
	close(broken_pipe);
	broken_pipe = open("/dev/full", O_WRONLY);
	EXPECT(EXIT_FAILED, "No space left", "list", "-s", "%");
	EXPECT(EXIT_FAILED, "No space left", "list", "-j", "--by", "comm", "-s", "%");
	EXPECT(EXIT_FAILED, "No space left", "show", "-s", "%", "abcd");
	EXPECT(EXIT_FAILED, "No space left", "show", "-j", "-s", "%", "abcd");
	close(broken_pipe);
}

int main(void)
{
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, make_store, remove_store)
	const struct CMUnitTest tests[] = {
		WITH_STORE(list_has_a_line_for_each),
		WITH_STORE(list_in_json_is_what_was_stored),
		WITH_STORE(list_says_who_dies_again_and_again),
		WITH_STORE(what_matches_nothing_ends_with_1),
		WITH_STORE(wrong_usage_ends_with_2),
		WITH_STORE(show_gives_the_very_line_and_its_outcomes),
		WITH_STORE(show_tells_it_as_the_stream_did),
		WITH_STORE(an_id_that_means_several_names_them),
		WITH_STORE(explain_and_report_take_it_from_the_store),
		WITH_STORE(files_and_ids_are_told_apart),
		WITH_STORE(names_do_not_speak_to_the_terminal),
		WITH_STORE(what_was_stored_is_what_was_streamed),
		WITH_STORE(each_obstacle_has_its_remedy),
		WITH_STORE(the_group_reads_and_nobody_else),
		WITH_STORE(what_cannot_be_written_to_is_read),
		WITH_STORE(a_log_that_cannot_be_used_is_told),
		WITH_STORE(on_a_terminal_lines_fit),
		WITH_STORE(a_reader_that_went_away_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
