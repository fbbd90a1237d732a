// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bodies behind every door: what happens in one call of out_of_memory.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/state.h"
#include "bpf/emit.bpf.h"
#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/wire.h"
#include "bpf/work.bpf.h"

#define PANIC_COMPULSORY      2 /* vm.panic_on_oom: not of the whole machine only */
#define NO_VICTIM_INTERVAL_NS 1000000000ULL
#define SHARERS_WITHIN_NS     1000000000ULL

const volatile struct config config = {};
struct work work = {};
struct door_state door = {};
struct addresses addresses = {};

extern int fate_aborted(__u64 task);

static __always_inline void begin(__u64 control)
{
	struct wire_decision *decision = &work.decision;

	if (door.control)
		count_loss(LOSS_UNSCANNED, 1);
	work.episode++;
	work.invoker = bpf_get_current_pid_tgid();
	work.began_ns = bpf_ktime_get_boot_ns();
	work.totalpages = 0;
	work.root = 0;
	work.css_set = 0;
	work.aborted_by = 0;
	work.victim_pid = 0;
	work.killed_mm = 0;
	work.lost_candidates = 0;
	work.points_seen = false;
	work.decided = false;
	work.exiting = false;
	work.memory_sent = false;
	work.memory_read = false;
	decision->total = 0;
	decision->eligible = 0;
	decision->listed = 0;
	decision->source = SOURCE_NONE;
	decision->flags = 0;
	decision->rss_counters = RSS_UNKNOWN;
	decision->constraint = CONSTRAINT_UNKNOWN;
	__builtin_memset(decision->passed_over, 0, sizeof(decision->passed_over));
	door.control = control;
}

__noinline int record_begin(__u64 oc)
{
	begin(oc);
	return 0;
}

static __always_inline void read_invoker(void)
{
	struct wire_decision *decision = &work.decision;

	decision->invoker_pid = work.invoker >> 32;
	decision->invoker_tid = work.invoker;
	decision->invoker_uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(decision->invoker_comm, sizeof(decision->invoker_comm));
	read_path(task_memcg(bpf_get_current_task()), PATH_INVOKER);
	__builtin_memcpy(decision->stack, door.stack, sizeof(decision->stack));
}

/* What is the same whoever was chosen. @memcg: that ran out, or 0. */
static __always_inline void describe_call(__u64 memcg)
{
	struct wire_decision *decision = &work.decision;

	decision->began_ns = work.began_ns;
	decision->totalpages = work.totalpages;
	if (work.totalpages)
		decision->flags |= DECISION_TOTALPAGES;
	decision->rss_counters = !rss_is_percpu()   ? RSS_ATOMIC
				 : work.rss_precise ? RSS_PRECISE
						    : RSS_APPROXIMATE;
	read_invoker();
	read_memcg(memcg);
	read_settings();
}

/*
 * The victim's command line lies in its own memory, which only it can be asked
 * for here: when the victim is the one that asked. What has been swapped out is
 * not waited for.
 */
static __always_inline void read_cmdline(void)
{
	struct wire_decision *decision = &work.decision;
	__u64 mm = task_mm(bpf_get_current_task());
	__u64 start = read_field(mm_struct, mm, arg_start);
	__u64 len = read_field(mm_struct, mm, arg_end) - start;

	decision->cmdline_len = 0;
	decision->cmdline_cut = 0;
	if (config.no_cmdline || decision->invoker_pid != decision->victim.pid || !start)
		return;
	if (len > WIRE_CMDLINE_LEN) {
		len = WIRE_CMDLINE_LEN;
		decision->cmdline_cut = 1;
	}
	if (!bpf_probe_read_user(decision->cmdline, len, (const void *)start))
		decision->cmdline_len = len;
}

/* What is the same however the decision came to be known. @chosen: a thread of the victim. */
static __always_inline void describe(__u64 chosen, __u64 memcg)
{
	struct wire_decision *decision = &work.decision;
	__u64 leader = task_leader(chosen);
	__u64 victim_memcg = task_memcg(leader);

	if (!decision->eligible || decision->victim.pid != read_field(task_struct, leader, tgid)) {
		/* Chosen without a selection: nobody stands behind it. */
		task_read(leader);
		decision->victim = work.task;
		decision->flags &= ~DECISION_RUNNER_UP;
	}
	if (memcg_kills_group(victim_memcg, memcg))
		decision->flags |= DECISION_GROUP;
	describe_call(memcg);
	read_path(victim_memcg, PATH_DECISION_VICTIM);
	read_cmdline();
}

static __always_inline void emit_decision(__u64 flags)
{
	struct wire_decision *decision = &work.decision;

	work.decided = true;
	head_fill(&decision->head, WIRE_DECISION, sizeof(*decision), work.episode);
	/*
	 * The reader is woken at once. What else there is to know of the victim it has to ask
	 * for while that lives, and before it dies the kernel prints its report.
	 */
	if (bpf_ringbuf_output(&ring, decision, sizeof(*decision), BPF_RB_FORCE_WAKEUP)) {
		count_loss(LOSS_RING_DECISION, 1);
		work.memory_sent = true; /* it would belong to nothing */
		return;
	}
	send_candidates(flags);
}

