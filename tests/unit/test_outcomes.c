// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What becomes of victims, what is lost, how a stream begins and ends, and any bytes at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/fates.h"
#include "core/recording.h"
#include "observer.h"

#define T0 1000000ULL /* of the decision */

/* One kill, of pid 100, told. */
static struct observer *observe_kill(uint32_t backend)
{
	struct observer *observer = observe(backend, 100);

	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_end(1, T0));
	return observer;
}

static struct outcome *last_outcome(struct observer *observer)
{
	assert_true(observer->n_outcomes > 0);
	return &observer->outcomes[observer->n_outcomes - 1];
}

static void an_outcome_is_told_when_the_victim_is_gone_and_freed(void **state)
{
	struct observer *observer = observe_kill(0);
	struct outcome *outcome;

	(void)state;
	assert_int_equal(assembler_pending_outcomes(observer->assembler), 1);
	assert_int_equal(assembler_deadline(observer->assembler), T0 + OUTCOME_DEADLINE_NS);
	FEED(observer, gen_fate(FATE_SIGKILL, T0 + 10, 100));
	FEED(observer, gen_fate(FATE_EXITED, T0 + 30, 100));
	assert_int_equal(observer->n_outcomes, 0);
	FEED(observer, gen_fate(FATE_FREED, T0 + 40, 100));
	assert_int_equal(observer->n_outcomes, 1);
	outcome = last_outcome(observer);
	assert_string_equal(outcome->id, observer_last(observer)->is.id);
	assert_string_equal(outcome->comm, "victim");
	assert_int_equal(outcome->pid, 100);
	assert_true(outcome->has_sigkill && outcome->has_exited && outcome->has_freed);
	assert_false(outcome->has_reaped || outcome->has_reaped_bytes);
	assert_int_equal(outcome->sigkill_ns, 10);
	assert_int_equal(outcome->exited_ns, 30);
	assert_int_equal(outcome->freed_ns, 40);
	assert_int_equal(outcome->boot_ns, T0 + 40);
	assert_int_equal(outcome->real_ns, T0 + 40 + 1000000000);
	assert_int_equal(assembler_pending_outcomes(observer->assembler), 0);
	assert_int_equal(assembler_deadline(observer->assembler), 0);

	/* what comes after that is known and is no stray */
	FEED(observer, gen_fate(FATE_REAP_SKIPPED, T0 + 50, 100));
	FEED(observer, gen_tick(T0 + 3 * OUTCOME_DEADLINE_NS));
	assert_int_equal(observer->n_outcomes, 1);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_STRAY], 0);
	observer_done(observer);
}

static void fates_that_come_before_the_end_mark_wait_for_the_episode(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	/* the tracepoint of the signal comes before that of the mark: even before the decision */
	FEED(observer, gen_fate(FATE_SIGKILL, T0 - 10, 100));
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_fate(FATE_EXITED, T0 + 1, 100));
	FEED(observer, gen_fate(FATE_FREED, T0 + 2, 100));
	/* a report printed to a slow console stands between the choice and its end */
	FEED(observer, gen_tick(T0 + END_DEADLINE_NS - 1));
	assert_int_equal(assembler_deadline(observer->assembler), T0 + END_DEADLINE_NS);
	FEED(observer, gen_end(1, T0 + END_DEADLINE_NS - 1));
	assert_string_equal(observer->order, "aeo");
	assert_int_equal(last_outcome(observer)->sigkill_ns, 0);
	assert_true(last_outcome(observer)->has_sigkill);
	assert_int_equal(last_outcome(observer)->freed_ns, 2);
	observer_done(observer);
}

