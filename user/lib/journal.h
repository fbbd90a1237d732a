/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What systemd's journal makes of what a service writes: each line is a message, whose level (of
 * syslog.h) it takes from a prefix, sd-daemon(3).
 */
#ifndef OOMTRACE_LIB_JOURNAL_H
#define OOMTRACE_LIB_JOURNAL_H

#include <stdbool.h>

/*
 * A longer line is broken into several messages, the further ones without a prefix: LineMax= of
 * journald.conf(5), unless it says otherwise.
 */
#define JOURNAL_LINE_MAX (48 * 1024)

/*
 * Whether the journal reads what is written to @fd: systemd says by JOURNAL_STREAM which socket
 * that is. False where it cannot be told.
 */
bool journal_reads(int fd);

#endif /* OOMTRACE_LIB_JOURNAL_H */