static __always_inline void emit_end(void)
{
	struct wire_end end = {};

	head_fill(&end.head, WIRE_END, sizeof(end), work.episode);
	end.lost_candidates = work.lost_candidates;
	end.flags = work.exiting ? END_EXITING : 0;
	if (bpf_ringbuf_output(&ring, &end, sizeof(end), BPF_RB_FORCE_WAKEUP))
		count_loss(LOSS_RING_END, 1);
}

/* What oom_control alone holds. */
static __always_inline __u64 read_control(__u64 oc)
{
	struct wire_decision *decision = &work.decision;

	decision->flags |= DECISION_CONTROL;
	decision->gfp_mask = read_field(oom_control, oc, gfp_mask);
	decision->order = read_field(oom_control, oc, order);
	work.totalpages = read_field(oom_control, oc, totalpages);
	if (work.totalpages) /* set by constrained_alloc(), like the constraint */
		decision->constraint = read_field(oom_control, oc, constraint);
	return (__u64)read_field(oom_control, oc, memcg);
}

__noinline int record_decision(__u64 oc, __u64 message)
{
	struct wire_decision *decision = &work.decision;
	__u64 chosen = (__u64)read_field(oom_control, oc, chosen);
	__u64 memcg;

	if (!door.control)
		begin(oc);
	memcg = read_control(oc);
	__builtin_memset(decision->message, 0, sizeof(decision->message));
	bpf_probe_read_kernel_str(decision->message, sizeof(decision->message),
				  (const void *)message);
	/*
	 * "Out of memory (oom_kill_allocating_task)" scans nobody; otherwise an empty
	 * selection means that the hook did not see it.
	 */
	if (decision->source == SOURCE_NONE && decision->message[14] != '(') {
		work.root = memcg;
		work.victim_pid = read_field(task_struct, chosen, tgid);
		walk_all();
	}
	describe(chosen, memcg);
	if (decision->source == SOURCE_SELECTION) {
		decision->victim.points = read_field(oom_control, oc, chosen_points);
		decision->victim.flags |= TASK_POINTS_KERNEL;
		decision->victim.flags &= ~TASK_POINTS_COMPUTED;
	}
	emit_decision(BPF_RB_NO_WAKEUP);
	return 0;
}

/*
 * Nobody was chosen, and the kernel says so: nothing killable, or a panic that
 * follows at once, which is why this is not left to the return. A memcg without
 * a killable task fails charge after charge: one such decision a second is told,
 * the others are counted.
 */
__noinline int record_report(void)
{
	struct wire_decision *decision = &work.decision;
	__u64 memcg;

	if (!door.control || work.decided)
		return 0;
	memcg = read_control(door.control);
	if (memcg == work.no_victim_memcg && work.no_victim_ns &&
	    work.began_ns - work.no_victim_ns < NO_VICTIM_INTERVAL_NS) {
		work.no_victim_repeated++;
		return 0;
	}
	decision->repeated = work.no_victim_repeated;
	work.no_victim_memcg = memcg;
	work.no_victim_ns = work.began_ns;
	work.no_victim_repeated = 0;
	__builtin_memset(&decision->victim, 0, sizeof(decision->victim));
	decision->victim_path.known = 0;
	decision->victim_path.len = 0;
	decision->cmdline_len = 0;
	decision->message[0] = 0;
	decision->flags |= DECISION_NO_VICTIM;
	decision->flags &= ~DECISION_RUNNER_UP;
	describe_call(memcg);
	emit_decision(BPF_RB_FORCE_WAKEUP);
	/* Of a memcg once the kernel has gathered its counters, for this report; but for a panic.
	 */
	if (!memcg || decision->sysctls.panic_on_oom == PANIC_COMPULSORY)
		send_memory(memcg);
	return 0;
}

/* @flags of enum wire_victim_flags. */
__noinline int emit_victim(__u64 task, __u32 flags)
{
	struct wire_victim *victim = &work.victim;
	__u64 leader = task_leader(task);

	work.css_set = 0; /* that may be long ago */
	task_read(leader);
	victim->task = work.task;
	victim->flags = flags;
	read_path(task_memcg(leader), PATH_VICTIM);
	head_fill(&victim->head, WIRE_VICTIM, sizeof(*victim), work.episode);
	if (bpf_ringbuf_output(&ring, victim, sizeof(*victim), BPF_RB_FORCE_WAKEUP))
		count_loss(LOSS_RING_VICTIM, 1);
	return 0;
}

/*
 * @task has been marked, which a signal came before: until the next one,
 * __oom_kill_process sends signals to those that share its memory.
 */
