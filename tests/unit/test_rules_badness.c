// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * badness() of mm/oom_kill.c, 2.4 to 2.6.35. Every expected number was worked out by hand from
 * the source of the release it stands beside, before the code was written; the sum is beside it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/rule_points.h"
#include "ruletask.h"

#define CPU_UNIT_2_4 10240ULL /* 1024 ticks of 10 ms: jiffies >> (SHIFT_HZ 7 + 3) */
#define CPU_UNIT_2_6 8192ULL  /* 8192 ticks of 1 ms, 2048 of 4 ms */

static void roots_of_2_4_are_rough(void **state)
{
	/* 2.4.0 int_sqrt(): x is quartered and out halved until x is 0 or 1; of 1 a quarter less.
	 */
	(void)state;
	assert_int_equal(rule_rough_sqrt(0), 1);
	assert_int_equal(rule_rough_sqrt(1), 1);
	assert_int_equal(rule_rough_sqrt(2), 1);   /* 2 -> 0, out 1 */
	assert_int_equal(rule_rough_sqrt(4), 2);   /* 4 -> 1, out 2, 2 - 0 */
	assert_int_equal(rule_rough_sqrt(16), 3);  /* 16 -> 4 -> 1, out 4, 4 - 1 */
	assert_int_equal(rule_rough_sqrt(100), 9); /* 100 -> 25 -> 6 -> 1, out 12, 12 - 3 */
	assert_int_equal(rule_rough_sqrt(256), 12);
}

static void roots_of_2_6_are_rounded_down(void **state)
{
	(void)state;
	assert_int_equal(rule_sqrt(0), 0);
	assert_int_equal(rule_sqrt(1), 1);
	assert_int_equal(rule_sqrt(3), 1);
	assert_int_equal(rule_sqrt(4), 2);
	assert_int_equal(rule_sqrt(99), 9);
	assert_int_equal(rule_sqrt(100), 10);
	assert_int_equal(rule_sqrt(UINT64_MAX), UINT32_MAX);
}

static void linux_2_4_divides_virtual_size_by_rough_roots(void **state)
{
	struct task task = rt_task(7, 100000, 1);

	(void)state;
	/* 2.4.0: the size alone; resident memory means nothing. */
	assert_int_equal(rt_points("2.4", &task, 0), 100000);
	/* 100 units of CPU time: 100000 / 9 = 11111 */
	task.cpu_ns = 100 * CPU_UNIT_2_4 * RT_MS;
	assert_int_equal(rt_points("2.4", &task, 0), 11111);
	/* One tick less, 99 units: 99 -> 24 -> 6 -> 1, out 12 - 3 = 9 again */
	task.cpu_ns -= 10 * RT_MS;
	assert_int_equal(rt_points("2.4", &task, 0), 11111);
	task.cpu_ns += 10 * RT_MS;
	/* 256 units of 1310.72 s: root 12, its root (12 -> 3 -> 0, out 3) 3: 11111 / 3 = 3703 */
	task.age_ns = 335544320 * RT_MS;
	assert_int_equal(rt_points("2.4", &task, 0), 3703);
	task.nice = 5; /* 3703 * 2 */
	assert_int_equal(rt_points("2.4", &task, 0), 7406);
	task.uid = 0; /* 7406 / 4 = 1851.5 */
	assert_int_equal(rt_points("2.4", &task, 0), 1851);
	task.cap_effective = RT_RAWIO; /* 1851 / 4 = 462.75 */
	assert_int_equal(rt_points("2.4", &task, 0), 462);
	/* root once, whether by uid, euid or capability */
	task.euid = 0;
	task.cap_effective |= RT_ADMIN;
	assert_int_equal(rt_points("2.4", &task, 0), 462);
}

