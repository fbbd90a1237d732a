/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every byte that crosses from the kernel side to user space, and every byte
 * of a recording. The only header both sides read.
 *
 * A record is a struct wire_head followed by its body. Values are what the
 * kernel held, in the kernel's own units (pages, bytes, nanoseconds since
 * boot, CLOCK_BOOTTIME); nothing here is interpreted. A field that could not
 * be read is named absent by a flag or a reserved value, never by a plain 0.
 *
 * Kinds below WIRE_USER come out of the ring buffer. Kinds from WIRE_USER on
 * are written by the loader beside them, so that a recording holds everything
 * an episode is made of and can be replayed without the host.
 */
#ifndef OOMTRACE_WIRE_H
#define OOMTRACE_WIRE_H

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define WIRE_VERSION 2

#define WIRE_COMM_LEN    16   /* TASK_COMM_LEN, include/linux/sched.h */
#define WIRE_PATH_LEN    1024 /* bytes of one cgroup path, separators included */
#define WIRE_PATH_NAME   256  /* NAME_MAX + 1: the longest name of one cgroup directory */
#define WIRE_PATH_DEPTH  32   /* directories of one cgroup path; deeper is truncated and said */
#define WIRE_STACK_LEN   32   /* frames of the invoker's kernel stack */
#define WIRE_CHUNK_TASKS 16   /* candidates in one WIRE_CANDIDATES record */
#define WIRE_MESSAGE_LEN 64   /* the text oom_kill_process was called with */
#define WIRE_CMDLINE_LEN 256  /* bytes of the victim's command line */
#define WIRE_NODE_WORDS  16   /* a nodemask of 1024 nodes, MAX_NUMNODES at the most */
#define WIRE_ZONES       16   /* zones of which each one is told; all of them are summed */
#define WIRE_ZONE_NAME   16

enum wire_kind {
	WIRE_DECISION = 1,   /* struct wire_decision: a victim has been chosen */
	WIRE_CANDIDATES = 2, /* struct wire_candidates: some of the candidates */
	WIRE_VICTIM = 3,     /* struct wire_victim: one process marked to die */
	WIRE_END = 4,        /* struct wire_end: out_of_memory has returned */
	WIRE_FATE = 5,       /* struct wire_fate: what became of a victim */
	WIRE_SIGNAL = 6,     /* struct wire_signal: a user-space OOM killer's signal */
	WIRE_MEMORY = 7,     /* struct wire_memory: what the memory was used for */
	WIRE_WAITING = 8,    /* struct wire_waiting: a task waits, under a disabled v1 OOM killer */

	WIRE_USER = 128,
	WIRE_HOST = 128,   /* struct wire_host: where and how it was recorded */
	WIRE_CLOCK = 129,  /* struct wire_clock: wall clock against boot clock */
	WIRE_KMSG = 130,   /* struct wire_kmsg: one line of the kernel log */
	WIRE_LOST = 131,   /* struct wire_lost: loss counters, all of them */
	WIRE_TICK = 132,   /* no body: a deadline was looked at, at this time */
	WIRE_DETACH = 133, /* no body: the last record of a clean end */
	WIRE_GFP = 134,    /* struct wire_gfp: this kernel's names of gfp flags, where known */
	WIRE_SYMBOL = 135, /* struct wire_symbol: the name of a kernel address */
	WIRE_DETAIL = 136, /* struct wire_detail: what /proc and the node said of a victim, later */
};

/* Why something that happened is not, or not whole, in the stream. */
enum wire_loss {
	LOSS_RING_DECISION,     /* an episode: no room in the ring */
	LOSS_RING_CANDIDATE,    /* a candidate: no room beside the kept space */
	LOSS_RING_VICTIM,       /* a victim beyond the chosen one: no room */
	LOSS_RING_END,          /* an end mark: no room */
	LOSS_RING_FATE,         /* an exit, freed or reaped mark: no room */
	LOSS_RING_MEMORY,       /* what the memory was used for: no room */
	LOSS_SCRATCH_CANDIDATE, /* a candidate: more than the scratch holds */
	LOSS_WALK_CANDIDATE,    /* walks of the task list given up at their bound */
	LOSS_VICTIM_TABLE,      /* a victim's fate: too many are dying at once */
	LOSS_UNSCANNED,         /* a call of out_of_memory whose end or victim was not seen */
	LOSS_MALFORMED,         /* a record of impossible size, kind or version */
	LOSS_STRAY,             /* a record whose episode never came */
	LOSS_OUTPUT,            /* a line that an output could not take */
	LOSS_MAX,
};

