// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The page: its template filled, and what anybody could have named escaped. */
#include <errno.h>
#include <string.h>

#include "sink/report_parts.h"

static const char mark_begin[] = "<!--fill:", mark_end[] = "-->";

int report_fill_page(struct outbuf *out, const char *page, size_t len, report_fill fill, void *ctx)
{
	const char *end = page + len;

	for (;;) {
		const char *mark, *name, *after;
		int err;

		mark = memmem(page, (size_t)(end - page), mark_begin, strlen(mark_begin));
		if (!mark)
			break;
		outbuf_put(out, page, (size_t)(mark - page));
		name = mark + strlen(mark_begin);
		after = memmem(name, (size_t)(end - name), mark_end, strlen(mark_end));
		if (!after)
			return -EINVAL;
		err = fill(out, name, (size_t)(after - name), ctx);
		if (err)
			return err;
		page = after + strlen(mark_end);
	}
	outbuf_put(out, page, (size_t)(end - page));
	return 0;
}

/* Writes @text with every byte for which @escape has one replaced by it. */
static void put_escaped(struct outbuf *out, const char *text, size_t len,
			const char *(*escape)(const char *at, size_t len, size_t *ret_taken))
{
	size_t run = 0;

	while (run < len) {
		size_t taken = 1;
		const char *instead = escape(text + run, len - run, &taken);

		if (!instead) {
			run++;
			continue;
		}
		outbuf_put(out, text, run);
		outbuf_puts(out, instead);
		text += run + taken;
		len -= run + taken;
		run = 0;
	}
	outbuf_put(out, text, len);
}

static const char *html_escape(const char *at, size_t len, size_t *ret_taken)
{
	(void)len;
	*ret_taken = 1;
	switch (*at) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\0':
		return "\xef\xbf\xbd"; /* U+FFFD, which a browser would make of it */
	default:
		return NULL;
	}
}

void report_put_html(struct outbuf *out, const char *text, size_t len)
{
	put_escaped(out, text, len, html_escape);
}

static const char *json_escape(const char *at, size_t len, size_t *ret_taken)
{
	*ret_taken = 1;
	if (*at == '<')
		return "\\u003c";
	if (*at == '>')
		return "\\u003e";
	if (*at == '&')
		return "\\u0026";
	*ret_taken = 3;
	if (len >= 3 && !memcmp(at, "\xe2\x80\xa8", 3))
		return "\\u2028";
	if (len >= 3 && !memcmp(at, "\xe2\x80\xa9", 3))
		return "\\u2029";
	return NULL;
}

void report_put_json(struct outbuf *out, const char *json, size_t len)
{
	put_escaped(out, json, len, json_escape);
}
