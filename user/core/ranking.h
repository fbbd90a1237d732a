/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who the kernel would choose now: the processes of the whole machine or of one
 * memory cgroup, scored by the kernel's own rule. Pure; what is known of the
 * processes is handed in.
 */
#ifndef OOMTRACE_CORE_RANKING_H
#define OOMTRACE_CORE_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"

/* A memory cgroup with a limit, and how near it is. */
struct ranking_limit {
	struct memcg memcg;
	bool oom_kill_disabled; /* version 1: its tasks would hang instead of dying */
	bool under_oom;         /* and do so now */
};

struct ranking {
	uint64_t boot_ns;
	int64_t real_ns;
	uint64_t page_size;
	uint64_t totalpages; /* what the scores are relative to */
	bool has_memcg;      /* within memcg; else the whole machine */
	struct memcg memcg;
	bool limit_is_given;    /* memcg.limit_bytes is a supposition */
	bool oom_kill_disabled; /* of memcg */
	uint8_t rss_counters;   /* enum wire_rss: what this kernel's scoring reads */
	bool rss_differs;       /* /proc shows other counters than scoring reads: a few pages off */
	struct task *tasks;     /* by falling points, those that cannot be chosen last */
	uint32_t n_tasks, eligible;
	uint32_t passed_over[SKIP_MAX];
	uint32_t gone, denied; /* not seen: ended meanwhile, or not to be read by this user */
	struct ranking_limit *limits; /* the nearest to its limit first */
	size_t n_limits;
};

/*
 * totalpages of a whole machine, or of a memcg: mem_cgroup_get_max() of mm/memcontrol.c, its limit
 * and what swap it may use. @swap_total_bytes and @swappiness are the machine's; a memcg without a
 * limit of its own has PAGE_COUNTER_MAX pages, and adj outweighs everything.
 */
uint64_t ranking_memcg_totalpages(const struct memcg *memcg, uint64_t swap_total_bytes,
				  bool swappiness, uint64_t page_size);

/*
 * /proc/PID/oom_score of a task of @points (since 5.9, proc_oom_score() of fs/proc/base.c): 0 for
 * what cannot be chosen; 667 and a little for the idle, 1333 for all of memory, 2000 with adj 1000.
 */
int64_t ranking_oom_score(bool eligible, int64_t points, uint64_t totalpages);

/*
 * Which counters oom_badness() reads in the kernel @release ("6.12.107+deb13-amd64"), for /proc
 * does not say: atomics until 6.2 (f1a7941243c1), per-cpu counters without the CPUs' deltas until
 * 7.0, with them since (get_mm_rss_sum(): "mm: fix OOM killer inaccuracy on large many-core
 * systems", in linux-next when 6.19-rc8 was near). 6.12.107 and 6.18.44 are without it, although it
 * was sent to the stable releases too; 7.2.13 has it. RSS_UNKNOWN when it is no release.
 */
enum wire_rss ranking_rss_counters(const char *release);

/* Gives @task its points; @scored_rss_bytes are anon, file and shmem as the scoring reads them. */
void ranking_score(struct task *task, uint64_t scored_rss_bytes, uint64_t page_size,
		   uint64_t totalpages);

/* Sorts the tasks, and counts those that can be chosen. */
void ranking_sort(struct ranking *ranking);

/* Part of a memcg's limit that is used, 0 to 1 and above; 0 where there is none. */
double ranking_share(const struct memcg *memcg);

/* Sorts limits: disabled ones first, then the fullest first, by path among equals. */
void ranking_sort_limits(struct ranking *ranking);

#endif /* OOMTRACE_CORE_RANKING_H */
