// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/explain.h"
#include "ruletask.h"

#define MIB (1024 * 1024ULL)

static struct task tasks[4];

static void give_points(struct task *task, int64_t points)
{
	task->known |= TASK_KNOWS_POINTS;
	task->points = points;
	task->points_from_kernel = true;
}

/* 10 with 5000 pages died, 11 has 4000, 12 has 3000; totalpages 10000; nothing to be found. */
static struct episode sample(void)
{
	struct episode episode = {
		.known = EPISODE_KNOWS_TOTALPAGES | EPISODE_KNOWS_CONSTRAINT,
		.totalpages = 10000,
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
		give_points(&tasks[i], 5000 - 1000 * (int64_t)i);
	}
	memset(episode.memory.memcg_use_bytes, 0xff, sizeof(episode.memory.memcg_use_bytes));
	memset(episode.memory.use_bytes, 0xff, sizeof(episode.memory.use_bytes));
	episode.memory.total_bytes = episode.memory.free_bytes = BYTES_UNKNOWN;
	episode.memory.swap_total_bytes = episode.memory.swap_free_bytes = BYTES_UNKNOWN;
	episode.victim = tasks[0];
	return episode;
}

static void within(struct episode *episode, const char *path)
{
	episode->known |= EPISODE_KNOWS_MEMCG;
	episode->constraint = CONSTRAINT_MEMCG_;
	episode->memcg.known |= MEMCG_KNOWS_PATH;
	episode->memcg.path = path;
}

/* The finding of this kind, or NULL. Sees to it that all come in their order, each named. */
static const struct finding *find(const struct episode *episode, enum finding_what what)
{
	static struct finding findings[FINDING_MAX];
	size_t count = explain_findings(episode, findings);
	const struct finding *found = NULL;

	assert_true(count <= FINDING_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_true(!i || findings[i].what > findings[i - 1].what);
		assert_non_null(finding_name(findings[i].what));
		if (findings[i].what == what)
			found = &findings[i];
	}
	return found;
}

static void arithmetic_is_written_out(void **state)
{
	struct episode episode = sample();
	struct task *task = &tasks[0];
	struct arithmetic sums;

	(void)state;
	task->rss_file_bytes = 281 * RT_PAGE;
	task->rss_shmem_bytes = 7 * RT_PAGE;
	task->swap_bytes = 30 * RT_PAGE;
	task->pgtables_bytes = 305 * RT_PAGE;
	task->oom_score_adj = -20;
	episode.totalpages = 10999;
	assert_int_equal(explain_arithmetic(&episode, task, &sums), 0);
	assert_int_equal(sums.anon, 5000);
	assert_int_equal(sums.file, 281);
	assert_int_equal(sums.shmem, 7);
	assert_int_equal(sums.swap, 30);
	assert_int_equal(sums.pgtables, 305);
	assert_int_equal(sums.sum, 5623); /* 5000 + 281 + 7 + 30 + 305 */
	assert_int_equal(sums.unit, 10);  /* 10999 / 1000 */
	assert_int_equal(sums.adjusted, -200);
	assert_int_equal(sums.points, 5423);
	assert_int_equal(sums.drift, 5000 - 5423);
	task->points_from_kernel = false;
	assert_int_equal(explain_arithmetic(&episode, task, &sums), 0);
	assert_int_equal(sums.drift, 0);
	task->known &= ~(uint32_t)TASK_KNOWS_MEMORY;
	assert_int_equal(explain_arithmetic(&episode, task, &sums), -ENODATA);
	task->known |= TASK_KNOWS_MEMORY;
	episode.known = 0;
	assert_int_equal(explain_arithmetic(&episode, task, &sums), -ENODATA);
}

