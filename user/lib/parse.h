/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people type: numbers, sizes, durations, and words that are almost right. */
#ifndef OOMTRACE_LIB_PARSE_H
#define OOMTRACE_LIB_PARSE_H

#include <stddef.h>
#include <stdint.h>

/* All of @text as a decimal number up to @max. Returns 0, -EINVAL or -ERANGE. */
int parse_number(const char *text, uint64_t max, uint64_t *ret_value);

/*
 * Bytes: "65536", "64K", "1M", "2G" (powers of 1024, either case). Returns 0,
 * -EINVAL or -ERANGE.
 */
int parse_size(const char *text, uint64_t *ret_bytes);

/* A duration above 0: "5", "90s", "250ms", "2m", "1h", "1d". Returns 0, -EINVAL or -ERANGE. */
int parse_duration(const char *text, uint64_t *ret_ns);

/*
 * The one of @names[@n] that @word most probably meant, by the number of
 * letters added, dropped, changed or swapped; NULL when none is near.
 */
const char *nearest_name(const char *word, const char *const *names, size_t n);

#endif /* OOMTRACE_LIB_PARSE_H */
