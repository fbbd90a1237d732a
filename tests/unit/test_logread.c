// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Logs of tests/data/klog: what they tell of, whole, in every wrapping and in pieces. */
#include "sample.h"

#include <dirent.h>
#include <jansson.h>

#include "logs.h"

#define DATA       "tests/data/klog"
#define FILES_MOST 64

struct text {
	char *bytes;
	size_t len;
};

static struct text read_file(const char *path)
{
	struct text text = {NULL, 0};
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s cannot be read", path);
	text.bytes = malloc(1 << 20);
	text.len = fread(text.bytes, 1, (1 << 20) - 1, file);
	text.bytes[text.len] = '\0';
	fclose(file);
	return text;
}

static char *import(const char *bytes, size_t len)
{
	return logs_import(bytes, len, 0, 0);
}

static char *import_steps(const char *bytes, size_t len, size_t step)
{
	return logs_import(bytes, len, step, 0);
}

static char files[FILES_MOST][64];
static size_t n_files;

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int find_files(void **state)
{
	DIR *dir = opendir(DATA);
	struct dirent *entry;

	(void)state;
	if (!dir)
		return -1;
	while ((entry = readdir(dir)) && n_files < FILES_MOST) {
		size_t len = strlen(entry->d_name);

		if (len > 4 && len < 60 && !strcmp(entry->d_name + len - 4, ".log"))
			memcpy(files[n_files++], entry->d_name, len - 3); /* "name." */
	}
	closedir(dir);
	qsort(files, n_files, sizeof(files[0]), by_name);
	return n_files > 20 ? 0 : -1;
}

static struct text read_log(size_t i)
{
	char path[8192];

	snprintf(path, sizeof(path), DATA "/%slog", files[i]);
	return read_file(path);
}

static void every_log_tells_what_is_expected_of_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		struct text log = read_log(i), expected;
		char path[8192], *json = import(log.bytes, log.len);

		snprintf(path, sizeof(path), DATA "/expect/%sjson", files[i]);
		expected = read_file(path);
		if (strcmp(json, expected.bytes) != 0)
			print_message("%s\n", path);
		assert_string_equal(json, expected.bytes);
		free(json);
		free(log.bytes);
		free(expected.bytes);
	}
}

static void in_pieces_of_any_size_it_is_the_same(void **state)
{
	static const size_t steps[] = {1, 7, 100, 4093};

	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		struct text log = read_log(i);
		char *whole = import(log.bytes, log.len);

		for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
			char *json = import_steps(log.bytes, log.len, steps[step]);

			assert_string_equal(json, whole);
			free(json);
		}
		free(whole);
		free(log.bytes);
	}
}

static void twice_the_same_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		struct text log = read_log(i);
		char *whole = import(log.bytes, log.len), *json;
		char *twice = malloc(2 * log.len + 1);
		size_t out = 0;

		if (strstr(files[i], "nobody") || strstr(files[i], "damage")) {
			free(twice);
			free(whole);
			free(log.bytes);
			continue; /* decisions without a victim have no name */
		}
		/* Each line twice, as where two daemons write one file. */
		for (size_t at = 0; at < log.len;) {
			const char *eol = memchr(log.bytes + at, '\n', log.len - at);
			size_t len = (size_t)(eol + 1 - log.bytes) - at;

			memcpy(twice + out, log.bytes + at, len);
			memcpy(twice + out + len, log.bytes + at, len);
			out += 2 * len;
			at += len;
		}
		json = import(twice, out);
		assert_string_equal(json, whole);
		free(json);
		memcpy(twice, log.bytes, log.len);
		memcpy(twice + log.len, log.bytes, log.len);
		json = import(twice, 2 * log.len);
		/* Outcomes are told again: of the first. */
		assert_int_equal(strncmp(json, whole, strlen(whole)), 0);
		assert_null(strstr(json + strlen(whole), "\"oom_kill\""));
		free(json);
		free(twice);
		free(whole);
		free(log.bytes);
	}
}

