// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a shipper knows of what is on its way, how far it came, and what a message is. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/status.h"
#include "ship/large.h"
#include "ship/message.h"
#include "ship/options.h"
#include "ship/tally.h"
#include "ship/watermark.h"
#include "ship/window.h"

#define SECOND INT64_C(1000000000)

/* --- the window --- */

static struct window window;

static void add_to(int64_t last)
{
	for (int64_t i = window.low + 1; i <= last; i++)
		window_add(&window, i, i * SECOND, false);
}

static void the_watermark_is_where_all_before_is_confirmed(void **state)
{
	(void)state;
	window_begin(&window, 10);
	add_to(14);
	window_done(&window, 12);
	window_done(&window, 14);
	assert_int_equal(window.low, 10);
	assert_int_equal(window_oldest_ns(&window), 11 * SECOND);
	window_done(&window, 11);
	assert_int_equal(window.low, 12);
	window_done(&window, 11);
	window_done(&window, 99);
	assert_int_equal(window.flying, 1);
	window_done(&window, 13);
	assert_int_equal(window.low, 14);
	assert_true(window_is_clear(&window));
	assert_int_equal(window_oldest_ns(&window), 0);
}

static void numbers_that_are_left_out_hold_nothing_up(void **state)
{
	(void)state;
	window_begin(&window, 0);
	window_add(&window, 5, 0, false);
	window_add(&window, 9, 0, true);
	window_add(&window, 20, 0, false);
	assert_int_equal(window.low, 0);
	window_done(&window, 5);
	assert_int_equal(window.low, 9);
	window_done(&window, 20);
	assert_int_equal(window.low, 20);
}

static void what_failed_is_sent_again_and_nothing_else(void **state)
{
	(void)state;
	window_begin(&window, 0);
	add_to(6);
	window_done(&window, 1);
	window_done(&window, 3);
	window_done(&window, 6);
	window_fail(&window, 4);
	assert_int_equal(window.failed, 1);
	window_fail_all(&window);
	assert_int_equal(window.failed, 3);
	assert_int_equal(window.flying, 0);
	window_done(&window, 2); /* too late: it was given up */
	assert_int_equal(window.low, 1);
	window_again(&window);
	assert_int_equal(window.low, 1);
	for (int64_t i = 2; i <= 6; i++) {
		bool was_done = i == 3 || i == 6;

		assert_int_equal(window_was_done(&window, i), was_done);
		window_add(&window, i, 0, was_done);
	}
	/* Once more, before what was kept has been passed again. */
	window_done(&window, 5);
	window_fail_all(&window);
	window_again(&window);
	assert_true(window_was_done(&window, 3));
	assert_true(window_was_done(&window, 5));
	assert_true(window_was_done(&window, 6));
	assert_false(window_was_done(&window, 2));
	assert_false(window_was_done(&window, 4));
}

static void what_was_kept_beyond_a_second_failure_stays_kept(void **state)
{
	(void)state;
	window_begin(&window, 0);
	add_to(5);
	window_done(&window, 5);
	window_fail_all(&window);
	window_again(&window);
	window_add(&window, 1, 0, false);
	window_fail_all(&window);
	window_again(&window);
	assert_true(window_was_done(&window, 5));
	assert_false(window_was_done(&window, 1));
}

static void a_full_window_goes_round(void **state)
{
	(void)state;
	window_begin(&window, 0);
	for (int round = 0; round < 3; round++) {
		int64_t low = window.low;

		add_to(low + WINDOW_MOST);
		assert_true(window_is_full(&window));
		for (int64_t i = low + WINDOW_MOST; i > low; i--)
			window_done(&window, i);
		assert_int_equal(window.low, low + WINDOW_MOST);
		assert_false(window_is_full(&window));
		/* So that the next round begins in the middle. */
		window_add(&window, window.low + 1, 0, true);
	}
}

/* --- the watermark --- */

static char directory[64], path[128];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/dev/shm/oomtrace-ship-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/oom.watermark", directory);
	return 0;
}

