// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What had happened then. The expected numbers are worked out by hand from oom_badness() and
 * oom_evaluate_task() of mm/oom_kill.c in 6.1 and mem_cgroup_get_max() of mm/memcontrol.c in 5.10.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/score.h"
#include "core/whatif.h"
#include "ruletask.h"

#define TASKS_MAX 12

static struct task tasks[TASKS_MAX];

static void give_points(struct episode *episode, struct task *task)
{
	task->known |= TASK_KNOWS_POINTS;
	task->points = score_points(task->rss_anon_bytes / RT_PAGE, 0, 0, RT_PAGE,
				    task->oom_score_adj, episode->totalpages);
}

/* Three tasks of 5000, 4000 and 3000 pages, pids 10 to 12 in the order of the scan. */
static struct episode sample(uint64_t totalpages)
{
	struct episode episode = {
		.known = EPISODE_KNOWS_TOTALPAGES | EPISODE_KNOWS_CONSTRAINT,
		.totalpages = totalpages,
		.page_size = RT_PAGE,
		.candidates_source = SOURCE_SELECTION,
		.selection = SELECTION_BADNESS,
		.tasks = tasks,
		.n_tasks = 3,
		.total = 3,
		.eligible = 3,
	};

	for (uint32_t i = 0; i < 3; i++) {
		tasks[i] = rt_task(10 + i, 0, 5000 - 1000 * i);
		give_points(&episode, &tasks[i]);
	}
	episode.victim = tasks[0];
	return episode;
}

static void assert_spared(const struct episode *episode, int adj, uint32_t then)
{
	struct spared spared = whatif_spared(episode);

	assert_int_equal(spared.state, SPARED_BY_ADJ);
	assert_int_equal(spared.adj, adj);
	if (!then) {
		assert_null(spared.then);
		return;
	}
	assert_non_null(spared.then);
	assert_int_equal(spared.then->pid, then);
}

static void the_step_that_spares(void **state)
{
	struct episode episode = sample(10000);

	(void)state;
	/* one is worth 10 pages: 5000 - 100 * 10 = 4000, and 11 is scanned after 10 */
	assert_spared(&episode, -100, 11);
	/* scanned before, it loses to its equal: one more step */
	tasks[1].scan = 1;
	assert_spared(&episode, -101, 11);
	/* 10999 / 1000 is 10 too; 11000 / 1000 is 11: 5000 - 91 * 11 = 3999, - 90 * 11 = 4010 */
	episode = sample(10999);
	assert_spared(&episode, -100, 11);
	episode = sample(11000);
	assert_spared(&episode, -91, 11);
}

static void from_the_adj_it_has(void **state)
{
	struct episode episode = sample(10000);

	(void)state;
	tasks[0].oom_score_adj = 300; /* 8000 points: spared from -100 on as before */
	give_points(&episode, &tasks[0]);
	episode.victim = tasks[0];
	assert_spared(&episode, -100, 11);
	tasks[2].oom_score_adj = 400; /* 7000 points: 5000 + 200 * 10 = 7000, 12 is scanned last */
	give_points(&episode, &tasks[2]);
	assert_spared(&episode, 200, 12);
}

static void below_1000_pages_only_minus_1000_spares(void **state)
{
	struct episode episode = sample(999);

	(void)state;
	assert_spared(&episode, -1000, 11);
	episode = sample(1000); /* 5000 - 999 = 4001 are still more than 4000 */
	assert_spared(&episode, -1000, 11);
	tasks[1].rss_anon_bytes += RT_PAGE;
	give_points(&episode, &tasks[1]);
	assert_spared(&episode, -999, 11);
}

static void the_only_one_leaves_nobody(void **state)
{
	struct episode episode = sample(10000);

	(void)state;
	tasks[1].eligible = tasks[2].eligible = false;
	assert_spared(&episode, -1000, 0);
	tasks[1].eligible = true;
	tasks[1].mm_id = tasks[0].mm_id; /* has its adj, and dies with it */
	tasks[1].rss_anon_bytes = tasks[0].rss_anon_bytes;
	give_points(&episode, &tasks[1]);
	assert_spared(&episode, -1000, 0);
	tasks[2].eligible = true; /* 5000 - 200 * 10 */
	assert_spared(&episode, -200, 12);
}

