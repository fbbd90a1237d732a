// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How reports come to be in logs: in pieces, wrapped, twice, between each other, over New Year. The
 * same report is told whichever way it came.
 */
#include "sample.h"

#include <jansson.h>
#include <stdbool.h>

#include "logs.h"

#define LOG_BYTES (1 << 18)
#define LINES     14

/* A report of a 4.14, whose lines the kernel printed in more pieces than today's. */
static const char *const report[LINES] = {
	"my app invoked oom-killer: gfp_mask=0xd0(GFP_KERNEL), nodemask=(null),  order=0, "
	"oom_score_adj=7",
	"my app cpuset=/ mems_allowed=0",
	"CPU: 0 PID: 31 Comm: my app Not tainted 4.14.0-3-amd64 #1 Debian",
	"Call Trace:",
	" out_of_memory+0x1bd/0x4e0",
	"Task in /a/b killed as a result of limit of /a",
	"memory: usage 49152kB, limit 49152kB, failcnt 58",
	"memory+swap: usage 49152kB, limit 49152kB, failcnt 0",
	"[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
	"[   31]     0    31     4000     3000      10       2        0             7 my app",
	"[   32]  1000    32     1000      300       8       2        0         -1000 (sd-pam)",
	"[   33]  1000    33     1000      200       8       2        0           100 9 lives",
	"Memory cgroup out of memory: Kill process 31 (my app) score 900 or sacrifice child",
	"Killed process 31 (my app) total-vm:16000kB, anon-rss:11000kB, file-rss:1000kB, "
	"shmem-rss:0kB",
};

struct log {
	size_t len;
	char bytes[LOG_BYTES];
};

__attribute__((format(printf, 2, 3))) static void add(struct log *log, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log->len += (size_t)vsnprintf(log->bytes + log->len, LOG_BYTES - log->len, format, args);
	va_end(args);
	assert_true(log->len < LOG_BYTES);
}

/* All lines that are told of it, without what two ways into a log may differ in. */
static json_t *told(const struct log *log, int year)
{
	static const char *const keys[] = {"uptime_ms", "time_text", "host",
					   "boot_id",   "time",      "id"};
	char *json = logs_import(log->bytes, log->len, 0, year);
	json_t *all = json_array();

	for (const char *at = json; *at; at = strchr(at, '\n') + 1) {
		json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);

		assert_non_null(line);
		for (size_t i = 0; !year && i < sizeof(keys) / sizeof(keys[0]); i++)
			json_object_del(line, keys[i]);
		json_array_append_new(all, line);
	}
	free(json);
	return all;
}

static json_t *expected(void)
{
	static struct log log;

	log.len = 0;
	for (unsigned int i = 0; i < LINES; i++)
		add(&log, "[  100.0000%02u] %s\n", i, report[i]);
	return told(&log, 0);
}

static void assert_told(const struct log *log, const json_t *want)
{
	json_t *is = told(log, 0);

	if (!json_equal(is, want))
		fail_msg("of:\n%s\ntold: %s\ninstead of: %s", log->bytes, json_dumps(is, 0),
			 json_dumps(want, 0));
	json_decref(is);
}

static const char *text_of(const json_t *line, const char *key)
{
	return json_string_value(json_object_get(line, key));
}

/* pr_cont: each piece is a line or a record of its own, with other lines between them. */
static void a_line_in_pieces_is_one_line(void **state)
{
	static const char *const ways[][5] = {
		{"Task in /a/b", " killed as a result of limit of ", "/a"},
		{"Task in ", "/a/b", " killed as a result of limit of ", "/a"},
		{"Task in /a/b killed", " as a result of limit of /a"},
		{"Task in /a/b killed", "as a result of limit of /a"},
	};
	static const char *const between[] = {NULL, "usb 1-1: new device", " ? usb_hub+0x1/0x2"};
	static struct log log;
	json_t *want = expected();

	(void)state;
	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]) * 3; way++) {
		const char *other = between[way % 3];

		log.len = 0;
		for (unsigned int i = 0; i < LINES; i++) {
			for (unsigned int p = 0; i == 5 && ways[way / 3][p]; p++) {
				add(&log, "6,%u,100000001,%c;%s\n", i, p ? '+' : 'c',
				    ways[way / 3][p]);
				if (other)
					add(&log, "6,%u,100000001,-;%s\n", i, other);
			}
			if (i != 5)
				add(&log, "6,%u,100000001,-;%s\n", i, report[i]);
		}
		assert_told(&log, want);
	}
	json_decref(want);
}

