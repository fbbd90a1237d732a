// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What filled the memory, and how much of it the candidates hold. Every figure is by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/convert.h"
#include "core/uses.h"

#define MIB (1024ULL * 1024)

static struct task tasks[4];

static struct task task_of(uint32_t pid, uint64_t anon, uint64_t file, uint64_t shmem,
			   uint64_t pgtables)
{
	return (struct task){
		.known = TASK_KNOWS_MEMORY,
		.pid = pid,
		.eligible = true,
		.rss_anon_bytes = anon * MIB,
		.rss_file_bytes = file * MIB,
		.rss_shmem_bytes = shmem * MIB,
		.pgtables_bytes = pgtables * MIB,
	};
}

/* A memcg of 512 MiB that is full, and two candidates; no use of it is known. */
static struct episode memcg_sample(void)
{
	struct episode episode = {
		.known = EPISODE_KNOWS_MEMORY | EPISODE_KNOWS_CONSTRAINT | EPISODE_KNOWS_MEMCG,
		.constraint = CONSTRAINT_MEMCG_,
		.page_size = 4096,
		.candidates_source = SOURCE_SELECTION,
		.tasks = tasks,
		.n_tasks = 2,
		.total = 2,
	};

	tasks[0] = task_of(1, 480, 10, 0, 2);
	tasks[1] = task_of(2, 18, 6, 0, 1);
	convert_memory_unknown(&episode.memory);
	episode.memory.memcg_usage_bytes = 512 * MIB;
	return episode;
}

static void set(struct episode *episode, unsigned int use, uint64_t mib)
{
	uint64_t *counts = episode->constraint == CONSTRAINT_MEMCG_
				   ? episode->memory.memcg_use_bytes
				   : episode->memory.use_bytes;

	counts[use] = mib * MIB;
}

/* A machine of 4096 MiB with 96 free and no swap. */
static struct episode machine_sample(void)
{
	struct episode episode = memcg_sample();

	episode.constraint = CONSTRAINT_NONE_;
	episode.memory.memcg_usage_bytes = BYTES_UNKNOWN;
	episode.memory.total_bytes = 4096 * MIB;
	episode.memory.free_bytes = 96 * MIB;
	episode.memory.swap_total_bytes = episode.memory.swap_free_bytes = 0;
	return episode;
}

static struct why explain(const struct episode *episode)
{
	struct why why = {.rank = 0};

	uses_explain(episode, &why);
	return why;
}

static const struct why_use *find(const struct why *why, unsigned int use)
{
	for (uint32_t i = 0; i < why->n_uses; i++) {
		if (why->uses[i].use == use)
			return &why->uses[i];
	}
	return NULL;
}

static void assert_use(const struct why *why, unsigned int use, uint64_t mib)
{
	assert_non_null(find(why, use));
	assert_int_equal(find(why, use)->bytes, mib * MIB);
}

static void a_leak_is_anon_that_the_candidates_explain(void **state)
{
	struct episode episode = memcg_sample();
	struct why why;

	(void)state;
	set(&episode, USE_ANON, 501);
	set(&episode, USE_FILE, 4);
	set(&episode, USE_SHMEM, 0);
	set(&episode, USE_SLAB_UNRECLAIMABLE, 3);
	set(&episode, USE_SLAB_RECLAIMABLE, 1);
	set(&episode, USE_SOCK, 1);
	set(&episode, USE_PAGE_TABLES, 2);
	why = explain(&episode);
	assert_int_equal(why.used_bytes, 512 * MIB);
	assert_int_equal(why.n_uses, 6);
	assert_int_equal(why.uses[0].use, USE_ANON);
	assert_int_equal(why.largest_use, USE_ANON);
	for (uint32_t i = 1; i < why.n_uses; i++)
		assert_true(why.uses[i - 1].bytes >= why.uses[i].bytes);
	assert_null(find(&why, USE_SHMEM));
	/* 480 + 18 of anon, 4 of the 16 of file that there are, 2 of the 3 of page tables: 504 */
	assert_int_equal(why.candidates_share, 984);
	assert_false(why.uses[0].stays);
	assert_true(find(&why, USE_SLAB_UNRECLAIMABLE)->stays);
	assert_false(find(&why, USE_SLAB_RECLAIMABLE)->stays);
}

