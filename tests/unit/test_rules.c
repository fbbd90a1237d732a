// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * oom_badness() of mm/oom_kill.c, 2.6.36 to 7.2, and which release has which rule. Every expected
 * number was worked out by hand from the source of the release it stands beside, before the code
 * was written; the sum is beside it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ruletask.h"

/* 3000 anon, 100 file, 500 swap: 3600 pages, and 40 of page tables. */
static struct task resident(uint32_t pid)
{
	struct task task = rt_task(pid, 50000, 3000);

	task.rss_file_bytes = 100 * RT_PAGE;
	task.swap_bytes = 500 * RT_PAGE;
	task.pgtables_bytes = 40 * RT_PAGE;
	return task;
}

static void thousandths_of_what_there_is(void **state)
{
	struct task task = resident(7);

	(void)state;
	/* 2.6.36: 3600 * 1000 / 10000, no page tables */
	assert_int_equal(rt_points("2.6.36", &task, 10000), 360);
	/* 2.6.39: 3640 * 1000 / 10000 */
	assert_int_equal(rt_points("2.6.39", &task, 10000), 364);
	task.cap_effective = RT_ADMIN;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 330);
	task.oom_score_adj = 100;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 430);
	/* root is who has CAP_SYS_ADMIN: neither uid 0 nor another capability */
	task.cap_effective = RT_RESOURCE | RT_RAWIO;
	task.uid = task.euid = 0;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 460);
}

static void thousandths_end_at_1_and_1000(void **state)
{
	struct task task = resident(7);

	(void)state;
	task.oom_score_adj = -360; /* 0 is not enough: 1 */
	assert_int_equal(rt_points("2.6.36", &task, 10000), 1);
	task.oom_score_adj = -359;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 1);
	task.oom_score_adj = -358;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 2);
	task.oom_score_adj = -999;
	assert_int_equal(rt_points("3.4", &task, 10000), 1);
	task.oom_score_adj = 639;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 999);
	task.oom_score_adj = 1000;
	assert_int_equal(rt_points("2.6.36", &task, 10000), 1000);
	/* A limit of 0 counts as 1 page; 3600000 thousandths are 1000 */
	task.oom_score_adj = 0;
	assert_int_equal(rt_points("2.6.36", &task, 1), 1000);
}

static void thousandths_overflow_from_2_6_39_to_3_0_14(void **state)
{
	struct task task = rt_task(7, 0, 2147483);

	(void)state;
	/* 2147483 * 1000 = 2147483000 is the last that an int holds: / 4000000 = 536 */
	assert_int_equal(rt_points("2.6.39", &task, 4000000), 536);
	/*
	 * 2147484000 is -2147483296 as an int; as an unsigned long 18446744071562068320, / 4000000
	 * = 4611686017890; its lower 32 bits are -1108858014 as an int: no more than 0, so 1.
	 */
	task.rss_anon_bytes = 2147484 * RT_PAGE;
	assert_int_equal(rt_points("2.6.39", &task, 4000000), 1);
	assert_int_equal(rt_points("3.0.14", &task, 4000000), 1);
	assert_int_equal(rt_points("3.1", &task, 4000000), 1);
	assert_int_equal(rt_points("3.0.15", &task, 4000000), 536);
	assert_int_equal(rt_points("3.2", &task, 4000000), 536);
	/* 2.6.38 multiplied unsigned longs */
	assert_int_equal(rt_points("2.6.38", &task, 4000000), 536);
}

static void protection_was_shared_from_2_6_37_to_3_1(void **state)
{
	struct task tasks[] = {resident(10), resident(11)};
	struct rule_input input = rt_input(tasks, 2);

	(void)state;
	tasks[1].mm_id = tasks[0].mm_id;
	tasks[1].oom_score_adj = -1000;
	tasks[1].eligible = false;
	tasks[1].skip = SKIP_ADJ_MIN;
	assert_int_equal(rt_victim("2.6.36", &input), 10);
	assert_int_equal(rt_victim("2.6.37", &input), 0);
	assert_int_equal(rt_victim("3.1.10", &input), 0);
	assert_int_equal(rt_victim("3.2", &input), 10);
}

