/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The store's file, before SQLite opens it: nobody's link, and nobody else's to read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/remedy.h"
#include "store/parts.h"

/* Gives @fd's file to the group that may read it. Returns 0 or a negative errno. */
static int set_group(int fd, const struct store_options *options)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (st.st_gid != options->group && fchown(fd, (uid_t)-1, options->group))
		return -errno;
	/* Not less than was there: what somebody allowed stays allowed. */
	return fchmod(fd, (st.st_mode & 07777) | 0640) ? -errno : 0;
}

int store_make_file(const char *path, const struct store_options *options, bool create,
		    char ret_error[STORE_ERROR_LEN])
{
	/* SQLite gives -wal and -shm the mode and the owner that the file itself has. */
	int how = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	scope_close int fd = open(path, how | (create ? O_CREAT : 0), 0600);
	struct stat st;
	int error = 0;

	if (fd < 0)
		error = -errno;
	else if (fstat(fd, &st))
		error = -errno;
	else if (!S_ISREG(st.st_mode))
		error = -EISDIR;
	else if (options && options->has_group)
		error = set_group(fd, options);
	if (error)
		snprintf(ret_error, STORE_ERROR_LEN, "%s%s",
			 error == -EISDIR ? "it is no file" : strerror(-error),
			 remedy_of_open(-error));
	return error;
}
