/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Cgroup paths, from the root of their hierarchy. */
#ifndef OOMTRACE_CORE_PATH_H
#define OOMTRACE_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/wire.h"

/* Room for any path that fits on the wire, the mark of a truncated one and the NUL. */
#define PATH_TEXT_LEN (WIRE_PATH_LEN + WIRE_PATH_NAME + 8)

/* What a truncated path begins with, in place of the directories that are missing. */
#define PATH_TRUNCATED "..."

/*
 * Writes @path, names deepest first, as "/system.slice/app.service" ("/" for the root) into
 * @ret_text of @size bytes, and whether upper directories are missing into @ret_truncated. Such a
 * path begins with ".../". Returns its length, -ENODATA when it is not known, -EBADMSG when its
 * names are not what the wire promises, -ENAMETOOLONG when it does not fit.
 */
int path_from_wire(const struct wire_path *path, char *ret_text, size_t size, bool *ret_truncated);

/*
 * Whether @path is @subtree or lies below it. Slashes at the end of @subtree do not count. A
 * truncated path lies below nothing: where it lies is not known.
 */
bool path_within(const char *path, const char *subtree);

#endif /* OOMTRACE_CORE_PATH_H */