/* Every way to wrap a line; %s is its text, %T its seconds of uptime. */
static const struct wrapping {
	const char *before, *after;
	bool escapes; /* as JSON does */
	bool uptime;  /* it has the uptime, and so "time_text" and "uptime_ms" are there */
} wrappings[] = {
	{"[  100.000001] ", "", false, true},
	{"[  100.000001][  T123] ", "", false, true},
	{"[  100.000001] [    C1] ", "", false, true},
	{"[  100.000001 <    0.000003>] ", "", false, true},
	{"[  100.000001@1] ", "", false, true},
	{"<4>[  100.000001] ", "", false, true},
	{"<6>[  100.000001] [1:      swapper/1:    0] ", "", false, true},
	{"kern  :warn  : [  100.000001] ", "", false, true},
	{"4,17,100000001,-;", "", false, true},
	{"4,17,100000001,-,caller=T123;", "", false, true},
	{"[Sun Mar  1 10:00:00 2026] ", "", false, false},
	{"[dim. 1 mars 10:00:00 2026] ", "", false, false},
	{"Mar  1 10:00:00 host kernel: ", "", false, false},
	{"Mar  1 10:00:00 host kernel: [  100.000001] ", "", false, true},
	{"Mar  1 10:00:00.123456 host kernel: ", "", false, false},
	{"Mar 01 10:00:00 host kernel: ", "\r", false, false},
	{"<4>Mar  1 10:00:00 host kernel: ", "", false, false},
	{"2026-03-01T10:00:00.100012+01:00 host kernel: [  100.000001] ", "", false, true},
	{"2026-03-01T10:00:00+0100 host kernel: ", "", false, false},
	{"2026-03-01T10:00:00Z host kernel[0]: ", "", false, false},
	{"2026-03-01T10:00:00,100012+01:00 ", "", false, false},
	{"2026-03-01T10:00:00.123456789Z stdout F [  100.000001] ", "", false, true},
	{"2026-03-01T10:00:00.123456789Z stderr F Mar  1 10:00:00 host kernel: ", "", false, false},
	{"> [  100.000001] ", "", false, true},
	{"> > Mar  1 10:00:00 host kernel: ", "", false, false},
	{">> [  100.000001] ", "", false, true},
	{"    [  100.000001] ", "", false, true},
	{"\033[32m[  100.000001]\033[0m ", "", false, true},
	{"\033[32m[  100.000001] \033[0m\033[1m", "\033[0m\r", false, true},
	{"05-07 03:13:03.123  root     0     0 W [  100.000001: 0] ", "", false, true},
	{"{\"log\":\"[  100.000001] ",
	 "\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-01T10:00:00Z\"}", true, true},
	{"{\"__CURSOR\":\"x\",\"_TRANSPORT\":\"kernel\",\"_BOOT_ID\":"
	 "\"0123456789abcdef0123456789abcdef\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"100000001\","
	 "\"MESSAGE\":\"",
	 "\",\"_HOSTNAME\":\"host\",\"__REALTIME_TIMESTAMP\":\"1772355600000000\"}", true, true},
};

static const char *const lines[] = {
	"my app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=7",
	"CPU: 0 PID: 31 Comm: my app Not tainted 6.1.0-13-amd64 #1 Debian 6.1.55-1",
	"Call Trace:",
	" out_of_memory+0x1bd/0x4e0",
	" mem_cgroup_out_of_memory+0x138/0x150",
	"RIP: 0033:0x4034b0",
	"memory: usage 49152kB, limit 49152kB, failcnt 58",
	"swap: usage 0kB, limit 0kB, failcnt 0",
	"Memory cgroup stats for /a:",
	"anon 47579136",
	"file 2027520",
	"Tasks state (memory values in pages):",
	"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
	"[     31]     0    31     4000     3000    65536        0             7 my app",
	"[     32]  1000    32     1000      300    40960        0         -1000 (sd-pam)",
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0-1,3,"
	"oom_memcg=/a,task_memcg=/a/b,task=my app,pid=31,uid=0",
	"Memory cgroup out of memory: Killed process 31 (my app) total-vm:16000kB, "
	"anon-rss:11000kB, "
	"file-rss:1000kB, shmem-rss:0kB, UID:0 pgtables:64kB oom_score_adj:7",
};

