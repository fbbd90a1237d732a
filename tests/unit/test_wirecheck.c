// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/wirecheck.h"
#include "wiregen.h"

/* Checks the record from memory of exactly @len bytes, so that a read beyond it is seen. */
static int check(const void *record, size_t len)
{
	void *exact = aligned_alloc(8, (len + 8) & ~7UL);
	int r;

	memset((char *)exact + len, 0xff, ((len + 8) & ~7UL) - len);
	memcpy(exact, record, len);
	r = wire_check(exact, len);
	free(exact);
	return r;
}

#define assert_good(record) assert_int_equal(check(&(record), (record).head.size), 0)
#define assert_bad(record)  assert_int_equal(check(&(record), (record).head.size), -EBADMSG)

static void every_kind_of_record_is_accepted(void **state)
{
	struct wire_decision decision = gen_decision(1, 1000);
	struct wire_candidates candidates = gen_candidates(1, 0, 3, 100);
	struct wire_candidates none = gen_candidates(1, 0, 0, 100);
	struct wire_victim victim = gen_victim(1, 1000, 5, "x");
	struct wire_end end = gen_end(1, 1000);
	struct wire_fate fate = gen_fate(FATE_EXITED, 1000, 5);
	struct wire_host host = gen_host(0);
	struct wire_clock clock = gen_clock(-5);
	struct wire_kmsg kmsg = gen_kmsg(1000, "abc");
	struct wire_lost lost = gen_lost(1000);
	struct wire_gfp gfp = {.head = gen_head(WIRE_GFP, sizeof(gfp), 0, 1000), .names = {"DMA"}};
	struct wire_head tick = gen_tick(1000);
	struct wire_memory memory = gen_memory(1, 1000);
	struct wire_waiting waiting = gen_waiting(1000);
	struct wire_detail detail = gen_detail(5, "java", "web-1", "shop");

	(void)state;
	assert_good(memory);
	assert_good(waiting);
	assert_good(detail);
	assert_good(gfp);
	gfp.names[4][0] = '|';
	assert_bad(gfp);
	assert_good(decision);
	assert_good(candidates);
	assert_good(none);
	assert_good(victim);
	assert_good(end);
	assert_good(fate);
	assert_good(host);
	assert_good(clock);
	assert_good(kmsg);
	assert_good(lost);
	assert_int_equal(check(&tick, sizeof(tick)), 0);
	tick.kind = WIRE_DETACH;
	assert_int_equal(check(&tick, sizeof(tick)), 0);
}

static void a_size_that_is_not_the_kinds_is_refused(void **state)
{
	struct wire_decision decision = gen_decision(1, 1000);
	struct wire_candidates candidates = gen_candidates(1, 0, 3, 100);
	struct wire_kmsg kmsg = gen_kmsg(1000, "abc");

	(void)state;
	for (uint32_t len = 0; len < sizeof(decision); len++) {
		decision.head.size = len;
		assert_int_equal(check(&decision, len), -EBADMSG);
	}
	assert_int_equal(check(&candidates, candidates.head.size - 8), -EBADMSG);
	for (uint32_t len = 0; len < sizeof(candidates); len++) {
		bool exact = len ==
			     offsetof(struct wire_candidates, tasks) + 3 * sizeof(struct wire_task);

		candidates.head.size = len;
		assert_int_equal(check(&candidates, len), exact ? 0 : -EBADMSG);
	}
	candidates = gen_candidates(1, 0, WIRE_CHUNK_TASKS, 100);
	candidates.count++;
	assert_bad(candidates);
	candidates.count = WIRE_NONE_U32;
	assert_bad(candidates);
	kmsg.len = WIRE_NONE_U32;
	assert_bad(kmsg);
	kmsg.len = 4;
	assert_bad(kmsg);
}

static void another_version_and_an_unknown_kind_are_refused(void **state)
{
	struct wire_head tick = gen_tick(1000);

	(void)state;
	tick.version++;
	assert_int_equal(check(&tick, sizeof(tick)), -EBADMSG);
	for (uint32_t kind = 0; kind <= 0xffff; kind++) {
		bool is_tick = kind == WIRE_TICK || kind == WIRE_DETACH;

		tick = gen_tick(1000);
		tick.kind = (uint16_t)kind;
		assert_int_equal(check(&tick, sizeof(tick)), is_tick ? 0 : -EBADMSG);
	}
}