static void an_outcome_is_told_at_its_deadline_as_far_as_it_is_known(void **state)
{
	struct observer *observer = observe_kill(0);
	struct outcome *outcome;

	(void)state;
	FEED(observer, gen_fate(FATE_SIGKILL, T0 + 10, 100));
	FEED(observer, gen_tick(T0 + OUTCOME_DEADLINE_NS - 1));
	assert_int_equal(observer->n_outcomes, 0);
	FEED(observer, gen_tick(T0 + OUTCOME_DEADLINE_NS + 50));
	outcome = last_outcome(observer);
	assert_true(outcome->has_sigkill);
	assert_false(outcome->has_exited || outcome->has_freed);
	assert_int_equal(outcome->boot_ns, T0 + OUTCOME_DEADLINE_NS);
	assert_int_equal(assembler_pending_outcomes(observer->assembler), 0);
	assert_int_equal(assembler_deadline(observer->assembler), 0);
	observer_done(observer);
}

static void a_late_exit_is_told_once_more(void **state)
{
	uint64_t late = T0 + 2 * OUTCOME_DEADLINE_NS;
	struct observer *observer = observe_kill(0);

	(void)state;
	FEED(observer, gen_tick(T0 + OUTCOME_DEADLINE_NS));
	FEED(observer, gen_fate(FATE_REAP_START, late - 1, 100));
	assert_int_equal(assembler_deadline(observer->assembler), 0);
	FEED(observer, gen_fate(FATE_EXITED, late, 100));
	assert_int_equal(observer->n_outcomes, 1);
	FEED(observer, gen_fate(FATE_FREED, late + 1, 100));
	assert_int_equal(observer->n_outcomes, 2);
	assert_int_equal(last_outcome(observer)->freed_ns, 2 * OUTCOME_DEADLINE_NS + 1);
	FEED(observer, gen_fate(FATE_FREED, late + 2, 100));
	FEED(observer, gen_tick(late + 2 * OUTCOME_DEADLINE_NS));
	assert_int_equal(observer->n_outcomes, 2);
	observer_done(observer);
}

static void a_late_exit_without_its_other_half_is_told_all_the_same(void **state)
{
	uint64_t late = T0 + 2 * OUTCOME_DEADLINE_NS;
	struct observer *observer = observe_kill(0);

	(void)state;
	FEED(observer, gen_tick(T0 + OUTCOME_DEADLINE_NS));
	FEED(observer, gen_fate(FATE_EXITED, late, 100));
	assert_int_equal(assembler_deadline(observer->assembler), late + EPISODE_DEADLINE_NS);
	FEED(observer, gen_tick(late + EPISODE_DEADLINE_NS));
	assert_int_equal(observer->n_outcomes, 2);
	assert_true(last_outcome(observer)->has_exited);
	assert_false(last_outcome(observer)->has_freed);
	FEED(observer, gen_fate(FATE_FREED, late + EPISODE_DEADLINE_NS + 1, 100));
	assert_int_equal(observer->n_outcomes, 2);
	observer_done(observer);
}

static void a_pid_used_again_is_another_process(void **state)
{
	struct observer *observer = observe_kill(0);
	struct wire_fate fate = gen_fate(FATE_EXITED, T0 + 10, 100);

	(void)state;
	fate.start_ns++;
	FEED(observer, fate);
	FEED(observer, gen_fate(FATE_FREED, T0 + 11, 100));
	assert_int_equal(observer->n_outcomes, 0);
	FEED(observer, gen_tick(T0 + 10 + EPISODE_DEADLINE_NS));
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_STRAY], 1);
	observer_done(observer);
}

static void every_victim_of_a_group_has_an_outcome_of_the_same_kill(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);

	(void)state;
	decision.flags |= DECISION_GROUP;
	FEED(observer, decision);
	FEED(observer, gen_victim(1, T0 + 1, 200, "member"));
	FEED(observer, gen_end(1, T0 + 2));
	assert_int_equal(assembler_pending_outcomes(observer->assembler), 2);
	FEED(observer, gen_fate(FATE_EXITED, T0 + 3, 200));
	FEED(observer, gen_fate(FATE_FREED, T0 + 4, 200));
	assert_int_equal(last_outcome(observer)->pid, 200);
	assert_string_equal(last_outcome(observer)->comm, "member");
	assert_string_equal(last_outcome(observer)->id, observer_last(observer)->is.id);
	assert_int_equal(assembler_pending_outcomes(observer->assembler), 1);
	observer_done(observer);
}

