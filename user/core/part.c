/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core/part.h"

#include <string.h>

#define UID_LEN     36
#define HEX_UID_LEN 32 /* of a static pod */

struct part part_next(const char **rest)
{
	struct part part;

	*rest += strspn(*rest, "/");
	part = (struct part){*rest, strcspn(*rest, "/")};
	*rest += part.len;
	return part;
}

bool part_is(struct part part, const char *word)
{
	return part.len == strlen(word) && !memcmp(part.at, word, part.len);
}

bool part_take(struct part *part, const char *word)
{
	size_t len = strlen(word);

	if (part->len < len || memcmp(part->at, word, len))
		return false;
	part->at += len;
	part->len -= len;
	return true;
}

bool part_drop(struct part *part, const char *word)
{
	size_t len = strlen(word);

	if (part->len <= len || memcmp(part->at + part->len - len, word, len))
		return false;
	part->len -= len;
	return true;
}

int part_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool part_is_hex(struct part part, size_t len)
{
	if (part.len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (part_hex_value(part.at[i]) < 0)
			return false;
	}
	return true;
}

bool part_number(struct part part, uint32_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < part.len; i++) {
		if (part.at[i] < '0' || part.at[i] > '9' || i == 10)
			return false;
		value = value * 10 + (uint64_t)(part.at[i] - '0');
	}
	if (!part.len || value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

bool part_is_uid(struct part part)
{
	if (part_is_hex(part, HEX_UID_LEN))
		return true;
	if (part.len != UID_LEN)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? part.at[i] != '-' && part.at[i] != '_' : part_hex_value(part.at[i]) < 0)
			return false;
	}
	return true;
}
