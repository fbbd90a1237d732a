/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is left of a line while it is taken apart, from either end. */
#ifndef OOMTRACE_CORE_SPAN_H
#define OOMTRACE_CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else's, of any value. */
struct span {
	const char *at;
	size_t len;
};

/* All of @text up to its NUL. */
struct span span_of(const char *text);

/* Whether @span begins with @literal. */
bool span_begins(struct span span, const char *literal);

/* Where @literal first stands in @span, or NULL. */
const char *span_find(struct span span, const char *literal);

/* Where @literal last stands in @span, or NULL. */
const char *span_find_last(struct span span, const char *literal);

/* Takes @literal off the left end. Returns false, and leaves *@span, where it does not stand. */
bool span_take(struct span *span, const char *literal);

/* Takes off the left end what there is of @c. */
void span_skip(struct span *span, char c);

/* Takes @literal off the right end, the same way. */
bool span_drop(struct span *span, const char *literal);

/* The value of the digit @c in @base, or -1. */
int digit_of(char c, unsigned int base);

/* Takes decimal digits that fit into 64 bits off the left end, the same way. */
bool span_take_u64(struct span *span, uint64_t *ret_value);

/*
 * Takes a number of 32 bits in @base, with a minus before it or not, and @literal before that, off
 * the right end, the same way.
 */
bool span_drop_number(struct span *span, const char *literal, unsigned int base,
		      int64_t *ret_value);

/*
 * Takes the bytes up to @end, or all, off the left end, and @end with them. Returns false when
 * nothing was left. @ret_ended, if not NULL, says whether @end stood there.
 */
bool span_next(struct span *span, char end, struct span *ret_part, bool *ret_ended);

#endif /* OOMTRACE_CORE_SPAN_H */
