// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/path.h"
#include "core/recent.h"
#include "observer.h"

#define T0     1000000000ULL
#define SECOND 1000000000ULL

static uint32_t next_id;

/* A kill by the limit of @path, told to @recent. */
static struct episode kill_in(struct recent *recent, const char *path, uint64_t boot_ns)
{
	struct episode episode = {
		.known = EPISODE_KNOWS_CONSTRAINT | EPISODE_KNOWS_MEMCG,
		.constraint = CONSTRAINT_MEMCG_,
		.boot_ns = boot_ns,
		.memcg = {.known = MEMCG_KNOWS_PATH, .path = path},
	};

	snprintf(episode.id, sizeof(episode.id), "%016x", ++next_id);
	recent_note(recent, &episode);
	return episode;
}

static void the_fifth_kill_and_those_after_it_are_told(void **state)
{
	struct recent *recent = recent_new();
	struct episode episode;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(kill_in(recent, "/a", T0 + i * SECOND).recent_kills, 0);
	episode = kill_in(recent, "/a", T0 + 10 * SECOND);
	assert_int_equal(episode.recent_kills, 5);
	assert_int_equal(episode.recent_span_ns, 10 * SECOND);
	/* another one's are not among them */
	assert_int_equal(kill_in(recent, "/a/b", T0 + 11 * SECOND).recent_kills, 0);
	episode = kill_in(recent, "/a", T0 + 12 * SECOND);
	assert_int_equal(episode.recent_kills, 6);
	assert_int_equal(episode.recent_span_ns, 12 * SECOND);
	recent_free(recent);
}

static void ten_minutes_are_within_ten_minutes_and_no_more(void **state)
{
	struct recent *recent = recent_new();
	struct episode episode;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		kill_in(recent, "/a", T0 + i);
	episode = kill_in(recent, "/a", T0 + RECENT_WITHIN_NS);
	assert_int_equal(episode.recent_kills, 5);
	assert_int_equal(episode.recent_span_ns, RECENT_WITHIN_NS);
	recent_forget(recent);
	for (uint64_t i = 0; i < 4; i++)
		kill_in(recent, "/a", T0 + i);
	/* the first is out by one nanosecond */
	assert_int_equal(kill_in(recent, "/a", T0 + RECENT_WITHIN_NS + 1).recent_kills, 0);
	episode = kill_in(recent, "/a", T0 + RECENT_WITHIN_NS + 1);
	assert_int_equal(episode.recent_kills, 5);
	assert_int_equal(episode.recent_span_ns, RECENT_WITHIN_NS);
	recent_free(recent);
}

static void of_very_many_the_last_are_told(void **state)
{
	struct recent *recent = recent_new();
	struct episode episode;

	(void)state;
	for (uint64_t i = 0; i < 10 * RECENT_TIMES; i++) {
		episode = kill_in(recent, "/a", T0 + i * 1000);
		assert_int_equal(episode.recent_kills, i < RECENT_KILLS - 1 ? 0
						       : i < RECENT_TIMES   ? i + 1
									    : RECENT_TIMES);
	}
	assert_int_equal(episode.recent_span_ns, (RECENT_TIMES - 1) * 1000);
	recent_free(recent);
}

static void a_full_table_forgets_whom_it_heard_of_longest_ago(void **state)
{
	struct recent *recent = recent_new();
	char path[32];

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		kill_in(recent, "/first", T0 + i);
	for (uint64_t i = 0; i < 4; i++)
		kill_in(recent, "/second", T0 + 10 + i);
	for (int i = 0; i < RECENT_CGROUPS - 1; i++) {
		snprintf(path, sizeof(path), "/other/%d", i);
		kill_in(recent, path, T0 + 100);
	}
	assert_int_equal(kill_in(recent, "/second", T0 + 200).recent_kills, 5);
	assert_int_equal(kill_in(recent, "/first", T0 + 201).recent_kills, 0);
	recent_free(recent);
}