static void a_summary_in_pieces_is_one_line(void **state)
{
	static struct log log;
	json_t *is;

	(void)state;
	log.len = 0;
	add(&log, "[  1.000001] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)\n"
		  "[  1.000002] eth0: link up\n[  1.000002] ,cpuset=\n[  1.000003] job\n"
		  "[  1.000003] ,mems_allowed=0\n[  1.000003] ,oom_memcg=/a\n"
		  "[  1.000004] ,task_memcg=/a/b\n[  1.000005] ,task=x y,pid=7,uid=5\n"
		  "[  1.000006] Memory cgroup out of memory: Killed process 7 (x y) total-vm:5kB, "
		  "anon-rss:4kB, file-rss:3kB, shmem-rss:2kB, UID:5 pgtables:1kB "
		  "oom_score_adj:0\n");
	is = told(&log, 0);
	assert_int_equal(json_array_size(is), 1);
	assert_string_equal(text_of(json_object_get(json_array_get(is, 0), "memcg"), "path"), "/a");
	assert_string_equal(text_of(json_object_get(json_array_get(is, 0), "victim"), "cgroup"),
			    "/a/b");
	assert_null(json_object_get(json_object_get(json_array_get(is, 0), "loss"), "log_line"));
	json_decref(is);
}

/* As mails and terminals do: at the last blank before a column, or anywhere. */
static void wrapped_lines_are_put_together(void **state)
{
	/* Anywhere: not within a name, which either way of putting it together would fit. */
	static const size_t columns[] = {60, 72, 80, 100, 75, 77, 90, 100};
	static struct log log;
	json_t *want = expected();

	(void)state;
	for (size_t way = 0; way < 8; way++) {
		log.len = 0;
		for (unsigned int i = 0; i < LINES; i++) {
			char line[256];
			size_t len = (size_t)sprintf(line, "> [  100.0000%02u] %s", i, report[i]);
			size_t at = columns[way];

			/* Of the table's head each word counts: where one is cut, it is lost. */
			bool long_one = i == 5 || i > 11 || (i == 8 && way < 4);

			if (len <= at || !long_one) {
				add(&log, "%s\n", line);
				continue;
			}
			while (way < 4 && line[at] != ' ')
				at--;
			add(&log, "%.*s\n> %s\n", (int)at, line, line + at + (way < 4));
		}
		assert_told(&log, want);
	}
	json_decref(want);
}

/* Two daemons, one file: one reads the kernel's log, one the journal, in bursts of any size. */
static void two_ways_into_one_file_are_one_kill(void **state)
{
	static struct log log;
	json_t *want = expected();

	(void)state;
	for (unsigned int burst = 1; burst <= LINES; burst++) {
		log.len = 0;
		for (unsigned int first = 0; first < LINES; first += burst) {
			for (unsigned int way = 0; way < 2; way++) {
				for (unsigned int i = first; i < first + burst && i < LINES; i++)
					add(&log, "Mar  1 10:00:00 host kernel: %s%s\n",
					    way ? "" : "[  100.000001] ", report[i]);
			}
		}
		assert_told(&log, want);
	}
	json_decref(want);
}

/* The same words of another pid: as another CPU prints them at the same time. */
static void other_words(char *to, const char *from)
{
	for (; *from; from++) {
		bool one = from[0] == '3' && (from[1] == '1' || from[1] == '2' || from[1] == '3') &&
			   (from[2] == ' ' || from[2] == ']' || !from[2]);

		*to++ = one ? '4' : *from;
	}
	*to = '\0';
}