static void a_victim_chosen_again_while_it_dies_has_one_outcome(void **state)
{
	struct observer *observer = observe_kill(0);

	(void)state;
	FEED(observer, gen_decision(2, T0 + 10));
	FEED(observer, gen_end(2, T0 + 10));
	assert_int_equal(assembler_pending_outcomes(observer->assembler), 1);
	FEED(observer, gen_fate(FATE_EXITED, T0 + 20, 100));
	FEED(observer, gen_fate(FATE_FREED, T0 + 20, 100));
	assert_int_equal(observer->n_outcomes, 1);
	observer_done(observer);
}

static void what_the_reaper_took_is_told_in_bytes(void **state)
{
	struct observer *observer = observe_kill(0);
	struct wire_fate fate = gen_fate(FATE_REAPED, T0 + 5, 100);

	(void)state;
	fate.reaped_pages = 7;
	FEED(observer, gen_fate(FATE_REAP_START, T0 + 4, 100));
	FEED(observer, fate);
	FEED(observer, gen_fate(FATE_EXITED, T0 + 6, 100));
	FEED(observer, gen_fate(FATE_FREED, T0 + 7, 100));
	assert_int_equal(last_outcome(observer)->reaped_ns, 5);
	assert_true(last_outcome(observer)->has_reaped_bytes);
	assert_int_equal(last_outcome(observer)->reaped_bytes, 7 * GEN_PAGE);
	observer_done(observer);
}

static void memory_that_the_reaper_passed_over_is_told(void **state)
{
	struct observer *observer = observe_kill(0);

	(void)state;
	FEED(observer, gen_fate(FATE_REAP_SKIPPED, T0 + 5, 100));
	FEED(observer, gen_fate(FATE_REAP_SKIPPED, T0 + 9, 100));
	FEED(observer, gen_fate(FATE_EXITED, T0 + 6, 100));
	FEED(observer, gen_fate(FATE_FREED, T0 + 7, 100));
	assert_true(last_outcome(observer)->has_reap_skipped);
	assert_int_equal(last_outcome(observer)->reap_skipped_ns, 5);
	assert_false(last_outcome(observer)->has_reaped);
	observer_done(observer);
}

static void how_long_was_looked_is_told_of_what_is_not_complete(void **state)
{
	struct observer *observer = observe_kill(0);

	(void)state;
	FEED(observer, gen_tick(T0 + OUTCOME_DEADLINE_NS + 3));
	assert_int_equal(last_outcome(observer)->watched_ns, OUTCOME_DEADLINE_NS);
	FEED(observer, gen_fate(FATE_EXITED, T0 + OUTCOME_DEADLINE_NS + 4, 100));
	FEED(observer, gen_fate(FATE_FREED, T0 + OUTCOME_DEADLINE_NS + 5, 100));
	assert_int_equal(last_outcome(observer)->watched_ns, 0);
	observer_done(observer);

	/* the end comes before the deadline */
	observer = observe_kill(0);
	assembler_finish(observer->assembler, T0 + 77);
	assert_int_equal(last_outcome(observer)->watched_ns, 77);
	observer_done(observer);

	/* the exit may be among what was lost */
	observer = observe_kill(0);
	assembler_count_loss(observer->assembler, LOSS_RING_FATE, 1);
	assembler_finish(observer->assembler, T0 + 77);
	assert_int_equal(last_outcome(observer)->watched_ns, 0);
	observer_done(observer);
}

