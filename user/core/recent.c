// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/recent.h"

#include <stdlib.h>
#include <string.h>

#include "core/path.h"

struct cgroup {
	char path[PATH_TEXT_LEN]; /* "": free */
	char last_id[EPISODE_ID_LEN];
	uint64_t last_noted; /* which of all notes */
	uint32_t n_times;    /* that ever were */
	uint64_t times[RECENT_TIMES];
};

struct recent {
	uint64_t noted;
	struct cgroup cgroups[RECENT_CGROUPS];
};

struct recent *recent_new(void)
{
	return calloc(1, sizeof(struct recent));
}

void recent_free(struct recent *recent)
{
	free(recent);
}

void recent_forget(struct recent *recent)
{
	memset(recent, 0, sizeof(*recent));
}

/* Whose kill it is; NULL when that is not known for sure. */
static const char *path_of(const struct episode *episode)
{
	const struct memcg *memcg = &episode->memcg;
	const struct task *victim = &episode->victim;

	if ((episode->known & EPISODE_KNOWS_CONSTRAINT) &&
	    episode->constraint == CONSTRAINT_MEMCG_) {
		if (!(memcg->known & MEMCG_KNOWS_PATH) || memcg->path_truncated)
			return NULL;
		return memcg->path;
	}
	if (!(victim->known & TASK_KNOWS_CGROUP) || victim->cgroup_truncated)
		return NULL;
	return victim->cgroup;
}

/* The place of @path: its own, a free one, else that of the cgroup noted least recently. */
static struct cgroup *cgroup_of(struct recent *recent, const char *path)
{
	struct cgroup *oldest = &recent->cgroups[0];

	for (uint32_t i = 0; i < RECENT_CGROUPS; i++) {
		struct cgroup *cgroup = &recent->cgroups[i];

		if (!strcmp(cgroup->path, path))
			return cgroup;
		if (cgroup->last_noted < oldest->last_noted)
			oldest = cgroup;
	}
	memset(oldest, 0, sizeof(*oldest));
	memcpy(oldest->path, path, strlen(path) + 1);
	return oldest;
}

static void tell(const struct cgroup *cgroup, struct episode *episode)
{
	uint32_t kept = cgroup->n_times < RECENT_TIMES ? cgroup->n_times : RECENT_TIMES;
	uint64_t now = episode->boot_ns, span = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < kept; i++) {
		uint64_t time = cgroup->times[i];

		if (time > now || now - time > RECENT_WITHIN_NS)
			continue;
		count++;
		if (now - time > span)
			span = now - time;
	}
	if (count < RECENT_KILLS)
		return;
	episode->recent_kills = count;
	episode->recent_span_ns = span;
}

void recent_note(struct recent *recent, struct episode *episode)
{
	const char *path = path_of(episode);
	struct cgroup *cgroup;

	episode->recent_kills = 0;
	episode->recent_span_ns = 0;
	if (!path || !path[0] || strlen(path) >= PATH_TEXT_LEN)
		return;
	cgroup = cgroup_of(recent, path);
	cgroup->last_noted = ++recent->noted;
	if (strcmp(cgroup->last_id, episode->id) != 0) {
		cgroup->times[cgroup->n_times++ % RECENT_TIMES] = episode->boot_ns;
		if (cgroup->n_times == 2 * RECENT_TIMES) /* never wraps to look like few */
			cgroup->n_times = RECENT_TIMES;
		memcpy(cgroup->last_id, episode->id, sizeof(cgroup->last_id));
	}
	tell(cgroup, episode);
}
