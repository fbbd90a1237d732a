// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/why.h"

#define PAGE 4096ULL

static struct task tasks[3];

static struct task task_of(uint32_t pid, int64_t points)
{
	return (struct task){
		.known = TASK_KNOWS_POINTS | TASK_KNOWS_MEMORY,
		.pid = pid,
		.points = points,
		.rss_anon_bytes = (uint64_t)points * PAGE,
		.eligible = true,
	};
}

/* 1 is the victim with 90 points, 2 follows with 60, 3 with 30. */
static struct episode sample(void)
{
	struct episode episode = {
		.page_size = PAGE,
		.candidates_source = SOURCE_SELECTION,
		.tasks = tasks,
		.n_tasks = 3,
		.total = 3,
		.eligible = 3,
	};

	for (uint32_t i = 0; i < 3; i++)
		tasks[i] = task_of(i + 1, 90 - 30 * (int64_t)i);
	episode.victim = tasks[0];
	return episode;
}

static void the_largest_is_first_and_its_margin_is_in_bytes(void **state)
{
	struct episode episode = sample();
	struct why why = why_explain(&episode);

	(void)state;
	assert_int_equal(why.rank, 1);
	assert_non_null(why.runner_up);
	assert_int_equal(why.runner_up->pid, 2);
	assert_true(why.has_margin);
	assert_int_equal(why.margin_bytes, 30 * PAGE);
	assert_int_equal(why.largest_part, PART_ANON);
	assert_string_equal(why_part_name(why.largest_part), "anon");
}

static void the_kernels_runner_up_goes_before_the_lists(void **state)
{
	struct episode episode = sample();
	struct why why;

	(void)state;
	episode.has_runner_up = true;
	episode.runner_up = task_of(9, 80);
	why = why_explain(&episode);
	assert_ptr_equal(why.runner_up, &episode.runner_up);
	assert_int_equal(why.margin_bytes, 10 * PAGE);
}

static void a_smaller_victim_has_a_negative_margin_and_its_own_rank(void **state)
{
	struct episode episode = sample();
	struct why why;

	(void)state;
	episode.victim = tasks[1];
	why = why_explain(&episode);
	assert_int_equal(why.rank, 2);
	assert_int_equal(why.runner_up->pid, 1);
	assert_int_equal(why.margin_bytes, -30 * (int64_t)PAGE);
}

static void where_candidates_are_missing_nothing_is_guessed(void **state)
{
	struct episode episode = sample();
	struct why why;

	(void)state;
	episode.lost = 1;
	why = why_explain(&episode);
	assert_int_equal(why.rank, 0);
	assert_null(why.runner_up);
	assert_false(why.has_margin);

	episode = sample();
	episode.truncated = true;
	assert_int_equal(why_explain(&episode).rank, 0);

	episode = sample();
	episode.candidates_source = SOURCE_NONE;
	assert_int_equal(why_explain(&episode).rank, 0);
	assert_null(why_explain(&episode).runner_up);

	episode = sample();
	for (int i = 0; i < 3; i++)
		tasks[i].known &= ~(uint32_t)TASK_KNOWS_POINTS;
	why = why_explain(&episode);
	assert_null(why.runner_up);
}

static void a_lone_candidate_has_no_runner_up(void **state)
{
	struct episode episode = sample();
	struct why why;

	(void)state;
	tasks[1].eligible = tasks[2].eligible = false;
	why = why_explain(&episode);
	assert_int_equal(why.rank, 1);
	assert_null(why.runner_up);
	assert_false(why.has_margin);
}

static void the_adjustment_can_be_the_largest_part(void **state)
{
	struct episode episode = sample();

	(void)state;
	episode.victim.oom_score_adj = 500;
	assert_int_equal(why_explain(&episode).largest_part, PART_ANON);
	episode.known |= EPISODE_KNOWS_TOTALPAGES;
	episode.totalpages = 1000;
	assert_int_equal(why_explain(&episode).largest_part, PART_OOM_SCORE_ADJ);
	episode.totalpages = 999;
	assert_int_equal(why_explain(&episode).largest_part, PART_ANON);
}

static void every_part_can_be_the_largest(void **state)
{
	static const size_t fields[] = {
		[PART_ANON] = offsetof(struct task, rss_anon_bytes),
		[PART_FILE] = offsetof(struct task, rss_file_bytes),
		[PART_SHMEM] = offsetof(struct task, rss_shmem_bytes),
		[PART_SWAP] = offsetof(struct task, swap_bytes),
		[PART_PAGE_TABLES] = offsetof(struct task, pgtables_bytes),
	};

	(void)state;
	for (unsigned int part = PART_ANON; part <= PART_PAGE_TABLES; part++) {
		struct episode episode = sample();

		*(uint64_t *)((char *)&episode.victim + fields[part]) = 1000 * PAGE;
		assert_int_equal(why_explain(&episode).largest_part, part);
		assert_non_null(why_part_name(part));
	}
	assert_null(why_part_name(PART_NONE));
	assert_null(why_part_name(PART_MAX));
}

static void points_at_the_ends_of_the_scale_have_no_margin_to_overflow(void **state)
{
	struct episode episode = sample();

	(void)state;
	episode.victim.points = INT64_MAX;
	episode.has_runner_up = true;
	episode.runner_up = task_of(9, 1);
	assert_false(why_explain(&episode).has_margin);
	episode.runner_up.points = -5;
	assert_false(why_explain(&episode).has_margin);
}

static void it_says_what_had_spared_the_victim(void **state)
{
	struct episode episode = sample();
	struct why why;

	(void)state;
	assert_int_equal(why_explain(&episode).spared.state, SPARED_INCOMPLETE);
	episode.known |= EPISODE_KNOWS_TOTALPAGES;
	episode.totalpages = 10000;
	why = why_explain(
		&episode); /* 90 - 3 * 10 = 60 are as many as 2 has, whose pid is higher */
	assert_int_equal(why.spared.state, SPARED_BY_ADJ);
	assert_int_equal(why.spared.adj, -3);
	assert_ptr_equal(why.spared.then, &tasks[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_is_first_and_its_margin_is_in_bytes),
		cmocka_unit_test(the_kernels_runner_up_goes_before_the_lists),
		cmocka_unit_test(a_smaller_victim_has_a_negative_margin_and_its_own_rank),
		cmocka_unit_test(where_candidates_are_missing_nothing_is_guessed),
		cmocka_unit_test(a_lone_candidate_has_no_runner_up),
		cmocka_unit_test(the_adjustment_can_be_the_largest_part),
		cmocka_unit_test(every_part_can_be_the_largest),
		cmocka_unit_test(points_at_the_ends_of_the_scale_have_no_margin_to_overflow),
		cmocka_unit_test(it_says_what_had_spared_the_victim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