static void numbers_out_of_range_are_refused(void **state)
{
	struct wire_decision decision;
	struct wire_candidates candidates = gen_candidates(1, 0, 3, 100);
	struct wire_fate fate = gen_fate(FATE_EXITED, 1000, 5);
	struct wire_host host = gen_host(0);

	(void)state;
#define REFUSES(change)                           \
	do {                                      \
		decision = gen_decision(1, 1000); \
		change;                           \
		assert_bad(decision);             \
	} while (0)
	REFUSES(decision.listed = 1);
	REFUSES(decision.eligible = 1);
	REFUSES(decision.constraint = CONSTRAINT_MEMCG_ + 1);
	REFUSES(decision.source = SOURCE_SNAPSHOT + 1);
	REFUSES(decision.rss_counters = RSS_PRECISE + 1);
	REFUSES(decision.victim.skip = SKIP_MAX);
	REFUSES(decision.runner_up.skip = 255);
	REFUSES(decision.head.episode = 0);
#undef REFUSES
	candidates.tasks[2].skip = SKIP_MAX;
	assert_bad(candidates);
	candidates = gen_candidates(1, 0, 3, 100);
	candidates.first = WIRE_NONE_U32 - 2;
	assert_bad(candidates);
	fate.what = 0;
	assert_bad(fate);
	fate.what = FATE_REAP_SKIPPED + 1;
	assert_bad(fate);
	host.backend = WIRE_BACKENDS;
	assert_bad(host);
	host = gen_host(0);
	host.page_size = 0;
	assert_bad(host);
	host.page_size = 4097;
	assert_bad(host);
	host.page_size = 1ULL << 63;
	assert_bad(host);
}

static void counts_of_what_surrounds_a_decision_are_bounded(void **state)
{
	struct wire_memory memory = gen_memory(1, 1000);
	struct wire_waiting waiting = gen_waiting(1000);
	struct wire_detail detail = gen_detail(5, "java", "web-1", "shop");

	(void)state;
	memory.zones_count = WIRE_ZONES;
	assert_good(memory);
	memory.zones_count = WIRE_ZONES + 1;
	assert_bad(memory);
	memory = gen_memory(0, 1000); /* of no episode */
	assert_bad(memory);
	memory = gen_memory(1, 1000);
	memory.head.size--;
	assert_bad(memory);
	waiting.path.len--;
	assert_bad(waiting);
	waiting = gen_waiting(1000);
	waiting.head.size -= 8;
	assert_bad(waiting);
	detail.cmdline_len = WIRE_CMDLINE_LEN;
	assert_good(detail);
	detail.cmdline_len = WIRE_CMDLINE_LEN + 1;
	assert_bad(detail);
	detail.cmdline_len = WIRE_NONE_U32;
	assert_bad(detail);
	/* texts need no NUL */
	detail = gen_detail(5, "", "", "");
	memset(detail.pod, 'x', sizeof(detail.pod));
	memset(detail.pod_namespace, 'x', sizeof(detail.pod_namespace));
	assert_good(detail);
	waiting = gen_waiting(1000);
	memset(waiting.comm, 'x', sizeof(waiting.comm));
	assert_good(waiting);
}

static void a_path_ends_with_a_nul_within_its_bounds(void **state)
{
	struct wire_decision decision = gen_decision(1, 1000);
	struct wire_victim victim = gen_victim(1, 1000, 5, "x");

	(void)state;
	decision.victim_path.len = sizeof(decision.victim_path.names) + 1;
	assert_bad(decision);
	decision = gen_decision(1, 1000);
	decision.memcg.path.len--;
	assert_bad(decision);
	decision = gen_decision(1, 1000);
	decision.invoker_path.names[decision.invoker_path.len - 1] = 'x';
	assert_bad(decision);
	victim.path.len = WIRE_NONE_U32;
	assert_bad(victim);
}

static void a_comm_without_its_nul_is_accepted(void **state)
{
	struct wire_decision decision = gen_decision(1, 1000);

	(void)state;
	memset(decision.victim.comm, 'x', sizeof(decision.victim.comm));
	memset(decision.invoker_comm, 0xff, sizeof(decision.invoker_comm));
	memset(decision.message, 'm', sizeof(decision.message));
	assert_good(decision);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_record_is_accepted),
		cmocka_unit_test(a_size_that_is_not_the_kinds_is_refused),
		cmocka_unit_test(another_version_and_an_unknown_kind_are_refused),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(counts_of_what_surrounds_a_decision_are_bounded),
		cmocka_unit_test(a_path_ends_with_a_nul_within_its_bounds),
		cmocka_unit_test(a_comm_without_its_nul_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
