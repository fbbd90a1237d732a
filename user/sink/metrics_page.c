// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink/metrics_page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

void metrics_put(struct metrics_page *page, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(page->text + page->len, page->size - page->len, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= page->size - page->len)
		page->full = true;
	else if (!page->full)
		page->len += (size_t)len;
}

void metrics_put_family(struct metrics_page *page, const char *name, const char *type,
			const char *help)
{
	metrics_put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/*
 * A label's value: any bytes. What is not UTF-8, and what would act on a terminal, is U+FFFD; the
 * format knows no other escapes than these three.
 */
static void put_value(struct metrics_page *page, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t at = 0, used; at < len; at += used) {
		uint32_t code;

		used = utf8_decode(text + at, len - at, &code);
		if (text[at] == '\n')
			metrics_put(page, "\\n");
		else if (text[at] == '"' || text[at] == '\\')
			metrics_put(page, "\\%c", text[at]);
		else if (!used || utf8_is_hostile(code))
			metrics_put(page, "\xef\xbf\xbd");
		else
			metrics_put(page, "%.*s", (int)used, text + at);
		used = used ? used : 1;
	}
}

void metrics_put_label(struct metrics_page *page, const char *before, const char *name,
		       const char *value)
{
	metrics_put(page, "%s%s=\"", before, name);
	put_value(page, value, METRICS_VALUE_MOST);
	metrics_put(page, "\"");
}

void metrics_put_seconds(struct metrics_page *page, const char *name, int64_t ns)
{
	metrics_put(page, "%s %" PRId64 ".%03" PRId64 "\n", name, ns / 1000000000,
		    ns % 1000000000 / 1000000);
}