static char *wrap(const struct wrapping *wrapping)
{
	char *log = calloc(1, 1 << 16);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcat(log, wrapping->before);
		strcat(log, lines[i]);
		strcat(log, wrapping->after);
		strcat(log, "\n");
	}
	return log;
}

/* Without what a wrapping may add: times, and where it was. */
static json_t *stripped(const char *json)
{
	json_t *object = json_loads(json, JSON_DISABLE_EOF_CHECK, NULL);
	static const char *const keys[] = {"time", "uptime_ms", "time_text", "host", "boot_id"};

	assert_non_null(object);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_del(object, keys[i]);
	return object;
}

static void in_every_wrapping_it_is_the_same(void **state)
{
	static const struct wrapping bare = {"", "", false, false};
	char *log = wrap(&bare), *json = import(log, strlen(log));
	json_t *expected = stripped(json), *timed = NULL;

	(void)state;
	free(log);
	free(json);
	for (size_t i = 0; i < sizeof(wrappings) / sizeof(wrappings[0]); i++) {
		json_t *object, *whole;

		log = wrap(&wrappings[i]);
		json = import(log, strlen(log));
		if (!*json)
			fail_msg("nothing is told of: %s", log);
		object = stripped(json);
		whole = json_loads(json, JSON_DISABLE_EOF_CHECK, NULL);
		/* With the uptime it is made of that: of the boot, and nothing around it. */
		if (wrappings[i].uptime && !timed)
			timed = json_incref(json_object_get(whole, "id"));
		if (wrappings[i].uptime)
			assert_true(json_equal(json_object_get(whole, "id"), timed));
		if (wrappings[i].uptime)
			json_object_set(object, "id", json_object_get(expected, "id"));
		if (!json_equal(object, expected))
			print_message("%s%s\n", wrappings[i].before, json);
		assert_true(json_equal(object, expected));
		assert_non_null(json_object_get(whole, "time_text"));
		assert_int_equal(json_object_get(whole, "uptime_ms") != NULL, wrappings[i].uptime);
		if (wrappings[i].uptime)
			assert_true(json_number_value(json_object_get(whole, "uptime_ms")) ==
				    100000.001);
		json_decref(whole);
		json_decref(object);
		free(json);
		free(log);
	}
	assert_false(json_equal(timed, json_object_get(expected, "id")));
	json_decref(timed);
	json_decref(expected);
}

static void an_export_of_a_journal_is_read(void **state)
{
	char *log = calloc(1, 1 << 16);
	size_t len = 0;
	char *json;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		len += (size_t)sprintf(
			log + len,
			"__CURSOR=s=%zu\n__REALTIME_TIMESTAMP=17723556000000%02zu\n"
			"_BOOT_ID=0123456789abcdef0123456789abcdef\n_TRANSPORT=kernel\n",
			i, i);
		if (i % 2) {
			len += (size_t)sprintf(log + len, "MESSAGE=%s\n", lines[i]);
		} else { /* as bytes */
			uint64_t size = strlen(lines[i]);

			len += (size_t)sprintf(log + len, "MESSAGE\n");
			memcpy(log + len, &size, 8);
			memcpy(log + len + 8, lines[i], size);
			len += 8 + size;
			log[len++] = '\n';
		}
		len += (size_t)sprintf(log + len, "_SOURCE_MONOTONIC_TIMESTAMP=100000001\n\n");
	}
	for (size_t step = 0; step < 60; step += 13) {
		json = import_steps(log, len, step);
		assert_non_null(strstr(json, "\"uptime_ms\":100000.001"));
		assert_non_null(strstr(json, "\"time\":\"2026-03-01T09:00:00"));
		assert_non_null(
			strstr(json, "\"boot_id\":\"01234567-89ab-cdef-0123-456789abcdef\""));
		assert_non_null(strstr(json, "\"comm\":\"my app\""));
		free(json);
	}
	free(log);
}

