// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From records to episodes. What becomes of the victims is in test_outcomes.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/convert.h"
#include "observer.h"

#define T0 1000000ULL /* of the first decision */

static void feed_episode(struct observer *observer, uint64_t number, uint64_t boot_ns)
{
	struct wire_decision decision = gen_decision(number, boot_ns);

	gen_announce(&decision, 3);
	FEED(observer, decision);
	FEED(observer, gen_candidates(number, 0, 3, 100));
	FEED(observer, gen_end(number, boot_ns + 100));
}

static void an_episode_is_told_at_its_end_mark(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 3);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 0, 3, 100));
	assert_int_equal(observer->n_episodes, 0);
	FEED(observer, gen_end(1, T0 + 5));
	assert_int_equal(observer->n_episodes, 1);
	seen = observer_last(observer);
	assert_int_equal(seen->is.number, 1);
	assert_int_equal(seen->is.boot_ns, T0);
	assert_int_equal(seen->is.real_ns, T0 + 1000000000);
	assert_string_equal(seen->is.source, "live");
	assert_string_equal(backend_name(seen->is.backend), "fentry");
	assert_int_equal(seen->is.n_tasks, 3);
	assert_int_equal(seen->is.lost, 0);
	assert_int_equal(seen->is.total, 3);
	assert_null(seen->is.completed_from);
	observer_done(observer);
}

static void all_that_the_wire_says_is_told_in_bytes(void **state)
{
	struct observer *observer = observe(0, 100);
	struct seen_episode *seen;

	(void)state;
	feed_episode(observer, 1, T0);
	seen = observer_last(observer);
	assert_int_equal(seen->is.known & EPISODE_KNOWS_GFP, EPISODE_KNOWS_GFP);
	assert_int_equal(seen->is.invoker.gfp_mask, 0xcc0);
	assert_int_equal(seen->is.invoker.tid, 101);
	assert_string_equal(seen->is.invoker.comm, "asker");
	assert_string_equal(seen->invoker_cgroup, "/system.slice/app.service");
	assert_int_equal(seen->is.constraint, CONSTRAINT_MEMCG_);
	assert_int_equal(seen->is.totalpages, 2000);
	assert_int_equal(seen->is.page_size, GEN_PAGE);
	assert_int_equal(seen->is.rss_counters, RSS_ATOMIC);
	assert_int_equal(seen->is.selection, SELECTION_BADNESS);
	assert_false(seen->is.sysrq);
	assert_string_equal(seen->memcg_path, "/system.slice/app.service");
	assert_int_equal(seen->is.memcg.limit_bytes, 2000 * GEN_PAGE);
	assert_false(seen->is.memcg.limit_is_max);
	assert_true(seen->is.memcg.swap_limit_is_max);
	assert_int_equal(seen->is.victim.rss_anon_bytes, 1000 * GEN_PAGE);
	assert_int_equal(seen->is.victim.points, 1000);
	assert_true(seen->is.victim.points_from_kernel);
	assert_int_equal(seen->is.victim.age_ns, T0 - 1000);
	assert_string_equal(seen->victim_cgroup, "/system.slice/app.service");
	assert_int_equal(seen->is.n_victims, 1);
	assert_int_equal(seen->victims[0].killed_as, KILLED_AS_CHOSEN);
	assert_false(seen->is.group);
	observer_done(observer);
}

static void what_the_backend_cannot_see_is_not_known(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	decision.flags = 0;
	decision.constraint = CONSTRAINT_UNKNOWN;
	decision.memcg.known = 0;
	decision.invoker_pid = 0;
	decision.victim.flags = 0;
	decision.victim_path.known = 0;
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->is.known, EPISODE_KNOWS_SCOPE);
	assert_int_equal(seen->is.victim.known,
			 TASK_KNOWS_CPU | TASK_KNOWS_IDENTITY | TASK_KNOWS_CREDENTIALS);
	assert_string_equal(seen->victim_cgroup, "(none)");
	assert_string_equal(seen->memcg_path, "(none)");
	assert_string_equal(seen->invoker_cgroup, "(none)");
	observer_done(observer);
}

