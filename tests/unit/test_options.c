/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/outputs.h"
#include "cmd/trace_options.h"
#include "cmd/verbs.h"
#include "lib/parse.h"

#define MANUAL "docs/oomtrace.8"
#define ARGS   32

static void sizes_are_read_with_their_unit(void **state)
{
	uint64_t bytes = 1;

	(void)state;
	assert_int_equal(parse_size("65536", &bytes), 0);
	assert_int_equal(bytes, 65536);
	assert_int_equal(parse_size("256K", &bytes), 0);
	assert_int_equal(bytes, 256 << 10);
	assert_int_equal(parse_size("1m", &bytes), 0);
	assert_int_equal(bytes, 1 << 20);
	assert_int_equal(parse_size("K", &bytes), -EINVAL);
	assert_int_equal(parse_size("-1", &bytes), -EINVAL);
	assert_int_equal(parse_size("1 K", &bytes), -EINVAL);
	assert_int_equal(parse_size("18446744073709551615K", &bytes), -ERANGE);
	assert_int_equal(parse_size("99999999999999999999", &bytes), -ERANGE);
	assert_int_equal(bytes, 1 << 20);
}

static void durations_are_read_with_their_unit(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} good[] = {{"5", 5000},    {"90s", 90000},  {"250ms", 250},
		    {"2m", 120000}, {"1h", 3600000}, {"1d", 86400000}};
	static const char *const bad[] = {"", "0", "0s", "-5", "5 s", "s", "1.5h", "5x", "1hh"};
	uint64_t ns = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(parse_duration(good[i].text, &ns), 0);
		assert_int_equal(ns, good[i].ms * 1000000);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(parse_duration(bad[i], &ns), -EINVAL);
	assert_int_equal(parse_duration("9999999999d", &ns), -ERANGE);
}

static void a_mistyped_word_names_the_nearest(void **state)
{
	static const char *const names[] = {"trace", "replay", "doctor", "help"};

	(void)state;
	assert_string_equal(nearest_name("rplay", names, 4), "replay");
	assert_string_equal(nearest_name("tarce", names, 4), "trace");
	assert_string_equal(nearest_name("docter", names, 4), "doctor");
	assert_string_equal(nearest_name("hlep", names, 4), "help");
	assert_null(nearest_name("frobnicate", names, 4));
	assert_null(nearest_name("", names, 4));
	assert_null(nearest_name("a-word-that-is-much-longer-than-any-verb-could-be", names, 4));
}

static void an_output_is_a_format_and_maybe_a_file(void **state)
{
	static const char *const bad[] = {"", ":", "xml", "jso", "jsonl", "json:", "text ", "JSON"};
	struct output_spec spec = {0};

	(void)state;
	assert_int_equal(output_spec_parse("json", &spec), 0);
	assert_int_equal(spec.format, OUTPUT_JSON);
	assert_null(spec.file);
	assert_int_equal(output_spec_parse("text:/tmp/a:b", &spec), 0);
	assert_int_equal(spec.format, OUTPUT_TEXT);
	assert_string_equal(spec.file, "/tmp/a:b");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(output_spec_parse(bad[i], &spec), -EINVAL);
	assert_string_equal(spec.file, "/tmp/a:b");
	for (unsigned int i = 0; i < OUTPUT_FORMATS; i++) {
		assert_int_equal(output_spec_parse(output_kinds[i].name, &spec), 0);
		assert_int_equal(spec.format, i);
	}
	assert_int_equal(output_spec_parse("text:-", &spec), 0);
	assert_null(spec.file);
}

/* Splits @line at its blanks and parses it as the options of trace. */
static struct trace_options *parse(const char *line)
{
	static struct trace_options options;
	static char copy[256];
	char *argv[ARGS] = {0}, *at = copy, *word;
	static char name[] = "oomtrace";
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	argv[argc++] = name;
	while ((word = strsep(&at, " ")) && argc < ARGS - 1)
		if (*word)
			argv[argc++] = word;
	trace_options_parse(argc, argv, &options);
	return &options;
}

static void without_options_text_goes_to_stdout(void **state)
{
	struct trace_options *options = parse("");

	(void)state;
	assert_int_equal(options->outputs.n_specs, 1);
	assert_int_equal(options->outputs.specs[0].format, OUTPUT_TEXT);
	assert_null(options->outputs.specs[0].file);
	assert_int_equal(options->backend, BACKEND_AUTO);
	assert_int_equal(options->ring_size, 0);
	assert_int_equal(output_candidates(&options->outputs, &options->outputs.specs[0]),
			 TEXT_DEFAULT_CANDIDATES);
}

