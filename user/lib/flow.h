/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines for a terminal, filled word by word and never wider than asked. Names
 * from outside go through utf8_escape() first, or through flow_parts().
 */
#ifndef OOMTRACE_LIB_FLOW_H
#define OOMTRACE_LIB_FLOW_H

#include <stdbool.h>

#include "lib/outbuf.h"

struct flow {
	struct outbuf *out;
	unsigned int columns; /* no line is wider */
	unsigned int indent;  /* of the lines after the first */
	unsigned int column;
	bool space; /* before the next word */
	bool color;
};

/* Begins a line with @label, filled up to @indent, where its further lines will begin. */
void flow_begin(struct flow *flow, const char *label, unsigned int indent);
void flow_end(struct flow *flow);

/* Appends words; the line is broken between them where it must be. Printable text only. */
void flow_words(struct flow *flow, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends one word that has blanks of its own, escaped names among them. */
void flow_word(struct flow *flow, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Appends a text of any bytes made of parts, a path or a set of flags: escaped, broken before
 * @joint where it must be, and cut when it fills more than a few lines.
 */
void flow_parts(struct flow *flow, const char *text, char joint);

/* Switches colours by an SGR parameter such as "1;31", "" for none. */
void flow_color(struct flow *flow, const char *sgr);

#endif /* OOMTRACE_LIB_FLOW_H */
