/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which episodes a person asked for. */
#ifndef OOMTRACE_CORE_FILTER_H
#define OOMTRACE_CORE_FILTER_H

#include "core/episode.h"

/* All that is set must hold; what is not known of an episode does not match. */
struct filter {
	uint32_t pid;       /* of a victim; 0: any */
	const char *cgroup; /* at or above a victim's cgroup, or the memcg that ran out; NULL: any
			     */
	const char *comm;   /* of a victim, as far as the kernel keeps it; NULL: any */
	/* Of a victim's cgroup, or of the memcg that ran out (core/container.h); NULL: any. */
	const char *unit, *container, *pod;
};

/* Whether it asks for anything at all. */
bool filter_is_set(const struct filter *filter);

/* Whether @episode is one that @filter asks for. An empty filter asks for all. */
bool filter_matches(const struct filter *filter, const struct episode *episode);

/* The same for a decision without a victim: what is asked of a victim does not match. */
bool filter_matches_memcg(const struct filter *filter, const struct episode *episode);

/* The same for one process on its own. */
bool filter_matches_task(const struct filter *filter, const struct task *task);

#endif /* OOMTRACE_CORE_FILTER_H */