static void episodes_follow_each_other(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	for (uint64_t i = 1; i <= 20; i++)
		feed_episode(observer, i, T0 + i * 1000);
	assert_int_equal(observer->n_episodes, 20);
	assembler_finish(observer->assembler, T0 * 2);
	assert_int_equal(observer->totals.episodes, 20);
	assert_int_equal(observer->totals.kills, 20);
	assert_int_equal(observer->totals.candidates, 60);
	observer_done(observer);
}

static void the_name_of_a_kill_hangs_on_boot_pid_and_start_alone(void **state)
{
	struct observer *one = observe(0, 100), *other = observe(2, 5);
	char id[EPISODE_ID_LEN];

	(void)state;
	feed_episode(one, 1, T0);
	feed_episode(other, 9, T0 + 77);
	assert_string_equal(observer_last(one)->is.id, observer_last(other)->is.id);
	assert_int_equal(strlen(observer_last(one)->is.id), 16);
	convert_id(GEN_BOOT_ID, 100, 1000, id);
	assert_string_equal(observer_last(one)->is.id, id);
	convert_id(GEN_BOOT_ID, 100, 1001, id);
	assert_string_not_equal(observer_last(one)->is.id, id);
	/* the empty string and zeros: FNV-1a of twelve zero bytes, by any other program */
	convert_id("", 0, 0, id);
	assert_string_equal(id, "5467b0da1d106495");
	observer_done(one);
	observer_done(other);
}

static void the_next_decision_closes_one_whose_end_was_lost(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_decision(2, T0 + 10));
	assert_int_equal(observer->n_episodes, 1);
	assert_int_equal(observer_last(observer)->is.number, 1);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_RING_END], 1);
	FEED(observer, gen_end(2, T0 + 20));
	assert_int_equal(observer->n_episodes, 2);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_RING_END], 0);
	observer_done(observer);
}

static void an_end_that_does_not_come_is_waited_for_until_its_deadline(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	FEED(observer, gen_decision(1, T0));
	assert_int_equal(assembler_deadline(observer->assembler), T0 + END_DEADLINE_NS);
	assembler_tick(observer->assembler, T0 + END_DEADLINE_NS - 1);
	assert_int_equal(observer->n_episodes, 0);
	FEED(observer, gen_tick(T0 + END_DEADLINE_NS));
	assert_int_equal(observer->n_episodes, 1);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_RING_END], 1);
	observer_done(observer);
}

static void an_open_episode_waits_for_more_victims(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.flags = DECISION_OPEN;
	gen_announce(&decision, 5);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 0, 5, 100));
	assert_int_equal(observer->n_episodes, 0);
	FEED(observer, gen_victim(1, T0 + 1, 200, "sharer"));
	FEED(observer, gen_tick(T0 + 1 + EPISODE_DEADLINE_NS));
	assert_int_equal(observer->n_episodes, 1);
	assert_int_equal(observer_last(observer)->is.n_victims, 2);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_RING_END], 0);
	observer_done(observer);
}

static void an_open_group_closes_when_nothing_has_come_for_a_while(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.flags = DECISION_OPEN | DECISION_GROUP;
	FEED(observer, decision);
	FEED(observer, gen_victim(1, T0 + GROUP_DEADLINE_NS - 1, 200, "member"));
	assert_int_equal(assembler_deadline(observer->assembler), T0 + 2 * GROUP_DEADLINE_NS - 1);
	FEED(observer, gen_tick(T0 + GROUP_DEADLINE_NS + 1));
	assert_int_equal(observer->n_episodes, 0);
	FEED(observer, gen_tick(T0 + 2 * GROUP_DEADLINE_NS));
	assert_int_equal(observer->n_episodes, 1);
	assert_true(observer_last(observer)->is.group);
	assert_int_equal(observer_last(observer)->is.n_victims, 2);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_RING_END], 0);
	observer_done(observer);
}

static void chunks_may_come_in_any_order(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 40);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 32, 8, 132));
	FEED(observer, gen_candidates(1, 0, 16, 100));
	FEED(observer, gen_candidates(1, 16, 16, 116));
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->is.n_tasks, 40);
	assert_int_equal(seen->is.lost, 0);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(seen->tasks[i].pid, 100 + i);
	observer_done(observer);
}

