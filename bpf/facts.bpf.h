/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One accessor per kernel fact. Where a field has moved between 5.10 and 7.2
 * the comment says what it is (Fact), until when it was otherwise (Until) and
 * what is done about it (So). Nothing here asks for a version: stable kernels
 * backport.
 *
 * Addresses are numbers, read with bpf_probe_read_kernel (BPF_CORE_READ): one
 * code serves fentry, kprobe and raw tracepoint, and a pointer that has gone
 * stale reads as zeros instead of faulting.
 *
 * Each such call is some 80 instructions. A unit that defines FACTS_TYPED before
 * it includes this reads by plain loads, which give zeros as well where they fault.
 * The verifier wants to know the type of what is read then: the unit begins with an
 * argument of a program of fentry, goes on with what that points to, never calculates
 * with it, and hands to functions what was put into memory and taken out as a number.
 */
#ifndef OOMTRACE_FACTS_BPF_H
#define OOMTRACE_FACTS_BPF_H

#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/wire.h"

#define PF_KTHREAD        0x00200000 /* include/linux/sched.h, the same bit since 2.6.30 */
#define MMF_OOM_SKIP      21 /* include/linux/mm_types.h (sched/coredump.h before), 5.10 to 7.2 */
#define OOM_SCORE_ADJ_MIN (-1000)                     /* include/uapi/linux/oom.h */
#define NICE_0_PRIO       120                         /* DEFAULT_PRIO, include/linux/sched/prio.h */
#define POINTS_UNKILLABLE (-0x7fffffffffffffffLL - 1) /* LONG_MIN, from oom_badness */

/* enum of include/linux/mm_types_task.h, the same order since 4.5. */
enum rss_kind { RSS_FILE, RSS_ANON, RSS_SWAP, RSS_SHMEM, RSS_KINDS };

/* The address goes through a variable, or an access in it would be relocated along. */
#ifdef FACTS_TYPED
#define read_field(type, address, ...)                                              \
	({                                                                          \
		const struct type *__typed = (const struct type *)(__u64)(address); \
		___arrow(__typed, __VA_ARGS__);                                     \
	})
#else
#define read_field(type, address, ...)                                      \
	({                                                                  \
		__u64 __address = (__u64)(address);                         \
		BPF_CORE_READ((const struct type *)__address, __VA_ARGS__); \
	})
#endif

/* @count words at @address, which is that of a field; words of zeros where it cannot be read. */
static __always_inline void read_words(__u64 *to, __u32 count, __u64 address)
{
#ifdef FACTS_TYPED
	for (__u32 i = 0; i < count; i++)
		to[i] = ((const __u64 *)address)[i];
#else
	bpf_probe_read_kernel(to, count * sizeof(*to), (const void *)address);
#endif
}
#define struct_of(type, member, address) ((address)-bpf_core_field_offset(struct type, member))

static __always_inline bool task_is_kernel_thread(__u64 task)
{
	return read_field(task_struct, task, flags) & PF_KTHREAD;
}

static __always_inline __u64 task_leader(__u64 task)
{
	return (__u64)read_field(task_struct, task, group_leader);
}

static __always_inline __u64 task_signal(__u64 task)
{
	return (__u64)read_field(task_struct, task, signal);
}

static __always_inline __u64 task_cred(__u64 task)
{
	return (__u64)read_field(task_struct, task, real_cred);
}

/* Its number of bytes is TASK_COMM_LEN. */
static __always_inline void task_read_comm(__u64 task, char *to)
{
	read_words((__u64 *)to, WIRE_COMM_LEN / sizeof(__u64),
		   task + bpf_core_field_offset(struct task_struct, comm));
}

static __always_inline __u64 task_mm(__u64 task)
{
	return (__u64)read_field(task_struct, task, mm);
}

/* Fact: an OOM victim keeps its mm in signal->oom_mm until its signal_struct is freed. */
static __always_inline __u64 task_oom_mm(__u64 task)
{
	return (__u64)read_field(task_struct, task, signal, oom_mm);
}

/* The kernel's in_vfork(), include/linux/sched/mm.h: the memory is the parent's. */
static __always_inline bool task_in_vfork(__u64 task)
{
	return read_field(task_struct, task, vfork_done) &&
	       (__u64)read_field(task_struct, task, real_parent, mm) == task_mm(task);
}

/* The struct pid of @task, which stays when an exiting task's nsproxy is gone; 0: that is gone too.
 */
static __always_inline __u64 task_pid(__u64 task)
{
	return (__u64)read_field(task_struct, task, thread_pid);
}

