/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one type that everything after the assembler renders, stores or ships.
 *
 * Whether it was seen live, read from a recording or (later) from a log:
 * absent is not zero. Every field that may be unknown has a bit in @known of
 * its struct; a sink leaves out what is not known. Memory is in bytes, times
 * are nanoseconds of CLOCK_BOOTTIME unless the name says otherwise.
 */
#ifndef OOMTRACE_CORE_EPISODE_H
#define OOMTRACE_CORE_EPISODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

#define EPISODE_ID_LEN   17   /* 16 hex digits and NUL */
#define EPISODE_GFP_TEXT 512  /* of all the flags there are */
#define EPISODE_VICTIMS  1024 /* of a group kill; more are counted, LOSS_VICTIM_TABLE */

/* Why something is not in an episode from a log: beside what the wire knows (enum wire_loss). */
enum log_loss {
	LOSS_LOG_HEADER = LOSS_MAX + 1, /* the report's first lines are not there */
	LOSS_LOG_TABLE,                 /* its table of tasks is not there, or not to be read */
	LOSS_LOG_LINE,                  /* lines of it that are damaged or must have been there */
	EPISODE_LOSS_MAX,
};

/* A backend's name by its index on the wire; NULL when out of range. */
const char *backend_name(unsigned int backend);

/* The contract's word for a loss reason (enum wire_loss, enum log_loss); "unknown" when out of
 * range. */
const char *loss_name(unsigned int loss);

/* The contract's words; NULL where that is not known: enum wire_constraint, enum selection, enum
 * killed_as, enum wire_source. */
const char *constraint_name(unsigned int constraint);
const char *selection_name(unsigned int selection);
const char *killed_as_name(unsigned int killed_as);
const char *candidates_source_name(unsigned int source);

/* The contract's word for what scoring reads (enum wire_rss); NULL where that is not known. */
const char *rss_counters_name(unsigned int rss_counters);

/* The contract's word for a use of memory (enum wire_use), without its _bytes; NULL out of range.
 */
const char *use_name(unsigned int use);

/* The contract's word for a skip reason (enum wire_skip); NULL for SKIP_NONE or out of range. */
const char *skip_name(unsigned int skip);

enum task_known {
	TASK_KNOWS_MEMORY = 1 << 0, /* total_vm .. pgtables */
	TASK_KNOWS_POINTS = 1 << 1,
	TASK_KNOWS_CGROUP = 1 << 2,
	TASK_KNOWS_CPU = 1 << 3,
	TASK_KNOWS_IDENTITY = 1 << 4,    /* start time, ppid, threads, nice: not from a log */
	TASK_KNOWS_CREDENTIALS = 1 << 5, /* euid, cap_effective */
	/* From a log, as far as it goes; TASK_KNOWS_MEMORY stands for all of them. */
	TASK_KNOWS_TOTAL_VM = 1 << 6,
	TASK_KNOWS_RSS = 1 << 7, /* rss_bytes: the sum of its three parts */
	TASK_KNOWS_RSS_PARTS =
		1 << 8, /* anon and file; file has shmem in it where that is not known */
	TASK_KNOWS_SHMEM = 1 << 9,
	TASK_KNOWS_SWAP = 1 << 10,
	TASK_KNOWS_PGTABLES = 1 << 11,
	TASK_KNOWS_OOM_SCORE = 1 << 12, /* what the kernel printed as its score */
	TASK_LACKS_ADJ = 1 << 13,       /* oom_score_adj, and so eligible, is not known */
};

enum killed_as { KILLED_AS_CHOSEN, KILLED_AS_GROUP, KILLED_AS_SHARED_MM };

struct task {
	uint32_t known; /* enum task_known */
	uint32_t pid, tid, ppid, uid, euid;
	uint32_t ns_pid;        /* in its own pid namespace; 0: not known */
	uint32_t mm_id;         /* equal for processes that share their memory; 0: not known */
	bool shares_mm;         /* in tasks[]: its memory is that of one before it */
	uint64_t cap_effective; /* bits of linux/capability.h */
	char comm[WIRE_COMM_LEN + 1]; /* any bytes but NUL */
	const char *cmdline;          /* arguments with blanks between them, or NULL */
	bool cmdline_truncated;
	const char *cgroup; /* path, or NULL */
	bool cgroup_truncated;
	uint32_t threads;
	int nice;
	uint64_t start_ns;
	uint64_t age_ns; /* at the decision */
	uint64_t cpu_ns;
	uint64_t total_vm_bytes, rss_anon_bytes, rss_file_bytes, rss_shmem_bytes;
	uint64_t swap_bytes, pgtables_bytes;
	uint64_t rss_bytes; /* with TASK_KNOWS_RSS */
	int64_t oom_score;
	int oom_score_adj;
	int64_t points; /* pages, signed */
	bool points_from_kernel;
	bool eligible;
	bool origin;       /* oom_task_origin: it asked to be chosen before all others */
	uint32_t scan;     /* its place in the kernel's scan: of equals, the last one wins */
	uint8_t skip;      /* enum wire_skip */
	uint8_t killed_as; /* enum killed_as, in victims[] */
};