static void a_lost_chunk_is_a_loss_of_its_episode(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_end end = gen_end(1, T0);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 40);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 0, 16, 100));
	end.lost_candidates = 24;
	FEED(observer, end);
	seen = observer_last(observer);
	assert_int_equal(seen->is.n_tasks, 16);
	assert_int_equal(seen->is.lost, 24);
	assert_int_equal(seen->is.loss[LOSS_RING_CANDIDATE], 24);
	assert_int_equal(seen->is.loss[LOSS_SCRATCH_CANDIDATE], 0);
	observer_done(observer);
}

static void candidates_beyond_the_scratch_are_counted(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 16);
	decision.total = 1000;
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 0, 16, 100));
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->is.lost, 984);
	assert_int_equal(seen->is.loss[LOSS_SCRATCH_CANDIDATE], 984);
	assert_int_equal(seen->is.loss[LOSS_RING_CANDIDATE], 0);
	observer_done(observer);
}

static void candidates_beyond_the_room_here_are_counted(void **state)
{
	struct observer *observer = observe(0, 10);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 16);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 0, 16, 100));
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->is.n_tasks, 10);
	assert_int_equal(seen->is.lost, 6);
	assert_int_equal(seen->is.loss[LOSS_SCRATCH_CANDIDATE], 6);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_SCRATCH_CANDIDATE], 6);
	observer_done(observer);
}

static void victim_and_runner_up_are_listed_though_their_chunk_was_lost(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 10);
	decision.flags |= DECISION_RUNNER_UP;
	decision.runner_up = gen_task(55, "second", 990);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 5, 5, 105));
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->is.n_tasks, 7);
	assert_int_equal(seen->tasks[0].pid, 100);
	assert_int_equal(seen->tasks[1].pid, 105); /* 995 points */
	assert_int_equal(seen->is.runner_up.pid, 55);
	assert_int_equal(seen->is.lost, 3);
	assert_int_equal(seen->is.n_tasks + seen->is.lost, seen->is.total);
	observer_done(observer);
}

static void a_victim_that_is_a_candidate_is_listed_once(void **state)
{
	struct observer *observer = observe(0, 100);
	uint32_t found = 0;

	(void)state;
	feed_episode(observer, 1, T0);
	for (uint32_t i = 0; i < observer_last(observer)->is.n_tasks; i++)
		found += observer_last(observer)->tasks[i].pid == 100;
	assert_int_equal(found, 1);
	observer_done(observer);
}

static void a_chunk_that_comes_twice_or_was_not_announced_is_malformed(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	gen_announce(&decision, 3);
	FEED(observer, decision);
	FEED(observer, gen_candidates(1, 0, 3, 100));
	FEED(observer, gen_candidates(1, 0, 3, 100));
	FEED(observer, gen_candidates(1, 2, 2, 100));
	FEED(observer, gen_candidates(1, 4000000000U, 1, 100));
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer_last(observer)->is.n_tasks, 3);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_MALFORMED], 3);
	observer_done(observer);
}

static void ties_are_in_the_order_of_the_kernels_choice(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_candidates candidates = gen_candidates(1, 0, 3, 98);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 3);
	for (int i = 0; i < 3; i++)
		candidates.tasks[i].points = 1000;
	FEED(observer, decision);
	FEED(observer, candidates);
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->tasks[0].pid, 100);
	assert_int_equal(seen->tasks[1].pid, 99);
	assert_int_equal(seen->tasks[2].pid, 98);
	observer_done(observer);
}

static void missing_points_are_computed_where_they_can_be(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_candidates candidates = gen_candidates(1, 0, 4, 100);
	struct seen_episode *seen;

	(void)state;
	gen_announce(&decision, 4);
	for (int i = 0; i < 4; i++)
		candidates.tasks[i].flags = TASK_MM;
	candidates.tasks[1].oom_score_adj = -999; /* twice 2000 / 1000 pages off */
	candidates.tasks[2].skip = SKIP_ADJ_MIN;
	candidates.tasks[3].flags = TASK_MM | TASK_UNSTABLE;
	FEED(observer, decision);
	FEED(observer, candidates);
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->tasks[1].pid, 101);
	assert_true(seen->tasks[1].known & TASK_KNOWS_POINTS);
	assert_false(seen->tasks[1].points_from_kernel);
	assert_int_equal(seen->tasks[1].points, 999 - 1998);
	assert_int_equal(seen->tasks[2].pid, 103);
	assert_false(seen->tasks[2].known & (TASK_KNOWS_POINTS | TASK_KNOWS_MEMORY));
	assert_int_equal(seen->tasks[3].pid, 102);
	assert_false(seen->tasks[3].eligible);
	assert_string_equal(skip_name(seen->tasks[3].skip), "adj_min");
	observer_done(observer);
}