static void one_that_shared_the_memory_is_gone_when_it_has_exited(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_victim sharer = gen_victim(1, T0 + 1, 200, "sharer");

	(void)state;
	sharer.flags = VICTIM_SHARES_MM;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, sharer);
	FEED(observer, gen_end(1, T0 + 2));
	assert_int_equal(observer_last(observer)->is.n_victims, 2);
	assert_int_equal(observer_last(observer)->victims[1].killed_as, KILLED_AS_SHARED_MM);
	assert_false(observer_last(observer)->is.group);
	FEED(observer, gen_fate(FATE_EXITED, T0 + 3, 200));
	assert_int_equal(observer->n_outcomes, 1);
	assert_int_equal(last_outcome(observer)->pid, 200);
	assert_int_equal(last_outcome(observer)->exited_ns, 3);
	assert_int_equal(last_outcome(observer)->boot_ns, T0 + 3);
	assert_int_equal(last_outcome(observer)->watched_ns, 0);
	assert_false(last_outcome(observer)->has_freed);
	/* the memory itself is the chosen one's to tell */
	FEED(observer, gen_fate(FATE_FREED, T0 + 4, 200));
	FEED(observer, gen_fate(FATE_EXITED, T0 + 4, 100));
	assert_int_equal(observer->n_outcomes, 1);
	FEED(observer, gen_fate(FATE_FREED, T0 + 5, 100));
	assert_int_equal(observer->n_outcomes, 2);
	observer_done(observer);
}

static void a_sharer_that_is_killed_with_the_group_is_of_the_group(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_victim sharer = gen_victim(1, T0 + 1, 200, "sharer");

	(void)state;
	decision.flags |= DECISION_GROUP;
	sharer.flags = VICTIM_SHARES_MM;
	FEED(observer, decision);
	FEED(observer, sharer);
	sharer.flags = 0;
	FEED(observer, sharer);
	sharer.flags = VICTIM_SHARES_MM;
	FEED(observer, sharer);
	FEED(observer, gen_end(1, T0 + 2));
	assert_int_equal(observer_last(observer)->is.n_victims, 2);
	assert_int_equal(observer_last(observer)->victims[1].killed_as, KILLED_AS_GROUP);
	assert_true(observer_last(observer)->is.group);
	observer_done(observer);
}

static void what_was_looked_up_is_told_with_the_outcome(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_detail detail = gen_detail(100, "java", "web-1", "shop");
	struct outcome *outcome;

	(void)state;
	memcpy(detail.cmdline + 4, "\0-jar\0x\0", 8);
	detail.cmdline_len = 12;
	detail.cmdline_cut = 1;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_detail(100, "first", "", ""));
	FEED(observer, detail); /* before the episode is told, and the last word */
	FEED(observer, gen_detail(101, "other", "other", "other"));
	FEED(observer, gen_end(1, T0));
	detail.start_ns++; /* the same pid in another life */
	FEED(observer, detail);
	FEED(observer, gen_fate(FATE_EXITED, T0 + 1, 100));
	FEED(observer, gen_fate(FATE_FREED, T0 + 2, 100));
	outcome = last_outcome(observer);
	assert_string_equal(outcome->cmdline, "java -jar x");
	assert_true(outcome->cmdline_truncated);
	assert_string_equal(outcome->pod, "web-1");
	assert_string_equal(outcome->pod_namespace, "shop");
	/* too late */
	FEED(observer, gen_detail(100, "late", "late", "late"));
	assert_int_equal(observer->n_outcomes, 1);
	observer_done(observer);
}

static void what_was_not_looked_up_is_empty(void **state)
{
	struct observer *observer = observe_kill(0);
	struct wire_detail detail = gen_detail(100, "", "", "");

	(void)state;
	detail.cmdline_cut = 1; /* of nothing */
	detail.cmdline_len = WIRE_CMDLINE_LEN;
	memset(detail.pod, 'p', sizeof(detail.pod));
	FEED(observer, detail);
	assembler_finish(observer->assembler, T0 + 1);
	assert_string_equal(last_outcome(observer)->cmdline, "");
	assert_false(last_outcome(observer)->cmdline_truncated);
	assert_int_equal(strlen(last_outcome(observer)->pod), WIRE_POD_LEN - 1);
	assert_string_equal(last_outcome(observer)->pod_namespace, "");
	observer_done(observer);
}

