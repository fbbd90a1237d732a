// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/why.h"

#include <stddef.h>

#include "core/score.h"
#include "core/uses.h"

const char *why_part_name(unsigned int part)
{
	static const char *const names[PART_MAX] = {
		[PART_ANON] = "anon",
		[PART_FILE] = "file",
		[PART_SHMEM] = "shmem",
		[PART_SWAP] = "swap",
		[PART_PAGE_TABLES] = "page_tables",
		[PART_OOM_SCORE_ADJ] = "oom_score_adj",
	};

	return part < PART_MAX ? names[part] : NULL;
}

static bool task_same(const struct task *a, const struct task *b)
{
	return a->pid == b->pid && a->start_ns == b->start_ns;
}

/* Whether every candidate is in the list, and was one for this choice. */
static bool list_whole(const struct episode *episode)
{
	return episode->candidates_source != SOURCE_NONE && !episode->lost && !episode->truncated;
}

static uint32_t victim_rank(const struct episode *episode)
{
	uint32_t rank = 1;

	for (uint32_t i = 0; i < episode->n_tasks && episode->tasks[i].eligible; i++) {
		if (!(episode->tasks[i].known & TASK_KNOWS_POINTS))
			return 0;
		if (task_same(&episode->tasks[i], &episode->victim))
			return rank;
		rank++;
	}
	return 0;
}

static const struct task *find_runner_up(const struct episode *episode)
{
	if (episode->has_runner_up)
		return &episode->runner_up;
	if (!list_whole(episode))
		return NULL;
	for (uint32_t i = 0; i < episode->n_tasks && episode->tasks[i].eligible; i++) {
		const struct task *task = &episode->tasks[i];

		if (!(task->known & TASK_KNOWS_POINTS))
			return NULL;
		if (!task_same(task, &episode->victim))
			return task;
	}
	return NULL;
}

static uint8_t largest_part(const struct episode *episode)
{
	const struct task *victim = &episode->victim;
	int64_t parts[PART_MAX] = {0};
	uint8_t largest = PART_NONE;

	if (victim->known & TASK_KNOWS_MEMORY) {
		parts[PART_ANON] = (int64_t)victim->rss_anon_bytes;
		parts[PART_FILE] = (int64_t)victim->rss_file_bytes;
		parts[PART_SHMEM] = (int64_t)victim->rss_shmem_bytes;
		parts[PART_SWAP] = (int64_t)victim->swap_bytes;
		parts[PART_PAGE_TABLES] = (int64_t)victim->pgtables_bytes;
	}
	if ((episode->known & EPISODE_KNOWS_TOTALPAGES) &&
	    __builtin_mul_overflow(score_adjustment(victim->oom_score_adj, episode->totalpages),
				   (int64_t)episode->page_size, &parts[PART_OOM_SCORE_ADJ]))
		parts[PART_OOM_SCORE_ADJ] = 0;
	for (uint8_t part = PART_ANON; part < PART_MAX; part++) {
		if (parts[part] > parts[largest])
			largest = part;
	}
	return largest;
}

struct why why_explain(const struct episode *episode)
{
	struct why why = {
		.largest_part = largest_part(episode),
		.spared = whatif_spared(episode),
	};
	int64_t pages;

	if (list_whole(episode))
		why.rank = victim_rank(episode);
	why.runner_up = find_runner_up(episode);
	if (why.runner_up && (why.runner_up->known & episode->victim.known & TASK_KNOWS_POINTS) &&
	    episode->page_size)
		why.has_margin = !__builtin_sub_overflow(episode->victim.points,
							 why.runner_up->points, &pages) &&
				 !__builtin_mul_overflow(pages, (int64_t)episode->page_size,
							 &why.margin_bytes);
	uses_explain(episode, &why);
	return why;
}
