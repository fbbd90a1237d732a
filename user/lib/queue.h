/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bounded queue of records between two threads: one puts, the other takes. All its memory is
 * there from the start, nobody takes a lock, and who puts never waits: what does not fit is
 * refused, for the caller to count.
 *
 * A record is put piece by piece, its length unknown until it is committed, and lies in one piece
 * for who takes it. One of up to QUEUE_RECORD_MAX(size) bytes always fits into an empty queue.
 */
#ifndef OOMTRACE_LIB_QUEUE_H
#define OOMTRACE_LIB_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUEUE_RECORD_MAX(size) ((size) / 2 - 16)
#define QUEUE_FOREVER          UINT64_MAX

struct queue;

struct queue_record {
	const void *data; /* 8-aligned; until queue_release() */
	size_t len;
	uint32_t tag; /* as it was committed */
};

/*
 * Takes and touches @size bytes (rounded up to a multiple of 8, at least 64, under 2 GiB). Returns
 * 0 and sets *@ret_queue, -EINVAL or -ENOMEM.
 */
int queue_new(size_t size, struct queue **ret_queue);

/* To be called when the other thread has ended. NULL is fine. */
void queue_free(struct queue *queue);

/* --- the thread that puts --- */

/*
 * Appends to the open record; the first call opens one. Returns 0, or -ENOSPC where there is no
 * room: nothing of @data is appended then, and the record can be committed no more, only aborted.
 */
int queue_put(struct queue *queue, const void *data, size_t len);

/* How many bytes the next queue_put() could append. */
size_t queue_room(const struct queue *queue);

/* How many bytes the open record has. */
size_t queue_open(const struct queue *queue);

/*
 * Hands the open record over, with @tag for who takes it. Returns 0, or -ENOSPC when any part of it
 * did not fit: it is aborted then.
 */
int queue_commit(struct queue *queue, uint32_t tag);

/* Forgets the open record, if there is one. */
void queue_abort(struct queue *queue);

/*
 * Waits until something is released, but for @timeout_ns at most; for records that are larger than
 * the queue. Returns whether anything was released since it last said so, or since queue_put() or
 * queue_commit() found no room.
 */
bool queue_await_release(struct queue *queue, uint64_t timeout_ns);

/*
 * Nothing more will come. What waits is to be taken before @deadline_boot_ns (CLOCK_BOOTTIME, as
 * loop_now(); QUEUE_FOREVER: whenever). May be called again for another deadline.
 */
void queue_close(struct queue *queue, uint64_t deadline_boot_ns);

/* Makes queue_take() return -EAGAIN once where it waits: there is something else to look at. */
void queue_wake(struct queue *queue);

/* --- the thread that takes --- */

/*
 * The oldest record, which stays the oldest until queue_release(). Waits for @timeout_ns at most
 * (0: not at all; QUEUE_FOREVER). Returns 0; -EAGAIN when none came, or queue_wake() was called; or
 * -ESHUTDOWN when the queue is closed and there are no more, or its deadline has passed.
 */
int queue_take(struct queue *queue, uint64_t timeout_ns, struct queue_record *ret_record);

/*
 * The record after the last one given, without waiting for one: all that were given stay until
 * queue_release(), and queue_take() begins with the oldest again. Returns 0 or -EAGAIN.
 */
int queue_take_more(struct queue *queue, struct queue_record *ret_record);

/* Done with the records that queue_take() and queue_take_more() gave. */
void queue_release(struct queue *queue);

/* --- both --- */

/* When what waits is no longer to be taken, as queue_close() was told; QUEUE_FOREVER before. */
uint64_t queue_deadline(const struct queue *queue);

/* Records that were committed and not released. */
uint64_t queue_waiting(const struct queue *queue);

#endif /* OOMTRACE_LIB_QUEUE_H */
