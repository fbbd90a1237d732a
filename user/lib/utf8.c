// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/utf8.h"

#include <stdio.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/* Controls, bidirectional overrides and isolates, line separators, and what has no shape at all. */
static const struct range hostile[] = {
	{0x0000, 0x001f},   {0x007f, 0x009f},    {0x00ad, 0x00ad}, {0x061c, 0x061c},
	{0x115f, 0x1160},   {0x180e, 0x180e},    {0x200b, 0x200f}, {0x2028, 0x202e},
	{0x2060, 0x206f},   {0x3164, 0x3164},    {0xfeff, 0xfeff}, {0xfff0, 0xfffb},
	{0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
};

/* The blocks of combining marks; scripts with marks of their own come out a little wide. */
static const struct range combining[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
	{0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
	{0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

static const struct range wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23f3},   {0x2614, 0x2615},
	{0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x2705, 0x2705},   {0x274c, 0x274c},
	{0x2795, 0x2797},   {0x2b1b, 0x2b1c},   {0x2e80, 0xa4cf},   {0xa960, 0xa97c},
	{0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
	{0xffe0, 0xffe6},   {0x16fe0, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f004, 0x1f004},
	{0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f19a}, {0x1f200, 0x1f64f}, {0x1f680, 0x1f6ff},
	{0x1f7e0, 0x1f7ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

#define IN(table, code) range_has((table), sizeof(table) / sizeof((table)[0]), (code))

static bool range_has(const struct range *table, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++) {
		if (code <= table[i].last)
			return code >= table[i].first;
	}
	return false;
}

/* The smallest character that needs each length; anything below it is an overlong form. */
static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

size_t utf8_decode(const char *text, size_t len, uint32_t *ret_code)
{
	const unsigned char *byte = (const unsigned char *)text;
	uint32_t code;
	size_t need;

	if (!len)
		return 0;
	if (byte[0] < 0x80) {
		*ret_code = byte[0];
		return 1;
	}
	if (byte[0] >= 0xf8 || byte[0] < 0xc0)
		return 0;
	need = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
	if (need > len)
		return 0;
	code = byte[0] & (0xffU >> (need + 1));
	for (size_t i = 1; i < need; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < smallest[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return need;
}

size_t utf8_mend(char *out, size_t size, const char *text, size_t len)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	size_t used = 0;

	while (len) {
		uint32_t code;
		size_t taken = utf8_decode(text, len, &code);
		size_t more = taken ? taken : sizeof(replacement) - 1;

		if (more > size - used)
			break;
		memcpy(out + used, taken ? text : replacement, more);
		used += more;
		text += taken ? taken : 1;
		len -= taken ? taken : 1;
	}
	return used;
}

unsigned int utf8_width(uint32_t code)
{
	if (code < 0x300)
		return 1;
	if (IN(combining, code))
		return 0;
	return IN(wide, code) ? 2 : 1;
}

bool utf8_is_hostile(uint32_t code)
{
	if (code >= 0x20 && code < 0x7f)
		return false;
	return IN(hostile, code);
}

static void escape_code(char piece[UTF8_PIECE_LEN], uint32_t code)
{
	static const char letters[] = "abtnvfr";

	if (code >= '\a' && code <= '\r')
		snprintf(piece, UTF8_PIECE_LEN, "\\%c", letters[code - '\a']);
	else if (code < 0x80)
		snprintf(piece, UTF8_PIECE_LEN, "\\x%02x", code);
	else if (code < 0x10000)
		snprintf(piece, UTF8_PIECE_LEN, "\\u%04x", code);
	else
		snprintf(piece, UTF8_PIECE_LEN, "\\U%08x", code);
}

size_t utf8_escape_next(const char *text, size_t len, char piece[UTF8_PIECE_LEN],
			unsigned int *ret_columns)
{
	uint32_t code;
	size_t taken = utf8_decode(text, len, &code);

	if (!taken) {
		snprintf(piece, UTF8_PIECE_LEN, "\\x%02x", (unsigned char)text[0]);
		*ret_columns = 4;
		return 1;
	}
	if (utf8_is_hostile(code)) {
		escape_code(piece, code);
		*ret_columns = (unsigned int)strlen(piece);
		return taken;
	}
	memcpy(piece, text, taken);
	piece[taken] = '\0';
	*ret_columns = utf8_width(code);
	return taken;
}

unsigned int utf8_escape(char *out, size_t size, const char *text, size_t len,
			 unsigned int max_columns)
{
	static const char dots[] = "...";
	const unsigned int dot_columns = sizeof(dots) - 1;
	size_t used = 0, cut = 0;
	unsigned int columns = 0, cut_columns = 0;

	if (!size)
		return 0;
	while (len) {
		char piece[UTF8_PIECE_LEN];
		unsigned int width;
		size_t taken = utf8_escape_next(text, len, piece, &width);
		size_t bytes = strlen(piece);

		if (columns + width > max_columns || used + bytes >= size)
			break;
		memcpy(out + used, piece, bytes);
		used += bytes;
		columns += width;
		/* The last place from which the dots would still fit. */
		if (columns + dot_columns <= max_columns && used + dot_columns < size) {
			cut = used;
			cut_columns = columns;
		}
		text += taken;
		len -= taken;
	}
	if (len && dot_columns <= max_columns && dot_columns < size) {
		memcpy(out + cut, dots, dot_columns);
		used = cut + dot_columns;
		columns = cut_columns + dot_columns;
	}
	out[used] = '\0';
	return columns;
}
