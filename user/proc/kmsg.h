/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel log through /dev/kmsg. */
#ifndef OOMTRACE_PROC_KMSG_H
#define OOMTRACE_PROC_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One message that the kernel itself wrote, as /dev/kmsg gives it:
 * "priority,sequence,microseconds,flags;text". @len bytes that live until the return.
 */
typedef void (*kmsg_fn)(void *ctx, const char *line, size_t len);

/*
 * Opens the log behind its last message, so that only new ones are read.
 * Returns a file descriptor, or a negative errno.
 */
int kmsg_open(void);

/* Opens the log at the oldest message that it still holds. Returns as kmsg_open() does. */
int kmsg_open_oldest(void);

/* So many messages had been overwritten before they were read, at least. */
typedef void (*kmsg_missed_fn)(void *ctx, uint64_t messages);

/* How far a reader has come; begins as nothing but zeros. */
struct kmsg_place {
	bool begun;
	uint64_t next; /* the number of the message behind the last one, with begun */
};

/*
 * Hands every message of the kernel that waits to @fn, and what is missing before it to @missed
 * (or NULL). Returns how many were handed, or a negative errno.
 */
int kmsg_drain(int fd, struct kmsg_place *place, kmsg_fn fn, kmsg_missed_fn missed, void *ctx);

/*
 * The number of a record of /dev/kmsg. Returns 0 and sets *@ret_number, or -EBADMSG for what is no
 * record.
 */
int kmsg_number(const char *record, size_t len, uint64_t *ret_number);

/*
 * The first line of one record of /dev/kmsg, without its end; what follows are
 * the device's properties. Returns its length, or -EBADMSG for what is no
 * record, and for one that user space wrote: it proves nothing.
 */
int kmsg_line(const char *record, size_t len);

/* Whether a message can be part of an OOM report that oomtrace reads. */
bool kmsg_is_oom(const char *line, size_t len);

#endif /* OOMTRACE_PROC_KMSG_H */