static void a_tmpfs_is_shmem_that_no_kill_frees(void **state)
{
	struct episode episode = memcg_sample();
	struct why why;

	(void)state;
	tasks[0] = task_of(1, 50, 8, 1, 1);
	tasks[1] = task_of(2, 0, 8, 0, 1);
	set(&episode, USE_ANON, 51);
	set(&episode, USE_FILE, 418);
	set(&episode, USE_SHMEM, 410);
	set(&episode, USE_PAGE_TABLES, 2);
	why = explain(&episode);
	assert_int_equal(why.largest_use, USE_SHMEM);
	assert_true(why.uses[0].stays);
	assert_use(&why, USE_SHMEM, 410);
	assert_use(&why, USE_FILE, 8);
	/* 50 + 8 of 16 + 1 + 2 = 61 of 512 */
	assert_int_equal(why.candidates_share, 119);
}

static void shmem_that_a_candidate_maps_goes_with_it(void **state)
{
	struct episode episode = memcg_sample();
	struct why why;

	(void)state;
	/* a buffer of 400, mapped by both of them */
	tasks[0] = task_of(1, 50, 0, 400, 0);
	tasks[1] = task_of(2, 40, 0, 400, 0);
	set(&episode, USE_ANON, 90);
	set(&episode, USE_FILE, 400);
	set(&episode, USE_SHMEM, 400);
	why = explain(&episode);
	assert_false(find(&why, USE_SHMEM)->stays);
	assert_null(find(&why, USE_FILE));
	assert_int_equal(why.candidates_share, 957); /* 490 of 512 */
	/* half of it mapped is enough, less is not */
	tasks[1].rss_shmem_bytes = 0;
	tasks[0].rss_shmem_bytes = 200 * MIB;
	why = explain(&episode);
	assert_false(find(&why, USE_SHMEM)->stays);
	tasks[0].rss_shmem_bytes--;
	why = explain(&episode);
	assert_true(find(&why, USE_SHMEM)->stays);
	/* and where not all candidates are known, nor is who maps it */
	episode.lost = 1;
	why = explain(&episode);
	assert_false(find(&why, USE_SHMEM)->stays);
	assert_int_equal(why.candidates_share, -1);
}

static void the_kernels_own_is_told_by_its_parts_and_the_rest(void **state)
{
	struct episode episode = memcg_sample();
	struct why why;
	uint64_t sum = 0;

	(void)state;
	set(&episode, USE_ANON, 100);
	set(&episode, USE_FILE, 50);
	set(&episode, USE_SHMEM, 20);
	set(&episode, USE_KERNEL, 300);
	set(&episode, USE_SLAB_RECLAIMABLE, 10);
	set(&episode, USE_SLAB_UNRECLAIMABLE, 150);
	set(&episode, USE_KERNEL_STACK, 5);
	set(&episode, USE_PAGE_TABLES, 6);
	set(&episode, USE_SEC_PAGE_TABLES, 7);
	set(&episode, USE_PERCPU, 8);
	set(&episode, USE_VMALLOC, 9);
	set(&episode, USE_ZSWAP, 11);
	set(&episode, USE_SOCK, 12);
	set(&episode, USE_SWAPCACHED, 13);
	why = explain(&episode);
	/* 300 - 10 - 150 - 5 - 6 - 7 - 8 - 9 - 11 */
	assert_use(&why, USE_KERNEL, 94);
	assert_null(find(&why, USE_SWAPCACHED));
	for (uint32_t i = 0; i < why.n_uses; i++)
		sum += why.uses[i].bytes;
	assert_int_equal(sum, (100 + 50 + 300 + 12) * MIB);
	assert_int_equal(why.largest_use, USE_SLAB_UNRECLAIMABLE);
	assert_true(why.uses[0].stays);
	/* page tables are part of it, where they are not told by themselves */
	episode.memory.memcg_use_bytes[USE_PAGE_TABLES] = BYTES_UNKNOWN;
	tasks[0] = task_of(1, 0, 0, 0, 400);
	tasks[1] = task_of(2, 0, 0, 0, 0);
	assert_int_equal(explain(&episode).candidates_share, 585); /* 300 of 512 */
	/* parts that were read later may be more than the whole */
	set(&episode, USE_KERNEL, 200);
	why = explain(&episode);
	assert_null(find(&why, USE_KERNEL));
}

