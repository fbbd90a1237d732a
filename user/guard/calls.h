/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which system calls a thread can make: seccomp. */
#ifndef OOMTRACE_GUARD_CALLS_H
#define OOMTRACE_GUARD_CALLS_H

#include <linux/filter.h>
#include <stdbool.h>

#include "lib/thread.h"

struct calls {
	struct sock_fprog program; /* filter NULL: there is none */
};

/*
 * Makes the filter of a thread of this @duty; with @writes it can open files for writing, if its
 * duty has any to do with files. Returns 0 or a negative errno.
 */
int calls_prepare(struct calls *calls, enum thread_duty duty, bool writes);
/* The calling thread can make these calls alone. Allocates nothing. 0 or a negative errno. */
int calls_enter(const struct calls *calls);
void calls_free(struct calls *calls);

/* 0: this kernel has what is needed; or a negative errno. */
int calls_offered(void);

#endif /* OOMTRACE_GUARD_CALLS_H */