static void what_programs_wrote_is_not_the_kernels(void **state)
{
	static const struct wrapping foreign[] = {
		{"Mar  1 10:00:00 host logger: ", "", false, false},
		{"Mar  1 10:00:00 host sshd[12]: ", "", false, false},
		{"2026-03-01T10:00:00+01:00 host app[1]: ", "", false, false},
		{"14,17,100000001,-;", "", false, false},
		{"<14>", "", false, false},
		{"user  :notice: [  100.000001] ", "", false, false},
		{"{\"_TRANSPORT\":\"stdout\",\"MESSAGE\":\"", "\"}", true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		char *log = wrap(&foreign[i]), *json = import(log, strlen(log));

		if (*json)
			print_message("%s%s\n", foreign[i].before, json);
		assert_string_equal(json, "");
		free(json);
		free(log);
	}
}

/* What may differ when lines are missing: how much was found, and from when on. */
static const char *const may_differ[] = {
	"id",        "loss",        "total",     "eligible",  "listed",         "lost",
	"truncated", "source",      "why",       "scan",      "time_text",      "uptime_ms",
	"time",      "passed_over", "killed_as", "reaped_ms", "reap_skipped_ms"};

static bool is_exempt(const char *key)
{
	for (size_t i = 0; i < sizeof(may_differ) / sizeof(may_differ[0]); i++) {
		if (strcmp(key, may_differ[i]) == 0)
			return true;
	}
	return false;
}

static bool is_within(const json_t *part, const json_t *whole, char *why);

/* Of a list each one is in the other: the same task, zone or frame. */
static bool items_within(const json_t *part, const json_t *whole, char *why)
{
	for (size_t i = 0; i < json_array_size(part); i++) {
		bool found = false;

		for (size_t j = 0; j < json_array_size(whole) && !found; j++)
			found = is_within(json_array_get(part, i), json_array_get(whole, j), why);
		if (!found)
			return false;
	}
	return true;
}

static bool is_within(const json_t *part, const json_t *whole, char *why)
{
	const char *key;
	json_t *value;

	if (json_is_array(part))
		return json_is_array(whole) && items_within(part, whole, why);
	if (!json_is_object(part))
		return json_equal(part, whole);
	json_object_foreach((json_t *)part, key, value)
	{
		const json_t *other = json_object_get(whole, key);

		if (is_exempt(key))
			continue;
		if (!other && strcmp(key, "tid") == 0) /* told where it is not the process's */
			other = json_object_get(whole, "pid");
		if (!other || !is_within(value, other, why)) {
			snprintf(why, 64, "%s", key);
			return false;
		}
	}
	return true;
}

static json_t *parse_lines(const char *json)
{
	json_t *all = json_array();

	for (const char *at = json; *at; at = strchr(at, '\n') + 1)
		json_array_append_new(all, json_loads(at, JSON_DISABLE_EOF_CHECK, NULL));
	return all;
}

static bool is_kill_of(const json_t *line, const json_t *other)
{
	const json_t *pid = json_object_get(json_object_get(line, "victim"), "pid");
	const json_t *victims = json_object_get(other, "victims");

	for (size_t i = 0; i < json_array_size(victims); i++) {
		if (json_equal(pid, json_object_get(json_array_get(victims, i), "pid")))
			return true;
	}
	return false;
}

/* A member of a group whose line of the group is lost is a kill of its own: a victim there. */
static bool is_member(const json_t *line, const json_t *other, char *why)
{
	const json_t *victims = json_object_get(other, "victims");

	for (size_t i = 1; i < json_array_size(victims); i++) {
		if (is_within(json_object_get(line, "victim"), json_array_get(victims, i), why))
			return true;
	}
	return false;
}

static bool is_told(const json_t *line, const json_t *whole, char *why)
{
	const char *type = json_string_value(json_object_get(line, "type"));
	bool kill = strcmp(type, "oom_kill") == 0;

	if (strcmp(type, "lost") == 0)
		return true;
	for (size_t i = 0; i < json_array_size(whole); i++) {
		const json_t *other = json_array_get(whole, i);

		if (kill && !is_kill_of(line, other))
			continue;
		if (is_within(line, other, why) || (kill && is_member(line, other, why)))
			return true;
	}
	return false;
}

static void assert_nothing_invented(const char *bytes, size_t len, const json_t *whole,
				    const char *what)
{
	char *json = import(bytes, len);
	json_t *told = parse_lines(json);

	for (size_t i = 0; i < json_array_size(told); i++) {
		char why[64] = "";

		if (is_told(json_array_get(told, i), whole, why))
			continue;
		fail_msg("%s: %s: %s\nwas made of:\n%.*s", what, why,
			 json_dumps(json_array_get(told, i), JSON_COMPACT), (int)len, bytes);
	}
	json_decref(told);
	free(json);
}

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

static void of_a_log_cut_anywhere_nothing_is_invented(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		struct text log = read_log(i);
		char *json = import(log.bytes, log.len);
		json_t *whole = parse_lines(json);

		/* What is damaged already may come out better where it is cut; whose thread was
		 * named only the table tells. */
		bool is_damaged = strstr(files[i], "damage-cut") || strstr(files[i], "leader");

		for (unsigned int n = 0; n < 60 && !is_damaged; n++) {
			size_t from = n % 3 ? any((uint32_t)log.len) : 0;
			size_t to = n % 3 < 2 ? from + any((uint32_t)(log.len - from)) : log.len;

			assert_nothing_invented(log.bytes + from, to - from, whole, files[i]);
		}
		json_decref(whole);
		free(json);
		free(log.bytes);
	}
}

