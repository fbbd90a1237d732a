/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How many points one task has by one rule, in the integer arithmetic of a 64-bit kernel. */
#ifndef OOMTRACE_CORE_RULE_POINTS_H
#define OOMTRACE_CORE_RULE_POINTS_H

#include "core/rules.h"

/*
 * The points of @score->task by @rule, from its memory, @score->adj and @score->children. Returns
 * false, and leaves *@ret_points alone, where the task's memory is not known, or where the rule
 * cannot do without a totalpages that is not.
 */
bool rule_points(const struct rule *rule, const struct rule_input *input,
		 const struct rule_score *score, uint64_t *ret_points);

/* Whether @task is root in the eyes of @rule: uid, euid or capabilities, as the rule asks. */
bool rule_is_root(const struct rule *rule, const struct task *task);

/* int_sqrt() of mm/oom_kill.c in 2.4: "rough", and never 0. */
unsigned int rule_rough_sqrt(unsigned int x);

/* int_sqrt() of lib/int_sqrt.c since 2.6: the square root, rounded down. */
uint64_t rule_sqrt(uint64_t x);

/* What @task adds to its parent's points by @rule; 0 where children are not asked for. */
uint64_t rule_child_pages(const struct rule *rule, const struct task *task, uint64_t page_size);

#endif /* OOMTRACE_CORE_RULE_POINTS_H */
