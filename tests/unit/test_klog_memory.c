// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel's report says about the memory, and how it completes an episode. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/convert.h"
#include "core/klog_memory.h"
#include "observer.h"

#define T0 1000000ULL /* of the decision */

static void feed_text(struct klog_memory *memory, const char *text)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);

	memcpy(exact, text, len);
	klog_memory_feed(memory, (struct span){exact, len});
	free(exact);
}

static struct klog_memory read_all(const char *const *lines)
{
	struct klog_memory memory;

	klog_memory_init(&memory);
	for (; *lines; lines++)
		feed_text(&memory, *lines);
	return memory;
}

/* 6.12, version 2: a record for each line. */
static const char *const v2_lines[] = {
	"memory: usage 49152kB, limit 49152kB, failcnt 153",
	"swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
	"Memory cgroup stats for /case_memcg:",
	"anon 47927296",
	"file 2097152",
	"kernel 307200",
	"kernel_stack 98304",
	"pagetables 98304",
	"sec_pagetables 0",
	"percpu 12160",
	"sock 0",
	"vmalloc 0",
	"shmem 2097152",
	"file_mapped 2097152",
	"swapcached 0",
	"anon_thp 0",
	"inactive_anon 0",
	"slab_reclaimable 16472",
	"slab_unreclaimable 65808",
	"slab 82280",
	"Tasks state (memory values in pages):",
	NULL,
};

/* 6.18, version 1. */
static const char *const v1_lines[] = {
	"memory: usage 81920kB, limit 81920kB, failcnt 35048",
	"memory+swap: usage 81924kB, limit 9007199254740988kB, failcnt 0",
	"kmem: usage 348kB, limit 9007199254740988kB, failcnt 0",
	"Memory cgroup stats for /lk28422:",
	"cache 1",
	"rss 2",
	"shmem 3",
	"swapcached 4",
	"hierarchical_memory_limit 83886080",
	"total_cache 4096",
	"total_rss 83529728",
	"total_rss_huge 0",
	"total_shmem 8192",
	"total_swapcached 0",
	"Tasks state (memory values in pages):",
	NULL,
};

/* 6.1: one record, which ends where it has no more room. */
#define V2_RECORD                                                                         \
	"anon 47853568\nfile 2097152\nkernel 380928\nkernel_stack 98304\n"                \
	"pagetables 147456\nsec_pagetables 0\npercpu 14016\nsock 0\nvmalloc 0\n"          \
	"shmem 2097152\nfile_mapped 2097152\nslab_reclaimable 13808\nslab_unreclaimable " \
	"57208"

#define PAGES                                                                                \
	"active_anon:2 inactive_anon:55455 isolated_anon:0\n active_file:0 inactive_file:0 " \
	"isolated_file:0\n unevictable:3081 dirty:0 writeback:0\n slab_reclaimable:2370 "    \
	"slab_unreclaimable:1963\n mapped:2584 shmem:512 pagetables:174\n sec_pagetables:0 " \
	"bounce:0\n kernel_misc_reclaimable:0\n free:755 free_pcp:132 free_cma:0"

static const char *const machine_lines[] = {
	"Mem-Info:",
	PAGES,
	"Node 0 active_anon:8kB inactive_anon:221820kB shmem:2048kB free:1kB free_pcp:2kB",
	"Node 0 DMA free:1036kB boost:0kB min:120kB low:148kB high:176kB free_pcp:0kB",
	"2763 total pagecache pages",
	"5 pages in swap cache",
	"Free swap  = 12kB",
	"Total swap = 1024kB",
	"81787 pages RAM",
	"0 pages HighMem/MovableOnly",
	"15028 pages reserved",
	"Tasks state (memory values in pages):",
	NULL,
};

