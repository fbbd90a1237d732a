/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file descriptor that a thread of its own writes to, from a bounded queue (lib/queue.h). A
 * reader that stalls and a disk that is slow cost that queue, then records, which are counted;
 * never memory, nor more of the time of who puts than WRITER_PATIENCE_NS in one stall.
 */
#ifndef OOMTRACE_LIB_WRITER_H
#define OOMTRACE_LIB_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How long a reader is waited for that reads, but not fast enough; until it has caught up. */
#define WRITER_PATIENCE_NS 500000000ULL
/* One that has taken nothing for so long has stalled, and is waited for no more. */
#define WRITER_STALL_NS 50000000ULL
/* At the end: how long one may take nothing, a file and anything else; and how long in all. */
#define WRITER_FILE_GRACE_NS 5000000000ULL
#define WRITER_PIPE_GRACE_NS 500000000ULL
#define WRITER_END_NS        10000000000ULL

struct writer;

/* Another descriptor for the same output, or a negative errno. Called in the writer's thread. */
typedef int (*writer_reopen_fn)(void *ctx);

struct writer_options {
	int fd;      /* stays the caller's */
	int news_fd; /* an eventfd: is made readable when writer_state() is worth another look */
	size_t queue_bytes;
	/*
	 * Records are lines: after one that could not be written whole the next is on a line of its
	 * own. Otherwise they are parts of a file, of which nothing is written after a failure.
	 */
	bool lines;
	writer_reopen_fn reopen; /* or NULL */
	void *reopen_ctx;
};

struct writer_state {
	uint64_t failed; /* records that were taken from who put them and could not be written */
	int error;       /* of the last of them, a negative errno; 0: none */
	bool gone;       /* nobody reads it any more: EPIPE, which is no failure */
	bool behind;     /* records were refused, and it has not caught up yet */
};

/* Takes all its memory. Returns 0 and sets *@ret_writer, or -ENOMEM, or another negative errno. */
int writer_new(const struct writer_options *options, struct writer **ret_writer);

/* Starts the thread; until then records wait in the queue. Returns 0 or a negative errno. */
int writer_start(struct writer *writer);

/*
 * Appends to the record. Returns 0, -EAGAIN where the queue has no room because it is not emptied
 * fast enough, or -EPIPE where nobody reads any more; after that the rest of the record is refused.
 */
int writer_put(struct writer *writer, const void *data, size_t len);

/*
 * Before a record: whether @len bytes of it would be taken now, waiting for them as writer_put()
 * does.
 */
bool writer_await_room(struct writer *writer, size_t len);

/* Ends the record. Returns 0, or what kept it from being taken whole: then it counts as refused. */
int writer_end(struct writer *writer);

/* Whether a record of up to a quarter of the queue would be taken now, without a wait. */
bool writer_has_room(const struct writer *writer);

void writer_state(const struct writer *writer, struct writer_state *ret_state);

/* Has the descriptor replaced (logs rotate) before the next record. */
void writer_reopen(struct writer *writer);

/* Nothing more will be put. */
void writer_close(struct writer *writer);

/*
 * After writer_close(), waits until all is written. Once @cancel_fd (or -1) is readable, only as
 * long as something is taken; *@cancelled_ns, 0 at first and shared by all writers that end
 * together, is when that was seen. Returns how many records were given up.
 */
uint64_t writer_finish(struct writer *writer, int cancel_fd, uint64_t *cancelled_ns);

/* Ends the thread, without waiting for a reader. One that hangs is left behind. NULL is fine. */
void writer_free(struct writer *writer);

#endif /* OOMTRACE_LIB_WRITER_H */
