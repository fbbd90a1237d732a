/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file of --metrics: written whole beside its name and moved there, so that who reads it never
 * sees half of one, and by a thread of its own, so that a slow disk costs nobody else.
 */
#ifndef OOMTRACE_SINK_METRICSFILE_H
#define OOMTRACE_SINK_METRICSFILE_H

#include <stddef.h>

struct metricsfile;

/*
 * Starts the thread for @path, whose directory must be there. Returns 0 and sets *@ret_file, or a
 * negative errno after having said why.
 */
int metricsfile_new(const char *path, struct metricsfile **ret_file);

/*
 * Has @text written, 0644. Never waits: what comes while the one before is still being written and
 * another waits is left out, the next one being as good.
 */
void metricsfile_put(struct metricsfile *file, const char *text, size_t len);

/* Writes what waits, for a second at most, and ends the thread. NULL is fine. */
void metricsfile_free(struct metricsfile *file);

#endif /* OOMTRACE_SINK_METRICSFILE_H */