static void linux_2_4_overflows_an_int(void **state)
{
	struct task task = rt_task(7, 0x60000000, 1);
	struct rule_input input = rt_input(&task, 1);

	(void)state;
	assert_int_equal(rt_points("2.4", &task, 0), 0x60000000);
	assert_int_equal(rt_victim("2.4.31", &input), 7);
	/* 0x60000000 * 2 = 0xC0000000 is below 0 as an int: "points > maxpoints" is never true */
	task.nice = 1;
	assert_int_equal(rt_victim("2.4.31", &input), 0);
}

static void linux_2_4_knows_no_protection_and_no_children(void **state)
{
	struct task tasks[] = {rt_task(10, 1000, 1), rt_task(11, 5000, 1)};
	struct rule_input input = rt_input(tasks, 2);
	struct rule_score scores[RT_MAX];

	(void)state;
	tasks[1].ppid = 10;
	tasks[1].oom_score_adj = -1000;
	tasks[1].eligible = false;
	tasks[1].skip = SKIP_ADJ_MIN;
	assert_int_equal(rt_victim("2.4", &input), 11);
	rt_select("2.4", &input, scores);
	assert_int_equal(scores[0].points, 1000);
}

static void nobody_with_zero_points_dies_until_2_6_10(void **state)
{
	struct task task = rt_task(10, 3, 1);
	struct rule_input input = rt_input(&task, 1);

	(void)state;
	task.uid = 0; /* 3 / 4 = 0 */
	assert_int_equal(rt_victim("2.4", &input), 0);
	assert_int_equal(rt_victim("2.6.10", &input), 0);
	/* 2.6.11: "points > maxpoints || !chosen" */
	assert_int_equal(rt_victim("2.6.11", &input), 10);
}

static void linux_2_6_takes_exact_roots_and_none_of_zero(void **state)
{
	struct task task = rt_task(7, 100000, 1);

	(void)state;
	/* 2.6.0: "if (s)": not divided by a root of 0 */
	task.cpu_ns = (CPU_UNIT_2_6 * RT_MS) - 1;
	assert_int_equal(rt_points("2.6.0", &task, 0), 100000);
	/* 100 units: 100000 / 10; 3 units: root 1 */
	task.cpu_ns = 100 * CPU_UNIT_2_6 * RT_MS;
	assert_int_equal(rt_points("2.6.0", &task, 0), 10000);
	task.cpu_ns = 3 * CPU_UNIT_2_6 * RT_MS;
	assert_int_equal(rt_points("2.6.0", &task, 0), 100000);
}

static void age_was_in_jiffies_until_2_6_8_then_in_seconds(void **state)
{
	struct task task = rt_task(7, 100000, 1);

	(void)state;
	task.start_ns = 0;
	/* 16 * 1024 s: 2.6.9 has 16 units, the root of whose root is 2 */
	task.age_ns = 16384000 * RT_MS;
	assert_int_equal(rt_points("2.6.9", &task, 0), 50000);
	/* 2.6.8 had 16384000 >> 20 = 15: root 3, root 1 */
	assert_int_equal(rt_points("2.6.8", &task, 0), 100000);
	task.age_ns = 16777216 * RT_MS;
	assert_int_equal(rt_points("2.6.8", &task, 0), 50000);
	/* Both times are cut to seconds first: 16384.0 - 0 = 16384, though it is 16383.1 s old */
	task.start_ns = 900 * RT_MS;
	task.age_ns = 16383100 * RT_MS;
	assert_int_equal(rt_points("2.6.9", &task, 0), 50000);
	task.age_ns -= 1;
	assert_int_equal(rt_points("2.6.9", &task, 0), 100000);
}

/* 10 is the parent; 11 and 12 have their own memory, 13 shares the parent's. */
static void family(struct task tasks[4])
{
	tasks[0] = rt_task(10, 1000, 1);
	tasks[1] = rt_task(11, 500, 1);
	tasks[2] = rt_task(12, 301, 1);
	tasks[3] = rt_task(13, 1000, 1);
	for (int i = 1; i < 4; i++)
		tasks[i].ppid = 10;
	tasks[3].mm_id = tasks[0].mm_id;
}