/* Copies @log without the lines that @is_lost says. */
static size_t without(const struct text *log, char *out, unsigned int of, unsigned int first)
{
	size_t len = 0;
	unsigned int line = 0;

	for (const char *at = log->bytes; *at; line++) {
		const char *eol = strchr(at, '\n');
		size_t n = (size_t)(eol + 1 - at);

		if (first ? line + 1 != first : any(of) != 0) {
			memcpy(out + len, at, n);
			len += n;
		}
		at = eol + 1;
	}
	return len;
}

static void without_some_lines_nothing_is_invented(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		if (strstr(files[i],
			   "leader")) /* without the table's line it is named by a thread */
			continue;

		struct text log = read_log(i);
		char *json = import(log.bytes, log.len), *less = malloc(log.len + 1);
		json_t *whole = parse_lines(json);

		for (unsigned int n = 1; n < 400; n++) /* each line alone */
			assert_nothing_invented(less, without(&log, less, 0, n), whole, files[i]);
		for (unsigned int n = 0; n < 60; n++) /* some of them */
			assert_nothing_invented(less, without(&log, less, 8 + n, 0), whole,
						files[i]);
		json_decref(whole);
		free(less);
		free(json);
		free(log.bytes);
	}
}

/* A whole report behind one that is cut or lacks lines is told as if it were alone. */
static void what_is_untouched_stays_whole(void **state)
{
	static const struct wrapping stamped = {"[  999.000001] ", "", false, true};
	char *intact = wrap(&stamped), *expected = import(intact, strlen(intact));
	size_t len = strlen(intact);

	(void)state;
	for (size_t i = 0; i < n_files; i++) {
		struct text log = read_log(i);
		char *all = malloc(log.len + len + 2);

		for (unsigned int n = 0; n < 30; n++) {
			size_t used = n % 2 ? without(&log, all, 5, 0) : any((uint32_t)log.len);
			char *json;

			if (n % 2 == 0)
				memcpy(all, log.bytes, used);
			all[used++] = '\n';
			memcpy(all + used, intact, len);
			json = import(all, used + len);
			assert_non_null(strstr(json, expected));
			free(json);
		}
		free(all);
		free(log.bytes);
	}
	free(intact);
	free(expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_log_tells_what_is_expected_of_it),
		cmocka_unit_test(in_pieces_of_any_size_it_is_the_same),
		cmocka_unit_test(twice_the_same_is_told_once),
		cmocka_unit_test(in_every_wrapping_it_is_the_same),
		cmocka_unit_test(an_export_of_a_journal_is_read),
		cmocka_unit_test(what_programs_wrote_is_not_the_kernels),
		cmocka_unit_test(of_a_log_cut_anywhere_nothing_is_invented),
		cmocka_unit_test(without_some_lines_nothing_is_invented),
		cmocka_unit_test(what_is_untouched_stays_whole),
	};

	return cmocka_run_group_tests(tests, find_files, NULL);
}
