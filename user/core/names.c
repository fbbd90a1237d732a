// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The contract's words for what the wire carries as numbers. */
#include "core/episode.h"

#include <stddef.h>

const char *backend_name(unsigned int backend)
{
	static const char *const names[WIRE_BACKENDS] = {"fentry", "kprobe", "tracepoint"};

	return backend < WIRE_BACKENDS ? names[backend] : NULL;
}

const char *loss_name(unsigned int loss)
{
	static const char *const names[EPISODE_LOSS_MAX] = {
		[LOSS_RING_DECISION] = "ring_decision",
		[LOSS_RING_CANDIDATE] = "ring_candidate",
		[LOSS_RING_VICTIM] = "ring_victim",
		[LOSS_RING_END] = "ring_end",
		[LOSS_RING_FATE] = "ring_fate",
		[LOSS_RING_MEMORY] = "ring_memory",
		[LOSS_SCRATCH_CANDIDATE] = "scratch_candidate",
		[LOSS_WALK_CANDIDATE] = "walk_candidate",
		[LOSS_VICTIM_TABLE] = "victim_table",
		[LOSS_UNSCANNED] = "unscanned",
		[LOSS_MALFORMED] = "malformed",
		[LOSS_STRAY] = "stray",
		[LOSS_OUTPUT] = "output",
		[LOSS_LOG_HEADER] = "log_header",
		[LOSS_LOG_TABLE] = "log_table",
		[LOSS_LOG_LINE] = "log_line",
	};

	return loss < EPISODE_LOSS_MAX && names[loss] ? names[loss] : "unknown";
}

const char *no_kill_name(unsigned int no_kill)
{
	static const char *const names[] = {
		[NO_KILL_NOTHING_KILLABLE] = "nothing_killable",
		[NO_KILL_PANIC] = "panic_on_oom",
		[NO_KILL_DISABLED] = "oom_kill_disabled",
	};

	return no_kill < sizeof(names) / sizeof(names[0]) ? names[no_kill] : NULL;
}

const char *rss_counters_name(unsigned int rss_counters)
{
	switch (rss_counters) {
	case RSS_ATOMIC:
		return "atomic";
	case RSS_APPROXIMATE:
		return "approximate";
	case RSS_PRECISE:
		return "precise";
	default:
		return NULL;
	}
}

#define NAME_OF(names, i) ((i) < sizeof(names) / sizeof((names)[0]) ? (names)[i] : NULL)

const char *constraint_name(unsigned int constraint)
{
	static const char *const names[] = {
		[CONSTRAINT_NONE_] = "none",
		[CONSTRAINT_CPUSET_] = "cpuset",
		[CONSTRAINT_MEMORY_POLICY_] = "mempolicy",
		[CONSTRAINT_MEMCG_] = "memcg",
	};

	return NAME_OF(names, constraint);
}

const char *selection_name(unsigned int selection)
{
	static const char *const names[] = {
		[SELECTION_BADNESS] = "select_bad_process",
		[SELECTION_ALLOCATING_TASK] = "allocating_task",
		[SELECTION_EXITING_TASK] = "exiting_task",
	};

	return NAME_OF(names, selection);
}

const char *killed_as_name(unsigned int killed_as)
{
	static const char *const names[] = {
		[KILLED_AS_CHOSEN] = "chosen",
		[KILLED_AS_GROUP] = "group",
		[KILLED_AS_SHARED_MM] = "shared_mm",
	};

	return NAME_OF(names, killed_as);
}

const char *candidates_source_name(unsigned int source)
{
	static const char *const names[] = {
		[SOURCE_NONE] = "none",
		[SOURCE_SELECTION] = "selection",
		[SOURCE_SNAPSHOT] = "snapshot",
	};

	return NAME_OF(names, source);
}

const char *use_name(unsigned int use)
{
	static const char *const names[USE_MAX] = {
		[USE_ANON] = "anon",
		[USE_FILE] = "file",
		[USE_SHMEM] = "shmem",
		[USE_SWAPCACHED] = "swapcached",
		[USE_KERNEL] = "kernel",
		[USE_SLAB_RECLAIMABLE] = "slab_reclaimable",
		[USE_SLAB_UNRECLAIMABLE] = "slab_unreclaimable",
		[USE_KERNEL_STACK] = "kernel_stack",
		[USE_PAGE_TABLES] = "pagetables",
		[USE_SEC_PAGE_TABLES] = "sec_pagetables",
		[USE_PERCPU] = "percpu",
		[USE_SOCK] = "sock",
		[USE_VMALLOC] = "vmalloc",
		[USE_ZSWAP] = "zswap",
		[USE_HUGETLB] = "hugetlb",
	};

	return use < USE_MAX ? names[use] : NULL;
}

const char *skip_name(unsigned int skip)
{
	static const char *const names[SKIP_MAX] = {
		[SKIP_KERNEL_THREAD] = "kernel_thread",
		[SKIP_INIT] = "init",
		[SKIP_OTHER_MEMCG] = "other_memcg",
		[SKIP_NOT_IN_NODEMASK] = "not_in_nodemask",
		[SKIP_REAPED] = "reaped",
		[SKIP_DYING] = "dying",
		[SKIP_NO_MM] = "no_mm",
		[SKIP_ADJ_MIN] = "adj_min",
		[SKIP_IN_VFORK] = "in_vfork",
	};

	return skip < SKIP_MAX ? names[skip] : NULL;
}
