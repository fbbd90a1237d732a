// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One process, read as the OOM killer reads it. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/state.h"
#include "bpf/facts.bpf.h"
#include "bpf/process.bpf.h"
#include "bpf/wire.h"
#include "bpf/work.bpf.h"

/*
 * Threads looked at per process: to find one that has the mm (nearly always the
 * first) and to sum CPU time. A process with more says TASK_CPU_PARTIAL.
 */
#define THREADS_MAX 128
#define THREADS_STEP \
	4 /* in one read_threads_some(): fewer calls, for the verifier and at run time */

/* CPUs whose deltas are summed at the most; beyond, the approximation is taken. */
#define CPUS_MAX 2048

extern const volatile struct config config;
extern struct work work;

/* The thread of the list at @node; returns the node of the next one. */
static __always_inline __u64 read_thread(__u64 node)
{
	__u64 thread = struct_of(task_struct, thread_node, node);

	/* As find_lock_task_mm(): the first that still has the mm; the leader may have exited. */
	if (!work.mm_thread && task_mm(thread))
		work.mm_thread = thread;
	work.task.cpu_ns += read_field(task_struct, thread, se.sum_exec_runtime);
	return (__u64)read_field(list_head, node, next);
}

/*
 * Some threads of the list from work.thread_node on; 1 behind the last. A
 * function of its own, so that the verifier walks it once and not for all threads.
 */
__noinline int read_threads_some(__u64 head)
{
	__u64 node = work.thread_node;
	int i;

	for (i = 0; i < THREADS_STEP; i++) {
		if (!node || node == head)
			return 1;
		node = read_thread(node);
	}
	work.thread_node = node;
	return 0;
}

/* All threads of @leader's process, of which there are several. */
static __always_inline void read_threads(__u64 leader)
{
	__u64 signal = task_signal(leader);
	__u64 head = signal + bpf_core_field_offset(struct signal_struct, thread_head);
	int i;

	work.mm_thread = 0;
	work.task.cpu_ns = read_field(signal_struct, signal, sum_sched_runtime);
	work.thread_node = (__u64)read_field(list_head, head, next);
	for (i = 0; i < THREADS_MAX / THREADS_STEP; i++) {
		if (read_threads_some(head))
			return;
	}
	work.task.flags |= TASK_CPU_PARTIAL;
}

__noinline int task_read_threads(__u64 leader)
{
	read_threads(leader);
	return 0;
}

/* Where each CPU's per-cpu memory begins, once it was asked for: it stays. */
__u64 cpu_bases[CPUS_MAX] = {};

static __always_inline bool cpu_find_base(__u32 cpu, __u64 *ret_base)
{
	if (!cpu_bases[cpu] && !cpu_read_base(cpu, &cpu_bases[cpu]))
		return false;
	*ret_base = cpu_bases[cpu];
	return true;
}

/*
 * Fact:  the four are allocated as one array, __percpu_counter_init_many() in lib/percpu_counter.c.
 * Until: 6.6, when each was allocated alone.
 * So:    look whether they lie in a row.
 */
static __always_inline bool lie_in_a_row(const __u64 *counters)
{
	return counters[1] - counters[0] == sizeof(__s32) &&
	       counters[2] - counters[0] == sizeof(__s32) * 2 &&
	       counters[3] - counters[0] == sizeof(__s32) * 3;
}

/* What the CPU with this @base has not added to each counter yet. */
static __always_inline void read_deltas(const __u64 *counters, __u64 base, __s32 *to)
{
	__u32 kind;

	if (lie_in_a_row(counters)) {
		bpf_probe_read_kernel(to, RSS_KINDS * sizeof(*to),
				      (const void *)(counters[0] + base));
		return;
	}
#pragma unroll
	for (kind = 0; kind < RSS_KINDS; kind++)
		bpf_probe_read_kernel(&to[kind], sizeof(to[kind]),
				      (const void *)(counters[kind] + base));
}

/* percpu_counter_sum() of each of @mm's counters to @sums, lib/percpu_counter.c. */
static __always_inline int sum_counters(__u64 mm, __s64 *sums)
{
	__u64 counters[RSS_KINDS];
	__u32 cpu, kind;

	if (config.cpus > CPUS_MAX ||
	    !rss_is_percpu()) /* also hides helpers that older kernels lack from their verifier */
		return -1;
	rss_read_percpu(mm, RSS_FILE, sums, counters);
	rss_read_percpu(mm, RSS_ANON, sums, counters);
	rss_read_percpu(mm, RSS_SWAP, sums, counters);
	rss_read_percpu(mm, RSS_SHMEM, sums, counters);
	for (cpu = 0; cpu < CPUS_MAX && cpu < config.cpus; cpu++) {
		__s32 deltas[RSS_KINDS] = {};
		__u64 base;

		if (!cpu_find_base(cpu, &base))
			break;
		read_deltas(counters, base, deltas);
#pragma unroll
		for (kind = 0; kind < RSS_KINDS; kind++)
			sums[kind] += deltas[kind];
	}
	return 0;
}

__noinline int task_read_counters(__u64 mm, __u32 precise)
{
	struct wire_task *task = &work.task;

	task->flags &= ~TASK_RSS_PRECISE;
	if (precise && !sum_counters(mm, work.counters))
		task->flags |= TASK_RSS_PRECISE;
	else
		mm_read_counters(mm, work.counters);
	process_set_counters();
	return 0;
}

__noinline __u64 mm_resident(__u64 mm, __u32 precise)
{
	__s64 counters[RSS_KINDS];

	if (!precise || sum_counters(mm, counters))
		mm_read_counters(mm, counters);
	return rss_clamped(counters[RSS_FILE]) + rss_clamped(counters[RSS_ANON]) +
	       rss_clamped(counters[RSS_SHMEM]);
}

__noinline __u32 nested_pid(__u64 task)
{
	__u64 pid = task_pid(task);

	return pid_number(pid, read_field(pid, pid, level));
}

__noinline int task_read_thread(__u64 thread)
{
	process_read_thread(thread);
	return 0;
}

__noinline int task_read(__u64 leader)
{
	work.leader = leader;
	process_read(leader);
	if (work.task.threads > 1)
		read_threads(leader);
	process_read_thread(work.mm_thread ? work.mm_thread : leader);
	return 0;
}