static void pages_and_root_30_from_3_5_to_3_13(void **state)
{
	struct task task = resident(7);

	(void)state;
	assert_int_equal(rt_points("3.5", &task, 10000), 3640);
	task.cap_effective = RT_ADMIN; /* -30 * (10000 / 1000) */
	assert_int_equal(rt_points("3.5", &task, 10000), 3340);
	assert_int_equal(rt_points("3.13.0-32-generic", &task, 10000), 3340);
	task.oom_score_adj = 100; /* (100 - 30) * 10 */
	assert_int_equal(rt_points("3.7.6", &task, 10000), 4340);
	assert_int_equal(rt_points("3.5", &task, 999), 3640); /* 999 / 1000 = 0 */
	assert_int_equal(rt_points("3.5", &task, 1999), 3710);
	task.oom_score_adj = -999; /* 3640 - 10290 */
	assert_int_equal(rt_points("3.5", &task, 10000), 1);
}

static void the_loop_kept_32_bits_until_4_8(void **state)
{
	struct task task = rt_task(7, 0, 0x100000005ULL);

	(void)state;
	assert_int_equal(rt_points("3.5", &task, 10000), 5);
	assert_int_equal(rt_points("4.8", &task, 10000), 5);
	assert_int_equal(rt_points("4.9", &task, 10000), 0x100000005ULL);
	assert_int_equal(rt_points("4.17", &task, 10000), 0x100000005ULL);
}

static void root_has_3_percent_off_from_3_14_to_4_16(void **state)
{
	struct task task = resident(7);

	(void)state;
	task.cap_effective = RT_ADMIN; /* 3640 - 10920 / 100 = 3640 - 109 */
	assert_int_equal(rt_points("3.14", &task, 10000), 3531);
	assert_int_equal(rt_points("4.16", &task, 10000), 3531);
	task.oom_score_adj = 100;
	assert_int_equal(rt_points("3.14", &task, 10000), 4531);
	assert_int_equal(rt_points("4.17", &task, 10000), 4640);
	task.oom_score_adj = 0;
	task.rss_anon_bytes = task.swap_bytes = task.pgtables_bytes = 0;
	task.rss_file_bytes = 33 * RT_PAGE; /* 33 * 3 / 100 = 0 */
	assert_int_equal(rt_points("3.14", &task, 10000), 33);
	task.rss_file_bytes = 34 * RT_PAGE; /* 34 - 1 */
	assert_int_equal(rt_points("3.14", &task, 10000), 33);
}

static void points_are_signed_since_5_9(void **state)
{
	struct task task = resident(7);

	(void)state;
	task.oom_score_adj = -999; /* 3640 - 999 * 10 = -6350 */
	assert_int_equal(rt_points("5.8", &task, 10000), 1);
	assert_int_equal((int64_t)rt_points("5.9", &task, 10000), -6350);
	assert_int_equal((int64_t)rt_points("7.2", &task, 10000), -6350);
	assert_int_equal((int64_t)rt_points("current", &task, 10000), -6350);
	assert_int_equal((int64_t)rt_points("6.2", &task, 999), 3640);
	task.oom_score_adj = -364; /* 0 points are points */
	assert_int_equal(rt_points("5.9", &task, 10000), 0);
}

static void many_with_less_than_nothing_differ_since_5_9(void **state)
{
	/* Ten containers, all with -998: until 5.8 all have 1 point, and the first one dies. */
	struct task tasks[] = {rt_task(10, 0, 50), rt_task(11, 0, 900), rt_task(12, 0, 60)};
	struct rule_input input = rt_input(tasks, 3);

	(void)state;
	for (int i = 0; i < 3; i++)
		tasks[i].oom_score_adj = -998;
	assert_int_equal(rt_victim("4.19", &input), 10);
	assert_int_equal(rt_victim("5.4.143", &input), 12); /* last of equals */
	assert_int_equal(rt_victim("5.4.144", &input), 11);
	assert_int_equal(rt_victim("6.1.192", &input), 11);
}

