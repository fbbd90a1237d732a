/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All lines of a store in the order in which they were stored, by a number that only grows. */
#ifndef OOMTRACE_STORE_EVENTS_H
#define OOMTRACE_STORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

#define STORE_IDENTITY_LEN 33

/* One event. The texts hold until the callback returns; NULL or 0 where not known. */
struct store_event {
	int64_t number;
	/* As in the line; "replaced": a better one of the same kill is among the later ones. */
	const char *type;
	const char *id; /* of the decision */
	const char *host, *boot_id;
	int64_t time_ns;         /* CLOCK_REALTIME */
	int64_t pid;             /* the victim's, the target's */
	int64_t boot_ns, signal; /* of a killed_by_user */
	const char *reason;      /* of a loss, which may have no line, */
	int64_t count;           /* and how much was lost */
	const char *line;        /* as the stream gave it, without its newline */
	size_t len;
};

/* Returns 0 to go on; anything else ends the query, which returns it. */
typedef int (*store_event_fn)(void *ctx, const struct store_event *event);

/*
 * The events with a number above @after, in order. A number that is left out is of a row that has
 * been deleted. Returns 0, what @fn returned, or a negative errno; -ENODATA: a store that was
 * made before there were numbers, and has not been written to since.
 */
int store_each_event(struct store *store, int64_t after, store_event_fn fn, void *ctx);

struct store_extent {
	char identity[STORE_IDENTITY_LEN]; /* of this very store; another, made anew, has another */
	int64_t last;                      /* the highest number that was ever given; 0: none */
};

/* Which store it is, and how far it goes. Returns 0 or a negative errno, as above. */
int store_extent(struct store *store, struct store_extent *ret_extent);

#endif /* OOMTRACE_STORE_EVENTS_H */
