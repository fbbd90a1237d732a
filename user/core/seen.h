/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kills that are known already: whether one that a log tells of is one that was seen live, or that
 * another log has told of. A set of fixed size; the oldest is forgotten.
 *
 * A pid is used again, a name has many processes, and clocks differ: it takes all that both know.
 */
#ifndef OOMTRACE_CORE_SEEN_H
#define OOMTRACE_CORE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/episode.h"

#define SEEN_KILLS 1024 /* victims */
/* By how much the clocks of two that tell of one kill may differ, and their moments in it. */
#define SEEN_WITHIN_NS (3LL * 1000 * 1000 * 1000)

/* One victim. What is not known is 0. */
struct seen_kill {
	uint32_t pid, tid;
	char comm[WIRE_COMM_LEN + 1];
	uint64_t host, boot;       /* sums of their names */
	uint64_t from_ns, till_ns; /* CLOCK_BOOTTIME between which it was decided */
	int64_t real_ns;
	uint64_t sizes; /* a sum of its memory as the kernel printed it: not of one seen live */
	bool live;
};

struct seen {
	uint64_t count; /* of all that were added */
	struct seen_kill kills[SEEN_KILLS];
};

/* Remembers @kill. */
void seen_add(struct seen *seen, const struct seen_kill *kill);

/* Whether @kill is one of those. */
bool seen_has(const struct seen *seen, const struct seen_kill *kill);

/*
 * The chosen victim of @episode, which was read out of a log; @till_ns: CLOCK_BOOTTIME when it was
 * said who dies, or 0.
 */
void seen_of_log(const struct host *host, const struct episode *episode, uint64_t till_ns,
		 struct seen_kill *ret_kill);

/* A victim of a decision at @boot_ns, as the kernel side tells of it on @host. */
void seen_of_wire(const struct wire_host *host, const struct wire_task *task, uint64_t boot_ns,
		  int64_t real_minus_boot_ns, struct seen_kill *ret_kill);

#endif /* OOMTRACE_CORE_SEEN_H */
