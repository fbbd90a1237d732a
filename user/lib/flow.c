// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/flow.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

/* Enough for any cgroup path of a container in a container; a hostile one is cut. */
#define PARTS_LINES 6
#define WORD_LEN    512

void flow_begin(struct flow *flow, const char *label, unsigned int indent)
{
	flow->indent = indent;
	flow->column = (unsigned int)strlen(label);
	flow->space = false;
	outbuf_puts(flow->out, label);
	for (; flow->column < indent; flow->column++)
		outbuf_putc(flow->out, ' ');
}

void flow_end(struct flow *flow)
{
	outbuf_putc(flow->out, '\n');
	flow->column = 0;
	flow->space = false;
}

static void break_line(struct flow *flow)
{
	outbuf_putc(flow->out, '\n');
	for (flow->column = 0; flow->column < flow->indent; flow->column++)
		outbuf_putc(flow->out, ' ');
	flow->space = false;
}

/* What is put is printable already: nothing here is hostile, only wide. */
static unsigned int width_of(const char *text, size_t len)
{
	unsigned int columns = 0;

	while (len) {
		uint32_t code;
		size_t taken = utf8_decode(text, len, &code);

		columns += taken ? utf8_width(code) : 1;
		text += taken ? taken : 1;
		len -= taken ? taken : 1;
	}
	return columns;
}

static void put_word(struct flow *flow, const char *word, size_t len)
{
	unsigned int width = width_of(word, len);
	unsigned int room;

	if (flow->column + flow->space + width > flow->columns && flow->column > flow->indent)
		break_line(flow);
	if (flow->space) {
		outbuf_putc(flow->out, ' ');
		flow->column++;
	}
	room = flow->columns > flow->column ? flow->columns - flow->column : 0;
	if (width <= room) {
		outbuf_put(flow->out, word, len);
		flow->column += width;
	} else {
		char cut[UTF8_ESCAPED_LEN(WORD_LEN)];

		flow->column += utf8_escape(cut, sizeof(cut), word, len, room);
		outbuf_puts(flow->out, cut);
	}
	flow->space = true;
}

void flow_word(struct flow *flow, const char *format, ...)
{
	char text[WORD_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_word(flow, text, strlen(text));
}

void flow_words(struct flow *flow, const char *format, ...)
{
	char text[WORD_LEN];
	const char *word = text;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	while (*word) {
		size_t len = strcspn(word, " ");

		put_word(flow, word, len);
		word += len;
		word += strspn(word, " ");
	}
}

/* Columns of @text as it will be shown. */
static unsigned int escaped_width(const char *text, size_t len)
{
	unsigned int columns = 0;

	while (len) {
		char piece[UTF8_PIECE_LEN];
		unsigned int width;
		size_t taken = utf8_escape_next(text, len, piece, &width);

		columns += width;
		text += taken;
		len -= taken;
	}
	return columns;
}

/* One part. Returns false when @lines have been used up. */
static bool put_part(struct flow *flow, const char *text, size_t len, unsigned int *lines)
{
	while (len) {
		char piece[UTF8_PIECE_LEN];
		unsigned int width;
		size_t taken = utf8_escape_next(text, len, piece, &width);
		/* The last line keeps room for the dots. */
		unsigned int columns = flow->columns - (*lines ? 0 : 3);

		if (flow->column + width > columns) {
			if (!*lines) {
				outbuf_puts(flow->out, "...");
				flow->column += 3;
				return false;
			}
			--*lines;
			break_line(flow);
		}
		outbuf_puts(flow->out, piece);
		flow->column += width;
		text += taken;
		len -= taken;
	}
	return true;
}

void flow_parts(struct flow *flow, const char *text, char joint)
{
	const char joints[] = {joint, '\0'};
	unsigned int lines = PARTS_LINES - 1;

	if (flow->space && flow->column + 1 + escaped_width(text, strlen(text)) <= flow->columns) {
		outbuf_putc(flow->out, ' ');
		flow->column++;
	} else if (flow->space) {
		break_line(flow);
	}
	while (*text) {
		size_t len = strcspn(text + 1, joints) + 1;

		if (flow->column + escaped_width(text, len) > flow->columns &&
		    flow->column > flow->indent && lines) {
			lines--;
			break_line(flow);
			if (joint == ' ' && *text == joint) { /* the break stands for it */
				text++;
				len--;
			}
		}
		if (!put_part(flow, text, len, &lines))
			break;
		text += len;
	}
	flow->space = true;
}

void flow_color(struct flow *flow, const char *sgr)
{
	if (!flow->color)
		return;
	outbuf_puts(flow->out, "\033[");
	outbuf_puts(flow->out, sgr);
	outbuf_putc(flow->out, 'm');
}
