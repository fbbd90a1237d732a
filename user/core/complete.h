/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills in what a backend could not see of an episode from the kernel's own report of it. */
#ifndef OOMTRACE_CORE_COMPLETE_H
#define OOMTRACE_CORE_COMPLETE_H

#include "core/episode.h"
#include "core/klog.h"

/*
 * Completes @episode. Where the report names another memcg than the backend took it for, the
 * report is right: the path is replaced, and what was measured of the other memcg (its usage, the
 * points relative to its limit, the runner-up by those points, the candidates within it) is
 * taken back. Strings of @report are referred to, not copied.
 */
void complete_from_klog(struct episode *episode, const struct klog_report *report);

#endif /* OOMTRACE_CORE_COMPLETE_H */