static void who_asked_to_be_first_is_not_spared(void **state)
{
	struct episode episode = sample(10000);

	(void)state;
	tasks[0].origin = true;
	assert_int_equal(whatif_spared(&episode).state, SPARED_BY_NONE);
	tasks[0].origin = false;
	tasks[1].origin = true; /* it had died: the snapshot does not explain the choice */
	assert_int_equal(whatif_spared(&episode).state, SPARED_UNEXPLAINED);
}

static void it_is_not_said_where_it_is_not_known(void **state)
{
	struct episode episode = sample(10000);

	(void)state;
	episode.lost = 1;
	assert_int_equal(whatif_spared(&episode).state, SPARED_INCOMPLETE);
	episode = sample(10000);
	episode.truncated = true;
	assert_int_equal(whatif_spared(&episode).state, SPARED_INCOMPLETE);
	episode = sample(10000);
	episode.known = 0;
	assert_int_equal(whatif_spared(&episode).state, SPARED_INCOMPLETE);
	episode = sample(10000);
	tasks[2].known &= ~(uint32_t)TASK_KNOWS_POINTS;
	assert_int_equal(whatif_spared(&episode).state, SPARED_INCOMPLETE);
	episode = sample(10000);
	episode.candidates_source = SOURCE_NONE;
	assert_int_equal(whatif_spared(&episode).state, SPARED_NO_CHOICE);
	episode = sample(10000);
	episode.no_kill = NO_KILL_NOTHING_KILLABLE;
	assert_int_equal(whatif_spared(&episode).state, SPARED_NO_CHOICE);
	episode = sample(10000);
	episode.selection = SELECTION_ALLOCATING_TASK;
	assert_int_equal(whatif_spared(&episode).state, SPARED_NO_CHOICE);
	episode.selection = SELECTION_EXITING_TASK;
	assert_int_equal(whatif_spared(&episode).state, SPARED_NO_CHOICE);
	episode = sample(10000);
	episode.victim = tasks[1];
	assert_int_equal(whatif_spared(&episode).state, SPARED_UNEXPLAINED);
	episode.victim.pid = 99; /* not in the list at all */
	episode.victim.mm_id = 99;
	assert_int_equal(whatif_spared(&episode).state, SPARED_UNEXPLAINED);
	episode = sample(10000);
	episode.known |= EPISODE_OLDER_RULE;
	assert_int_equal(whatif_spared(&episode).state, SPARED_OLDER_RULE);
	for (unsigned int i = SPARED_BY_NONE; i <= SPARED_OLDER_RULE; i++)
		assert_non_null(spared_name(i));
	assert_null(spared_name(SPARED_BY_ADJ));
	assert_null(spared_name(SPARED_OLDER_RULE + 1));
}

static void a_group_dies_whoever_is_chosen(void **state)
{
	struct episode episode = sample(10000);
	struct task victims[2] = {episode.victim, tasks[1]};

	(void)state;
	episode.memcg.oom_group = true;
	assert_int_equal(whatif_spared(&episode).state, SPARED_GROUP);
	episode.memcg.oom_group = false;
	episode.victims = victims;
	episode.n_victims = 2;
	episode.group = true;
	victims[1].killed_as = KILLED_AS_GROUP;
	assert_int_equal(whatif_spared(&episode).state, SPARED_GROUP);
	victims[1].killed_as = KILLED_AS_SHARED_MM;
	assert_int_equal(whatif_spared(&episode).state, SPARED_BY_ADJ);
	episode.n_victims = 1;
	assert_int_equal(whatif_spared(&episode).state, SPARED_GROUP);
}

/* --- properties, against a loop written as the kernel's is --- */

static uint32_t rand_state = 20261122;

static uint32_t random_below(uint32_t bound)
{
	rand_state = rand_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)(rand_state >> 4) * bound) >> 28);
}

/* oom_evaluate_task() over the tasks in the order of the scan; @mm has @adj. NULL: nobody. */
static const struct task *kernels_choice(const struct episode *episode, uint32_t mm, int adj)
{
	const struct task *chosen = NULL;
	long chosen_points = INT64_MIN;

	for (uint32_t scan = 0; scan < episode->n_tasks; scan++) {
		const struct task *task = NULL;
		long points, its_adj;

		for (uint32_t i = 0; i < episode->n_tasks; i++) {
			if (episode->tasks[i].scan == scan)
				task = &episode->tasks[i];
		}
		its_adj = task->mm_id == mm ? adj : task->oom_score_adj;
		if (its_adj == -1000)
			continue;
		points = (long)(task->rss_anon_bytes / RT_PAGE);
		points += its_adj * (long)(episode->totalpages / 1000);
		if (points < chosen_points)
			continue;
		chosen = task;
		chosen_points = points;
	}
	return chosen;
}

