/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a kernel's log, in whatever wrapping, and gives the OOMs that it reports as episodes, each
 * as soon as it is complete. Pure: it is fed bytes, and opens nothing. Its memory does not grow
 * with the log.
 *
 * The kernel prints one report at a time (oom_lock), but other lines stand between its lines, logs
 * of several hosts may be one, and what begins a report may have been lost or cut off: lines are
 * told apart by host and, where printk says it, by caller; what a report says only once, and says
 * again, is another report's.
 */
#ifndef OOMTRACE_CORE_LOGREAD_H
#define OOMTRACE_CORE_LOGREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/assemble.h"
#include "core/bootclock.h"
#include "core/logreport.h"

struct logread;

struct logread_config {
	const struct assembler_ops *ops; /* episode, no_kill, outcome and lost are called */
	void *ctx;
	struct logclock clock;
	const char *source;      /* "log" or "kmsg" */
	uint32_t max_candidates; /* of one report; more are counted as lost */
	/* Of a log that is this host's own; NULL: it may be anybody's. */
	const struct wire_host *host;
	const struct bootclock *bootclock; /* with host */
};

struct logread_counts {
	uint64_t reports;    /* given */
	uint64_t cut;        /* end, or is taken over by another, before it says who was killed */
	uint64_t duplicates; /* of one that was given before */
};

/* NULL when memory is not to be had. */
struct logread *logread_new(const struct logread_config *config);
void logread_free(struct logread *reader);

/*
 * Room for at least one more byte of the log, and for how many; then how many came. Between the
 * two nothing else is called.
 */
char *logread_room(struct logread *reader, size_t *ret_size);
void logread_took(struct logread *reader, size_t len);

/* Whether more of a report is to come: its victim has not been named. */
bool logread_is_open(const struct logread *reader);

/* Whether a report is only waited with because more of its victims may be told. */
bool logread_waits(const struct logread *reader);

/* So many messages that the log had, between what came and what comes, are not there. */
void logread_missed(struct logread *reader, uint64_t messages);

/*
 * While an episode is given: the uptime, as the log has it, of the line that said who is killed; 0
 * where it has none.
 */
uint64_t logread_killed_ns(const struct logread *reader);

/* Nothing has come for a while: gives what is complete. */
void logread_idle(struct logread *reader);

/* The end of one log: gives all that is open, and tells what was lost. Another one may follow. */
void logread_end(struct logread *reader);

const struct logread_counts *logread_counts(const struct logread *reader);

#endif /* OOMTRACE_CORE_LOGREAD_H */
