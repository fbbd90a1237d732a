/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/self.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/thread.h"

#define LARGE_BYTES (64 * 1024)  /* gets pages of its own */
#define STACK_BYTES (256 * 1024) /* of the first thread: several times what it uses */

int self_spare_open(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int self_spare(int fd, int adj)
{
	char text[16];
	int error = 0, len = snprintf(text, sizeof(text), "%d", adj);

	if (fd < 0)
		return fd;
	if (write(fd, text, (size_t)len) < 0)
		error = -errno;
	close(fd);
	return error;
}

void self_share_heap(void)
{
	mallopt(M_ARENA_MAX, 1);
	/* A limit that is set does not move: what is large is given back as soon as it is freed. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
}

int self_lock_memory(void)
{
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	/* What was needed to attach only. */
	malloc_trim(0);
	/* A stack that is locked may not grow beyond the limit of what a process may lock. */
	thread_touch_stack(STACK_BYTES);
	/* Nor may anything be added, if it is to be locked: then what comes later is not. */
	return mlockall(setrlimit(RLIMIT_MEMLOCK, &unlimited) ? MCL_CURRENT
							      : MCL_CURRENT | MCL_FUTURE)
		       ? -errno
		       : 0;
}
