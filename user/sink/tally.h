/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What has been seen since the tracer was attached, summed up as monitoring wants it: counters that
 * only grow, a histogram, and a bounded number of those to whom kills are put down. Pure memory,
 * all of it there from the start.
 */
#ifndef OOMTRACE_SINK_TALLY_H
#define OOMTRACE_SINK_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "core/container.h"
#include "core/episode.h"

#define TALLY_OWNERS    50 /* of each kind; those who come later are counted together */
#define TALLY_NAME      256
#define TALLY_KILLERS   8
#define TALLY_REMEMBERS 256 /* kills whose outcome may still name the pod */

#define TALLY_CONSTRAINTS 5 /* enum wire_constraint, and one that is not known */
#define TALLY_SELECTIONS  4 /* enum selection */
#define TALLY_NO_KILLS    4 /* enum no_kill */

/* Seconds from the decision until the victim's memory was freed: upper bounds, in milliseconds. */
#define TALLY_BOUNDS_MS 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000
#define TALLY_BUCKETS   13

enum tally_kind { TALLY_UNIT, TALLY_POD, TALLY_CONTAINER, TALLY_KINDS };

struct tally_owner {
	/* unit; pod's uid; container's id */
	char name[TALLY_NAME];
	/* of a pod, where they were looked up; of a container its runtime in @detail */
	char detail[TALLY_NAME], namespace[TALLY_NAME];
	uint64_t kills, bytes;
};

struct tally_owners {
	struct tally_owner owners[TALLY_OWNERS];
	unsigned int count;
	uint64_t other_kills, other_bytes;
};

struct tally {
	uint64_t kills[2][TALLY_CONSTRAINTS][TALLY_SELECTIONS]; /* processes, by group or not */
	uint64_t episodes;
	uint64_t no_kills[TALLY_NO_KILLS];
	uint64_t killed_bytes, reaped_bytes;
	uint64_t freed[TALLY_BUCKETS + 1]; /* not cumulative; the last: later than any bound */
	uint64_t freed_count;
	uint64_t overdue; /* victims of which neither exit nor end of memory was seen in time */
	int64_t freed_sum_ns;
	uint64_t lost[LOSS_MAX];
	struct tally_owners owners[TALLY_KINDS];
	struct {
		char comm[WIRE_COMM_LEN + 1];
		uint64_t signals;
	} killers[TALLY_KILLERS];
	unsigned int n_killers;
	uint64_t other_signals;
	struct {
		char id[EPISODE_ID_LEN];
		unsigned int pod; /* in owners[TALLY_POD] */
	} remembered[TALLY_REMEMBERS];
	uint64_t n_remembered; /* ever */
};

/* The upper bound of a bucket in milliseconds. */
double tally_bound_ms(unsigned int bucket);

void tally_episode(struct tally *tally, const struct episode *episode);
void tally_no_kill(struct tally *tally, const struct episode *episode);
void tally_outcome(struct tally *tally, const struct outcome *outcome);
void tally_user_kill(struct tally *tally, const struct user_kill *kill);
void tally_lost(struct tally *tally, const struct lost *lost);

/* Processes that were killed, as the kernel counts them: not those that only shared memory. */
uint64_t tally_kills(const struct tally *tally);

#endif /* OOMTRACE_SINK_TALLY_H */