static void a_group_kill_tells_each_victim_once(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct seen_episode *seen;

	(void)state;
	decision.flags |= DECISION_GROUP;
	decision.victim_path.known = 0;
	FEED(observer, decision);
	FEED(observer, gen_victim(1, T0 + 1, 200, "member"));
	FEED(observer, gen_victim(1, T0 + 2, 100, "victim")); /* the kernel kills it again */
	FEED(observer, gen_victim(1, T0 + 3, 200, "member"));
	FEED(observer, gen_victim(1, T0 + 4, 201, "member"));
	FEED(observer, gen_end(1, T0 + 5));
	seen = observer_last(observer);
	assert_int_equal(seen->is.n_victims, 3);
	assert_int_equal(seen->victims[0].pid, 100);
	assert_int_equal(seen->victims[0].killed_as, KILLED_AS_CHOSEN);
	assert_int_equal(seen->victims[1].killed_as, KILLED_AS_GROUP);
	assert_true(seen->victims[2].known & TASK_KNOWS_CGROUP);
	assert_string_equal(seen->victim_cgroup, "/system.slice/app.service");
	assert_true(seen->is.group);
	assembler_finish(observer->assembler, T0 + 6);
	assert_int_equal(observer->totals.kills, 3);
	observer_done(observer);
}

static void a_victim_of_a_decision_without_one_is_malformed(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.flags |= DECISION_NO_VICTIM;
	FEED(observer, decision);
	FEED(observer, gen_victim(1, T0 + 1, 200, "member"));
	FEED(observer, gen_end(1, T0 + 5));
	assert_int_equal(observer->n_no_kills, 1);
	assert_int_equal(observer->no_kills[0].is.n_victims, 0);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_MALFORMED], 1);
	observer_done(observer);
}

static void victims_beyond_the_room_here_are_counted(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.flags |= DECISION_GROUP;
	FEED(observer, decision);
	for (uint32_t i = 0; i < EPISODE_VICTIMS + 9; i++)
		FEED(observer, gen_victim(1, T0, 1000 + i, "member"));
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer_last(observer)->is.n_victims, EPISODE_VICTIMS);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_VICTIM_TABLE], 10);
	assert_int_equal(assembler_totals(observer->assembler)->kills, EPISODE_VICTIMS + 10);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_VICTIM_TABLE], 10);
	observer_done(observer);
}

static void records_of_no_open_episode_are_strays(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	FEED(observer, gen_candidates(7, 0, 3, 100));
	FEED(observer, gen_victim(7, T0, 5, "x"));
	FEED(observer, gen_end(7, T0));
	feed_episode(observer, 8, T0);
	FEED(observer, gen_end(8, T0));
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_STRAY], 4);
	assert_int_equal(observer->n_episodes, 1);
	observer_done(observer);
}

static void how_the_victim_was_found_is_told(void **state)
{
	static const struct {
		const char *message;
		uint8_t flags, selection;
	} cases[] = {
		{"Memory cgroup out of memory", DECISION_CONTROL, SELECTION_BADNESS},
		{"Out of memory (oom_kill_allocating_task)", DECISION_CONTROL,
		 SELECTION_ALLOCATING_TASK},
		{"", DECISION_EXITING, SELECTION_EXITING_TASK},
		{"", DECISION_CONTROL, SELECTION_BADNESS},
	};
	struct observer *observer = observe(0, 100);
	struct wire_decision decision;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decision = gen_decision(i + 1, T0 + i);
		memset(decision.message, 0, sizeof(decision.message));
		memcpy(decision.message, cases[i].message, strlen(cases[i].message));
		decision.flags = cases[i].flags;
		FEED(observer, decision);
		FEED(observer, gen_end(i + 1, T0 + i));
		assert_int_equal(observer_last(observer)->is.selection, cases[i].selection);
	}
	/* The invoker itself, on the whole machine, and no word about why: either may be. */
	decision = gen_decision(9, T0 + 9);
	memset(decision.message, 0, sizeof(decision.message));
	decision.constraint = CONSTRAINT_NONE_;
	FEED(observer, decision);
	FEED(observer, gen_end(9, T0 + 9));
	assert_int_equal(observer_last(observer)->is.selection, SELECTION_UNKNOWN);
	observer_done(observer);
}

