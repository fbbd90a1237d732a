// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Door 1, the program that is run for each candidate: it is what a decision among thousands
 * costs. So it reads with types, a twentieth of what helpers take, and is a unit of its own.
 */
#define FACTS_TYPED
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/process.bpf.h"
#include "bpf/record.bpf.h"

/* As task_read(): what is rare, by its functions. */
static __always_inline void read_typed(__u64 leader)
{
	process_read(leader);
	if (work.task.threads > 1)
		task_read_threads(work.leader);
	if (work.mm_thread && work.mm_thread != work.leader)
		task_read_thread(work.mm_thread);
	else
		process_read_thread(leader);
}

/* As record_task(). */
static __always_inline void record_typed(__u64 leader)
{
	enum wire_skip reason = process_passed_over(leader);

	if (reason == SKIP_NONE) {
		read_typed(leader);
		record_read();
	} else {
		pass_over(reason);
	}
}

SEC("?fexit/oom_evaluate_task")
int fexit_oom_evaluate_task(__u64 *ctx)
{
	if (!door.control)
		return 0;
	if (work.decision.source != SOURCE_SELECTION)
		record_selection();
	work.leader = ctx[0];
	barrier();
	if ((__u32)ctx[2] == 1)
		work.aborted_by = work.leader;
	else
		record_typed(ctx[0]);
	work.points_seen = false;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
