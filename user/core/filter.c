// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/filter.h"

#include <string.h>

#include "core/container.h"
#include "core/path.h"

bool filter_is_set(const struct filter *filter)
{
	return filter->pid || filter->cgroup || filter->comm || filter->unit || filter->container ||
	       filter->pod;
}

/* Whether what is asked of a place holds of @path, or held of @memcg already; either may be NULL.
 */
static bool place_matches(const char *wanted, bool (*holds)(const char *, const char *),
			  const char *path, const char *memcg)
{
	return !wanted || (memcg && holds(memcg, wanted)) || (path && holds(path, wanted));
}

static bool places_match(const struct filter *filter, const char *path, const char *memcg)
{
	return place_matches(filter->cgroup, path_within, path, memcg) &&
	       place_matches(filter->unit, container_in_unit, path, memcg) &&
	       place_matches(filter->container, container_in, path, memcg) &&
	       place_matches(filter->pod, container_in_pod, path, memcg);
}

/* A process is one victim: its pid, its name and its cgroup are asked of the same one. */
static bool victim_matches(const struct filter *filter, const struct task *task, const char *memcg)
{
	const char *path = task->known & TASK_KNOWS_CGROUP ? task->cgroup : NULL;

	if (filter->pid && task->pid != filter->pid)
		return false;
	if (filter->comm && strncmp(task->comm, filter->comm, WIRE_COMM_LEN - 1))
		return false;
	return places_match(filter, path, memcg);
}

/* Of the memcg that ran out, or NULL. */
static const char *memcg_path(const struct episode *episode)
{
	bool known =
		(episode->known & EPISODE_KNOWS_MEMCG) && (episode->memcg.known & MEMCG_KNOWS_PATH);

	return known ? episode->memcg.path : NULL;
}

bool filter_matches_memcg(const struct filter *filter, const struct episode *episode)
{
	if (filter->pid || filter->comm)
		return false;
	return places_match(filter, NULL, memcg_path(episode));
}

bool filter_matches_task(const struct filter *filter, const struct task *task)
{
	return victim_matches(filter, task, NULL);
}

bool filter_matches(const struct filter *filter, const struct episode *episode)
{
	const char *memcg = memcg_path(episode);

	if (victim_matches(filter, &episode->victim, memcg))
		return true;
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		if (victim_matches(filter, &episode->victims[i], memcg))
			return true;
	}
	return false;
}
