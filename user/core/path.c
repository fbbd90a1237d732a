// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/path.h"

#include <errno.h>
#include <string.h>

int path_from_wire(const struct wire_path *path, char *ret_text, size_t size, bool *ret_truncated)
{
	const char *mark = path->truncated ? PATH_TRUNCATED : "";
	size_t out = strlen(mark), len = path->len, slashes = 0;

	if (!path->known)
		return -ENODATA;
	if (len > sizeof(path->names) || (len && path->names[len - 1] != '\0'))
		return -EBADMSG;
	/* Every name gives up its NUL for a slash: the text is as long as the names are. */
	if (out + (len ? len : 1) >= size)
		return -ENAMETOOLONG;

	memcpy(ret_text, mark, out);
	while (len > 0) {
		size_t end = len - 1, start = end;

		while (start > 0 && path->names[start - 1] != '\0')
			start--;
		if (end > start) { /* an empty name is nobody's directory */
			ret_text[out++] = '/';
			memcpy(ret_text + out, path->names + start, end - start);
			out += end - start;
			slashes++;
		}
		len = start;
	}
	if (!slashes)
		ret_text[out++] = '/';
	ret_text[out] = '\0';
	*ret_truncated = path->truncated;
	return (int)out;
}

bool path_within(const char *path, const char *subtree)
{
	size_t len = strlen(subtree);

	if (path[0] != '/')
		return false;
	while (len > 0 && subtree[len - 1] == '/')
		len--;
	return !strncmp(path, subtree, len) && (path[len] == '\0' || path[len] == '/');
}