static void the_worst_child_dies_until_5_0(void **state)
{
	struct task tasks[] = {rt_task(10, 0, 5000), rt_task(11, 0, 10), rt_task(12, 0, 20),
			       rt_task(13, 0, 900)};
	struct rule_input input = rt_input(tasks, 4);

	(void)state;
	for (int i = 1; i < 4; i++)
		tasks[i].ppid = 10;
	tasks[3].mm_id = tasks[0].mm_id;
	assert_int_equal(rt_victim("2.6.36", &input), 12);
	assert_int_equal(rt_victim("4.19", &input), 12);
	assert_int_equal(rt_victim("5.0", &input), 12);
	assert_int_equal(rt_victim("5.1", &input), 10);
	assert_int_equal(rt_victim("7.2", &input), 10);
	/* A protected child has no points; of children alike the older one */
	tasks[2].oom_score_adj = -1000;
	tasks[2].eligible = false;
	tasks[2].skip = SKIP_ADJ_MIN;
	assert_int_equal(rt_victim("4.19", &input), 11);
	tasks[2] = tasks[1];
	tasks[2].pid = tasks[2].mm_id = 12;
	tasks[2].start_ns -= 1;
	assert_int_equal(rt_victim("4.19", &input), 12);
	tasks[2].start_ns += 2;
	assert_int_equal(rt_victim("4.19", &input), 11);
	tasks[1].oom_score_adj = tasks[2].oom_score_adj = -1000;
	tasks[1].skip = tasks[2].skip = SKIP_ADJ_MIN;
	tasks[1].eligible = tasks[2].eligible = false;
	assert_int_equal(rt_victim("4.19", &input), 10);
}

static void of_equals_the_last_one_scanned_dies_since_5_3(void **state)
{
	struct task tasks[] = {rt_task(12, 0, 100), rt_task(10, 0, 100), rt_task(11, 0, 100)};
	struct rule_input input = rt_input(tasks, 3);

	(void)state;
	assert_int_equal(rt_victim("3.5", &input), 10);
	assert_int_equal(rt_victim("5.2", &input), 10);
	assert_int_equal(rt_victim("5.3", &input), 12);
	assert_int_equal(rt_victim("7.2", &input), 12);
}

static void who_runs_swapoff_is_chosen(void **state)
{
	struct task tasks[] = {rt_task(10, 0, 9000), rt_task(11, 0, 10), rt_task(12, 0, 10)};
	struct rule_input input = rt_input(tasks, 3);
	struct rule_score scores[RT_MAX];

	(void)state;
	tasks[1].origin = tasks[2].origin = true;
	/* 2.6.36: 1000 thousandths against 900 */
	assert_int_equal(rt_select("2.6.36", &input, scores).chosen->pid, 11);
	assert_int_equal(scores[1].points, 1000);
	/* 3.0: 1 thousandth and an oom_score_adj of 1000, which is at most 1000 */
	assert_int_equal(rt_victim("3.0", &input), 11);
	/* 3.5: 10 + 1000 * 10 */
	rt_select("3.5", &input, scores);
	assert_int_equal(scores[1].points, 10010);
	/* 3.8: selected, and the scan goes on: the last one, oom_score_adj -1000 or not */
	assert_int_equal(rt_victim("3.8", &input), 12);
	tasks[2].oom_score_adj = -1000;
	assert_int_equal(rt_victim("6.12", &input), 12);
}