/* Few sizes and adjs, so that equals are frequent. Returns whether somebody can be chosen. */
static bool random_episode(struct episode *episode)
{
	static const uint64_t totals[] = {1, 999, 1000, 1001, 5000, 100000, 262144, 1000000};
	const struct task *chosen;

	*episode = sample(totals[random_below(8)]);
	episode->n_tasks = 1 + random_below(TASKS_MAX);
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		tasks[i] = rt_task(100 + i, 0, random_below(6) * episode->totalpages / 7);
		tasks[i].scan = i;
		if (random_below(3) == 0)
			tasks[i].oom_score_adj = (int)random_below(2001) - 1000;
		if (i && random_below(8) == 0) { /* shares all with the one before it */
			tasks[i].mm_id = tasks[i - 1].mm_id;
			tasks[i].rss_anon_bytes = tasks[i - 1].rss_anon_bytes;
			tasks[i].oom_score_adj = tasks[i - 1].oom_score_adj;
		}
		tasks[i].eligible = tasks[i].oom_score_adj != -1000;
		tasks[i].skip = tasks[i].eligible ? SKIP_NONE : SKIP_ADJ_MIN;
		give_points(episode, &tasks[i]);
	}
	chosen = kernels_choice(episode, 0, 0);
	if (!chosen)
		return false;
	episode->victim = *chosen;
	tasks_sort(episode->tasks, episode->n_tasks);
	return true;
}

static void the_adj_is_the_highest_that_spares(void **state)
{
	unsigned int tried = 0, spared_some = 0, left_nobody = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct episode episode;
		struct spared spared;
		const struct task *then;
		uint32_t mm;

		if (!random_episode(&episode))
			continue;
		tried++;
		mm = episode.victim.mm_id;
		spared = whatif_spared(&episode);
		assert_int_equal(spared.state, SPARED_BY_ADJ);
		/* At the adj another one dies, or nobody, and it is the one that was named */
		then = kernels_choice(&episode, mm, spared.adj);
		assert_ptr_equal(then, spared.then);
		assert_true(!then || then->mm_id != mm);
		spared_some += then != NULL;
		left_nobody += then == NULL;
		/* One step more and the same one dies, and at every step up to what it had */
		for (int adj = spared.adj + 1; adj <= episode.victim.oom_score_adj;
		     adj += adj == spared.adj + 1 ? 1 : 1 + (int)random_below(97))
			assert_int_equal(kernels_choice(&episode, mm, adj)->mm_id, mm);
		/* No higher one spares at all */
		assert_int_equal(kernels_choice(&episode, mm, 1000)->mm_id, mm);
	}
	assert_true(tried > 15000 && spared_some > 10000 && left_nobody > 500);
}

static void the_rules_choose_as_the_kernels_loop_does(void **state)
{
	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct rule_change change = {.adj = (int)random_below(2001) - 1000};
		struct rule_score scores[RT_MAX];
		struct rule_verdict verdict;
		struct rule_input input;
		struct episode episode;
		uint32_t mm;

		if (!random_episode(&episode))
			continue;
		input = rules_input(&episode);
		rules_select(rules_current(), &input, scores, &verdict);
		assert_ptr_equal(verdict.chosen, kernels_choice(&episode, 0, 0));
		change.pid = episode.tasks[random_below(episode.n_tasks)].pid;
		mm = 0;
		for (uint32_t i = 0; i < episode.n_tasks; i++) {
			if (episode.tasks[i].pid == change.pid)
				mm = episode.tasks[i].mm_id;
		}
		input.changes = &change;
		input.n_changes = 1;
		rules_select(rules_current(), &input, scores, &verdict);
		assert_ptr_equal(verdict.chosen, kernels_choice(&episode, mm, change.adj));
		rules_rank(rules_current(), &input, scores, input.n_tasks);
		if (verdict.chosen)
			assert_ptr_equal(scores[0].task, verdict.chosen);
	}
}

