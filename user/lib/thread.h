/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads that are ready when they have been started: their stack is there, signals are left to
 * others, and what a hook does to every thread is done.
 */
#ifndef OOMTRACE_LIB_THREAD_H
#define OOMTRACE_LIB_THREAD_H

#include <pthread.h>
#include <stddef.h>

#define THREAD_STACK_MIN (64 * 1024)

/* What a thread is for, and by that, what it may do (guard/guard.h). */
enum thread_duty {
	THREAD_LOOP,   /* the first one: the kernel's records, and everything in memory */
	THREAD_LOOKUP, /* reads of other processes, in /proc */
	THREAD_WRITER, /* writes what others made: an output */
	THREAD_STORE,  /* a database */
	THREAD_DUTIES,
};

/* Is called in each thread that is started from now on, before all else. NULL: nothing is. */
void thread_set_hook(void (*hook)(enum thread_duty duty));

/*
 * Starts @run(@arg) on a stack of @stack_bytes, THREAD_STACK_MIN or more, half of which has been
 * touched when this returns. The thread takes no signal. Returns 0 and sets *@ret_thread, which is
 * to be joined or detached, or a negative errno.
 */
int thread_start(enum thread_duty duty, size_t stack_bytes, void *(*run)(void *), void *arg,
		 pthread_t *ret_thread);

/*
 * Has at least so many more bytes of the caller's own stack, and the next pages of it are there.
 * Returns @bytes, so that a compiler makes of it what it says.
 */
size_t thread_touch_stack(size_t bytes);

#endif /* OOMTRACE_LIB_THREAD_H */