static void nobody_dies_of_an_empty_set(void **state)
{
	struct task task = rt_task(10, 10, 10);
	struct rule_input input = rt_input(&task, 1);
	struct rule_score scores[RT_MAX];

	(void)state;
	task.oom_score_adj = -1000;
	task.eligible = false;
	task.skip = SKIP_ADJ_MIN;
	for (size_t i = 0; rules_all(i); i++) {
		struct rule_verdict verdict;

		input.n_tasks = 0;
		rules_select(rules_all(i), &input, scores, &verdict);
		assert_null(verdict.chosen);
		assert_null(verdict.victim);
		input.n_tasks = 1;
		rules_select(rules_all(i), &input, scores, &verdict);
		assert_true(!verdict.chosen == !!(rules_all(i)->traits & RULE_DISABLE));
	}
}

static void what_is_changed_is_chosen_by(void **state)
{
	struct task tasks[] = {rt_task(10, 0, 5000), rt_task(11, 0, 4000), rt_task(12, 0, 3000)};
	struct rule_change changes[2] = {{.pid = 10, .adj = -100}, {.pid = 11, .remove = true}};
	struct rule_input input = rt_input(tasks, 3);

	(void)state;
	input.changes = changes;
	assert_int_equal(rt_victim("current", &input), 10);
	input.n_changes = 1; /* 5000 - 1000 = 4000: the last of equals */
	assert_int_equal(rt_victim("current", &input), 11);
	input.n_changes = 2;
	assert_int_equal(rt_victim("current", &input), 10);
	changes[0].adj = -1000;
	assert_int_equal(rt_victim("current", &input), 12);
	/* Who shares the memory has the adj too */
	tasks[2].mm_id = tasks[0].mm_id;
	assert_int_equal(rt_victim("current", &input), 0);
	/* and what was protected can be chosen again */
	tasks[0].oom_score_adj = -1000;
	tasks[0].eligible = false;
	tasks[0].skip = SKIP_ADJ_MIN;
	changes[0].adj = 0;
	assert_int_equal(rt_victim("current", &input), 10);
	changes[0].pid = 99; /* nobody */
	assert_int_equal(rt_victim("current", &input), 12);
}

static void the_kernels_own_points_go_before_the_sum(void **state)
{
	struct task task = resident(7);
	struct rule_input input = rt_input(&task, 1);
	struct rule_score scores[RT_MAX];

	(void)state;
	task.oom_score_adj = 100;
	task.known |= TASK_KNOWS_POINTS;
	task.points = 3700 + 1000; /* 60 pages more than when it was looked at again */
	input.was_totalpages = 10000;
	rt_select("current", &input, scores);
	assert_int_equal(scores[0].points, 4700);
	input.totalpages = 20000;
	rt_select("current", &input, scores);
	assert_int_equal(scores[0].points, 3700 + 2000);
	rt_select("2.6.36", &input, scores); /* without page tables: from its memory */
	assert_int_equal(scores[0].points, 280);
}

static void the_scheduler_is_no_oom_killer(void **state)
{
	struct task tasks[] = {rt_task(10, 0, 5000), rt_task(11, 0, 10), rt_task(12, 0, 10)};
	struct rule_input input = rt_input(tasks, 3);
	struct rule_score scores[RT_MAX];
	struct rule_verdict verdict;

	(void)state;
	/* 2.4.31 goodness(): counter (not known) + 20 - nice, + 1 for the memory in use now */
	tasks[0].nice = 19;
	tasks[2].nice = -5;
	input.invoker_pid = 11;
	verdict = rt_select("2.4-goodness", &input, scores);
	assert_int_equal(scores[0].points, 1);
	assert_int_equal(scores[1].points, 21);
	assert_int_equal(scores[2].points, 25);
	assert_int_equal(verdict.chosen->pid, 12);
	assert_true(verdict.lacks & (1U << LACK_SLICE));
	assert_int_equal(verdict.rule->family, RULE_GOODNESS);
}

