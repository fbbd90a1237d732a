/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the bodies share among themselves, and the doors do not need. */
#ifndef OOMTRACE_WORK_BPF_H
#define OOMTRACE_WORK_BPF_H

#include "vmlinux/vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "bpf/state.h"

extern struct work work;

/*
 * The record of a task that waits, per CPU: such tasks hold no lock, and work
 * belongs to the one that holds oom_lock. A program is not entered a second
 * time on the CPU that it runs on, and does not leave it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_waiting);
} waiting __weak SEC(".maps");

static __always_inline struct wire_waiting *waiting_here(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&waiting, &key);
}

static __always_inline void pass_over(enum wire_skip reason)
{
	work.decision.passed_over[reason]++;
}

/* Cubed, two rounds of 65,536 tasks: one to find the list's head. */
#define WALK_STEP 51

extern int walk_begin(void);
/* WALK_STEP squared tasks; 1 behind the last. */
extern int walk_many(void);
extern int walk_given_up(void);

/*
 * All processes in for_each_process() order, as candidates of an episode whose
 * selection was not seen. No kernel symbol is needed: from the caller on to the
 * list's head, then once around.
 *
 * The verifier checks each function once: 51 tasks by 51 by 51 cost it what 153
 * would. The outermost of the three is inline, as calls can be 8 deep.
 */
static __always_inline void walk_all(void)
{
	int i;

	walk_begin();
	for (i = 0; i < WALK_STEP; i++) {
		if (walk_many())
			return;
	}
	walk_given_up();
}

/* The candidates that the scratch holds, to the ring; @flags of bpf_ringbuf_output(). */
extern int send_candidates(__u64 flags);
/* Reads the process that @leader leads into work.task, memory included where it has any. */
extern int task_read(__u64 leader);
/* The threads of @leader's process: work.mm_thread, and work.task.cpu_ns of all. */
extern int task_read_threads(__u64 leader);
/* The name of @thread and its memory into work.task. */
extern int task_read_thread(__u64 thread);
/* The number of the process @leader leads in its own pid namespace. */
extern __u32 nested_pid(__u64 leader);
/* The memcg of @task: work.memcg_id, and whether it is below work.root. */
extern int note_memcg(__u64 task);
/* Reads the counters of @mm into work.task; @precise: with every CPU's delta. */
extern int task_read_counters(__u64 mm, __u32 precise);
/* Resident pages of @mm now; @precise: with every CPU's delta. Needs no lock. */
extern __u64 mm_resident(__u64 mm, __u32 precise);
/* Where a path goes to, for a global function takes no pointers in 5.10. The last is not of work.
 */
enum path_slot { PATH_MEMCG, PATH_DECISION_VICTIM, PATH_INVOKER, PATH_VICTIM, PATH_WAITING };

/* The names of @memcg's directories, deepest first, into the path of @slot. */
extern int read_path(__u64 memcg, __u32 slot);
/* The memcg that ran out and the levels above it into work.decision; 0: none did. */
extern int read_memcg(__u64 memcg);
/* Whether a victim in @memcg takes a group with it, up to @top; 0: up to the root. */
extern int memcg_kills_group(__u64 memcg, __u64 top);
/* Of @memcg and its ancestors the one that must have run out; 0: none has a limit. */
extern __u64 memcg_at_limit(__u64 memcg);
/* What scores within @memcg are relative to, in pages. */
extern __u64 memcg_totalpages(__u64 memcg);
/* The sysctls and nodes of the call under way, and its invoker's cpuset, into work.decision. */
extern int read_settings(void);
/* What the memory is used for into work.memory; @memcg: that ran out, or 0. */
extern int gather_memory(__u64 memcg);
/*
 * Sends what the memory is used for, read now or already, once in an episode and behind its
 * decision; @memcg: that ran out, or 0. Best after the kernel's own report, for which it gathers a
 * memcg's counters.
 */
extern int send_memory(__u64 memcg);
/* Registers the process of @task, which has just been marked, as dying, and tells its SIGKILL. */
extern int fate_add(__u64 task);
/* The same for one that was not marked: it shares the memory of the victim @chosen. */
extern int fate_add_sharer(__u64 task, __u32 chosen);

#endif /* OOMTRACE_WORK_BPF_H */