static int remove_directory(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static struct watermark_file *opened(void)
{
	char why[WATERMARK_ERROR_LEN];
	struct watermark_file *file;

	assert_int_equal(watermark_open(path, "oom", &file, why), 0);
	return file;
}

static void put_text(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

static void a_watermark_is_what_was_written_last(void **state)
{
	struct watermark mark = {.number = 7}, found;
	struct watermark_file *file = opened();
	char why[WATERMARK_ERROR_LEN];
	struct stat st;

	(void)state;
	assert_int_equal(watermark_read(file, &found, why), 0);
	assert_int_equal(found.number, 0);
	assert_string_equal(found.store, "");
	strcpy(mark.store, "0123456789abcdef0123456789abcdef");
	assert_int_equal(watermark_write(file, &mark), 0);
	mark.number = INT64_C(1) << 60;
	mark.confirmed_ns = 1795385408412345678;
	assert_int_equal(watermark_write(file, &mark), 0);
	assert_int_equal(watermark_read(file, &found, why), 0);
	assert_memory_equal(&found, &mark, sizeof(mark));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	watermark_close(file);
}

static void one_shipper_at_a_time_has_it(void **state)
{
	struct watermark_file *file = opened(), *other;
	char why[WATERMARK_ERROR_LEN];

	(void)state;
	assert_int_equal(watermark_open(path, "oom", &other, why), -EBUSY);
	assert_non_null(strstr(why, "another shipper"));
	watermark_close(file);
	watermark_close(opened());
}

static void what_is_no_watermark_of_this_topic_is_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{"", -EBADMSG},
		{"{", -EBADMSG},
		{"[1]", -EBADMSG},
		{"{\"type\":\"ship_watermark\",\"topic\":\"oom\",\"store\":\"a\",\"number\":-1}",
		 -EBADMSG},
		{"{\"type\":\"ship_watermark\",\"topic\":\"oom\",\"store\":\"a\",\"number\":\"1\"}",
		 -EBADMSG},
		{"{\"type\":\"ship_watermark\",\"topic\":\"oom\",\"number\":1,\"store\":"
		 "\"0123456789abcdef0123456789abcdef0\"}",
		 -EBADMSG},
		{"{\"type\":\"other\",\"topic\":\"oom\",\"store\":\"a\",\"number\":1}", -EBADMSG},
		{"{\"type\":\"ship_watermark\",\"topic\":\"x\",\"store\":\"a\",\"number\":1}",
		 -EINVAL},
		{"{\"type\":\"ship_watermark\",\"topic\":\"oom\",\"store\":\"a\",\"number\":1}", 0},
	};
	struct watermark_file *file = opened();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[WATERMARK_ERROR_LEN] = "";
		struct watermark found;

		put_text(cases[i].text);
		assert_int_equal(watermark_read(file, &found, why), cases[i].error);
		assert_int_equal(!*why, !cases[i].error);
	}
	watermark_close(file);
}

static void a_watermark_that_cannot_be_written_leaves_the_one_before(void **state)
{
	struct watermark mark = {.number = 1, .store = "a"}, found;
	struct watermark_file *file = opened();
	char why[WATERMARK_ERROR_LEN], beside[160];

	(void)state;
	assert_int_equal(watermark_write(file, &mark), 0);
	/* A directory in the place of what is written first: not even root can unlink it. */
	snprintf(beside, sizeof(beside), "%s.new", path);
	assert_int_equal(mkdir(beside, 0700), 0);
	mark.number = 2;
	assert_true(watermark_write(file, &mark) < 0);
	assert_int_equal(watermark_read(file, &found, why), 0);
	assert_int_equal(found.number, 1);
	assert_int_equal(rmdir(beside), 0);
	watermark_close(file);
}

/* --- messages --- */

#define IDENTITY "0123456789abcdef0123456789abcdef"