static void what_a_rule_lacks_is_named(void **state)
{
	struct task tasks[] = {resident(10), resident(11)};
	struct rule_input input = rt_input(tasks, 2);
	struct rule_score scores[RT_MAX];
	struct rule_verdict verdict;

	(void)state;
	input.rss_counters = RSS_APPROXIMATE;
	assert_int_equal(rt_select("current", &input, scores).lacks, 0);
	assert_int_equal(rt_select("6.2", &input, scores).lacks, 0);
	assert_int_equal(rt_select("7.2", &input, scores).lacks, 1U << LACK_COUNTERS);
	assert_int_equal(rt_select("2.6.32", &input, scores).lacks, 0);
	assert_int_equal(rt_select("2.4", &input, scores).lacks, 1U << LACK_INIT);
	input.rss_counters = RSS_UNKNOWN;
	assert_int_equal(rt_select("3.5", &input, scores).lacks, 1U << LACK_PTES);

	tasks[0].threads = 2;
	tasks[1].ppid = 10;
	tasks[1].known &= ~(uint32_t)TASK_KNOWS_CPU;
	input.constraint = CONSTRAINT_MEMCG_;
	verdict = rt_select("2.6.11", &input, scores);
	assert_int_equal(verdict.lacks, 1U << LACK_THREADS | 1U << LACK_CHILD_THREADS |
						1U << LACK_CPU | 1U << LACK_CHILDREN |
						1U << LACK_MEMCG);
	assert_int_equal(verdict.tasks_lacking[LACK_CPU], 1);
	verdict = rt_select("2.6.32", &input, scores);
	assert_int_equal(verdict.lacks, 1U << LACK_CHILD_THREADS | 1U << LACK_CPU |
						1U << LACK_CHILDREN | 1U << LACK_CPUSET);
	/* From 2.6.36 on a child outside of the cgroup has no points: nothing is missing */
	verdict = rt_select("4.19", &input, scores);
	assert_int_equal(verdict.lacks, 1U << LACK_CPUSET);

	/* As of a JSON line, which has no capabilities */
	tasks[1].known &= ~(uint32_t)TASK_KNOWS_CREDENTIALS;
	assert_int_equal(rt_select("4.17", &input, scores).lacks, 1U << LACK_CPUSET);
	assert_int_equal(rt_select("4.16", &input, scores).lacks,
			 1U << LACK_CPUSET | 1U << LACK_CREDENTIALS);
	assert_int_equal(rt_select("3.2", &input, scores).tasks_lacking[LACK_CREDENTIALS], 1);

	input.whole = false;
	input.totalpages = 0;
	tasks[0].known = TASK_KNOWS_MEMORY;
	tasks[1].known = 0;
	tasks[1].oom_score_adj = 5;
	verdict = rt_select("current", &input, scores);
	assert_int_equal(verdict.lacks, 1U << LACK_CANDIDATES | 1U << LACK_MEMORY |
						1U << LACK_TOTALPAGES | 1U << LACK_ORIGIN);
	assert_int_equal(verdict.chosen->pid, 10);
	verdict = rt_select("3.2", &input, scores);
	assert_null(verdict.chosen);
	assert_true(verdict.lacks & 1U << LACK_TOTALPAGES);
	for (unsigned int lack = 0; lack < LACK_MAX; lack++) {
		assert_non_null(lack_words(lack));
		assert_non_null(lack_name(lack));
	}
	assert_null(lack_words(LACK_MAX));
	assert_null(lack_name(LACK_MAX));
}

static void equals_of_an_unknown_scan_are_said(void **state)
{
	struct task tasks[] = {rt_task(10, 0, 100), rt_task(11, 0, 100)};
	struct rule_input input = rt_input(tasks, 2);
	struct rule_score scores[RT_MAX];
	struct rule_verdict verdict = rt_select("current", &input, scores);

	(void)state;
	assert_true(verdict.tied);
	assert_int_equal(verdict.lacks, 0);
	tasks[1].scan = UINT32_MAX;
	verdict = rt_select("current", &input, scores);
	assert_int_equal(verdict.lacks, 1U << LACK_SCAN);
}

