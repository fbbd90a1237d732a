// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Door 2: kprobes and kretprobes on the same functions. Registers in, call the same body. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/record.bpf.h"

/*
 * Fact:  at its first instruction an arm64 function has no frame yet, and its caller is in a
 *        register: a stack that is walked from there begins with the function and its caller's
 *        caller (unwind_init_from_regs(), arch/arm64/kernel/stacktrace.c). x86 pushes the return
 *        address, and its unwinder finds it.
 */
static __always_inline void add_caller(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_arm64)
	for (int i = WIRE_STACK_LEN - 1; i > 1; i--)
		door.stack[i] = door.stack[i - 1];
	door.stack[1] = PT_REGS_RET(ctx);
#else
	(void)ctx;
#endif
}

SEC("?kprobe/out_of_memory")
int kprobe_out_of_memory(struct pt_regs *ctx)
{
	door_take_stack(ctx);
	add_caller(ctx);
	record_begin(PT_REGS_PARM1(ctx));
	return 0;
}

/*
 * Also the door of the fentry backend where the compiler split oom_badness and
 * the selection calls the part (5.10): the part is not in BTF.
 */
SEC("?kretprobe/oom_badness.part.0")
int kretprobe_oom_badness_part(struct pt_regs *ctx)
{
	if (door.control)
		door_selection_points(PT_REGS_RC(ctx));
	return 0;
}

SEC("?kretprobe/oom_badness")
int kretprobe_oom_badness(struct pt_regs *ctx)
{
	door_points(PT_REGS_RC(ctx));
	return 0;
}

SEC("?kprobe/oom_evaluate_task")
int kprobe_oom_evaluate_task(struct pt_regs *ctx)
{
	/* One evaluation at a time: oom_lock is held. */
	door.evaluated = PT_REGS_PARM1(ctx);
	return 0;
}

SEC("?kretprobe/oom_evaluate_task")
int kretprobe_oom_evaluate_task(struct pt_regs *ctx)
{
	record_candidate(door.evaluated, PT_REGS_RC(ctx));
	return 0;
}

SEC("?kprobe/oom_kill_process")
int kprobe_oom_kill_process(struct pt_regs *ctx)
{
	record_decision(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
	return 0;
}

SEC("?kprobe/dump_header")
int kprobe_dump_header(struct pt_regs *ctx)
{
	record_report();
	return 0;
}

/* Of version 1 of the memory controller. Its argument: 0 only tidies up after a fault. */
SEC("?kprobe/mem_cgroup_oom_synchronize")
int kprobe_mem_cgroup_oom_synchronize(struct pt_regs *ctx)
{
	if ((__u8)PT_REGS_PARM1(ctx))
		record_waiting();
	return 0;
}

SEC("?kretprobe/out_of_memory")
int kretprobe_out_of_memory(struct pt_regs *ctx)
{
	record_end();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