static void children_count_whole_in_2_6_11_and_half_since_2_6_16(void **state)
{
	struct task tasks[4];
	struct rule_input input = rt_input(tasks, 4);
	struct rule_score scores[RT_MAX];

	(void)state;
	family(tasks);
	/* 2.6.11: 1000 + 500 + 301 */
	assert_int_equal(rt_select("2.6.11", &input, scores).chosen->pid, 10);
	assert_int_equal(scores[0].points, 1801);
	assert_int_equal(scores[1].points, 500);
	/* 2.6.16: 1000 + (500 / 2 + 1) + (301 / 2 + 1) = 1000 + 251 + 151 */
	rt_select("2.6.16", &input, scores);
	assert_int_equal(scores[0].points, 1402);
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 1402);
	/* 2.6.9: nobody's children */
	rt_select("2.6.9", &input, scores);
	assert_int_equal(scores[0].points, 1000);
}

static void the_first_child_with_other_memory_dies(void **state)
{
	struct task tasks[4];
	struct rule_input input = rt_input(tasks, 4);

	(void)state;
	family(tasks);
	assert_int_equal(rt_victim("2.6.11", &input), 11);
	assert_int_equal(rt_victim("2.6.35", &input), 11);
	/* In the order in which they were forked, not by size */
	tasks[2].start_ns = tasks[1].start_ns - 1;
	assert_int_equal(rt_victim("2.6.32", &input), 12);
	/* 2.6.9 kills whom it chose */
	assert_int_equal(rt_victim("2.6.9", &input), 10);
	/* With none of its own memory, nobody stands in */
	tasks[1].mm_id = tasks[2].mm_id = tasks[0].mm_id;
	assert_int_equal(rt_victim("2.6.32", &input), 10);
}

static void a_protected_child_stays_alive_since_2_6_20(void **state)
{
	struct task tasks[4];
	struct rule_input input = rt_input(tasks, 4);

	(void)state;
	family(tasks);
	tasks[1].oom_score_adj = -1000;
	tasks[1].eligible = false;
	tasks[1].skip = SKIP_ADJ_MIN;
	assert_int_equal(rt_victim("2.6.19", &input), 11);
	assert_int_equal(rt_victim("2.6.20", &input), 12);
	/* and yet it counts for its parent: 1000 + 251 + 151 */
	assert_int_equal(rt_victim("2.6.32", &input), 12);
}

static void oom_adj_shifts(void **state)
{
	struct task task = rt_task(7, 375, 1);

	(void)state;
	/* oom_score_adj 1000 is oom_adj 15: 375 * 32768 */
	task.oom_score_adj = 1000;
	assert_int_equal(rt_points("2.6.11", &task, 0), 12288000);
	/* -500 * 17 / 1000 = -8.5, cut to -8: 375 / 256 */
	task.oom_score_adj = -500;
	assert_int_equal(rt_points("2.6.11", &task, 0), 1);
	/* 58 * 17 / 1000 = 0; 59 gives 1 */
	task.oom_score_adj = 58;
	assert_int_equal(rt_points("2.6.32", &task, 0), 375);
	task.oom_score_adj = 59;
	assert_int_equal(rt_points("2.6.32", &task, 0), 750);
	task.oom_score_adj = -999; /* -16: 375 >> 16 */
	assert_int_equal(rt_points("2.6.32", &task, 0), 0);
}

static void oom_adj_as_both_files_show_it(void **state)
{
	(void)state;
	assert_int_equal(rules_oom_adj(1000), 15);
	assert_int_equal(rules_oom_adj(999), 15); /* 16.98, and 15 is the highest */
	assert_int_equal(rules_oom_adj(882), 14); /* 14.99 */
	assert_int_equal(rules_oom_adj(0), 0);
	assert_int_equal(rules_oom_adj(-1000), -17);
	assert_int_equal(rules_oom_adj(-999), -16);
}