static void shares_are_of_what_speaks_for_it(void **state)
{
	struct episode episode = sample();
	uint32_t shares[PART_MAX];

	(void)state;
	episode.victim.pgtables_bytes = 1000 * RT_PAGE;
	explain_shares(&episode, shares);
	assert_int_equal(shares[PART_ANON], 833); /* 5000 / 6000 */
	assert_int_equal(shares[PART_PAGE_TABLES], 166);
	assert_int_equal(shares[PART_OOM_SCORE_ADJ], 0);
	episode.victim.oom_score_adj = 400; /* 4000 of 10000 */
	explain_shares(&episode, shares);
	assert_int_equal(shares[PART_ANON], 500);
	assert_int_equal(shares[PART_OOM_SCORE_ADJ], 400);
	episode.victim.oom_score_adj = -400;
	explain_shares(&episode, shares);
	assert_int_equal(shares[PART_ANON], 833);
	episode.victim.known = 0;
	explain_shares(&episode, shares);
	assert_int_equal(shares[PART_ANON], 0);
}

static void a_plain_choice_has_no_findings(void **state)
{
	struct episode episode = sample();
	struct finding findings[FINDING_MAX];

	(void)state;
	assert_int_equal(explain_findings(&episode, findings), 0);
}

static void how_it_was_chosen(void **state)
{
	struct episode episode = sample();
	struct task victims[3] = {tasks[0], tasks[1], tasks[2]};

	(void)state;
	episode.selection = SELECTION_ALLOCATING_TASK;
	assert_non_null(find(&episode, FINDING_ALLOCATING_TASK));
	episode.victim = tasks[2]; /* not by points: then nobody is ahead of it */
	assert_null(find(&episode, FINDING_NOT_HIGHEST));
	episode.selection = SELECTION_EXITING_TASK;
	assert_non_null(find(&episode, FINDING_EXITING_TASK));
	episode.selection = SELECTION_BADNESS;
	assert_int_equal(find(&episode, FINDING_NOT_HIGHEST)->points, 2000);
	assert_ptr_equal(find(&episode, FINDING_NOT_HIGHEST)->task, &tasks[0]);

	episode = sample();
	episode.victims = victims;
	episode.n_victims = 3;
	victims[1].killed_as = KILLED_AS_GROUP;
	victims[2].killed_as = KILLED_AS_SHARED_MM;
	within(&episode, "/app");
	episode.memcg.oom_group = true;
	assert_int_equal(find(&episode, FINDING_GROUP)->count, 2);
	assert_string_equal(find(&episode, FINDING_GROUP)->path, "/app");
	assert_int_equal(find(&episode, FINDING_SHARED_MM)->count, 1);
}

static void ties_and_adj(void **state)
{
	struct episode episode = sample();
	const struct finding *finding;

	(void)state;
	give_points(&tasks[1], 5000);
	assert_ptr_equal(find(&episode, FINDING_TIE)->task, &tasks[1]);
	assert_null(find(&episode, FINDING_ADJ_DECIDED));

	episode = sample(); /* 12 died for its adj: 3000 + 300 * 10 */
	tasks[2].oom_score_adj = 300;
	give_points(&tasks[2], 6000);
	episode.victim = tasks[2];
	finding = find(&episode, FINDING_ADJ_DECIDED);
	assert_non_null(finding);
	assert_ptr_equal(finding->task, &tasks[0]);
	assert_int_equal(finding->bytes, 2000 * RT_PAGE);
	assert_null(find(&episode, FINDING_ADJ_POWERLESS));
	episode.totalpages = 999;
	assert_int_equal(find(&episode, FINDING_ADJ_POWERLESS)->count, 1);
}

static void protection_is_counted(void **state)
{
	struct episode episode = sample();
	const struct finding *finding;

	(void)state;
	for (int i = 1; i < 3; i++) {
		tasks[i].oom_score_adj = -1000;
		tasks[i].eligible = false;
		tasks[i].skip = SKIP_ADJ_MIN;
	}
	finding = find(&episode, FINDING_PROTECTED);
	assert_int_equal(finding->count, 2);
	assert_int_equal(finding->bytes, 7000 * RT_PAGE);
	assert_ptr_equal(finding->task, &tasks[1]);
}

