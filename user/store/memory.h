/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* SQLite's memory, where it must not ask the kernel for any. */
#ifndef OOMTRACE_STORE_MEMORY_H
#define OOMTRACE_STORE_MEMORY_H

#include <stddef.h>

/*
 * From now on all that SQLite allocates in this process comes from @bytes that are taken, and
 * touched, here; where they do not suffice, it fails with -ENOMEM. To be called once, before any
 * store is opened. Returns 0 or a negative errno.
 */
int store_memory_take(size_t bytes);

/* What SQLite had of it at most. */
size_t store_memory_peak(void);

#endif /* OOMTRACE_STORE_MEMORY_H */
