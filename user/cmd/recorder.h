/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a recording (core/recording.h) while it happens. */
#ifndef OOMTRACE_CMD_RECORDER_H
#define OOMTRACE_CMD_RECORDER_H

#include <stdbool.h>
#include <stddef.h>

struct recorder;

/*
 * Begins @path anew. Returns 0 and sets *@ret_recorder, or a negative errno
 * after having said why.
 */
int recorder_new(const char *path, struct recorder **ret_recorder);

/* Writes what is left and closes the file. NULL is fine. */
void recorder_free(struct recorder *recorder);

/* Adds one record. A file that cannot be written is told once, and ends there. */
void recorder_add(struct recorder *recorder, const void *record, size_t len);

/* Hands what was added to the kernel. */
void recorder_flush(struct recorder *recorder);

/* Whether something could not be written: what is in the file is good as far as it goes. */
bool recorder_failed(const struct recorder *recorder);

#endif /* OOMTRACE_CMD_RECORDER_H */