static void whose_limit_it_was(void **state)
{
	struct episode episode = sample();
	const struct finding *finding;

	(void)state;
	within(&episode, "/kubepods");
	episode.victim.cgroup = "/kubepods/pod1/c1";
	episode.invoker.cgroup = "/kubepods/pod2";
	finding = find(&episode, FINDING_ANCESTOR_LIMIT);
	assert_string_equal(finding->path, "/kubepods");
	assert_string_equal(finding->other_path, "/kubepods/pod1/c1");
	assert_null(find(&episode, FINDING_OUTSIDER));
	episode.victim.cgroup = "/kubepods";
	assert_null(find(&episode, FINDING_ANCESTOR_LIMIT));
	episode.victim.cgroup = "/kubepods2/x"; /* no part of it */
	assert_null(find(&episode, FINDING_ANCESTOR_LIMIT));
	episode.invoker.cgroup = "/user.slice";
	assert_string_equal(find(&episode, FINDING_OUTSIDER)->other_path, "/user.slice");
	episode.memcg.path = "/"; /* everybody is within the root */
	assert_null(find(&episode, FINDING_OUTSIDER));
	episode.memcg.path_truncated = true;
	episode.memcg.path = "/kubepods";
	assert_null(find(&episode, FINDING_OUTSIDER));

	episode = sample();
	episode.known |= EPISODE_KNOWS_MEMORY;
	episode.constraint = CONSTRAINT_CPUSET_;
	assert_null(find(&episode, FINDING_NODES));
	episode.memory.free_bytes = 5 * MIB;
	assert_int_equal(find(&episode, FINDING_NODES)->bytes, 5 * MIB);
}

static void where_anon_could_have_gone(void **state)
{
	struct episode episode = sample();
	const struct finding *finding;

	(void)state;
	episode.known |= EPISODE_KNOWS_MEMORY;
	episode.memory.swap_total_bytes = 0;
	episode.memory.use_bytes[USE_ANON] = 9 * MIB;
	assert_int_equal(find(&episode, FINDING_NO_SWAP)->bytes, 9 * MIB);
	episode.memory.use_bytes[USE_ANON] = BYTES_UNKNOWN;
	assert_int_equal(find(&episode, FINDING_NO_SWAP)->bytes, 0);

	episode.memory.swap_total_bytes = 1000 * MIB;
	episode.memory.swap_free_bytes = 21 * MIB; /* 979 of 1000 are used */
	assert_null(find(&episode, FINDING_NO_SWAP));
	assert_null(find(&episode, FINDING_SWAP_FULL));
	episode.memory.swap_free_bytes = 20 * MIB;
	finding = find(&episode, FINDING_SWAP_FULL);
	assert_int_equal(finding->bytes, 980 * MIB);
	assert_int_equal(finding->of_bytes, 1000 * MIB);

	within(&episode, "/app");
	episode.memcg.known |= MEMCG_KNOWS_SWAP | MEMCG_KNOWS_USAGE;
	assert_int_equal(find(&episode, FINDING_SWAP_FORBIDDEN)->of_bytes, 1000 * MIB);
	episode.memcg.v1 = true; /* memory and swap together: as much as memory alone */
	episode.memcg.limit_bytes = episode.memcg.swap_limit_bytes = 4 * MIB;
	assert_non_null(find(&episode, FINDING_SWAP_FORBIDDEN));
	episode.memcg.swap_limit_bytes = 5 * MIB;
	assert_null(find(&episode, FINDING_SWAP_FORBIDDEN));
	episode.memcg.swap_limit_is_max = true;
	assert_null(find(&episode, FINDING_SWAP_FORBIDDEN));
}

