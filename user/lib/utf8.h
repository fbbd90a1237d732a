/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UTF-8 that came from anywhere: what is valid, how wide it is on a terminal,
 * and how to show it to one without letting it speak to the terminal.
 */
#ifndef OOMTRACE_LIB_UTF8_H
#define OOMTRACE_LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest escape of one unit, "\U0010ffff", and its NUL. */
#define UTF8_PIECE_LEN 11
/* Room that utf8_escape() needs for @len bytes of text, its NUL included. */
#define UTF8_ESCAPED_LEN(len) ((len)*4 + 1)

/*
 * Decodes the character that @text begins with. Returns its length in bytes
 * and sets *@ret_code; returns 0 when the first byte begins no valid character
 * (overlong forms, surrogates and what lies beyond U+10FFFF are not valid).
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_code);

/*
 * Writes @text into the @size bytes at @out with U+FFFD in place of each byte that is not valid, as
 * far as it fits. Returns how many bytes that are; no NUL is added.
 */
size_t utf8_mend(char *out, size_t size, const char *text, size_t len);

/* Columns that a terminal gives to a printable character: 0, 1 or 2. */
unsigned int utf8_width(uint32_t code);

/* Whether a character would act on the terminal or hide instead of being seen. */
bool utf8_is_hostile(uint32_t code);

/*
 * Takes the next character, or invalid byte, off @text and writes it as it may
 * be shown. @len must not be 0. Returns the bytes taken.
 */
size_t utf8_escape_next(const char *text, size_t len, char piece[UTF8_PIECE_LEN],
			unsigned int *ret_columns);

/*
 * Writes @text as it may be shown, in at most @max_columns and @size bytes; what
 * is left out is marked with "...". Backslashes are kept as they are: the kernel's
 * and systemd's own names hold escapes such as "\x2d". Returns the columns used.
 */
unsigned int utf8_escape(char *out, size_t size, const char *text, size_t len,
			 unsigned int max_columns);

#endif /* OOMTRACE_LIB_UTF8_H */
