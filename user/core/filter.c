// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/filter.h"

#include <string.h>

#include "core/path.h"

static bool cgroup_below(const struct task *task, const char *subtree)
{
	return (task->known & TASK_KNOWS_CGROUP) && task->cgroup &&
	       path_within(task->cgroup, subtree);
}

/* A process is one victim: its pid, its name and its cgroup are asked of the same one. */
static bool victim_matches(const struct filter *filter, const struct task *task, bool cgroup_done)
{
	if (filter->pid && task->pid != filter->pid)
		return false;
	if (filter->comm && strncmp(task->comm, filter->comm, WIRE_COMM_LEN - 1))
		return false;
	return cgroup_done || !filter->cgroup || cgroup_below(task, filter->cgroup);
}

static bool memcg_matches(const struct filter *filter, const struct episode *episode)
{
	return filter->cgroup && (episode->known & EPISODE_KNOWS_MEMCG) &&
	       (episode->memcg.known & MEMCG_KNOWS_PATH) && episode->memcg.path &&
	       path_within(episode->memcg.path, filter->cgroup);
}

bool filter_matches_memcg(const struct filter *filter, const struct episode *episode)
{
	if (filter->pid || filter->comm)
		return false;
	return !filter->cgroup || memcg_matches(filter, episode);
}

bool filter_matches_task(const struct filter *filter, const struct task *task)
{
	return victim_matches(filter, task, false);
}

bool filter_matches(const struct filter *filter, const struct episode *episode)
{
	bool in_memcg = memcg_matches(filter, episode);

	if (victim_matches(filter, &episode->victim, in_memcg))
		return true;
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		if (victim_matches(filter, &episode->victims[i], in_memcg))
			return true;
	}
	return false;
}
