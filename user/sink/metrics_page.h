/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A page of metrics in Prometheus' text format, put together in memory that is given to it. */
#ifndef OOMTRACE_SINK_METRICS_PAGE_H
#define OOMTRACE_SINK_METRICS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METRICS_VALUE_MOST 256 /* bytes of a label's value that are told */

struct metrics_page {
	char *text;
	size_t len, size;
	bool full; /* something did not fit */
};

/* Appends as printf() does. */
void metrics_put(struct metrics_page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What the metric @name is: its @type (counter, gauge ...) and a sentence of @help. */
void metrics_put_family(struct metrics_page *page, const char *name, const char *type,
			const char *help);

/*
 * @before, then name="value": any bytes. What is not UTF-8, and what would act on a terminal, is
 * U+FFFD.
 */
void metrics_put_label(struct metrics_page *page, const char *before, const char *name,
		       const char *value);

/* The metric @name without labels, @ns nanoseconds in seconds. */
void metrics_put_seconds(struct metrics_page *page, const char *name, int64_t ns);

#endif /* OOMTRACE_SINK_METRICS_PAGE_H */
