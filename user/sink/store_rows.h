/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The columns of events. Within the store's sink only. */
#ifndef OOMTRACE_SINK_STORE_ROWS_H
#define OOMTRACE_SINK_STORE_ROWS_H

#include "core/container.h"
#include "core/episode.h"
#include "store/row.h"

/* Texts as they go into the store, UTF-8; what has no room is cut. */
struct row_texts {
	char bytes[16384];
	size_t used;
	struct container container;
};

/* Each begins *@ret_row; its texts live in @texts and in the event. */
void row_of_host(const struct host *host, struct row_texts *texts, struct store_row *ret_row);
void row_of_episode(const struct host *host, const struct episode *episode, struct row_texts *texts,
		    struct store_row *ret_row);
void row_of_outcome(const struct host *host, const struct outcome *outcome, struct row_texts *texts,
		    struct store_row *ret_row);
void row_of_user_kill(const struct host *host, const struct user_kill *kill,
		      struct row_texts *texts, struct store_row *ret_row);
void row_of_lost(const struct host *host, const struct lost *lost, struct row_texts *texts,
		 struct store_row *ret_row);
void row_of_totals(const struct host *host, const struct totals *totals, struct row_texts *texts,
		   struct store_row *ret_row);

#endif /* OOMTRACE_SINK_STORE_ROWS_H */