static void a_block_of_version_2_is_read(void **state)
{
	struct klog_memory memory = read_all(v2_lines);

	(void)state;
	assert_false(memory.is_v1);
	assert_int_equal(memory.memory.usage, 49152 * 1024);
	assert_int_equal(memory.memory.limit, 49152 * 1024);
	assert_int_equal(memory.swap.usage, 0);
	assert_int_equal(memory.swap.limit, 9007199254740988 * 1024);
	assert_int_equal(memory.memcg_use[USE_ANON], 47927296);
	assert_int_equal(memory.memcg_use[USE_FILE], 2097152);
	assert_int_equal(memory.memcg_use[USE_KERNEL], 307200);
	assert_int_equal(memory.memcg_use[USE_KERNEL_STACK], 98304);
	assert_int_equal(memory.memcg_use[USE_PAGE_TABLES], 98304);
	assert_int_equal(memory.memcg_use[USE_SEC_PAGE_TABLES], 0);
	assert_int_equal(memory.memcg_use[USE_PERCPU], 12160);
	assert_int_equal(memory.memcg_use[USE_SOCK], 0);
	assert_int_equal(memory.memcg_use[USE_VMALLOC], 0);
	assert_int_equal(memory.memcg_use[USE_SHMEM], 2097152);
	assert_int_equal(memory.memcg_use[USE_SWAPCACHED], 0);
	assert_int_equal(memory.memcg_use[USE_SLAB_RECLAIMABLE], 16472);
	assert_int_equal(memory.memcg_use[USE_SLAB_UNRECLAIMABLE], 65808);
	assert_int_equal(memory.memcg_use[USE_ZSWAP], BYTES_UNKNOWN);
	assert_int_equal(memory.memcg_use[USE_HUGETLB], BYTES_UNKNOWN);
	assert_int_equal(memory.pages_free, BYTES_UNKNOWN);
}

static void of_version_1_the_totals_are_read(void **state)
{
	struct klog_memory memory = read_all(v1_lines);

	(void)state;
	assert_true(memory.is_v1);
	assert_int_equal(memory.swap.usage, 81924 * 1024);
	assert_int_equal(memory.memcg_use[USE_ANON], 83529728);
	assert_int_equal(memory.memcg_use[USE_FILE], 4096);
	assert_int_equal(memory.memcg_use[USE_SHMEM], 8192);
	assert_int_equal(memory.memcg_use[USE_SWAPCACHED], 0);
	assert_int_equal(memory.memcg_use[USE_KERNEL], 348 * 1024);
	assert_int_equal(memory.memcg_use[USE_SLAB_RECLAIMABLE], BYTES_UNKNOWN);
	/* without the lines before the block, its keys tell the version */
	memory = read_all(v1_lines + 3);
	assert_int_equal(memory.memcg_use[USE_ANON], 83529728);
	assert_int_equal(memory.memcg_use[USE_SHMEM], 8192);
	assert_int_equal(memory.memcg_use[USE_KERNEL], BYTES_UNKNOWN);
}

static void a_block_in_one_record_is_read_but_for_its_last_line(void **state)
{
	static const char *const lines[] = {"Memory cgroup stats for /a:", V2_RECORD, NULL};
	struct klog_memory memory = read_all(lines);
	char cut[sizeof(V2_RECORD)];

	(void)state;
	assert_int_equal(memory.memcg_use[USE_ANON], 47853568);
	assert_int_equal(memory.memcg_use[USE_SLAB_RECLAIMABLE], 13808);
	/* it may be 572089 */
	assert_int_equal(memory.memcg_use[USE_SLAB_UNRECLAIMABLE], BYTES_UNKNOWN);
	/* wherever it is cut, what is read is whole */
	for (size_t len = strlen("anon 47853568\n"); len < sizeof(cut) - 1; len++) {
		klog_memory_init(&memory);
		memcpy(cut, V2_RECORD, len);
		cut[len] = '\0';
		feed_text(&memory, lines[0]);
		feed_text(&memory, cut);
		assert_int_equal(memory.memcg_use[USE_ANON], 47853568);
		assert_true(memory.memcg_use[USE_KERNEL] == BYTES_UNKNOWN ||
			    memory.memcg_use[USE_KERNEL] == 380928);
		assert_true(memory.memcg_use[USE_SHMEM] == BYTES_UNKNOWN ||
			    memory.memcg_use[USE_SHMEM] == 2097152);
	}
}

