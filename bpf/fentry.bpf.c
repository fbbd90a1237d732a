// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Door 1: fentry and fexit on the OOM path. Typed arguments in, call a body. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/record.bpf.h"

/*
 * The verifier tracks what ctx[i] points to and would refuse to hand it on as
 * a number; read through a helper it is one.
 */
static __always_inline __u64 argument(const __u64 *ctx, int index)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx + index);
	return value;
}

/*
 * The stack is not taken here: a trampoline may be entered by a jump (seen on
 * 7.2), and then the function it traces is not on the stack. From what
 * out_of_memory calls it is.
 */
SEC("?fentry/out_of_memory")
int fentry_out_of_memory(__u64 *ctx)
{
	door.stack[0] = 0;
	record_begin(argument(ctx, 0));
	return 0;
}

SEC("?fexit/oom_badness")
int fexit_oom_badness(__u64 *ctx)
{
	door_points(ctx[2]); /* a number, also to the verifier */
	return 0;
}

SEC("?fentry/oom_kill_process")
int fentry_oom_kill_process(__u64 *ctx)
{
	door_take_stack(ctx);
	record_decision(argument(ctx, 0), argument(ctx, 1));
	return 0;
}

SEC("?fentry/dump_header")
int fentry_dump_header(__u64 *ctx)
{
	if (!door.stack[0])
		door_take_stack(ctx);
	record_report();
	return 0;
}

/* Of version 1 of the memory controller. Its argument: 0 only tidies up after a fault. */
SEC("?fentry/mem_cgroup_oom_synchronize")
int fentry_mem_cgroup_oom_synchronize(__u64 *ctx)
{
	if ((__u8)argument(ctx, 0))
		record_waiting();
	return 0;
}

SEC("?fexit/out_of_memory")
int fexit_out_of_memory(__u64 *ctx)
{
	record_end();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
