/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/loop.h"
#include "lib/queue.h"
#include "lib/thread.h"

#define PIECE_BYTES (64 * 1024) /* of what is larger than the queue; of one write() to a file */
#define JOIN_MS     100         /* for a thread that has been told to end */
#define NS_PER_S    1000000000ULL
#define NS_PER_MS   1000000ULL

/* Tags of queued pieces. */
#define PIECE_FIRST 1U
#define PIECE_LAST  2U

struct writer {
	struct writer_options options;
	struct queue *queue;
	bool started;
	pthread_t thread;
	/* Eventfds: no reader is to be waited for any longer; the thread has ended. */
	int stop_fd, end_fd;
	bool is_file;
	/* Of who puts: */
	int error;      /* of the open record */
	bool in_pieces; /* its beginning has been handed over */
	uint64_t patience_ns;
	/* Of the thread: */
	int fd;         /* as options.fd */
	size_t at_once; /* bytes per write() */
	bool torn;      /* what was written last did not end a line */
	bool skipping;  /* the rest of a record that has failed */
	/* Of both: */
	_Atomic uint64_t failed, moved_ns;
	_Atomic int last_error;
	_Atomic bool gone, behind, reopening;
	/* Set by whichever of thread and owner is done with all this first; the other releases it.
	 */
	_Atomic bool left;
};

static void tell(const struct writer *writer)
{
	eventfd_write(writer->options.news_fd, 1);
}

/* --- the thread --- */

/*
 * Waits until the descriptor takes PIPE_BUF bytes without blocking, which is what POLLOUT promises
 * of a pipe: so that the thread can be told to end. Returns 0, -ECANCELED or a negative errno.
 */
static int wait_writable(const struct writer *writer)
{
	struct pollfd fds[] = {
		{.fd = writer->fd, .events = POLLOUT},
		{.fd = writer->stop_fd, .events = POLLIN},
	};

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	return fds[0].revents ? 0 : -ECANCELED;
}

static int write_all(struct writer *writer, const char *data, size_t len)
{
	while (len) {
		int err = wait_writable(writer);
		ssize_t written;

		if (err)
			return err;
		written = write(writer->fd, data, len < writer->at_once ? len : writer->at_once);
		if (written > 0) {
			data += written;
			len -= (size_t)written;
			writer->torn = data[-1] != '\n';
			atomic_store(&writer->moved_ns, loop_now());
		} else if (written == 0) {
			return -EIO;
		} else if (errno != EINTR && errno != EAGAIN) {
			return -errno;
		}
	}
	return 0;
}

static void note_failure(struct writer *writer, int error)
{
	if (error == -EPIPE) {
		atomic_store(&writer->gone, true);
	} else {
		atomic_store(&writer->last_error, error);
		atomic_fetch_add(&writer->failed, 1);
	}
	tell(writer);
}

static void write_piece(struct writer *writer, const struct queue_record *piece)
{
	int error = 0;

	if (piece->tag & PIECE_FIRST)
		writer->skipping = false;
	if (atomic_load(&writer->gone) || writer->skipping)
		return;
	if (!writer->options.lines && atomic_load(&writer->last_error)) {
		error = atomic_load(&writer->last_error); /* a file goes as far as it was good */
	} else {
		if (writer->options.lines && writer->torn && (piece->tag & PIECE_FIRST))
			error = write_all(writer, "\n", 1);
		if (!error)
			error = write_all(writer, piece->data, piece->len);
	}
	if (!error)
		return;
	writer->skipping = true;
	note_failure(writer, error);
}

static void look_at(struct writer *writer, int fd)
{
	struct stat status;
	writer->fd = fd;
	writer->is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	writer->at_once = writer->is_file ? PIECE_BYTES : PIPE_BUF;
}

static void reopen(struct writer *writer)
{
	int fd = writer->options.reopen(writer->options.reopen_ctx);

	if (fd < 0) {
		note_failure(writer, fd);
		return;
	}
	/* Behind the same descriptor, the caller's: nobody has the old file then. */
	if (dup3(fd, writer->fd, O_CLOEXEC) < 0)
		note_failure(writer, -errno);
	else
		writer->torn = false;
	close(fd);
}

