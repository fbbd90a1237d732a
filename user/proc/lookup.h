/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What /proc and the kubelet's logs say of a victim, asked for while it dies.
 *
 * A thread of its own does the asking: /proc/PID/cmdline takes the mmap lock of
 * a dying process, and a directory may have to come from a disk. Between it and
 * the event loop is one bounded queue; all memory is taken when it is made.
 */
#ifndef OOMTRACE_PROC_LOOKUP_H
#define OOMTRACE_PROC_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/container.h"

#define LOOKUP_QUEUE  64  /* questions that wait or whose answers were not taken yet */
#define LOOKUP_END_MS 100 /* how long a thread that hangs is waited for at the end */

/* Where the host's files are; what is pointed to outlives the lookup. */
struct lookup_roots {
	const char *proc; /* "/proc" */
	const char *pods; /* "/var/log/pods": a directory NAMESPACE_POD_UID per pod */
};

struct lookup_question {
	uint32_t pid;
	uint64_t start_ns; /* start_boottime of the process */
	uint64_t boot_ns;  /* of the record it is asked for; the answer carries it */
	bool cmdline;
	char pod_uid[CONTAINER_UID_LEN + 1]; /* as in struct container; "": no pod */
};

struct lookup;

/* Starts the thread. Returns 0 and sets *@ret_lookup, or a negative errno. */
int lookup_new(const struct lookup_roots *roots, struct lookup **ret_lookup);

/*
 * Ends the thread. One that hangs in the kernel is left behind with what it
 * holds, for the end of the process to take along. NULL is fine.
 */
void lookup_free(struct lookup *lookup);

/* Readable when answers wait. Belongs to the lookup. */
int lookup_fd(const struct lookup *lookup);

/* Never waits. Returns false where the queue is full: then nothing will be known. */
bool lookup_ask(struct lookup *lookup, const struct lookup_question *question);

/*
 * The next answer; of its head only boot_ns is set. What could not be found is
 * "" or 0 in it. Returns false when none waits.
 */
bool lookup_take(struct lookup *lookup, struct wire_detail *ret_detail);

/* Questions whose answers were not taken yet. */
uint32_t lookup_pending(const struct lookup *lookup);

#endif /* OOMTRACE_PROC_LOOKUP_H */
