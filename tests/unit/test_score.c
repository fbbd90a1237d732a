// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/score.h"

static void points_are_pages_of_memory_swap_and_page_tables(void **state)
{
	(void)state;
	assert_int_equal(score_points(100, 20, 3 * 4096 + 4095, 4096, 0, 1000000), 123);
}

static void the_adjustment_is_divided_before_it_is_multiplied(void **state)
{
	(void)state;
	assert_int_equal(score_points(10, 0, 0, 4096, 1000, 999), 10);
	assert_int_equal(score_points(10, 0, 0, 4096, 1000, 1999), 1010);
	assert_int_equal(score_points(10, 0, 0, 4096, 500, 2000), 1010);
}

static void points_may_be_negative(void **state)
{
	(void)state;
	assert_int_equal(score_points(10, 0, 0, 4096, -999, 5000), 10 - 999 * 5);
}

static void any_numbers_have_a_score(void **state)
{
	(void)state;
	score_points(UINT64_MAX, UINT64_MAX, UINT64_MAX, 1, -32768, UINT64_MAX);
	score_points(0, 0, 0, 4096, 32767, UINT64_MAX);
}

static struct task task_of(uint32_t pid, int64_t points, uint32_t scan)
{
	return (struct task){
		.known = TASK_KNOWS_POINTS,
		.pid = pid,
		.points = points,
		.scan = scan,
		.eligible = true,
	};
}

static void a_task_is_scored_only_from_what_is_known(void **state)
{
	struct task task = {
		.known = TASK_KNOWS_MEMORY,
		.eligible = true,
		.rss_anon_bytes = 4096 * 5,
		.swap_bytes = 4096,
		.pgtables_bytes = 8192,
		.oom_score_adj = 100,
	};
	int64_t points = -1;

	(void)state;
	assert_int_equal(score_of(&task, 4096, 10000, &points), 0);
	assert_int_equal(points, 5 + 1 + 2 + 1000);
	assert_int_equal(score_of(&task, 0, 10000, &points), -ENODATA);
	assert_int_equal(score_of(&task, 4096, 0, &points), -ENODATA);
	task.eligible = false;
	assert_int_equal(score_of(&task, 4096, 10000, &points), -ENODATA);
	task.eligible = true;
	task.known = 0;
	assert_int_equal(score_of(&task, 4096, 10000, &points), -ENODATA);
	assert_int_equal(points, 5 + 1 + 2 + 1000);
}

static void of_equals_the_last_one_scanned_comes_first(void **state)
{
	struct task tasks[] = {task_of(1, 50, 0), task_of(2, 50, 1), task_of(3, 50, 2)};

	(void)state;
	tasks_sort(tasks, 3);
	assert_int_equal(tasks[0].pid, 3);
	assert_int_equal(tasks[1].pid, 2);
	assert_int_equal(tasks[2].pid, 1);
}

static void negative_points_come_after_positive_and_before_the_ineligible(void **state)
{
	struct task tasks[] = {task_of(1, -5, 0), task_of(2, 9999, 1), task_of(3, 7, 2),
			       task_of(4, -6, 3)};

	(void)state;
	tasks[1].eligible = false;
	tasks_sort(tasks, 4);
	assert_int_equal(tasks[0].pid, 3);
	assert_int_equal(tasks[1].pid, 1);
	assert_int_equal(tasks[2].pid, 4);
	assert_int_equal(tasks[3].pid, 2);
}

static void tasks_without_points_follow_by_their_memory(void **state)
{
	struct task tasks[] = {task_of(1, 0, 0), task_of(2, 0, 1), task_of(3, -100, 2)};

	(void)state;
	tasks[0].known = tasks[1].known = TASK_KNOWS_MEMORY;
	tasks[0].rss_anon_bytes = 10;
	tasks[1].swap_bytes = 11;
	tasks_sort(tasks, 3);
	assert_int_equal(tasks[0].pid, 3);
	assert_int_equal(tasks[1].pid, 2);
	assert_int_equal(tasks[2].pid, 1);
}

static void any_number_of_tasks_is_sorted(void **state)
{
	static struct task tasks[1000];
	uint32_t seed = 1;

	(void)state;
	for (size_t count = 0; count <= 1000; count = count * 3 / 2 + 1) {
		for (size_t i = 0; i < count; i++) {
			seed = seed * 1664525 + 1013904223;
			tasks[i] = task_of((uint32_t)i, (int64_t)(seed >> 24) - 128, (uint32_t)i);
			tasks[i].eligible = seed & 0x10000;
			tasks[i].known = seed & 0x20000 ? TASK_KNOWS_POINTS : 0;
		}
		tasks_sort(tasks, count);
		for (size_t i = 1; i < count; i++)
			assert_true(task_order(&tasks[i - 1], &tasks[i]) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_pages_of_memory_swap_and_page_tables),
		cmocka_unit_test(the_adjustment_is_divided_before_it_is_multiplied),
		cmocka_unit_test(points_may_be_negative),
		cmocka_unit_test(any_numbers_have_a_score),
		cmocka_unit_test(a_task_is_scored_only_from_what_is_known),
		cmocka_unit_test(of_equals_the_last_one_scanned_comes_first),
		cmocka_unit_test(negative_points_come_after_positive_and_before_the_ineligible),
		cmocka_unit_test(tasks_without_points_follow_by_their_memory),
		cmocka_unit_test(any_number_of_tasks_is_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
