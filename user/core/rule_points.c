// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/rule_points.h"

#include "core/score.h"

#define NS_PER_S  1000000000ULL
#define NS_PER_MS 1000000ULL

/* include/linux/capability.h: these numbers are part of the ABI. */
#define CAP_RAWIO    (1ULL << 17)
#define CAP_ADMIN    (1ULL << 21)
#define CAP_RESOURCE (1ULL << 24)

#define ADJ_MAX 1000 /* OOM_SCORE_ADJ_MAX, include/uapi/linux/oom.h */

bool rule_is_root(const struct rule *rule, const struct task *task)
{
	uint64_t caps = CAP_ADMIN | (rule->traits & RULE_CAP_RESOURCE ? CAP_RESOURCE : 0);

	if ((rule->traits & RULE_ROOT_UID) && (task->uid == 0 || task->euid == 0))
		return true;
	return task->cap_effective & caps;
}

unsigned int rule_rough_sqrt(unsigned int x)
{
	unsigned int out = x;

	for (; x & ~1U; x >>= 2)
		out >>= 1;
	if (x)
		out -= out >> 2;
	return out ? out : 1;
}

uint64_t rule_sqrt(uint64_t x)
{
	uint64_t root = 0;

	/* From the highest bit that a root of 64 bits can have, keep what does not overshoot. */
	for (uint64_t bit = 1ULL << 31; bit; bit >>= 1) {
		if ((root | bit) <= x / (root | bit))
			root |= bit;
	}
	return root;
}

uint64_t rule_child_pages(const struct rule *rule, const struct task *task, uint64_t page_size)
{
	uint64_t pages;

	if (!task_knows(task, TASK_KNOWS_TOTAL_VM) || !page_size)
		return 0;
	pages = task->total_vm_bytes / page_size;
	if (rule->traits & RULE_CHILDREN_WHOLE)
		return pages;
	return rule->traits & RULE_CHILDREN_HALF ? pages / 2 + 1 : 0;
}

/*
 * CPU time >> (SHIFT_HZ + 3), in units that depend on HZ: 1024 ticks of 10 ms in 2.4, where HZ is
 * 100; since 2.6 8192 ms, with a HZ of 1000 (the default until 2.6.12) and with one of 250 (from
 * then on) alike.
 */
static uint64_t cpu_units(const struct rule *rule, const struct task *task)
{
	uint64_t ms = task->cpu_ns / NS_PER_MS;

	return rule->traits & RULE_ROUGH_ROOT ? ms / 10 / 1024 : ms / 8192;
}

/*
 * The time since the start: jiffies >> (SHIFT_HZ + 10) until 2.6.8, which is 1310.72 s in 2.4 and
 * 1048.576 s in 2.6; then whole seconds of uptime less those of the start, >> 10.
 */
static uint64_t run_units(const struct rule *rule, const struct task *task)
{
	uint64_t uptime = task->start_ns + task->age_ns;

	if (rule->traits & RULE_ROUGH_ROOT)
		return task->age_ns / NS_PER_MS / 10 / (1U << 17);
	if (rule->traits & RULE_INT)
		return task->age_ns / NS_PER_MS / (1U << 20);
	return (uptime / NS_PER_S - task->start_ns / NS_PER_S) >> 10;
}

/* badness() of 2.4 and of 2.6 until 2.6.8: int all through. An int that overflowed wrapped. */
static uint64_t points_int(const struct rule *rule, const struct task *task, uint64_t pages)
{
	int32_t points = (int32_t)(uint32_t)pages;

	if (rule->traits & RULE_ROUGH_ROOT) {
		/* The root is unsigned, and so is the division by it. */
		points = (int32_t)((uint32_t)points /
				   rule_rough_sqrt((unsigned int)cpu_units(rule, task)));
		points = (int32_t)((uint32_t)points / rule_rough_sqrt(rule_rough_sqrt((
							      unsigned int)run_units(rule, task))));
	} else {
		int32_t root = (int32_t)rule_sqrt(cpu_units(rule, task));

		if (root)
			points /= root;
		root = (int32_t)rule_sqrt(rule_sqrt(run_units(rule, task)));
		if (root)
			points /= root;
	}
	if (task->nice > 0)
		points = (int32_t)((uint32_t)points * 2);
	if (rule_is_root(rule, task))
		points /= 4;
	if (task->cap_effective & CAP_RAWIO)
		points /= 4;
	/* The loop wants more than 0: a negative number is as good as none. */
	return points > 0 ? (uint64_t)points : 0;
}

/* Shifts by oom_adj: -16 to 15, where -17 was already told to be out of reach. */
static uint64_t shifted(const struct rule *rule, uint64_t points, int oom_adj)
{
	if (oom_adj > 0) {
		if (!points && (rule->traits & RULE_SHIFT_FROM_ONE))
			points = 1;
		return points << oom_adj;
	}
	/* 2.6.11 took no less than -16. */
	return points >> (oom_adj < -16 ? 16 : -oom_adj);
}