static void with_caller_ids_two_reports_are_told_apart(void **state)
{
	static struct log log;
	json_t *want = expected(), *is;
	unsigned int seed = 1, done[2] = {0, 0};

	(void)state;
	log.len = 0;
	while (done[0] < LINES || done[1] < LINES) {
		char other[256];
		unsigned int who;

		seed = seed * 1664525 + 1013904223;
		who = seed >> 20 & 1;
		if (done[who] == LINES)
			continue;
		other_words(other, report[done[who]]);
		add(&log, "[  100.000001][%s] %s\n", who ? "   C1" : "  T31",
		    who ? other : report[done[who]]);
		done[who]++;
	}
	is = told(&log, 0);
	assert_int_equal(json_array_size(is), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *line = json_array_get(is, i);
		const json_t *pid = json_object_get(json_object_get(line, "victim"), "pid");
		const json_t *tasks = json_object_get(json_object_get(line, "candidates"), "tasks");

		assert_int_equal(json_array_size(tasks), 3);
		if (json_integer_value(pid) == 31)
			assert_true(json_equal(line, json_array_get(want, 0)));
		else
			assert_int_equal(json_integer_value(pid), 41);
		assert_null(json_object_get(line, "loss"));
	}
	json_decref(is);
	json_decref(want);
}

/* Without them lines cannot be told apart for sure; what is said has its own victim's numbers. */
static void without_caller_ids_victims_keep_their_numbers(void **state)
{
	static struct log log;
	json_t *is;

	(void)state;
	log.len = 0;
	for (unsigned int i = 0; i < LINES; i++) {
		char other[256];

		other_words(other, report[i]);
		add(&log, "[  100.000001] %s\n[  100.000001] %s\n", report[i], other);
	}
	is = told(&log, 0);
	assert_true(json_array_size(is) >= 2);
	for (size_t i = 0; i < json_array_size(is); i++) {
		const json_t *line = json_array_get(is, i);
		const json_t *victim = json_object_get(line, "victim");
		json_int_t pid = json_integer_value(json_object_get(victim, "pid"));

		if (strcmp(text_of(line, "type"), "lost") == 0)
			continue;
		assert_true(pid == 31 || pid == 41);
		assert_int_equal(json_integer_value(json_object_get(victim, "total_vm_bytes")),
				 16000 << 10);
		assert_non_null(json_object_get(line, "loss"));
	}
	json_decref(is);
}

static void two_files_of_one_kill_tell_it_once(void **state)
{
	static struct log log;
	json_t *want = expected();

	(void)state;
	log.len = 0;
	for (unsigned int i = 0; i < LINES; i++)
		add(&log, "[  100.0000%02u] %s\n", i, report[i]);
	add(&log, "[  101.000000] eth0: link up\n");
	for (unsigned int i = 0; i < LINES; i++)
		add(&log, "2026-03-01T10:00:00.000000+01:00 host kernel: %s\n", report[i]);
	assert_told(&log, want);
	json_decref(want);
}

/* journalctl -o short-monotonic: only there a host stands behind the seconds. */
static void a_host_stands_behind_seconds_in_such_a_log_only(void **state)
{
	static struct log log;
	json_t *want = expected(), *is;

	(void)state;
	log.len = 0;
	add(&log, "-- Logs begin at Sun 2026-03-01 10:00:00 CET. --\n"
		  "[    0.000000] web-1 kernel: Linux version 4.14\n");
	for (unsigned int i = 0; i < LINES; i++)
		add(&log, "[  100.0000%02u] web-1 kernel: %s\n", i, report[i]);
	assert_told(&log, want);
	json_decref(want);
	/* A process may have such a name. */
	log.len = 0;
	add(&log, "[    0.000000] Linux version 4.14\n"
		  "[    1.000000] a kernel: b invoked oom-killer: gfp_mask=0xd0, order=0, "
		  "oom_score_adj=0\n"
		  "[    1.000001] Out of memory: Kill process 7 (x) score 1 or sacrifice child\n"
		  "[    1.000002] Killed process 7 (x) total-vm:5kB, anon-rss:4kB, file-rss:3kB\n");
	is = told(&log, 0);
	assert_int_equal(json_array_size(is), 1);
	assert_string_equal(text_of(json_object_get(json_array_get(is, 0), "invoker"), "comm"),
			    "a kernel: b");
	json_decref(is);
}

