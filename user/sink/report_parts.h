/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts that the page is made of. Within the report sink only. */
#ifndef OOMTRACE_SINK_REPORT_PARTS_H
#define OOMTRACE_SINK_REPORT_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"
#include "lib/flow.h"
#include "lib/json.h"
#include "lib/outbuf.h"

/* The template, as it was made by the build: user/sink/report/, put together by tools/page. */
extern const char report_page[];
extern const uint64_t report_page_len;

/*
 * Writes the @len bytes of @page out, and where <!--fill:NAME--> stands in them what @fill writes
 * for NAME instead. What @fill writes is not looked at again. Returns 0, or the negative errno
 * that @fill returned; -EINVAL for a mark without its end.
 */
typedef int (*report_fill)(struct outbuf *out, const char *name, size_t len, void *ctx);
int report_fill_page(struct outbuf *out, const char *page, size_t len, report_fill fill, void *ctx);

/* Text into an element or an attribute: nothing in it is markup any more. */
void report_put_html(struct outbuf *out, const char *text, size_t len);
/*
 * JSON into a script element: what could end it, or a line of a script, is written as an escape
 * of JSON's. Those bytes stand within strings only.
 */
void report_put_json(struct outbuf *out, const char *json, size_t len);

/*
 * The words of a page are lines of text: a label of INDENT columns, then any length of what is said
 * under it. They are the text output's own, on lines that do not end.
 */
void report_say_kill(struct outbuf *out, const struct host *host, const struct episode *episode);
void report_say_outcome(struct outbuf *out, const struct outcome *outcome);
/* The first line under @label, NULL where there is none; it has *@ret_len bytes. */
const char *report_find_words(const char *words, size_t len, const char *label, size_t *ret_len);
/* The same words as the elements of a kill's article. */
void report_put_words(struct outbuf *out, const char *words, size_t len);

/* One line of JSON each: what the page needs of every kill; how it calls what has short names. */
int report_put_row(struct json *json, const struct host *host, const struct episode *episode);
int report_put_names(struct json *json);

#endif /* OOMTRACE_SINK_REPORT_PARTS_H */