static void of_many_that_were_looked_up_the_last_are_kept(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	uint32_t told = 0;

	(void)state;
	decision.flags |= DECISION_GROUP;
	FEED(observer, decision);
	for (uint32_t i = 0; i < FATES_DETAILS + 5; i++) {
		FEED(observer, gen_victim(1, T0, 1000 + i, "member"));
		FEED(observer, gen_detail(1000 + i, "x", "", ""));
	}
	FEED(observer, gen_end(1, T0));
	assembler_finish(observer->assembler, T0 + 1);
	for (uint32_t i = 0; i < observer->n_outcomes; i++)
		told += observer->outcomes[i].cmdline[0] == 'x';
	assert_int_equal(observer->n_outcomes, FATES_DETAILS + 6);
	assert_int_equal(told, FATES_DETAILS);
	observer_done(observer);
}

static void selections_given_up_are_those_the_last_fate_counts(void **state)
{
	for (uint32_t backend = 0; backend < WIRE_BACKENDS; backend++) {
		struct observer *observer = observe_kill(backend);
		struct wire_fate exited = gen_fate(FATE_EXITED, T0 + 1, 100);
		struct wire_fate freed = gen_fate(FATE_FREED, T0 + 2, 100);

		(void)state;
		exited.aborted = 3;
		freed.aborted = 329;
		FEED(observer, exited);
		FEED(observer, freed);
		/* out_of_memory is not among what the tracepoints show */
		assert_int_equal(last_outcome(observer)->has_aborted, backend != 2);
		assert_int_equal(last_outcome(observer)->aborted_selections,
				 backend != 2 ? 329 : 0);
		observer_done(observer);
	}
}

static void a_full_table_gives_up_no_victim_that_is_waited_for(void **state)
{
	struct observer *observer = observe(0, 10);
	uint64_t number = 0;

	(void)state;
	for (uint32_t i = 0; i < FATES_VICTIMS + 5; i++) {
		struct wire_decision decision = gen_decision(++number, T0);

		decision.victim = gen_task(1000 + i, "x", 10);
		FEED(observer, decision);
		FEED(observer, gen_end(number, T0));
	}
	assert_int_equal(assembler_pending_outcomes(observer->assembler), FATES_VICTIMS);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_VICTIM_TABLE], 5);

	/* one that is done makes room for the next */
	FEED(observer, gen_fate(FATE_EXITED, T0 + 1, 1000));
	FEED(observer, gen_fate(FATE_FREED, T0 + 2, 1000));
	assert_int_equal(observer->n_outcomes, 1);
	FEED(observer, gen_decision(++number, T0 + 3));
	FEED(observer, gen_end(number, T0 + 3));
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_VICTIM_TABLE], 5);
	assert_int_equal(assembler_pending_outcomes(observer->assembler), FATES_VICTIMS);
	assembler_finish(observer->assembler, T0 + 4);
	assert_int_equal(observer->n_outcomes, 1 + FATES_VICTIMS);
	assert_int_equal(observer->totals.kills, FATES_VICTIMS + 6);
	observer_done(observer);
}

static void fates_that_cannot_be_held_are_counted(void **state)
{
	struct observer *observer = observe(0, 10);

	(void)state;
	FEED(observer, gen_decision(1, T0));
	for (uint32_t i = 0; i < FATES_HELD + 3; i++)
		FEED(observer, gen_fate(FATE_SIGKILL, T0, 5000 + i));
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_VICTIM_TABLE], 3);
	assembler_finish(observer->assembler, T0 + 1);
	assert_int_equal(observer->totals.lost[LOSS_STRAY], FATES_HELD);
	observer_done(observer);
}

static void malformed_records_are_counted_and_the_stream_goes_on(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	char big[sizeof(struct wire_decision) + 64] = {0};

	(void)state;
	decision.head.version++;
	assert_int_equal(observer_feed(observer, &decision), -EBADMSG);
	assert_int_equal(assembler_feed(observer->assembler, big, 0), -EBADMSG);
	assert_int_equal(assembler_feed(observer->assembler, big, 7), -EBADMSG);
	assert_int_equal(assembler_feed(observer->assembler, big, sizeof(big)), -EBADMSG);
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer->n_episodes, 1);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_MALFORMED], 4);
	observer_done(observer);
}

