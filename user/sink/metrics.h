/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tally in Prometheus' text format, for the node exporter's directory of text files. The sink
 * only counts; metrics_render() is called when a file is to be written.
 */
#ifndef OOMTRACE_SINK_METRICS_H
#define OOMTRACE_SINK_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "sink/sink.h"

/* Room for all that can ever be rendered. */
#define METRICS_BYTES (320 * 1024)

/* What only the moment knows. */
struct metrics_now {
	int64_t real_ns; /* of the heartbeat */
	/* oom_kill of /proc/vmstat, now and when it was attached; WIRE_NONE_U64: not known */
	uint64_t kernel_kills, kernel_kills_attached;
};

/* A sink that counts, with all the memory it will ever use; NULL when that is not to be had. */
struct sink *sink_metrics_new(void);

/* How many events @sink has seen: whether there are news. */
uint64_t metrics_events(const struct sink *sink);

/*
 * Writes what @sink has counted into the @size bytes of @text. Returns the length, or -ENOSPC when
 * it does not fit, which METRICS_BYTES always do.
 */
int64_t metrics_render(const struct sink *sink, const struct metrics_now *now, char *text,
		       size_t size);

#endif /* OOMTRACE_SINK_METRICS_H */
