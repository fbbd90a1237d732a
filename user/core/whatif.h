/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What had happened then: this very selection once more, with something changed. */
#ifndef OOMTRACE_CORE_WHATIF_H
#define OOMTRACE_CORE_WHATIF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/episode.h"
#include "core/rules.h"

/* Whether another oom_score_adj had spared the victim; and if that is not said, why. */
enum spared_state {
	SPARED_BY_ADJ,      /* at @adj and below, another one dies, or nobody can */
	SPARED_BY_NONE,     /* at none: it asked to be chosen first (swapoff, KSM) */
	SPARED_NO_CHOICE,   /* nobody was chosen by points: no victim, allocating or exiting task */
	SPARED_GROUP,       /* memory.oom.group: it dies with others, whoever of them is chosen */
	SPARED_INCOMPLETE,  /* candidates are missing, or their points or totalpages not known */
	SPARED_UNEXPLAINED, /* the points at hand choose somebody else: nothing can be built on */
	SPARED_OLDER_RULE,  /* a log's kernel, before 5.3: it chose by other rules */
};

struct spared {
	uint8_t state;           /* enum spared_state */
	int adj;                 /* the highest oom_score_adj that spares */
	const struct task *then; /* who dies instead, in the episode; NULL: nobody can be killed */
};

/*
 * The highest oom_score_adj at which the victim of @episode had been spared in this very
 * selection, ties included, by the rule of the kernels that are traced. -1000 takes it out of the
 * choice: where the victim was the only one to choose, or where totalpages is below 1000 so that
 * no other value has any effect, it is the only one that spares.
 *
 * Processes that share the victim's memory have its oom_score_adj and die with it, so that they
 * neither save it nor stand in for it. Takes time in proportion to the candidates, allocates
 * nothing.
 */
struct spared whatif_spared(const struct episode *episode);

/* The contract's word for a state other than SPARED_BY_ADJ; NULL for that, or out of range. */
const char *spared_name(unsigned int state);

struct whatif_limit {
	uint64_t totalpages;
	bool fits; /* more than was in use: there had been no OOM at this moment */
};

/*
 * What totalpages had been with a memory limit of @limit_bytes on the cgroup that ran out:
 * mem_cgroup_get_max() of mm/memcontrol.c. Returns 0, -ENODATA when no cgroup ran out or its
 * limits are not known, -EINVAL when version 1 had refused such a limit (above memory and swap).
 */
int whatif_limit(const struct episode *episode, uint64_t limit_bytes,
		 struct whatif_limit *ret_limit);

#endif /* OOMTRACE_CORE_WHATIF_H */
