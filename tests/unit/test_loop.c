/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "lib/loop.h"

struct seen {
	struct loop *loop;
	int fd, signo, timers, timer;
	uint64_t now;
};

static void on_fd(void *ctx, int fd)
{
	struct seen *seen = ctx;
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	seen->fd = fd;
	loop_end(seen->loop, byte);
}

static void on_signal(void *ctx, int signo)
{
	struct seen *seen = ctx;

	seen->signo = signo;
	loop_end(seen->loop, 7);
}

static void on_timer(void *ctx, uint64_t now)
{
	struct seen *seen = ctx;

	seen->now = now;
	if (++seen->timers == 2)
		loop_end(seen->loop, 0);
	else
		loop_set_timer(seen->loop, seen->timer, now);
}

static void a_readable_fd_reaches_its_handler_and_ends_the_loop(void **state)
{
	struct seen seen = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(loop_new(&seen.loop), 0);
	assert_int_equal(loop_add_fd(seen.loop, ends[0], on_fd, &seen), 0);
	assert_int_equal(write(ends[1], "\5", 1), 1);
	assert_int_equal(loop_run(seen.loop), 5);
	assert_int_equal(seen.fd, ends[0]);
	loop_free(seen.loop);
	close(ends[0]);
	close(ends[1]);
}

static void a_signal_arrives_in_the_loop_and_is_given_back_afterwards(void **state)
{
	struct seen seen = {0};
	sigset_t set, mask;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	assert_int_equal(loop_new(&seen.loop), 0);
	assert_int_equal(loop_add_signals(seen.loop, &set, on_signal, &seen), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(loop_run(seen.loop), 7);
	assert_int_equal(seen.signo, SIGTERM);
	loop_free(seen.loop);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGTERM), 0);
}

static void a_timer_in_the_past_fires_once_each_time_it_is_set(void **state)
{
	struct seen seen = {0};

	(void)state;
	assert_int_equal(loop_new(&seen.loop), 0);
	seen.timer = loop_add_timer(seen.loop, on_timer, &seen);
	assert_true(seen.timer >= 0);
	assert_int_equal(loop_set_timer(seen.loop, seen.timer, 1), 0);
	assert_int_equal(loop_run(seen.loop), 0);
	assert_int_equal(seen.timers, 2);
	assert_true(seen.now > 1);
	loop_free(seen.loop);
}

static void a_disarmed_timer_is_silent(void **state)
{
	struct seen silent = {0}, seen = {0};
	int quiet;

	(void)state;
	assert_int_equal(loop_new(&seen.loop), 0);
	silent.loop = seen.loop;
	quiet = loop_add_timer(seen.loop, on_timer, &silent);
	seen.timer = loop_add_timer(seen.loop, on_timer, &seen);
	assert_int_equal(loop_set_timer(seen.loop, quiet, 1), 0);
	assert_int_equal(loop_set_timer(seen.loop, quiet, 0), 0);
	assert_int_equal(loop_set_timer(seen.loop, seen.timer, 1), 0);
	assert_int_equal(loop_run(seen.loop), 0);
	assert_int_equal(silent.timers, 0);
	loop_free(seen.loop);
}

static void more_sources_than_fit_and_what_is_no_timer_are_refused(void **state)
{
	struct loop *loop;
	int timer = 0;

	(void)state;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(loop_set_timer(loop, 0, 1), -EINVAL);
	for (int i = 0; i < LOOP_SOURCES; i++)
		timer = loop_add_timer(loop, on_timer, NULL);
	assert_int_equal(timer, LOOP_SOURCES - 1);
	assert_int_equal(loop_add_timer(loop, on_timer, NULL), -ENOSPC);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_readable_fd_reaches_its_handler_and_ends_the_loop),
		cmocka_unit_test(a_signal_arrives_in_the_loop_and_is_given_back_afterwards),
		cmocka_unit_test(a_timer_in_the_past_fires_once_each_time_it_is_set),
		cmocka_unit_test(a_disarmed_timer_is_silent),
		cmocka_unit_test(more_sources_than_fit_and_what_is_no_timer_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
