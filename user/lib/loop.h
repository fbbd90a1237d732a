/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one event loop: epoll over file descriptors, a signalfd and timers.
 * Nothing wakes it but something that happened: a timer is armed for one
 * absolute moment and is silent otherwise.
 */
#ifndef OOMTRACE_LIB_LOOP_H
#define OOMTRACE_LIB_LOOP_H

#include <signal.h>
#include <stdint.h>

/* Sources of one loop: a tracer has a ring, signals, two timers, news, swap and a look-up. */
#define LOOP_SOURCES 12

struct loop;

/* @fd is readable, or at its end. */
typedef void (*loop_fd_fn)(void *ctx, int fd);
/* @signo arrived. */
typedef void (*loop_signal_fn)(void *ctx, int signo);
/* The timer's moment has passed; it is disarmed. */
typedef void (*loop_timer_fn)(void *ctx, uint64_t now_boot_ns);

/* CLOCK_BOOTTIME in nanoseconds: the clock of every deadline here. */
uint64_t loop_now(void);

/* Returns 0 and sets *@ret_loop, or a negative errno. */
int loop_new(struct loop **ret_loop);

/* Closes what the loop opened, and gives back the signals it had blocked. NULL is fine. */
void loop_free(struct loop *loop);

/* Watches @fd, which stays the caller's. Returns 0 or a negative errno. */
int loop_add_fd(struct loop *loop, int fd, loop_fd_fn fn, void *ctx);

/*
 * Watches @fd, a file of /proc or /sys that tells of a change by POLLPRI, for
 * that alone. Returns 0 or a negative errno.
 */
int loop_add_change(struct loop *loop, int fd, loop_fd_fn fn, void *ctx);

/*
 * Takes the signals of @set out of their handlers and into the loop. Returns 0
 * or a negative errno.
 */
int loop_add_signals(struct loop *loop, const sigset_t *set, loop_signal_fn fn, void *ctx);

/* Readable while a signal of loop_add_signals() waits to be served; -1 before that call. */
int loop_signal_fd(const struct loop *loop);

/* Makes a disarmed timer. Returns its handle for loop_set_timer(), or a negative errno. */
int loop_add_timer(struct loop *loop, loop_timer_fn fn, void *ctx);

/* Arms @timer for @deadline_boot_ns; a moment already past fires at once; 0 disarms. */
int loop_set_timer(struct loop *loop, int timer, uint64_t deadline_boot_ns);

/* Serves the sources until loop_end(). Returns what loop_end() was given, or a negative errno. */
int loop_run(struct loop *loop);

/* Makes loop_run() return @result after the handler that is running. */
void loop_end(struct loop *loop, int result);

#endif /* OOMTRACE_LIB_LOOP_H */
