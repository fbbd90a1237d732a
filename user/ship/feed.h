/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events out of a store, some at a time: it is open only while they are read, so that whoever
 * writes there is never held up, and a store that was made anew is noticed.
 */
#ifndef OOMTRACE_SHIP_FEED_H
#define OOMTRACE_SHIP_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "ship/message.h"

#define FEED_MOST  512
#define FEED_BYTES (1024 * 1024) /* of lines; the last one may go beyond */

struct feed {
	const char *path;
	char host[256];                    /* of the shipper: whose word a gap is */
	char identity[STORE_IDENTITY_LEN]; /* of the store that was read last */
	int64_t last;                      /* the highest number that it had given by then */
	struct message messages[FEED_MOST];
	unsigned int next, count; /* of these: taken, and read */
	/* while it is read */
	int64_t passed;
	size_t bytes;
	bool whole;
	int error;
};

void feed_init(struct feed *feed, const char *path);

/* Throws away what was read and not taken. */
void feed_clear(struct feed *feed);

/* The next message, which stays the feed's; NULL when all that were read are taken. */
struct message *feed_head(struct feed *feed);
/* It is taken. */
void feed_pop(struct feed *feed);

/*
 * Asks the store who it is and how far it goes, for identity and last. Returns 0, or a negative
 * errno with the reason in @ret_error.
 */
int feed_look(struct feed *feed, char ret_error[STORE_ERROR_LEN]);

/*
 * Reads what is stored above @after, in place of what is there. What has been deleted is told by a
 * message of its own, unless it is @fresh: then only what is there counts. Returns how many
 * messages there are, or a negative errno likewise.
 */
int feed_read(struct feed *feed, int64_t after, bool fresh, char ret_error[STORE_ERROR_LEN]);

#endif /* OOMTRACE_SHIP_FEED_H */
