/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hands every event to every output. One that fails never starves another: its
 * failures are counted, and once its reader has gone it is asked no more.
 */
#ifndef OOMTRACE_SINK_FANOUT_H
#define OOMTRACE_SINK_FANOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "sink/sink.h"

#define FANOUT_SINKS 16

struct fanout_output {
	struct sink *sink;
	bool gone;       /* nobody reads it any more: -EPIPE */
	int error;       /* the last one, a negative errno, or 0 */
	uint64_t failed; /* events that it could not take, the one that found it gone left out */
};

struct fanout {
	struct fanout_output outputs[FANOUT_SINKS];
	unsigned int count;
};

/* Takes @sink over. Returns its index, or -ENOSPC when there are too many; it is the caller's then.
 */
int fanout_add(struct fanout *fanout, struct sink *sink);

/*
 * Each returns how many outputs failed to take the event, to be counted as lost;
 * outputs[] says which and why. A reader that went away is no loss.
 */
unsigned int fanout_attached(struct fanout *fanout, const struct host *host);
unsigned int fanout_episode(struct fanout *fanout, const struct host *host,
			    const struct episode *episode);
unsigned int fanout_no_kill(struct fanout *fanout, const struct host *host,
			    const struct episode *episode);
unsigned int fanout_outcome(struct fanout *fanout, const struct host *host,
			    const struct outcome *outcome);
unsigned int fanout_user_kill(struct fanout *fanout, const struct host *host,
			      const struct user_kill *kill);
unsigned int fanout_detached(struct fanout *fanout, const struct host *host,
			     const struct totals *totals);

/*
 * To the output of this index alone: one that cannot take it now may be told later. Returns 0, also
 * where nobody reads it or it does not tell of losses, or a negative errno; all but -EAGAIN count.
 */
int fanout_lost(struct fanout *fanout, unsigned int index, const struct host *host,
		const struct lost *lost);

/* Outputs that somebody still reads. */
unsigned int fanout_alive(const struct fanout *fanout);

/* Destroys every sink. */
void fanout_destroy(struct fanout *fanout);

#endif /* OOMTRACE_SINK_FANOUT_H */
