/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The incident page: one HTML file that needs nothing else, about one kill or about all of a span.
 * It is written when everything is known, so that this sink collects first. Not for the live path:
 * it allocates as it goes.
 */
#ifndef OOMTRACE_SINK_REPORT_H
#define OOMTRACE_SINK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/outbuf.h"
#include "sink/sink.h"

/*
 * How many bytes of JSON lines a page holds. Of kills before those it has a row only: all that
 * is needed for the kills over time.
 */
#define REPORT_DETAILS_BYTES (16ULL * 1024 * 1024)

struct report_options {
	const char *id; /* only the kill whose id begins so, which lives as long as the sink; or
			   NULL */
	bool last;      /* only the last kill */
	/* Only what happened since and before then, CLOCK_REALTIME; 0: no such bound. What has no
	 * time is out. */
	int64_t since_ns, until_ns;
	uint32_t candidates;    /* of each kill; CANDIDATES_ALL for all */
	uint64_t details_bytes; /* REPORT_DETAILS_BYTES */
};

/* What is on the page. */
struct report_extent {
	size_t kills;    /* decisions, those without a victim too */
	size_t detailed; /* the latest of them, of which the page holds everything */
	bool ambiguous;  /* the id asked for is the beginning of several */
};

/* Makes a sink that collects; NULL when memory is not to be had. Its handlers return -ENOMEM and
 * what writing to a file in memory returns. */
struct sink *sink_report_new(const struct report_options *options);

/* What has been collected so far. */
struct report_extent report_extent(const struct sink *sink);

/*
 * Writes the page to @out. Returns 0 or a negative errno: the first one of collecting or
 * -ENODATA where there is no kill, nothing being written then, or that of writing (-EPIPE: the
 * reader has gone).
 */
int report_write(struct sink *sink, struct outbuf *out);

/* No page will be written: its template need not be in memory, locked or not. */
void report_give_back(void);

#endif /* OOMTRACE_SINK_REPORT_H */
