/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What /proc and uname say about this host and this process. Each parser takes
 * bytes and a length, so that it can be tried without the host.
 */
#ifndef OOMTRACE_PROC_HOST_H
#define OOMTRACE_PROC_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

/* All that was found; a text that was not is "", a number that was not is WIRE_NONE_U64. */
struct host_facts {
	char host[WIRE_TEXT_LEN];
	char boot_id[WIRE_TEXT_LEN];
	char kernel[WIRE_TEXT_LEN];
	char arch[WIRE_TEXT_LEN];
	char lockdown[WIRE_TEXT_LEN]; /* none, integrity or confidentiality */
	uint64_t page_size;
	uint64_t mem_total_bytes;
	uint64_t swap_total_bytes;
	uint64_t vm_swappiness; /* /proc/sys/vm/swappiness */
	uint64_t threads;       /* of all processes: no fewer than there are processes */
	uint64_t oom_kills;     /* since boot, by the kernel's count */
	uint64_t exec_ns;       /* boot_ns at which this process started, in ticks of 10 ms */
	bool own_pids;          /* this process's pid namespace is not the host's */
};

/* Reads them. What cannot be read stays unknown: there is nothing to fail. */
void host_read(struct host_facts *ret_facts);

/* SwapTotal now in bytes, or WIRE_NONE_U64. */
uint64_t host_swap_total(void);

/* A descriptor that polls POLLPRI when swap is added or removed, or a negative errno. */
int host_watch_swap(void);

/*
 * A descriptor that polls POLLPRI when a host name is set, in this or another UTS namespace, or a
 * negative errno.
 */
int host_watch_name(void);

/* The host's name now; unchanged where it cannot be had. */
void host_name(char ret_name[WIRE_TEXT_LEN]);

/* oom_kill of /proc/vmstat now, or WIRE_NONE_U64. */
uint64_t host_oom_kills(void);

/*
 * The number after @key, a whole word at the start of a line of @text, as in
 * /proc/vmstat ("oom_kill 7") and /proc/meminfo ("MemTotal:  24 kB").
 * Returns 0, or -ENOENT.
 */
int find_number(const char *text, size_t len, const char *key, uint64_t *ret_value);

/* The total in "0.00 0.01 0.05 1/234 5678", /proc/loadavg. Returns 0, or -EBADMSG. */
int loadavg_threads(const char *text, size_t len, uint64_t *ret_threads);

/* The word in brackets of "none [integrity] confidentiality". Returns 0, or -EBADMSG. */
int lockdown_level(const char *text, size_t len, char *ret_level, size_t size);

#endif /* OOMTRACE_PROC_HOST_H */
