// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

#define NUMBER_LEN 32 /* 20 digits, a sign and a point */

void json_init(struct json *json, struct outbuf *out)
{
	*json = (struct json){.out = out};
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void put_code(struct outbuf *out, uint32_t code)
{
	char text[16];

	if (code < 0x10000) {
		snprintf(text, sizeof(text), "\\u%04x", code);
	} else {
		code -= 0x10000;
		snprintf(text, sizeof(text), "\\u%04x\\u%04x", 0xd800 + (code >> 10),
			 0xdc00 + (code & 0x3ff));
	}
	outbuf_puts(out, text);
}

/* One character, or one byte that begins none. Returns the bytes taken. */
static size_t put_special(struct outbuf *out, const char *text, size_t len)
{
	uint32_t code;
	size_t taken = utf8_decode(text, len, &code);

	if (!taken) {
		outbuf_puts(out, "\xef\xbf\xbd"); /* U+FFFD */
		return 1;
	}
	if (code == '"' || code == '\\') {
		outbuf_putc(out, '\\');
		outbuf_putc(out, (char)code);
	} else if (utf8_is_hostile(code)) {
		put_code(out, code);
	} else {
		outbuf_put(out, text, taken);
	}
	return taken;
}

static void put_quoted(struct outbuf *out, const char *text, size_t len)
{
	outbuf_putc(out, '"');
	while (len) {
		size_t run = 0;

		while (run < len && is_plain((unsigned char)text[run]))
			run++;
		outbuf_put(out, text, run);
		if (run < len)
			run += put_special(out, text + run, len - run);
		text += run;
		len -= run;
	}
	outbuf_putc(out, '"');
}

/* What stands before a value: the comma, and the key where there is one. */
static void put_key(struct json *json, const char *key)
{
	bool in_object = json->depth && json->closing[json->depth - 1] == '}';

	/* A line is one object; members have keys and elements have none. */
	if (in_object != (key != NULL))
		json->error = -EINVAL;
	if (json->depth) {
		if (json->filled[json->depth - 1])
			outbuf_putc(json->out, ',');
		json->filled[json->depth - 1] = true;
	}
	if (key) {
		put_quoted(json->out, key, strlen(key));
		outbuf_putc(json->out, ':');
	}
}

static void nest(struct json *json, const char *key, char opening, char closing)
{
	put_key(json, key);
	if (json->depth == JSON_DEPTH_MAX) {
		json->error = -EINVAL;
		return;
	}
	outbuf_putc(json->out, opening);
	json->filled[json->depth] = false;
	json->closing[json->depth] = closing;
	json->depth++;
}

void json_open_object(struct json *json, const char *key)
{
	nest(json, key, '{', '}');
}

void json_open_array(struct json *json, const char *key)
{
	nest(json, key, '[', ']');
}

void json_close(struct json *json)
{
	if (!json->depth) {
		json->error = -EINVAL;
		return;
	}
	json->depth--;
	outbuf_putc(json->out, json->closing[json->depth]);
}

void json_put_bytes(struct json *json, const char *key, const char *text, size_t len)
{
	put_key(json, key);
	put_quoted(json->out, text, len);
}

void json_put_string(struct json *json, const char *key, const char *text)
{
	json_put_bytes(json, key, text, strlen(text));
}

/* Writes @value before @end, at least @least digits, and returns where it begins. */
static char *put_digits(char *end, uint64_t value, unsigned int least)
{
	for (; value || least; value /= 10, least -= least > 0)
		*--end = (char)('0' + value % 10);
	return end;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static void put_number(struct json *json, const char *key, const char *digits, size_t len)
{
	put_key(json, key);
	outbuf_put(json->out, digits, len);
}

void json_put_u64(struct json *json, const char *key, uint64_t value)
{
	char digits[NUMBER_LEN], *end = digits + sizeof(digits);
	char *begin = put_digits(end, value, 1);

	put_number(json, key, begin, (size_t)(end - begin));
}

void json_put_s64(struct json *json, const char *key, int64_t value)
{
	json_put_decimal(json, key, value, 0);
}

void json_put_bool(struct json *json, const char *key, bool value)
{
	put_number(json, key, value ? "true" : "false", value ? 4 : 5);
}

void json_put_decimal(struct json *json, const char *key, int64_t value, unsigned int decimals)
{
	char digits[NUMBER_LEN], *end = digits + sizeof(digits);
	uint64_t size = magnitude(value), unit = 1;
	char *begin = end;

	for (unsigned int i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals) {
		begin = put_digits(begin, size % unit, decimals);
		*--begin = '.';
	}
	begin = put_digits(begin, size / unit, 1);
	if (value < 0)
		*--begin = '-';
	put_number(json, key, begin, (size_t)(end - begin));
}

void json_put_ms(struct json *json, const char *key, int64_t ns)
{
	json_put_decimal(json, key, ns / 1000, 3);
}

int json_end(struct json *json)
{
	int error = json->error;
	int err;

	if (json->depth)
		error = -EINVAL;
	outbuf_putc(json->out, '\n');
	err = outbuf_end(json->out);
	json_init(json, json->out);
	return err ? err : error;
}
