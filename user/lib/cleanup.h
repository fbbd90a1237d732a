/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Owners clean up by scope: a variable marked here is released when it goes
 * out of scope, on every path out of the function.
 */
#ifndef OOMTRACE_LIB_CLEANUP_H
#define OOMTRACE_LIB_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* A heap pointer, freed. */
#define scope_free __attribute__((cleanup(cleanup_free)))
/* A file descriptor, closed unless negative. */
#define scope_close __attribute__((cleanup(cleanup_close)))
/* A stdio stream, closed unless NULL. */
#define scope_fclose __attribute__((cleanup(cleanup_fclose)))

#endif /* OOMTRACE_LIB_CLEANUP_H */