static void what_the_victim_consisted_of(void **state)
{
	struct episode episode = sample();

	(void)state;
	episode.victim.pgtables_bytes = 555 * RT_PAGE; /* of 5555: 99.9 */
	assert_null(find(&episode, FINDING_PAGE_TABLES));
	episode.victim.pgtables_bytes = 556 * RT_PAGE; /* of 5556: 100.07 */
	assert_int_equal(find(&episode, FINDING_PAGE_TABLES)->permille, 100);
	assert_int_equal(find(&episode, FINDING_PAGE_TABLES)->of_bytes, 5556 * RT_PAGE);
	assert_null(find(&episode, FINDING_SHMEM_STAYS));
	episode.victim.rss_shmem_bytes = 5556 * RT_PAGE;
	assert_int_equal(find(&episode, FINDING_SHMEM_STAYS)->permille, 500);
	episode.victim.known = 0;
	assert_null(find(&episode, FINDING_SHMEM_STAYS));
}

static void memory_that_is_nobodys(void **state)
{
	struct episode episode = sample();
	const struct finding *finding;

	(void)state;
	within(&episode, "/app");
	episode.known |= EPISODE_KNOWS_MEMORY;
	episode.memory.memcg_usage_bytes = 24000 * RT_PAGE; /* candidates hold 12000 */
	episode.memory.memcg_use_bytes[USE_ANON] = 12000 * RT_PAGE;
	episode.memory.memcg_use_bytes[USE_FILE] = 300 * RT_PAGE;
	episode.memory.memcg_use_bytes[USE_SHMEM] = 200 * RT_PAGE;
	episode.memory.memcg_use_bytes[USE_SLAB_UNRECLAIMABLE] = 11000 * RT_PAGE;
	assert_null(find(&episode, FINDING_UNEXPLAINED));
	episode.memory.memcg_usage_bytes = 24100 * RT_PAGE;
	finding = find(&episode, FINDING_UNEXPLAINED);
	assert_non_null(finding);
	assert_int_equal(finding->permille, 497); /* 12000 / 24100 */
	assert_int_equal(finding->of_bytes, 24100 * RT_PAGE);
	assert_int_equal(finding->use, USE_SLAB_UNRECLAIMABLE);
	assert_int_equal(finding->bytes, 11000 * RT_PAGE);
	assert_true(finding->stays);
	episode.memory.memcg_use_bytes[USE_SLAB_UNRECLAIMABLE] = BYTES_UNKNOWN;
	finding = find(&episode, FINDING_UNEXPLAINED);
	assert_int_equal(finding->use, USE_SHMEM);
	episode.lost = 1;
	assert_null(find(&episode, FINDING_UNEXPLAINED));
}

static void what_came_before_and_what_is_missing(void **state)
{
	struct episode episode = sample();

	(void)state;
	episode.recent_kills = 7;
	episode.recent_span_ns = 1000;
	assert_int_equal(find(&episode, FINDING_REPEATED)->count, 7);
	assert_int_equal(find(&episode, FINDING_REPEATED)->span_ns, 1000);
	episode.lost = 3;
	assert_int_equal(find(&episode, FINDING_INCOMPLETE)->count, 3);
	assert_null(finding_name(FINDING_MAX));
}

static void without_a_victim_nothing_is_said_of_one(void **state)
{
	struct episode episode = sample();
	struct finding findings[FINDING_MAX];

	(void)state;
	episode.no_kill = NO_KILL_NOTHING_KILLABLE;
	memset(&episode.victim, 0, sizeof(episode.victim));
	assert_int_equal(explain_findings(&episode, findings), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic_is_written_out),
		cmocka_unit_test(shares_are_of_what_speaks_for_it),
		cmocka_unit_test(a_plain_choice_has_no_findings),
		cmocka_unit_test(how_it_was_chosen),
		cmocka_unit_test(ties_and_adj),
		cmocka_unit_test(protection_is_counted),
		cmocka_unit_test(whose_limit_it_was),
		cmocka_unit_test(where_anon_could_have_gone),
		cmocka_unit_test(what_the_victim_consisted_of),
		cmocka_unit_test(memory_that_is_nobodys),
		cmocka_unit_test(what_came_before_and_what_is_missing),
		cmocka_unit_test(without_a_victim_nothing_is_said_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
