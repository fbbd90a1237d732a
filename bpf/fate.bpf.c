// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What becomes of the victims. Its hooks sit in busy places (every signal,
 * every exit): the doors ask door.dying and door.unfreed first, and come here
 * only while a victim is on its way.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/emit.bpf.h"
#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/wire.h"
#include "bpf/work.bpf.h"

struct victim {
	__u64 start_ns;
	__u64 episode;
	__u32 aborted;
	__u32 pad;
};

/*
 * Victims by tgid that have threads left. A step is claimed by deleting the
 * entry, which succeeds for one of two CPUs only: atomics that return a value
 * are not in 5.10. Every process comes to its end, and takes its entry along.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct victim);
} dying SEC(".maps");

/*
 * Those that have exited and may still hold memory. LRU: that the memory has gone
 * is not seen of a process whose parent ignores SIGCHLD.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct victim);
} unfreed SEC(".maps");

/*
 * The last SIGKILL of the kernel's own authority on this CPU. __oom_kill_process
 * sends it and marks the victim under one task_lock, so that the mark comes on
 * the same CPU, with nothing in between.
 */
struct last_kill {
	__u64 task;
	__u64 sender; /* pid_tgid */
	__u64 sent_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct last_kill);
} last_kill SEC(".maps");

static __always_inline struct last_kill *last_kill_here(void)
{
	__u32 key = 0;
	struct last_kill *kill = bpf_map_lookup_elem(&last_kill, &key);

	return kill && kill->sender == bpf_get_current_pid_tgid() ? kill : NULL;
}

__noinline __u64 fate_last_killed(void)
{
	struct last_kill *kill = last_kill_here();

	return kill ? kill->task : 0;
}

static __always_inline void emit_fate(__u32 pid, const struct victim *victim,
				      enum wire_fate_what what, __u64 when_ns)
{
	struct wire_fate fate = {};

	head_fill(&fate.head, WIRE_FATE, sizeof(fate), victim->episode);
	if (when_ns)
		fate.head.boot_ns = when_ns;
	fate.start_ns = victim->start_ns;
	fate.pid = pid;
	fate.what = what;
	fate.reaped_pages = WIRE_NONE_U64;
	fate.aborted = victim->aborted;
	if (bpf_ringbuf_output(&ring, &fate, sizeof(fate), BPF_RB_FORCE_WAKEUP))
		count_loss(LOSS_RING_FATE, 1);
}

/* The entry of @task's process in @map; NULL also when the pid has been used again. */
static __always_inline struct victim *victim_in(void *map, __u64 task, __u32 *ret_pid)
{
	__u64 leader = task_leader(task);
	struct victim *victim;

	*ret_pid = read_field(task_struct, leader, tgid);
	victim = bpf_map_lookup_elem(map, ret_pid);
	if (victim && victim->start_ns != read_field(task_struct, leader, start_boottime))
		return NULL;
	return victim;
}

__noinline int fate_add(__u64 task)
{
	struct victim entry = {.episode = work.episode};
	struct last_kill *kill;
	__u32 pid;

	if (victim_in(&dying, task, &pid))
		return 0;
	/* Selections that are given up are seen only where out_of_memory is. */
	entry.aborted = door.control ? 0 : WIRE_NONE_U32;
	entry.start_ns = read_field(task_struct, task, group_leader, start_boottime);
	if (bpf_map_update_elem(&dying, &pid, &entry, BPF_ANY)) {
		count_loss(LOSS_VICTIM_TABLE, 1);
		return 0;
	}
	__sync_fetch_and_add(&door.dying, 1);
	kill = last_kill_here();
	if (kill && kill->task == task)
		emit_fate(pid, &entry, FATE_SIGKILL, kill->sent_ns);
	return 0;
}

__noinline int fate_aborted(__u64 task)
{
	__u32 pid;
	struct victim *victim = victim_in(&dying, task, &pid);

	if (victim)
		victim->aborted++;
	return 0;
}

__noinline int fate_killed(__u64 task)
{
	__u32 key = 0;
	struct last_kill *kill = bpf_map_lookup_elem(&last_kill, &key);

	if (!kill)
		return 0;
	kill->task = task;
	kill->sender = bpf_get_current_pid_tgid();
	kill->sent_ns = bpf_ktime_get_boot_ns();
	return 0;
}

