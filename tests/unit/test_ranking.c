// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/ranking.h"

#define PAGE 4096ULL

/*
 * fs/proc/base.c, proc_oom_score(), 5.9 to 7.2:
 *   badness = oom_badness(task, totalpages);
 *   if (badness != LONG_MIN)
 *           points = (1000 + badness * 1000 / (long)totalpages) * 2 / 3;
 */
static void oom_score_is_that_of_proc(void **state)
{
	(void)state;
	assert_int_equal(ranking_oom_score(true, 0, 1000000), 666);        /* 1000*2/3 = 666.6 */
	assert_int_equal(ranking_oom_score(true, 999, 1000000), 666);      /* 0 per mille yet */
	assert_int_equal(ranking_oom_score(true, 1000, 1000000), 667);     /* 1001*2/3 = 667.3 */
	assert_int_equal(ranking_oom_score(true, 1000000, 1000000), 1333); /* 2000*2/3 */
	assert_int_equal(ranking_oom_score(true, 2000000, 1000000), 2000); /* 3000*2/3 */
	assert_int_equal(ranking_oom_score(true, -500000, 1000000), 333);  /* 500*2/3 */
	assert_int_equal(ranking_oom_score(true, -999, 1000000), 666);     /* rounds toward zero */
	assert_int_equal(ranking_oom_score(true, -1000, 1000000), 666);    /* 999*2/3 = 666 */
	assert_int_equal(ranking_oom_score(true, -2000, 1000000), 665);    /* 998*2/3 = 665.3 */
	assert_int_equal(ranking_oom_score(false, 1000000, 1000000), 0);
	assert_int_equal(ranking_oom_score(true, 7, 0), 0);
}

static struct memcg memcg_of(uint64_t limit, uint64_t swap_limit, bool v1)
{
	return (struct memcg){
		.known = MEMCG_KNOWS_USAGE | MEMCG_KNOWS_SWAP,
		.limit_bytes = limit * PAGE,
		.swap_limit_bytes = swap_limit * PAGE,
		.v1 = v1,
	};
}

/* mm/memcontrol.c, mem_cgroup_get_max(): max + min(swap.max or memsw - max, total_swap_pages). */
static void totalpages_of_a_memcg_are_its_limit_and_its_swap(void **state)
{
	struct memcg memcg = memcg_of(1000, 300, false);

	(void)state;
	assert_int_equal(ranking_memcg_totalpages(&memcg, 0, true, PAGE), 1000);
	assert_int_equal(ranking_memcg_totalpages(&memcg, 200 * PAGE, true, PAGE), 1200);
	assert_int_equal(ranking_memcg_totalpages(&memcg, 900 * PAGE, true, PAGE), 1300);
	assert_int_equal(ranking_memcg_totalpages(&memcg, 900 * PAGE, false, PAGE), 1000);
	memcg.swap_limit_is_max = true;
	assert_int_equal(ranking_memcg_totalpages(&memcg, 900 * PAGE, true, PAGE), 1900);
	memcg = memcg_of(1000, 1300, true);
	assert_int_equal(ranking_memcg_totalpages(&memcg, 900 * PAGE, true, PAGE), 1300);
	memcg = memcg_of(1000, 700, true); /* cannot be written, and yet */
	assert_int_equal(ranking_memcg_totalpages(&memcg, 900 * PAGE, true, PAGE), 1000);
	memcg = memcg_of(0, 0, false);
	assert_int_equal(ranking_memcg_totalpages(&memcg, 0, true, PAGE), 1);
}

static struct task task_of(uint32_t pid, uint64_t pages, int adj, uint32_t scan)
{
	return (struct task){
		.known = TASK_KNOWS_MEMORY,
		.pid = pid,
		.rss_anon_bytes = pages * PAGE,
		.oom_score_adj = adj,
		.eligible = adj > -1000,
		.scan = scan,
	};
}

