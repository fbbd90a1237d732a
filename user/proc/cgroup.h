/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the cgroup hierarchies are mounted. */
#ifndef OOMTRACE_PROC_CGROUP_H
#define OOMTRACE_PROC_CGROUP_H

#include <limits.h>
#include <stddef.h>

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

/* Which version's memory controller is mounted here; CGROUP_NONE when neither is. */
enum cgroup_version cgroup_memory_version(void);

/*
 * Where a version 1 memory controller, and where a version 2 hierarchy, is
 * mounted, by the text of /proc/self/mountinfo; "" where it is not.
 */
void cgroup_find_mounts(const char *mountinfo, size_t len, char ret_v1_memory[PATH_MAX],
			char ret_v2[PATH_MAX]);

/* The same by this process's own mounts. */
void cgroup_mounts(char ret_v1_memory[PATH_MAX], char ret_v2[PATH_MAX]);

/* Where this process has a version 1 memory controller mounted. Returns 0, or -ENOENT. */
int cgroup_v1_memory_mount(char ret_point[PATH_MAX]);

/*
 * A cgroup as a person names it, as its path from the hierarchy's root: one
 * below a cgroup mount of @mountinfo loses the mount point and gains what the
 * mount itself shows of the hierarchy; any other is taken as it is. No slash
 * at the end but for the root. Returns 0, -EINVAL ("" or a ".." in it) or
 * -ENAMETOOLONG.
 */
int cgroup_resolve(const char *mountinfo, size_t len, const char *named, char ret_path[PATH_MAX]);

/* The same by this process's own mounts. */
int cgroup_path(const char *named, char ret_path[PATH_MAX]);

#endif /* OOMTRACE_PROC_CGROUP_H */
