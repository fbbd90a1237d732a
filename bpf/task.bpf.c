// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One process, read as the OOM killer reads it. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/state.h"
#include "bpf/facts.bpf.h"
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

/* An mm is larger than this and aligned to it: what remains of its address still tells it apart. */
#define MM_SHIFT 6

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

static __always_inline void read_threads(__u64 leader)
{
	__u64 head = (__u64)read_field(task_struct, leader, signal) +
		     bpf_core_field_offset(struct signal_struct, thread_head);
	int i;

	work.mm_thread = 0;
	work.task.cpu_ns = process_dead_cpu_ns(leader);
	work.thread_node = (__u64)read_field(list_head, head, next);
	for (i = 0; i < THREADS_MAX / THREADS_STEP; i++) {
		if (read_threads_some(head))
			return;
	}
	work.task.flags |= TASK_CPU_PARTIAL;
}

/* percpu_counter_sum() of each of @mm's counters to @sums, lib/percpu_counter.c. */
static __always_inline int sum_counters(__u64 mm, __s64 *sums)
{
	__u64 deltas[RSS_KINDS];
	__u32 cpu, kind;

	if (config.cpus > CPUS_MAX ||
	    !rss_is_percpu()) /* also hides helpers that older kernels lack from their verifier */
		return -1;
	rss_read_percpu(mm, RSS_FILE, sums, deltas);
	rss_read_percpu(mm, RSS_ANON, sums, deltas);
	rss_read_percpu(mm, RSS_SWAP, sums, deltas);
	rss_read_percpu(mm, RSS_SHMEM, sums, deltas);
	for (cpu = 0; cpu < CPUS_MAX && cpu < config.cpus; cpu++) {
		__u64 base;

		if (!cpu_read_base(cpu, &base))
			break;
#pragma unroll
		for (kind = 0; kind < RSS_KINDS; kind++) {
			__s32 delta = 0;

			bpf_probe_read_kernel(&delta, sizeof(delta),
					      (const void *)(deltas[kind] + base));
			sums[kind] += delta;
		}
	}
	return 0;
}

__noinline int task_read_counters(__u64 mm, __u32 precise)
{
	struct wire_task *task = &work.task;

	if (precise && !sum_counters(mm, work.sums)) {
		task->rss_file = rss_clamped(work.sums[RSS_FILE]);
		task->rss_anon = rss_clamped(work.sums[RSS_ANON]);
		task->rss_shmem = rss_clamped(work.sums[RSS_SHMEM]);
		task->swap = rss_clamped(work.sums[RSS_SWAP]);
		task->flags |= TASK_RSS_PRECISE;
		return 0;
	}
	task->rss_file = rss_read(mm, RSS_FILE);
	task->rss_anon = rss_read(mm, RSS_ANON);
	task->rss_shmem = rss_read(mm, RSS_SHMEM);
	task->swap = rss_read(mm, RSS_SWAP);
	task->flags &= ~TASK_RSS_PRECISE;
	return 0;
}

__noinline __u64 mm_resident(__u64 mm, __u32 precise)
{
	__s64 sums[RSS_KINDS];

	if (precise && !sum_counters(mm, sums))
		return rss_clamped(sums[RSS_FILE]) + rss_clamped(sums[RSS_ANON]) +
		       rss_clamped(sums[RSS_SHMEM]);
	return rss_read(mm, RSS_FILE) + rss_read(mm, RSS_ANON) + rss_read(mm, RSS_SHMEM);
}

static __always_inline void read_memory(struct wire_task *task, __u64 thread)
{
	__u64 mm = task_mm(thread);

	if (!mm)
		return;
	task->mm_id = mm >> MM_SHIFT;
	task->total_vm = read_field(mm_struct, mm, total_vm);
	task->pgtables_bytes = read_field(mm_struct, mm, pgtables_bytes.counter);
	task_read_counters(mm, work.rss_precise);
	task->flags |= TASK_MM;
	/* No lock pins the mm here: if it changed under the reads, they may be of another. */
	if (task_mm(thread) != mm)
		task->flags |= TASK_UNSTABLE;
}

__noinline int task_read(__u64 leader)
{
	struct wire_task *task = &work.task;
	__u64 thread;

	__builtin_memset(task, 0, sizeof(*task));
	task->pid = read_field(task_struct, leader, tgid);
	task->start_ns = read_field(task_struct, leader, start_boottime);
	task->ppid = read_field(task_struct, leader, real_parent, tgid);
	task->uid = read_field(task_struct, leader, real_cred, uid.val);
	task->euid = read_field(task_struct, leader, real_cred, euid.val);
	task->cap_effective = task_capabilities(leader);
	task->threads = read_field(task_struct, leader, signal, nr_threads);
	task->oom_score_adj = read_field(task_struct, leader, signal, oom_score_adj);
	task->nice = read_field(task_struct, leader, static_prio) - NICE_0_PRIO;
	task->ns_pid = task_ns_pid(leader);
	task->memcg_id = read_field(kernfs_node, memcg_kernfs(task_memcg(leader)), id);
	if (read_field(task_struct, leader, signal, oom_flag_origin))
		task->flags |= TASK_ORIGIN;

	read_threads(leader);
	thread = work.mm_thread ? work.mm_thread : leader;
	task->tid = read_field(task_struct, thread, pid);
	bpf_probe_read_kernel(
		task->comm, sizeof(task->comm),
		(const void *)(thread + bpf_core_field_offset(struct task_struct, comm)));
	read_memory(task, thread);
	return 0;
}
