/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why this one: what an episode says about its own choice, and about what filled the memory. */
#ifndef OOMTRACE_CORE_WHY_H
#define OOMTRACE_CORE_WHY_H

#include "core/episode.h"
#include "core/whatif.h"

enum why_part {
	PART_NONE, /* nothing speaks for it, or nothing is known */
	PART_ANON,
	PART_FILE,
	PART_SHMEM,
	PART_SWAP,
	PART_PAGE_TABLES,
	PART_OOM_SCORE_ADJ,
	PART_MAX,
};

/*
 * A use of the memory that ran out. No byte is in two of them: USE_FILE is the page cache without
 * shmem here, USE_KERNEL what none of its parts accounts for.
 */
struct why_use {
	uint8_t use; /* enum wire_use; its word is use_name()'s */
	bool stays;  /* no kill frees it: unreclaimable slab, hugetlb pools, shmem nobody maps */
	uint64_t bytes;
};

struct why {
	uint32_t rank;                /* among those that could be chosen, from 1; 0: not known */
	const struct task *runner_up; /* within the episode; NULL: none, or not known */
	bool has_margin;
	int64_t margin_bytes; /* the victim's score over the runner-up's; may be negative */
	uint8_t largest_part; /* enum why_part: of the victim's score */
	struct spared spared; /* by which oom_score_adj, and who dies then */

	/* Of the memcg that ran out, or of the machine; nothing of it where some nodes did. */
	uint64_t used_bytes;          /* BYTES_UNKNOWN; what ran out is full of */
	struct why_use uses[USE_MAX]; /* those that are known and not 0, by falling bytes */
	uint32_t n_uses;
	uint8_t largest_use;      /* enum wire_use; USE_MAX: not known */
	int32_t candidates_share; /* thousandths of used_bytes that the candidates hold; -1: not
				     known */
};

/* The contract's word for a part; NULL for PART_NONE or out of range. */
const char *why_part_name(unsigned int part);

/* What can be said without guessing: where candidates are missing, there is no rank. */
struct why why_explain(const struct episode *episode);

#endif /* OOMTRACE_CORE_WHY_H */