/* Every rule's choice heads its own ranking, and who dies is it, or a child of its. */
static void every_rule_ranks_as_it_chooses(void **state)
{
	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct rule_score scores[RT_MAX];
		struct rule_verdict verdict;
		struct rule_input input;
		struct episode episode;

		if (!random_episode(&episode))
			continue;
		for (uint32_t i = 0; i < episode.n_tasks; i++) {
			struct task *task = &episode.tasks[i];

			task->total_vm_bytes = random_below(9) * 1000 * RT_PAGE;
			task->cpu_ns = random_below(5) * 50000 * RT_MS;
			task->age_ns = random_below(5) * 50000000 * RT_MS;
			task->nice = (int)random_below(3) - 1;
			task->uid = random_below(3) * 1000;
			task->cap_effective = random_below(4) ? 0 : RT_ADMIN;
			task->ppid = 100 + random_below(TASKS_MAX);
			task->origin = random_below(30) == 0;
		}
		input = rules_input(&episode);
		for (size_t i = 0; rules_all(i); i++) {
			rules_select(rules_all(i), &input, scores, &verdict);
			assert_true(!verdict.chosen == !verdict.victim);
			if (!verdict.chosen)
				continue;
			assert_true(verdict.victim == verdict.chosen ||
				    (rules_all(i)->child != CHILD_SPARED &&
				     verdict.victim->ppid == verdict.chosen->pid &&
				     verdict.victim->mm_id != verdict.chosen->mm_id));
			rules_rank(rules_all(i), &input, scores, input.n_tasks);
			assert_ptr_equal(scores[0].task, verdict.chosen);
			for (size_t j = 1; j < input.n_tasks; j++)
				assert_true(rules_compare(rules_all(i), &input, &scores[j - 1],
							  &scores[j]) < 0);
		}
	}
}

static void any_numbers_are_survived(void **state)
{
	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct rule_score scores[RT_MAX];
		struct rule_verdict verdict;
		struct rule_input input;
		struct episode episode;

		if (!random_episode(&episode))
			continue;
		episode.totalpages = round % 3 ? (uint64_t)rand_state << 32 | rand_state : 0;
		episode.page_size = round % 5 ? RT_PAGE : 0;
		for (uint32_t i = 0; i < episode.n_tasks; i++) {
			struct task *task = &episode.tasks[i];

			task->points = (int64_t)((uint64_t)random_below(1 << 20) << 44);
			task->rss_anon_bytes = UINT64_MAX - random_below(4096);
			task->swap_bytes = UINT64_MAX;
			task->pgtables_bytes = UINT64_MAX;
			task->total_vm_bytes = UINT64_MAX;
			task->cpu_ns = task->age_ns = UINT64_MAX - i;
			task->ppid = task->pid - random_below(3);
			task->nice = (int)random_below(256) - 128;
			task->oom_score_adj = (int)random_below(65536) - 32768;
			task->cap_effective = (uint64_t)random_below(1 << 28) << 10;
			task->origin = random_below(20) == 0;
			task->known = random_below(256);
			task->skip = (uint8_t)random_below(SKIP_MAX + 1);
		}
		whatif_spared(&episode);
		input = rules_input(&episode);
		for (size_t i = 0; rules_all(i); i++) {
			rules_select(rules_all(i), &input, scores, &verdict);
			rules_rank(rules_all(i), &input, scores, input.n_tasks);
		}
	}
}

/* --- another limit --- */

#define LIMIT (100 * RT_PAGE)

/* A memcg with 100 pages of memory, all in use, 50 of swap; the machine has 1000 of swap. */
static struct episode limited(bool v1)
{
	struct episode episode = sample(150);

	episode.known |= EPISODE_KNOWS_MEMCG | EPISODE_KNOWS_MEMORY;
	episode.constraint = CONSTRAINT_MEMCG_;
	episode.memory.swap_total_bytes = 1000 * RT_PAGE;
	episode.memcg = (struct memcg){
		.known = MEMCG_KNOWS_USAGE | MEMCG_KNOWS_SWAP,
		.v1 = v1,
		.usage_bytes = LIMIT,
		.limit_bytes = LIMIT,
		.swap_limit_bytes = (v1 ? 150 : 50) * RT_PAGE,
	};
	return episode;
}

static uint64_t totalpages_with(const struct episode *episode, uint64_t pages)
{
	struct whatif_limit limit;

	assert_int_equal(whatif_limit(episode, pages * RT_PAGE, &limit), 0);
	return limit.totalpages;
}

