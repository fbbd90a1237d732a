/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/stat.h"

#include <errno.h>
#include <string.h>

#define AFTER_NAME 3 /* state: the first field behind the name */

bool stat_digits(const char *at, const char *end, int64_t *ret_value)
{
	bool minus = at < end && *at == '-';
	const char *first;
	int64_t value = 0;

	at += minus;
	for (first = at; at < end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *at - '0', &value))
			return false;
	if (at == first || (at < end && *at != ' ' && *at != '\n' && *at != '\t'))
		return false;
	*ret_value = minus ? -value : value;
	return true;
}

int stat_number(const char *text, size_t len, enum stat_field field, int64_t *ret_value)
{
	/* A name may hold anything, ") " included: count the fields from the last one on. */
	const char *at = memrchr(text, ')', len), *end = text + len;

	if (!at)
		return -EBADMSG;
	at++;
	for (unsigned int i = AFTER_NAME; i <= field; i++) {
		at = at < end ? memchr(at, ' ', (size_t)(end - at)) : NULL;
		if (!at)
			return -EBADMSG;
		at++;
	}
	return stat_digits(at, end, ret_value) ? 0 : -EBADMSG;
}

int stat_name(const char *text, size_t len, const char **ret_name, size_t *ret_len, char *ret_state)
{
	const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len);

	if (!open || !close || close < open || text + len - close < 3)
		return -EBADMSG;
	*ret_name = open + 1;
	*ret_len = (size_t)(close - open - 1);
	*ret_state = close[2];
	return 0;
}