#define WIRE_NONE_U32 0xffffffffU
#define WIRE_NONE_U64 0xffffffffffffffffULL

struct wire_head {
	__u32 size;    /* of the whole record, this head included */
	__u16 kind;    /* enum wire_kind */
	__u16 version; /* WIRE_VERSION */
	__u64 episode; /* number of the out_of_memory call, 0: of none */
	__u64 boot_ns; /* CLOCK_BOOTTIME */
};

/* Why a task that the kernel lists cannot be chosen, in the order it is tested. */
enum wire_skip {
	SKIP_NONE,            /* eligible */
	SKIP_KERNEL_THREAD,   /* oom_unkillable_task: PF_KTHREAD */
	SKIP_INIT,            /* oom_unkillable_task: is_global_init */
	SKIP_OTHER_MEMCG,     /* not below the memcg in OOM */
	SKIP_NOT_IN_NODEMASK, /* oom_cpuset_eligible */
	SKIP_REAPED,          /* a victim whose memory is already gone: MMF_OOM_SKIP */
	SKIP_DYING,           /* a victim that still holds memory: aborts the selection */
	SKIP_NO_MM,           /* find_lock_task_mm found no thread with memory */
	SKIP_ADJ_MIN,         /* oom_score_adj is OOM_SCORE_ADJ_MIN */
	SKIP_IN_VFORK,        /* in_vfork: the memory is its parent's */
	SKIP_MAX,
};

enum wire_task_flags {
	TASK_POINTS_KERNEL = 1 << 0,   /* points: what the kernel itself computed */
	TASK_POINTS_COMPUTED = 1 << 1, /* points: computed by the same formula */
	TASK_ORIGIN = 1 << 2,          /* oom_task_origin: chosen before all others */
	TASK_CPU_PARTIAL = 1 << 3,     /* more threads than were summed: cpu_ns is too low */
	TASK_UNSTABLE = 1 << 4,        /* its mm went away while it was read */
	TASK_RSS_PRECISE = 1 << 5,     /* counters are per-cpu sums, not their approximation */
	TASK_MM = 1 << 6,              /* it had an mm: the memory fields are valid */
};

/* One process, as the kernel sees it at the decision. Page counts are in pages. */
struct wire_task {
	__u64 start_ns; /* start_boottime of the group leader */
	__u64 cpu_ns;   /* user and system time of all threads, dead ones included */
	__u64 memcg_id; /* inode number of its memcg's directory */
	__u64 total_vm;
	__u64 rss_anon;
	__u64 rss_file;
	__u64 rss_shmem;
	__u64 swap;
	__u64 pgtables_bytes;
	__s64 points;        /* valid with a TASK_POINTS flag */
	__u64 cap_effective; /* bits of include/uapi/linux/capability.h */
	__u32 pid;           /* the process: tgid */
	__u32 tid;           /* the thread that has the mm */
	__u32 ppid;
	__u32 uid;
	__u32 threads;
	__s16 oom_score_adj;
	__s8 nice;
	__u8 skip;  /* enum wire_skip */
	__u8 flags; /* enum wire_task_flags */
	__u8 pad[3];
	__u32 ns_pid; /* the process in its own pid namespace; 0: not known */
	__u32 euid;
	__u32 mm_id;              /* equal for processes that share their memory; 0: no mm */
	char comm[WIRE_COMM_LEN]; /* of the thread that has the mm; any bytes */
};

/*
 * A cgroup's path as its directory names, deepest first, each with its NUL:
 * "app.service\0system.slice\0" is /system.slice/app.service. len 0 is the root.
 */
