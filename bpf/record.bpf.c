// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The bodies behind every door: what happens in one call of out_of_memory.
 *
 * Candidates are kept in a scratch until a victim is chosen, and only then
 * sent. A selection that is given up because a victim is still dying (a write
 * to memory.max makes hundreds in 20 ms) so costs the ring nothing.
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

#define FLUSH_STEP            64 /* chunks in one flush_some(), and calls of that: 65,536 candidates */
#define WALK_STEP             362 /* squared, two rounds of 65,536 tasks: one to find the list's head */
#define PANIC_COMPULSORY      2 /* vm.panic_on_oom: not of the whole machine only */
#define NO_VICTIM_INTERVAL_NS 1000000000ULL
#define SHARERS_WITHIN_NS     1000000000ULL

const volatile struct config config = {};
struct work work = {};
struct door_state door = {};
struct addresses addresses = {};

/* The candidates of the call under way, in the shape in which they go out. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256); /* set by the loader */
	__type(key, __u32);
	__type(value, struct wire_candidates);
} scratch SEC(".maps");

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

__noinline int record_points(__s64 points)
{
	/* Every read of /proc/PID/oom_score comes here too, from other tasks. */
	if (door.control && work.invoker == bpf_get_current_pid_tgid()) {
		work.points = points;
		work.points_seen = true;
	}
	return 0;
}

static __always_inline void pass_over(enum wire_skip reason)
{
	work.decision.passed_over[reason]++;
}

static __always_inline __s64 task_sum(const struct wire_task *task)
{
	return task->rss_anon + task->rss_file + task->rss_shmem + task->swap +
	       task->pgtables_bytes / config.page_size +
	       (__s64)task->oom_score_adj * (__s64)(work.totalpages / 1000);
}

/*
 * Why oom_badness() gives LONG_MIN, in its own order, or why the selection does
 * not ask it. @thread has the process's mm.
 */
