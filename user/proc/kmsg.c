/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/klog.h"

#define KMSG_PATH         "/dev/kmsg"
#define KMSG_RECORD_BYTES 8192 /* CONSOLE_EXT_LOG_MAX, kernel/printk: a shorter read is refused */
#define USER_PRIORITY     8    /* facility times 8 plus level: the kernel is facility 0 */

int kmsg_open_oldest(void)
{
	int fd = open(KMSG_PATH, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int kmsg_open(void)
{
	int fd = kmsg_open_oldest();

	if (fd < 0)
		return fd;
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

int kmsg_number(const char *record, size_t len, uint64_t *ret_number)
{
	const char *at = memchr(record, ',', len), *end = record + len;
	uint64_t number = 0;

	if (!at || ++at == end || *at < '0' || *at > '9')
		return -EBADMSG;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return -EBADMSG;
	*ret_number = number;
	return 0;
}

/* Takes note of a record's number, and tells what is missing before it. */
static void note_number(struct kmsg_place *place, const char *record, size_t len,
			kmsg_missed_fn missed, void *ctx)
{
	uint64_t number;

	if (kmsg_number(record, len, &number))
		return;
	if (place->begun && number > place->next && missed)
		missed(ctx, number - place->next);
	place->begun = true;
	place->next = number + 1;
}

int kmsg_drain(int fd, struct kmsg_place *place, kmsg_fn fn, kmsg_missed_fn missed, void *ctx)
{
	char record[KMSG_RECORD_BYTES];
	int handed = 0;

	for (;;) {
		ssize_t n = read(fd, record, sizeof(record));
		int len;

		if (n < 0 && errno == EINTR)
			continue;
		/* Messages were overwritten; the next read is of the oldest that is left. */
		if (n < 0 && errno == EPIPE) {
			if (!place->begun && missed)
				missed(ctx, 1); /* how many, only a number before would tell */
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? handed : -errno;
		if (!n)
			return handed;
		note_number(place, record, (size_t)n, missed, ctx);
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
