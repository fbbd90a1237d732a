/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an event is as a message: its id, its key, its line. docs/FORMATS.md promises it. */
#ifndef OOMTRACE_SHIP_MESSAGE_H
#define OOMTRACE_SHIP_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "store/events.h"

#define MESSAGE_ID_LEN   192
#define MESSAGE_TYPE_LEN 24

/* Owns its texts. */
struct message {
	int64_t number;
	int64_t time_ns; /* of the event; 0: not known */
	int64_t gone;    /* events that are no longer there, and for which this stands */
	int step;        /* how far it was made smaller: large.h */
	char type[MESSAGE_TYPE_LEN];
	char id[MESSAGE_ID_LEN]; /* the same whenever it is made of the same event */
	char *key;               /* the host; NULL where it is not known */
	char *line;              /* NULL: nothing to send, only passed over */
	size_t len;
};

/*
 * Makes a message of @event, of the store that is @identity. Returns 0, or -ENOMEM. What it holds
 * is to be freed by message_free().
 */
int message_of_event(const struct store_event *event, const char *identity,
		     struct message *ret_message);

/*
 * That the events from @first to @last are no longer in the store: a `lost` line of reason
 * "unshipped", told by @host at @now_ns. Stands for the number @last. Returns likewise.
 */
int message_of_gap(int64_t first, int64_t last, const char *identity, const char *host,
		   int64_t now_ns, struct message *ret_message);

/*
 * Leaves of the candidates of @message the first @candidates, as a stream with -k does. Returns 0;
 * -ENOENT where there are no more than that; -EBADMSG; -ENOMEM. @message is untouched then.
 */
int message_cut(struct message *message, size_t candidates);

void message_free(struct message *message);

#endif /* OOMTRACE_SHIP_MESSAGE_H */