/* badness() of 2.6.9 to 2.6.35: unsigned long. */
static uint64_t points_badness(const struct rule *rule, const struct rule_score *score,
			       uint64_t pages)
{
	const struct task *task = score->task;
	uint64_t points = pages + score->children, root;

	root = rule_sqrt(cpu_units(rule, task));
	if (root)
		points /= root;
	root = rule_sqrt(rule_sqrt(run_units(rule, task)));
	if (root)
		points /= root;
	if (task->nice > 0)
		points *= 2;
	if (rule_is_root(rule, task))
		points /= 4;
	if (task->cap_effective & CAP_RAWIO)
		points /= 4;
	if (rule->cpuset == CPUSET_EIGHTH && task->skip == SKIP_NOT_IN_NODEMASK)
		points /= 8;
	return rule->traits & RULE_SHIFT ? shifted(rule, points, rules_oom_adj(score->adj))
					 : points;
}

/* Resident pages and swap, and the page tables where the rule counts them. */
static bool resident(const struct rule *rule, const struct rule_input *input,
		     const struct task *task, uint64_t *ret_pages)
{
	bool tables = rule->traits & (RULE_PTES | RULE_PAGE_TABLES);
	uint64_t rss;

	/* The kernel's own number first: it is what was read at that moment. */
	if (tables && (task->known & TASK_KNOWS_POINTS) && task->eligible && !task->origin &&
	    input->was_totalpages) {
		*ret_pages = (uint64_t)task->points -
			     (uint64_t)score_adjustment(task->oom_score_adj, input->was_totalpages);
		return true;
	}
	if (!task_rss(task, &rss) || !input->page_size)
		return false;
	*ret_pages =
		(uint64_t)score_points(rss / input->page_size, task->swap_bytes / input->page_size,
				       tables ? task->pgtables_bytes : 0, input->page_size, 0, 0);
	return true;
}

/* oom_score_adj of @score by @rule: raised meanwhile, where that is how the task asked for it. */
static int64_t adjusted(const struct rule *rule, const struct rule_score *score)
{
	return rule->origin == ORIGIN_ADJ && score->task->origin ? ADJ_MAX : score->adj;
}

/* oom_badness() of 2.6.36 to 3.4. */
static uint64_t points_permille(const struct rule *rule, const struct rule_input *input,
				const struct rule_score *score, uint64_t pages)
{
	int64_t points;

	if (rule->origin == ORIGIN_1000 && score->task->origin)
		return 1000;
	if (!(rule->traits & RULE_INT)) {
		points = (int64_t)(pages * 1000 / input->totalpages);
	} else if (rule->traits & RULE_PTES) {
		/* "points *= 1000" of an int, whose sign then goes into an unsigned division. */
		int32_t product = (int32_t)((uint32_t)pages * 1000U);

		points = (int32_t)(uint32_t)((uint64_t)(int64_t)product / input->totalpages);
	} else {
		/* One expression of unsigned longs, cut to an int when it is done. */
		points = (int32_t)(uint32_t)(pages * 1000 / input->totalpages);
	}
	if (rule_is_root(rule, score->task))
		points -= 30;
	points += adjusted(rule, score);
	if (points <= 0)
		return 1;
	return points < 1000 ? (uint64_t)points : 1000;
}

/* oom_badness() since 3.5. */
static uint64_t points_pages(const struct rule *rule, const struct rule_input *input,
			     const struct rule_score *score, uint64_t pages)
{
	int64_t points = (int64_t)pages, adj = adjusted(rule, score);

	if (rule_is_root(rule, score->task)) {
		if (rule->traits & RULE_ROOT_30)
			adj -= 30;
		/* Modulo 2^64, as the kernel multiplies; then divided with its sign. */
		if (rule->traits & RULE_ROOT_SHARE)
			points -= (int64_t)((uint64_t)points * 3) / 100;
	}
	points = (int64_t)((uint64_t)points +
			   (uint64_t)score_adjustment((int)adj, input->totalpages));
	if (rule->traits & RULE_SIGNED)
		return (uint64_t)points;
	if (points <= 0)
		points = 1;
	return rule->traits & RULE_SELECT_U32 ? (uint32_t)points : (uint64_t)points;
}

/* goodness() of kernel/sched.c in 2.4, without the ticks that are left: those are not known. */
static uint64_t points_goodness(const struct rule_input *input, const struct task *task)
{
	uint64_t weight = (uint64_t)(20 - task->nice);

	return task->pid == input->invoker_pid ? weight + 1 : weight;
}

bool rule_points(const struct rule *rule, const struct rule_input *input,
		 const struct rule_score *score, uint64_t *ret_points)
{
	const struct task *task = score->task;
	uint64_t pages;

	if (rule->family == RULE_GOODNESS) {
		*ret_points = points_goodness(input, task);
		return true;
	}
	if (rule->family == RULE_BADNESS) {
		if (!task_knows(task, TASK_KNOWS_TOTAL_VM) || !input->page_size)
			return false;
		pages = task->total_vm_bytes / input->page_size;
		*ret_points = rule->traits & RULE_INT ? points_int(rule, task, pages)
						      : points_badness(rule, score, pages);
		return true;
	}
	if (!resident(rule, input, task, &pages))
		return false;
	if (rule->family == RULE_PERMILLE) {
		if (!input->totalpages)
			return false;
		*ret_points = points_permille(rule, input, score, pages);
		return true;
	}
	*ret_points = points_pages(rule, input, score, pages);
	return true;
}
