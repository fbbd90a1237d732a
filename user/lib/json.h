/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writes JSON, one object a line, straight into an output buffer. Nothing is
 * kept but the nesting, so that nothing has to be allocated however long a line
 * becomes.
 */
#ifndef OOMTRACE_LIB_JSON_H
#define OOMTRACE_LIB_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/outbuf.h"

#define JSON_DEPTH_MAX 16

struct json {
	struct outbuf *out;
	int error;          /* of this line: -EINVAL where it was nested wrongly */
	unsigned int depth; /* of open objects and arrays */
	bool filled[JSON_DEPTH_MAX];
	char closing[JSON_DEPTH_MAX];
};

/* The buffer stays the caller's. */
void json_init(struct json *json, struct outbuf *out);

/* @key is NULL for what stands in an array, and for the line's own object. */
void json_open_object(struct json *json, const char *key);
void json_open_array(struct json *json, const char *key);
/* Closes the object or array that was opened last. */
void json_close(struct json *json);

/*
 * Any bytes: what is not UTF-8 becomes U+FFFD, byte by byte, and what would act on
 * a terminal is written as an escape.
 */
void json_put_bytes(struct json *json, const char *key, const char *text, size_t len);
void json_put_string(struct json *json, const char *key, const char *text);
void json_put_u64(struct json *json, const char *key, uint64_t value);
void json_put_s64(struct json *json, const char *key, int64_t value);
void json_put_bool(struct json *json, const char *key, bool value);
/* @value of which the last @decimals digits, at most 18, stand behind the point. */
void json_put_decimal(struct json *json, const char *key, int64_t value, unsigned int decimals);
/* Milliseconds with three decimals. */
void json_put_ms(struct json *json, const char *key, int64_t ns);

/*
 * Ends the line and writes it out. Returns 0 or a negative errno, and is ready for
 * the next line either way.
 */
int json_end(struct json *json);

#endif /* OOMTRACE_LIB_JSON_H */
