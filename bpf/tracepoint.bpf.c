// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Door 3: tracepoints, as raw arguments. mark_victim, signal_generate and
 * sched_process_exit serve every backend; where neither fentry nor kprobes
 * exist, mark_victim is also where the decision is read.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/record.bpf.h"

#define SIGKILL 9
#define SIGTERM 15
#define SIGCHLD 17
#define SEND_SIG_PRIV \
	1 /* include/linux/sched/signal.h: not a pointer, the kernel's own authority */

__u8 text[TEXT_LEN] = {};

/*
 * Fact:  oom:mark_victim hands over the task.
 * Until: 6.9 (and its stable backports), when it handed over the pid.
 * So:    take the task that was just sent the kernel's SIGKILL: mark_oom_victim
 *        follows that in __oom_kill_process. Without one, the caller itself was
 *        found exiting, or whom it has chosen. 0: none of them has this pid.
 */
static __always_inline __u64 marked_task(struct bpf_raw_tracepoint_args *ctx)
{
	return config.mark_victim_task ? ctx->args[0] : record_marked(ctx->args[0]);
}

SEC("?raw_tp/mark_victim")
int mark_victim_follow(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = marked_task(ctx);

	if (!door.stack[0]) /* fentry, and a caller that was found exiting */
		door_take_stack(ctx);
	if (task)
		record_victim(task);
	return 0;
}

SEC("?raw_tp/mark_victim")
int mark_victim_decide(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 task = marked_task(ctx);

	door_take_stack(ctx);
	if (task)
		record_decision_from_victim(task);
	return 0;
}

SEC("?raw_tp/signal_generate")
int signal_generate(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[0] == SIGKILL || ctx->args[0] == SIGTERM) {
		if (ctx->args[1] != SEND_SIG_PRIV)
			fate_signalled(ctx->args[2], ctx->args[0]);
		else if (ctx->args[0] == SIGKILL)
			fate_killed(ctx->args[2]);
	} else if (ctx->args[0] == SIGCHLD && door.victims) {
		fate_exited(bpf_get_current_task());
	}
	return 0;
}

SEC("?raw_tp/start_task_reaping")
int start_task_reaping(struct bpf_raw_tracepoint_args *ctx)
{
	fate_reaping(ctx->args[0], FATE_REAP_START);
	return 0;
}

SEC("?raw_tp/finish_task_reaping")
int finish_task_reaping(struct bpf_raw_tracepoint_args *ctx)
{
	fate_reaping(ctx->args[0], FATE_REAPED);
	return 0;
}

SEC("?raw_tp/skip_task_reaping")
int skip_task_reaping(struct bpf_raw_tracepoint_args *ctx)
{
	fate_reaping(ctx->args[0], FATE_REAP_SKIPPED);
	return 0;
}

SEC("?raw_tp/sched_process_exit")
int sched_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	if (!door.victims)
		return 0;
	fate_exiting(ctx->args[0]);
	return 0;
}

/*
 * Not attached to anything: run once by the loader, whose own numbers are those
 * of its pid namespace, which is not always the host's.
 */
SEC("?raw_tp")
int begin_calibration(struct bpf_raw_tracepoint_args *ctx)
{
	door.calibrating = bpf_get_current_pid_tgid();
	return 0;
}

/*
 * Not attached to anything: run once by the loader, to let it look at the text
 * of a kernel function whose address it passes as the argument.
 */
SEC("?raw_tp")
int read_text(struct bpf_raw_tracepoint_args *ctx)
{
	return bpf_probe_read_kernel(text, sizeof(text), (const void *)ctx->args[0]);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
