/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Threads are ready when they have been started. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/thread.h"

static enum thread_duty hooked;
static pthread_t hooked_in;

static void note(enum thread_duty duty)
{
	hooked = duty;
	hooked_in = pthread_self();
}

static void *blocked_signals(void *arg)
{
	pthread_sigmask(SIG_SETMASK, NULL, arg);
	return arg;
}

static void the_hook_ran_in_the_thread_when_the_start_returns(void **state)
{
	sigset_t signals;
	pthread_t thread;

	(void)state;
	hooked = THREAD_DUTIES;
	thread_set_hook(note);
	assert_int_equal(
		thread_start(THREAD_STORE, THREAD_STACK_MIN, blocked_signals, &signals, &thread),
		0);
	assert_int_equal(hooked, THREAD_STORE);
	assert_true(pthread_equal(hooked_in, thread));
	thread_set_hook(NULL);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void it_takes_no_signal_and_the_starter_still_does(void **state)
{
	sigset_t in_thread, here;
	void *result = NULL;
	pthread_t thread;

	(void)state;
	assert_int_equal(thread_start(THREAD_WRITER, 1 << 20, blocked_signals, &in_thread, &thread),
			 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &in_thread);
	assert_true(sigismember(&in_thread, SIGTERM));
	assert_true(sigismember(&in_thread, SIGHUP));
	pthread_sigmask(SIG_SETMASK, NULL, &here);
	assert_false(sigismember(&here, SIGTERM));
}

static void a_stack_that_is_too_small_is_refused(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(
		thread_start(THREAD_LOOKUP, THREAD_STACK_MIN - 1, blocked_signals, NULL, &thread),
		-EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hook_ran_in_the_thread_when_the_start_returns),
		cmocka_unit_test(it_takes_no_signal_and_the_starter_still_does),
		cmocka_unit_test(a_stack_that_is_too_small_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