static void scores_become_a_ranking(void **state)
{
	struct task tasks[] = {rt_task(10, 0, 100), rt_task(11, 0, 300), rt_task(12, 0, 200),
			       rt_task(13, 0, 300), rt_task(14, 0, 900)};
	static const uint32_t ranks[] = {13, 11, 12, 10, 14};
	struct rule_input input = rt_input(tasks, 5);
	struct rule_score scores[RT_MAX];

	(void)state;
	tasks[4].oom_score_adj = -1000;
	tasks[4].eligible = false;
	tasks[4].skip = SKIP_ADJ_MIN;
	rt_select("current", &input, scores);
	rules_rank(rt_rule("current"), &input, scores, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(scores[i].task->pid, ranks[i]);
}

static void releases_map_to_the_rule_in_force(void **state)
{
	static const struct {
		const char *release, *rule;
		bool vendor, backport;
	} rows[] = {
		{"2.4", "2.4", false, false},
		{"2.4.0", "2.4", false, false},
		{"2.4.31", "2.4", false, false},
		{"2.6.0", "2.6.0", false, false},
		{"2.6.10", "2.6.9", false, false},
		{"2.6.11", "2.6.11", false, false},
		{"2.6.11.12", "2.6.11", false, false},
		{"2.6.15", "2.6.12", false, false},
		{"2.6.18-398.el5", "2.6.16", true, false},
		{"2.6.32", "2.6.32", false, false},
		{"2.6.32.67", "2.6.32", false, false},
		{"2.6.35.14", "2.6.32", false, false},
		{"2.6.32-358.el6", "3.0.15", true, true},
		{"2.6.32-358.6.1.el6.i686", "3.0.15", true, true},
		{"2.6.32-220.23.2.ali878.el6.x86_64", "3.0.15", true, true},
		{"2.6.38", "2.6.37", false, false},
		{"3.0.12", "3.0", false, false},
		{"3.0.101", "3.0.15", false, false},
		{"3.1.10", "3.1", false, false},
		{"3.4.113", "3.2", false, false},
		{"v3.7.6", "3.6", false, false},
		{"3.10.0-1160.el7.x86_64", "3.8", true, false},
		{"3.13.11", "3.8", false, false},
		{"4.14.336", "4.9", false, false},
		{"4.15", "4.15", false, false},
		{"4.19.0-27-amd64", "4.17", true, false},
		{"5.0", "4.17", false, false},
		{"5.2.21", "5.1", false, false},
		{"5.4.143", "5.3", false, false},
		{"5.4.144", "5.9", false, true},
		{"5.4.0-42-generic", "5.3", true, false},
		{"5.4.0-150-generic", "5.9", true, true},
		{"5.4.0-1058-aws", "5.3", true, false},
		{"5.8.18", "5.3", false, false},
		{"5.10.223", "5.9", false, false},
		{"6.1.0-13-amd64", "5.9", true, false},
		{"6.18.44+", "6.2", true, false},
		{"7.2", "7.2", false, false},
		{"7.2.13", "7.2", false, false},
		{"7.2-rc3", "7.2", false, false},
		{"2.4-goodness", "2.4-goodness", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct model model;

		assert_int_equal(model_parse(rows[i].release, &model), MODEL_OK);
		assert_int_equal(model.kind, MODEL_RULE);
		assert_string_equal(model.rule->name, rows[i].rule);
		assert_int_equal(model.vendor, rows[i].vendor);
		assert_int_equal(model.backport, rows[i].backport);
	}
}

static void what_is_no_release_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *text;
		enum model_error error;
	} rows[] = {
		{"", MODEL_NO_RELEASE},          {"linux", MODEL_NO_RELEASE},
		{"3", MODEL_NO_RELEASE},         {"3.", MODEL_NO_RELEASE},
		{"2.6", MODEL_NO_RELEASE},       {"3.0 ", MODEL_NO_RELEASE},
		{"3.0x", MODEL_NO_RELEASE},      {"-3.0", MODEL_NO_RELEASE},
		{"3.0.1 el6", MODEL_NO_RELEASE}, {"999999999.1", MODEL_NO_RELEASE},
		{"2.2.26", MODEL_TOO_OLD},       {"1.0", MODEL_TOO_OLD},
		{"2.3.99", MODEL_TOO_OLD},       {"2.5.75", MODEL_DEVELOPMENT},
		{"7.3", MODEL_TOO_NEW},          {"7.10.1", MODEL_TOO_NEW},
		{"8.0-rc1", MODEL_TOO_NEW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct model model;

		assert_int_equal(model_parse(rows[i].text, &model), rows[i].error);
		assert_non_null(model_error_words(rows[i].error));
	}
	assert_null(model_error_words(MODEL_OK));
	assert_null(model_error_words(MODEL_DEVELOPMENT + 1));
}

static void the_named_models_are_the_contracts(void **state)
{
	static const char *const names[] = {"2.4-goodness", "2.4", "2.6.11", "2.6.32",
					    "2.6.36",       "3.5", "3.14",   "4.17",
					    "5.9",          "6.2", "7.2"};
	struct model model;
	size_t count = 0;

	(void)state;
	for (; rules_named(count); count++)
		assert_string_equal(rules_named(count)->name, names[count]);
	assert_int_equal(count, sizeof(names) / sizeof(names[0]));
	assert_int_equal(model_parse("all", &model), MODEL_OK);
	assert_int_equal(model.kind, MODEL_ALL);
	assert_int_equal(model_parse("current", &model), MODEL_OK);
	assert_int_equal(model.kind, MODEL_CURRENT);
	assert_ptr_equal(model.rule, rules_current());
	for (size_t i = 1; rules_all(i); i++) {
		const unsigned int *a = rules_all(i - 1)->since, *b = rules_all(i)->since;

		assert_true(a[0] * 1000000 + a[1] * 1000 + a[2] <
			    b[0] * 1000000 + b[1] * 1000 + b[2]);
		assert_non_null(rules_all(i)->words);
	}
}

static void a_log_names_the_kernel_that_chose(void **state)
{
	static const struct {
		const char *release, *rule;
	} kernels[] = {
		{"2.6.11", "2.6.11"},
		{"2.6.32-358.6.1.el6.i686", "3.0.15"},
		{"3.10.0-693.21.1.el7.x86_64", "3.8"},
		{"4.1.0-rc7", "3.14"},
		{"4.19.0-6-amd64", "4.17"},
		{"5.2.14-arch2-1-ARCH", "5.1"},
		{"5.4.0-77-generic", "5.3"},
		{"5.4.0-90-generic", "current"},
		{"6.1.0-13-amd64", "current"},
		{"9.9.9", "current"},
	};
	struct model model;

	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		assert_true(rules_of_kernel(kernels[i].release, &model));
		assert_int_equal(model.kind, MODEL_CURRENT);
		assert_string_equal(model.rule->name, kernels[i].rule);
	}
	assert_false(rules_of_kernel("", &model));
	assert_ptr_equal(model.rule, rules_current());
	assert_false(rules_of_kernel("all", &model));
	assert_int_equal(model.kind, MODEL_CURRENT);
}