enum selection {
	SELECTION_UNKNOWN,
	SELECTION_BADNESS, /* select_bad_process */
	SELECTION_ALLOCATING_TASK,
	SELECTION_EXITING_TASK,
};

enum no_kill { /* why a decision has no victim */
	       NO_KILL_IT_HAS_ONE,
	       NO_KILL_NOTHING_KILLABLE,
	       NO_KILL_PANIC,    /* vm.panic_on_oom: the kernel panics next */
	       NO_KILL_DISABLED, /* memory.oom_control of version 1: the invoker waits */
};

/* The contract's word for it; NULL when there is a victim. */
const char *no_kill_name(unsigned int no_kill);

enum memcg_known {
	MEMCG_KNOWS_PATH = 1 << 0,
	MEMCG_KNOWS_USAGE = 1 << 1,
	MEMCG_KNOWS_SWAP = 1 << 2,
	MEMCG_LACKS_GROUP = 1 << 3, /* oom_group is not known: from a log */
};

struct memcg {
	uint32_t known;
	const char *path;
	bool path_truncated;
	bool v1; /* swap_* are memory and swap together */
	bool oom_group;
	bool limit_is_max, swap_limit_is_max;
	uint64_t usage_bytes, limit_bytes, swap_bytes, swap_limit_bytes;
};

#define BYTES_UNKNOWN UINT64_MAX
#define PSI_UNKNOWN   WIRE_NONE_U32

struct zone {
	char name[WIRE_ZONE_NAME + 1];
	uint32_t node;
	uint64_t free_bytes, min_bytes, low_bytes, high_bytes, managed_bytes;
};

/* What the memory was used for, at the decision; BYTES_UNKNOWN where that is not known. */
struct memory {
	uint64_t memcg_usage_bytes;
	uint64_t memcg_use_bytes[USE_MAX];
	uint64_t total_bytes, free_bytes, swap_total_bytes, swap_free_bytes;
	uint64_t use_bytes[USE_MAX];
	struct wire_psi memcg_psi, psi; /* in 1 / WIRE_PSI_UNIT percent; PSI_UNKNOWN */
	struct zone zones[WIRE_ZONES];
	uint32_t n_zones;
	bool zones_cut; /* there are more */
};

#define EPISODE_NODES_TEXT 256 /* a list of nodes: "0-3,8"; cut where it is longer */

/* From how many kills of one cgroup within how long it is said that they are many. */
#define RECENT_KILLS     5
#define RECENT_WITHIN_NS (600ULL * 1000 * 1000 * 1000)

enum episode_known {
	EPISODE_KNOWS_CONSTRAINT = 1 << 0,
	EPISODE_KNOWS_TOTALPAGES = 1 << 1,
	EPISODE_KNOWS_GFP = 1 << 2,      /* gfp_mask and order */
	EPISODE_KNOWS_GFP_TEXT = 1 << 3, /* the flags' names */
	EPISODE_KNOWS_MEMCG = 1 << 4,    /* struct memcg holds something */
	EPISODE_KNOWS_INVOKER = 1 << 5,
	EPISODE_KNOWS_SCOPE = 1 << 6,
	EPISODE_KNOWS_NODES = 1 << 7,  /* invoker's cpuset and mems_allowed */
	EPISODE_KNOWS_MEMORY = 1 << 8, /* struct memory holds something */
	EPISODE_LACKS_SYSRQ = 1 << 9,  /* that it is none of SysRq's is not known: from a log */
	EPISODE_LACKS_ORDER = 1 << 10, /* of gfp_mask and order there is gfp_mask: from a log */
	EPISODE_OLDER_RULE = 1 << 11,  /* its kernel, before 5.3, chose by other rules */
};

struct episode {
	uint32_t known;
	char id[EPISODE_ID_LEN];
	uint64_t number;       /* of the out_of_memory call, on the wire */
	uint64_t began_ns;     /* the call of out_of_memory */
	uint64_t boot_ns;      /* the decision */
	int64_t real_ns;       /* the decision, CLOCK_REALTIME; 0 when not known */
	const char *time_text; /* from a log: the time as it stands there, or NULL */
	const char *source;    /* live, replay, kmsg, log */
	unsigned int backend;
	const char *completed_from; /* "kmsg" or NULL */

