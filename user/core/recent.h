/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How often a cgroup has lately been killed in: a service that is restarted and killed again says
 * by its fifth kill what none of them says alone. A bounded table by path; a cgroup that was
 * killed in least recently gives way. Allocates nothing after recent_new().
 */
#ifndef OOMTRACE_CORE_RECENT_H
#define OOMTRACE_CORE_RECENT_H

#include "core/episode.h"

#define RECENT_CGROUPS 64  /* that are remembered */
#define RECENT_TIMES   128 /* kills of one: of more than that, the last ones are told */

struct recent;

/* NULL when memory is not to be had. */
struct recent *recent_new(void);
void recent_free(struct recent *recent);

/* Forgets everything: what follows is of another host, or another boot. */
void recent_forget(struct recent *recent);

/*
 * Notes @episode's kill, one however many victims it has, and sets its recent_kills and
 * recent_span_ns: from RECENT_KILLS on within RECENT_WITHIN_NS, both ends included, else 0. The
 * cgroup is the memcg that ran out, otherwise the victim's; one whose path is not known, or not
 * whole, is not counted. A victim that is chosen again while it dies is the same kill.
 */
void recent_note(struct recent *recent, struct episode *episode);

#endif /* OOMTRACE_CORE_RECENT_H */
