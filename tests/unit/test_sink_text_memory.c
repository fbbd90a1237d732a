// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the text says of memory: limits, uses, zones. */
#include "tests/unit/textaid.h"

static void limits_of_a_memcg(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.episode.memcg.swap_limit_is_max = true;
	sample.episode.memcg.swap_bytes = 3 * MIB;
	check_contains(&sample.episode, "(limit 512 MiB,\n              swap unlimited)");
	check_contains(&sample.episode,
		       "  memory      512 of 512 MiB used; swap 3 MiB of unlimited\n");
	sample.episode.memcg.swap_bytes = 0;
	check_contains(&sample.episode, "  memory      512 of 512 MiB used\n");
	sample.episode.memcg.v1 = true;
	sample.episode.memcg.path = "/a";
	sample.episode.memcg.swap_bytes = 515 * MIB;
	check_contains(&sample.episode, "(limit 512 MiB, memory+swap unlimited)");
	check_contains(&sample.episode, "512 of 512 MiB used; memory+swap 515 MiB of unlimited\n");
	sample.episode.memcg.limit_is_max = true;
	check_contains(&sample.episode,
		       "512 MiB used, no limit; memory+swap 515 MiB of unlimited\n");
	sample.episode.memcg.limit_is_max = false;
	sample.episode.memcg.swap_bytes = 512 * MIB;
	check_contains(&sample.episode, "  memory      512 of 512 MiB used\n");
	sample.episode.memcg.known = MEMCG_KNOWS_PATH;
	check_contains(&sample.episode, "  memcg OOM in /a\n");
	check_lacks(&sample.episode, "  memory ");
	sample.episode.memcg.known = 0;
	check_contains(&sample.episode, "  memcg OOM\n");
}

static void what_the_memory_was_used_for(void **state)
{
	struct sample sample;
	uint64_t *uses = sample.episode.memory.memcg_use_bytes;

	(void)state;
	sample_fill(&sample);
	sample_fill_memory(&sample.episode);
	check_contains(&sample.episode,
		       "  memory      512 of 512 MiB used: anon 501, slab 3\n"
		       "              the candidates hold 98 % of it\n  candidates ");
	uses[USE_KERNEL] = 40 * MIB;
	uses[USE_PAGE_TABLES] = 11 * MIB;
	uses[USE_SLAB_UNRECLAIMABLE] = 13 * MIB + 300 * KIB;
	sample.episode.memcg.swap_bytes = 3 * MIB;
	sample.episode.memcg.swap_limit_bytes = 4 * MIB;
	check_contains(
		&sample.episode,
		"  memory      512 of 512 MiB used: anon 501, other kernel 14.7, slab 13.3,\n"
		"              page tables 11; swap 3 MiB of 4 MiB\n");
	/* Nothing of the machine: its zones and its waiting are not why. */
	check_lacks(&sample.episode, "Normal");
	check_lacks(&sample.episode, "waiting for memory");
	sample.episode.memory.memcg_psi.some[0] = 4 * WIRE_PSI_UNIT;
	check_lacks(&sample.episode, "waiting for memory");
	sample.episode.memory.memcg_psi.some[0] = 99 * WIRE_PSI_UNIT + WIRE_PSI_UNIT / 2;
	check_contains(&sample.episode, "\n              waiting for memory in the last 10 s: "
					"somebody 100 %\n");
	sample.episode.memory.memcg_psi.full[0] = 12 * WIRE_PSI_UNIT;
	check_contains(&sample.episode, "somebody 100 %,\n              everybody 12 %\n");
}

static void what_no_kill_frees_is_said_to_be_so(void **state)
{
	struct sample sample;
	uint64_t *uses = sample.episode.memory.memcg_use_bytes;

	(void)state;
	sample_fill(&sample);
	sample_fill_memory(&sample.episode);
	uses[USE_ANON] = 100 * MIB;
	uses[USE_FILE] = 410 * MIB;
	uses[USE_SHMEM] = 409 * MIB + 600 * KIB;
	sample.tasks[0].rss_anon_bytes = 10 * MIB;
	check_contains(
		&sample.episode,
		"  memory      512 of 512 MiB used: shmem 409.6, anon 100, slab 3\n"
		"              the candidates hold 20 % of it; 80 % is files in memory (tmpfs,\n"
		"              shmem), which no kill frees\n");
	/* Mapped by those who can be killed, it may well be freed. */
	sample.tasks[1].rss_shmem_bytes = 300 * MIB;
	check_lacks(&sample.episode, "no kill frees");
	uses[USE_SHMEM] = 0;
	uses[USE_FILE] = 10 * MIB;
	uses[USE_SLAB_UNRECLAIMABLE] = 400 * MIB;
	check_contains(&sample.episode, "78 % is the kernel's own objects\n              (slab), "
					"which no kill frees\n");
	/* Of what was lost, nobody knows what it held. */
	sample.episode.lost = 1;
	check_contains(
		&sample.episode,
		"\n              78 % is the kernel's own objects (slab), which no kill frees\n");
	uses[USE_ANON] = 401 * MIB;
	check_lacks(&sample.episode, "no kill frees");
}

