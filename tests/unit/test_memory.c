// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What surrounds a decision: the memory's uses, nodes, sysctls; and tasks that only wait. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/convert.h"
#include "observer.h"

#define T0 1000000ULL /* of the decision */

static void a_memory_record_is_told_with_its_episode(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_memory record = gen_memory(1, T0 + 3);
	const struct memory *memory;

	(void)state;
	record.memcg_usage = 5000;
	record.memcg_use[USE_ANON] = 4000;
	record.memcg_use[USE_HUGETLB] = 0;
	record.mem_total = 90000;
	record.mem_free = 100;
	record.swap_total = 0;
	record.use[USE_SLAB_UNRECLAIMABLE] = 700;
	record.memcg_psi.some[0] = 3 * WIRE_PSI_UNIT;
	record.psi.full[2] = 1;
	record.zones_count = WIRE_ZONES;
	record.zones_cut = 1;
	for (uint32_t i = 0; i < WIRE_ZONES; i++)
		record.zones[i] = (struct wire_zone){.free = i,
						     .min = 10 + i,
						     .low = 20 + i,
						     .high = 30 + i,
						     .managed = 40 + i,
						     .node = i / 4};
	memset(record.zones[0].name, 'Z', sizeof(record.zones[0].name));
	FEED(observer, gen_decision(1, T0));
	FEED(observer, record);
	FEED(observer, gen_end(1, T0 + 5));
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	memory = &observer_last(observer)->is.memory;
	assert_int_equal(memory->memcg_usage_bytes, 5000);
	assert_int_equal(memory->memcg_use_bytes[USE_ANON], 4000);
	assert_int_equal(memory->memcg_use_bytes[USE_HUGETLB], 0);
	assert_int_equal(memory->memcg_use_bytes[USE_FILE], BYTES_UNKNOWN);
	assert_int_equal(memory->total_bytes, 90000);
	assert_int_equal(memory->free_bytes, 100);
	assert_int_equal(memory->swap_total_bytes, 0);
	assert_int_equal(memory->swap_free_bytes, BYTES_UNKNOWN);
	assert_int_equal(memory->use_bytes[USE_SLAB_UNRECLAIMABLE], 700);
	assert_int_equal(memory->use_bytes[USE_ANON], BYTES_UNKNOWN);
	assert_int_equal(memory->memcg_psi.some[0], 3 * WIRE_PSI_UNIT);
	assert_int_equal(memory->memcg_psi.full[0], PSI_UNKNOWN);
	assert_int_equal(memory->psi.full[2], 1);
	assert_int_equal(memory->n_zones, WIRE_ZONES);
	assert_true(memory->zones_cut);
	assert_int_equal(strlen(memory->zones[0].name), WIRE_ZONE_NAME);
	assert_int_equal(memory->zones[15].node, 3);
	assert_int_equal(memory->zones[15].free_bytes, 15);
	assert_int_equal(memory->zones[15].min_bytes, 25);
	assert_int_equal(memory->zones[15].low_bytes, 35);
	assert_int_equal(memory->zones[15].high_bytes, 45);
	assert_int_equal(memory->zones[15].managed_bytes, 55);
	observer_done(observer);
}

static void without_a_memory_record_nothing_of_it_is_known(void **state)
{
	struct observer *observer = observe(0, 100);
	const struct episode *episode;

	(void)state;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_end(1, T0));
	episode = &observer_last(observer)->is;
	assert_false(episode->known & EPISODE_KNOWS_MEMORY);
	assert_int_equal(episode->memory.memcg_usage_bytes, BYTES_UNKNOWN);
	assert_int_equal(episode->memory.total_bytes, BYTES_UNKNOWN);
	assert_int_equal(episode->memory.swap_free_bytes, BYTES_UNKNOWN);
	for (unsigned int use = 0; use < USE_MAX; use++) {
		assert_int_equal(episode->memory.use_bytes[use], BYTES_UNKNOWN);
		assert_int_equal(episode->memory.memcg_use_bytes[use], BYTES_UNKNOWN);
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(episode->memory.psi.some[i], PSI_UNKNOWN);
		assert_int_equal(episode->memory.memcg_psi.full[i], PSI_UNKNOWN);
	}
	assert_int_equal(episode->memory.n_zones, 0);
	for (unsigned int i = 0; i < LOSS_MAX; i++)
		assert_int_equal(episode->loss[i], 0);
	observer_done(observer);
}

