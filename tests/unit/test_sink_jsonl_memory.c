// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines: what memory there was, what it was used for, and what shaped the decision. */
#include "tests/unit/jsonaid.h"

static void what_the_memory_was_used_for(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	root = render(everything, &sample.episode);
	check_absent(root, "system");
	check_absent(root, "memcg.stat");
	check_absent(root, "why.candidates_share");
	check_absent(root, "why.largest_use");
	json_decref(root);

	sample_fill_memory(&sample.episode);
	root = render(everything, &sample.episode);
	check_number(root, "memcg.stat.anon_bytes", 501 * MIB);
	check_number(root, "memcg.stat.file_bytes", 2 * MIB);
	check_number(root, "memcg.stat.shmem_bytes", MIB);
	check_number(root, "memcg.stat.kernel_bytes", 7 * MIB);
	check_number(root, "memcg.stat.pagetables_bytes", 1300 * KIB);
	check_absent(root, "memcg.stat.zswap_bytes");
	assert_int_equal(json_object_size(at(root, "memcg.stat")), 8);
	check_number(root, "memcg.psi_full_avg60", 100);
	check_absent(root, "memcg.psi_full_avg10");
	check_absent(root, "memcg.psi_some_avg60");
	check_number(root, "system.mem_total_bytes", 4000 * MIB);
	check_number(root, "system.mem_free_bytes", 100 * MIB);
	check_number(root, "system.swap_total_bytes", 1024 * MIB);
	check_number(root, "system.swap_free_bytes", 24 * MIB);
	check_number(root, "system.anon_bytes", 3000 * MIB);
	check_number(root, "system.hugetlb_bytes", 0);
	check_absent(root, "system.sock_bytes");
	check_number(root, "system.psi_some_avg10", 45.5);
	check_number(root, "system.psi_full_avg10", 30);
	check_number(root, "system.psi_full_avg300", 0);
	check_absent(root, "system.psi_some_avg300");
	check_number(root, "why.candidates_share", 0.982);
	check_string(root, "why.largest_use", "anon");
	json_decref(root);
}

static void zones_and_their_watermarks(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample_fill_memory(&sample.episode);
	root = render(everything, &sample.episode);
	assert_int_equal(json_array_size(at(root, "system.zones")), 2);
	check_number(root, "system.zones.0.node", 0);
	check_string(root, "system.zones.1.name", "Normal");
	check_number(root, "system.zones.1.node", 1);
	check_number(root, "system.zones.1.free_bytes", 11 * MIB + 205 * KIB);
	check_number(root, "system.zones.1.min_bytes", 44 * MIB);
	check_number(root, "system.zones.1.low_bytes", 55 * MIB);
	check_number(root, "system.zones.1.high_bytes", 66 * MIB);
	check_number(root, "system.zones.1.managed_bytes", 2100 * MIB);
	check_absent(root, "system.zones_truncated");
	json_decref(root);

	sample.episode.memory.zones_cut = true;
	sample.episode.known &= ~(uint32_t)EPISODE_KNOWS_MEMCG;
	root = render(everything, &sample.episode);
	check_bool(root, "system.zones_truncated", true);
	check_absent(root, "memcg");
	json_decref(root);
}

static void memory_of_which_nothing_is_known_and_the_most_there_can_be(void **state)
{
	struct sample sample;
	struct memory *memory = &sample.episode.memory;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample_no_memory(memory);
	sample.episode.known |= EPISODE_KNOWS_MEMORY;
	root = render(everything, &sample.episode);
	check_absent(root, "memcg.stat");
	assert_int_equal(json_object_size(at(root, "system")), 0);
	json_decref(root);

	for (unsigned int use = 0; use < USE_MAX; use++)
		memory->use_bytes[use] = INT64_MAX;
	memory->psi.some[0] = PSI_UNKNOWN - 1;
	memory->n_zones = WIRE_ZONES;
	memset(memory->zones[3].name, 'Z', WIRE_ZONE_NAME);
	memory->zones[3].node = UINT32_MAX;
	root = render(everything, &sample.episode);
	/* The uses, an average and the zones. */
	assert_int_equal(json_object_size(at(root, "system")), USE_MAX + 2);
	check_number(root, "system.psi_some_avg10", 2097151.99);
	check_string(root, "system.zones.3.name", "ZZZZZZZZZZZZZZZZ");
	check_number(root, "system.zones.3.node", UINT32_MAX);
	json_decref(root);
}