struct wire_path {
	__u32 len;
	__u8 known;     /* 0: could not be read */
	__u8 truncated; /* a bound was reached: the upper directories are missing */
	__u8 pad[2];
	char names[WIRE_PATH_LEN + WIRE_PATH_NAME]; /* the slack lets the last name overrun */
};

#define WIRE_UNLIMITED 0xffffffffffffffffULL /* PAGE_COUNTER_MAX */

/* The memcg that ran out. Counters in pages. */
struct wire_memcg {
	__u64 id;
	__u64 usage;
	__u64 limit;      /* or WIRE_UNLIMITED */
	__u64 swap_usage; /* v2: memory.swap; v1: memory+swap */
	__u64 swap_limit;
	__u8 known;     /* 0: no memcg ran out, or which is not known */
	__u8 v1;        /* swap_* count memory and swap together */
	__u8 oom_group; /* memory.oom.group of this memcg */
	__u8 pad[5];
	struct wire_path path;
};

#define WIRE_ANCESTORS 16 /* levels above the memcg in OOM; those above are not looked at */

/* An ancestor of the memcg that ran out; its path is the memcg's, cut. Counters in pages. */
struct wire_ancestor {
	__u64 usage;
	__u64 limit;
	__u64 swap_usage; /* as in struct wire_memcg */
	__u64 swap_limit;
	__u8 oom_group;
	__u8 pad[7];
};

enum wire_constraint { /* enum oom_constraint, include/linux/oom.h */
		       CONSTRAINT_NONE_ = 0,
		       CONSTRAINT_CPUSET_ = 1,
		       CONSTRAINT_MEMORY_POLICY_ = 2,
		       CONSTRAINT_MEMCG_ = 3,
		       CONSTRAINT_UNKNOWN = 255,
};

enum wire_source {                   /* where the candidates come from */
		   SOURCE_NONE,      /* nothing was scanned */
		   SOURCE_SELECTION, /* seen while the kernel evaluated them */
		   SOURCE_SNAPSHOT,  /* walked by oomtrace, right after the choice */
};

/* The sysctls that shape a decision; WIRE_NONE_U32: not known. */
struct wire_sysctls {
	__u32 panic_on_oom;
	__u32 oom_kill_allocating_task;
	__u32 oom_dump_tasks;
	__u32 overcommit_memory;
};

/* Sets of nodes, node 0 in the lowest bit of the first word; the kernel's own words for them. */
struct wire_nodes {
	__u64 nodemask[WIRE_NODE_WORDS];     /* of the request; valid with has_nodemask */
	__u64 mems_allowed[WIRE_NODE_WORDS]; /* the invoker's, by its cpuset */
	char cpuset[WIRE_PATH_NAME]; /* the name, not the path, of the invoker's cpuset cgroup */
	__u8 has_nodemask;           /* 0: any node would do, which the kernel prints as (null) */
	__u8 known;                  /* 0: neither mems_allowed nor cpuset holds */
	__u8 pad[6];
};

enum wire_decision_flags {
	DECISION_CONTROL = 1 << 0,    /* oom_control was seen: gfp_mask, order, totalpages hold */
	DECISION_RUNNER_UP = 1 << 1,  /* runner_up holds */
	DECISION_GROUP = 1 << 2,      /* more victims follow: memory.oom.group is set */
	DECISION_OPEN = 1 << 3,       /* no end mark will come; close on the deadline */
	DECISION_TOTALPAGES = 1 << 4, /* totalpages holds (implied by CONTROL) */
	DECISION_EXITING = 1 << 5,    /* the fast path: a task already exiting was marked */
	DECISION_TRUNCATED = 1 << 6,  /* the walk was given up at its bound: total is too low */
	DECISION_NO_VICTIM = 1 << 7,  /* nobody was chosen: victim does not hold, nothing dies */
};

