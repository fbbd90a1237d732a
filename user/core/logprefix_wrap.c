// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Escapes undone, and the fields of wrapped lines. */
#include <stdio.h>
#include <string.h>

#include "core/logprefix_parts.h"
#include "core/text.h"

void logprefix_uptime_text(struct logprefix *prefix)
{
	snprintf(prefix->time_text, sizeof(prefix->time_text), "%llu.%06llu",
		 (unsigned long long)(prefix->uptime_ns / 1000000000),
		 (unsigned long long)(prefix->uptime_ns / 1000 % 1000000));
}

struct span logprefix_unescape(struct span text, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < LOGPREFIX_LINE_LEN; i++) {
		if (text.at[i] == '\\' && text.len - i >= 4 && text.at[i + 1] == 'x' &&
		    digit_of(text.at[i + 2], 16) >= 0 && digit_of(text.at[i + 3], 16) >= 0) {
			out[len++] = (char)(digit_of(text.at[i + 2], 16) << 4 |
					    digit_of(text.at[i + 3], 16));
			i += 3;
			continue;
		}
		out[len++] = text.at[i];
	}
	return (struct span){out, len};
}

/* ESC [ parameters letter, of which a name cannot hold the whole: "m" ends those for colours. */
static size_t colour_len(struct span text)
{
	size_t len = 2;

	if (text.len < 3 || text.at[0] != '\033' || text.at[1] != '[')
		return 0;
	while (len < text.len && len < 16 &&
	       (digit_of(text.at[len], 10) >= 0 || text.at[len] == ';'))
		len++;
	return len < text.len && (text.at[len] == 'm' || text.at[len] == 'K') ? len + 1 : 0;
}

struct span logprefix_uncolour(struct span text, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < LOGPREFIX_LINE_LEN;) {
		size_t colour = colour_len((struct span){text.at + i, text.len - i});

		if (colour)
			i += colour;
		else
			out[len++] = text.at[i++];
	}
	return (struct span){out, len};
}

static bool number_of(struct span text, uint64_t *ret_value)
{
	return span_take_u64(&text, ret_value) && !text.len;
}

static bool is_name(struct span name, const char *word)
{
	return name.len == strlen(word) && span_begins(name, word);
}

static bool field_realtime(struct logprefix *prefix, struct span value, bool *ret_foreign)
{
	uint64_t us;

	(void)ret_foreign;
	if (!number_of(value, &us) || us > INT64_MAX / 1000)
		return false;
	prefix->has_real = true;
	prefix->real_ns = (int64_t)us * 1000;
	if (!prefix->time_text[0])
		text_copy(prefix->time_text, sizeof(prefix->time_text), value.at, value.len);
	return true;
}

/* Of the two, the kernel's own: when it printed it, not when the journal got it. */
static bool field_source(struct logprefix *prefix, struct span value, bool *ret_foreign)
{
	uint64_t us;

	(void)ret_foreign;
	if (!number_of(value, &us) || us > UINT64_MAX / 1000)
		return false;
	logprefix_note_uptime(prefix, us * 1000);
	return true;
}

static bool field_transport(struct logprefix *prefix, struct span value, bool *ret_foreign)
{
	(void)prefix;
	*ret_foreign |= !is_name(value, "kernel");
	return true;
}

static bool field_host(struct logprefix *prefix, struct span value, bool *ret_foreign)
{
	(void)ret_foreign;
	text_copy(prefix->host, sizeof(prefix->host), value.at, value.len);
	return true;
}

/* 32 digits, which the kernel writes with four dashes between them. */
static bool field_boot(struct logprefix *prefix, struct span value, bool *ret_foreign)
{
	size_t out = 0;

	(void)ret_foreign;
	if (value.len != 32)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (digit_of(value.at[i], 16) < 0)
			return false;
		if (i == 8 || i == 12 || i == 16 || i == 20)
			prefix->boot_id[out++] = '-';
		prefix->boot_id[out++] = value.at[i];
	}
	prefix->boot_id[out] = '\0';
	return true;
}

/* Docker's, RFC 3339: what the text within may say better. */
static bool field_time(struct logprefix *prefix, struct span value, bool *ret_foreign)
{
	(void)ret_foreign;
	if (!prefix->time_text[0])
		text_copy(prefix->time_text, sizeof(prefix->time_text), value.at, value.len);
	return true;
}

