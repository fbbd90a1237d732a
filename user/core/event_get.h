/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Members of a JSON object that may be absent. One of another type than asked for
 * is as good as absent; where the return is a bool, *@ret_ is then left alone.
 * Within the reading of events only.
 */
#ifndef OOMTRACE_CORE_EVENT_GET_H
#define OOMTRACE_CORE_EVENT_GET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL when absent; lives as long as the object. */
const char *event_string(const json_t *object, const char *key);
/* Copies what fits; "" when it is absent. */
bool event_text(const json_t *object, const char *key, char *ret_text, size_t size);
/* Whole numbers in the range of their type. */
bool event_u64(const json_t *object, const char *key, uint64_t *ret_value);
bool event_u32(const json_t *object, const char *key, uint32_t *ret_value);
bool event_s64(const json_t *object, const char *key, int64_t *ret_value);
bool event_int(const json_t *object, const char *key, int *ret_value);
/* Whether it is there and true. */
bool event_true(const json_t *object, const char *key);
/* Milliseconds in nanoseconds, to the microsecond, which a double holds for 285 years. */
bool event_ms(const json_t *object, const char *key, int64_t *ret_ns);
/* The same; 0 when absent or negative. */
uint64_t event_unsigned_ms(const json_t *object, const char *key);
/* BYTES_UNKNOWN when absent. */
uint64_t event_bytes(const json_t *object, const char *key);
/* The number below @count of which @name gives @word; @count when there is none. */
unsigned int event_number_of(const char *word, const char *(*name)(unsigned int),
			     unsigned int count);

#endif /* OOMTRACE_CORE_EVENT_GET_H */