/* It has caught up: what was refused meanwhile can be told. */
static void catch_up(struct writer *writer)
{
	if (queue_waiting(writer->queue) == 0 && atomic_exchange(&writer->behind, false))
		tell(writer);
}

static void release(struct writer *writer)
{
	if (writer->stop_fd >= 0)
		close(writer->stop_fd);
	if (writer->end_fd >= 0)
		close(writer->end_fd);
	queue_free(writer->queue);
	free(writer);
}

static void *run(void *argument)
{
	struct writer *writer = argument;
	struct queue_record piece;
	bool whole = true;

	for (;;) {
		int error;

		if (whole && atomic_exchange(&writer->reopening, false))
			reopen(writer);
		catch_up(writer);
		error = queue_take(writer->queue, QUEUE_FOREVER, &piece);
		if (error == -ESHUTDOWN)
			break;
		if (error)
			continue;
		write_piece(writer, &piece);
		whole = piece.tag & PIECE_LAST;
		queue_release(writer->queue);
	}
	eventfd_write(writer->end_fd, 1);
	if (atomic_exchange(&writer->left, true))
		release(writer);
	return NULL;
}

/* --- who puts --- */

int writer_new(const struct writer_options *options, struct writer **ret_writer)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int error;

	if (!writer)
		return -ENOMEM;
	writer->options = *options;
	writer->patience_ns = WRITER_PATIENCE_NS;
	look_at(writer, options->fd);
	writer->stop_fd = eventfd(0, EFD_CLOEXEC);
	writer->end_fd = eventfd(0, EFD_CLOEXEC);
	error = writer->stop_fd < 0 || writer->end_fd < 0
			? -errno
			: queue_new(options->queue_bytes, &writer->queue);
	if (error) {
		release(writer);
		return error;
	}
	*ret_writer = writer;
	return 0;
}

int writer_start(struct writer *writer)
{
	int error = thread_start(THREAD_WRITER, THREAD_STACK_MIN, run, writer, &writer->thread);

	writer->started = !error;
	return error;
}

static bool is_too_large(const struct writer *writer, size_t len)
{
	return queue_open(writer->queue) + len > QUEUE_RECORD_MAX(writer->options.queue_bytes);
}

/* Hands over what there is of the open record, before its end. */
static int commit_piece(struct writer *writer, uint32_t last)
{
	uint32_t first = writer->in_pieces ? 0 : PIECE_FIRST;

	writer->in_pieces = !last;
	return queue_commit(writer->queue, first | last);
}

/* Waits for room while there is patience, and a reader that takes something. */
static bool await_room(struct writer *writer, size_t len)
{
	while (queue_room(writer->queue) < len) {
		uint64_t moved = atomic_load(&writer->moved_ns), began = loop_now(), took;
		uint64_t wait = writer->patience_ns < WRITER_STALL_NS ? writer->patience_ns
								      : WRITER_STALL_NS;
		bool released;

		if (!wait || !writer->started || atomic_load(&writer->gone))
			return false;
		released = queue_await_release(writer->queue, wait);
		took = loop_now() - began;
		if (!released && atomic_load(&writer->moved_ns) == moved)
			took = writer->patience_ns; /* it has stalled */
		writer->patience_ns -= took < writer->patience_ns ? took : writer->patience_ns;
	}
	return true;
}

bool writer_await_room(struct writer *writer, size_t len)
{
	return await_room(writer, len);
}

/* Puts a record that no queue holds whole, from where it has become that. */
static int put_pieces(struct writer *writer, const char *data, size_t len)
{
	while (len) {
		size_t open = queue_open(writer->queue), room = queue_room(writer->queue);
		size_t piece = len;

		if (open >= PIECE_BYTES) {
			commit_piece(writer, 0);
			continue;
		}
		if (piece > PIECE_BYTES - open)
			piece = PIECE_BYTES - open;
		if (piece > QUEUE_RECORD_MAX(writer->options.queue_bytes))
			piece = QUEUE_RECORD_MAX(writer->options.queue_bytes);
		if (room < piece && open) {
			commit_piece(writer, 0);
			continue;
		}
		if (!await_room(writer, piece))
			return -EAGAIN;
		queue_put(writer->queue, data, piece);
		data += piece;
		len -= piece;
	}
	return 0;
}

