/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The memory that the kernel side keeps and the loader maps: what is decided
 * before loading (constants to the verifier), what the doors share, and the
 * scratch of the call of out_of_memory that is under way. Nothing of this
 * travels; what travels is in wire.h.
 */
#ifndef OOMTRACE_STATE_H
#define OOMTRACE_STATE_H

#include "bpf/wire.h"

/* A stretch of kernel text or data, from /proc/kallsyms; begin 0: not known. */
struct text_range {
	__u64 begin;
	__u64 end;
};

/* What the loader looks up in /proc/kallsyms; its names are in user/kernel/addresses.c. */
enum kernel_symbol {
	/* text, for the tracepoint backend, and to learn how scores are made */
	SYMBOL_MEMCG_OOM,
	SYMBOL_MEMCG_MEMBER,
	SYMBOL_EVALUATE,
	SYMBOL_BADNESS,
	SYMBOL_PERCPU_SUM,
	/* data, which kallsyms has only with CONFIG_KALLSYMS_ALL */
	SYMBOL_MEMCG_STATS_INDEX,
	SYMBOL_TOTAL_SWAP_PAGES,
	SYMBOL_NR_SWAP_PAGES,
	SYMBOL_NR_VMALLOC_PAGES,
	SYMBOL_HSTATES,
	SYMBOL_HUGETLB_MAX_HSTATE,
	SYMBOL_PSI_SYSTEM,
	SYMBOL_PANIC_ON_OOM,
	SYMBOL_OOM_KILL_ALLOCATING_TASK,
	SYMBOL_OOM_DUMP_TASKS,
	SYMBOL_OVERCOMMIT_MEMORY,
	KERNEL_SYMBOLS,
};

/* Set by the loader after loading and before anything is attached. */
struct addresses {
	struct text_range symbols[KERNEL_SYMBOLS];
};

#define USER_KILLERS_MAX 8

/* Set by the loader before loading. */
struct config {
	__u64 page_size;
	__u64 ring_bytes;      /* data size of the ring */
	__u64 mem_total_pages; /* totalram_pages() at attach; for the tracepoint backend */
	/* Names of user-space OOM killers; the first empty one ends the list. */
	char user_killers[USER_KILLERS_MAX][WIRE_COMM_LEN];
	__u32 vm_swappiness;   /* /proc/sys/vm/swappiness */
	__u32 cpus;            /* possible CPUs */
	__u8 mark_victim_task; /* oom:mark_victim hands over a task; else a pid */
	__u8 no_cmdline;       /* command lines are not to be read */
	__u8 pad[6];
};

/* What the doors set or ask before they call a body. */
struct door_state {
	__u64 stack[WIRE_STACK_LEN]; /* the invoker's */
	__u64 evaluated; /* task whose evaluation is under way: a kretprobe has no arguments */
	__u64 control;   /* oom_control of the call under way, 0: none */
	__u64 swap_total_pages; /* kept by the loader, for the tracepoint backend */
	union {
		struct {
			__u32 dying;   /* victims that have not exited */
			__u32 unfreed; /* victims that have exited and may still hold memory */
		};
		__u64 victims; /* both: what every exit on the machine asks, in one load */
	};
	__u64 exited_ns; /* when the last victim exited */
	/* pid_tgid of the loader while it calibrates, before anything else is attached; else 0. */
	__u64 calibrating;
	/* Set by the loader: the selection's own calls of oom_badness are seen to return. */
	__u8 points_hook;
	__u8 pad[7];
};

#define TEXT_LEN 1024 /* bytes of kernel text in one reading: oom_badness has 300 to 700 */

/* One for the whole machine, because oom_lock lets only one call be under way. */
struct work {
	__u64 episode; /* number of this call, from 1 */
	__u64 invoker; /* pid_tgid of the caller */
	__u64 began_ns;
	__u64 totalpages;
	__u64 root;            /* memcg whose descendants are candidates, 0: the whole machine */
	__u64 aborted_by;      /* task whose dying ended the selection */
	__u64 ancestor;        /* where the walk up from the memcg in OOM stands */
	__u64 walk_node;       /* where the walk of the task list stands */
	__u64 thread_node;     /* where the walk of a process's threads stands */
	__u64 mm_thread;       /* first thread of the process just read that has its mm, or 0 */
	__u64 zonelist;        /* where the walk of the zones goes along */
	__u64 node;            /* of the zone before */
	__u64 leader;          /* of the process that is read */
	__u64 mm;              /* of mm_thread */
	__u64 css_set;         /* of the task whose memcg was noted */
	__u64 memcg_id;        /* of that */
	__s64 counters[4];     /* of the mm just read, by enum rss_kind */
	__s64 points;          /* of the evaluation under way, with points_seen */
	__u64 killed_mm;       /* of the last victim that was sent a signal and marked, 0: none */
	__u64 killed_ns;       /* and when it was marked */
	__u64 no_victim_memcg; /* of the last decision without a victim that was sent */
	__u64 no_victim_ns;    /* and when it was */
	__u32 no_victim_repeated;
	__u32 pad2;
	__u32 victim_pid; /* snapshot: the process that has been chosen */
	__u32 lost_candidates;
	__u32 killed_pid; /* whose killed_mm is */
	__u32 pad3;
	__u8 points_seen;
	__u8 decided;
	__u8 exiting;
	__u8 walk_in_list;     /* the list's head has been passed once */
	__u8 rss_precise;      /* oom_badness adds the CPUs' deltas: learned from its own numbers */
	__u8 memory_read;      /* work.memory is of this episode */
	__u8 memory_sent;      /* or lost, or of no use: of this episode there will be no other */
	__u8 memcg_below;      /* the memcg that was noted is root or below it */
	struct wire_task task; /* the one just read */
	struct wire_decision decision;
	struct wire_victim victim;
	struct wire_memory memory;
};

#endif /* OOMTRACE_STATE_H */
