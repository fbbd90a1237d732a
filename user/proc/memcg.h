/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Memory cgroups as their directories show them, version 1 and 2. */
#ifndef OOMTRACE_PROC_MEMCG_H
#define OOMTRACE_PROC_MEMCG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/episode.h"

/* A mounted memory controller. */
struct memcg_mount {
	const char *point; /* "/sys/fs/cgroup" */
	bool v1;
};

/* One cgroup as it is now. */
struct memcg_state {
	struct memcg memcg;                /* path: the caller's */
	bool oom_kill_disabled, under_oom; /* version 1, memory.oom_control */
	bool has_swappiness;
	uint64_t swappiness; /* version 1, its own */
};

/*
 * Reads the cgroup @path, from the hierarchy's root. What has no file (the root of version 2 has
 * no limit) is unlimited or not known. Returns 0, or a negative errno when the directory cannot be
 * read: -ENOENT, -EACCES.
 */
int memcg_read(const struct memcg_mount *mount, const char *path, struct memcg_state *ret_state);

/*
 * Hands every cgroup of the mount that has a limit, or a disabled OOM killer, to @fn; its path
 * lives until @fn returns. Goes 64 levels deep. Returns 0, a negative errno, or what @fn returned
 * when that was not 0. Cgroups that vanish meanwhile, or may not be read, are passed over.
 */
typedef int (*memcg_fn)(void *ctx, const struct memcg_state *state);
int memcg_walk(const struct memcg_mount *mount, memcg_fn fn, void *ctx);

#endif /* OOMTRACE_PROC_MEMCG_H */
