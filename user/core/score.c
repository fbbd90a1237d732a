// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/score.h"

#include <errno.h>

int64_t score_adjustment(int oom_score_adj, uint64_t totalpages)
{
	/* mm/oom_kill.c: adj *= totalpages / 1000, a long times an unsigned long */
	return (int64_t)((uint64_t)(int64_t)oom_score_adj * (totalpages / 1000));
}

int64_t score_points(uint64_t rss, uint64_t swap, uint64_t pgtables_bytes, uint64_t page_size,
		     int oom_score_adj, uint64_t totalpages)
{
	uint64_t points = rss + swap + pgtables_bytes / page_size;

	/* Added unsigned: the sum is the kernel's, and defined for any bytes. */
	return (int64_t)(points + (uint64_t)score_adjustment(oom_score_adj, totalpages));
}

bool task_knows(const struct task *task, uint32_t bit)
{
	return task->known & (TASK_KNOWS_MEMORY | bit);
}

void task_known_settle(struct task *task)
{
	uint32_t all = TASK_KNOWS_RSS_PARTS | TASK_KNOWS_SHMEM | TASK_KNOWS_TOTAL_VM |
		       TASK_KNOWS_SWAP | TASK_KNOWS_PGTABLES;

	if ((task->known & all) == all)
		task->known |= TASK_KNOWS_MEMORY;
}

bool task_rss(const struct task *task, uint64_t *ret_bytes)
{
	if (task->known & TASK_KNOWS_RSS)
		*ret_bytes = task->rss_bytes;
	else if (task->known & TASK_KNOWS_MEMORY)
		*ret_bytes = task->rss_anon_bytes + task->rss_file_bytes + task->rss_shmem_bytes;
	else
		return false;
	return true;
}

int score_of(const struct task *task, uint64_t page_size, uint64_t totalpages, int64_t *ret_points)
{
	uint64_t rss;

	if (!task_rss(task, &rss) || !task_knows(task, TASK_KNOWS_SWAP) ||
	    !task_knows(task, TASK_KNOWS_PGTABLES) || !task->eligible || !page_size || !totalpages)
		return -ENODATA;
	*ret_points =
		score_points(rss / page_size, task->swap_bytes / page_size, task->pgtables_bytes,
			     page_size, task->oom_score_adj, totalpages);
	return 0;
}

/* Below 0 when @a is greater. */
static int falling(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static uint64_t task_memory(const struct task *task)
{
	uint64_t rss;

	/* What is not known is 0 there. */
	return task_rss(task, &rss) ? rss + task->swap_bytes + task->pgtables_bytes : 0;
}

int task_order(const struct task *a, const struct task *b)
{
	bool a_known = a->known & TASK_KNOWS_POINTS, b_known = b->known & TASK_KNOWS_POINTS;
	int order = 0;

	if (a->eligible != b->eligible)
		return a->eligible ? -1 : 1;
	if (a->eligible) {
		if (a_known != b_known)
			return a_known ? -1 : 1;
		if (a_known && a->points != b->points)
			return a->points > b->points ? -1 : 1;
	}
	if (!a->eligible || !a_known)
		order = falling(task_memory(a), task_memory(b));
	if (!order)
		order = falling(a->scan, b->scan);
	return order ? order : falling(a->pid, b->pid);
}

static void tasks_swap(struct task *a, struct task *b)
{
	struct task held = *a;

	*a = *b;
	*b = held;
}

/* Lets tasks[root] sink until nothing below it comes later in the order. */
static void heap_sink(struct task *tasks, size_t root, size_t count)
{
	size_t child;

	for (; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count && task_order(&tasks[child], &tasks[child + 1]) < 0)
			child++;
		if (task_order(&tasks[root], &tasks[child]) >= 0)
			return;
		tasks_swap(&tasks[root], &tasks[child]);
	}
}

void tasks_sort(struct task *tasks, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		heap_sink(tasks, i, count);
	for (size_t end = count; end-- > 1;) {
		tasks_swap(&tasks[0], &tasks[end]);
		heap_sink(tasks, 0, end);
	}
}
