/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The cgroups whose OOM killer is disabled: memory.oom_control of version 1 of the memory
 * controller. Nobody is killed in those; who gets no memory waits for somebody to help.
 */
#ifndef OOMTRACE_PROC_OOMCONTROL_H
#define OOMTRACE_PROC_OOMCONTROL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define OOM_DISABLED_GROUPS 32 /* that are named; the rest is counted */

struct oom_disabled {
	uint32_t count; /* of groups[] */
	uint32_t more;  /* groups beyond those */
	struct {
		char path[PATH_MAX]; /* from the hierarchy's root */
		bool under_oom;      /* somebody waits there now */
	} groups[OOM_DISABLED_GROUPS];
};

/*
 * Looks through the hierarchy below the directory @top, which is the cgroup @base ("/": the root).
 * A directory that cannot be read is passed by: a cgroup may go at any time.
 */
void oom_disabled_below(const char *top, const char *base, struct oom_disabled *ret_disabled);

/* The same where this process has version 1 mounted; nothing where it has not. */
void oom_disabled_here(struct oom_disabled *ret_disabled);

#endif /* OOMTRACE_PROC_OOMCONTROL_H */