/* One choice: who asked, within what, who was chosen and who came second. */
struct wire_decision {
	struct wire_head head;
	__u64 began_ns;   /* CLOCK_BOOTTIME at the call of out_of_memory, or of this mark */
	__u64 totalpages; /* pages the scores are relative to */
	__u64 stack[WIRE_STACK_LEN]; /* return addresses, innermost first; 0 ends */
	__u32 gfp_mask;
	__s32 order; /* -1: sysrq */
	__u32 invoker_pid;
	__u32 invoker_tid;
	__u32 invoker_uid;
	__u32 total;    /* candidates in all: what the kernel's task table would list */
	__u32 eligible; /* of those, the ones that could be chosen */
	__u32 listed;   /* of total, those that the scratch held and that follow */
	__u32 passed_over[SKIP_MAX]; /* looked at and no candidate, by reason */
	__u8 constraint;             /* enum wire_constraint */
	__u8 source;                 /* enum wire_source */
	__u8 flags;                  /* enum wire_decision_flags */
	__u8 rss_counters;           /* enum wire_rss */
	char invoker_comm[WIRE_COMM_LEN];
	char message[WIRE_MESSAGE_LEN]; /* what oom_kill_process was told, "" where not seen */
	__u8 pad[4];
	struct wire_task victim;
	struct wire_task runner_up;
	struct wire_memcg memcg;
	__u32 repeated; /* NO_VICTIM: decisions alike since the last that was sent, and not sent */
	__u32 pad3;
	__u32 ancestors_count;
	__u32 ancestors_cut;                            /* 1: there are more than WIRE_ANCESTORS */
	struct wire_ancestor ancestors[WIRE_ANCESTORS]; /* the parent first, the root last */
	struct wire_path victim_path;
	struct wire_path invoker_path;
	__u32 cmdline_len; /* 0: not known */
	__u8 cmdline_cut;  /* it is longer */
	__u8 pad4[3];
	char cmdline[WIRE_CMDLINE_LEN]; /* the victim's arguments, each with its NUL; any bytes */
	struct wire_sysctls sysctls;
	struct wire_nodes nodes;
};

/*
 * What memory is used for, in bytes, as memory.stat and /proc/vmstat name it:
 * USE_FILE includes USE_SHMEM, USE_KERNEL those of its parts that the kernel
 * counts into it. WIRE_NONE_U64: this kernel does not count it, or it could not be read.
 */
enum wire_use {
	USE_ANON,               /* anon */
	USE_FILE,               /* file: page cache, tmpfs and shared memory included */
	USE_SHMEM,              /* shmem: tmpfs, System V and POSIX shared memory */
	USE_SWAPCACHED,         /* swapcached: in memory and in swap, part of anon or shmem */
	USE_KERNEL,             /* kernel: all kernel memory charged to the memcg, since 5.18 */
	USE_SLAB_RECLAIMABLE,   /* slab_reclaimable */
	USE_SLAB_UNRECLAIMABLE, /* slab_unreclaimable */
	USE_KERNEL_STACK,       /* kernel_stack */
	USE_PAGE_TABLES,        /* pagetables; of a memcg since 5.11 */
	USE_SEC_PAGE_TABLES,    /* sec_pagetables: of virtual machines, since 6.1 */
	USE_PERCPU,             /* percpu */
	USE_SOCK,               /* sock: network buffers */
	USE_VMALLOC,            /* vmalloc */
	USE_ZSWAP,              /* zswap: compressed pages in memory */
	USE_HUGETLB,            /* hugetlb: of the machine the whole pool, free pages included */
	USE_MAX,
};

/* One zone, in bytes. free below min is why the allocator gave up there. */
struct wire_zone {
	__u64 free;
	__u64 min, low, high; /* watermarks, a boost included */
	__u64 managed;
	__u32 node;
	__u32 pad;
	char name[WIRE_ZONE_NAME];
};

#define WIRE_PSI_UNIT \
	2048 /* FIXED_1, include/linux/sched/loadavg.h: averages of percents, in 1/2048 */

/* Averages over 10, 60 and 300 s as the kernel last computed them, every 2 s; WIRE_NONE_U32 each.
 */
struct wire_psi {
	__u32 some[3];
	__u32 full[3];
};

/*
 * What the memory was used for: sent with the first mark of a victim, which is
 * when the kernel has brought its own counters up to date for its report. Of a
 * decision without a victim: of a memcg behind that report, of the machine before
 * it, since a panic may follow. All in bytes, the zones too; WIRE_NONE_U64: not known.
 */