static void a_victim_that_was_exiting_already_is_told_as_such(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_end end = gen_end(1, T0);

	(void)state;
	end.flags = END_EXITING;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, end);
	assert_int_equal(observer_last(observer)->is.selection, SELECTION_EXITING_TASK);
	observer_done(observer);
}

static void an_order_of_minus_one_is_sysrq(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.order = -1;
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	assert_true(observer_last(observer)->is.sysrq);
	observer_done(observer);
}

static void a_walk_given_up_is_said(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.flags |= DECISION_TRUNCATED;
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	assert_true(observer_last(observer)->is.truncated);
	assert_int_equal(observer_last(observer)->is.loss[LOSS_WALK_CANDIDATE], 1);
	observer_done(observer);
}

static void hostile_names_are_cut_at_their_bound(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	memset(decision.victim.comm, 0xff, sizeof(decision.victim.comm));
	memset(decision.invoker_comm, '\n', sizeof(decision.invoker_comm));
	memset(decision.message, 'x', sizeof(decision.message));
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	assert_int_equal(strlen(observer_last(observer)->is.victim.comm), WIRE_COMM_LEN);
	assert_int_equal(strlen(observer_last(observer)->is.invoker.comm), WIRE_COMM_LEN);
	observer_done(observer);
}

#define HEADER_LINE                                                                          \
	"4,1,2,-;asker invoked oom-killer: gfp_mask=0xdc0(GFP_KERNEL|__GFP_ZERO), order=1, " \
	"oom_score_adj=0"
#define SUMMARY_LINE(memcg)                                                                     \
	"6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0," \
	"oom_memcg=" memcg ",task_memcg=" memcg "/x,task=victim,pid=100,uid=1000"

/* A decision as the tracepoint backend makes it. */
static struct wire_decision tracepoint_decision(void)
{
	struct wire_decision decision = gen_decision(1, T0);

	decision.flags = DECISION_TOTALPAGES | DECISION_RUNNER_UP;
	decision.source = SOURCE_SNAPSHOT;
	decision.victim.flags = TASK_MM | TASK_POINTS_COMPUTED;
	decision.runner_up = gen_task(55, "second", 990);
	decision.runner_up.flags = TASK_MM | TASK_POINTS_COMPUTED;
	memset(decision.message, 0, sizeof(decision.message));
	return decision;
}

static void the_kernels_report_completes_the_tracepoint_backend(void **state)
{
	struct observer *observer = observe(2, 100);
	struct seen_episode *seen;

	(void)state;
	FEED(observer, gen_kmsg(T0, HEADER_LINE));
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice/app.service")));
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_string_equal(seen->is.completed_from, "kmsg");
	assert_true(seen->is.known & EPISODE_KNOWS_GFP);
	assert_int_equal(seen->is.invoker.gfp_mask, 0xdc0);
	assert_int_equal(seen->is.invoker.order, 1);
	assert_true(seen->is.known & EPISODE_KNOWS_GFP_TEXT);
	assert_string_equal(seen->is.invoker.gfp_text, "GFP_KERNEL|__GFP_ZERO");
	assert_string_equal(seen->is.invoker.comm, "asker");
	/* the same memcg: what was measured of it holds */
	assert_int_equal(seen->is.totalpages, 2000);
	assert_true(seen->is.memcg.known & MEMCG_KNOWS_USAGE);
	assert_true(seen->is.has_runner_up);
	assert_true(seen->is.victim.known & TASK_KNOWS_POINTS);

	/* the report is used once */
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	assert_null(observer_last(observer)->is.completed_from);
	observer_done(observer);
}