static void options_mean_what_the_manual_says(void **state)
{
	struct trace_options *options =
		parse("-j -o text:/tmp/t -r /tmp/r -p 7 -c /a/b/ --comm java -n 3 -d 2m -k 4 "
		      "--backend kprobe");
	struct outputs *outputs = &options->outputs;

	(void)state;
	assert_int_equal(outputs->n_specs, 2);
	assert_int_equal(outputs->specs[0].format, OUTPUT_JSON);
	assert_string_equal(outputs->specs[1].file, "/tmp/t");
	assert_string_equal(options->record, "/tmp/r");
	assert_int_equal(outputs->filter.pid, 7);
	assert_string_equal(outputs->filter.cgroup, "/a/b");
	assert_string_equal(outputs->filter.comm, "java");
	assert_int_equal(outputs->count, 3);
	assert_int_equal(options->duration_ns, 120000000000);
	assert_int_equal(options->backend, BACKEND_KPROBE);
	/* -k shapes stdout only. */
	assert_int_equal(output_candidates(outputs, &outputs->specs[0]), 4);
	assert_int_equal(output_candidates(outputs, &outputs->specs[1]), TEXT_DEFAULT_CANDIDATES);
	assert_string_equal(parse("--unit web")->outputs.filter.unit, "web");
	assert_string_equal(parse("--container 3726")->outputs.filter.container, "3726");
	assert_string_equal(parse("--pod 8d5c")->outputs.filter.pod, "8d5c");
	assert_int_equal(parse("--ring-size 256K")->ring_size, 256 << 10);
	assert_string_equal(parse("--host node-7")->host, "node-7");
	assert_null(parse("")->host);
	assert_true(parse("--backfill")->backfill);
	assert_int_equal(parse("--backfill")->n_backfill_files, 0);
	assert_int_equal(parse("--backfill=a --backfill --backfill=b")->n_backfill_files, 2);
	assert_string_equal(parse("--backfill=a --backfill=b")->backfill_files[1], "b");
	assert_int_equal(parse("-k all")->outputs.candidates, CANDIDATES_ALL);
}

static void colours_follow_the_choice_then_the_terminal(void **state)
{
	struct outputs outputs = {.color = CHOICE_AUTO};

	(void)state;
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_true(output_color(&outputs, true));
	assert_false(output_color(&outputs, false));
	setenv("NO_COLOR", "1", 1);
	assert_false(output_color(&outputs, true));
	outputs.color = CHOICE_ALWAYS;
	assert_true(output_color(&outputs, false));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	outputs.color = CHOICE_AUTO;
	assert_false(output_color(&outputs, true));
	outputs.color = CHOICE_NEVER;
	assert_false(output_color(&outputs, true));
}

static void levels_follow_the_choice_then_the_journal(void **state)
{
	(void)state;
	assert_true(output_levels(&parse("")->outputs, true));
	assert_false(output_levels(&parse("")->outputs, false));
	assert_true(output_levels(&parse("--level-prefix always")->outputs, false));
	assert_false(output_levels(&parse("--level-prefix=never")->outputs, true));
	assert_true(output_levels(&parse("--level-prefix=auto")->outputs, true));
}

