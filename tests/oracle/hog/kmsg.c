// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The kernel log, record by record: no tool of busybox reads it without blocking. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "hog.h"

int dump_kmsg(long long after, bool last_only)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[16384];
	long long seq = -1;

	if (fd < 0)
		die("cannot open /dev/kmsg");
	for (;;) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 &&
		    errno == EPIPE) /* overwritten while reading: go on with what is left */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		sscanf(record, "%*u,%lld", &seq);
		if (!last_only && seq > after)
			fwrite(record, 1, n, stdout);
	}
	if (last_only)
		printf("%lld\n", seq);
	return 0;
}
