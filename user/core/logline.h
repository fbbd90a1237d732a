/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line of the kernel's report of an OOM, taken apart: in every wording from 2.6.11 to 7.2, and
 * for whoever reads such lines, live or out of a file. What stands before the kernel's own text (a
 * time, a host) has been taken off.
 *
 * A process's name and a cgroup's are hostile: what stands to the right of them in a line is the
 * kernel's, so lines are taken apart from the right, and what stands to the left is told apart by
 * what such a name cannot hold (a comm more than 15 bytes, a cgroup's name a slash).
 */
#ifndef OOMTRACE_CORE_LOGLINE_H
#define OOMTRACE_CORE_LOGLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

enum logline_kind {
	LOGLINE_OTHER,
	LOGLINE_SYSRQ,      /* SysRq : Manual OOM execution; until 4.1 all that tells of it */
	LOGLINE_HEADER,     /* app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, ... */
	LOGLINE_CPUSET,     /* app cpuset=/ mems_allowed=0; until 4.20 */
	LOGLINE_CPU,        /* CPU: 0 PID: 1 Comm: app Not tainted 6.1.0 #1 */
	LOGLINE_TASK_IN,    /* Task in /a/b killed as a result of limit of /a; until 4.20 */
	LOGLINE_TABLE,      /* [ pid ]   uid  tgid total_vm ... name */
	LOGLINE_SUMMARY,    /* oom-kill:constraint=..., since 5.0 */
	LOGLINE_CHOICE,     /* Out of memory: Kill process 1 (app) score 9 or sacrifice child */
	LOGLINE_KILLED,     /* Out of memory: Killed process 1 (app) total-vm:1kB, ... */
	LOGLINE_EXITING,    /* Out of memory: OOM victim 1 (app) is already exiting. ... */
	LOGLINE_SHARER,     /* Kill process 1 (app) sharing same memory; until 4.5 */
	LOGLINE_GROUP,      /* Tasks in /a are going to be killed due to memory.oom.group set */
	LOGLINE_NOBODY,     /* Out of memory and no killable processes... */
	LOGLINE_PANIC,      /* Kernel panic - not syncing: Out of memory: ... panic_on_oom ... */
	LOGLINE_REAPED,     /* oom_reaper: reaped process 1 (app), now anon-rss:0kB, ... */
	LOGLINE_NOT_REAPED, /* oom_reaper: unable to reap pid:1 (app) */
};

/* What a kill was for, by the words before it. */
enum logline_cause {
	LOGLINE_CAUSE_UNSEEN,
	LOGLINE_CAUSE_GLOBAL,          /* Out of memory: also of a cpuset or a memory policy */
	LOGLINE_CAUSE_MEMCG,           /* Memory cgroup out of memory */
	LOGLINE_CAUSE_ALLOCATING_TASK, /* Out of memory (oom_kill_allocating_task) */
	LOGLINE_CAUSE_CPUSET,          /* No available memory in cpuset */
	LOGLINE_CAUSE_POLICY,          /* No available memory (MPOL_BIND) */
};

enum logline_column {
	COLUMN_OTHER,
	COLUMN_UID,
	COLUMN_TGID,
	COLUMN_TOTAL_VM,
	COLUMN_RSS,
	COLUMN_RSS_ANON,
	COLUMN_RSS_FILE,
	COLUMN_RSS_SHMEM,
	COLUMN_NR_PTES,
	COLUMN_NR_PMDS,
	COLUMN_NR_PUDS,
	COLUMN_PGTABLES_BYTES,
	COLUMN_SWAPENTS,
	COLUMN_OOM_ADJ,
	COLUMN_OOM_SCORE_ADJ,
	COLUMN_MAX,
};

#define LOGLINE_COLUMNS 16

/* The columns between a row's pid and its name, as the head of the table names them. */
struct logline_table {
	uint8_t columns[LOGLINE_COLUMNS]; /* enum logline_column */
	uint8_t count;                    /* 0: no head was seen */
};

/* A row of it: pages, bytes where the column says bytes; by enum logline_column. */
struct logline_row {
	uint32_t pid; /* of the thread that has the memory */
	uint32_t has; /* bits of enum logline_column */
	int64_t values[COLUMN_MAX];
	struct span comm;
};

#define LOGLINE_NO_NUMBER UINT64_MAX

/* Spans are within the line; a span at NULL is not known. */
struct logline {
	uint8_t kind;  /* enum logline_kind */
	bool damaged;  /* its end could not be read: what is not set below is not known */
	uint8_t cause; /* enum logline_cause: CHOICE, KILLED, EXITING */
	uint32_t pid;  /* of the process, in CPU of the thread */
	uint32_t uid;  /* or WIRE_NONE_U32 */
	struct span comm;

	uint32_t gfp_mask; /* HEADER */
	bool has_order;
	int32_t order;
	struct span gfp_text;
	struct span nodemask; /* HEADER, SUMMARY: a list, empty for (null) */

	bool has_oom_score_adj; /* KILLED */
	int32_t oom_score_adj;
	uint64_t total_vm_kib, anon_kib, file_kib, shmem_kib, pgtables_kib; /* LOGLINE_NO_NUMBER */
	bool has_score;                                                     /* CHOICE */
	int64_t score;

	uint8_t constraint; /* enum wire_constraint, SUMMARY */
	bool is_global;
	struct span oom_memcg, task_memcg; /* TASK_IN, SUMMARY; GROUP the one that dies */
	bool has_doubt; /* SUMMARY: names hold its words: the two may be split elsewhere */
	struct span cpuset, mems_allowed; /* CPUSET, SUMMARY */

	struct span release;        /* CPU: 6.1.0-13-amd64 */
	bool compulsory;            /* PANIC: whatever ran out */
	bool follows;               /* NOBODY: says again what another line of it said */
	struct logline_table table; /* TABLE */
};

/* Takes @text apart, a line without its newline. Returns false, and OTHER, for all others. */
bool logline_parse(struct span text, struct logline *ret_line);

/*
 * Takes a row of the table apart whose head was @table. Returns false where @text is none;
 * *@ret_damaged says whether it looks like one.
 */
bool logline_row(struct span text, const struct logline_table *table, struct logline_row *ret_row,
		 bool *ret_damaged);

/*
 * A function of a stack, " [<ffffffff81692515>] dump_header+0x83/0x1ca" or "
 * dump_header+0x4c/0x20e": its name. Returns false where @text is none, or one that the kernel
 * doubts ("? ").
 */
bool logline_frame(struct span text, struct span *ret_name);

#endif /* OOMTRACE_CORE_LOGLINE_H */