/* A table until 6.7 has the resident pages as one number, one until 3.6 neither swap nor tables. */
static void what_a_table_of_old_has_is_enough(void **state)
{
	struct rule_score scores[RT_MAX];
	struct rule_verdict verdict;
	struct task tasks[2] = {
		{.pid = 10, .eligible = true, .rss_bytes = 300 << 12, .total_vm_bytes = 900 << 12},
		{.pid = 11, .eligible = true, .rss_bytes = 200 << 12, .total_vm_bytes = 1000 << 12},
	};
	struct rule_input input = {.tasks = tasks,
				   .n_tasks = 2,
				   .totalpages = 10000,
				   .page_size = 4096,
				   .whole = true};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		tasks[i].known = TASK_KNOWS_RSS | TASK_KNOWS_TOTAL_VM | TASK_KNOWS_SWAP |
				 TASK_KNOWS_PGTABLES;
		tasks[i].swap_bytes = 7 << 12;
		tasks[i].pgtables_bytes = 3 << 12;
	}
	verdict = rt_select("current", &input, scores);
	assert_int_equal(verdict.chosen->pid, 10);
	assert_int_equal(verdict.chosen_points, 310);
	assert_int_equal(verdict.lacks & (1U << LACK_MEMORY | 1U << LACK_PARTS), 0);
	for (size_t i = 0; i < 2; i++) {
		tasks[i].known = TASK_KNOWS_RSS | TASK_KNOWS_TOTAL_VM;
		tasks[i].swap_bytes = tasks[i].pgtables_bytes = 0;
	}
	verdict = rt_select("3.2", &input, scores);
	assert_int_equal(verdict.chosen->pid, 10);
	assert_int_equal(verdict.chosen_points, 30);
	assert_int_equal(verdict.tasks_lacking[LACK_PARTS], 2);
	verdict = rt_select("2.6.32", &input, scores); /* the larger in virtual pages */
	assert_int_equal(verdict.chosen->pid, 11);
	assert_int_equal(verdict.lacks & (1U << LACK_MEMORY | 1U << LACK_PARTS), 0);
}

