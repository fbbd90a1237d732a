/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ring, and the counters of what did not get through it. Weak, so that the
 * units that include this share one of each.
 */
#ifndef OOMTRACE_EMIT_BPF_H
#define OOMTRACE_EMIT_BPF_H

#include "vmlinux/vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "bpf/state.h"
#include "bpf/wire.h"

extern const volatile struct config config;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* set by the loader */
} ring __weak SEC(".maps");

/* By enum wire_loss, since attach. Mapped by the loader, so that reading needs no system call. */
__u64 lost[LOSS_MAX] __weak;

static __always_inline void count_loss(enum wire_loss loss, __u64 count)
{
	__sync_fetch_and_add(&lost[loss], count);
}

static __always_inline void head_fill(struct wire_head *head, enum wire_kind kind, __u32 size,
				      __u64 episode)
{
	head->size = size;
	head->kind = kind;
	head->version = WIRE_VERSION;
	head->episode = episode;
	head->boot_ns = bpf_ktime_get_boot_ns();
}

/*
 * A quarter of the ring is kept for headers, victims, ends and fates: what a
 * fork bomb's thousands of candidates must not crowd out.
 */
static __always_inline bool ring_has_room_for_candidates(__u64 bytes)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) + bytes <=
	       config.ring_bytes - config.ring_bytes / 4;
}

/* Half of what is kept is open to the one record of what the memory was used for. */
static __always_inline bool ring_has_room_for_memory(__u64 bytes)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) + bytes <=
	       config.ring_bytes - config.ring_bytes / 8;
}

#endif /* OOMTRACE_EMIT_BPF_H */