static void losses_seen_here_are_told_at_once_and_then_together(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	assembler_count_loss(observer->assembler, LOSS_OUTPUT, 2);
	assert_int_equal(observer->n_lost, 0);
	assert_true(assembler_deadline(observer->assembler) != 0);
	FEED(observer, gen_tick(T0));
	assert_int_equal(observer->n_lost, 1);
	assert_int_equal(observer->lost[0].reason, LOSS_OUTPUT);
	assert_int_equal(observer->lost[0].count, 2);
	for (uint64_t i = 1; i <= 100; i++) {
		assembler_count_loss(observer->assembler, LOSS_OUTPUT, 1);
		FEED(observer, gen_tick(T0 + i));
	}
	assert_int_equal(observer->n_lost, 1);
	assert_int_equal(assembler_deadline(observer->assembler), T0 + LOSS_INTERVAL_NS);
	FEED(observer, gen_tick(T0 + LOSS_INTERVAL_NS));
	assert_int_equal(observer->n_lost, 2);
	assert_int_equal(observer->lost[1].count, 100);
	assert_int_equal(assembler_deadline(observer->assembler), 0);
	assembler_count_loss(observer->assembler, LOSS_MAX, 1);
	assembler_count_loss(observer->assembler, LOSS_STRAY, 0);
	assert_int_equal(assembler_deadline(observer->assembler), 0);
	observer_done(observer);
}

static void the_kernels_counters_are_told_as_differences(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_lost lost = gen_lost(T0);

	(void)state;
	for (uint32_t i = 0; i < LOSS_MAX; i++)
		lost.count[i] = i + 1;
	FEED(observer, lost);
	assert_int_equal(observer->n_lost, LOSS_MAX);
	lost.count[LOSS_RING_CANDIDATE] += 40;
	FEED(observer, lost);
	FEED(observer, lost);
	assert_int_equal(observer->n_lost, LOSS_MAX + 1);
	assert_int_equal(observer->lost[LOSS_MAX].reason, LOSS_RING_CANDIDATE);
	assert_int_equal(observer->lost[LOSS_MAX].count, 40);
	assembler_count_loss(observer->assembler, LOSS_RING_CANDIDATE, 5);
	assembler_finish(observer->assembler, T0);
	for (uint32_t i = 0; i < LOSS_MAX; i++) {
		uint64_t more = i == LOSS_RING_CANDIDATE ? 45 : 0;

		assert_int_equal(observer->totals.lost[i], i + 1 + more);
		assert_int_equal(observer->lost_total[i], i + 1 + more);
		assert_string_not_equal(loss_name(i), "unknown");
	}
	assert_string_equal(loss_name(LOSS_MAX), "unknown");
	observer_done(observer);
}

static void the_host_is_told_once_and_first(void **state)
{
	struct observer *observer = observe(0, 100);

	(void)state;
	assert_int_equal(observer->n_attached, 1);
	assert_int_equal(observer->attached_real_ns, 500 + 1000000000);
	FEED(observer, gen_tick(T0));
	assert_int_equal(observer->n_attached, 1);
	observer_done(observer);
}

static void a_host_before_its_clock_is_told_with_it(void **state)
{
	struct observer *observer = observe_nothing(100);

	(void)state;
	FEED(observer, gen_host(1));
	assert_int_equal(observer->n_attached, 0);
	FEED(observer, gen_clock(7));
	assert_int_equal(observer->n_attached, 1);
	assert_int_equal(observer->attached_real_ns, 507);
	observer_done(observer);

	observer = observe_nothing(100);
	FEED(observer, gen_host(1));
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_end(1, T0));
	assert_string_equal(observer->order, "ae");
	assert_int_equal(observer->attached_real_ns, 0);
	assert_int_equal(observer_last(observer)->is.real_ns, 0);
	observer_done(observer);
}

