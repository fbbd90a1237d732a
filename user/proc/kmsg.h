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

/*
 * Hands every message of the kernel that waits to @fn. Messages overwritten before they were
 * read are skipped. Returns how many were handed, or a negative errno.
 */
int kmsg_drain(int fd, kmsg_fn fn, void *ctx);

/* How many "Killed process" lines the log still holds, or a negative errno. */
int kmsg_count_kills(void);

/*
 * The first line of one record of /dev/kmsg, without its end; what follows are
 * the device's properties. Returns its length, or -EBADMSG for what is no
 * record, and for one that user space wrote: it proves nothing.
 */
int kmsg_line(const char *record, size_t len);

/* Whether a message can be part of an OOM report that oomtrace reads. */
bool kmsg_is_oom(const char *line, size_t len);

#endif /* OOMTRACE_PROC_KMSG_H */
