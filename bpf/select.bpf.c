// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who could have been chosen: seen while the kernel evaluates them, or walked
 * afterwards.
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
#include "bpf/process.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/wire.h"
#include "bpf/work.bpf.h"

/*
 * Cubed, the chunks of 65,536 candidates. Not unrolled: to know how deep the stack gets, the
 * verifier goes into every call that it finds in the text, here 4096.
 */
#define FLUSH_STEP 16

/* The candidates of the call under way, in the shape in which they go out. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256); /* set by the loader */
	__type(key, __u32);
	__type(value, struct wire_candidates);
} scratch SEC(".maps");

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
	__u64 oom_mm;

	if (work.points_seen && work.points != POINTS_UNKILLABLE)
		return SKIP_NONE; /* the kernel's own word; sysrq offers the dying again */
	oom_mm = task_oom_mm(thread);
	if (oom_mm && task->pid != work.victim_pid)
		return mm_is_reaped(oom_mm) ? SKIP_REAPED : SKIP_DYING;
	if (task->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return SKIP_ADJ_MIN;
	if (mm_is_reaped(work.mm))
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
static __always_inline void task_score(void)
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

		task_read_counters(work.mm, other);
		if (task_sum(task) == work.points)
			work.rss_precise = other;
		else
			task_read_counters(work.mm, !other);
	}
	task->points = work.points;
	task->flags |= TASK_POINTS_KERNEL;
}

__noinline int record_calibration(__s64 points)
{
	task_read(task_leader(bpf_get_current_task()));
	work.totalpages = config.mem_total_pages + door.swap_total_pages;
	work.points = points;
	work.points_seen = true;
	task_score();
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

/* The process that has just been read, if it is a candidate. */
static __always_inline void consider(void)
{
	struct wire_task *task = &work.task;

	if (!(task->flags & TASK_MM)) {
		pass_over(SKIP_NO_MM);
		return;
	}
	task->skip = task_skip(work.mm_thread, task);
	if (task->skip == SKIP_NONE) {
		/* Not asked for its points: oom_cpuset_eligible() said no, before. */
		if (work.decision.source == SOURCE_SELECTION && door.points_hook &&
		    !work.points_seen && !(task->flags & TASK_ORIGIN)) {
			pass_over(SKIP_NOT_IN_NODEMASK);
			return;
		}
		task_score();
		work.decision.eligible++;
		rank(task);
	}
	work.decision.total++;
	keep(task);
}

__noinline int record_read(void)
{
	consider();
	return 0;
}

__noinline int record_task(__u64 leader)
{
	enum wire_skip reason;

	work.leader = leader;
	reason = process_passed_over(leader);
	if (reason != SKIP_NONE) {
		pass_over(reason);
		return 0;
	}
	task_read(leader);
	consider();
	return 0;
}

__noinline int record_selection(void)
{
	work.totalpages = read_field(oom_control, door.control, totalpages);
	work.decision.source = SOURCE_SELECTION;
	return 0;
}

__noinline int record_candidate(__u64 task, __u32 ret)
{
	if (!door.control)
		return 0;
	if (work.decision.source != SOURCE_SELECTION)
		record_selection();
	if (ret == 1)
		work.aborted_by = task;
	else
		record_task(task);
	work.points_seen = false;
	return 0;
}

/* The task at work.walk_node; 1 behind the last. */
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

__noinline int walk_many(void)
{
	int i;

	for (i = 0; i < WALK_STEP; i++) {
		if (walk_some())
			return 1;
	}
	return 0;
}

__noinline int walk_begin(void)
{
	__u64 leader = task_leader(bpf_get_current_task());

	work.walk_in_list = false;
	work.walk_node = leader + bpf_core_field_offset(struct task_struct, tasks);
	work.decision.source = SOURCE_SNAPSHOT;
	return 0;
}

__noinline int walk_given_up(void)
{
	work.decision.flags |= DECISION_TRUNCATED;
	count_loss(LOSS_WALK_CANDIDATE, 1);
	return 0;
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

#pragma nounroll
	for (i = 0; i < FLUSH_STEP; i++) {
		if (flush_chunk(first + i, flags))
			return 1;
	}
	return 0;
}

__noinline int flush_many(__u32 first, __u64 flags)
{
	int i;

#pragma nounroll
	for (i = 0; i < FLUSH_STEP; i++) {
		if (flush_some(first + i * FLUSH_STEP, flags))
			return 1;
	}
	return 0;
}

__noinline int send_candidates(__u64 flags)
{
	int i;

#pragma nounroll
	for (i = 0; i < FLUSH_STEP; i++) {
		if (flush_many(i * FLUSH_STEP * FLUSH_STEP, flags))
			break;
	}
	return 0;
}
