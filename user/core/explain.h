/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What can be said about an episode, each with the evidence it stands on: as numbers, which text
 * and JSON render alike.
 */
#ifndef OOMTRACE_CORE_EXPLAIN_H
#define OOMTRACE_CORE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"
#include "core/why.h"

/* One candidate's points, term by term, in pages: anon + file + shmem + swap + pgtables = sum. */
struct arithmetic {
	uint64_t anon, file, shmem, swap, pgtables, sum;
	int adj;
	uint64_t unit;    /* totalpages / 1000: what one of oom_score_adj is worth */
	int64_t adjusted; /* adj * unit */
	int64_t points;   /* sum + adjusted */
	/*
	 * The kernel's own points less those: its counters moved on between the two readings.
	 * 0 where the kernel's are not known.
	 */
	int64_t drift;
};

/* Returns 0, or -ENODATA when the task's memory, totalpages or the size of a page is not known. */
int explain_arithmetic(const struct episode *episode, const struct task *task,
		       struct arithmetic *ret_arithmetic);

/*
 * The share that each part has in the victim's points, in 1/1000, of all that speaks for choosing
 * it: an oom_score_adj below 0 does not. All 0 where that is not known. Rounded down.
 */
void explain_shares(const struct episode *episode, uint32_t ret_shares[PART_MAX]);

enum finding_what {
	/* How it was chosen. */
	FINDING_ALLOCATING_TASK, /* vm.oom_kill_allocating_task: who asked dies, no points asked */
	FINDING_EXITING_TASK,    /* it was on its way out already */
	FINDING_GROUP,           /* memory.oom.group: @count processes die for one choice; @path */
	FINDING_SHARED_MM,       /* @count more died because they share its memory */
	FINDING_NOT_HIGHEST,     /* @task has more points and lives; @points by how many pages */
	FINDING_TIE,             /* @task has as many points: the one scanned last dies */
	FINDING_ADJ_DECIDED,   /* by memory alone @task had died; @bytes: it holds that much more */
	FINDING_ADJ_POWERLESS, /* @count candidates have an oom_score_adj, and totalpages is
				  below 1000: it has no effect */
	FINDING_PROTECTED,     /* oom_score_adj -1000 protects @count processes holding @bytes,
				  @task the most */
	/* What ran out. */
	FINDING_ANCESTOR_LIMIT, /* the limit of @path fired, not that of the victim's @other_path */
	FINDING_OUTSIDER,       /* who asked (@other_path) is not within @path that ran out */
	FINDING_NODES,          /* cpuset or policy bound the request to nodes; @bytes were free in
				   all, on any node */
	FINDING_NO_SWAP,        /* the machine has no swap: @bytes of anon had nowhere to go */
	FINDING_SWAP_FORBIDDEN, /* it has (@of_bytes), but the cgroup may use none */
	FINDING_SWAP_FULL,      /* @bytes of @of_bytes are used */
	/* What the memory was. */
	FINDING_PAGE_TABLES, /* @permille of the victim are page tables: @bytes of @of_bytes */
	FINDING_SHMEM_STAYS, /* @bytes of its @of_bytes are shared memory, which outlives it: tmpfs,
				shm */
	FINDING_UNEXPLAINED, /* the candidates hold only @permille of the @of_bytes in use; beside
				anon @use is largest with @bytes (USE_MAX: not known); @stays: no
				kill frees it */
	FINDING_REPEATED,    /* @count kills of this cgroup within @span_ns */
	/* What this rests on. */
	FINDING_INCOMPLETE, /* @count candidates were lost, or the walk was cut: ranks may be wrong
			     */
	FINDING_MAX,
};

struct finding {
	uint8_t what; /* enum finding_what */
	uint8_t use;  /* enum wire_use */
	bool stays;
	uint32_t count;
	uint32_t permille;
	uint64_t bytes, of_bytes;
	int64_t points;
	uint64_t span_ns;
	const struct task *task;       /* within the episode */
	const char *path, *other_path; /* of cgroups, within the episode */
};

/* A stable word for it, for programs; NULL out of range. */
const char *finding_name(unsigned int what);

/*
 * Writes what can be said of @episode, in the order above, each at most once. Nothing is said
 * that the episode does not know. Returns how many.
 */
size_t explain_findings(const struct episode *episode, struct finding ret_findings[FINDING_MAX]);

#endif /* OOMTRACE_CORE_EXPLAIN_H */