static void a_path_that_is_not_whole_is_nobodys(void **state)
{
	struct recent *recent = recent_new();
	char longest[PATH_TEXT_LEN + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[PATH_TEXT_LEN] = '\0';
	for (int i = 0; i < 10; i++) {
		struct episode episode = {
			.known = EPISODE_KNOWS_CONSTRAINT | EPISODE_KNOWS_MEMCG,
			.constraint = CONSTRAINT_MEMCG_,
			.boot_ns = T0,
			.memcg = {.known = MEMCG_KNOWS_PATH,
				  .path = ".../a",
				  .path_truncated = true},
			.victim = {.known = TASK_KNOWS_CGROUP, .cgroup = "/a"},
		};

		snprintf(episode.id, sizeof(episode.id), "%d", i);
		recent_note(recent, &episode);
		assert_int_equal(episode.recent_kills, 0);
		episode.memcg.known = 0;
		episode.memcg.path = NULL;
		recent_note(recent, &episode);
		assert_int_equal(episode.recent_kills, 0);
		episode.constraint = CONSTRAINT_NONE_;
		episode.victim.cgroup_truncated = true;
		recent_note(recent, &episode);
		assert_int_equal(episode.recent_kills, 0);
		assert_int_equal(kill_in(recent, longest, T0).recent_kills, 0);
		assert_int_equal(kill_in(recent, "", T0).recent_kills, 0);
	}
	recent_free(recent);
}

static void without_a_memcg_it_is_the_victims_cgroup(void **state)
{
	struct recent *recent = recent_new();
	struct episode episode = {
		.known = EPISODE_KNOWS_CONSTRAINT,
		.constraint = CONSTRAINT_NONE_,
		.boot_ns = T0 + 5,
		.victim = {.known = TASK_KNOWS_CGROUP, .cgroup = "/a"},
		.id = "global",
	};

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		kill_in(recent, "/a", T0 + i);
	recent_note(recent, &episode);
	assert_int_equal(episode.recent_kills, 5);
	recent_free(recent);
}

static void a_victim_chosen_again_is_the_same_kill(void **state)
{
	struct recent *recent = recent_new();
	struct episode episode;

	(void)state;
	for (uint64_t i = 0; i < 4; i++)
		episode = kill_in(recent, "/a", T0 + i);
	for (int i = 0; i < 10; i++) {
		recent_note(recent, &episode);
		assert_int_equal(episode.recent_kills, 0);
	}
	assert_int_equal(kill_in(recent, "/a", T0 + 5).recent_kills, 5);
	recent_free(recent);
}

static void a_clock_that_ran_backwards_counts_no_future(void **state)
{
	struct recent *recent = recent_new();

	(void)state;
	for (uint64_t i = 0; i < 8; i++)
		kill_in(recent, "/a", UINT64_MAX - i);
	assert_int_equal(kill_in(recent, "/a", T0).recent_kills, 0);
	assert_int_equal(kill_in(recent, "/a", UINT64_MAX).recent_kills, 9);
	recent_free(recent);
}

/* Through the assembler: a group is one kill, and another host another history. */
static void the_assembler_counts_decisions_and_not_victims(void **state)
{
	struct observer *observer = observe(0, 10);

	(void)state;
	for (uint64_t i = 1; i <= 6; i++) {
		struct wire_decision decision = gen_decision(i, T0 + i);

		decision.flags |= DECISION_GROUP;
		decision.victim.pid = 1000 + (uint32_t)i;
		FEED(observer, decision);
		FEED(observer, gen_victim(i, T0 + i, 2000 + (uint32_t)i, "member"));
		FEED(observer, gen_end(i, T0 + i));
		assert_int_equal(observer_last(observer)->is.recent_kills, i < 5 ? 0 : i);
	}
	assert_int_equal(observer_last(observer)->is.recent_span_ns, 5);
	FEED(observer, gen_host(0));
	FEED(observer, gen_decision(7, T0 + 7));
	FEED(observer, gen_end(7, T0 + 7));
	assert_int_equal(observer_last(observer)->is.recent_kills, 0);
	observer_done(observer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fifth_kill_and_those_after_it_are_told),
		cmocka_unit_test(ten_minutes_are_within_ten_minutes_and_no_more),
		cmocka_unit_test(of_very_many_the_last_are_told),
		cmocka_unit_test(a_full_table_forgets_whom_it_heard_of_longest_ago),
		cmocka_unit_test(a_path_that_is_not_whole_is_nobodys),
		cmocka_unit_test(without_a_memcg_it_is_the_victims_cgroup),
		cmocka_unit_test(a_victim_chosen_again_is_the_same_kill),
		cmocka_unit_test(a_clock_that_ran_backwards_counts_no_future),
		cmocka_unit_test(the_assembler_counts_decisions_and_not_victims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
