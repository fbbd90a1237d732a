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

static void a_place_is_the_victims_or_that_of_what_ran_out(void **state)
{
	struct episode episode = sample();
	struct filter unit = {.unit = "web"}, container = {.container = "3726"};
	struct filter pod = {.pod = "8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab"}, both = container;

	(void)state;
	assert_false(filter_matches(&unit, &episode));
	assert_false(filter_matches(&container, &episode));
	assert_false(filter_matches(&pod, &episode));
	victims[1].cgroup = "/system.slice/web.service/"
			    "3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860";
	assert_true(filter_matches(&unit, &episode));
	assert_true(filter_matches(&container, &episode));
	assert_true(filter_matches_task(&unit, &victims[1]));
	assert_false(filter_matches_task(&unit, &victims[0]));
	episode.memcg.path = "/kubepods/burstable/pod8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab";
	assert_true(filter_matches(&pod, &episode));
	assert_true(filter_matches_memcg(&pod, &episode));
	assert_false(filter_matches_memcg(&unit, &episode));
	both.pod = pod.pod;
	assert_true(filter_matches(&both, &episode));
	both.pid = 10; /* the other victim is in the container */
	assert_false(filter_matches(&both, &episode));
}

static void only_an_empty_filter_asks_for_nothing(void **state)
{
	const struct filter set[] = {
		{.pid = 1},    {.cgroup = "/"},    {.comm = "x"},
		{.unit = "x"}, {.container = "1"}, {.pod = "x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(set) / sizeof(*set); i++)
		assert_true(filter_is_set(&set[i]));
	assert_false(filter_is_set(&(struct filter){.pid = 0}));
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
		cmocka_unit_test(a_place_is_the_victims_or_that_of_what_ran_out),
		cmocka_unit_test(only_an_empty_filter_asks_for_nothing),
		cmocka_unit_test(what_is_not_known_does_not_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
