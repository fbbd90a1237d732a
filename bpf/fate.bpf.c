// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What becomes of the victims. Its hooks sit in busy places (every signal,
 * every exit): the doors ask door.victims first, and come here only while a
 * victim is on its way. Nothing but fate_add and fate_add_sharer is under
 * oom_lock: the others share state by map entries alone.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/emit.bpf.h"
#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/wire.h"
#include "bpf/work.bpf.h"

#define SHARERS_MAX 16 /* processes of one address space whose end is told with it */
/* A victim that still holds memory so long after its exit is no longer waited for. */
#define FREED_WITHIN_NS 60000000000ULL

struct victim {
	__u64 start_ns;
	__u64 episode;
	__u64 mm;
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
 * What was marked, by the number of the thread that was: that is what the
 * oom_reaper's tracepoints hand over, also when the process is gone and others
 * hold its memory. LRU: that the reaper will not come is not said.
 */
struct marked {
	__u64 start_ns;
	__u64 episode;
	__u64 mm;
	__u64 resident; /* pages when the reaper began, WIRE_NONE_U64: it has not */
	__u32 pid;
	__u32 precise; /* how they were counted */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct marked);
} marked SEC(".maps");

/* Victims that share an address space, by its mm; 0 ends the list. Written under oom_lock. */
struct sharers {
	__u32 pids[SHARERS_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct sharers);
} sharers SEC(".maps");

/*
 * The last SIGKILL of the kernel's own authority by its sender (pid_tgid).
 * __oom_kill_process sends one and marks the victim right after it. By sender
 * and not by CPU: where spinlocks sleep (PREEMPT_RT) the two may be on different
 * ones, and what an interrupt sends in between is sent on the same.
 */
struct last_kill {
	__u64 task;
	__u64 sent_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct last_kill);
} last_kills SEC(".maps");

static __always_inline struct last_kill *last_kill_here(void)
{
	__u64 sender = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&last_kills, &sender);
}

__noinline __u64 fate_last_killed(void)
{
	struct last_kill *kill = last_kill_here();

	return kill ? kill->task : 0;
}

__noinline int fate_forget_kill(void)
{
	__u64 sender = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&last_kills, &sender);
	return 0;
}

static __always_inline void send_fate(struct wire_fate *fate)
{
	if (bpf_ringbuf_output(&ring, fate, sizeof(*fate), BPF_RB_FORCE_WAKEUP))
		count_loss(LOSS_RING_FATE, 1);
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
	send_fate(&fate);
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

/* The last thread of @victim, gone from signal->live, is on its way out. */
__noinline int fate_take_exit(__u32 pid)
{
	struct victim *victim = bpf_map_lookup_elem(&dying, &pid), copy;

	if (!victim)
		return 0;
	copy = *victim;
	if (bpf_map_delete_elem(&dying, &pid))
		return 0;
	__sync_fetch_and_add(&door.dying, -1);
	emit_fate(pid, &copy, FATE_EXITED, 0);
	door.exited_ns = bpf_ktime_get_boot_ns();
	if (!bpf_map_update_elem(&unfreed, &pid, &copy, BPF_ANY))
		__sync_fetch_and_add(&door.unfreed, 1);
	return 0;
}

static __always_inline void add_dying(__u64 task, __u32 pid, const struct victim *entry)
{
	struct last_kill *kill;

	if (bpf_map_update_elem(&dying, &pid, entry, BPF_ANY)) {
		count_loss(LOSS_VICTIM_TABLE, 1);
		return;
	}
	__sync_fetch_and_add(&door.dying, 1);
	kill = last_kill_here();
	if (kill && kill->task == task)
		emit_fate(pid, entry, FATE_SIGKILL, kill->sent_ns);
	/* Its last thread has passed, or is about to pass, where an exit is seen. */
	if (!process_has_threads(task))
		fate_take_exit(pid);
}

static __always_inline void add_marked(__u64 task, __u32 pid, const struct victim *victim)
{
	struct marked mark = {
		.start_ns = victim->start_ns,
		.episode = victim->episode,
		.mm = victim->mm,
		.resident = WIRE_NONE_U64,
		.pid = pid,
		.precise = work.rss_precise,
	};
	__u32 tid = read_field(task_struct, task, pid);

	bpf_map_update_elem(&marked, &tid, &mark, BPF_ANY);
}

__noinline int fate_add(__u64 task)
{
	struct victim entry = {.episode = work.episode};
	struct victim *known;
	__u32 pid;

	/* Selections that are given up are seen only where out_of_memory is. */
	entry.aborted = door.control ? 0 : WIRE_NONE_U32;
	entry.start_ns = read_field(task_struct, task, group_leader, start_boottime);
	entry.mm = task_oom_mm(task);
	known = victim_in(&dying, task, &pid);
	add_marked(task, pid, &entry);
	if (known) {
		/* Killed as a sharer before: from now on selections are given up for it. */
		if (known->aborted == WIRE_NONE_U32)
			known->aborted = entry.aborted;
		return 0;
	}
	bpf_map_delete_elem(&sharers, &entry.mm); /* of an earlier mm of the same address */
	add_dying(task, pid, &entry);
	return 0;
}

/* @pid into the list of those that use the same memory, which begins with @chosen. */
static __always_inline void add_to_sharers(__u64 mm, __u32 pid, __u32 chosen)
{
	struct sharers fresh = {.pids = {chosen, pid}};
	struct sharers *list = bpf_map_lookup_elem(&sharers, &mm);
	int i;

	if (!list) {
		bpf_map_update_elem(&sharers, &mm, &fresh, BPF_ANY);
		return;
	}
	for (i = 0; i < SHARERS_MAX; i++) {
		if (!list->pids[i]) {
			list->pids[i] = pid;
			break;
		}
	}
}

__noinline int fate_add_sharer(__u64 task, __u32 chosen)
{
	struct victim entry = {
		.episode = work.episode,
		.mm = work.killed_mm,
		.aborted = WIRE_NONE_U32, /* no selection is given up for it: it is not marked */
	};
	__u32 pid;

	if (victim_in(&dying, task, &pid))
		return 0;
	entry.start_ns = read_field(task_struct, task, group_leader, start_boottime);
	add_to_sharers(entry.mm, pid, chosen);
	add_dying(task, pid, &entry);
	return 0;
}

__noinline int fate_aborted(__u64 task)
{
	__u32 pid;
	struct victim *victim = victim_in(&dying, task, &pid);

	if (victim && victim->aborted != WIRE_NONE_U32)
		victim->aborted++;
	return 0;
}

__noinline int fate_killed(__u64 task)
{
	struct last_kill kill = {.task = task, .sent_ns = bpf_ktime_get_boot_ns()};
	__u64 sender = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&last_kills, &sender, &kill, BPF_ANY);
	if (work.killed_mm && work.invoker == sender)
		record_sharer(task);
	return 0;
}