/* The lowest levels are what a log before 4.15 has, and what its kernel counted. */
static void a_log_has_the_tables_that_were_counted(void **state)
{
	struct rule_score scores[RT_MAX];
	struct task task = {.pid = 10,
			    .eligible = true,
			    .known = TASK_KNOWS_MEMORY,
			    .rss_anon_bytes = 300 << 12,
			    .pgtables_bytes = 3 << 12};
	struct rule_input input = {.tasks = &task,
				   .n_tasks = 1,
				   .totalpages = 10000,
				   .page_size = 4096,
				   .whole = true};

	(void)state;
	assert_int_equal(rt_select("4.1", &input, scores).tasks_lacking[LACK_PTES], 1);
	input.lowest_tables = true;
	assert_int_equal(rt_select("4.1", &input, scores).tasks_lacking[LACK_PTES], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousandths_of_what_there_is),
		cmocka_unit_test(thousandths_end_at_1_and_1000),
		cmocka_unit_test(thousandths_overflow_from_2_6_39_to_3_0_14),
		cmocka_unit_test(protection_was_shared_from_2_6_37_to_3_1),
		cmocka_unit_test(pages_and_root_30_from_3_5_to_3_13),
		cmocka_unit_test(the_loop_kept_32_bits_until_4_8),
		cmocka_unit_test(root_has_3_percent_off_from_3_14_to_4_16),
		cmocka_unit_test(points_are_signed_since_5_9),
		cmocka_unit_test(many_with_less_than_nothing_differ_since_5_9),
		cmocka_unit_test(the_worst_child_dies_until_5_0),
		cmocka_unit_test(of_equals_the_last_one_scanned_dies_since_5_3),
		cmocka_unit_test(who_runs_swapoff_is_chosen),
		cmocka_unit_test(nobody_dies_of_an_empty_set),
		cmocka_unit_test(what_is_changed_is_chosen_by),
		cmocka_unit_test(the_kernels_own_points_go_before_the_sum),
		cmocka_unit_test(the_scheduler_is_no_oom_killer),
		cmocka_unit_test(what_a_rule_lacks_is_named),
		cmocka_unit_test(equals_of_an_unknown_scan_are_said),
		cmocka_unit_test(scores_become_a_ranking),
		cmocka_unit_test(releases_map_to_the_rule_in_force),
		cmocka_unit_test(what_is_no_release_is_refused_with_the_reason),
		cmocka_unit_test(the_named_models_are_the_contracts),
		cmocka_unit_test(a_log_names_the_kernel_that_chose),
		cmocka_unit_test(what_a_table_of_old_has_is_enough),
		cmocka_unit_test(a_log_has_the_tables_that_were_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
