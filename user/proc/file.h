/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Small files of /proc and /sys, read whole. */
#ifndef OOMTRACE_PROC_FILE_H
#define OOMTRACE_PROC_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads up to @size - 1 bytes of @path and ends them with a NUL. Returns how
 * many, or a negative errno.
 */
ssize_t file_read(const char *path, char *ret_text, size_t size);

#endif /* OOMTRACE_PROC_FILE_H */
