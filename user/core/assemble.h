/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Joins wire records into episodes. Pure: it is fed bytes and the time, and
 * calls back; it opens nothing, reads no clock and allocates nothing after
 * assembler_new().
 *
 * out_of_memory runs under one lock, so that the records of one decision never
 * interleave with another's: one episode is open at a time. What becomes of the
 * victims is not serial, and is matched by their identity (pid and start time).
 */
#ifndef OOMTRACE_CORE_ASSEMBLE_H
#define OOMTRACE_CORE_ASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"

struct assembler;

/* What is handed to a callback lives until the callback returns. */
struct assembler_ops {
	void (*attached)(void *ctx, const struct host *host);
	void (*episode)(void *ctx, const struct host *host, const struct episode *episode);
	/* A decision without a victim: victim, victims and runner_up do not hold. */
	void (*no_kill)(void *ctx, const struct host *host, const struct episode *episode);
	void (*outcome)(void *ctx, const struct host *host, const struct outcome *outcome);
	void (*user_kill)(void *ctx, const struct host *host, const struct user_kill *kill);
	void (*lost)(void *ctx, const struct host *host, const struct lost *lost);
	void (*detached)(void *ctx, const struct host *host, const struct totals *totals);
};

struct assembler_config {
	const struct assembler_ops *ops;
	void *ctx;
	uint32_t max_candidates; /* of one episode; more are counted as lost */
	const char *source;      /* "live" or "replay" */
};

/* How long an outcome is waited for after the decision. */
#define OUTCOME_DEADLINE_NS (5ULL * 1000 * 1000 * 1000)
/* How long an episode that has no end mark stays open after its last record. */
#define EPISODE_DEADLINE_NS (100ULL * 1000 * 1000)
/*
 * The same where a group is killed, which a mark for each of its members tells of. Who kills them
 * may be preempted between two (PREEMPT_RT), or held back by its quota for a period of usually 100
 * ms (default_cfs_period(), kernel/sched/fair.c).
 */
#define GROUP_DEADLINE_NS (500ULL * 1000 * 1000)
/*
 * How long an end mark is waited for after the last record. The kernel prints its whole report
 * between the two: on a serial console, seconds for a long table of tasks.
 */
#define END_DEADLINE_NS (5ULL * 1000 * 1000 * 1000)
/* A loss seen on this side is told at once, then at most this often. */
#define LOSS_INTERVAL_NS (1000ULL * 1000 * 1000)

/* NULL when memory is not to be had. */
struct assembler *assembler_new(const struct assembler_config *config);
void assembler_free(struct assembler *assembler);

/*
 * The host's record is told as soon as the clock's is known, else with the record or tick that
 * follows it: feed WIRE_CLOCK first. Records carry the time, so that a replay without ticks
 * reaches the same deadlines; live, consume the ring before ticking.
 */
/*
 * Takes one record of @len bytes, at any alignment. A malformed one is counted (LOSS_MALFORMED)
 * and -EBADMSG is returned; the stream goes on. Returns 0 otherwise.
 */
int assembler_feed(struct assembler *assembler, const void *record, size_t len);

/* boot_ns at which assembler_tick() has something to do, or 0: never. */
uint64_t assembler_deadline(const struct assembler *assembler);

/* Closes what has reached its deadline. WIRE_TICK does the same in a recording. */
void assembler_tick(struct assembler *assembler, uint64_t now_boot_ns);

/* Closes everything that is open, as far as it is known, and tells the totals. */
void assembler_finish(struct assembler *assembler, uint64_t now_boot_ns);

/* A loss seen on this side of the wire: an output that could not take a line, say. */
void assembler_count_loss(struct assembler *assembler, enum wire_loss loss, uint64_t count);

/* Victims whose outcome has neither come nor been given up. */
uint32_t assembler_pending_outcomes(const struct assembler *assembler);

/* The totals so far. */
const struct totals *assembler_totals(const struct assembler *assembler);

#endif /* OOMTRACE_CORE_ASSEMBLE_H */
