/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* /proc/PID/stat, field by field, and the numbers that files of /proc have. */
#ifndef OOMTRACE_PROC_STAT_H
#define OOMTRACE_PROC_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fields by their number in proc(5). */
enum stat_field {
	STAT_PPID = 4,
	STAT_FLAGS = 9,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_NICE = 19,
	STAT_THREADS = 20,
	STAT_START = 22, /* ticks from boot */
	STAT_VSIZE = 23,
	STAT_RSS = 24,
	STAT_ARG_START = 48,
	STAT_ARG_END = 49,
};

/*
 * Digits at @at, up to @end, perhaps behind a minus; as the kernel wrote them, so nothing that
 * strtoll() would add. Returns whether there was one, of 64 bits, and nothing but a blank behind.
 */
bool stat_digits(const char *at, const char *end, int64_t *ret_value);

/* A number of the @len bytes of @text. Returns 0, or -EBADMSG. */
int stat_number(const char *text, size_t len, enum stat_field field, int64_t *ret_value);

/* The name, which may hold anything, and the state behind it. Returns 0, or -EBADMSG. */
int stat_name(const char *text, size_t len, const char **ret_name, size_t *ret_len,
	      char *ret_state);

#endif /* OOMTRACE_PROC_STAT_H */