int writer_put(struct writer *writer, const void *data, size_t len)
{
	if (!writer->error && atomic_load(&writer->gone))
		writer->error = -EPIPE;
	if (writer->error)
		return writer->error;
	if (!writer->in_pieces && queue_room(writer->queue) >= len)
		return queue_put(writer->queue, data, len);
	if (!writer->in_pieces && !is_too_large(writer, len))
		writer->error =
			await_room(writer, len) ? queue_put(writer->queue, data, len) : -EAGAIN;
	else if (!writer->in_pieces && !writer->patience_ns)
		writer->error = -EAGAIN; /* it would only be torn */
	else
		writer->error = put_pieces(writer, data, len);
	return writer->error;
}

int writer_end(struct writer *writer)
{
	int error = writer->error;

	if (error)
		queue_abort(writer->queue);
	else
		error = commit_piece(writer, PIECE_LAST) ? -EAGAIN : 0;
	if (error == -EAGAIN)
		atomic_store(&writer->behind, true);
	else if (queue_waiting(writer->queue) <= 1)
		writer->patience_ns = WRITER_PATIENCE_NS;
	writer->in_pieces = false;
	writer->error = 0;
	/* It may have caught up just before it was called behind. */
	if (error == -EAGAIN)
		queue_wake(writer->queue);
	return error;
}

bool writer_has_room(const struct writer *writer)
{
	return queue_room(writer->queue) >= writer->options.queue_bytes / 4;
}

void writer_state(const struct writer *writer, struct writer_state *ret_state)
{
	*ret_state = (struct writer_state){
		.failed = atomic_load(&writer->failed),
		.error = atomic_load(&writer->last_error),
		.gone = atomic_load(&writer->gone),
		.behind = atomic_load(&writer->behind),
	};
}

void writer_reopen(struct writer *writer)
{
	if (!writer->options.reopen)
		return;
	atomic_store(&writer->reopening, true);
	queue_wake(writer->queue);
}

void writer_close(struct writer *writer)
{
	queue_close(writer->queue, QUEUE_FOREVER);
}

/* How long something must still be waited for that was last written, after @cancelled_ns. */
static uint64_t stall_left(const struct writer *writer, uint64_t cancelled_ns)
{
	uint64_t grace = writer->is_file ? WRITER_FILE_GRACE_NS : WRITER_PIPE_GRACE_NS;
	uint64_t since = atomic_load(&writer->moved_ns), now = loop_now(), until;

	until = (since > cancelled_ns ? since : cancelled_ns) + grace;
	if (until > cancelled_ns + WRITER_END_NS)
		until = cancelled_ns + WRITER_END_NS;
	return until > now ? until - now : 0;
}

uint64_t writer_finish(struct writer *writer, int cancel_fd, uint64_t *cancelled_ns)
{
	while (writer->started) {
		struct pollfd fds[] = {
			{.fd = writer->end_fd, .events = POLLIN},
			{.fd = *cancelled_ns ? -1 : cancel_fd, .events = POLLIN},
		};
		uint64_t left = *cancelled_ns ? stall_left(writer, *cancelled_ns) : 0;

		if (*cancelled_ns && !left)
			break;
		poll(fds, 2, *cancelled_ns ? (int)(left / NS_PER_MS) + 1 : -1);
		if (fds[0].revents & POLLIN)
			break;
		if (fds[1].revents)
			*cancelled_ns = loop_now();
	}
	return queue_waiting(writer->queue);
}

/* One that hangs in write() is left behind. */
static void end_thread(struct writer *writer)
{
	struct timespec until;

	queue_close(writer->queue, 0);
	eventfd_write(writer->stop_fd, 1);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += JOIN_MS * (long)NS_PER_MS;
	if (until.tv_nsec >= (long)NS_PER_S) {
		until.tv_nsec -= (long)NS_PER_S;
		until.tv_sec++;
	}
	if (pthread_clockjoin_np(writer->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
		pthread_detach(writer->thread);
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->started)
		end_thread(writer);
	if (!writer->started || atomic_exchange(&writer->left, true))
		release(writer);
}
