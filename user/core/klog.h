/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's own report of a kill, out of its log: as much of it as completes what a backend
 * could not see. Reports never interleave (oom_lock), but other lines stand between theirs, and
 * the rate limit drops the header and the summary of a kill, never its "Killed process".
 *
 * What the lines say is logline's to know, for this and for whole reports out of a file; what
 * becomes of it here is all that a live backend lacks.
 */
#ifndef OOMTRACE_CORE_KLOG_H
#define OOMTRACE_CORE_KLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"
#include "core/klog_memory.h"
#include "core/logline.h"
#include "core/path.h"

#define KLOG_REPORTS 16

/* What one report said. */
struct klog_report {
	uint32_t pid; /* of the victim; 0: not known yet */
	uint64_t fed_ns;
	uint64_t order_fed; /* of reports, to know the oldest */
	bool has_gfp, has_gfp_text, has_summary, has_memcg, has_nodes;
	uint32_t gfp_mask;
	int32_t order;
	uint8_t constraint; /* enum wire_constraint, with has_summary */
	uint8_t cause;      /* enum logline_cause, of the "Killed process" line */
	char invoker_comm[WIRE_COMM_LEN + 1];
	char gfp_text[EPISODE_GFP_TEXT];
	char oom_memcg[PATH_TEXT_LEN]; /* with has_memcg */
	/* With has_nodes: as the kernel lists them, "" for (null); and a cgroup's name, any bytes.
	 */
	char nodemask[EPISODE_NODES_TEXT], mems_allowed[EPISODE_NODES_TEXT];
	char cpuset[WIRE_PATH_NAME];
	struct klog_memory memory;
};

/* Room for klog_missed_text(). */
#define KLOG_MISSED_LEN 64

struct klog {
	struct klog_report open; /* its header was seen, its victim was not */
	bool is_open;
	uint64_t fed;
	uint64_t missed; /* messages that are not there, since klog_take_missed() */
	struct klog_report reports[KLOG_REPORTS]; /* pid 0: free */
};

/* Begins with no report. */
void klog_init(struct klog *klog);

/* Whether a record of the log, as klog_feed() takes it, is of the report's account of the memory.
 */
bool klog_wants(const char *record, size_t len);

/*
 * Takes one record of the log, of @len bytes: "prio,seq,time,flags;text" as /dev/kmsg gives it, or
 * bare text. A line that user space wrote is not the kernel's and is left alone.
 */
void klog_feed(struct klog *klog, const char *record, size_t len, uint64_t fed_ns);

/*
 * What stands in the log's place where messages are missing from it, as klog_feed() takes it, into
 * @ret_text. No record of the log, which has a prefix, looks like it. Returns its length.
 */
size_t klog_missed_text(uint64_t messages, char ret_text[KLOG_MISSED_LEN]);

/* How many messages were missing since this was asked last. */
uint64_t klog_take_missed(struct klog *klog);

/*
 * The report of the kill of @pid, read at @since_ns or later; NULL when there is none. It is
 * consumed: the next call does not return it, and it lives until klog_feed() is called.
 */
const struct klog_report *klog_take(struct klog *klog, uint32_t pid, uint64_t since_ns);

#endif /* OOMTRACE_CORE_KLOG_H */