static void journals_other_forms_are_read(void **state)
{
	static const char *const forms[] = {
		"Sun 2026-03-01 10:00:00 CET host kernel: ",
		"Sun 2026-03-01 10:00:00.123456 UTC host kernel: ",
		"1772355600.123456 host kernel: ",
		"05-07 03:13:03.123     0     0 W         : ",
	};
	static struct log log;
	json_t *want = expected();

	(void)state;
	for (size_t form = 0; form < sizeof(forms) / sizeof(forms[0]); form++) {
		log.len = 0;
		for (unsigned int i = 0; i < LINES; i++)
			add(&log, "%s%s\n", forms[form], report[i]);
		assert_told(&log, want);
	}
	/* Collectors put the line into an object of their own, and others around it. */
	log.len = 0;
	for (unsigned int i = 0; i < LINES; i++)
		add(&log,
		    "{\"log\":{\"file\":{\"path\":\"/x\"}},\"host\":{\"name\":\"h\"},\"message\":"
		    "\"%s\",\"tags\":5}\n",
		    report[i]);
	assert_told(&log, want);
	json_decref(want);
}

static void kill_at(struct log *log, const char *stamp, unsigned int pid)
{
	add(log,
	    "%s host kernel: Out of memory: Killed process %u (x) total-vm:%ukB, "
	    "anon-rss:4kB, file-rss:3kB, shmem-rss:2kB, UID:5 pgtables:1kB oom_score_adj:0\n",
	    stamp, pid, pid);
}

static void assert_times(const struct log *log, int year, const char *const times[], size_t n)
{
	json_t *is = told(log, year);

	assert_int_equal(json_array_size(is), n);
	for (size_t i = 0; i < n; i++) {
		const char *time = text_of(json_array_get(is, i), "time");

		if (!times[i])
			assert_null(time);
		else
			assert_memory_equal(time, times[i], strlen(times[i]));
	}
	json_decref(is);
}

static void the_year_goes_on_at_new_year(void **state)
{
	static const char *const times[] = {"2025-12-31T23:59:59", "2026-01-01T00:00:00",
					    "2025-12-31T23:59:59", "2026-11-30T00:00:01",
					    "2027-02-01T00:00:00"};
	static struct log log;

	(void)state;
	log.len = 0;
	add(&log, "Dec 30 06:00:00 host systemd[1]: Started it.\n");
	kill_at(&log, "Dec 31 23:59:59", 11);
	kill_at(&log, "Jan  1 00:00:00", 12);
	kill_at(&log, "Dec 31 23:59:59", 13); /* of another host, a little late */
	kill_at(&log, "Nov 30 00:00:01", 14);
	kill_at(&log, "Feb  1 00:00:00", 15);
	assert_times(&log, 2025, times, 5);
}

/* The year is that of the log's first line, of which nothing else may be told. */
static void the_year_is_that_of_the_first_line(void **state)
{
	static const char *const times[] = {"2026-01-02T03:04:05"};
	static struct log log;

	(void)state;
	log.len = 0;
	add(&log, "Dec 30 06:00:00 host systemd[1]: Started it.\n");
	for (unsigned int i = 0; i < 100; i++)
		add(&log, "Jan  1 06:00:00 host systemd[1]: Started it.\n");
	kill_at(&log, "Jan  2 03:04:05", 11);
	assert_times(&log, 2025, times, 1);
}

static void a_time_with_a_year_keeps_it(void **state)
{
	static const char *const times[] = {"2024-05-07T03:13:03", "2021-05-07T03:13:03"};
	static struct log log;

	(void)state;
	log.len = 0;
	kill_at(&log, "May  7 2024 03:13:03", 11);
	kill_at(&log, "May  7 03:13:03", 12);
	assert_times(&log, 2021, times, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_in_pieces_is_one_line),
		cmocka_unit_test(a_summary_in_pieces_is_one_line),
		cmocka_unit_test(wrapped_lines_are_put_together),
		cmocka_unit_test(two_ways_into_one_file_are_one_kill),
		cmocka_unit_test(with_caller_ids_two_reports_are_told_apart),
		cmocka_unit_test(without_caller_ids_victims_keep_their_numbers),
		cmocka_unit_test(two_files_of_one_kill_tell_it_once),
		cmocka_unit_test(a_host_stands_behind_seconds_in_such_a_log_only),
		cmocka_unit_test(journals_other_forms_are_read),
		cmocka_unit_test(the_year_goes_on_at_new_year),
		cmocka_unit_test(the_year_is_that_of_the_first_line),
		cmocka_unit_test(a_time_with_a_year_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