/* Whether @comm is user_killers[index]; the empty name is nobody's. */
static __always_inline bool is_user_killer(const char *comm, int index)
{
	int i;

	if (!config.user_killers[index][0])
		return false;
	for (i = 0; i < WIRE_COMM_LEN; i++) {
		if (config.user_killers[index][i] != comm[i])
			return false;
		if (!comm[i])
			return true;
	}
	return true;
}

/* Not under oom_lock: has its own record, on the stack, and no scratch. */
static __always_inline void emit_signal(__u64 task, __u32 signal, struct wire_signal *record)
{
	__u64 leader = task_leader(task);

	head_fill(&record->head, WIRE_SIGNAL, sizeof(*record), 0);
	record->signal = signal;
	record->sender_pid = bpf_get_current_pid_tgid() >> 32;
	record->start_ns = read_field(task_struct, leader, start_boottime);
	record->pid = read_field(task_struct, leader, tgid);
	record->ppid = read_field(task_struct, leader, real_parent, tgid);
	record->uid = read_field(task_struct, leader, real_cred, uid.val);
	record->oom_score_adj = read_field(task_struct, leader, signal, oom_score_adj);
	bpf_probe_read_kernel(
		record->comm, sizeof(record->comm),
		(const void *)(leader + bpf_core_field_offset(struct task_struct, comm)));
	if (bpf_ringbuf_output(&ring, record, sizeof(*record), BPF_RB_FORCE_WAKEUP))
		count_loss(LOSS_RING_FATE, 1);
}

__noinline int fate_signalled(__u64 task, __u32 signal)
{
	struct wire_signal record = {};
	int i;

	if (bpf_get_current_comm(record.sender_comm, sizeof(record.sender_comm)))
		return 0;
	for (i = 0; i < USER_KILLERS_MAX; i++) {
		if (is_user_killer(record.sender_comm, i)) {
			emit_signal(task, signal, &record);
			break;
		}
	}
	return 0;
}

__noinline int fate_reaping(__u32 pid, __u32 what)
{
	struct victim *victim = bpf_map_lookup_elem(&dying, &pid);

	if (!victim)
		victim = bpf_map_lookup_elem(&unfreed, &pid);
	if (victim)
		emit_fate(pid, victim, what, 0);
	return 0;
}

/* The last thread of @victim, gone from signal->live, is on its way out. */
static __always_inline void take_exit(__u32 pid, const struct victim *victim)
{
	struct victim copy = *victim;

	if (bpf_map_delete_elem(&dying, &pid))
		return;
	__sync_fetch_and_add(&door.dying, -1);
	emit_fate(pid, &copy, FATE_EXITED, 0);
	if (!bpf_map_update_elem(&unfreed, &pid, &copy, BPF_ANY))
		__sync_fetch_and_add(&door.unfreed, 1);
}

static __always_inline void take_freed(__u64 task)
{
	struct victim *victim, copy;
	__u32 pid;

	if (!mm_is_unused(task_oom_mm(task)))
		return;
	victim = victim_in(&unfreed, task, &pid);
	if (!victim)
		return;
	copy = *victim;
	if (bpf_map_delete_elem(&unfreed, &pid))
		return;
	__sync_fetch_and_add(&door.unfreed, -1);
	emit_fate(pid, &copy, FATE_FREED, 0);
}

__noinline int fate_exiting(__u64 task)
{
	struct victim *victim;
	__u32 pid;

	/* do_exit() has taken this thread off signal->live before the tracepoint, in all kernels.
	 */
	if (!task_oom_mm(task) || process_has_threads(task))
		return 0;
	victim = victim_in(&dying, task, &pid);
	if (!victim)
		return 0;
	take_exit(pid, victim);
	/*
	 * Fact: until 6.16 the tracepoint comes after exit_mm(), so that the memory is gone
	 * by now; since then before it, and the signal to the parent is the next to be seen.
	 */
	take_freed(task);
	return 0;
}

__noinline int fate_exited(__u64 task)
{
	struct victim *victim;
	__u32 pid;

	if (!task_oom_mm(task) || process_has_threads(task))
		return 0;
	/*
	 * Since 6.16 a thread can pass sched_process_exit on one CPU while it is being
	 * marked on another: then this is the first that is seen of its exit.
	 */
	victim = victim_in(&dying, task, &pid);
	if (victim)
		take_exit(pid, victim);
	take_freed(task);
	return 0;
}
