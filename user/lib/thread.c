/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/thread.h"

#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <signal.h>

#define TOUCHED_AT_ONCE 4096

struct start {
	enum thread_duty duty;
	size_t touched; /* bytes of the stack */
	void *(*run)(void *);
	void *arg;
	sem_t ready;
};

static void (*thread_hook)(enum thread_duty);

void thread_set_hook(void (*hook)(enum thread_duty duty))
{
	thread_hook = hook;
}

__attribute__((noinline)) size_t thread_touch_stack(size_t bytes)
{
	volatile char here[TOUCHED_AT_ONCE];

	here[0] = 1;
	if (bytes > sizeof(here))
		bytes = thread_touch_stack(bytes - sizeof(here)) + sizeof(here);
	return bytes + here[0] - 1;
}

static void *begin(void *argument)
{
	struct start *start = argument;
	void *(*run)(void *) = start->run;
	void *arg = start->arg;

	thread_touch_stack(start->touched);
	if (thread_hook)
		thread_hook(start->duty);
	sem_post(&start->ready);
	return run(arg);
}

static int create(struct start *start, size_t stack_bytes, pthread_t *ret_thread)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	if (stack_bytes < (size_t)PTHREAD_STACK_MIN) /* 128 KiB on arm64 */
		stack_bytes = (size_t)PTHREAD_STACK_MIN;
	sigfillset(&all);
	error = pthread_attr_setstacksize(&attributes, stack_bytes);
	if (!error)
		error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!error) {
		error = pthread_create(ret_thread, &attributes, begin, start);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attributes);
	return -error;
}

int thread_start(enum thread_duty duty, size_t stack_bytes, void *(*run)(void *), void *arg,
		 pthread_t *ret_thread)
{
	struct start start = {.duty = duty, .touched = stack_bytes / 2, .run = run, .arg = arg};
	int error;

	if (stack_bytes < THREAD_STACK_MIN)
		return -EINVAL;
	if (sem_init(&start.ready, 0, 0))
		return -errno;
	error = create(&start, stack_bytes, ret_thread);
	while (!error && sem_wait(&start.ready) && errno == EINTR)
		;
	sem_destroy(&start.ready);
	return error;
}