static void the_machines_pages_are_read(void **state)
{
	struct klog_memory memory = read_all(machine_lines);

	(void)state;
	assert_int_equal(memory.pages_free, 755);
	assert_int_equal(memory.pages_present, 81787);
	assert_int_equal(memory.pages_reserved, 15028);
	assert_int_equal(memory.swap_total, 1024 * 1024);
	assert_int_equal(memory.swap_free, 12 * 1024);
	assert_int_equal(memory.pages_use[USE_FILE], 2763);
	assert_int_equal(memory.pages_use[USE_SWAPCACHED], 5);
	assert_int_equal(memory.pages_use[USE_SLAB_RECLAIMABLE], 2370);
	assert_int_equal(memory.pages_use[USE_SLAB_UNRECLAIMABLE], 1963);
	assert_int_equal(memory.pages_use[USE_SHMEM], 512);
	assert_int_equal(memory.pages_use[USE_PAGE_TABLES], 174);
	assert_int_equal(memory.pages_use[USE_ANON], BYTES_UNKNOWN);
	/* cut behind the 7 of 755 */
	klog_memory_init(&memory);
	feed_text(&memory, "active_anon:2\n shmem:512 free_pcp:1 x:\n free:7");
	assert_int_equal(memory.pages_use[USE_SHMEM], 512);
	assert_int_equal(memory.pages_free, BYTES_UNKNOWN);
}

static void what_came_first_holds(void **state)
{
	struct klog_memory memory = read_all(machine_lines);

	(void)state;
	/* an allocation that failed elsewhere at the same time tells the same of itself */
	feed_text(&memory, "Total swap = 7kB");
	feed_text(&memory, "1 pages RAM");
	feed_text(&memory, "active_anon:1\n free:9 free_pcp:9 free_cma:9\n");
	assert_int_equal(memory.swap_total, 1024 * 1024);
	assert_int_equal(memory.pages_present, 81787);
	assert_int_equal(memory.pages_free, 755);
}

static void what_only_looks_alike_is_left_alone(void **state)
{
	static const char *const lines[] = {
		"anon 5", /* before the block */
		"Memory cgroup stats for /a:",
		"anon",
		"anon ",
		"anon 5kB",
		"anon -5",
		"anon 99999999999999999999",
		"ANON 5",
		"anon 5 6",
		" anon 5",
		"anon\t5",
		"",
		"x\nanon 5\ny", /* a process may be called this */
		"anon 5\nb[123]: segfault at 0",
		"memory: usage 5kB, limit 6kB",
		"memory: usage 5kB, limit 6kB, failcnt 7 x",
		"memory: usage kB, limit 6kB, failcnt 7",
		"Total swap = 5",
		"Total swap =  5kB",
		"x Total swap = 5kB",
		"5 pages RAMs",
		"pages RAM",
		"-5 pages RAM",
		"active_anon:5 free:x free_pcp:1 free_cma:0\n",
		"active_anon:5 free:7",
		"Tasks state (memory values in pages):",
		"anon 6", /* behind it: the task table has names */
		NULL,
	};
	struct klog_memory memory = read_all(lines), none;

	(void)state;
	klog_memory_init(&none);
	assert_memory_equal(&memory, &none, sizeof(none));
}

static void the_lines_that_say_something_are_told_from_others(void **state)
{
	static const char *const not_wanted[] = {
		"",
		"eth0: link up",
		"pgfault 12275",
		"file_mapped 0",
		"cache 0",
		"x",
		"anon_thp 0",
		"hierarchical_memory_limit 5",
	};
	const char *const *const reports[] = {v2_lines, v1_lines, machine_lines};
	static const char *const passed_over[] = {
		"file_mapped 2097152",
		"anon_thp 0",
		"inactive_anon 0",
		"slab 82280",
		"cache 1",
		"rss 2",
		"hierarchical_memory_limit 83886080",
		"total_rss_huge 0",
		"Mem-Info:",
		"0 pages HighMem/MovableOnly",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(not_wanted) / sizeof(*not_wanted); i++)
		assert_false(klog_memory_wants(span_of(not_wanted[i])));
	for (size_t i = 0; i < 3; i++) {
		for (const char *const *line = reports[i]; *line; line++) {
			bool wanted = strncmp(*line, "Node ", 5) != 0;

			for (size_t j = 0; j < sizeof(passed_over) / sizeof(*passed_over); j++)
				wanted &= strcmp(*line, passed_over[j]) != 0;
			assert_int_equal(klog_memory_wants(span_of(*line)), wanted);
		}
	}
	assert_true(klog_memory_wants(span_of(V2_RECORD)));
}

