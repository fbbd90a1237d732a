/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An output. It renders what it is handed and decides nothing; what it cannot
 * write it says by a negative errno, and the fan-out counts it.
 */
#ifndef OOMTRACE_SINK_SINK_H
#define OOMTRACE_SINK_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/episode.h"

#define CANDIDATES_ALL UINT32_MAX

struct queue;
struct writer;

struct sink_options {
	struct writer *writer; /* or NULL: @fd is written to, and its reader waited for */
	struct queue *queue;   /* or NULL; JSON: lines are appended to its open record */
	int fd;
	uint32_t candidates; /* how many to show, CANDIDATES_ALL for all */
	bool color;
	bool quiet;  /* text: no table of candidates */
	bool levels; /* text: each line begins with its level, as the journal wants it */
	/* text: the moment whose day needs no date, CLOCK_REALTIME; 0: whatever the clock says */
	int64_t today_real_ns;
};

struct sink;

/* Each handler returns 0 or a negative errno (-EPIPE: the reader has gone). NULL: not interested.
 */
struct sink_ops {
	const char *name;
	int (*attached)(struct sink *sink, const struct host *host);
	int (*episode)(struct sink *sink, const struct host *host, const struct episode *episode);
	int (*no_kill)(struct sink *sink, const struct host *host, const struct episode *episode);
	int (*outcome)(struct sink *sink, const struct host *host, const struct outcome *outcome);
	int (*user_kill)(struct sink *sink, const struct host *host, const struct user_kill *kill);
	int (*lost)(struct sink *sink, const struct host *host, const struct lost *lost);
	int (*detached)(struct sink *sink, const struct host *host, const struct totals *totals);
	void (*destroy)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
};

/* Makes a sink with all the memory it will ever use; NULL when that is not to be had. */
struct sink *sink_text_new(const struct sink_options *options);
struct sink *sink_jsonl_new(const struct sink_options *options);

#endif /* OOMTRACE_SINK_SINK_H */