struct wire_memory {
	struct wire_head head;
	__u64 memcg_usage;        /* the counter at this moment; the decision has that of its own */
	__u64 memcg_use[USE_MAX]; /* of the memcg that ran out, its descendants included */
	__u64 mem_total;          /* what the zones manage */
	__u64 mem_free;
	__u64 swap_total, swap_free;
	__u64 use[USE_MAX]; /* of the machine */
	struct wire_psi memcg_psi, psi;
	__u32 zones_count; /* of zones[] */
	__u32 zones_cut;   /* 1: there are more */
	struct wire_zone zones[WIRE_ZONES];
};

/* A task that got no memory and waits for user space to help: memory.oom_control says so (v1). */
struct wire_waiting {
	struct wire_head head; /* of no episode */
	__u64 memcg_id;
	__u64 usage, limit; /* pages, of the memcg */
	__u32 pid, tid, uid;
	__u32 repeated; /* waits alike since the last that was sent, and not sent */
	char comm[WIRE_COMM_LEN];
	struct wire_path path; /* of the memcg */
};

enum wire_rss { /* what this kernel's scoring reads */
		RSS_UNKNOWN,
		RSS_ATOMIC, /* until 6.2: an atomic per counter, each thread caching up to 64 events
			     */
		RSS_APPROXIMATE, /* percpu_counter.count, the CPUs' pending deltas left out */
		RSS_PRECISE,     /* percpu_counter.count and every CPU's delta */
};

struct wire_candidates {
	struct wire_head head;
	__u32 first; /* index of tasks[0] within the episode */
	__u32 count; /* of tasks; the record ends after them */
	struct wire_task tasks[WIRE_CHUNK_TASKS];
};

enum wire_victim_flags {
	/*
	 * Killed because it shares the memory of a victim, and not marked. A member of a killed
	 * group that shares it as well is told twice, the second time without this: its mark
	 * follows, and the group is why it dies.
	 */
	VICTIM_SHARES_MM = 1 << 0,
};

struct wire_victim {
	struct wire_head head;
	__u32 flags; /* enum wire_victim_flags */
	__u32 pad;
	struct wire_task task;
	struct wire_path path;
};

enum wire_end_flags {
	END_EXITING =
		1 << 0, /* the chosen one was already exiting: marked, and never sent a signal */
};

struct wire_end {
	struct wire_head head;
	__u32 lost_candidates; /* of this episode, for want of ring space */
	__u32 flags;           /* enum wire_end_flags */
};

enum wire_fate_what {
	FATE_SIGKILL = 1,
	FATE_EXITED = 2, /* the last thread has gone */
	FATE_FREED = 3,  /* nobody uses its address space any more */
	FATE_REAP_START = 4,
	FATE_REAPED = 5,
	FATE_REAP_SKIPPED = 6,
};

/* Something that became of a victim; head.boot_ns says when, head.episode of which choice. */
struct wire_fate {
	struct wire_head head;
	__u64 start_ns; /* with pid, the victim's identity */
	__u32 pid;
	__u32 what;         /* enum wire_fate_what */
	__u64 reaped_pages; /* FATE_REAPED: resident pages that went; WIRE_NONE_U64: not known */
	__u32 aborted;      /* out_of_memory calls so far that gave up because it was still dying;
			       WIRE_NONE_U32: not seen */
	__u32 pad;
};

/* A signal that a user-space OOM killer sent. What is not of the sender is of the target. */
struct wire_signal {
	struct wire_head head;
	__u64 start_ns;
	__u32 signal;
	__u32 sender_pid;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__s16 oom_score_adj;
	__u8 pad[2];
	char sender_comm[WIRE_COMM_LEN];
	char comm[WIRE_COMM_LEN];
};

#define WIRE_TEXT_LEN   64
#define WIRE_REASON_LEN 200
#define WIRE_BACKENDS   3

struct wire_refusal {
	__u8 refused; /* 0: not tried, or chosen */
	__u8 pad[7];
	char reason[WIRE_REASON_LEN];
};

