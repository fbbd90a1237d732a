/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"

ssize_t file_read(const char *path, char *ret_text, size_t size)
{
	scope_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return -errno;
	while (used < size - 1) {
		ssize_t n = read(fd, ret_text + used, size - 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		used += (size_t)n;
	}
	ret_text[used] = '\0';
	return (ssize_t)used;
}