static void a_memory_record_may_come_before_its_decision(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_memory record = gen_memory(2, T0);

	(void)state;
	record.mem_free = 7;
	/* while the episode before is still open, too */
	FEED(observer, gen_decision(1, T0 - 1));
	FEED(observer, record);
	FEED(observer, gen_decision(2, T0));
	assert_int_equal(observer->n_episodes, 1);
	assert_false(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	FEED(observer, gen_end(2, T0));
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	assert_int_equal(observer_last(observer)->is.memory.free_bytes, 7);
	assert_int_equal(assembler_totals(observer->assembler)->lost[LOSS_STRAY], 0);
	/* what was held is of that one only */
	FEED(observer, gen_decision(3, T0));
	FEED(observer, gen_end(3, T0));
	assert_false(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	observer_done(observer);
}

static void a_memory_record_of_no_episode_is_a_stray(void **state)
{
	struct observer *observer = observe(0, 100);
	const uint64_t *lost = assembler_totals(observer->assembler)->lost;

	(void)state;
	FEED(observer, gen_decision(1, T0));
	FEED(observer, gen_end(1, T0));
	FEED(observer, gen_memory(1, T0)); /* too late */
	assert_int_equal(lost[LOSS_STRAY], 1);
	FEED(observer, gen_memory(2, T0)); /* its decision never comes */
	FEED(observer, gen_memory(3, T0));
	assert_int_equal(lost[LOSS_STRAY], 2);
	FEED(observer, gen_decision(4, T0));
	assert_int_equal(lost[LOSS_STRAY], 3);
	FEED(observer, gen_memory(4, T0));
	FEED(observer, gen_memory(4, T0));
	assert_int_equal(lost[LOSS_MALFORMED], 1);
	FEED(observer, gen_memory(5, T0));
	assembler_finish(observer->assembler, T0);
	assert_int_equal(observer->totals.lost[LOSS_STRAY], 4);
	observer_done(observer);
}

/* The list that @n / 2 pairs of a first and a last node make, in a text of @size bytes. */
static const char *list_of(const unsigned int *pairs, size_t n, size_t size)
{
	static char text[512];
	uint64_t nodes[WIRE_NODE_WORDS] = {0};

	for (size_t i = 0; i < n; i += 2) {
		for (unsigned int node = pairs[i]; node <= pairs[i + 1]; node++)
			nodes[node / 64] |= 1ULL << node % 64;
	}
	memset(text, 'x', sizeof(text));
	convert_nodes(nodes, text, size);
	assert_true(strlen(text) < size);
	return text;
}

static void nodes_are_listed_as_the_kernel_does(void **state)
{
	static const unsigned int some[] = {0, 3, 8, 8, 63, 64, 1023, 1023};

	(void)state;
	assert_string_equal(list_of(NULL, 0, 256), "");
	assert_string_equal(list_of(some, 2, 256), "0-3");
	assert_string_equal(list_of(some, 4, 256), "0-3,8");
	assert_string_equal(list_of(some, 8, 256), "0-3,8,63-64,1023");
	assert_string_equal(list_of((const unsigned int[]){0, 1023}, 2, 256), "0-1023");
	assert_string_equal(list_of((const unsigned int[]){5, 5}, 2, 256), "5");
}

static void a_list_that_is_too_long_is_cut_between_its_ranges(void **state)
{
	static const unsigned int some[] = {0, 3, 8, 8, 63, 64, 1023, 1023};
	unsigned int every_other[1024];
	const char *text;

	(void)state;
	assert_string_equal(list_of(some, 8, 21), "0-3,8,63-64,1023");
	assert_string_equal(list_of(some, 8, 20), "0-3,8,63-64,...");
	assert_string_equal(list_of(some, 8, 8), "0-3,...");
	assert_string_equal(list_of(some, 8, 4), "...");
	for (unsigned int i = 0; i < 1024; i++)
		every_other[i] = i & ~1U;
	text = list_of(every_other, 1024, EPISODE_NODES_TEXT);
	assert_true(strlen(text) > EPISODE_NODES_TEXT - 12);
	assert_non_null(strstr(text, ",..."));
	for (size_t size = 1; size < 300; size++)
		list_of(every_other, 1024, size);
}

static void the_invokers_nodes_and_the_sysctls_are_told(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	const struct episode *episode;

	(void)state;
	decision.nodes.nodemask[0] = 0x6;
	decision.nodes.mems_allowed[0] = 0x10f;
	memcpy(decision.nodes.cpuset, "batch", 5);
	decision.nodes.known = 1;
	decision.sysctls.panic_on_oom = 0;
	decision.sysctls.oom_dump_tasks = 1;
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	episode = &observer_last(observer)->is;
	assert_true(episode->known & EPISODE_KNOWS_NODES);
	assert_string_equal(episode->invoker.nodemask, ""); /* (null): any node */
	assert_string_equal(episode->invoker.mems_allowed, "0-3,8");
	assert_string_equal(episode->invoker.cpuset, "batch");
	assert_int_equal(episode->sysctls.panic_on_oom, 0);
	assert_int_equal(episode->sysctls.oom_dump_tasks, 1);
	assert_int_equal(episode->sysctls.overcommit_memory, WIRE_NONE_U32);

	decision = gen_decision(2, T0);
	decision.nodes.has_nodemask = 1;
	decision.nodes.nodemask[0] = 0x6;
	memset(decision.nodes.cpuset, 'x', sizeof(decision.nodes.cpuset));
	FEED(observer, decision);
	FEED(observer, gen_end(2, T0));
	episode = &observer_last(observer)->is;
	assert_false(episode->known & EPISODE_KNOWS_NODES);
	assert_string_equal(episode->invoker.nodemask, "1-2");
	assert_string_equal(episode->invoker.mems_allowed, "");
	assert_string_equal(episode->invoker.cpuset, "");

	decision.head.episode = 3;
	decision.nodes.known = 1; /* and a name without its NUL */
	FEED(observer, decision);
	FEED(observer, gen_end(3, T0));
	assert_int_equal(strlen(observer_last(observer)->is.invoker.cpuset), WIRE_PATH_NAME - 1);
	observer_done(observer);
}

static void a_waiting_task_is_told_at_once_and_disturbs_nothing(void **state)
{
	struct observer *observer = observe(0, 100);
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_waiting waiting = gen_waiting(T0 + 1);
	struct seen_episode *seen = &observer->no_kills[0];

	(void)state;
	waiting.repeated = 3;
	gen_announce(&decision, 3);
	FEED(observer, decision);
	FEED(observer, waiting);
	assert_int_equal(observer->n_no_kills, 1);
	FEED(observer, gen_candidates(1, 0, 3, 100));
	FEED(observer, gen_memory(1, T0));
	FEED(observer, waiting);
	FEED(observer, gen_end(1, T0 + 2));
	assert_string_equal(observer->order, "anne");
	assert_int_equal(observer_last(observer)->is.n_tasks, 3);
	assert_int_equal(observer_last(observer)->is.lost, 0);
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	assert_int_equal(observer->totals.episodes + observer->n_episodes, 1);
	assert_int_equal(assembler_totals(observer->assembler)->episodes, 1);

	assert_int_equal(seen->is.no_kill, NO_KILL_DISABLED);
	assert_string_equal(no_kill_name(seen->is.no_kill), "oom_kill_disabled");
	assert_int_equal(seen->is.repeated, 3);
	assert_int_equal(seen->is.boot_ns, T0 + 1);
	assert_int_equal(seen->is.real_ns, T0 + 1 + 1000000000);
	assert_int_equal(seen->is.constraint, CONSTRAINT_MEMCG_);
	assert_int_equal(seen->is.invoker.pid, 100);
	assert_int_equal(seen->is.invoker.tid, 101);
	assert_int_equal(seen->is.invoker.uid, 1000);
	assert_string_equal(seen->is.invoker.comm, "asker");
	assert_int_equal(seen->is.known,
			 EPISODE_KNOWS_CONSTRAINT | EPISODE_KNOWS_INVOKER | EPISODE_KNOWS_MEMCG);
	assert_int_equal(seen->is.memcg.known, MEMCG_KNOWS_PATH | MEMCG_KNOWS_USAGE);
	assert_true(seen->is.memcg.v1);
	assert_string_equal(seen->memcg_path, "/system.slice/app.service");
	assert_int_equal(seen->is.memcg.usage_bytes, 2000 * GEN_PAGE);
	assert_int_equal(seen->is.memcg.limit_bytes, 2000 * GEN_PAGE);
	assert_int_equal(seen->is.candidates_source, SOURCE_NONE);
	assert_int_equal(seen->is.n_victims + seen->is.n_tasks, 0);
	assert_int_equal(seen->is.sysctls.panic_on_oom, WIRE_NONE_U32);
	assert_int_equal(seen->is.memory.total_bytes, BYTES_UNKNOWN);
	observer_done(observer);
}

static void a_waiting_task_in_nobody_knows_where_is_told_all_the_same(void **state)
{
	struct observer *observer = observe_nothing(100);
	struct wire_waiting waiting = gen_waiting(T0);

	(void)state;
	waiting.path.known = 0;
	memset(waiting.comm, 0xff, sizeof(waiting.comm));
	FEED(observer, waiting); /* no host yet: no size of a page */
	assert_int_equal(observer->no_kills[0].is.memcg.known, 0);
	assert_string_equal(observer->no_kills[0].memcg_path, "(none)");
	assert_int_equal(strlen(observer->no_kills[0].is.invoker.comm), WIRE_COMM_LEN);
	observer_done(observer);

	observer = observe(0, 100);
	waiting = gen_waiting(T0);
	waiting.path.truncated = 1;
	waiting.limit = WIRE_UNLIMITED;
	FEED(observer, waiting);
	assert_true(observer->no_kills[0].is.memcg.path_truncated);
	assert_true(observer->no_kills[0].is.memcg.limit_is_max);
	observer_done(observer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_memory_record_is_told_with_its_episode),
		cmocka_unit_test(without_a_memory_record_nothing_of_it_is_known),
		cmocka_unit_test(a_memory_record_may_come_before_its_decision),
		cmocka_unit_test(a_memory_record_of_no_episode_is_a_stray),
		cmocka_unit_test(nodes_are_listed_as_the_kernel_does),
		cmocka_unit_test(a_list_that_is_too_long_is_cut_between_its_ranges),
		cmocka_unit_test(the_invokers_nodes_and_the_sysctls_are_told),
		cmocka_unit_test(a_waiting_task_is_told_at_once_and_disturbs_nothing),
		cmocka_unit_test(a_waiting_task_in_nobody_knows_where_is_told_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
