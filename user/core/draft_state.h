/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The open episode from within: for draft.c, which fills it, and draft_close.c. */
#ifndef OOMTRACE_CORE_DRAFT_STATE_H
#define OOMTRACE_CORE_DRAFT_STATE_H

#include "core/convert.h"
#include "core/draft.h"
#include "core/path.h"

#define PATHS_LEN (256 * 1024) /* for the cgroups of a killed group, most of them the same */

/* A path of the decision, for as long as the episode lives. */
struct draft_path {
	bool known, truncated;
	char text[PATH_TEXT_LEN];
};

struct draft {
	struct episode episode;
	struct convert convert;
	const struct wire_gfp *gfp;
	bool is_open, group, open_ended, ended, walk_cut;
	bool has_members; /* victims that only a group kill makes */
	uint64_t last_ns; /* the last record of this episode */
	uint32_t max_candidates;
	uint32_t listed, received; /* candidates on the wire: announced, come */
	uint64_t total, over;      /* of the wire; those for which there was no room here */
	uint64_t victims_over;
	uint64_t victim_memcg, memcg; /* their directories' inode numbers, 0: not known */
	struct draft_path victim_path, invoker_path, memcg_path;
	char ancestor_paths[WIRE_ANCESTORS][PATH_TEXT_LEN];
	char cmdline[WIRE_CMDLINE_LEN + 1];
	uint8_t *seen;      /* a bit for each index of a candidate */
	uint32_t *mm_slots; /* to find the candidates that share their memory */
	size_t paths_used;
	struct task victims[EPISODE_VICTIMS];
	char paths[PATHS_LEN];
	struct task tasks[]; /* max_candidates, and room for the victim and the runner-up */
};

/* Whether @task is the process of that identity. */
static inline bool task_is(const struct task *task, uint32_t pid, uint64_t start_ns)
{
	return task->pid == pid && task->start_ns == start_ns;
}

#endif /* OOMTRACE_CORE_DRAFT_STATE_H */
