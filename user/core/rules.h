/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who dies by which kernel's rules: the selection of every release from 2.4 to 7.2 over one
 * snapshot of tasks. docs/RULES.md has the formulas and where they were read.
 *
 * What a rule needs and the snapshot lacks is named, and left out of the sum: never invented.
 */
#ifndef OOMTRACE_CORE_RULES_H
#define OOMTRACE_CORE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"

enum rule_family {
	RULE_GOODNESS, /* the scheduler's goodness(): no OOM rule at all */
	RULE_BADNESS,  /* badness(): virtual size, children, CPU time; until 2.6.35 */
	RULE_PERMILLE, /* oom_badness() of 0 to 1000; 2.6.36 to 3.4 */
	RULE_PAGES,    /* oom_badness() in pages; since 3.5 */
};

/* What a rule needs and a snapshot may lack. */
enum lack {
	LACK_CANDIDATES,  /* some of the candidates */
	LACK_MEMORY,      /* a task's memory: it has no points */
	LACK_TOTALPAGES,  /* what the points are relative to */
	LACK_IDENTITY,    /* parent, nice, age */
	LACK_CREDENTIALS, /* effective uid and capabilities */
	LACK_CPU,         /* CPU time of all threads */
	LACK_THREADS,     /* CPU time and age of each thread: every thread had points of its own */
	LACK_SLICE,       /* what is left of the time slice, and the scheduling policy */
	LACK_CHILDREN,    /* children outside of the cgroup */
	LACK_CHILD_THREADS, /* which thread forked a child */
	LACK_MM,            /* which processes share their memory */
	LACK_CPUSET,        /* whether the memory nodes of task and invoker overlap */
	LACK_MEMCG,         /* this release has no memory cgroups */
	LACK_INIT,          /* init, which could be chosen then */
	LACK_PTES,          /* the page tables of the last level alone */
	LACK_COUNTERS,      /* the counters that this release reads: exact or approximate */
	LACK_ORIGIN,        /* whether a task asked to be chosen first (swapoff, KSM) */
	LACK_SCAN,          /* the order of the scan, which decides between equals */
	LACK_PARTS,         /* a task's swap or page tables: a log may not have them */
	LACK_MAX,
};

/* What is lacking, as a person says it; NULL out of range. */
const char *lack_words(unsigned int lack);

/* A stable word for it, for programs; NULL out of range. */
const char *lack_name(unsigned int lack);

/* Traits by which the rules of one family differ. */
enum rule_trait {
	RULE_INT = 1 << 0,             /* points are an int */
	RULE_ROUGH_ROOT = 1 << 1,      /* 2.4's own approximation of a square root */
	RULE_SHIFT = 1 << 2,           /* oom_adj shifts the points */
	RULE_SHIFT_FROM_ONE = 1 << 3,  /* 0 points become 1 before they are shifted up */
	RULE_ROOT_UID = 1 << 4,        /* uid or euid 0 counts as CAP_SYS_ADMIN does */
	RULE_CAP_RESOURCE = 1 << 5,    /* so does CAP_SYS_RESOURCE */
	RULE_PER_THREAD = 1 << 6,      /* every thread is scored by its own CPU time */
	RULE_CHILDREN_WHOLE = 1 << 7,  /* a child's whole total_vm is its parent's too */
	RULE_CHILDREN_HALF = 1 << 8,   /* half of it and a page */
	RULE_FIRST_AT_LEAST = 1 << 9,  /* the first one scanned is chosen even with 0 points */
	RULE_PTES = 1 << 10,           /* page tables count: the lowest levels only */
	RULE_PAGE_TABLES = 1 << 11,    /* page tables of all levels count */
	RULE_ROOT_30 = 1 << 12,        /* CAP_SYS_ADMIN lowers oom_score_adj by 30 */
	RULE_ROOT_SHARE = 1 << 13,     /* CAP_SYS_ADMIN lowers the task's own points by 3 % */
	RULE_MIN_ONE = 1 << 14,        /* whoever can be chosen has at least 1 point */
	RULE_SELECT_U32 = 1 << 15,     /* the loop keeps the lower 32 bits of the points */
	RULE_SIGNED = 1 << 16,         /* points may be negative */
	RULE_LAST_WINS = 1 << 17,      /* of equals, the last one scanned */
	RULE_DISABLE = 1 << 18,        /* oom_adj -17, oom_score_adj -1000: never chosen */
	RULE_DISABLE_SHARED = 1 << 19, /* nor is one that shares memory with such a process */
	RULE_SPARES_CHILD = 1 << 20,   /* nor does such a child die instead of its parent */
	RULE_PASSES_VFORK = 1 << 21,   /* nor is one in the middle of vfork */
	RULE_MEMCG = 1 << 22,          /* there are memory cgroups */
	RULE_MEMCG_SCAN = 1 << 23,     /* a cgroup's own tasks are scanned, not the task list */
	RULE_INIT = 1 << 24,           /* init can be chosen */
};

enum rule_child {
	CHILD_SPARED, /* who was chosen dies */
	CHILD_FIRST,  /* its first child that has other memory dies instead */
	CHILD_WORST,  /* of those children the one with most points */
};

enum rule_cpuset {
	CPUSET_NOT_ASKED,
	CPUSET_SKIPS,  /* whose nodes do not overlap the invoker's cannot be chosen */
	CPUSET_EIGHTH, /* its points are divided by 8 */
	CPUSET_GLOBAL, /* as CPUSET_SKIPS, but not within a memory cgroup */
};