static void another_limit_of_version_2_keeps_its_swap(void **state)
{
	struct episode episode = limited(false);
	struct whatif_limit limit;

	(void)state;
	/* memory.max + min(swap.max, total_swap_pages) */
	assert_int_equal(totalpages_with(&episode, 200), 250);
	assert_int_equal(totalpages_with(&episode, 0), 50);
	episode.memory.swap_total_bytes = 20 * RT_PAGE;
	episode.totalpages = 120;
	assert_int_equal(totalpages_with(&episode, 200), 220);
	/* swappiness 0: nothing was added then, and nothing is now */
	episode.totalpages = 100;
	assert_int_equal(totalpages_with(&episode, 200), 200);
	assert_int_equal(totalpages_with(&episode, 0), 1); /* "?: 1" */
	/* unlimited before */
	episode = limited(false);
	episode.memcg.limit_is_max = true;
	assert_int_equal(totalpages_with(&episode, 200), 250);
	assert_int_equal(whatif_limit(&episode, LIMIT, &limit), 0);
	assert_false(limit.fits);
	assert_int_equal(whatif_limit(&episode, LIMIT + 1, &limit), 0);
	assert_true(limit.fits);
}

static void another_limit_of_version_1_shares_with_swap(void **state)
{
	struct episode episode = limited(true);
	struct whatif_limit limit;

	(void)state;
	/* memory.max + min(memsw.max - memory.max, total_swap_pages) = memsw.max here */
	assert_int_equal(totalpages_with(&episode, 120), 150);
	assert_int_equal(totalpages_with(&episode, 150), 150);
	assert_int_equal(totalpages_with(&episode, 40), 150);
	assert_int_equal(whatif_limit(&episode, 151 * RT_PAGE, &limit), -EINVAL);
	/* 20 pages of swap are all there is */
	episode.totalpages = 120;
	episode.memory.swap_total_bytes = 20 * RT_PAGE;
	assert_int_equal(totalpages_with(&episode, 40), 60);
	assert_int_equal(totalpages_with(&episode, 140), 150);
	/* it does not swap: nothing was added, and nothing is to less memory */
	episode = limited(true);
	episode.totalpages = 100;
	assert_int_equal(totalpages_with(&episode, 40), 40);
	/* how much there is is not known, and more than 50 would be asked for */
	episode = limited(true);
	episode.known &= ~(uint32_t)EPISODE_KNOWS_MEMORY;
	assert_int_equal(totalpages_with(&episode, 120), 150);
	assert_int_equal(whatif_limit(&episode, 40 * RT_PAGE, &limit), -ENODATA);
}

static void without_a_cgroup_there_is_no_limit(void **state)
{
	struct episode episode = limited(false);
	struct whatif_limit limit;

	(void)state;
	episode.memcg.limit_is_max = true;
	episode.memcg.known = MEMCG_KNOWS_USAGE;
	episode.known &= ~(uint32_t)EPISODE_KNOWS_MEMORY;
	assert_int_equal(whatif_limit(&episode, LIMIT, &limit), -ENODATA);
	episode = limited(false);
	episode.known &= ~(uint32_t)EPISODE_KNOWS_MEMCG;
	assert_int_equal(whatif_limit(&episode, LIMIT, &limit), -ENODATA);
	episode = limited(false);
	episode.page_size = 0;
	assert_int_equal(whatif_limit(&episode, LIMIT, &limit), -ENODATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_step_that_spares),
		cmocka_unit_test(from_the_adj_it_has),
		cmocka_unit_test(below_1000_pages_only_minus_1000_spares),
		cmocka_unit_test(the_only_one_leaves_nobody),
		cmocka_unit_test(who_asked_to_be_first_is_not_spared),
		cmocka_unit_test(it_is_not_said_where_it_is_not_known),
		cmocka_unit_test(a_group_dies_whoever_is_chosen),
		cmocka_unit_test(the_adj_is_the_highest_that_spares),
		cmocka_unit_test(the_rules_choose_as_the_kernels_loop_does),
		cmocka_unit_test(every_rule_ranks_as_it_chooses),
		cmocka_unit_test(any_numbers_are_survived),
		cmocka_unit_test(another_limit_of_version_2_keeps_its_swap),
		cmocka_unit_test(another_limit_of_version_1_shares_with_swap),
		cmocka_unit_test(without_a_cgroup_there_is_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