static void without_a_host_no_bytes_are_made_up(void **state)
{
	struct observer *observer = observe_nothing(100);

	(void)state;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_end(1, T0));
	assert_int_equal(observer_last(observer)->is.page_size, 0);
	assert_false(observer_last(observer)->is.victim.known & TASK_KNOWS_MEMORY);
	assert_int_equal(observer_last(observer)->is.memcg.known, MEMCG_KNOWS_PATH);
	observer_done(observer);
}

static void the_end_closes_and_tells_everything_once(void **state)
{
	struct observer *observer = observe_kill(0);
	struct wire_head detach = gen_tick(T0 + 100);

	(void)state;
	FEED(observer, gen_decision(2, T0 + 10));
	FEED(observer, gen_fate(FATE_EXITED, T0 + 20, 100));
	FEED(observer, gen_fate(FATE_EXITED, T0 + 20, 999));
	detach.kind = WIRE_DETACH;
	FEED(observer, detach);
	assert_string_equal(observer->order, "aeeold");
	assert_int_equal(last_outcome(observer)->boot_ns, T0 + 100);
	assert_int_equal(observer->totals.boot_ns, T0 + 100);
	assert_int_equal(observer->totals.episodes, 2);
	assert_int_equal(observer->totals.lost[LOSS_STRAY], 1);
	assembler_finish(observer->assembler, T0 + 200);
	FEED(observer, gen_decision(3, T0 + 300));
	assembler_tick(observer->assembler, T0 * 1000000);
	assert_int_equal(observer->n_detached, 1);
	assert_int_equal(observer->n_episodes, 2);
	assert_int_equal(assembler_deadline(observer->assembler), 0);
	observer_done(observer);
}

static void callbacks_are_asked_for_or_not(void **state)
{
	static const struct assembler_ops ops = {.attached = NULL};
	struct assembler_config config = {.ops = &ops, .max_candidates = 0, .source = "replay"};
	struct observer *observer = observe_nothing(0);

	(void)state;
	assembler_free(observer->assembler);
	observer->assembler = assembler_new(&config);
	FEED(observer, gen_host(0));
	FEED(observer, gen_decision(1, T0));
	assembler_count_loss(observer->assembler, LOSS_OUTPUT, 1);
	assembler_finish(observer->assembler, T0);
	assembler_free(NULL);
	observer_done(observer);
}

/* A stream with all kinds of records in it, as the bytes of a recording. */
static size_t sample_stream(char *bytes, size_t size)
{
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_clock clock = gen_clock(5);
	struct wire_host host = gen_host(2);
	struct wire_kmsg kmsg = gen_kmsg(
		T0, "6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
		    "mems_allowed=0,oom_memcg=/a,task_memcg=/a/x,task=victim,pid=100,uid=0");
	struct wire_candidates candidates = gen_candidates(1, 0, 16, 100);
	struct wire_candidates more = gen_candidates(1, 16, 4, 116);
	struct wire_victim victim = gen_victim(1, T0 + 1, 200, "member");
	struct wire_end end = gen_end(1, T0 + 2);
	struct wire_fate fates[] = {gen_fate(FATE_SIGKILL, T0 + 1, 100),
				    gen_fate(FATE_EXITED, T0 + 3, 100),
				    gen_fate(FATE_FREED, T0 + 4, 100)};
	struct wire_lost lost = gen_lost(T0 + 5);
	struct wire_head tick = gen_tick(T0 + OUTCOME_DEADLINE_NS);
	struct wire_memory memory = gen_memory(1, T0);
	struct wire_waiting waiting = gen_waiting(T0);
	struct wire_detail detail = gen_detail(100, "java", "web-1", "shop");
	const void *records[] = {&clock,    &host,     &kmsg,   &memory, &decision, &candidates,
				 &waiting,  &more,     &victim, &detail, &fates[0], &end,
				 &fates[1], &fates[2], &lost,   &tick};
	size_t len = 0;

	gen_announce(&decision, 20);
	decision.flags = DECISION_GROUP | DECISION_RUNNER_UP | DECISION_TOTALPAGES;
	decision.runner_up = gen_task(101, "second", 999);
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		struct wire_head head;

		memcpy(&head, records[i], sizeof(head));
		assert_true(len + head.size + 8 <= size);
		memcpy(bytes + len, records[i], head.size);
		memset(bytes + len + head.size, 0, recording_padding(head.size));
		len += head.size + recording_padding(head.size);
	}
	return len;
}