enum rule_origin {
	ORIGIN_NOT_ASKED,
	ORIGIN_AT_ONCE, /* the scan ends with the first one */
	ORIGIN_MAX,     /* it has all the points there are */
	ORIGIN_1000,    /* it has 1000 */
	ORIGIN_ADJ,     /* its oom_score_adj was 1000 meanwhile */
	ORIGIN_SELECT,  /* the last such one is chosen */
};

struct rule {
	const char *name;  /* the release it came with */
	const char *words; /* what is different from the rule before it */
	unsigned int since[3];
	uint8_t family;  /* enum rule_family */
	uint8_t child;   /* enum rule_child */
	uint8_t cpuset;  /* enum rule_cpuset */
	uint8_t origin;  /* enum rule_origin */
	uint8_t rss;     /* enum wire_rss: the counters this release reads */
	uint32_t traits; /* enum rule_trait */
};

/* Something that is not as it was: for asking what had happened then. */
struct rule_change {
	uint32_t pid;
	bool remove; /* the process is not there; else its oom_score_adj is @adj */
	int adj;
};

struct rule_input {
	const struct task *tasks;
	size_t n_tasks;
	uint64_t totalpages;     /* 0: not known */
	uint64_t was_totalpages; /* what the tasks' points were computed with; 0: not known */
	uint64_t page_size;
	uint8_t constraint;   /* enum wire_constraint */
	uint8_t rss_counters; /* enum wire_rss: what the snapshot read */
	bool whole;           /* no candidate is missing */
	bool lowest_tables;   /* page tables are those of the lowest levels, as they were counted */
	uint32_t invoker_pid;
	const struct rule_change *changes;
	size_t n_changes;
};

struct rule_score {
	const struct task *task;
	bool candidate;  /* it can be chosen */
	bool first;      /* oom_task_origin: before all others */
	bool has_points; /* false: its memory is not known */
	uint64_t points; /* as this rule counts; RULE_SIGNED: the bits of an int64_t */
	int adj;         /* oom_score_adj, as changed */
	/* Of the selecting itself: */
	bool disabled;     /* a process that shares its memory may not be killed */
	uint32_t order;    /* over the array: which task is the n-th, by pid */
	uint64_t children; /* pages that its children add */
};

struct rule_verdict {
	const struct rule *rule;
	const struct task *chosen; /* has the most points; NULL: nobody can be chosen */
	const struct task *victim; /* dies: the chosen one, or a child of its */
	uint64_t chosen_points;
	bool tied;                        /* another one had as many: the scan decided */
	uint32_t lacks;                   /* bits of enum lack */
	uint32_t tasks_lacking[LACK_MAX]; /* for how many tasks; 0 where it is not of tasks */
};

/* The input that @episode is. With no changes. */
struct rule_input rules_input(const struct episode *episode);

/*
 * Runs @rule over @input. @scores has room for input->n_tasks and is filled in the order of
 * input->tasks. A verdict always comes: what it could not take into account is in its lacks.
 */
void rules_select(const struct rule *rule, const struct rule_input *input,
		  struct rule_score *scores, struct rule_verdict *ret_verdict);

/*
 * Below 0 when @rule prefers @a to @b; 0 only for the same task. Whoever cannot be chosen comes
 * last. For sorting scores into a ranking.
 */
int rules_compare(const struct rule *rule, const struct rule_input *input,
		  const struct rule_score *a, const struct rule_score *b);

/* Sorts @scores into a ranking. Allocates nothing. */
void rules_rank(const struct rule *rule, const struct rule_input *input, struct rule_score *scores,
		size_t count);

enum model_kind {
	MODEL_RULE,    /* one release's rule */
	MODEL_CURRENT, /* what the episode's kernel does */
	MODEL_ALL,     /* every named model */
};

enum model_error {
	MODEL_OK,
	MODEL_NO_RELEASE,  /* not a release, and no name of a model */
	MODEL_TOO_OLD,     /* before 2.4 */
	MODEL_TOO_NEW,     /* after 7.2: its rule is not known */
	MODEL_DEVELOPMENT, /* 2.5: no release */
};

struct model {
	uint8_t kind; /* enum model_kind */
	const struct rule *rule;
	bool vendor;   /* a distributor's kernel: by its number, but it may hold later patches */
	bool backport; /* and here it is known to: the rule is that of a later release */
};

/* Reads what --model takes. Returns MODEL_OK and sets *@ret_model, or why not. */
enum model_error model_parse(const char *text, struct model *ret_model);

/* What is wrong, as a person says it; NULL for MODEL_OK or out of range. */
const char *model_error_words(unsigned int error);

/*
 * From this release on a choice is made as whatif_spared() makes it again: no child dies for its
 * parent, and of equals the last one scanned is chosen.
 */
#define RULE_SINCE_MAJOR 5
#define RULE_SINCE_MINOR 3

/* The rule of the kernels that oomtrace traces, 5.10 and newer, whichever counters they read. */
const struct rule *rules_current(void);

/*
 * The rule by which a kernel of @release chose, as its log names it, with kind MODEL_CURRENT.
 * Returns false where that is no release: the rule then is rules_current(), for want of anything
 * better.
 */
bool rules_of_kernel(const char *release, struct model *ret_model);

/* The named models, oldest first, without "current"; NULL behind the last. */
const struct rule *rules_named(size_t index);

/* All rules there are, oldest first; NULL behind the last. */
const struct rule *rules_all(size_t index);

/* oom_adj as kernels that have both show it for oom_score_adj: -17 to 15. */
int rules_oom_adj(int oom_score_adj);

#endif /* OOMTRACE_CORE_RULES_H */