static void a_gap_in_the_log_is_a_loss_of_the_report_in_it(void **state)
{
	struct observer *observer = observe(2, 100);

	(void)state;
	FEED(observer, gen_kmsg(T0, HEADER_LINE));
	FEED(observer, gen_kmsg(T0, "missed 31"));
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice/app.service")));
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer_last(observer)->is.loss[LOSS_LOG_LINE], 31);
	assert_false(observer_last(observer)->is.known & EPISODE_KNOWS_GFP);

	/* not of one that is whole, nor of the next one */
	FEED(observer, gen_kmsg(T0, "missed 7"));
	FEED(observer, gen_kmsg(T0, HEADER_LINE));
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice/app.service")));
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer_last(observer)->is.loss[LOSS_LOG_LINE], 0);
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer_last(observer)->is.loss[LOSS_LOG_LINE], 0);
	observer_done(observer);
}

static void where_the_log_names_another_memcg_the_log_is_right(void **state)
{
	struct observer *observer = observe(2, 100);
	struct seen_episode *seen;

	(void)state;
	FEED(observer, gen_kmsg(T0, HEADER_LINE));
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice")));
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_string_equal(seen->memcg_path, "/system.slice");
	assert_int_equal(seen->is.memcg.known, MEMCG_KNOWS_PATH);
	assert_false(seen->is.known & EPISODE_KNOWS_TOTALPAGES);
	assert_false(seen->is.victim.known & TASK_KNOWS_POINTS);
	assert_false(seen->tasks[0].known & TASK_KNOWS_POINTS);
	assert_false(seen->is.has_runner_up);
	assert_true(seen->is.truncated);
	assert_string_equal(seen->victim_cgroup, "/system.slice/app.service");
	observer_done(observer);
}

static void a_global_report_takes_back_the_memcg(void **state)
{
	struct observer *observer = observe(2, 100);
	struct seen_episode *seen;

	(void)state;
	FEED(observer, gen_kmsg(T0, "6,1,2,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),"
				    "cpuset=/,mems_allowed=0,global_oom,task_memcg=/x,task=victim,"
				    "pid=100,uid=0"));
	FEED(observer, tracepoint_decision());
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_int_equal(seen->is.constraint, CONSTRAINT_NONE_);
	assert_false(seen->is.known & EPISODE_KNOWS_MEMCG);
	assert_false(seen->is.known & EPISODE_KNOWS_GFP);
	assert_string_equal(seen->is.completed_from, "kmsg");
	observer_done(observer);
}

static void a_truncated_path_agrees_with_the_whole_one(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = tracepoint_decision();
	struct seen_episode *seen;

	(void)state;
	decision.memcg.path = gen_path("app.service", NULL);
	decision.memcg.path.truncated = 1;
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice/app.service")));
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	seen = observer_last(observer);
	assert_string_equal(seen->memcg_path, "/system.slice/app.service");
	assert_false(seen->is.memcg.path_truncated);
	assert_true(seen->is.memcg.known & MEMCG_KNOWS_USAGE);
	observer_done(observer);
}

static void flags_have_the_names_of_the_kernel_that_was_recorded(void **state)
{
	struct wire_host other = gen_host(0);
	struct wire_gfp gfp = {.head = gen_head(WIRE_GFP, sizeof(gfp), 0, 0)};
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.gfp_mask = 0x9;
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	assert_false(observer_last(observer)->is.known & EPISODE_KNOWS_GFP_TEXT);

	strcpy(gfp.names[0], "ODD");
	FEED(observer, gfp);
	decision.head.episode = 2;
	FEED(observer, decision);
	FEED(observer, gen_end(2, T0));
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_GFP_TEXT);
	assert_string_equal(observer_last(observer)->is.invoker.gfp_text, "__GFP_ODD|0x8");

	/* another host is another kernel */
	other.attached_ns++;
	FEED(observer, other);
	decision.head.episode = 3;
	FEED(observer, decision);
	FEED(observer, gen_end(3, T0));
	assert_false(observer_last(observer)->is.known & EPISODE_KNOWS_GFP_TEXT);
	observer_done(observer);
}

static void a_backend_that_saw_for_itself_is_not_completed(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	FEED(observer, gen_kmsg(T0, HEADER_LINE));
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice")));
	feed_episode(observer, 1, T0);
	assert_null(observer_last(observer)->is.completed_from);
	assert_int_equal(observer_last(observer)->is.invoker.gfp_mask, 0xcc0);
	observer_done(observer);
}

