/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel's report says about the memory, line by line: the block "Memory cgroup stats
 * for PATH:" of a memcg, "Mem-Info:" of the machine. Not its task table.
 */
#ifndef OOMTRACE_CORE_KLOG_MEMORY_H
#define OOMTRACE_CORE_KLOG_MEMORY_H

#include "core/episode.h"
#include "core/span.h"

/* A pair of "usage 5kB, limit 6kB"; in bytes, BYTES_UNKNOWN. */
struct klog_counter {
	uint64_t usage, limit;
};

/* In bytes where it does not say pages; BYTES_UNKNOWN. */
struct klog_memory {
	bool in_stats;              /* within a memcg's block */
	bool in_pages;              /* within Mem-Info's counts, a line each */
	uint32_t stat_lines;        /* of memcgs, each in a line of its own, summed up: until 5.2 */
	bool is_tree;               /* the keys of version 2, which count the tree, also of v1 */
	bool is_v1;                 /* whose keys have a twin with total_ before it: that counts */
	struct klog_counter memory; /* of the memcg */
	struct klog_counter swap;   /* v1: memory and swap together */
	uint64_t memcg_use[USE_MAX];
	uint64_t swap_total, swap_free;
	uint64_t pages_present, pages_reserved, pages_free; /* of the machine */
	uint64_t pages_use[USE_MAX];
};

/* Begins with nothing known. */
void klog_memory_init(struct klog_memory *memory);

/* Whether @text, of one record without what stands before its ';', is one that says something. */
bool klog_memory_wants(struct span text);

/*
 * Takes one line of Mem-Info's counts, where a log has them line by line. Returns false where @text
 * is none of them.
 */
bool klog_memory_feed_count(struct klog_memory *memory, struct span text);

/* Takes one record's text, which may have several lines. What came first holds. */
void klog_memory_feed(struct klog_memory *memory, struct span text);

#endif /* OOMTRACE_CORE_KLOG_MEMORY_H */
