/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A cgroup's path with pseudonyms for its directories, of the same shape. */
#ifndef OOMTRACE_CORE_REDACT_PATH_H
#define OOMTRACE_CORE_REDACT_PATH_H

#include <stddef.h>

#include "core/pseudonym.h"

/*
 * Writes @path, each directory replaced, into @ret_text of @size bytes. Equal directories have
 * equal pseudonyms, so that what lies below what can still be seen. What a directory is by its
 * name (core/container.h: of a container, a pod, a user, a unit) it is after it; those that every
 * host has (system.slice, kubepods) stay. Returns the length, or -ENOSPC with @ret_text undefined.
 */
int redact_path(struct pseudonyms *names, const char *path, char *ret_text, size_t size);

/* A container's id or name, and a pod's uid, as they are in a path. Each returns likewise. */
int redact_container(struct pseudonyms *names, const char *id, char *ret_text, size_t size);
int redact_pod_uid(struct pseudonyms *names, const char *uid, char *ret_text, size_t size);

#endif /* OOMTRACE_CORE_REDACT_PATH_H */