static void a_report_of_an_earlier_kill_of_that_pid_is_left_alone(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = tracepoint_decision();

	(void)state;
	FEED(observer, gen_kmsg(T0, SUMMARY_LINE("/system.slice")));
	decision.head.boot_ns = T0 + OUTCOME_DEADLINE_NS + 1;
	FEED(observer, decision);
	FEED(observer, gen_end(1, decision.head.boot_ns));
	assert_null(observer_last(observer)->is.completed_from);
	observer_done(observer);
}

/* The same tracer goes on: nobody is told that it is attached, and nothing is forgotten. */
static void a_host_that_is_renamed_is_the_same_host(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_host renamed = gen_host(0);
	struct wire_gfp gfp = {.head = gen_head(WIRE_GFP, sizeof(gfp), 0, 500)};
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	strcpy(gfp.names[0], "ODD");
	FEED(observer, gfp);
	strcpy(renamed.host, "db-3");
	FEED(observer, renamed);
	decision.gfp_mask = 0x1;
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer->n_attached, 1);
	assert_int_equal(observer->n_episodes, 1);
	assert_string_equal(observer->host_name, "db-3");
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_GFP_TEXT);
	observer_done(observer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_episode_is_told_at_its_end_mark),
		cmocka_unit_test(all_that_the_wire_says_is_told_in_bytes),
		cmocka_unit_test(what_the_backend_cannot_see_is_not_known),
		cmocka_unit_test(episodes_follow_each_other),
		cmocka_unit_test(the_name_of_a_kill_hangs_on_boot_pid_and_start_alone),
		cmocka_unit_test(the_next_decision_closes_one_whose_end_was_lost),
		cmocka_unit_test(an_end_that_does_not_come_is_waited_for_until_its_deadline),
		cmocka_unit_test(an_open_episode_waits_for_more_victims),
		cmocka_unit_test(an_open_group_closes_when_nothing_has_come_for_a_while),
		cmocka_unit_test(chunks_may_come_in_any_order),
		cmocka_unit_test(a_lost_chunk_is_a_loss_of_its_episode),
		cmocka_unit_test(candidates_beyond_the_scratch_are_counted),
		cmocka_unit_test(candidates_beyond_the_room_here_are_counted),
		cmocka_unit_test(victim_and_runner_up_are_listed_though_their_chunk_was_lost),
		cmocka_unit_test(a_victim_that_is_a_candidate_is_listed_once),
		cmocka_unit_test(a_chunk_that_comes_twice_or_was_not_announced_is_malformed),
		cmocka_unit_test(ties_are_in_the_order_of_the_kernels_choice),
		cmocka_unit_test(missing_points_are_computed_where_they_can_be),
		cmocka_unit_test(a_group_kill_tells_each_victim_once),
		cmocka_unit_test(a_victim_of_a_decision_without_one_is_malformed),
		cmocka_unit_test(victims_beyond_the_room_here_are_counted),
		cmocka_unit_test(records_of_no_open_episode_are_strays),
		cmocka_unit_test(how_the_victim_was_found_is_told),
		cmocka_unit_test(a_victim_that_was_exiting_already_is_told_as_such),
		cmocka_unit_test(an_order_of_minus_one_is_sysrq),
		cmocka_unit_test(a_walk_given_up_is_said),
		cmocka_unit_test(hostile_names_are_cut_at_their_bound),
		cmocka_unit_test(a_host_that_is_renamed_is_the_same_host),
		cmocka_unit_test(the_kernels_report_completes_the_tracepoint_backend),
		cmocka_unit_test(a_gap_in_the_log_is_a_loss_of_the_report_in_it),
		cmocka_unit_test(where_the_log_names_another_memcg_the_log_is_right),
		cmocka_unit_test(a_global_report_takes_back_the_memcg),
		cmocka_unit_test(a_truncated_path_agrees_with_the_whole_one),
		cmocka_unit_test(flags_have_the_names_of_the_kernel_that_was_recorded),
		cmocka_unit_test(a_backend_that_saw_for_itself_is_not_completed),
		cmocka_unit_test(a_report_of_an_earlier_kill_of_that_pid_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
