// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/filter.h"

static struct task victims[2];

/* A group kill of java[10] in /a/b and sh[11] in /a/c, in the memcg /a. */
static struct episode sample(void)
{
	struct episode episode = {
		.known = EPISODE_KNOWS_MEMCG,
		.memcg = {.known = MEMCG_KNOWS_PATH, .path = "/a"},
		.victims = victims,
		.n_victims = 2,
	};

	victims[0] = (struct task){
		.known = TASK_KNOWS_CGROUP, .pid = 10, .comm = "java", .cgroup = "/a/b"};
	victims[1] = (struct task){
		.known = TASK_KNOWS_CGROUP, .pid = 11, .comm = "fifteen_bytes_x", .cgroup = "/a/c"};
	episode.victim = victims[0];
	return episode;
}

static bool matches(struct filter filter)
{
	struct episode episode = sample();

	return filter_matches(&filter, &episode);
}

static void an_empty_filter_asks_for_all(void **state)
{
	(void)state;
	assert_true(matches((struct filter){.pid = 0}));
}

static void a_pid_is_of_any_victim(void **state)
{
	(void)state;
	assert_true(matches((struct filter){.pid = 10}));
	assert_true(matches((struct filter){.pid = 11}));
	assert_false(matches((struct filter){.pid = 12}));
}

static void a_comm_is_whole_or_cut_as_the_kernel_cuts_it(void **state)
{
	(void)state;
	assert_true(matches((struct filter){.comm = "java"}));
	assert_false(matches((struct filter){.comm = "jav"}));
	assert_false(matches((struct filter){.comm = "javac"}));
	assert_true(matches((struct filter){.comm = "fifteen_bytes_xyz"}));
}

static void a_cgroup_is_the_victims_or_the_one_that_ran_out(void **state)
{
	(void)state;
	assert_true(matches((struct filter){.cgroup = "/a"}));
	assert_true(matches((struct filter){.cgroup = "/a/b/"}));
	assert_true(matches((struct filter){.cgroup = "/a/c"}));
	assert_true(matches((struct filter){.cgroup = "/"}));
	assert_false(matches((struct filter){.cgroup = "/a/d"}));
	assert_false(matches((struct filter){.cgroup = "/b"}));
}

static void all_that_is_asked_holds_of_one_victim(void **state)
{
	(void)state;
	assert_true(matches((struct filter){.pid = 10, .comm = "java", .cgroup = "/a/b"}));
	assert_false(matches((struct filter){.pid = 11, .comm = "java"}));
	assert_false(matches((struct filter){.pid = 10, .cgroup = "/a/c"}));
	assert_true(matches((struct filter){.pid = 11, .cgroup = "/a"}));
}

static void what_is_not_known_does_not_match(void **state)
{
	struct filter filter = {.cgroup = "/"};
	struct episode episode = sample();

	(void)state;
	episode.known = 0;
	for (int i = 0; i < 2; i++)
		victims[i].known = 0;
	episode.victim = victims[0];
	assert_false(filter_matches(&filter, &episode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_filter_asks_for_all),
		cmocka_unit_test(a_pid_is_of_any_victim),
		cmocka_unit_test(a_comm_is_whole_or_cut_as_the_kernel_cuts_it),
		cmocka_unit_test(a_cgroup_is_the_victims_or_the_one_that_ran_out),
		cmocka_unit_test(all_that_is_asked_holds_of_one_victim),
		cmocka_unit_test(what_is_not_known_does_not_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