/* All of a report's lines, between its header and its summary, as /dev/kmsg writes them. */
static void feed_report(struct observer *observer, const char *const *lines, const char *summary)
{
	char record[WIRE_KMSG_LEN];

	FEED(observer, gen_kmsg(T0, "4,1,2,-;asker invoked oom-killer: gfp_mask=0xdc0(GFP_KERNEL|"
				    "__GFP_ZERO), order=0, oom_score_adj=0"));
	for (; *lines; lines++) {
		size_t len = (size_t)snprintf(record, sizeof(record), "6,1,2,-;");

		for (const char *c = *lines; *c; c++) {
			if (*c == '\n')
				len += (size_t)snprintf(record + len, 5, "\\x0a");
			else
				record[len++] = *c;
		}
		record[len] = '\0';
		FEED(observer, gen_kmsg(T0, record));
	}
	snprintf(record, sizeof(record), "6,1,2,-;oom-kill:constraint=CONSTRAINT_%s", summary);
	FEED(observer, gen_kmsg(T0, record));
}

#define MEMCG_SUMMARY(path)                                                     \
	"MEMCG,nodemask=(null),cpuset=batch,mems_allowed=0-1,3,oom_memcg=" path \
	",task_memcg=" path ",task=victim,pid=100,uid=0"
#define GLOBAL_SUMMARY                                                                         \
	"NONE,nodemask=0,cpuset=/,mems_allowed=0,global_oom,task_memcg=/,task=victim,pid=100," \
	"uid=0"

/* A decision of the tracepoint backend. */
static struct wire_decision decision_of(uint8_t constraint)
{
	struct wire_decision decision = gen_decision(1, T0);

	decision.flags = DECISION_TOTALPAGES;
	decision.constraint = constraint;
	decision.victim.flags = TASK_MM | TASK_POINTS_COMPUTED;
	if (constraint != CONSTRAINT_MEMCG_)
		memset(&decision.memcg, 0, sizeof(decision.memcg));
	return decision;
}

static void the_report_fills_in_what_the_backend_could_not_read(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_memory record = gen_memory(1, T0);
	const struct memory *memory;

	(void)state;
	record.memcg_use[USE_FILE] = 12345; /* read by itself: that holds */
	record.memcg_usage = 777;
	feed_report(observer, v1_lines, MEMCG_SUMMARY("/system.slice/app.service"));
	FEED(observer, decision_of(CONSTRAINT_MEMCG_));
	FEED(observer, record);
	FEED(observer, gen_end(1, T0));
	memory = &observer_last(observer)->is.memory;
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	assert_string_equal(observer_last(observer)->is.completed_from, "kmsg");
	assert_int_equal(memory->memcg_use_bytes[USE_FILE], 12345);
	assert_int_equal(memory->memcg_usage_bytes, 777);
	assert_int_equal(memory->memcg_use_bytes[USE_ANON], 83529728);
	assert_int_equal(memory->memcg_use_bytes[USE_KERNEL], 348 * 1024);
	assert_int_equal(memory->use_bytes[USE_ANON], BYTES_UNKNOWN);
	/* the memcg's own counters were the backend's */
	assert_int_equal(observer_last(observer)->is.memcg.usage_bytes, 2000 * GEN_PAGE);
	observer_done(observer);
}

