/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory of the program's own that tracing does not need any more once it has begun: libraries that
 * loading took, tables for unwinding. It is a file's, and can be read again.
 */
#ifndef OOMTRACE_LIB_COLD_H
#define OOMTRACE_LIB_COLD_H

#include <stdbool.h>
#include <stddef.h>

/* Gives back the whole pages of the @len bytes at @begin, constants or text, locked or not. */
void cold_give_back(const void *begin, size_t len);

/*
 * Gives back the libraries that are not needed while nothing but records come: with @stores those
 * of a store are. To be called after memory has been locked.
 */
void cold_give_back_libraries(bool stores);

#endif /* OOMTRACE_LIB_COLD_H */