static void what_the_machine_was_used_for(void **state)
{
	struct sample sample;
	struct memory *memory = &sample.episode.memory;

	(void)state;
	sample_fill_global(&sample);
	sample_fill_memory(&sample.episode);
	memory->use_bytes[USE_SWAPCACHED] = 0;
	check_contains(&sample.episode,
		       "  memory      3900 of 4000 MiB used: anon 3000, shmem 500, slab 150,\n"
		       "              page cache 100, reclaimable slab 50; swap 1000 of 1024 MiB\n"
		       "              the candidates hold 15 % of it\n"
		       "              Normal on node 1: 11.2 MiB free, min 44\n"
		       "              waiting for memory in the last 10 s: somebody 46 %, "
		       "everybody 30 %\n");
	memory->swap_total_bytes = memory->swap_free_bytes = 0;
	check_contains(&sample.episode, "reclaimable slab 50; no swap\n");
	memory->swap_total_bytes = BYTES_UNKNOWN;
	check_contains(&sample.episode, "reclaimable slab 50\n");
	memory->total_bytes = BYTES_UNKNOWN;
	check_contains(&sample.episode, "  memory      Normal on node 1: 11.2 MiB free, min 44\n");
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	check_contains(&sample.episode, "  memory      Normal on node 1: 11.2 MiB free, min 44\n");
	memory->zones[1].free_bytes = memory->zones[1].min_bytes;
	check_contains(&sample.episode, "  memory      waiting for memory in the last 10 s:");
	sample_no_memory(memory);
	check_lacks(&sample.episode, "  memory ");
}

static void many_low_zones_and_the_largest_numbers(void **state)
{
	struct sample sample;
	struct memory *memory = &sample.episode.memory;

	(void)state;
	sample_fill_global(&sample);
	sample_fill_memory(&sample.episode);
	memory->n_zones = WIRE_ZONES;
	for (uint32_t i = 0; i < WIRE_ZONES; i++) {
		memory->zones[i] = memory->zones[1];
		memory->zones[i].node = i;
	}
	memset(memory->zones[0].name, '\033', WIRE_ZONE_NAME);
	check_contains(&sample.episode, "\\x1b\\x1b");
	check_contains(&sample.episode, "min 44\n              and 12 more zones below min\n");
	for (unsigned int use = 0; use < USE_MAX; use++)
		memory->use_bytes[use] = memory->memcg_use_bytes[use] = BYTES_UNKNOWN - 1;
	memory->total_bytes = memory->swap_total_bytes = BYTES_UNKNOWN - 1;
	memory->free_bytes = memory->swap_free_bytes = 0;
	memory->psi.some[0] = memory->psi.full[0] = PSI_UNKNOWN - 1;
	memory->zones[1].free_bytes = BYTES_UNKNOWN - 2;
	memory->zones[1].min_bytes = BYTES_UNKNOWN - 1;
	memory->zones[1].node = UINT32_MAX;
	check_contains(&sample.episode, "Normal on node 4294967295: 16.0 EiB free, min 16.0\n");
	memory->free_bytes = memory->total_bytes;
	check_contains(&sample.episode, "  memory      0 of 16.0 EiB used: ");
}

static void nodes_of_a_cpuset_and_of_a_policy(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill_global(&sample);
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	strcpy(sample.episode.invoker.mems_allowed, "1");
	strcpy(sample.episode.invoker.cpuset, "jobs\033[31m");
	check_contains(&sample.episode, "  out of memory on the nodes of a cpuset\n");
	sample.episode.known |= EPISODE_KNOWS_NODES;
	check_contains(&sample.episode,
		       "  out of memory on node 1, all that cpuset jobs\\x1b[31m may use\n");
	*sample.episode.invoker.cpuset = '\0';
	strcpy(sample.episode.invoker.mems_allowed, "0-3,8");
	check_contains(&sample.episode,
		       "  out of memory on nodes 0-3,8, all that its cpuset may use\n");
	memset(sample.episode.invoker.cpuset, 'c', sizeof(sample.episode.invoker.cpuset));
	memset(sample.episode.invoker.mems_allowed, ',', EPISODE_NODES_TEXT - 1);
	check_contains(&sample.episode, "ccc... may use\n");
	sample.episode.constraint = CONSTRAINT_MEMORY_POLICY_;
	check_contains(&sample.episode, "  out of memory on the nodes of a memory policy\n");
	strcpy(sample.episode.invoker.nodemask, "1");
	check_contains(&sample.episode,
		       "  out of memory on node 1, all that a memory policy allows\n");
}

static void kills_that_come_again_and_again(void **state)
{
	static const struct {
		uint32_t count;
		uint64_t span_ns;
		const char *want;
	} cases[] = {
		{5, 250400000000, "\n  again       5th kill in this cgroup within 4 min 10 s\n"},
		{21, 600000000000, " 21st kill in this cgroup within 10 min 0 s\n"},
		{12, 59600000000, " 12th kill in this cgroup within 1 min 0 s\n"},
		{102, 320000000, " 102nd kill in this cgroup within 320.0 ms\n"},
		{113, 7260000000000, " 113th kill in this cgroup within 2 h 1 min\n"},
		{UINT32_MAX, UINT64_MAX,
		 " 4294967295th kill in this cgroup within 5124095 h 34 min\n"},
	};
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	check_lacks(&sample.episode, "  again ");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample.episode.recent_kills = cases[i].count;
		sample.episode.recent_span_ns = cases[i].span_ns;
		check_contains(&sample.episode, cases[i].want);
	}
	sample_fill_global(&sample);
	sample.episode.recent_kills = 6;
	check_contains(&sample.episode,
		       "\n  again       6th kill in the victim's cgroup within 0.0 ms\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_of_a_memcg),
		cmocka_unit_test(what_the_memory_was_used_for),
		cmocka_unit_test(what_no_kill_frees_is_said_to_be_so),
		cmocka_unit_test(what_the_machine_was_used_for),
		cmocka_unit_test(many_low_zones_and_the_largest_numbers),
		cmocka_unit_test(nodes_of_a_cpuset_and_of_a_policy),
		cmocka_unit_test(kills_that_come_again_and_again),
	};

	setenv("TZ", "XXX-1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
