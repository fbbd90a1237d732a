/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which files a thread can open: Landlock, of the version that the kernel has. */
#ifndef OOMTRACE_GUARD_PATHS_H
#define OOMTRACE_GUARD_PATHS_H

#include <stddef.h>

/*
 * A set of rules: what is read after attaching, and the directories of the @n files that are
 * @written. Returns its descriptor, or a negative errno: -ENOSYS before Linux 5.13, -EOPNOTSUPP
 * where it has been turned off.
 */
int paths_prepare(const char *const *written, size_t n);
/* The calling thread opens nothing else any more. Returns 0 or a negative errno. */
int paths_enter(int rules);
/* Closes it, if it is one. */
void paths_free(int rules);

/* 0: this kernel has it; or a negative errno. */
int paths_offered(void);

#endif /* OOMTRACE_GUARD_PATHS_H */