static __always_inline enum wire_skip task_skip(__u64 thread, const struct wire_task *task)
{
	__u64 oom_mm = task_oom_mm(thread);

	if (work.points_seen && work.points != POINTS_UNKILLABLE)
		return SKIP_NONE; /* the kernel's own word; sysrq offers the dying again */
	if (oom_mm && task->pid != work.victim_pid)
		return mm_is_reaped(oom_mm) ? SKIP_REAPED : SKIP_DYING;
	if (task->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return SKIP_ADJ_MIN;
	if (mm_is_reaped(task_mm(thread)))
		return SKIP_REAPED;
	if (task_in_vfork(thread))
		return SKIP_IN_VFORK;
	return work.points_seen ? SKIP_NO_MM : SKIP_NONE;
}

/*
 * Carries the kernel's own number where it was seen, and learns from it whether
 * oom_badness adds the CPUs' deltas: the counters that give its number are the
 * ones that it read. No field and no symbol says which.
 */
static __always_inline void task_score(__u64 mm)
{
	struct wire_task *task = &work.task;

	if (!work.points_seen) {
		task->points = task_sum(task);
		if (work.totalpages)
			task->flags |= TASK_POINTS_COMPUTED;
		return;
	}
	if (rss_is_percpu() && task_sum(task) != work.points) {
		bool other = !work.rss_precise;

		task_read_counters(mm, other);
		if (task_sum(task) == work.points)
			work.rss_precise = other;
		else
			task_read_counters(mm, !other);
	}
	task->points = work.points;
	task->flags |= TASK_POINTS_KERNEL;
}

__noinline int record_calibration(__s64 points)
{
	__u64 task = bpf_get_current_task();

	task_read(task_leader(task));
	work.totalpages = config.mem_total_pages + door.swap_total_pages;
	work.points = points;
	work.points_seen = true;
	task_score(task_mm(task));
	work.points_seen = false;
	return 0;
}

/* The kernel's rule: higher points win, the last scanned among equals. */
static __always_inline void rank(const struct wire_task *task)
{
	struct wire_decision *decision = &work.decision;

	if (decision->eligible == 1 || task->points >= decision->victim.points) {
		if (decision->eligible > 1) {
			decision->runner_up = decision->victim;
			decision->flags |= DECISION_RUNNER_UP;
		}
		decision->victim = *task;
	} else if (!(decision->flags & DECISION_RUNNER_UP) ||
		   task->points >= decision->runner_up.points) {
		decision->runner_up = *task;
		decision->flags |= DECISION_RUNNER_UP;
	}
}

static __always_inline void keep(const struct wire_task *task)
{
	__u32 index = work.decision.listed, chunk_index = index / WIRE_CHUNK_TASKS;
	struct wire_candidates *chunk;

	chunk = bpf_map_lookup_elem(&scratch, &chunk_index);
	if (!chunk) {
		count_loss(LOSS_SCRATCH_CANDIDATE, 1);
		return;
	}
	chunk->tasks[index % WIRE_CHUNK_TASKS] = *task;
	work.decision.listed = index + 1;
}

__noinline int record_task(__u64 leader)
{
	struct wire_task *task = &work.task;

	if (task_is_kernel_thread(leader)) {
		pass_over(SKIP_KERNEL_THREAD);
		return 0;
	}
	if (read_field(task_struct, leader, tgid) == 1) {
		pass_over(SKIP_INIT);
		return 0;
	}
	if (work.root && !memcg_is_below(task_memcg(leader), work.root)) {
		pass_over(SKIP_OTHER_MEMCG);
		return 0;
	}
	if (work.root && memcg_scan_passes(leader)) {
		pass_over(SKIP_NO_MM);
		return 0;
	}
	task_read(leader);
	if (!(task->flags & TASK_MM)) {
		pass_over(SKIP_NO_MM);
		return 0;
	}
	task->skip = task_skip(work.mm_thread, task);
	if (task->skip == SKIP_NONE) {
		/* Not asked for its points: oom_cpuset_eligible() said no, before. */
		if (work.decision.source == SOURCE_SELECTION && door.points_hook &&
		    !work.points_seen && !(task->flags & TASK_ORIGIN)) {
			pass_over(SKIP_NOT_IN_NODEMASK);
			return 0;
		}
		task_score(task_mm(work.mm_thread));
		work.decision.eligible++;
		rank(task);
	}
	work.decision.total++;
	keep(task);
	return 0;
}

__noinline int record_candidate(__u64 task, __u64 oc, __u32 ret)
{
	if (!door.control)
		return 0;
	work.totalpages = read_field(oom_control, oc, totalpages);
	work.decision.source = SOURCE_SELECTION;
	if (ret == 1)
		work.aborted_by = task;
	else
		record_task(task);
	work.points_seen = false;
	return 0;
}

/*
 * The task at work.walk_node; 1 behind the last. The walk is three functions
 * deep because the verifier checks each of them once: 362 tasks by 362 cost it
 * what 724 would.
 */
__noinline int walk_one(void)
{
	__u64 node = work.walk_node;
	__u64 task = struct_of(task_struct, tasks, node);

	if (!node)
		return 1;
	if (!read_field(task_struct, task, pid)) { /* init_task: the list's head */
		if (work.walk_in_list)
			return 1;
		work.walk_in_list = true;
	} else if (work.walk_in_list) {
		record_task(task);
	}
	work.walk_node = (__u64)read_field(list_head, node, next);
	return 0;
}

__noinline int walk_some(void)
{
	int i;

	for (i = 0; i < WALK_STEP; i++) {
		if (walk_one())
			return 1;
	}
	return 0;
}

/*
 * All processes in for_each_process() order, for an episode whose selection was
 * not seen. No kernel symbol is needed: from the caller on to the list's head,
 * then once around.
 */
__noinline int walk_all(void)
{
	__u64 leader = task_leader(bpf_get_current_task());
	int i;

	work.walk_in_list = false;
	work.walk_node = leader + bpf_core_field_offset(struct task_struct, tasks);
	work.decision.source = SOURCE_SNAPSHOT;
	for (i = 0; i < WALK_STEP; i++) {
		if (walk_some())
			return 0;
	}
	work.decision.flags |= DECISION_TRUNCATED;
	count_loss(LOSS_WALK_CANDIDATE, 1);
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

/* One chunk of the scratch, if it holds any; 1 when there was none. */
__noinline int flush_chunk(__u32 index, __u64 flags)
{
	__u32 first = index * WIRE_CHUNK_TASKS, count = work.decision.listed - first;
	struct wire_candidates *chunk;
	__u64 size;

	if (first >= work.decision.listed)
		return 1;
	if (count > WIRE_CHUNK_TASKS)
		count = WIRE_CHUNK_TASKS;
	chunk = bpf_map_lookup_elem(&scratch, &index);
	if (!chunk)
		return 1;
	size = offsetof(struct wire_candidates, tasks) + count * sizeof(struct wire_task);
	head_fill(&chunk->head, WIRE_CANDIDATES, size, work.episode);
	chunk->first = first;
	chunk->count = count;
	/* The compiler knows this from count, the verifier does not: keep the question. */
	barrier_var(size);
	if (size <= sizeof(*chunk) && ring_has_room_for_candidates(size) &&
	    !bpf_ringbuf_output(&ring, chunk, size, flags))
		return 0;
	count_loss(LOSS_RING_CANDIDATE, count);
	work.lost_candidates += count;
	return 0;
}

/* FLUSH_STEP chunks from @first; 1 when there are no more. */
__noinline int flush_some(__u32 first, __u64 flags)
{
	int i;

	for (i = 0; i < FLUSH_STEP; i++) {
		if (flush_chunk(first + i, flags))
			return 1;
	}
	return 0;
}

static __always_inline void flush_candidates(__u64 flags)
{
	int i;

	for (i = 0; i < FLUSH_STEP; i++) {
		if (flush_some(i * FLUSH_STEP, flags))
			return;
	}
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
	flush_candidates(flags);
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