static void zero_points_become_one_before_the_shift_since_2_6_20(void **state)
{
	struct task task = rt_task(7, 3, 1);

	(void)state;
	task.uid = 0;
	task.cap_effective = RT_ADMIN; /* 3 / 4 = 0 */
	task.oom_score_adj = 1000;
	assert_int_equal(rt_points("2.6.19", &task, 0), 0);
	assert_int_equal(rt_points("2.6.24", &task, 0), 32768);
	assert_int_equal(rt_points("2.6.32", &task, 0), 32768);
	task.oom_score_adj = -500;
	assert_int_equal(rt_points("2.6.32", &task, 0), 0);
}

static void minus_17_protects_since_2_6_12(void **state)
{
	struct task tasks[] = {rt_task(10, 200000, 1), rt_task(11, 2, 1)};
	struct rule_input input = rt_input(tasks, 2);
	struct rule_score scores[RT_MAX];

	(void)state;
	tasks[0].oom_score_adj = -1000;
	tasks[0].eligible = false;
	tasks[0].skip = SKIP_ADJ_MIN;
	/* 2.6.11: 200000 >> 16 = 3 are more than 2 */
	assert_int_equal(rt_victim("2.6.11", &input), 10);
	rt_select("2.6.11", &input, scores);
	assert_int_equal(scores[0].points, 3);
	assert_int_equal(rt_victim("2.6.12", &input), 11);
	assert_int_equal(rt_victim("2.6.32", &input), 11);
}

static void who_is_root_changed_with_2_6_25(void **state)
{
	struct task task = rt_task(7, 1000, 1);

	(void)state;
	task.euid = 0;
	assert_int_equal(rt_points("2.6.24", &task, 0), 250);
	assert_int_equal(rt_points("2.6.25", &task, 0), 1000);
	task.euid = 1000;
	task.cap_effective = RT_RESOURCE;
	assert_int_equal(rt_points("2.6.24", &task, 0), 1000);
	assert_int_equal(rt_points("2.6.25", &task, 0), 250);
	task.cap_effective = RT_RESOURCE | RT_ADMIN | RT_RAWIO; /* 1000 / 4 / 4 = 62.5 */
	assert_int_equal(rt_points("2.6.32", &task, 0), 62);
}

static void tasks_on_other_nodes(void **state)
{
	struct task tasks[] = {rt_task(10, 8000, 1), rt_task(11, 2000, 1)};
	struct rule_input input = rt_input(tasks, 2);
	struct rule_score scores[RT_MAX];

	(void)state;
	tasks[0].skip = SKIP_NOT_IN_NODEMASK;
	tasks[0].eligible = false;
	assert_int_equal(rt_victim("2.6.11", &input), 10); /* no cpusets yet */
	assert_int_equal(rt_victim("2.6.16", &input), 11); /* skipped */
	rt_select("2.6.24", &input, scores);               /* 8000 / 8 */
	assert_int_equal(scores[0].points, 1000);
	assert_int_equal(rt_victim("2.6.24", &input), 11);
	tasks[0].total_vm_bytes = 16008 * RT_PAGE; /* 16008 / 8 = 2001 */
	assert_int_equal(rt_victim("2.6.24", &input), 10);
}