static void of_the_machine_it_is_what_is_not_free(void **state)
{
	struct episode episode = machine_sample();
	struct why why;

	(void)state;
	tasks[0] = task_of(1, 900, 40, 0, 3);
	tasks[1] = task_of(2, 90, 60, 0, 3);
	set(&episode, USE_ANON, 1000);
	set(&episode, USE_FILE, 80);
	set(&episode, USE_SHMEM, 10);
	set(&episode, USE_HUGETLB, 2048);
	set(&episode, USE_VMALLOC, 30);
	set(&episode, USE_KERNEL_STACK, 12);
	set(&episode, USE_SOCK, 500);
	set(&episode, USE_PAGE_TABLES, 20);
	why = explain(&episode);
	assert_int_equal(why.used_bytes, 4000 * MIB);
	assert_int_equal(why.largest_use, USE_HUGETLB);
	assert_true(why.uses[0].stays);
	assert_use(&why, USE_VMALLOC, 18); /* stacks are vmalloc's too */
	assert_null(find(&why, USE_SOCK)); /* its pages are slab's and others' */
	assert_use(&why, USE_FILE, 70);
	/* 990 + 70 of 100 + 6 = 1066 of 4000 */
	assert_int_equal(why.candidates_share, 266);
}

static void the_machines_file_pages_have_the_swap_cache_in_them(void **state)
{
	struct episode episode = machine_sample();
	struct why why;

	(void)state;
	episode.memory.swap_total_bytes = 1000 * MIB;
	episode.memory.swap_free_bytes = 0;
	set(&episode, USE_ANON, 1000);
	set(&episode, USE_FILE, 700);
	set(&episode, USE_SHMEM, 100);
	set(&episode, USE_SWAPCACHED, 250);
	why = explain(&episode);
	assert_use(&why, USE_FILE, 350);
	/* how much it is is not known: the page cache could be anything up to 600 */
	episode.memory.use_bytes[USE_SWAPCACHED] = BYTES_UNKNOWN;
	why = explain(&episode);
	assert_null(find(&why, USE_FILE));
	assert_int_equal(why.largest_use, USE_ANON);
	set(&episode, USE_ANON, 599);
	why = explain(&episode);
	assert_int_equal(why.largest_use, USE_MAX);
	/* nothing is in swap, nothing can be cached of it */
	episode.memory.swap_free_bytes = 1000 * MIB;
	why = explain(&episode);
	assert_use(&why, USE_FILE, 600);
	assert_int_equal(why.largest_use, USE_FILE);
	/* a memcg's file pages never had it in them */
	episode = memcg_sample();
	set(&episode, USE_ANON, 100);
	set(&episode, USE_FILE, 300);
	set(&episode, USE_SHMEM, 50);
	set(&episode, USE_SWAPCACHED, 40);
	why = explain(&episode);
	assert_use(&why, USE_FILE, 250);
}

static void memory_that_processes_share_is_held_once(void **state)
{
	struct episode episode = memcg_sample();
	uint32_t slots[16];

	(void)state;
	tasks[0] = task_of(1, 200, 0, 0, 0);
	tasks[1] = task_of(2, 200, 0, 0, 0);
	tasks[0].mm_id = tasks[1].mm_id = 9;
	set(&episode, USE_ANON, 500);
	set(&episode, USE_FILE, 0);
	set(&episode, USE_SHMEM, 0);
	assert_int_equal(explain(&episode).candidates_share, 781); /* 400 of 512 */
	assert_int_equal(uses_slots(2), 16);
	uses_mark_shared(tasks, 2, slots);
	assert_false(tasks[0].shares_mm);
	assert_true(tasks[1].shares_mm);
	assert_int_equal(explain(&episode).candidates_share, 390); /* 200 of 512 */
	/* no number is no memory in common */
	tasks[0].mm_id = tasks[1].mm_id = 0;
	uses_mark_shared(tasks, 2, slots);
	assert_false(tasks[1].shares_mm);
}

static void numbers_that_fall_on_one_slot_are_told_apart(void **state)
{
	static struct task many[5000];
	static uint32_t slots[16384];

	(void)state;
	assert_int_equal(uses_slots(5000), 16384);
	for (uint32_t i = 0; i < 5000; i++)
		many[i].mm_id = 1 + i % 2500 * 65536;
	uses_mark_shared(many, 5000, slots);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(many[i].shares_mm, i >= 2500);
}