/*
 * Whether @comm is user_killers[index]; the empty name is nobody's. Both are filled
 * up with zeros: two words are the same if the names are.
 */
static __always_inline bool is_user_killer(const char *comm, int index)
{
	__u64 name[2], killer[2];

	__builtin_memcpy(name, comm, sizeof(name));
	killer[0] = *(const volatile __u64 *)config.user_killers[index];
	killer[1] = *(const volatile __u64 *)(config.user_killers[index] + sizeof(__u64));
	return killer[0] && killer[0] == name[0] && killer[1] == name[1];
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
	task_read_comm(leader, record->comm);
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

__noinline int fate_reaping(__u32 tid, __u32 what)
{
	struct marked *mark = bpf_map_lookup_elem(&marked, &tid);
	struct wire_fate fate = {};
	struct victim *victim;
	__u64 left;

	if (!mark)
		return 0;
	victim = bpf_map_lookup_elem(&dying, &mark->pid);
	head_fill(&fate.head, WIRE_FATE, sizeof(fate), mark->episode);
	fate.start_ns = mark->start_ns;
	fate.pid = mark->pid;
	fate.what = what;
	fate.reaped_pages = WIRE_NONE_U64;
	/* Once it is reaped, no selection is given up for it any more: the last count there is. */
	fate.aborted = WIRE_NONE_U32;
	if (victim && victim->start_ns == mark->start_ns)
		fate.aborted = victim->aborted;
	/* It may come several times: what it could not take at first it tries again. */
	if (what == FATE_REAP_START && mark->resident == WIRE_NONE_U64)
		mark->resident = mm_resident(mark->mm, mark->precise);
	if (what == FATE_REAPED && mark->resident != WIRE_NONE_U64) {
		left = mm_resident(mark->mm, mark->precise);
		fate.reaped_pages = mark->resident > left ? mark->resident - left : 0;
	}
	send_fate(&fate);
	return 0;
}

/* The memory @mm of the victim @pid has gone: tell it, if it was not told. */
__noinline int fate_take_freed(__u32 pid, __u64 mm)
{
	struct victim *victim = bpf_map_lookup_elem(&unfreed, &pid), copy;

	if (!victim || victim->mm != mm)
		return 0;
	copy = *victim;
	if (bpf_map_delete_elem(&unfreed, &pid))
		return 0;
	__sync_fetch_and_add(&door.unfreed, -1);
	emit_fate(pid, &copy, FATE_FREED, 0);
	return 0;
}

/*
 * If nobody uses the memory of the victim @task any more, tells it for all that
 * shared it: the last of them to go is the one that is seen to.
 */
static __always_inline void take_freed(__u64 task)
{
	struct sharers *list;
	struct victim *victim;
	__u32 pid;
	__u64 mm;
	int i;

	victim = victim_in(&unfreed, task, &pid);
	if (!victim)
		return;
	mm = victim->mm;
	if (!mm_is_unused(mm))
		return;
	fate_take_freed(pid, mm);
	list = bpf_map_lookup_elem(&sharers, &mm);
	for (i = 0; list && i < SHARERS_MAX; i++)
		fate_take_freed(list->pids[i], mm);
}

/* @task's process has no threads left: told once, wherever it is seen first. */
static __always_inline void take_exit(__u64 task)
{
	__u32 pid;

	if (victim_in(&dying, task, &pid))
		fate_take_exit(pid);
}

__noinline int fate_exiting(__u64 task)
{
	/* do_exit() has taken this thread off signal->live before the tracepoint, in all kernels.
	 */
	if (process_has_threads(task))
		return 0;
	take_exit(task);
	/*
	 * Fact: until 6.16 the tracepoint comes after exit_mm(), so that the memory is gone
	 * by now; since then before it, and the signal to the parent is the next to be seen.
	 */
	take_freed(task);
	return 0;
}

__noinline int fate_exited(__u64 task)
{
	if (process_has_threads(task))
		return 0;
	take_exit(task);
	take_freed(task);
	/* Of one whose parent ignores SIGCHLD it is not seen that its memory has gone. */
	if (!door.dying && bpf_ktime_get_boot_ns() - door.exited_ns > FREED_WITHIN_NS)
		door.unfreed = 0;
	return 0;
}
