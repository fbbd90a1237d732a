/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a store holds, a line each: kills, and kills that have something in common. */
#ifndef OOMTRACE_SINK_LISTING_H
#define OOMTRACE_SINK_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/outbuf.h"
#include "store/query.h"

struct listing_options {
	unsigned int columns; /* of the terminal; 0: nothing is cut */
	bool head;            /* what the columns are, above the first row */
	bool color;
	bool hosts;        /* there are several: name them */
	bool redacted;     /* names are pseudonyms: JSON says so */
	int letters;       /* of an id that are shown */
	int64_t now_ns;    /* CLOCK_REALTIME: times go without the year, if it is this one, */
	int64_t oldest_ns; /* and that of the oldest; 0: that is the first to come */
};

struct listing {
	struct outbuf out;
	struct listing_options options;
	bool begun, dated; /* times have their year */
};

/* Lines go to @fd. Returns 0 or -ENOMEM. */
int listing_init(struct listing *listing, int fd, const struct listing_options *options);

/* Each returns 0, or the negative errno of writing what came before. */
int listing_row(struct listing *listing, const struct store_episode *episode);
int listing_group_row(struct listing *listing, enum store_by by, const struct store_group *group);
/* A group as a line of JSON. */
int listing_put_group(struct listing *listing, enum store_by by, const struct store_group *group);
/* The line of an episode or an outcome, as it was stored. */
int listing_put_line(struct listing *listing, const char *line, size_t len);

/* Writes what is left, and frees what it took. Returns 0, or the negative errno of writing. */
int listing_end(struct listing *listing);

/* "cgroup", "comm", "unit" or "pod". */
const char *listing_by_name(enum store_by by);

#endif /* OOMTRACE_SINK_LISTING_H */