static void what_is_not_known_is_not_told(void **state)
{
	struct episode episode = memcg_sample();
	struct why why = explain(&episode);

	(void)state;
	assert_int_equal(why.n_uses, 0);
	assert_int_equal(why.largest_use, USE_MAX);
	assert_int_equal(why.candidates_share, -1);

	/* no file, or no anon: what is known may be the smaller part */
	set(&episode, USE_SLAB_UNRECLAIMABLE, 400);
	assert_int_equal(explain(&episode).largest_use, USE_MAX);
	set(&episode, USE_ANON, 1);
	assert_int_equal(explain(&episode).largest_use, USE_MAX);
	set(&episode, USE_FILE, 1);
	set(&episode, USE_SHMEM, 1);
	assert_int_equal(explain(&episode).largest_use, USE_SLAB_UNRECLAIMABLE);
	assert_true(explain(&episode).candidates_share >= 0);

	/* the memcg's counter, where the record has none of its own */
	episode.memory.memcg_usage_bytes = BYTES_UNKNOWN;
	assert_int_equal(explain(&episode).candidates_share, -1);
	episode.memcg.known = MEMCG_KNOWS_USAGE;
	episode.memcg.usage_bytes = 512 * MIB;
	assert_int_equal(explain(&episode).used_bytes, 512 * MIB);
	assert_true(explain(&episode).candidates_share >= 0);
	episode.memcg.usage_bytes = 0;
	assert_int_equal(explain(&episode).candidates_share, -1);
	episode.memcg.usage_bytes = 512 * MIB;

	episode.truncated = true;
	assert_int_equal(explain(&episode).candidates_share, -1);
	episode.truncated = false;
	episode.candidates_source = SOURCE_NONE;
	assert_int_equal(explain(&episode).candidates_share, -1);
	episode.candidates_source = SOURCE_SNAPSHOT;
	tasks[0].known = tasks[1].known = 0;
	assert_int_equal(explain(&episode).candidates_share, -1);

	episode.constraint = CONSTRAINT_CPUSET_;
	assert_int_equal(explain(&episode).n_uses, 0);
	assert_int_equal(explain(&episode).used_bytes, BYTES_UNKNOWN);
	episode.constraint = CONSTRAINT_MEMCG_;
	episode.known &= ~(uint32_t)EPISODE_KNOWS_CONSTRAINT;
	assert_int_equal(explain(&episode).n_uses, 0);
	episode.known |= EPISODE_KNOWS_CONSTRAINT;
	episode.known &= ~(uint32_t)EPISODE_KNOWS_MEMORY;
	assert_int_equal(explain(&episode).n_uses, 0);
}

static void numbers_at_the_end_of_the_scale_stay_on_it(void **state)
{
	struct episode episode = machine_sample();

	(void)state;
	for (unsigned int use = 0; use < USE_MAX; use++)
		episode.memory.use_bytes[use] = UINT64_MAX - 1;
	for (int i = 0; i < 2; i++) {
		tasks[i].rss_anon_bytes = tasks[i].rss_file_bytes = UINT64_MAX;
		tasks[i].rss_shmem_bytes = tasks[i].pgtables_bytes = UINT64_MAX;
	}
	assert_int_equal(explain(&episode).candidates_share, 1000);
	episode.memory.free_bytes = episode.memory.total_bytes + 1;
	assert_int_equal(explain(&episode).used_bytes, BYTES_UNKNOWN);
	assert_int_equal(explain(&episode).candidates_share, -1);
	episode.memory.total_bytes = UINT64_MAX - 1;
	episode.memory.free_bytes = 0;
	tasks[0] = tasks[1] = task_of(1, 1, 0, 0, 0);
	assert_int_equal(explain(&episode).candidates_share, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leak_is_anon_that_the_candidates_explain),
		cmocka_unit_test(a_tmpfs_is_shmem_that_no_kill_frees),
		cmocka_unit_test(shmem_that_a_candidate_maps_goes_with_it),
		cmocka_unit_test(the_kernels_own_is_told_by_its_parts_and_the_rest),
		cmocka_unit_test(of_the_machine_it_is_what_is_not_free),
		cmocka_unit_test(the_machines_file_pages_have_the_swap_cache_in_them),
		cmocka_unit_test(memory_that_processes_share_is_held_once),
		cmocka_unit_test(numbers_that_fall_on_one_slot_are_told_apart),
		cmocka_unit_test(what_is_not_known_is_not_told),
		cmocka_unit_test(numbers_at_the_end_of_the_scale_stay_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
