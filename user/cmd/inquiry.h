/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What to look up about a victim, as soon as a record of the kernel names it. */
#ifndef OOMTRACE_CMD_INQUIRY_H
#define OOMTRACE_CMD_INQUIRY_H

#include <stdbool.h>
#include <stddef.h>

#include "proc/lookup.h"

/*
 * Asks @lookup what the kernel's @record, 8-aligned, does not say of the victim that it names, if
 * it names one. The victim may be gone at any moment: call this first. @no_cmdline: the command
 * line is not wanted. What the queue has no room for is not looked up.
 */
void inquire(struct lookup *lookup, const void *record, size_t len, bool no_cmdline);

#endif /* OOMTRACE_CMD_INQUIRY_H */
