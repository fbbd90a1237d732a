// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Tasks that get no memory where nobody may be killed for it: with
 * oom_kill_disable in memory.oom_control of version 1 they sleep until user
 * space helps. None of this is under oom_lock.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/emit.bpf.h"
#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/wire.h"
#include "bpf/work.bpf.h"

#define WAITING_INTERVAL_NS 1000000000ULL

/* When a wait in a memcg was last told, and those since. */
struct waits {
	__u64 told_ns;
	__u64 repeated;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024); /* memcgs */
	__type(key, __u64);
	__type(value, struct waits);
} waits SEC(".maps");

/*
 * Whether this wait in @memcg is to be told, after how many that were not: a
 * task wakes with every page that is freed, and waits again. Two CPUs may be
 * here at once: deleting and adding an entry succeed for one of them only.
 */
static __always_inline bool claim_wait(__u64 memcg, __u64 now, __u32 *ret_repeated)
{
	struct waits fresh = {.told_ns = now}, *last = bpf_map_lookup_elem(&waits, &memcg);

	*ret_repeated = 0;
	if (last && now - last->told_ns < WAITING_INTERVAL_NS) {
		__sync_fetch_and_add(&last->repeated, 1);
		return false;
	}
	if (last) {
		*ret_repeated = last->repeated;
		if (bpf_map_delete_elem(&waits, &memcg))
			return false;
	}
	return !bpf_map_update_elem(&waits, &memcg, &fresh, BPF_NOEXIST);
}

static __always_inline void emit_waiting(__u64 memcg, __u32 repeated)
{
	struct wire_waiting *record = waiting_here();
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!record)
		return;
	head_fill(&record->head, WIRE_WAITING, sizeof(*record), 0);
	record->memcg_id = read_field(kernfs_node, memcg_kernfs(memcg), id);
	record->usage = read_field(mem_cgroup, memcg, memory.usage.counter);
	record->limit = counter_limit(read_field(mem_cgroup, memcg, memory.max), config.page_size);
	record->pid = pid_tgid >> 32;
	record->tid = pid_tgid;
	record->uid = bpf_get_current_uid_gid();
	record->repeated = repeated;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	read_path(memcg, PATH_WAITING);
	if (bpf_ringbuf_output(&ring, record, sizeof(*record), BPF_RB_FORCE_WAKEUP))
		count_loss(LOSS_RING_DECISION, 1);
}

__noinline int record_waiting(void)
{
	__u64 memcg;
	__u32 repeated;

	if (!has_oom_kill_disable())
		return 0;
	memcg = task_memcg_in_oom(bpf_get_current_task());
	if (!memcg || !memcg_kills_nobody(memcg))
		return 0;
	if (claim_wait(memcg, bpf_ktime_get_boot_ns(), &repeated))
		emit_waiting(memcg, repeated);
	return 0;
}
