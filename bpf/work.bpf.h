/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the bodies share among themselves, and the doors do not need. */
#ifndef OOMTRACE_WORK_BPF_H
#define OOMTRACE_WORK_BPF_H

#include "vmlinux/vmlinux.h"

#include "bpf/state.h"

extern struct work work;

/* Reads the process that @leader leads into work.task, memory included where it has any. */
extern int task_read(__u64 leader);
/* Reads the counters of @mm into work.task; @precise: with every CPU's delta. */
extern int task_read_counters(__u64 mm, __u32 precise);
/* Which path of work a path goes to: a global function takes no pointers in 5.10. */
enum path_slot { PATH_MEMCG, PATH_DECISION_VICTIM, PATH_INVOKER, PATH_VICTIM };

/* The names of @memcg's directories, deepest first, into the path of @slot. */
extern int read_path(__u64 memcg, __u32 slot);
/* The memcg that ran out and the levels above it into work.decision; 0: none did. */
extern int read_memcg(__u64 memcg);
/* Whether @memcg is @root or below it. */
extern int memcg_is_below(__u64 memcg, __u64 root);
/* Whether a victim in @memcg takes a group with it, up to @top; 0: up to the root. */
extern int memcg_kills_group(__u64 memcg, __u64 top);
/* Of @memcg and its ancestors the one that must have run out; 0: none has a limit. */
extern __u64 memcg_at_limit(__u64 memcg);
/* What scores within @memcg are relative to, in pages. */
extern __u64 memcg_totalpages(__u64 memcg);
/* Registers @task's process as dying, and tells its SIGKILL. */
extern int fate_add(__u64 task);

#endif /* OOMTRACE_WORK_BPF_H */
