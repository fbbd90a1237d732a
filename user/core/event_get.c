// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/event_get.h"

#include <string.h>

#include "core/episode.h"
#include "core/text.h"

const char *event_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

bool event_text(const json_t *object, const char *key, char *ret_text, size_t size)
{
	const char *text = event_string(object, key);

	text_copy(ret_text, size, text ? text : "", text ? strlen(text) : 0);
	return text != NULL;
}

bool event_u64(const json_t *object, const char *key, uint64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret_value = (uint64_t)json_integer_value(value);
	return true;
}

bool event_u32(const json_t *object, const char *key, uint32_t *ret_value)
{
	uint64_t value;

	if (!event_u64(object, key, &value) || value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

bool event_s64(const json_t *object, const char *key, int64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		*ret_value = json_integer_value(value);
	return json_is_integer(value);
}

bool event_int(const json_t *object, const char *key, int *ret_value)
{
	int64_t value;

	if (!event_s64(object, key, &value) || value < INT32_MIN || value > INT32_MAX)
		return false;
	*ret_value = (int)value;
	return true;
}

bool event_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

bool event_ms(const json_t *object, const char *key, int64_t *ret_ns)
{
	const json_t *value = json_object_get(object, key);
	double ms = json_number_value(value);

	if (!json_is_number(value) || !(ms > -9e12 && ms < 9e12))
		return false;
	*ret_ns = (int64_t)(ms * 1000 + (ms < 0 ? -0.5 : 0.5)) * 1000;
	return true;
}

uint64_t event_unsigned_ms(const json_t *object, const char *key)
{
	int64_t ns;

	return event_ms(object, key, &ns) && ns > 0 ? (uint64_t)ns : 0;
}

uint64_t event_bytes(const json_t *object, const char *key)
{
	uint64_t bytes = BYTES_UNKNOWN;

	event_u64(object, key, &bytes);
	return bytes;
}

unsigned int event_number_of(const char *word, const char *(*name)(unsigned int),
			     unsigned int count)
{
	for (unsigned int i = 0; word && i < count; i++) {
		const char *candidate = name(i);

		if (candidate && !strcmp(candidate, word))
			return i;
	}
	return count;
}
