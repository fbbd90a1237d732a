// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/outbuf.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/pool.h"
#include "lib/queue.h"
#include "lib/writer.h"

/* A line is made of thousands of bits and pieces, each of which would cost a look at the queue. */
#define QUEUE_PIECE 4096

int outbuf_init(struct outbuf *out, int fd, int cancel_fd, size_t size)
{
	char *data = pool_take(size);

	if (!data)
		return -ENOMEM;
	*out = (struct outbuf){.fd = fd, .cancel_fd = cancel_fd, .size = size, .data = data};
	return 0;
}

void outbuf_init_writer(struct outbuf *out, struct writer *writer)
{
	*out = (struct outbuf){.writer = writer, .fd = -1, .cancel_fd = -1};
}

int outbuf_init_queue(struct outbuf *out, struct queue *queue)
{
	int error = outbuf_init(out, -1, -1, QUEUE_PIECE);

	if (!error)
		out->queue = queue;
	return error;
}

void outbuf_free(struct outbuf *out)
{
	pool_free(out->data);
	*out = (struct outbuf){.fd = -1};
}

/*
 * Waits until the descriptor takes PIPE_BUF bytes without blocking, which is
 * what POLLOUT promises of a pipe. A reader that has stopped is so never waited
 * for in write(), where a signal that goes to a signalfd would not be noticed.
 */
static int wait_writable(const struct outbuf *out)
{
	struct pollfd fds[] = {
		{.fd = out->fd, .events = POLLOUT},
		{.fd = out->cancel_fd, .events = POLLIN},
	};

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	return fds[0].revents ? 0 : -ECANCELED;
}

static int write_all(struct outbuf *out, const char *data, size_t len)
{
	while (len) {
		int err = wait_writable(out);
		ssize_t written;

		if (err)
			return err;
		written = write(out->fd, data, len < PIPE_BUF ? len : PIPE_BUF);
		if (written > 0) {
			data += written;
			len -= (size_t)written;
			out->torn = data[-1] != '\n';
			continue;
		}
		if (written == 0)
			err = -EIO;
		else if (errno != EINTR && errno != EAGAIN)
			err = -errno;
		if (err)
			return err;
	}
	return 0;
}

static void flush_piece(struct outbuf *out)
{
	if (!out->error)
		out->error = out->queue ? queue_put(out->queue, out->data, out->len)
					: write_all(out, out->data, out->len);
	out->len = 0;
}

static void put_raw(struct outbuf *out, const void *data, size_t len)
{
	const char *from = data;

	if (out->writer) {
		if (!out->error)
			out->error = writer_put(out->writer, data, len);
		return;
	}
	while (len && !out->error) {
		size_t room = out->size - out->len;
		size_t piece = len < room ? len : room;

		memcpy(out->data + out->len, from, piece);
		out->len += piece;
		from += piece;
		len -= piece;
		if (out->len == out->size)
			flush_piece(out);
	}
}

void outbuf_level(struct outbuf *out, int level)
{
	if (level < 0)
		*out->level = '\0';
	else
		snprintf(out->level, sizeof(out->level), "<%d>", level & LOG_PRIMASK);
}

void outbuf_put(struct outbuf *out, const void *data, size_t len)
{
	const char *from = data;

	if (!*out->level) {
		put_raw(out, data, len);
		return;
	}
	while (len) {
		const char *end = memchr(from, '\n', len);
		size_t piece = end ? (size_t)(end - from) + 1 : len;

		if (!out->midline)
			put_raw(out, out->level, strlen(out->level));
		put_raw(out, from, piece);
		out->midline = !end;
		from += piece;
		len -= piece;
	}
}

void outbuf_puts(struct outbuf *out, const char *text)
{
	outbuf_put(out, text, strlen(text));
}

void outbuf_putc(struct outbuf *out, char c)
{
	outbuf_put(out, &c, 1);
}

int outbuf_end(struct outbuf *out)
{
	int err;

	out->midline = false;
	if (out->writer) {
		err = writer_end(out->writer);
		out->error = 0;
		return err;
	}
	if (out->len)
		flush_piece(out);
	err = out->error;
	out->error = 0;
	/* Half a line must not swallow the one after it: the next record begins with its end. */
	if (err && out->torn)
		out->data[out->len++] = '\n';
	return err;
}