static void sysctls_nodes_and_kills_before(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	root = render(everything, &sample.episode);
	check_absent(root, "sysctl");
	check_absent(root, "invoker.nodemask");
	check_absent(root, "invoker.mems_allowed");
	check_absent(root, "invoker.cpuset");
	check_absent(root, "recent_kills");
	json_decref(root);

	sample.episode.sysctls = (struct wire_sysctls){
		.panic_on_oom = 0,
		.oom_kill_allocating_task = 1,
		.oom_dump_tasks = WIRE_NONE_U32,
		.overcommit_memory = 2,
	};
	strcpy(sample.episode.invoker.nodemask, "0-3,8");
	strcpy(sample.episode.invoker.mems_allowed, "0-15");
	strcpy(sample.episode.invoker.cpuset, "jobs\xff");
	sample.episode.recent_kills = 5;
	sample.episode.recent_span_ns = 250123456789;
	root = render(everything, &sample.episode);
	check_number(root, "sysctl.panic_on_oom", 0);
	check_number(root, "sysctl.oom_kill_allocating_task", 1);
	check_absent(root, "sysctl.oom_dump_tasks");
	check_number(root, "sysctl.overcommit_memory", 2);
	check_string(root, "invoker.nodemask", "0-3,8");
	check_absent(root, "invoker.mems_allowed");
	check_absent(root, "invoker.cpuset");
	check_number(root, "recent_kills.count", 5);
	check_number(root, "recent_kills.within_ms", 250123.456);
	json_decref(root);

	sample.episode.known |= EPISODE_KNOWS_NODES;
	memset(sample.episode.invoker.cpuset + 5, 'x', sizeof(sample.episode.invoker.cpuset) - 5);
	root = render(everything, &sample.episode);
	check_string(root, "invoker.mems_allowed", "0-15");
	/* One byte was none of UTF-8 and has become three. */
	assert_int_equal(json_string_length(at(root, "invoker.cpuset")),
			 sizeof(sample.episode.invoker.cpuset) + 2);
	json_decref(root);
}

static void a_global_kill_has_no_memcg(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill_global(&sample);
	root = render(everything, &sample.episode);
	check_string(root, "constraint", "none");
	check_absent(root, "memcg");
	check_string(root, "candidates.source", "snapshot");
	check_absent(root, "invoker.tid");
	check_string(root, "invoker.gfp_mask", "0x140dca");
	json_decref(root);
}

static void limits_of_a_memcg(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample.episode.memcg.limit_is_max = true;
	sample.episode.memcg.swap_limit_is_max = true;
	sample.episode.memcg.oom_group = true;
	root = render(everything, &sample.episode);
	check_string(root, "memcg.limit_bytes", "max");
	check_string(root, "memcg.swap_limit_bytes", "max");
	check_bool(root, "memcg.oom_group", true);
	json_decref(root);

	sample.episode.memcg.v1 = true;
	sample.episode.memcg.swap_bytes = 77;
	sample.episode.memcg.path_truncated = true;
	root = render(everything, &sample.episode);
	check_number(root, "memcg.memsw_bytes", 77);
	check_string(root, "memcg.memsw_limit_bytes", "max");
	check_absent(root, "memcg.swap_bytes");
	check_absent(root, "memcg.swap_limit_bytes");
	check_absent(root, "memcg.oom_group");
	check_bool(root, "memcg.path_truncated", true);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_memory_was_used_for),
		cmocka_unit_test(zones_and_their_watermarks),
		cmocka_unit_test(memory_of_which_nothing_is_known_and_the_most_there_can_be),
		cmocka_unit_test(sysctls_nodes_and_kills_before),
		cmocka_unit_test(a_global_kill_has_no_memcg),
		cmocka_unit_test(limits_of_a_memcg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