/*
 * The number of @pid, a struct pid, at @level: it holds one for each pid namespace
 * that sees it, the innermost last.
 *
 * Fact: until 6.1 numbers was an array of one, since then it is flexible; the
 * place of its first element is the same.
 */
static __always_inline __u32 pid_number(__u64 pid, __u64 level)
{
	return read_field(upid,
			  pid + bpf_core_field_offset(struct pid, numbers) +
				  level * bpf_core_type_size(struct upid),
			  nr);
}

/*
 * The css of @task in the controller with the number @index.
 *
 * Fact: a controller's index in css_set.subsys depends on which controllers
 *       were configured. So: its number, in enum cgroup_subsys_id, is relocated.
 */
static __always_inline __u64 task_css(__u64 task, __u64 index)
{
	__u64 slot = (__u64)read_field(task_struct, task, cgroups) +
		     bpf_core_field_offset(struct css_set, subsys) + index * sizeof(__u64);
	__u64 css = 0;

	bpf_probe_read_kernel(&css, sizeof(css), (const void *)slot);
	return css;
}

/* The memory controller's css of @task, which is the first member of its mem_cgroup. */
static __always_inline __u64 task_memcg(__u64 task)
{
	return task_css(task, bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
}

/*
 * Fact:  the effective capabilities are one number of 64 bits.
 * Until: 6.3 (f122a08b197d), when they were two of 32, the low one first.
 * So:    take the 8 bytes: on a little-endian machine they are the same.
 */
static __always_inline __u64 cred_capabilities(__u64 cred)
{
	__u64 capabilities = 0;

	read_words(&capabilities, 1, cred + bpf_core_field_offset(struct cred, cap_effective));
	return capabilities;
}

static __always_inline bool process_has_threads(__u64 task)
{
	return read_field(task_struct, task, signal, live.counter) > 0;
}

/*
 * Whether the kernel's scan of a memcg passes @leader, the last of whose threads
 * has begun to exit and may still have its memory.
 *
 * Fact:  it does.
 * Until: 6.18, where a process was passed once its cgroup had been left, which
 *        followed its memory.
 * So:    ask for the flag by which other users of css_task_iter have them shown.
 */
static __always_inline bool memcg_scan_passes(__u64 leader)
{
	return bpf_core_enum_value_exists(enum css_task_iter_flags, CSS_TASK_ITER_WITH_DEAD) &&
	       !process_has_threads(leader);
}

/*
 * Fact:  the first word of mm->flags holds the MMF bits.
 * Until: 6.18 as an unsigned long, since then in mm_flags_t.
 * So:    ask which type the field has. A flavour matches by type as well as by name.
 */
static __always_inline bool mm_is_reaped(__u64 mm)
{
	__u64 flags;

	if (bpf_core_field_exists(struct mm_struct___618, flags))
		flags = read_field(mm_struct___618, mm, flags.__mm_flags[0]);
	else
		flags = read_field(mm_struct, mm, flags);
	return flags >> MMF_OOM_SKIP & 1;
}

static __always_inline bool mm_is_unused(__u64 mm)
{
	return read_field(mm_struct, mm, mm_users.counter) <= 0;
}

/*
 * Whether processes other than that of @task may use @mm, which is its own: a
 * thread leaves signal->live before it gives up its share (do_exit()), so that
 * there are more users than such threads. So there are while /proc is read.
 */
static __always_inline bool mm_may_be_shared(__u64 mm, __u64 task)
{
	return read_field(mm_struct, mm, mm_users.counter) >
	       read_field(task_struct, task, signal, live.counter);
}

/*
 * Fact: both fields belong to version 1 of the memory controller, which is
 *       configured apart (CONFIG_MEMCG_V1) since mm/memcontrol-v1.c exists.
 * So:   ask for them.
 */
static __always_inline bool has_oom_kill_disable(void)
{
	return bpf_core_field_exists(struct task_struct___v1, memcg_in_oom) &&
	       bpf_core_field_exists(struct mem_cgroup___v1, oom_kill_disable);
}

/* The memcg whose memory @task's page fault did not get, while nobody is killed for it; or 0. */
static __always_inline __u64 task_memcg_in_oom(__u64 task)
{
	return (__u64)read_field(task_struct___v1, task, memcg_in_oom);
}

static __always_inline bool memcg_kills_nobody(__u64 memcg)
{
	return read_field(mem_cgroup___v1, memcg, oom_kill_disable) != 0;
}

/*
 * Fact:  resident pages are four percpu_counters.
 * Until: 6.2 (f1a7941243c1), when they were four atomics in struct mm_rss_stat
 *        behind a cache of each thread.
 * So:    ask whether that struct exists; read the new ones through a flavour.
 */
static __always_inline bool rss_is_percpu(void)
{
	return !bpf_core_type_exists(struct mm_rss_stat);
}

static __always_inline __u64 rss_clamped(__s64 pages)
{
	return pages > 0 ? pages : 0; /* get_mm_counter(): a lagging counter may be negative */
}

/*
 * The counters of @mm by enum rss_kind, without the CPUs' deltas. The atomics by a helper in any
 * case: the verifier knows no types in an array of a typedef (btf_struct_walk(), kernel/bpf/btf.c).
 */
static __always_inline void mm_read_counters(__u64 mm, __s64 *to)
{
	if (!rss_is_percpu()) {
		bpf_probe_read_kernel(
			to, RSS_KINDS * sizeof(*to),
			(const void *)(mm + bpf_core_field_offset(struct mm_struct, rss_stat)));
		return;
	}
	to[RSS_FILE] = read_field(mm_struct___62, mm, rss_stat[RSS_FILE].count);
	to[RSS_ANON] = read_field(mm_struct___62, mm, rss_stat[RSS_ANON].count);
	to[RSS_SWAP] = read_field(mm_struct___62, mm, rss_stat[RSS_SWAP].count);
	to[RSS_SHMEM] = read_field(mm_struct___62, mm, rss_stat[RSS_SHMEM].count);
}

/*
 * The parts of one percpu_counter. @kind must be a constant: indexed by a
 * variable, the array's stride would be that of our minimal struct.
 */
#define rss_read_percpu(mm, kind, counts, pointers)                                              \
	do {                                                                                     \
		counts[kind] = read_field(mm_struct___62, mm, rss_stat[kind].count);             \
		pointers[kind] = (__u64)read_field(mm_struct___62, mm, rss_stat[kind].counters); \
	} while (0)

/* Fact: until 6.15 (633488947ef6) kernfs_node.parent, since then __parent. */
static __always_inline __u64 kernfs_parent(__u64 node)
{
	if (bpf_core_field_exists(struct kernfs_node___615, __parent))
		return (__u64)read_field(kernfs_node___615, node, __parent);
	return (__u64)read_field(kernfs_node, node, parent);
}

static __always_inline __u64 memcg_kernfs(__u64 memcg)
{
	return (__u64)read_field(cgroup_subsys_state, memcg, cgroup, kn);
}

static __always_inline __u64 memcg_parent(__u64 memcg)
{
	return (__u64)read_field(cgroup_subsys_state, memcg, parent);
}

/* Fact: the default (v2) hierarchy is number 0, kernel/cgroup/cgroup.c; v1 ones count from 1. */
static __always_inline bool memcg_is_v1(__u64 memcg)
{
	return read_field(cgroup_subsys_state, memcg, cgroup, root, hierarchy_id) != 0;
}

/* PAGE_COUNTER_MAX (LONG_MAX / PAGE_SIZE) and above mean no limit. */
static __always_inline __u64 counter_limit(__u64 max, __u64 page_size)
{
	return max >= 0x7fffffffffffffffULL / page_size ? WIRE_UNLIMITED : max;
}

/*
 * Fact: a per-cpu pointer is an offset from each CPU's own base, and the bases
 *       are a data symbol that kallsyms has only with CONFIG_KALLSYMS_ALL.
 * So:   take the base from a per-cpu map of ours: where its element lies on
 *       @cpu, less the per-cpu pointer that the kernel keeps in the map. Sets
 *       *@ret_base; false behind the last CPU.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} cpu_base __weak SEC(".maps");

static __always_inline bool cpu_read_base(__u32 cpu, __u64 *ret_base)
{
	void *map = &cpu_base, *element;
	__u64 array = 0, address = 0, pointer = 0;
	__u32 key = 0;

	element = bpf_map_lookup_percpu_elem(map, &key, cpu);
	if (!element)
		return false;
	/* Read back through a helper, both are numbers to the verifier. */
	bpf_probe_read_kernel(&array, sizeof(array), &map);
	bpf_probe_read_kernel(&address, sizeof(address), &element);
	bpf_probe_read_kernel(
		&pointer, sizeof(pointer),
		(const void *)(array + bpf_core_field_offset(struct bpf_array, pptrs)));
	*ret_base = address - pointer;
	return true;
}

#endif /* OOMTRACE_FACTS_BPF_H */
