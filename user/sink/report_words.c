// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Labelled lines of text as the elements of an article. */
#include <string.h>

#include "sink/report_parts.h"
#include "sink/text_parts.h"

/* Where what stands under a label goes. */
enum place { PLACE_HEADLINE, PLACE_WHEN, PLACE_WHERE, PLACE_ANSWER, PLACE_FINDING, PLACE_FACT };

static const struct label {
	const char *label;
	enum place place;
	const char *title; /* instead of the label */
} labels[] = {
	{"headline", PLACE_HEADLINE, NULL},
	{"when", PLACE_WHEN, NULL},
	{"where", PLACE_WHERE, NULL},
	{"why", PLACE_ANSWER, "Why this one"},
	{"spared", PLACE_ANSWER, "What would have spared it"},
	{"memory", PLACE_ANSWER, "What the memory was used for"},
	{"nobody", PLACE_ANSWER, "Why nobody"},
	{"waiting", PLACE_ANSWER, "Who waits"},
	{"stands out", PLACE_FINDING, NULL},
};

static const struct label *label_of(const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strlen(labels[i].label) == len && !memcmp(labels[i].label, text, len))
			return &labels[i];
	return NULL;
}

/* One line of the words, and the label that it stands under. */
struct line {
	const char *label, *text;
	size_t label_len, text_len;
	bool repeats; /* it stands under the label of the one before it */
	enum place place;
	const struct label *known; /* NULL: a fact */
};

/* Takes the line at *@offset. Returns false at the end. Zero *@line first. */
static bool next_line(const char *words, size_t len, size_t *offset, struct line *line)
{
	const char *begin = words + *offset, *end, *label = begin;
	size_t label_len;

	if (*offset >= len)
		return false;
	end = memchr(begin, '\n', len - *offset);
	if (!end)
		end = words + len;
	*offset = (size_t)(end - words) + 1;
	label_len = (size_t)(end - begin) < INDENT ? (size_t)(end - begin) : INDENT;
	line->text = begin + label_len;
	line->text_len = (size_t)(end - line->text);
	while (label_len && *label == ' ') {
		label++;
		label_len--;
	}
	while (label_len && label[label_len - 1] == ' ')
		label_len--;
	line->repeats = !label_len || (line->label && label_len == line->label_len &&
				       !memcmp(label, line->label, label_len));
	if (label_len) {
		line->label = label;
		line->label_len = label_len;
	}
	line->known = label_of(line->label, line->label_len);
	line->place = line->known ? line->known->place : PLACE_FACT;
	return true;
}

const char *report_find_words(const char *words, size_t len, const char *label, size_t *ret_len)
{
	struct line line = {0};

	for (size_t at = 0; next_line(words, len, &at, &line);) {
		if (line.label_len != strlen(label) || memcmp(line.label, label, line.label_len))
			continue;
		*ret_len = line.text_len;
		return line.text;
	}
	return NULL;
}

/*
 * Whether it is a sentence that may begin with a capital: names of processes, files and fields
 * stay as they are, and only findings can begin with a process, NAME[PID].
 */
static bool is_sentence(const struct line *line)
{
	size_t letters = 0;

	while (letters < line->text_len && line->text[letters] >= 'a' && line->text[letters] <= 'z')
		letters++;
	if (!letters || letters == line->text_len ||
	    (line->text[letters] != ' ' && line->text[letters] != ','))
		return false;
	return line->place == PLACE_ANSWER ||
	       (line->place == PLACE_FINDING && !memchr(line->text, '[', line->text_len));
}

static void put_element(struct outbuf *out, const char *open, const struct line *line,
			const char *close)
{
	size_t skip = is_sentence(line);

	outbuf_puts(out, open);
	if (skip)
		outbuf_putc(out, (char)(line->text[0] - 'a' + 'A'));
	report_put_html(out, line->text + skip, line->text_len - skip);
	outbuf_puts(out, close);
}

static void put_simple(struct outbuf *out, const char *words, size_t len, enum place place,
		       const char *open, const char *close)
{
	struct line line = {0};

	for (size_t at = 0; next_line(words, len, &at, &line);)
		if (line.place == place)
			put_element(out, open, &line, close);
}

static void put_findings(struct outbuf *out, const char *words, size_t len)
{
	size_t ignored;

	if (!report_find_words(words, len, "stands out", &ignored))
		return;
	outbuf_puts(out, "<section class=\"findings\"><h3>What stands out</h3>\n<ul>\n");
	put_simple(out, words, len, PLACE_FINDING, "<li>", "</li>\n");
	outbuf_puts(out, "</ul></section>\n");
}

/* Terms and what is said of them. */
static void put_list(struct outbuf *out, const char *words, size_t len, enum place place)
{
	struct line line = {0};
	bool open = false;

	for (size_t at = 0; next_line(words, len, &at, &line);) {
		if (line.place != place)
			continue;
		if (!open || !line.repeats) {
			outbuf_puts(out, open ? "</div>\n<div><dt>" : "<div><dt>");
			if (line.known && line.known->title)
				outbuf_puts(out, line.known->title);
			else
				report_put_html(out, line.label, line.label_len);
			outbuf_puts(out, "</dt>");
			open = true;
		}
		put_element(out, "<dd>", &line, "</dd>");
	}
	if (open)
		outbuf_puts(out, "</div>\n");
}

void report_put_words(struct outbuf *out, const char *words, size_t len)
{
	outbuf_puts(out, "<header>\n");
	put_simple(out, words, len, PLACE_WHEN, "<p class=\"when\">", "</p>\n");
	put_simple(out, words, len, PLACE_HEADLINE, "<h2>", "</h2>\n");
	put_simple(out, words, len, PLACE_WHERE, "<p class=\"where\">", "</p>\n");
	outbuf_puts(out, "</header>\n<dl class=\"answers\">\n");
	put_list(out, words, len, PLACE_ANSWER);
	outbuf_puts(out, "</dl>\n");
	put_findings(out, words, len);
	outbuf_puts(out, "<div class=\"figures\"></div>\n"
			 "<section class=\"facts\"><h3>The facts</h3>\n<dl>\n");
	put_list(out, words, len, PLACE_FACT);
	outbuf_puts(out, "</dl></section>\n");
}