static void without_a_memory_record_the_report_is_what_there_is(void **state)
{
	struct observer *observer = observe(2, 100);
	const struct memory *memory;

	(void)state;
	feed_report(observer, machine_lines, GLOBAL_SUMMARY);
	FEED(observer, decision_of(CONSTRAINT_NONE_));
	FEED(observer, gen_end(1, T0));
	memory = &observer_last(observer)->is.memory;
	assert_true(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	assert_int_equal(memory->total_bytes, (81787 - 15028) * GEN_PAGE);
	assert_int_equal(memory->free_bytes, 755 * GEN_PAGE);
	assert_int_equal(memory->swap_total_bytes, 1024 * 1024);
	assert_int_equal(memory->swap_free_bytes, 12 * 1024);
	assert_int_equal(memory->use_bytes[USE_FILE], 2763 * GEN_PAGE);
	assert_int_equal(memory->use_bytes[USE_SLAB_UNRECLAIMABLE], 1963 * GEN_PAGE);
	assert_int_equal(memory->memcg_use_bytes[USE_ANON], BYTES_UNKNOWN);
	assert_int_equal(memory->n_zones, 0);
	observer_done(observer);
}

static void of_another_memcg_the_report_tells_all(void **state)
{
	struct observer *observer = observe(2, 100);
	struct wire_memory record = gen_memory(1, T0);
	const struct episode *episode;

	(void)state;
	/* what was read is of another level */
	record.memcg_usage = 777;
	record.memcg_use[USE_ANON] = 555;
	record.memcg_use[USE_SOCK] = 555;
	record.memcg_psi.some[0] = 5;
	record.psi.some[0] = 6;
	record.mem_free = 7;
	feed_report(observer, v2_lines, MEMCG_SUMMARY("/system.slice"));
	FEED(observer, decision_of(CONSTRAINT_MEMCG_));
	FEED(observer, record);
	FEED(observer, gen_end(1, T0));
	episode = &observer_last(observer)->is;
	assert_string_equal(observer_last(observer)->memcg_path, "/system.slice");
	assert_int_equal(episode->memcg.known,
			 MEMCG_KNOWS_PATH | MEMCG_KNOWS_USAGE | MEMCG_KNOWS_SWAP);
	assert_false(episode->memcg.v1);
	assert_int_equal(episode->memcg.usage_bytes, 49152 * 1024);
	assert_int_equal(episode->memcg.limit_bytes, 49152 * 1024);
	assert_false(episode->memcg.limit_is_max);
	assert_int_equal(episode->memcg.swap_bytes, 0);
	assert_true(episode->memcg.swap_limit_is_max);
	assert_int_equal(episode->memory.memcg_usage_bytes, 49152 * 1024);
	assert_int_equal(episode->memory.memcg_use_bytes[USE_ANON], 47927296);
	assert_int_equal(episode->memory.memcg_use_bytes[USE_SOCK], 0);
	assert_int_equal(episode->memory.memcg_psi.some[0], PSI_UNKNOWN);
	assert_int_equal(episode->memory.psi.some[0], 6);
	assert_int_equal(episode->memory.free_bytes, 7);
	observer_done(observer);
}

static void lines_outside_a_report_complete_nothing(void **state)
{
	struct observer *observer = observe(2, 100);

	(void)state;
	FEED(observer, gen_kmsg(T0, "6,1,2,-;Total swap = 5kB"));
	FEED(observer, gen_kmsg(T0, "6,1,2,-;oom-kill:constraint=CONSTRAINT_" GLOBAL_SUMMARY));
	FEED(observer, gen_kmsg(T0, "6,1,2,-;Free swap  = 5kB"));
	FEED(observer, decision_of(CONSTRAINT_NONE_));
	FEED(observer, gen_end(1, T0));
	assert_false(observer_last(observer)->is.known & EPISODE_KNOWS_MEMORY);
	assert_int_equal(observer_last(observer)->is.memory.swap_total_bytes, BYTES_UNKNOWN);
	observer_done(observer);
}

static void the_summary_names_the_invokers_nodes(void **state)
{
	static const struct {
		const char *summary, *nodemask, *mems, *cpuset;
		bool known;
	} cases[] = {
		{MEMCG_SUMMARY("/a"), "", "0-1,3", "batch", true},
		{GLOBAL_SUMMARY, "0", "0", "/", true},
		{"CPUSET,nodemask=0-3,8,cpuset=,mems_allowed=,cpuset=x,mems_allowed=7,"
		 "global_oom,task_memcg=/,task=victim,pid=100,uid=0",
		 "0-3,8", "7", ",mems_allowed=,cpuset=x", true},
		{"NONE,nodemask=0,cpuset=,global_oom,task_memcg=,mems_allowed=1,"
		 "global_oom,task_memcg=/,task=victim,pid=100,uid=0",
		 "0", "1", ",global_oom,task_memcg=", true},
		{"NONE,nodemask=x,cpuset=a,mems_allowed=1,global_oom,task_memcg=/,task=victim,"
		 "pid=100,uid=0",
		 "", "", "", false},
		{"NONE,nodemask=(null),cpuset=a,mems_allowed=1;,global_oom,task_memcg=/,"
		 "task=victim,pid=100,uid=0",
		 "", "", "", false},
		{"NONE,mems_allowed=1,nodemask=1,cpuset=a,global_oom,task_memcg=/,task=victim,"
		 "pid=100,uid=0",
		 "", "", "", false},
	};
	static const char *const nothing[] = {NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct observer *observer = observe(2, 100);
		const struct episode *episode;

		feed_report(observer, nothing, cases[i].summary);
		FEED(observer, decision_of(CONSTRAINT_UNKNOWN));
		FEED(observer, gen_end(1, T0));
		episode = &observer_last(observer)->is;
		assert_int_equal(!!(episode->known & EPISODE_KNOWS_NODES), cases[i].known);
		assert_string_equal(episode->invoker.nodemask, cases[i].nodemask);
		assert_string_equal(episode->invoker.mems_allowed, cases[i].mems);
		assert_string_equal(episode->invoker.cpuset, cases[i].cpuset);
		observer_done(observer);
	}
}

static void nodes_that_the_backend_read_hold(void **state)
{
	static const char *const nothing[] = {NULL};
	struct observer *observer = observe(2, 100);
	struct wire_decision decision = decision_of(CONSTRAINT_NONE_);

	(void)state;
	decision.nodes.known = 1;
	decision.nodes.mems_allowed[0] = 0xf0;
	feed_report(observer, nothing, GLOBAL_SUMMARY);
	FEED(observer, decision);
	FEED(observer, gen_end(1, T0));
	assert_string_equal(observer_last(observer)->is.invoker.mems_allowed, "4-7");
	assert_string_equal(observer_last(observer)->is.invoker.cpuset, "");
	/* which nodes would have done is nowhere but in the report */
	assert_string_equal(observer_last(observer)->is.invoker.nodemask, "0");
	observer_done(observer);
}

static void any_bytes_are_survived(void **state)
{
	const char *const *const reports[] = {v2_lines, v1_lines, machine_lines};
	struct klog_memory memory;
	uint32_t seed = 11;

	(void)state;
	klog_memory_init(&memory);
	for (int i = 0; i < 60000; i++) {
		const char *const *lines = reports[i % 3];
		char line[1024];
		size_t len;

		lines += i % 12;
		len = strlen(*lines);
		memcpy(line, *lines, len + 1);
		for (int flips = i % 4; flips > 0 && len; flips--) {
			seed = seed * 1664525 + 1013904223;
			line[(seed >> 8) % len] = (char)(seed >> 24);
		}
		feed_text(&memory, line);
		klog_memory_wants(span_of(line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_of_version_2_is_read),
		cmocka_unit_test(of_version_1_the_totals_are_read),
		cmocka_unit_test(a_block_in_one_record_is_read_but_for_its_last_line),
		cmocka_unit_test(the_machines_pages_are_read),
		cmocka_unit_test(what_came_first_holds),
		cmocka_unit_test(what_only_looks_alike_is_left_alone),
		cmocka_unit_test(the_lines_that_say_something_are_told_from_others),
		cmocka_unit_test(the_report_fills_in_what_the_backend_could_not_read),
		cmocka_unit_test(without_a_memory_record_the_report_is_what_there_is),
		cmocka_unit_test(of_another_memcg_the_report_tells_all),
		cmocka_unit_test(lines_outside_a_report_complete_nothing),
		cmocka_unit_test(the_summary_names_the_invokers_nodes),
		cmocka_unit_test(nodes_that_the_backend_read_hold),
		cmocka_unit_test(any_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
