/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One report of an OOM out of a log, while its lines come: what they said, and nothing that they
 * did not. Then as an episode.
 */
#ifndef OOMTRACE_CORE_LOGREPORT_H
#define OOMTRACE_CORE_LOGREPORT_H

#include "core/episode.h"
#include "core/klog_memory.h"
#include "core/logline.h"
#include "core/logprefix.h"
#include "core/path.h"

#define LOGREPORT_STACK_TEXT 1024
#define LOGREPORT_RELEASE    64
#define LOGREPORT_LISTED     1024

/* A row of the table of tasks, in pages where it does not say bytes. */
struct logreport_row {
	uint32_t pid, has; /* has: bits of enum logline_column */
	uint32_t tgid, uid;
	int32_t adj;
	char comm[WIRE_COMM_LEN];
	uint64_t total_vm, rss, rss_anon, rss_file, rss_shmem, swap, pgtables;
};

struct logreport_victim {
	uint32_t pid, uid; /* uid: or WIRE_NONE_U32 */
	bool has_comm, has_adj, reaped, not_reaped;
	int32_t adj;
	char comm[WIRE_COMM_LEN];
	uint8_t killed_as;                                                  /* enum killed_as */
	uint64_t total_vm_kib, anon_kib, file_kib, shmem_kib, pgtables_kib; /* LOGLINE_NO_NUMBER */
	struct logprefix reaped_at;
};

struct logreport {
	bool used;
	uint64_t page_size;         /* 0: as far as it says itself */
	uint64_t order;             /* of the reports, to know the oldest */
	uint32_t quiet;             /* lines since the last one of its own */
	struct logprefix at, last;  /* the prefixes of its first line and of the last one */
	struct logprefix killed_at; /* of the line that said who is killed, or was chosen */

	bool has_header, has_order, sysrq, has_cpuset, has_cpu, has_table, has_summary, group;
	bool has_choice, has_memcg, has_task_memcg, is_x86;
	uint64_t last_hash;                      /* of the line before */
	uint64_t hashes[LOGLINE_NOT_REAPED + 1]; /* of the last line of each kind, 0: none */
	uint32_t gfp_mask;
	int32_t order_asked;
	char gfp_text[EPISODE_GFP_TEXT];
	char invoker_comm[WIRE_COMM_LEN];
	uint32_t invoker_tid, invoker_uid;
	char nodemask[EPISODE_NODES_TEXT], mems_allowed[EPISODE_NODES_TEXT];
	char cpuset[WIRE_PATH_NAME];
	char release[LOGREPORT_RELEASE];
	char stack_text[LOGREPORT_STACK_TEXT]; /* names, each with its NUL */
	size_t stack_used;
	const char *stack[WIRE_STACK_LEN];
	size_t stack_len;
	bool stack_ended;
	bool past_stack; /* what stands behind the stack has come */
	char oom_memcg[PATH_TEXT_LEN], task_memcg[PATH_TEXT_LEN], group_memcg[PATH_TEXT_LEN];
	char stats_memcg[PATH_TEXT_LEN]; /* the first whose stats it has */

	struct klog_memory memory;
	struct zone zones[WIRE_ZONES];
	uint32_t n_zones;
	bool zones_cut, many_nodes, has_zones;
	uint64_t order0_bytes; /* of the buddy lists' smallest blocks: a page; 0: not seen */

	struct logline_table table;
	struct logreport_row *rows; /* max_rows of them */
	uint32_t n_rows, rows_over, max_rows;
	uint64_t listed[LOGREPORT_LISTED]; /* bits of the rows' pids, by their last digits */

	uint8_t constraint; /* enum wire_constraint, with has_summary */
	uint32_t summary_pid, summary_uid;
	bool has_summary_comm;
	char summary_comm[WIRE_COMM_LEN];
	uint8_t cause; /* enum logline_cause */
	uint32_t choice_pid;
	bool has_score;
	int64_t score;
	struct logreport_victim *victims; /* EPISODE_VICTIMS */
	uint32_t n_victims, victims_over;
	uint8_t no_kill; /* enum no_kill */
	uint32_t panic_on_oom;
	uint64_t damaged; /* lines */
};

/* Begins one at a line with @prefix; rows and victims are kept. */
void logreport_begin(struct logreport *report, const struct logprefix *prefix);

/* What a line of it, already taken apart, adds. */
void logreport_header(struct logreport *report, const struct logline *line);
void logreport_add(struct logreport *report, const struct logline *line);

/* Any other text, of one line or, as some logs keep records whole, of several. Returns whether it
 * was one of the report's. */
bool logreport_text(struct logreport *report, struct span text);

/* Whether it says that @comm asked for the memory. */
bool logreport_is_invoker(const struct logreport *report, struct span comm);

/* Whether @line, which says who is killed, may be of the process that its summary names. */
bool logreport_is_chosen(const struct logreport *report, const struct logline *line);

/* Whether @pid is in its table of tasks. */
bool logreport_lists(const struct logreport *report, uint32_t pid);

/* Gives civil time its place: returns false where year or zone are wanting. */
struct logclock {
	int year; /* for times without one; 0: not known */
	/* Nanoseconds since the epoch of a time without a zone, or NULL: not known. */
	int64_t (*real_of)(void *ctx, const struct logtime *civil);
	void *ctx;
};

/* CLOCK_REALTIME of @prefix, or 0 where it does not say. */
int64_t logclock_real(const struct logclock *clock, const struct logprefix *prefix);

/* Room for an episode: tasks and victims. */
struct logepisode {
	struct episode episode;
	struct task *tasks, *victims;
	uint64_t content; /* of the kill, without when and where: equal for the same one read twice
			   */
};

/*
 * Makes an episode of @report, which has a victim or a no_kill. Strings are the report's, and
 * @ret_episode's tasks have room for its rows and one.
 */
void logepisode_make(struct logreport *report, const struct logclock *clock, const char *source,
		     struct logepisode *ret_episode);

#endif /* OOMTRACE_CORE_LOGREPORT_H */
