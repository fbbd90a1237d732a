/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's score, and its order of choice. */
#ifndef OOMTRACE_CORE_SCORE_H
#define OOMTRACE_CORE_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"

/*
 * oom_badness() of mm/oom_kill.c, since 5.9 (and late 5.4): in pages, signed, with no minimum.
 * @rss is the sum of anon, file and shmem pages. The adjustment is divided before it is
 * multiplied, so that oom_score_adj means nothing where @totalpages is under 1000.
 */
int64_t score_points(uint64_t rss, uint64_t swap, uint64_t pgtables_bytes, uint64_t page_size,
		     int oom_score_adj, uint64_t totalpages);

/*
 * Whether @task's memory is known as @bit (enum task_known) says, TASK_KNOWS_MEMORY standing for
 * all of it.
 */
bool task_knows(const struct task *task, uint32_t bit);

/* Resident bytes: as a log's table has them, else the sum of what they are made of. */
bool task_rss(const struct task *task, uint64_t *ret_bytes);

/* Says of memory of which each part is known that all of it is. */
void task_known_settle(struct task *task);

/* What oom_score_adj adds to the score, in pages. */
int64_t score_adjustment(int oom_score_adj, uint64_t totalpages);

/*
 * The score of @task. Returns 0 and sets *@ret_points, or -ENODATA when its memory, @page_size or
 * @totalpages is not known (0), or when it cannot be chosen and so has none.
 */
int score_of(const struct task *task, uint64_t page_size, uint64_t totalpages, int64_t *ret_points);

/*
 * Below 0 when the kernel prefers @a to @b, above 0 when @b to @a. oom_evaluate_task() passes over
 * a task with fewer points than the best so far, and takes one with as many: the last one scanned
 * wins. Tasks that cannot be chosen come after those that can, by the memory they hold.
 */
int task_order(const struct task *a, const struct task *b);

/* Sorts in place, the kernel's favourite first. Allocates nothing, which qsort() may. */
void tasks_sort(struct task *tasks, size_t count);

#endif /* OOMTRACE_CORE_SCORE_H */