static void the_kernels_favourite_stands_first(void **state)
{
	struct task tasks[] = {
		task_of(10, 100, 0, 0), task_of(11, 900, -1000, 1),
		task_of(12, 50, 100, 2), /* 50 + 100 * (1000/1000) = 150 */
		task_of(13, 150, 0, 3),  /* as many: scanned last, it wins */
	};
	struct ranking ranking = {
		.page_size = PAGE, .totalpages = 1000, .tasks = tasks, .n_tasks = 4};

	(void)state;
	for (int i = 0; i < 4; i++)
		ranking_score(&tasks[i], tasks[i].rss_anon_bytes, PAGE, 1000);
	ranking_sort(&ranking);
	assert_int_equal(ranking.eligible, 3);
	assert_int_equal(tasks[0].pid, 13);
	assert_int_equal(tasks[1].pid, 12);
	assert_int_equal(tasks[1].points, 150);
	assert_int_equal(tasks[2].pid, 10);
	assert_int_equal(tasks[3].pid, 11);
	assert_int_equal(tasks[3].known & TASK_KNOWS_POINTS, 0);
}

static void limits_stand_by_how_full_they_are(void **state)
{
	struct ranking_limit limits[] = {
		{.memcg = {.known = MEMCG_KNOWS_USAGE,
			   .path = "/b",
			   .usage_bytes = 1,
			   .limit_bytes = 2}},
		{.memcg = {.known = MEMCG_KNOWS_USAGE,
			   .path = "/a",
			   .usage_bytes = 2,
			   .limit_bytes = 4}},
		{.memcg = {.known = MEMCG_KNOWS_USAGE,
			   .path = "/full",
			   .usage_bytes = 4,
			   .limit_bytes = 4}},
		{.memcg = {.known = MEMCG_KNOWS_USAGE, .path = "/hung", .limit_is_max = true},
		 .oom_kill_disabled = true},
		{.memcg = {.known = MEMCG_KNOWS_USAGE, .path = "/zero", .usage_bytes = 9}},
	};
	struct ranking ranking = {.limits = limits, .n_limits = 5};
	static const char *const order[] = {"/hung", "/zero", "/full", "/a", "/b"};

	(void)state;
	ranking_sort_limits(&ranking);
	for (int i = 0; i < 5; i++)
		assert_string_equal(limits[i].memcg.path, order[i]);
	assert_true(ranking_share(&limits[0].memcg) == 0);
	assert_true(ranking_share(&limits[2].memcg) == 1);
}

static void a_release_says_which_counters_are_scored(void **state)
{
	(void)state;
	assert_int_equal(ranking_rss_counters("5.10.0-32-amd64"), RSS_ATOMIC);
	assert_int_equal(ranking_rss_counters("6.1.0"), RSS_ATOMIC);
	assert_int_equal(ranking_rss_counters("6.2"), RSS_APPROXIMATE);
	assert_int_equal(ranking_rss_counters("6.12.107+deb13-cloud-amd64"), RSS_APPROXIMATE);
	assert_int_equal(ranking_rss_counters("7.2.13"), RSS_PRECISE);
	assert_int_equal(ranking_rss_counters("10.0"), RSS_PRECISE);
	assert_int_equal(ranking_rss_counters(""), RSS_UNKNOWN);
	assert_int_equal(ranking_rss_counters("6"), RSS_UNKNOWN);
	assert_int_equal(ranking_rss_counters("six.one"), RSS_UNKNOWN);
	assert_int_equal(ranking_rss_counters("6.x"), RSS_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oom_score_is_that_of_proc),
		cmocka_unit_test(totalpages_of_a_memcg_are_its_limit_and_its_swap),
		cmocka_unit_test(the_kernels_favourite_stands_first),
		cmocka_unit_test(limits_stand_by_how_full_they_are),
		cmocka_unit_test(a_release_says_which_counters_are_scored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
