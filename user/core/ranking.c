// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "core/score.h"

uint64_t ranking_memcg_totalpages(const struct memcg *memcg, uint64_t swap_total_bytes,
				  bool swappiness, uint64_t page_size)
{
	uint64_t max = memcg->limit_is_max ? INT64_MAX / page_size : memcg->limit_bytes / page_size;
	uint64_t swap = 0, swap_total = swap_total_bytes / page_size;

	if (swappiness && memcg->known & MEMCG_KNOWS_SWAP) {
		swap = memcg->swap_limit_is_max ? INT64_MAX / page_size
						: memcg->swap_limit_bytes / page_size;
		/* Version 1 limits memory and swap together. */
		if (memcg->v1)
			swap = swap > max ? swap - max : 0;
	}
	max += swap < swap_total ? swap : swap_total;
	return max ? max : 1;
}

enum wire_rss ranking_rss_counters(const char *release)
{
	char *dot, *end;
	unsigned long major = strtoul(release, &dot, 10), minor;

	if (dot == release || *dot != '.')
		return RSS_UNKNOWN;
	minor = strtoul(dot + 1, &end, 10);
	if (end == dot + 1)
		return RSS_UNKNOWN;
	if (major < 6 || (major == 6 && minor < 2))
		return RSS_ATOMIC;
	return major < 7 ? RSS_APPROXIMATE : RSS_PRECISE;
}

int64_t ranking_oom_score(bool eligible, int64_t points, uint64_t totalpages)
{
	if (!eligible || !totalpages)
		return 0;
	/* In the kernel's order: the divisions round toward zero, one after the other. */
	return (1000 + points * 1000 / (int64_t)totalpages) * 2 / 3;
}

void ranking_score(struct task *task, uint64_t scored_rss_bytes, uint64_t page_size,
		   uint64_t totalpages)
{
	if (!task->eligible)
		return;
	task->points =
		score_points(scored_rss_bytes / page_size, task->swap_bytes / page_size,
			     task->pgtables_bytes, page_size, task->oom_score_adj, totalpages);
	task->known |= TASK_KNOWS_POINTS;
}

void ranking_sort(struct ranking *ranking)
{
	tasks_sort(ranking->tasks, ranking->n_tasks);
	ranking->eligible = 0;
	while (ranking->eligible < ranking->n_tasks && ranking->tasks[ranking->eligible].eligible)
		ranking->eligible++;
}

double ranking_share(const struct memcg *memcg)
{
	if (!(memcg->known & MEMCG_KNOWS_USAGE) || memcg->limit_is_max)
		return 0;
	/* A limit of 0 is met by any use. */
	return (double)memcg->usage_bytes / (double)(memcg->limit_bytes ? memcg->limit_bytes : 1);
}

/* Below 0 when @a is to be told before @b. */
static int limit_order(const struct ranking_limit *a, const struct ranking_limit *b)
{
	double a_share = ranking_share(&a->memcg), b_share = ranking_share(&b->memcg);

	if (a->oom_kill_disabled != b->oom_kill_disabled)
		return a->oom_kill_disabled ? -1 : 1;
	if (a_share != b_share)
		return a_share > b_share ? -1 : 1;
	return strcmp(a->memcg.path, b->memcg.path);
}

static int by_limit_order(const void *a, const void *b)
{
	return limit_order(a, b);
}

void ranking_sort_limits(struct ranking *ranking)
{
	if (ranking->n_limits)
		qsort(ranking->limits, ranking->n_limits, sizeof(*ranking->limits), by_limit_order);
}
