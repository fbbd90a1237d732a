/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The processes of this host as /proc shows them, with what the OOM killer would
 * look at. Each parser takes bytes and a length, so that it can be tried without
 * the host.
 */
#ifndef OOMTRACE_PROC_PROCESS_H
#define OOMTRACE_PROC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/episode.h"

/* Which of the two readings of the same counters the kernel's scoring uses; decided by the caller.
 */
enum rss_reading {
	RSS_OF_STAT,   /* /proc/PID/stat: get_mm_rss(), what oom_badness() adds up until 7.2 */
	RSS_OF_STATUS, /* /proc/PID/status: the CPUs' pending deltas included */
};

/* /proc/PID/stat, as far as it is asked. */
struct process_stat {
	char comm[WIRE_COMM_LEN + 1];
	char state;
	uint32_t ppid;
	uint32_t flags; /* PF_* of include/linux/sched.h */
	uint64_t cpu_ticks;
	int nice;
	uint32_t threads;
	uint64_t start_ticks;
	uint64_t vsize_bytes;
	uint64_t rss_pages;
};

/* /proc/PID/status, as far as it is asked; sizes in bytes. */
struct process_status {
	uint32_t uid, euid;
	uint32_t ns_pid; /* in its own pid namespace */
	uint64_t cap_effective;
	bool has_memory; /* the fields below hold: it has an mm */
	uint64_t rss_anon_bytes, rss_file_bytes, rss_shmem_bytes;
	uint64_t swap_bytes, pgtables_bytes;
};

/* Return 0, or -EBADMSG when @text is not what the kernel writes. */
int process_parse_stat(const char *text, size_t len, struct process_stat *ret_stat);
int process_parse_status(const char *text, size_t len, struct process_status *ret_status);
/*
 * The path of the memory cgroup in /proc/PID/cgroup: of the version 1 memory hierarchy where
 * there is one, else of version 2. Sets *@ret_path to a place within @text, which need not end
 * with a NUL, and *@ret_len. Returns 0, or -ENOENT.
 */
int process_parse_cgroup(const char *text, size_t len, const char **ret_path, size_t *ret_len);

/* What was not seen, and so may be missing among the processes. */
struct process_unseen {
	uint32_t gone;   /* ended while they were read */
	uint32_t denied; /* not readable for this user */
};

/* A process that the OOM killer may look at. */
struct process {
	struct task task;          /* cgroup: lives until the callback returns; no points yet */
	uint64_t scored_rss_bytes; /* anon, file and shmem as the scoring reads them */
};

/*
 * Hands every process that the kernel's own task table would list to @fn, in the order of the
 * task list (of starting), with its number in it as task.scan. Kernel threads, init and zombies are
 * counted by their reason in @passed_over[SKIP_MAX]. @proc is "/proc". Returns 0, or a negative
 * errno when @proc cannot be read at all, or what @fn returned when that was not 0.
 */
typedef int (*process_fn)(void *ctx, const struct process *process);
int process_scan(const char *proc, enum rss_reading reading, process_fn fn, void *ctx,
		 uint32_t passed_over[SKIP_MAX], struct process_unseen *ret_unseen);

#endif /* OOMTRACE_PROC_PROCESS_H */
