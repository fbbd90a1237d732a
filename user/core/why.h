/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Why this one: what an episode says about its own choice. */
#ifndef OOMTRACE_CORE_WHY_H
#define OOMTRACE_CORE_WHY_H

#include "core/episode.h"

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

struct why {
	uint32_t rank;                /* among those that could be chosen, from 1; 0: not known */
	const struct task *runner_up; /* within the episode; NULL: none, or not known */
	bool has_margin;
	int64_t margin_bytes; /* the victim's score over the runner-up's; may be negative */
	uint8_t largest_part; /* enum why_part: of the victim's score */
};

/* The contract's word for a part; NULL for PART_NONE or out of range. */
const char *why_part_name(unsigned int part);

/* What can be said without guessing: where candidates are missing, there is no rank. */
struct why why_explain(const struct episode *episode);

#endif /* OOMTRACE_CORE_WHY_H */
