// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/whatif.h"

#include <errno.h>
#include <stddef.h>

#include "core/ranking.h"
#include "core/score.h"

#define ADJ_MIN (-1000) /* OOM_SCORE_ADJ_MIN, include/uapi/linux/oom.h */
#define ADJ_MAX 1000

static bool same_task(const struct task *a, const struct task *b)
{
	return a->pid == b->pid && a->start_ns == b->start_ns;
}

static bool dies_with(const struct task *task, const struct task *victim)
{
	return same_task(task, victim) || (task->mm_id && task->mm_id == victim->mm_id);
}

static bool is_group_kill(const struct episode *episode)
{
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		if (episode->victims[i].killed_as == KILLED_AS_GROUP)
			return true;
	}
	return episode->memcg.oom_group || (episode->group && episode->n_victims <= 1);
}

/* Whether there is a choice by points that can be made again. */
static enum spared_state ask(const struct episode *episode)
{
	if (episode->no_kill || episode->candidates_source == SOURCE_NONE ||
	    episode->selection == SELECTION_ALLOCATING_TASK ||
	    episode->selection == SELECTION_EXITING_TASK)
		return SPARED_NO_CHOICE;
	if (is_group_kill(episode))
		return SPARED_GROUP;
	if (episode->known & EPISODE_OLDER_RULE)
		return SPARED_OLDER_RULE;
	if (episode->lost || episode->truncated || !(episode->known & EPISODE_KNOWS_TOTALPAGES) ||
	    !episode->totalpages)
		return SPARED_INCOMPLETE;
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];

		if (task->eligible && !task->origin && !(task->known & TASK_KNOWS_POINTS))
			return SPARED_INCOMPLETE;
	}
	return SPARED_BY_ADJ;
}

/*
 * Whether the kernel takes @a, which has @a_points, rather than @b with @b_points: of equals, the
 * one that was scanned later.
 */
static bool wins(const struct task *a, int64_t a_points, const struct task *b, int64_t b_points)
{
	if (a->origin != b->origin)
		return a->origin;
	if (!a->origin && a_points != b_points)
		return a_points > b_points;
	return a->scan != b->scan ? a->scan > b->scan : a->pid > b->pid;
}

/* The two of whom one is chosen: the best of those that die with the victim, and of the others. */
struct duel {
	const struct task *mine, *other;
};

static struct duel find_duel(const struct episode *episode)
{
	struct duel duel = {0};

	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];
		const struct task **best =
			dies_with(task, &episode->victim) ? &duel.mine : &duel.other;

		if (task->eligible && (!*best || wins(task, task->points, *best, (*best)->points)))
			*best = task;
	}
	return duel;
}

struct spared whatif_spared(const struct episode *episode)
{
	struct spared spared = {.state = (uint8_t)ask(episode)};
	int64_t base, was;
	struct duel duel;

	if (spared.state != SPARED_BY_ADJ)
		return spared;
	duel = find_duel(episode);
	if (!duel.mine ||
	    (duel.other && wins(duel.other, duel.other->points, duel.mine, duel.mine->points))) {
		spared.state = SPARED_UNEXPLAINED;
		return spared;
	}
	if (duel.mine->origin) {
		spared.state = SPARED_BY_NONE;
		return spared;
	}
	spared.then = duel.other;
	spared.adj = ADJ_MIN;
	if (!duel.other)
		return spared;
	/* All that share the memory have the same pages and the same adj: one stands for all. */
	was = score_adjustment(duel.mine->oom_score_adj, episode->totalpages);
	base = (int64_t)((uint64_t)duel.mine->points - (uint64_t)was);
	for (int adj = ADJ_MAX; adj > ADJ_MIN; adj--) {
		int64_t points = (int64_t)((uint64_t)base +
					   (uint64_t)score_adjustment(adj, episode->totalpages));

		if (wins(duel.other, duel.other->points, duel.mine, points)) {
			spared.adj = adj;
			break;
		}
	}
	return spared;
}

const char *spared_name(unsigned int state)
{
	static const char *const names[] = {
		[SPARED_BY_NONE] = "none",
		[SPARED_NO_CHOICE] = "not_chosen_by_points",
		[SPARED_GROUP] = "oom_group",
		[SPARED_INCOMPLETE] = "candidates_missing",
		[SPARED_UNEXPLAINED] = "points_do_not_explain",
		[SPARED_OLDER_RULE] = "older_rule",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : NULL;
}

/*
 * The swap that counts for @memcg. What was added to the old limit tells of what the snapshot may
 * not know: how much swap there is, and whether the cgroup swaps at all; if not, there is none.
 * Returns 0, or -ENODATA where that does not tell it for @limit_bytes.
 */
static int find_swap(const struct episode *episode, const struct memcg *memcg, uint64_t limit_bytes,
		     uint64_t *ret_bytes)
{
	uint64_t page_size = episode->page_size, total = episode->memory.swap_total_bytes, beside;

	if ((episode->known & EPISODE_KNOWS_MEMORY) && total != BYTES_UNKNOWN &&
	    (memcg->limit_is_max ||
	     ranking_memcg_totalpages(memcg, total, true, page_size) == episode->totalpages)) {
		*ret_bytes = total;
		return 0;
	}
	if (memcg->limit_is_max || episode->totalpages < memcg->limit_bytes / page_size)
		return -ENODATA;
	beside = (episode->totalpages - memcg->limit_bytes / page_size) * page_size;
	/* Version 1 allows more swap to less memory: more than is known to be there. */
	if (memcg->v1 && limit_bytes < memcg->limit_bytes && !memcg->swap_limit_is_max &&
	    memcg->limit_bytes + beside >= memcg->swap_limit_bytes)
		return -ENODATA;
	*ret_bytes = beside;
	return 0;
}

int whatif_limit(const struct episode *episode, uint64_t limit_bytes,
		 struct whatif_limit *ret_limit)
{
	struct memcg memcg = episode->memcg;
	uint64_t swap;
	int err;

	if (!(episode->known & EPISODE_KNOWS_MEMCG) || !(memcg.known & MEMCG_KNOWS_USAGE) ||
	    !(episode->known & EPISODE_KNOWS_TOTALPAGES) || !episode->page_size)
		return -ENODATA;
	if (!(memcg.known & MEMCG_KNOWS_SWAP)) {
		memcg.known |= MEMCG_KNOWS_SWAP;
		memcg.swap_limit_is_max = true;
	}
	if (memcg.v1 && !memcg.swap_limit_is_max && memcg.swap_limit_bytes < limit_bytes)
		return -EINVAL;
	err = find_swap(episode, &memcg, limit_bytes, &swap);
	if (err)
		return err;
	memcg.limit_is_max = false;
	memcg.limit_bytes = limit_bytes;
	*ret_limit = (struct whatif_limit){
		.totalpages = ranking_memcg_totalpages(&memcg, swap, true, episode->page_size),
		.fits = limit_bytes > memcg.usage_bytes,
	};
	return 0;
}