static void a_message_has_one_id_wherever_it_is_stored(void **state)
{
	static const struct {
		struct store_event event;
		const char *id;
	} cases[] = {
		{{.number = 1, .type = "oom_kill", .id = "aa", .pid = 5, .line = "{}", .len = 2},
		 "aa"},
		{{.number = 2, .type = "oom_no_kill", .id = "no-cc", .line = "{}", .len = 2},
		 "no-cc"},
		{{.number = 3, .type = "oom_outcome", .id = "aa", .pid = 5, .line = "{}", .len = 2},
		 "aa.5"},
		{{.number = 4,
		  .type = "killed_by_user",
		  .boot_id = "b",
		  .boot_ns = 99,
		  .pid = 6,
		  .signal = 15,
		  .line = "{}",
		  .len = 2},
		 "signal.b.99.6.15"},
		{{.number = 5, .type = "attached", .line = "{}", .len = 2},
		 "attached." IDENTITY ".5"},
		{{.number = 6, .type = "lost", .reason = "ring_fate", .count = 3},
		 "lost." IDENTITY ".6"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct message message;

		assert_int_equal(message_of_event(&cases[i].event, IDENTITY, &message), 0);
		assert_string_equal(message.id, cases[i].id);
		assert_string_equal(message.type, cases[i].event.type);
		assert_int_equal(message.number, cases[i].event.number);
		assert_null(message.key);
		assert_int_equal(message.len, strlen(message.line));
		message_free(&message);
	}
}

static void a_loss_without_a_line_gets_one(void **state)
{
	struct store_event event = {
		.number = 6,
		.type = "lost",
		.host = "h\"\x1b",
		.boot_id = "b",
		.time_ns = 1795385408412345678,
		.reason = "store",
		.count = 3,
	};
	struct message message;

	(void)state;
	assert_int_equal(message_of_event(&event, IDENTITY, &message), 0);
	assert_string_equal(message.line,
			    "{\"schema\":1,\"type\":\"lost\",\"time\":\"2026-11-22T22:10:08."
			    "412345678Z\",\"host\":\"h\\\"\\u001B\",\"boot_id\":\"b\",\"reason\":"
			    "\"store\",\"count\":3}");
	assert_string_equal(message.key, "h\"\x1b");
	message_free(&message);
}

static void what_was_replaced_is_passed_over(void **state)
{
	struct store_event event = {.number = 6, .type = "replaced"};
	struct message message;

	(void)state;
	assert_int_equal(message_of_event(&event, IDENTITY, &message), 0);
	assert_null(message.line);
	message_free(&message);
}

static void a_gap_is_told_with_its_size(void **state)
{
	struct message message;

	(void)state;
	assert_int_equal(message_of_gap(5, 9, IDENTITY, "h", 1795385408412345678, &message), 0);
	assert_int_equal(message.number, 9);
	assert_int_equal(message.gone, 5);
	assert_string_equal(message.id, "unshipped." IDENTITY ".5-9");
	assert_non_null(strstr(message.line, "\"reason\":\"unshipped\",\"count\":5}"));
	message_free(&message);
}

/* A kill with @n candidates. */
static struct message kill_of(unsigned int n)
{
	struct store_event event = {.number = 3, .type = "oom_kill", .id = "aa"};
	char *line = malloc(64 * n + 256);
	struct message message;
	int at = sprintf(line,
			 "{\"type\":\"oom_kill\",\"candidates\":{\"total\":%u,\"listed\":%u,"
			 "\"tasks\":[",
			 n, n);

	for (unsigned int i = 0; i < n; i++)
		at += sprintf(line + at, "%s{\"pid\":%u}", i ? "," : "", i);
	at += sprintf(line + at, "]},\"id\":\"aa\"}");
	event.line = line;
	event.len = (size_t)at;
	assert_int_equal(message_of_event(&event, IDENTITY, &message), 0);
	free(line);
	return message;
}

static void what_is_too_large_becomes_smaller_step_by_step(void **state)
{
	struct large large = {0};
	struct message message = kill_of(150);

	(void)state;
	assert_int_equal(large_shrink(&message, large_step(&large, 3), IDENTITY, "h"), LARGE_WHOLE);
	large_note(&large, 3);
	assert_int_equal(large_shrink(&message, large_step(&large, 3), IDENTITY, "h"), LARGE_CUT);
	assert_non_null(strstr(message.line, "\"total\":150,\"listed\":100,"));
	assert_non_null(strstr(message.line, "{\"pid\":99}]"));
	/* Asked again before it was refused again: as it is. */
	assert_int_equal(large_shrink(&message, large_step(&large, 3), IDENTITY, "h"), LARGE_WHOLE);
	large_note(&large, 3);
	assert_int_equal(large_shrink(&message, large_step(&large, 3), IDENTITY, "h"), LARGE_BARE);
	assert_non_null(strstr(message.line, "\"total\":150,\"listed\":0,\"tasks\":[]"));
	large_note(&large, 3);
	assert_int_equal(large_shrink(&message, large_step(&large, 3), IDENTITY, "h"), LARGE_TOLD);
	assert_non_null(strstr(message.line, "unshipped"));
	assert_string_equal(message.id, "aa");
	assert_string_equal(message.type, "lost");
	assert_int_equal(message.number, 3);
	large_note(&large, 3);
	assert_int_equal(large_shrink(&message, large_step(&large, 3), IDENTITY, "h"),
			 LARGE_DROPPED);
	assert_null(message.line);
	message_free(&message);
	large_forget(&large, 3);
	assert_int_equal(large_step(&large, 3), LARGE_WHOLE);
}

static void what_has_no_candidates_is_told_at_once(void **state)
{
	struct message message = kill_of(0);

	(void)state;
	assert_int_equal(large_shrink(&message, LARGE_CUT, IDENTITY, "h"), LARGE_TOLD);
	message_free(&message);
}

/* --- metrics --- */

static void lag_is_the_age_of_the_oldest_and_nothing_when_all_is_there(void **state)
{
	struct ship_now now = {
		.real_ns = 100 * SECOND,
		.waiting = 3,
		.oldest_ns = 58 * SECOND,
		.topic = "o\"om",
		.library = "2",
	};
	struct ship_tally tally = {.confirmed = 7};
	char text[8192], name[32];

	(void)state;
	for (int i = 0; i < SHIP_ERRORS + 3; i++) {
		snprintf(name, sizeof(name), "E%d", i);
		ship_tally_error(&tally, name);
		ship_tally_error(&tally, "E0");
	}
	assert_int_equal(ship_tally_errors(&tally), 2 * (SHIP_ERRORS + 3));
	assert_true(ship_tally_render(&tally, &now, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\noomtrace_ship_lag_seconds 42.000\n"));
	assert_non_null(strstr(text, "\noomtrace_ship_lag_events 3\n"));
	assert_non_null(strstr(text, "\noomtrace_ship_events_total 7\n"));
	assert_non_null(strstr(text, "topic=\"o\\\"om\""));
	assert_non_null(strstr(text, "{error=\"E0\"} 28\n"));
	assert_non_null(strstr(text, "{error=\"other\"} 3\n"));
	now.waiting = 0;
	assert_true(ship_tally_render(&tally, &now, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "\noomtrace_ship_lag_seconds 0.000\n"));
	assert_int_equal(ship_tally_render(&tally, &now, text, 100), -ENOSPC);
}

/* --- options --- */

#define WORDS_MOST 16

static struct ship_options options;

/* Splits @line at its blanks, and parses that. */
static void parse(const char *line)
{
	static char words[512], name[] = "oomtrace ship";
	char *argv[WORDS_MOST + 2] = {name}, *rest = words;
	int argc = 1;

	snprintf(words, sizeof(words), "%s", line);
	while (argc <= WORDS_MOST && (argv[argc] = strsep(&rest, " ")))
		argc++;
	options = (struct ship_options){0};
	argp_parse(&ship_argp, argc, argv, 0, NULL, &options);
}

static int status_of(const char *line)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(99);
		argp_err_exit_status = EXIT_USAGE;
		parse(line);
		_exit(EXIT_DONE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void options_have_their_defaults(void **state)
{
	(void)state;
	parse("-b h:9092 -t oom");
	assert_string_equal(options.store, "/var/lib/oomtrace/oomtrace.db");
	assert_string_equal(options.watermark, "/var/lib/oomtrace-ship/oom.watermark");
	assert_false(options.own_watermark);
	assert_int_equal(options.timeout_ns, 30 * SECOND);
	parse("-t oom -fs x --watermark w --timeout 5m --metrics m --user u -X a.b=c -X d= "
	      "--config f");
	assert_true(options.follow);
	assert_true(options.own_watermark);
	assert_string_equal(options.watermark, "w");
	assert_int_equal(options.timeout_ns, 300 * SECOND);
	assert_int_equal(options.n_properties, 2);
	assert_null(options.brokers);
}

static void what_breaks_the_promise_is_wrong_usage(void **state)
{
	static const char *const wrong[] = {
		"",
		"-t oom x",
		"-t a/b",
		"-t ..",
		"-t oom -X acks=1",
		"-t oom -X ACKS=1",
		"-t oom -X request.required.acks=0",
		"-t oom -X enable.idempotence=false",
		"-t oom -X nonsense",
		"-t oom -X =1",
		"-t oom --timeout soon",
		"-t oom --timeout 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (status_of(wrong[i]) != EXIT_USAGE)
			fail_msg("'%s' is not refused", wrong[i]);
	assert_int_equal(status_of("-t oom"), EXIT_DONE);
}

static void secrets_are_hidden_and_nothing_else(void **state)
{
	static const char *const shown[] = {"sasl.password=*******", "ssl.key.pem=*", "linger.ms=5",
					    "sasl.username=**", "client.id=password"};
	static const char *const meant[] = {"sasl.password=hunter2", "ssl.key.pem=x", NULL,
					    "sasl.username=me", NULL};
	char *arguments[SHIP_PROPERTIES];

	(void)state;
	parse("-t oom -X sasl.password=hunter2 -X ssl.key.pem=x -X linger.ms=5 "
	      "-X sasl.username=me -X client.id=password");
	for (unsigned int i = 0; i < options.n_properties; i++)
		arguments[i] = options.properties[i];
	assert_int_equal(ship_hide_secrets(&options), 0);
	for (unsigned int i = 0; i < options.n_properties; i++) {
		assert_string_equal(arguments[i], shown[i]);
		if (options.properties[i] != arguments[i]) {
			assert_string_equal(options.properties[i], meant[i]);
			free(options.properties[i]);
		}
	}
}

static void a_setting_is_a_name_and_a_value(void **state)
{
	char good[] = "sasl.password \t=  a = b  ", empty[] = "a=", none[] = "abc",
	     nameless[] = "=b";

	(void)state;
	assert_string_equal(ship_split_property(good), "a = b");
	assert_string_equal(good, "sasl.password");
	assert_string_equal(ship_split_property(empty), "");
	assert_null(ship_split_property(none));
	assert_null(ship_split_property(nameless));
}

#define ON_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_watermark_is_where_all_before_is_confirmed),
		cmocka_unit_test(numbers_that_are_left_out_hold_nothing_up),
		cmocka_unit_test(what_failed_is_sent_again_and_nothing_else),
		cmocka_unit_test(what_was_kept_beyond_a_second_failure_stays_kept),
		cmocka_unit_test(a_full_window_goes_round),
		ON_A_DIRECTORY(a_watermark_is_what_was_written_last),
		ON_A_DIRECTORY(one_shipper_at_a_time_has_it),
		ON_A_DIRECTORY(what_is_no_watermark_of_this_topic_is_refused),
		ON_A_DIRECTORY(a_watermark_that_cannot_be_written_leaves_the_one_before),
		cmocka_unit_test(a_message_has_one_id_wherever_it_is_stored),
		cmocka_unit_test(a_loss_without_a_line_gets_one),
		cmocka_unit_test(what_was_replaced_is_passed_over),
		cmocka_unit_test(a_gap_is_told_with_its_size),
		cmocka_unit_test(what_is_too_large_becomes_smaller_step_by_step),
		cmocka_unit_test(what_has_no_candidates_is_told_at_once),
		cmocka_unit_test(lag_is_the_age_of_the_oldest_and_nothing_when_all_is_there),
		cmocka_unit_test(options_have_their_defaults),
		cmocka_unit_test(what_breaks_the_promise_is_wrong_usage),
		cmocka_unit_test(secrets_are_hidden_and_nothing_else),
		cmocka_unit_test(a_setting_is_a_name_and_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