/* The exit status of @run in a child whose talk is not heard. */
static int status_of(int (*run)(const char *line), const char *line)
{
	int status, null;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		argp_err_exit_status = EXIT_USAGE;
		_exit(run(line));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int only_parse(const char *line)
{
	parse(line);
	return EXIT_DONE;
}

static void wrong_usage_ends_with_status_2(void **state)
{
	static const char *const wrong[] = {
		"-o xml",
		"-o json -j",
		"-o json:/tmp/a -o text:/tmp/a",
		"-p 0",
		"-p java",
		"-n 0",
		"-n x",
		"-d 0",
		"-d 5x",
		"-k some",
		"--color=maybe",
		"--level-prefix=maybe",
		"--host=",
		"--host=a-name-of-more-than-sixty-three-bytes-which-no-host-can-have-in-uname",
		"--backend=ebpf",
		"-q -v",
		"--ring-size=5000",
		"--ring-size=1",
		"--ring-size=2G",
		"-c /a/../b",
		"--unit=",
		"--unit=/system.slice",
		"--container=",
		"--pod=",
		"a-word",
		"-s x --store=y",
		"--store=",
		"--keep=1GiB",
		"--store-group=root",
		"-s x --store-group=no-such-group",
		"-s x --keep=0",
		"-s x --keep=5x",
		"-s x --keep=10KiB",
		"-s x --keep=",
		"-s x --keep=1Gib",
		"--no-such-option",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(status_of(only_parse, wrong[i]), EXIT_USAGE);
	assert_int_equal(status_of(only_parse, "-n 1"), EXIT_DONE);
}

static void what_is_kept_is_read_with_its_unit(void **state)
{
	struct store_keep keep = {0};

	(void)state;
	assert_int_equal(storage_keep_parse("10000", &keep), 0);
	assert_int_equal(storage_keep_parse("500MiB", &keep), 0);
	assert_int_equal(storage_keep_parse("90d", &keep), 0);
	assert_int_equal(keep.max_episodes, 10000);
	assert_int_equal(keep.max_bytes, 500ULL << 20);
	assert_int_equal(keep.max_age_ns, 90 * 86400 * 1000000000ULL);
	assert_int_equal(storage_keep_parse("2w", &keep), 0);
	assert_int_equal(keep.max_age_ns, 14 * 86400 * 1000000000ULL);
	assert_int_equal(storage_keep_parse("2G", &keep), 0);
	assert_int_equal(keep.max_bytes, 2ULL << 30);
}

static int run_trace(const char *line)
{
	static char name[] = "oomtrace";
	char *argv[] = {name, NULL};

	(void)line;
	return cmd_trace(1, argv);
}

static int run_replay(const char *file)
{
	static char name[] = "oomtrace replay";
	char copy[64], *argv[] = {name, copy, NULL};

	snprintf(copy, sizeof(copy), "%s", file);
	return cmd_replay(2, argv);
}

static int run_doctor(const char *line)
{
	static char name[] = "oomtrace doctor";
	char copy[64], *argv[] = {name, copy, NULL};

	snprintf(copy, sizeof(copy), "%s", line);
	return cmd_doctor(*line ? 2 : 1, argv);
}

static void where_nothing_attaches_the_status_is_3(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_trace, ""), EXIT_CANNOT_TRACE);
	assert_int_equal(status_of(run_doctor, ""), EXIT_CANNOT_TRACE);
	assert_int_equal(status_of(run_doctor, "-j"), EXIT_CANNOT_TRACE);
	assert_int_equal(status_of(run_doctor, "x"), EXIT_USAGE);
}

static void what_is_no_recording_ends_with_status_1(void **state)
{
	(void)state;
	assert_int_equal(status_of(run_replay, "/dev/null"), EXIT_FAILED);
	assert_int_equal(status_of(run_replay, "/no/such/file"), EXIT_FAILED);
	assert_int_equal(status_of(run_replay, MANUAL), EXIT_FAILED);
}

static char said[4096];

