/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory that is there: every page of it is touched when it is taken, so that none has to be found
 * while memory is short. calloc() and a memset() to 0, which compilers make a calloc() of, leave
 * that to the first use.
 */
#ifndef OOMTRACE_LIB_POOL_H
#define OOMTRACE_LIB_POOL_H

#include <stddef.h>

/* @size bytes of zeros, 8-aligned, or NULL. */
void *pool_take(size_t size);

void pool_free(void *memory);

#endif /* OOMTRACE_LIB_POOL_H */
