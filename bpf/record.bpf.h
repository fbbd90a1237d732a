/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the doors may call. Each body is a global function that takes numbers
 * only: the verifier then checks it once and on its own, not again at every
 * call, which is what lets one walk of 65,536 tasks load in a 5.10 kernel
 * without bpf_loop or iterators. Addresses are the kernel's, as __u64.
 *
 * All but the fate_ ones run under the kernel's oom_lock, one at a time on the
 * whole machine: that is why their state needs no lock and no key.
 */
#ifndef OOMTRACE_RECORD_BPF_H
#define OOMTRACE_RECORD_BPF_H

#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/state.h"
#include "bpf/wire.h"

/* out_of_memory(oc) was called. */
extern int record_begin(__u64 oc);
/* oom_badness has returned @points for the loader's own read of its oom_score. */
extern int record_calibration(__s64 points);
/* oom_evaluate_task(task) has returned @ret; 1: the selection is given up. */
extern int record_candidate(__u64 task, __u32 ret);
/* Its parts, for a door that reads @task itself: at the first that is seen, and once it was read.
 */
extern int record_selection(void);
extern int record_read(void);
/* oom_kill_process(oc, message) was called. */
extern int record_decision(__u64 oc, __u64 message);
/* dump_header was called: the kernel is about to report. */
extern int record_report(void);
/* The task of the pid that oom:mark_victim has handed over; 0, and counted, when it is not found.
 */
extern __u64 record_marked(__u32 pid);
/* oom:mark_victim, where the decision was seen at oom_kill_process. */
extern int record_victim(__u64 task);
/* oom:mark_victim, where it is all that is seen. */
extern int record_decision_from_victim(__u64 task);
/* out_of_memory has returned. */
extern int record_end(void);
/* A SIGKILL with the kernel's own authority was sent to @task. */
extern int fate_killed(__u64 task);
/* The task to which that was sent by the current one as the last; 0: none. */
extern __u64 fate_last_killed(void);
/* What that was for has been seen: the current one's next mark may come without a signal. */
extern int fate_forget_kill(void);
/* That was sent while a victim's memory is known: @task may be killed because it shares it. */
extern int record_sharer(__u64 task);
/* SIGKILL or SIGTERM was sent to @task by the current one. */
extern int fate_signalled(__u64 task, __u32 signal);
/* The oom_reaper is at the thread @tid: @what of enum wire_fate_what. */
extern int fate_reaping(__u32 tid, __u32 what);
/* A thread, perhaps of a dying process, has come to its end. */
extern int fate_exiting(__u64 task);
/* A process, perhaps a dying one, has told its parent. */
extern int fate_exited(__u64 task);
/* The current task has run out of its memcg's memory, and waits if nobody may be killed there. */
extern int record_waiting(void);

extern struct work work;
extern struct door_state door;
extern struct addresses addresses;
extern const volatile struct config config;

/*
 * oom_badness has returned while a selection is under way: to that, or to a task that
 * reads /proc/PID/oom_score meanwhile.
 */
static __always_inline void door_selection_points(__s64 points)
{
	if (work.invoker == bpf_get_current_pid_tgid()) {
		work.points = points;
		work.points_seen = true;
	}
}

/* The same, or to the loader's calibration; or, which is all there is as a rule, to such a reader.
 */
static __always_inline void door_points(__s64 points)
{
	if (door.control)
		door_selection_points(points);
	else if (door.calibrating && door.calibrating == bpf_get_current_pid_tgid())
		record_calibration(points);
}

/* Takes the kernel stack; only a program's own context can be asked for it. */
static __always_inline void door_take_stack(void *ctx)
{
	long bytes = bpf_get_stack(ctx, door.stack, sizeof(door.stack), 0);

	if (bytes < 0)
		bytes = 0;
	if (bytes < (long)sizeof(door.stack))
		door.stack[bytes / sizeof(__u64) & (WIRE_STACK_LEN - 1)] = 0;
}

#endif /* OOMTRACE_RECORD_BPF_H */