/* The exit status of a verb, given the words of @line; what it says is left in said. */
static int verb_status(int (*verb)(int argc, char **argv), const char *name, const char *line)
{
	FILE *talk = tmpfile();
	int status, null;
	size_t len;
	pid_t pid;

	assert_non_null(talk);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char *argv[ARGS] = {0}, *copy = strdup(line), *word, *first = strdup(name);
		int argc = 0;

		null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(fileno(talk), STDERR_FILENO);
		argp_err_exit_status = EXIT_USAGE;
		argv[argc++] = first;
		while ((word = strsep(&copy, " ")) && argc < ARGS - 1)
			if (*word)
				argv[argc++] = word;
		_exit(verb(argc, argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rewind(talk);
	len = fread(said, 1, sizeof(said) - 1, talk);
	said[len] = '\0';
	fclose(talk);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* A line to type, and what it must be told with the status 2. */
struct wrong {
	const char *line, *remedy;
};

static void expect_wrong(int (*verb)(int argc, char **argv), const char *name,
			 const struct wrong *wrong, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = verb_status(verb, name, wrong[i].line);

		if (status != EXIT_USAGE || !strstr(said, wrong[i].remedy))
			fail_msg("%s %s: status %d, '%s'", name, wrong[i].line, status, said);
	}
}

static void wrong_usage_of_explain_names_the_remedy(void **state)
{
	static const struct wrong wrong[] = {
		{"--set 5 x", "4242:-500, from -1000 to 1000"},
		{"--set 5:2000 x", "from -1000 to 1000"},
		{"--set 5:-1001 x", "from -1000 to 1000"},
		{"--set 5: x", "from -1000 to 1000"},
		{"--set 5:- x", "from -1000 to 1000"},
		{"--set :5 x", "from -1000 to 1000"},
		{"--set 0:5 x", "from -1000 to 1000"},
		{"--set 5:--5 x", "from -1000 to 1000"},
		{"--set 99999999999999999999:5 x", "from -1000 to 1000"},
		{"--set -1:5 x", "from -1000 to 1000"},
		{"--without java x", "is no process id"},
		{"--without 0 x", "is no process id"},
		{"--model 1.2 x", "2.4"},
		{"--model 9.9 x", "7.2"},
		{"--model 2.5.7 x", "'2.5.7'"},
		{"--model java x", "2.4-goodness"},
		{"--limit x x", "512M, 2G"},
		{"--limit 0 x", "512M, 2G"},
		{"--limit -1 x", "512M, 2G"},
		{"-k some x", "N or all"},
		{"--color=maybe x", "auto, always or never"},
		{"x y", "one kill or file at a time"},
		{"--since fortnight x", "2h ago"},
		{"--no-such-option", "help"},
	};

	(void)state;
	expect_wrong(cmd_explain, "oomtrace explain", wrong, sizeof(wrong) / sizeof(*wrong));
}

static void wrong_usage_of_trace_names_the_remedy(void **state)
{
	static const struct wrong wrong[] = {
		{"--store /tmp/x -n 1", "--store=/tmp/x"},
		{"--backfill /var/log/kern.log", "--backfill=/var/log/kern.log"},
		{"-s -n 1", "looks like an option"},
		{"-r -v", "./-v"},
		{"-o xml", "text or json"},
		{"word", "one word too many"},
	};

	(void)state;
	expect_wrong(cmd_trace, "oomtrace", wrong, sizeof(wrong) / sizeof(*wrong));
}

static void what_another_verb_reads_names_that_verb(void **state)
{
#define REAL_RUN "tests/data/wire/7.2-fentry/"
	static const struct {
		int (*verb)(int argc, char **argv);
		const char *name, *file, *words;
	} cases[] = {
		{cmd_replay, "oomtrace replay", REAL_RUN "stdout", "oomtrace explain"},
		{cmd_replay, "oomtrace replay", "tests/data/klog/kmsg-7.2.log", "oomtrace import"},
		{cmd_replay, "oomtrace replay", "tests", "name a file in it"},
		{cmd_import, "oomtrace import", REAL_RUN "record", "oomtrace replay"},
		{cmd_import, "oomtrace import", REAL_RUN "stdout", "oomtrace explain"},
		{cmd_import, "oomtrace import", "tests", "name a file in it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int status = verb_status(cases[i].verb, cases[i].name, cases[i].file);

		if (status != EXIT_FAILED || !strstr(said, cases[i].words))
			fail_msg("%s %s: status %d, '%s'", cases[i].name, cases[i].file, status,
				 said);
	}
}

static void wrong_usage_of_rank_names_the_remedy(void **state)
{
	static const struct wrong wrong[] = {
		{"--watch 5", "--watch=5"},
		{"--limit 5M", "--cgroup"},
		{"--limit x -c /a", "512M, 2G"},
		{"--limit=-1 -c /a", "512M, 2G"},
		{"-c /a/../b", "/system.slice"},
		{"-n some", "N or all"},
		{"--watch=5x", "2s, 500ms"},
		{"--watch=0", "2s, 500ms"},
		{"--color=maybe", "auto, always or never"},
		{"word", "one word too many"},
		{"--no-such-option", "help"},
	};

	(void)state;
	expect_wrong(cmd_rank, "oomtrace rank", wrong, sizeof(wrong) / sizeof(*wrong));
}

/* A file with these bytes; to be unlinked. */
static const char *file_of(const char *bytes)
{
	static char path[32];
	int fd;

	snprintf(path, sizeof(path), "/tmp/oomtrace-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
	return path;
}

static void what_cannot_be_explained_ends_with_status_1(void **state)
{
#define LOST_LINE "{\"schema\":1,\"type\":\"lost\",\"reason\":\"output\",\"count\":3}\n"
	static const struct {
		const char *bytes, *words;
	} cases[] = {
		{"", "it is empty"},
		{"no kill in here\n", "neither a recording"},
		{LOST_LINE, "holds no kill"},
		{LOST_LINE "{\"schema\":1,\n" LOST_LINE, ": line 2: "},
		{LOST_LINE "\n\n{\"schema\":9,\"type\":\"oom_kill\"}", ": line 4: "},
		{LOST_LINE "x\nx\nx\nx\nx\n", "2 more lines like these"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *path = file_of(cases[i].bytes);
		int status = verb_status(cmd_explain, "oomtrace explain", path);

		unlink(path);
		if (status != EXIT_FAILED || !strstr(said, cases[i].words))
			fail_msg("%s: status %d, '%s'", cases[i].bytes, status, said);
	}
	assert_int_equal(verb_status(cmd_explain, "oomtrace explain", "/no/such/file"),
			 EXIT_FAILED);
	assert_non_null(strstr(said, "/no/such/file"));
	assert_int_equal(verb_status(cmd_explain, "oomtrace explain", "/tmp"), EXIT_FAILED);
	assert_int_equal(verb_status(cmd_explain, "oomtrace explain", "-"), EXIT_FAILED);
	assert_non_null(strstr(said, "stdin"));
	assert_int_equal(verb_status(cmd_rank, "oomtrace rank", "-c /no/such/cgroup"), EXIT_FAILED);
}

/* The kills around a damaged line are explained all the same. */
static void what_is_whole_is_explained(void **state)
{
	const char *path = file_of("{\"schema\":1,\"type\":\"oom_kill\",\"victim\":{\"pid\":5}}\n"
				   "{\n");
	char line[64];

	(void)state;
	assert_int_equal(verb_status(cmd_explain, "oomtrace explain", path), EXIT_FAILED);
	assert_null(strstr(said, "holds no kill"));
	snprintf(line, sizeof(line), "--set 7:5 --without 8 --limit 1M %s", path);
	assert_int_equal(verb_status(cmd_explain, "oomtrace explain", line), EXIT_FAILED);
	assert_non_null(strstr(said, "no process 7 is among its candidates"));
	assert_non_null(strstr(said, "no process 8 is among its candidates"));
	assert_non_null(strstr(said, "--limit is left out"));
	unlink(path);
	assert_int_equal(verb_status(cmd_explain, "oomtrace explain",
				     "--model all -k all tests/data/wire/7.2-fentry/stdout"),
			 EXIT_DONE);
	assert_string_equal(said, "");
}

/* Whether the manual has @option as a flag of mdoc: " Fl o" or " Fl -output". */
static bool manual_names(const char *manual, const char *option)
{
	char flag[64];
	size_t len = (size_t)snprintf(flag, sizeof(flag), "Fl %s", option);

	for (const char *at = manual; (at = strstr(at, flag)); at += len)
		if (!isalnum((unsigned char)at[len]) && at[len] != '-')
			return true;
	return false;
}

static void expect_options(const char *manual, const struct argp *argp)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
		char name[64];

		if (o->name) {
			snprintf(name, sizeof(name), "-%s", o->name);
			if (!manual_names(manual, name))
				fail_msg("%s does not name --%s", MANUAL, o->name);
		}
		if (o->key > 0 && o->key < 0x80 && isalnum(o->key)) {
			snprintf(name, sizeof(name), "%c", o->key);
			if (!manual_names(manual, name))
				fail_msg("%s does not name -%c", MANUAL, o->key);
		}
	}
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		expect_options(manual, c->argp);
}

static void the_manual_names_every_option(void **state)
{
	static char manual[64 * 1024];
	FILE *file = fopen(MANUAL, "r");

	(void)state;
	assert_non_null(file);
	assert_true(fread(manual, 1, sizeof(manual) - 1, file) > 0);
	fclose(file);
	for (size_t i = 0; i < n_verbs; i++)
		expect_options(manual, verbs[i].argp);
	assert_false(manual_names(manual, "-no-such-option"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read_with_their_unit),
		cmocka_unit_test(durations_are_read_with_their_unit),
		cmocka_unit_test(a_mistyped_word_names_the_nearest),
		cmocka_unit_test(an_output_is_a_format_and_maybe_a_file),
		cmocka_unit_test(without_options_text_goes_to_stdout),
		cmocka_unit_test(options_mean_what_the_manual_says),
		cmocka_unit_test(colours_follow_the_choice_then_the_terminal),
		cmocka_unit_test(levels_follow_the_choice_then_the_journal),
		cmocka_unit_test(wrong_usage_ends_with_status_2),
		cmocka_unit_test(what_is_kept_is_read_with_its_unit),
		cmocka_unit_test(where_nothing_attaches_the_status_is_3),
		cmocka_unit_test(what_is_no_recording_ends_with_status_1),
		cmocka_unit_test(wrong_usage_of_explain_names_the_remedy),
		cmocka_unit_test(wrong_usage_of_trace_names_the_remedy),
		cmocka_unit_test(what_another_verb_reads_names_that_verb),
		cmocka_unit_test(wrong_usage_of_rank_names_the_remedy),
		cmocka_unit_test(what_cannot_be_explained_ends_with_status_1),
		cmocka_unit_test(what_is_whole_is_explained),
		cmocka_unit_test(the_manual_names_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