enum wire_host_flags {
	HOST_OWN_PIDS = 1 << 0, /* the loader runs in a pid namespace that is not the host's */
};

struct wire_host {
	struct wire_head head;
	__u64 attached_ns; /* boot_ns of the moment everything was attached */
	__u64 exec_ns;     /* boot_ns at which this process started */
	__u64 page_size;
	__u64 mem_total_pages;
	__u64 oom_kills; /* /proc/vmstat oom_kill at attach; WIRE_NONE_U64: not known */
	__u32 backend;   /* index: 0 fentry, 1 kprobe, 2 tracepoint */
	__u32 flags;     /* enum wire_host_flags */
	struct wire_refusal refusals[WIRE_BACKENDS];
	char version[WIRE_TEXT_LEN]; /* of oomtrace */
	char host[WIRE_TEXT_LEN];
	char boot_id[WIRE_TEXT_LEN];
	char kernel[WIRE_TEXT_LEN];
	char arch[WIRE_TEXT_LEN];
};

struct wire_clock {
	struct wire_head head;
	__s64 real_minus_boot_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
};

#define WIRE_KMSG_LEN 1024
struct wire_kmsg {
	struct wire_head head; /* boot_ns: of the decision that it was read for */
	__u32 len;
	__u32 pad;
	char text[WIRE_KMSG_LEN]; /* the record ends after len bytes */
};

struct wire_lost {
	struct wire_head head;
	__u64 count[LOSS_MAX]; /* totals since attach */
};

#define WIRE_SYMBOL_LEN 64
struct wire_symbol {
	struct wire_head head;
	__u64 address;              /* as in a stack */
	char name[WIRE_SYMBOL_LEN]; /* of the function it lies in; cut where it is longer */
};

#define WIRE_POD_LEN 256 /* a DNS subdomain name of 253, or a namespace's 63 */

/* What was looked up about a victim while it died. */
struct wire_detail {
	struct wire_head head; /* of no episode */
	__u64 start_ns;        /* with pid, the victim's identity */
	__u32 pid;
	__u32 cmdline_len; /* 0: not known */
	__u32 cmdline_cut; /* 1: it is longer */
	__u32 pad;
	char cmdline[WIRE_CMDLINE_LEN]; /* as in the decision */
	char pod[WIRE_POD_LEN];         /* "": not known */
	char pod_namespace[WIRE_POD_LEN];
};

#define WIRE_GFP_BITS 32
#define WIRE_GFP_NAME 24 /* the longest is SKIP_KASAN_UNPOISON */
struct wire_gfp {
	struct wire_head head;
	/* By bit, each with its NUL: "IO" of __GFP_IO; "" where this kernel has no flag. */
	char names[WIRE_GFP_BITS][WIRE_GFP_NAME];
};

#define WIRE_ASSERT(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
WIRE_ASSERT(struct wire_head, 24);
WIRE_ASSERT(struct wire_task, 144);
WIRE_ASSERT(struct wire_path, 1288);
WIRE_ASSERT(struct wire_memcg, 1336);
WIRE_ASSERT(struct wire_nodes, 520);
WIRE_ASSERT(struct wire_decision, 6112);
WIRE_ASSERT(struct wire_candidates, 2336);
WIRE_ASSERT(struct wire_memory, 1384);
WIRE_ASSERT(struct wire_waiting, 1368);
WIRE_ASSERT(struct wire_victim, 1464);
WIRE_ASSERT(struct wire_end, 32);
WIRE_ASSERT(struct wire_fate, 56);
WIRE_ASSERT(struct wire_signal, 88);
WIRE_ASSERT(struct wire_host, 1016);
WIRE_ASSERT(struct wire_clock, 32);
WIRE_ASSERT(struct wire_kmsg, 1056);
WIRE_ASSERT(struct wire_gfp, 792);
WIRE_ASSERT(struct wire_lost, 128);
WIRE_ASSERT(struct wire_symbol, 96);
WIRE_ASSERT(struct wire_detail, 816);

#endif /* OOMTRACE_WIRE_H */
