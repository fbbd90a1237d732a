// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/span.h"

#include <string.h>

struct span span_of(const char *text)
{
	return (struct span){text, strlen(text)};
}

bool span_begins(struct span span, const char *literal)
{
	size_t len = strlen(literal);

	return span.len >= len && !memcmp(span.at, literal, len);
}

const char *span_find(struct span span, const char *literal)
{
	return memmem(span.at, span.len, literal, strlen(literal));
}

const char *span_find_last(struct span span, const char *literal)
{
	size_t len = strlen(literal);

	for (size_t at = span.len; at >= len; at--) {
		if (!memcmp(span.at + at - len, literal, len))
			return span.at + at - len;
	}
	return NULL;
}

bool span_take(struct span *span, const char *literal)
{
	size_t len = strlen(literal);

	if (!span_begins(*span, literal))
		return false;
	span->at += len;
	span->len -= len;
	return true;
}

void span_skip(struct span *span, char c)
{
	while (span->len && span->at[0] == c) {
		span->at++;
		span->len--;
	}
}

bool span_drop(struct span *span, const char *literal)
{
	size_t len = strlen(literal);

	if (span->len < len || memcmp(span->at + span->len - len, literal, len))
		return false;
	span->len -= len;
	return true;
}

int digit_of(char c, unsigned int base)
{
	int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

	return digit >= 0 && (unsigned int)digit < base ? digit : -1;
}

bool span_take_u64(struct span *span, uint64_t *ret_value)
{
	struct span rest = *span;
	uint64_t value = 0;
	int digit;

	while (rest.len > 0 && (digit = digit_of(rest.at[0], 10)) >= 0) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
		rest.at++;
		rest.len--;
	}
	if (rest.len == span->len)
		return false;
	*span = rest;
	*ret_value = value;
	return true;
}

bool span_drop_number(struct span *span, const char *literal, unsigned int base, int64_t *ret_value)
{
	struct span rest = *span;
	uint64_t value = 0, place = 1;
	size_t digits = 0;

	while (rest.len > 0 && digits < 10) {
		int digit = digit_of(rest.at[rest.len - 1], base);

		if (digit < 0)
			break;
		value += place * (unsigned int)digit;
		place *= base;
		rest.len--;
		digits++;
	}
	if (!digits || value > UINT32_MAX)
		return false;
	*ret_value = span_drop(&rest, "-") ? -(int64_t)value : (int64_t)value;
	if (!span_drop(&rest, literal))
		return false;
	*span = rest;
	return true;
}

bool span_next(struct span *span, char end, struct span *ret_part, bool *ret_ended)
{
	const char *at;

	if (!span->len)
		return false;
	at = memchr(span->at, end, span->len);
	ret_part->at = span->at;
	ret_part->len = at ? (size_t)(at - span->at) : span->len;
	span->at += ret_part->len + !!at;
	span->len -= ret_part->len + !!at;
	if (ret_ended)
		*ret_ended = at;
	return true;
}