static void corrupt_streams_are_survived_and_accounted_for(void **state)
{
	static char sound[32768], bytes[32768];
	size_t len = sample_stream(sound, sizeof(sound));
	uint32_t seed = 20261122;

	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct observer *observer = observe_nothing(18);
		size_t offset = 0, size, fed = 0, bad = 0;
		const void *record;

		memcpy(bytes, sound, len);
		for (int flips = round % 24; flips > 0; flips--) {
			seed = seed * 1664525 + 1013904223;
			bytes[(seed >> 4) % len] ^= (char)(1U << (seed >> 29));
		}
		while (recording_next(bytes, len, &offset, &record, &size) == 1) {
			bad += assembler_feed(observer->assembler, record, size) < 0;
			fed++;
		}
		assembler_finish(observer->assembler, T0);
		assert_int_equal(observer->n_detached, 1);
		assert_true(observer->totals.lost[LOSS_MALFORMED] >= bad);
		assert_true(observer->n_episodes <= fed);
		if (round % 24 == 0) {
			assert_int_equal(bad, 0);
			assert_int_equal(observer->n_episodes, 1);
			assert_int_equal(observer->n_outcomes, 2);
		}
		for (uint32_t i = 0; i < observer->n_episodes && i < 64; i++) {
			const struct episode *episode = &observer->episodes[i].is;

			assert_true(episode->n_tasks <= 20);
			assert_int_equal(episode->n_tasks + episode->lost, episode->total);
		}
		observer_done(observer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_outcome_is_told_when_the_victim_is_gone_and_freed),
		cmocka_unit_test(fates_that_come_before_the_end_mark_wait_for_the_episode),
		cmocka_unit_test(an_outcome_is_told_at_its_deadline_as_far_as_it_is_known),
		cmocka_unit_test(a_late_exit_is_told_once_more),
		cmocka_unit_test(a_late_exit_without_its_other_half_is_told_all_the_same),
		cmocka_unit_test(a_pid_used_again_is_another_process),
		cmocka_unit_test(every_victim_of_a_group_has_an_outcome_of_the_same_kill),
		cmocka_unit_test(a_victim_chosen_again_while_it_dies_has_one_outcome),
		cmocka_unit_test(what_the_reaper_took_is_told_in_bytes),
		cmocka_unit_test(memory_that_the_reaper_passed_over_is_told),
		cmocka_unit_test(how_long_was_looked_is_told_of_what_is_not_complete),
		cmocka_unit_test(one_that_shared_the_memory_is_gone_when_it_has_exited),
		cmocka_unit_test(a_sharer_that_is_killed_with_the_group_is_of_the_group),
		cmocka_unit_test(what_was_looked_up_is_told_with_the_outcome),
		cmocka_unit_test(what_was_not_looked_up_is_empty),
		cmocka_unit_test(of_many_that_were_looked_up_the_last_are_kept),
		cmocka_unit_test(selections_given_up_are_those_the_last_fate_counts),
		cmocka_unit_test(a_full_table_gives_up_no_victim_that_is_waited_for),
		cmocka_unit_test(fates_that_cannot_be_held_are_counted),
		cmocka_unit_test(malformed_records_are_counted_and_the_stream_goes_on),
		cmocka_unit_test(losses_seen_here_are_told_at_once_and_then_together),
		cmocka_unit_test(the_kernels_counters_are_told_as_differences),
		cmocka_unit_test(the_host_is_told_once_and_first),
		cmocka_unit_test(a_host_before_its_clock_is_told_with_it),
		cmocka_unit_test(without_a_host_no_bytes_are_made_up),
		cmocka_unit_test(the_end_closes_and_tells_everything_once),
		cmocka_unit_test(callbacks_are_asked_for_or_not),
		cmocka_unit_test(corrupt_streams_are_survived_and_accounted_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
