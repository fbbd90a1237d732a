/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the few lines of a log that a report can begin with, among gigabytes of others: looks for
 * several words at once and skips what can hold none of them (Wu and Manber's search).
 */
#ifndef OOMTRACE_CORE_LOGSCAN_H
#define OOMTRACE_CORE_LOGSCAN_H

#include <stddef.h>
#include <stdint.h>

#define LOGSCAN_SLOTS 4096

struct logscan {
	uint8_t shift[LOGSCAN_SLOTS]; /* by the last two bytes of the window */
};

void logscan_init(struct logscan *scan);

/*
 * Where in @len bytes the first of the words is, or @len. Of words that lie across the end nothing
 * is seen.
 */
size_t logscan_find(const struct logscan *scan, const char *bytes, size_t len);

#endif /* OOMTRACE_CORE_LOGSCAN_H */