static __always_inline void await_sharers(__u64 task)
{
	work.killed_mm = 0;
	if (fate_last_killed() != task)
		return;
	work.killed_mm = task_oom_mm(task);
	work.killed_pid = read_field(task_struct, task, tgid);
	work.killed_ns = bpf_ktime_get_boot_ns();
	fate_forget_kill();
}

/* The mm of the first thread of @leader's process that has one, as process_shares_mm(); 0: none. */
static __always_inline __u64 mm_of_process(__u64 leader)
{
	__u64 mm = task_mm(leader);

	if (mm)
		return mm;
	task_read(leader);
	return work.mm_thread ? task_mm(work.mm_thread) : 0;
}

__noinline int record_sharer(__u64 task)
{
	__u64 leader = task_leader(task);
	__u32 chosen = work.killed_pid;

	/* Where the return of out_of_memory is not seen: the signals follow the mark at once. */
	if (!door.control && bpf_ktime_get_boot_ns() - work.killed_ns > SHARERS_WITHIN_NS)
		return 0;
	if (read_field(task_struct, leader, tgid) == chosen ||
	    mm_of_process(leader) != work.killed_mm)
		return 0;
	emit_victim(leader, VICTIM_SHARES_MM);
	fate_add_sharer(task, chosen);
	fate_forget_kill(); /* no mark follows: when one does, it is by another choice */
	return 0;
}

static __always_inline bool has_pid(__u64 task, __u32 pid)
{
	return task && read_field(task_struct, task, pid) == pid;
}

__noinline __u64 record_marked(__u32 pid)
{
	__u64 killed = fate_last_killed(), chosen = 0;

	if (has_pid(killed, pid))
		return killed;
	if ((__u32)bpf_get_current_pid_tgid() == pid)
		return bpf_get_current_task();
	if (door.control)
		chosen = (__u64)read_field(oom_control, door.control, chosen);
	if (has_pid(chosen, pid))
		return chosen;
	count_loss(LOSS_UNSCANNED, 1);
	return 0;
}

__noinline int record_victim(__u64 task)
{
	struct wire_decision *decision = &work.decision;

	if (!door.control)
		return 0;
	if (!work.decided) {
		/* out_of_memory() found its caller already exiting and chose nobody. */
		describe(task, read_control(door.control));
		decision->message[0] = 0;
		decision->flags |= DECISION_EXITING;
		work.exiting = true;
		emit_decision(BPF_RB_NO_WAKEUP);
	} else if (decision->victim.pid != read_field(task_struct, task, tgid)) {
		emit_victim(task, 0);
	} else if (fate_last_killed() != task) {
		work.exiting = true;
	}
	fate_add(task);
	await_sharers(task);
	send_memory((__u64)read_field(oom_control, door.control, memcg));
	return 0;
}

__noinline int record_end(void)
{
	if (!door.control)
		return 0;
	if (work.decided) {
		if (work.decision.flags & DECISION_NO_VICTIM)
			send_memory((__u64)read_field(oom_control, door.control, memcg));
		emit_end();
	} else if (work.aborted_by) {
		fate_aborted(work.aborted_by);
	}
	door.control = 0;
	work.killed_mm = 0;
	return 0;
}

static __always_inline bool stack_has(const struct text_range *range)
{
	int i;

	for (i = 0; i < WIRE_STACK_LEN; i++) {
		if (!door.stack[i])
			break;
		if (door.stack[i] > range->begin && door.stack[i] <= range->end)
			return true;
	}
	return false;
}

__noinline int record_decision_from_victim(__u64 task)
{
	struct wire_decision *decision = &work.decision;
	__u64 memcg = 0;

	if (work.decided && stack_has(&addresses.symbols[SYMBOL_MEMCG_MEMBER])) {
		emit_victim(task, 0);
		fate_add(task);
		await_sharers(task);
		return 0;
	}
	begin(0);
	decision->message[0] = 0;
	work.victim_pid = read_field(task_struct, task, tgid);
	work.exiting = fate_last_killed() != task;
	if (stack_has(&addresses.symbols[SYMBOL_MEMCG_OOM])) {
		memcg = memcg_at_limit(task_memcg(task_leader(task)));
		decision->constraint = CONSTRAINT_MEMCG_;
		work.totalpages = memcg ? memcg_totalpages(memcg) : 0;
	} else {
		work.totalpages = config.mem_total_pages + door.swap_total_pages;
	}
	work.root = memcg;
	gather_memory(memcg); /* before the walk, which takes its time where there are many */
	if (work.exiting)
		decision->flags |= DECISION_EXITING;
	else
		walk_all();
	describe(task, memcg);
	if ((decision->flags & DECISION_GROUP) ||
	    (!work.exiting && mm_may_be_shared(task_oom_mm(task), task)))
		decision->flags |= DECISION_OPEN;
	emit_decision(decision->flags & DECISION_OPEN ? 0 : BPF_RB_NO_WAKEUP);
	send_memory(memcg);
	if (!(decision->flags & DECISION_OPEN))
		emit_end();
	fate_add(task);
	await_sharers(task);
	return 0;
}