	uint8_t constraint;   /* enum wire_constraint */
	uint8_t selection;    /* enum selection */
	uint8_t rss_counters; /* enum wire_rss */
	bool group;
	bool sysrq;
	uint8_t no_kill;   /* enum no_kill */
	uint32_t repeated; /* no_kill: decisions alike since the last that was told */
	uint64_t totalpages, page_size;

	struct {
		uint32_t pid, tid, uid;
		char comm[WIRE_COMM_LEN + 1];
		const char *cgroup; /* or NULL */
		bool cgroup_truncated;
		uint32_t gfp_mask;
		int32_t order;
		const char *stack[WIRE_STACK_LEN]; /* functions, from out_of_memory outwards */
		size_t stack_len;                  /* 0: not known */
		char gfp_text[EPISODE_GFP_TEXT];   /* "GFP_KERNEL|__GFP_COMP" */
		char nodemask[EPISODE_NODES_TEXT]; /* "": any node would do, or not known */
		char mems_allowed[EPISODE_NODES_TEXT];
		char cpuset[WIRE_PATH_NAME]; /* the name of its cgroup, any bytes but NUL */
	} invoker;
	struct wire_sysctls sysctls; /* WIRE_NONE_U32 where not known */
	struct memcg memcg;
	struct memcg ancestors[WIRE_ANCESTORS]; /* of memcg: its parent first, the root last */
	uint32_t n_ancestors;
	bool ancestors_cut; /* there are more */
	struct memory memory;
	uint32_t recent_kills; /* of this cgroup within RECENT_WITHIN_NS; 0: fewer than RECENT_KILLS
				*/
	uint64_t recent_span_ns; /* from the first of those to this one */

	struct task victim;
	struct task *victims; /* every process killed, the chosen one first */
	uint32_t n_victims;

	uint8_t candidates_source; /* enum wire_source */
	uint32_t total, eligible;
	uint32_t lost;  /* candidates that were counted and are not in tasks */
	bool truncated; /* the walk stopped at its bound: total is too low */
	uint32_t passed_over[SKIP_MAX];
	struct task *tasks; /* by falling points, those that cannot be chosen last */
	uint32_t n_tasks;

	bool has_runner_up;
	struct task runner_up;

	uint64_t loss[EPISODE_LOSS_MAX]; /* of this episode */
};

/* What became of a victim, once it is gone or its deadline has passed. Times since the decision. */
struct outcome {
	char id[EPISODE_ID_LEN];
	uint32_t pid;
	char comm[WIRE_COMM_LEN + 1];
	uint64_t boot_ns;
	int64_t real_ns;
	bool has_sigkill, has_exited, has_freed, has_reaped, has_reap_skipped, has_aborted;
	int64_t sigkill_ns, exited_ns, freed_ns, reaped_ns, reap_skipped_ns;
	bool has_reaped_bytes;
	uint64_t reaped_bytes;
	uint32_t aborted_selections;
	int64_t watched_ns; /* from the decision until it was last looked at; 0: not known */
	/* Looked up while it died, where that was quick enough; "" otherwise. */
	char cmdline[WIRE_CMDLINE_LEN + 1]; /* arguments with blanks between them */
	bool cmdline_truncated;
	char pod[WIRE_POD_LEN], pod_namespace[WIRE_POD_LEN];
};

/* A signal of a user-space OOM killer, which is easily taken for the kernel's kill. */
struct user_kill {
	uint64_t boot_ns;
	int64_t real_ns;
	uint32_t signal;
	uint32_t sender_pid;
	char sender_comm[WIRE_COMM_LEN + 1];
	struct task target; /* identity and oom_score_adj, no memory */
};

/* What the tracer is and where, known when it is attached. */
struct host {
	const struct wire_host *wire;
	int64_t attached_real_ns; /* 0 when not known */
	bool redacted;            /* names are pseudonyms, here and in what happened there */
};

struct totals {
	uint64_t boot_ns;
	int64_t real_ns;
	uint64_t episodes, kills, candidates;
	uint64_t lost[LOSS_MAX];
};

struct lost {
	uint64_t boot_ns;
	int64_t real_ns;
	uint8_t reason; /* enum wire_loss */
	uint64_t count; /* since this was last told */
};

#endif /* OOMTRACE_CORE_EPISODE_H */
