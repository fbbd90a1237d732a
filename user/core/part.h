/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The directories that a cgroup's path is made of, and what those who name them write. */
#ifndef OOMTRACE_CORE_PART_H
#define OOMTRACE_CORE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One directory of a path, or a piece of its name. */
struct part {
	const char *at;
	size_t len;
};

/* The next directory of *@rest, which is moved behind it; of length 0 where there is none. */
struct part part_next(const char **rest);

bool part_is(struct part part, const char *word);

/* Takes @word off the front. Returns whether it was there. */
bool part_take(struct part *part, const char *word);

/* Takes @word off the end; something must be left. Returns whether it was there. */
bool part_drop(struct part *part, const char *word);

/* Whether it is @len hexadecimal digits, in lower case. */
bool part_is_hex(struct part part, size_t len);

/* 0 to 15, or -1. */
int part_hex_value(char c);

/* Whether it is a number of 32 bits, and which. */
bool part_number(struct part part, uint32_t *ret_value);

/*
 * Whether it is a pod's uid: 8-4-4-4-12 digits with dashes, or with the underscores that stand for
 * them in a unit's name; of a static pod a hash without either.
 */
bool part_is_uid(struct part part);

#endif /* OOMTRACE_CORE_PART_H */
