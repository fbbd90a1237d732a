/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packed files, through the programs that unpack them: none of that is done in this process. */
#ifndef OOMTRACE_CMD_UNPACK_H
#define OOMTRACE_CMD_UNPACK_H

#include <sys/types.h>

#define UNPACK_MAGIC 6 /* bytes that tell what a file is packed with */

struct unpack {
	int fd;              /* to be read from */
	const char *program; /* NULL: it was not packed */
	pid_t pid, feeder;   /* or 0 */
};

/*
 * Makes *@ret_unpack give what @fd holds, unpacked where its first bytes say that it is packed with
 * gzip, xz or zstd. Bytes that had to be read to know are put into @head, and their number into
 * *@ret_head. Takes @fd over. Returns 0, or a negative errno after having said why not.
 */
int unpack_open(int fd, const char *name, char head[UNPACK_MAGIC], size_t *ret_head,
		struct unpack *ret_unpack);

/* Ends it. Returns 0, or -EBADMSG after having said so where the program could not unpack it. */
int unpack_close(struct unpack *unpack, const char *name);

#endif /* OOMTRACE_CMD_UNPACK_H */
