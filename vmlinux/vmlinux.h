/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What oomtrace knows of the kernel's types: only the fields that bpf/ reads.
 *
 * Hand-kept and minimal, so that every machine builds the same object, with
 * BTF or without. Offsets here mean nothing: preserve_access_index makes libbpf
 * take them from the running kernel's BTF. A type that changed its shape has a
 * flavour (a suffix after three underscores, which libbpf ignores when it
 * looks for the type); facts.bpf.h says which kernels have which.
 *
 * libbpf's bpf_tracing.h takes register names for kernel space only when the
 * guard has exactly this name.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false = 0, true = 1 };

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_RINGBUF = 27,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1 };
enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};
enum { BPF_RB_AVAIL_DATA = 0 };

/* A register file and a raw tracepoint's arguments: kernel ABI, not relocated. */
#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};
#endif

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long long counter;
} atomic64_t;

/* atomic_long_t is a typedef of atomic64_t on the 64-bit machines we run on. */
typedef atomic64_t atomic_long_t;

typedef struct {
	unsigned int val;
} kuid_t;

struct kernfs_node {
	__u64 id;
	const char *name;
	struct kernfs_node *parent;
};

/* Since 6.15 the parent is RCU-protected and renamed. */
struct kernfs_node___615 {
	struct kernfs_node *__parent;
};

struct cgroup_root {
	int hierarchy_id;
};

enum psi_states {
	PSI_MEM_SOME = 2, /* of the rows of psi_group.avg */
	PSI_MEM_FULL = 3,
};

struct psi_group {
	bool enabled; /* since 6.1 */
	__u64 avg_next_update;
	unsigned long avg[1]; /* [][3], as pahole wrote it until it kept dimensions apart */
};

struct psi_group___rows {
	unsigned long avg[1][3];
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct psi_group *psi; /* since 6.1 */
};

struct cgroup___510 {
	struct psi_group psi;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

enum cgroup_subsys_id { /* depends on the configuration: always relocated */
			cpuset_cgrp_id = 0,
			memory_cgrp_id = 4,
};

enum css_task_iter_flags {
	CSS_TASK_ITER_WITH_DEAD = 4, /* after 6.18 */
};

struct css_set {
	struct cgroup_subsys_state *subsys[16];
};

struct page_counter {
	atomic_long_t usage;
	unsigned long max;
};

/* Numbers of vm_stat and vmstats; each kernel has its own: always relocated. */
enum node_stat_item {
	NR_INACTIVE_ANON = 0,
	NR_ACTIVE_ANON = 1,
	NR_SLAB_RECLAIMABLE_B = 5,
	NR_SLAB_UNRECLAIMABLE_B = 6,
	NR_ANON_MAPPED = 17,
	NR_FILE_PAGES = 19,
	NR_SHMEM = 23,
	NR_VMALLOC, /* after 6.18 */
	NR_KERNEL_STACK_KB,
	NR_PAGETABLE,           /* since 5.11 */
	NR_SECONDARY_PAGETABLE, /* since 6.1 */
	NR_SWAPCACHE,           /* since 5.12 */
	NR_HUGETLB,             /* since 6.13 */
};

enum zone_stat_item {
	NR_FREE_PAGES = 0,
};

enum zone_stat_item___510 {
	NR_PAGETABLE___510 = 8,
};

enum memcg_stat_item {
	MEMCG_SOCK = 38,
	MEMCG_PERCPU_B = 39,
	MEMCG_VMALLOC, /* since 5.16, until NR_VMALLOC */
	MEMCG_KMEM,    /* since 5.18 */
	MEMCG_ZSWAP_B, /* since 5.19 */
	MEMCG_NR_STAT,
};

enum zone_watermarks {
	WMARK_MIN,
	WMARK_LOW,
	WMARK_HIGH,
};

struct pglist_data;

struct zone {
	unsigned long _watermark[1];
	unsigned long watermark_boost;
	struct pglist_data *zone_pgdat;
	atomic_long_t managed_pages;
	const char *name;
	atomic_long_t vm_stat[1];
};

struct zoneref {
	struct zone *zone;
};

struct zonelist {
	struct zoneref _zonerefs[1];
};

struct pglist_data {
	struct zonelist node_zonelists[1];
	int node_id;
	atomic_long_t vm_stat[1];
};

struct hstate {
	unsigned int order;
	unsigned long nr_huge_pages;
};

struct lruvec {
	struct pglist_data *pgdat;
};

struct mem_cgroup_per_node {
	struct lruvec lruvec;
};

struct memcg_vmstats {
	long state[1];
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
	union {
		struct page_counter swap;  /* v2 */
		struct page_counter memsw; /* v1 */
	};
	bool oom_group;
	int swappiness;
	struct memcg_vmstats *vmstats; /* since 6.1 */
	struct mem_cgroup_per_node *nodeinfo[1];
};

struct mem_cgroup___513 {
	struct memcg_vmstats vmstats;
};

struct mem_cgroup___510 {
	atomic_long_t vmstats[1];
};

/* Version 1 of the controller: everywhere until 6.11, since then where it was configured. */
struct mem_cgroup___v1 {
	int oom_kill_disable;
};

struct percpu_counter {
	__s64 count;
	__s32 *counters;
};

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct {
	atomic_t mm_users;
	unsigned long arg_start, arg_end;
	unsigned long total_vm;
	atomic_long_t pgtables_bytes;
	unsigned long flags;
	struct mm_rss_stat rss_stat; /* until 6.2 */
};

struct mm_struct___62 {
	struct percpu_counter rss_stat[4];
};

typedef struct {
	unsigned long __mm_flags[1];
} mm_flags_t;

struct mm_struct___618 {
	mm_flags_t flags;
};

struct signal_struct {
	atomic_t live;
	int nr_threads;
	struct list_head thread_head;
	unsigned long long sum_sched_runtime;
	bool oom_flag_origin;
	short oom_score_adj;
	struct mm_struct *oom_mm;
};

typedef struct {
	__u64 val; /* until 6.3 two words of 32 bits, the low one first */
} kernel_cap_t;

struct cred {
	kuid_t uid;
	kuid_t euid;
	kernel_cap_t cap_effective;
};

struct sched_entity {
	__u64 sum_exec_runtime;
};

/* kernel side of an array map; pptrs sits in a union whose place has moved */
struct bpf_array {
	void *pptrs[0];
};

struct completion {
	unsigned int done;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

typedef struct {
	unsigned long bits[1];
} nodemask_t;

struct task_struct {
	unsigned int flags;
	int static_prio;
	struct sched_entity se;
	struct list_head tasks;
	struct mm_struct *mm;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct list_head thread_node;
	struct pid *thread_pid;
	struct completion *vfork_done;
	__u64 start_boottime;
	const struct cred *real_cred;
	char comm[16];
	struct signal_struct *signal;
	struct css_set *cgroups;
	nodemask_t mems_allowed;
};

struct task_struct___v1 {
	struct mem_cgroup *memcg_in_oom;
};

enum oom_constraint {
	CONSTRAINT_NONE,
	CONSTRAINT_CPUSET,
	CONSTRAINT_MEMORY_POLICY,
	CONSTRAINT_MEMCG,
};

struct oom_control {
	struct zonelist *zonelist;
	nodemask_t *nodemask;
	struct mem_cgroup *memcg;
	unsigned int gfp_mask;
	int order;
	unsigned long totalpages;
	struct task_struct *chosen;
	long chosen_points;
	enum oom_constraint constraint;
};

#pragma clang attribute pop

#endif /* __VMLINUX_H__ */
