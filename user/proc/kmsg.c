/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/klog.h"
#include "lib/cleanup.h"

#define KMSG_PATH         "/dev/kmsg"
#define KMSG_RECORD_BYTES 8192 /* CONSOLE_EXT_LOG_MAX, kernel/printk: a shorter read is refused */
#define USER_PRIORITY     8    /* facility times 8 plus level: the kernel is facility 0 */

int kmsg_open(void)
{
	int fd = open(KMSG_PATH, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (lseek(fd, 0, SEEK_END) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

int kmsg_line(const char *record, size_t len)
{
	const char *text = memchr(record, ';', len), *end;
	unsigned int priority = 0;
	size_t i;

	if (!text)
		return -EBADMSG;
	for (i = 0; i < len && record[i] >= '0' && record[i] <= '9' && i < 4; i++)
		priority = priority * 10 + (unsigned int)(record[i] - '0');
	if (!i || record[i] != ',' || priority >= USER_PRIORITY)
		return -EBADMSG;
	end = memchr(text, '\n', len - (size_t)(text - record));
	return (int)((end ? end : record + len) - record);
}

int kmsg_drain(int fd, kmsg_fn fn, void *ctx)
{
	char record[KMSG_RECORD_BYTES];
	int handed = 0;

	for (;;) {
		ssize_t n = read(fd, record, sizeof(record));
		int len;

		/* EPIPE: messages were overwritten; the next read is of the oldest that is left. */
		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (n < 0)
			return errno == EAGAIN ? handed : -errno;
		if (!n)
			return handed;
		len = kmsg_line(record, (size_t)n);
		if (len < 0)
			continue;
		fn(ctx, record, (size_t)len);
		handed++;
	}
}

static bool contains(const char *line, size_t len, const char *word)
{
	return memmem(line, len, word, strlen(word)) != NULL;
}

static void count_kill(void *ctx, const char *line, size_t len)
{
	if (contains(line, len, "Killed process "))
		++*(int *)ctx;
}

int kmsg_count_kills(void)
{
	scope_close int fd = open(KMSG_PATH, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int kills = 0, n;

	if (fd < 0)
		return -errno;
	n = kmsg_drain(fd, count_kill, &kills);
	return n < 0 ? n : kills;
}

bool kmsg_is_oom(const char *line, size_t len)
{
	/*
	 * Header, summary, kill and what the kernel says instead; what the memory was used
	 * for. Not the task table: the candidates were read.
	 */
	static const char *const words[] = {
		" invoked oom-killer: ", "oom-kill:constraint=", "Killed process ",
		"Out of memory",         "out of memory",        "are going to be killed",
		"already exiting",       "oom_reaper: ",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (contains(line, len, words[i]))
			return true;
	return klog_wants(line, len);
}