static const struct {
	const char *name;
	bool (*take)(struct logprefix *prefix, struct span value, bool *ret_foreign);
} fields[] = {
	{"__REALTIME_TIMESTAMP", field_realtime},
	{"_SOURCE_MONOTONIC_TIMESTAMP", field_source},
	{"_TRANSPORT", field_transport},
	{"_HOSTNAME", field_host},
	{"_BOOT_ID", field_boot},
	{"time", field_time},
};

bool logprefix_field(struct logprefix *prefix, struct span name, struct span value,
		     bool *ret_foreign)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (is_name(name, fields[i].name))
			return fields[i].take(prefix, value, ret_foreign);
	}
	return false;
}

static void skip_space(struct span *line)
{
	while (line->len && (line->at[0] == ' ' || line->at[0] == '\t')) {
		line->at++;
		line->len--;
	}
}

/* One character of UTF-8 into @out, which has room for 4. */
static size_t put_utf8(char *out, uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* An escape behind its backslash. Halves of pairs stand each for themselves: no name has them. */
static size_t put_escape(struct span *line, char *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at = memchr(from, line->at[0], sizeof(from) - 1);
	uint32_t code = 0;

	if (at || line->at[0] != 'u') {
		out[0] = at ? to[at - from] : line->at[0];
		line->at++;
		line->len--;
		return 1;
	}
	line->at++;
	line->len--;
	for (unsigned int i = 0; i < 4 && line->len; i++, line->at++, line->len--) {
		char c = line->at[0];
		int digit = digit_of(c >= 'A' && c <= 'F' ? (char)(c + 32) : c, 16);

		if (digit < 0)
			break;
		code = code << 4 | (uint32_t)digit;
	}
	return put_utf8(out, code);
}

/* A string behind its quote, unescaped into @out with room for @size. */
static bool take_string(struct span *line, char *out, size_t size, struct span *ret_text)
{
	size_t len = 0;

	while (line->len && line->at[0] != '"') {
		char piece[4];
		size_t n = 1;

		if (line->at[0] == '\\' && line->len > 1) {
			line->at++;
			line->len--;
			n = put_escape(line, piece);
		} else {
			piece[0] = line->at[0];
			line->at++;
			line->len--;
		}
		if (len + n <= size) {
			memcpy(out + len, piece, n);
			len += n;
		}
	}
	*ret_text = (struct span){out, len};
	return span_take(line, "\"");
}

/* [79,117,116]: what journalctl makes of bytes that are no text */
static bool take_bytes(struct span *line, char *out, size_t size, struct span *ret_text)
{
	size_t len = 0;
	uint64_t byte;

	skip_space(line);
	while (span_take_u64(line, &byte)) {
		if (byte > 255)
			return false;
		if (len < size)
			out[len++] = (char)byte;
		skip_space(line);
		if (!span_take(line, ","))
			break;
		skip_space(line);
	}
	*ret_text = (struct span){out, len};
	return span_take(line, "]");
}

static bool take_value(struct span *line, char *out, size_t size, struct span *ret_value)
{
	if (span_take(line, "\""))
		return take_string(line, out, size, ret_value);
	if (span_take(line, "["))
		return take_bytes(line, out, size, ret_value);
	*ret_value = (struct span){line->at, 0};
	while (line->len && line->at[0] != ',' && line->at[0] != '}') {
		line->at++;
		line->len--;
		ret_value->len++;
	}
	return ret_value->len > 0;
}

bool logprefix_json(struct span *line, struct logprefix *prefix, char *out, bool *ret_foreign)
{
	struct span rest = *line, text = {NULL, 0};
	char name_text[64], value_text[256] = "";
	bool foreign = false;

	if (!span_take(&rest, "{"))
		return false;
	for (;;) {
		struct span name, value;
		bool is_text;

		skip_space(&rest);
		if (span_take(&rest, "}") || span_take(&rest, ","))
			continue; /* of one within another: their members are the line's */
		if (!span_take(&rest, "\"") ||
		    !take_string(&rest, name_text, sizeof(name_text), &name))
			break;
		skip_space(&rest);
		if (!span_take(&rest, ":"))
			break;
		skip_space(&rest);
		if (span_take(&rest, "{"))
			continue;
		is_text = !text.at && (is_name(name, "MESSAGE") || is_name(name, "log") ||
				       is_name(name, "message"));
		if (!take_value(&rest, is_text ? out : value_text,
				is_text ? LOGPREFIX_LINE_LEN : sizeof(value_text), &value))
			break;
		if (is_text)
			text = value;
		else
			logprefix_field(prefix, name, value, &foreign);
	}
	*ret_foreign = foreign;
	if (!text.at || foreign)
		return false;
	while (text.len && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r'))
		text.len--;
	*line = text;
	return true;
}