static void linux_2_6_32_term_by_term(void **state)
{
	struct task tasks[] = {rt_task(10, 40000, 1), rt_task(11, 8000, 1)};
	struct rule_input input = rt_input(tasks, 2);
	struct rule_score scores[RT_MAX];

	(void)state;
	tasks[1].ppid = 10; /* 40000 + 8000 / 2 + 1 = 44001 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 44001);
	tasks[0].cpu_ns = 74000 * RT_MS; /* 74000 / 8192 = 9, root 3: 44001 / 3 = 14667 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 14667);
	tasks[0].start_ns = 0;
	tasks[0].age_ns = 83000000 * RT_MS; /* 83000 >> 10 = 81, roots 9 and 3: 14667 / 3 = 4889 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 4889);
	tasks[0].nice = 1;
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 9778);
	tasks[0].cap_effective = RT_ADMIN; /* 9778 / 4 = 2444.5 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 2444);
	tasks[0].cap_effective |= RT_RAWIO; /* 2444 / 4 = 611 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 611);
	tasks[0].oom_score_adj = 59; /* << 1 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 1222);
	tasks[0].nice = -5; /* a negative nice earns nothing: 4889 / 4 / 4 = 305, << 1 */
	rt_select("2.6.32", &input, scores);
	assert_int_equal(scores[0].points, 610);
}

static void who_runs_swapoff_comes_first(void **state)
{
	struct task tasks[] = {rt_task(10, 90000, 1), rt_task(11, 10, 1), rt_task(12, 20, 1)};
	struct rule_input input = rt_input(tasks, 3);

	(void)state;
	tasks[1].origin = tasks[2].origin = true;
	assert_int_equal(rt_victim("2.6.9", &input), 10);  /* not asked yet */
	assert_int_equal(rt_victim("2.6.11", &input), 11); /* "return p" */
	assert_int_equal(rt_victim("2.6.24", &input), 11); /* ULONG_MAX, the first of two */
	tasks[1].oom_score_adj = -1000;
	tasks[1].eligible = false;
	tasks[1].skip = SKIP_ADJ_MIN;
	assert_int_equal(rt_victim("2.6.24", &input), 12);
}

static void of_equals_the_first_one_scanned_dies(void **state)
{
	struct task tasks[] = {rt_task(12, 100, 1), rt_task(10, 100, 1), rt_task(11, 100, 1)};
	struct rule_input input = rt_input(tasks, 3);
	struct rule_score scores[RT_MAX];

	(void)state;
	assert_int_equal(rt_victim("2.4", &input), 10);
	assert_int_equal(rt_victim("2.6.11", &input), 10);
	assert_int_equal(rt_victim("2.6.32", &input), 10);
	assert_true(rt_select("2.6.32", &input, scores).tied);
	/* Within a memory cgroup the task list was walked: by their start, not by today's scan */
	input.constraint = CONSTRAINT_MEMCG_;
	tasks[0].start_ns = 1;
	assert_int_equal(rt_victim("2.6.32", &input), 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_of_2_4_are_rough),
		cmocka_unit_test(roots_of_2_6_are_rounded_down),
		cmocka_unit_test(linux_2_4_divides_virtual_size_by_rough_roots),
		cmocka_unit_test(linux_2_4_overflows_an_int),
		cmocka_unit_test(linux_2_4_knows_no_protection_and_no_children),
		cmocka_unit_test(nobody_with_zero_points_dies_until_2_6_10),
		cmocka_unit_test(linux_2_6_takes_exact_roots_and_none_of_zero),
		cmocka_unit_test(age_was_in_jiffies_until_2_6_8_then_in_seconds),
		cmocka_unit_test(children_count_whole_in_2_6_11_and_half_since_2_6_16),
		cmocka_unit_test(the_first_child_with_other_memory_dies),
		cmocka_unit_test(a_protected_child_stays_alive_since_2_6_20),
		cmocka_unit_test(oom_adj_shifts),
		cmocka_unit_test(oom_adj_as_both_files_show_it),
		cmocka_unit_test(zero_points_become_one_before_the_shift_since_2_6_20),
		cmocka_unit_test(minus_17_protects_since_2_6_12),
		cmocka_unit_test(who_is_root_changed_with_2_6_25),
		cmocka_unit_test(tasks_on_other_nodes),
		cmocka_unit_test(linux_2_6_32_term_by_term),
		cmocka_unit_test(who_runs_swapoff_comes_first),
		cmocka_unit_test(of_equals_the_first_one_scanned_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
