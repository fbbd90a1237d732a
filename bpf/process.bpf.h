/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One process, read as the OOM killer reads it, into work.task. In parts, for there are two
 * that put them together: task_read() for everybody, and the program of fentry that is run for
 * each candidate, which reads with types (facts.bpf.h). Whoever calls has put the leader into
 * work.leader, the same as a number; what is handed on from here are numbers.
 */
#ifndef OOMTRACE_PROCESS_BPF_H
#define OOMTRACE_PROCESS_BPF_H

#include "bpf/facts.bpf.h"
#include "bpf/work.bpf.h"

/* An mm is larger than this and aligned to it: what remains of its address still tells it apart. */
#define MM_SHIFT 6

/* Its memcg, which most processes share with the one before. */
static __always_inline void process_read_memcg(__u64 leader)
{
	if ((__u64)read_field(task_struct, leader, cgroups) != work.css_set)
		note_memcg(work.leader);
}

/*
 * Why the kernel's selection does not come to ask for the points of @leader's process, as far as
 * that can be told before it is read; SKIP_NONE: it may.
 */
static __always_inline enum wire_skip process_passed_over(__u64 leader)
{
	if (task_is_kernel_thread(leader))
		return SKIP_KERNEL_THREAD;
	if (read_field(task_struct, leader, tgid) == 1)
		return SKIP_INIT;
	if (!work.root)
		return SKIP_NONE;
	process_read_memcg(leader);
	if (!work.memcg_below)
		return SKIP_OTHER_MEMCG;
	return memcg_scan_passes(leader) ? SKIP_NO_MM : SKIP_NONE;
}

/* The process in its own pid namespace. In the host's, that of most, its number is the one it has.
 */
static __always_inline __u32 process_ns_pid(__u64 leader)
{
	__u64 pid = task_pid(leader);

	if (!pid)
		return 0;
	return read_field(pid, pid, level) ? nested_pid(work.leader) : work.task.pid;
}

/* What is the whole process's, and of its threads what the leader says alone. */
static __always_inline void process_read(__u64 leader)
{
	__u64 signal = task_signal(leader), cred = task_cred(leader);
	struct wire_task *task = &work.task;

	__builtin_memset(task, 0, sizeof(*task));
	task->pid = read_field(task_struct, leader, tgid);
	task->start_ns = read_field(task_struct, leader, start_boottime);
	task->ppid = read_field(task_struct, leader, real_parent, tgid);
	task->uid = read_field(cred, cred, uid.val);
	task->euid = read_field(cred, cred, euid.val);
	task->cap_effective = cred_capabilities(cred);
	task->threads = read_field(signal_struct, signal, nr_threads);
	task->oom_score_adj = read_field(signal_struct, signal, oom_score_adj);
	task->nice = read_field(task_struct, leader, static_prio) - NICE_0_PRIO;
	task->ns_pid = process_ns_pid(leader);
	if (read_field(signal_struct, signal, oom_flag_origin))
		task->flags |= TASK_ORIGIN;
	task->cpu_ns = read_field(signal_struct, signal, sum_sched_runtime) +
		       read_field(task_struct, leader, se.sum_exec_runtime);
	work.mm_thread = task_mm(leader) ? work.leader : 0;
	process_read_memcg(leader);
	task->memcg_id = work.memcg_id;
}

static __always_inline void process_set_counters(void)
{
	struct wire_task *task = &work.task;

	task->rss_file = rss_clamped(work.counters[RSS_FILE]);
	task->rss_anon = rss_clamped(work.counters[RSS_ANON]);
	task->rss_shmem = rss_clamped(work.counters[RSS_SHMEM]);
	task->swap = rss_clamped(work.counters[RSS_SWAP]);
}

/* The memory that @thread uses, if it does, and its own name. */
static __always_inline void process_read_thread(__u64 thread)
{
	struct wire_task *task = &work.task;
	__u64 mm = task_mm(thread);

	task->tid = read_field(task_struct, thread, pid);
	task_read_comm(thread, task->comm);
	work.mm = mm;
	if (!mm)
		return;
	barrier(); /* calculated with is the number only */
	task->mm_id = work.mm >> MM_SHIFT;
	task->total_vm = read_field(mm_struct, mm, total_vm);
	task->pgtables_bytes = read_field(mm_struct, mm, pgtables_bytes.counter);
	if (work.rss_precise) {
		task_read_counters(work.mm, true);
	} else {
		mm_read_counters(mm, work.counters);
		process_set_counters();
	}
	task->flags |= TASK_MM;
	barrier(); /* read it again */
	/* No lock pins the mm here: if it changed under the reads, they may be of another. */
	if (task_mm(thread) != mm)
		task->flags |= TASK_UNSTABLE;
}

#endif /* OOMTRACE_PROCESS_BPF_H */
