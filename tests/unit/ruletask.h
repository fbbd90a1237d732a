/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tasks for trying rules on. Sizes in pages of 4096 bytes, times in milliseconds. */
#ifndef OOMTRACE_TESTS_UNIT_RULETASK_H
#define OOMTRACE_TESTS_UNIT_RULETASK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/rules.h"

#define RT_PAGE 4096ULL
#define RT_MS   1000000ULL

#define RT_RAWIO    (1ULL << 17)
#define RT_ADMIN    (1ULL << 21)
#define RT_RESOURCE (1ULL << 24)

/* An unprivileged process of one thread that all is known of. */
static inline struct task rt_task(uint32_t pid, uint64_t total_vm, uint64_t anon)
{
	return (struct task){
		.known = TASK_KNOWS_MEMORY | TASK_KNOWS_CPU | TASK_KNOWS_IDENTITY |
			 TASK_KNOWS_CREDENTIALS,
		.pid = pid,
		.tid = pid,
		.ppid = 1,
		.uid = 1000,
		.euid = 1000,
		.mm_id = pid,
		.threads = 1,
		.scan = pid,
		.start_ns = pid * RT_MS,
		.eligible = true,
		.total_vm_bytes = total_vm * RT_PAGE,
		.rss_anon_bytes = anon * RT_PAGE,
	};
}

static inline const struct rule *rt_rule(const char *name)
{
	struct model model;

	assert_int_equal(model_parse(name, &model), MODEL_OK);
	assert_non_null(model.rule);
	return model.rule;
}

static inline struct rule_input rt_input(const struct task *tasks, size_t n_tasks)
{
	return (struct rule_input){
		.tasks = tasks,
		.n_tasks = n_tasks,
		.totalpages = 10000,
		.page_size = RT_PAGE,
		.constraint = CONSTRAINT_NONE_,
		.whole = true,
	};
}

#define RT_MAX 16

/* The verdict of the rule of @release over @input, its scores in @scores. */
static inline struct rule_verdict rt_select(const char *release, const struct rule_input *input,
					    struct rule_score scores[RT_MAX])
{
	struct rule_verdict verdict;

	assert_true(input->n_tasks <= RT_MAX);
	rules_select(rt_rule(release), input, scores, &verdict);
	return verdict;
}

/* The points of @task alone, with @totalpages. */
static inline uint64_t rt_points(const char *release, const struct task *task, uint64_t totalpages)
{
	struct rule_input input = rt_input(task, 1);
	struct rule_score scores[RT_MAX];

	input.totalpages = totalpages;
	rt_select(release, &input, scores);
	assert_true(scores[0].has_points);
	return scores[0].points;
}

static inline uint32_t rt_victim(const char *release, const struct rule_input *input)
{
	struct rule_score scores[RT_MAX];
	struct rule_verdict verdict = rt_select(release, input, scores);

	return verdict.victim ? verdict.victim->pid : 0;
}

#endif /* OOMTRACE_TESTS_UNIT_RULETASK_H */
