/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Positions only grow; modulo the size they are places in the ring. A record is a struct header and
 * its bytes, padded to 8. One that would cross the ring's end begins at its start instead, and a
 * header of SKIPPED stands where it would have begun: there is always room for that, all places
 * being multiples of its size.
 */
#include "lib/queue.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/loop.h"
#include "lib/pool.h"

#define SIZE_LEAST 64
#define SIZE_MOST  (1U << 31)
#define SKIPPED    UINT32_MAX
#define NS_PER_S   1000000000ULL
#define CACHE_LINE 64

struct header {
	uint32_t len; /* SKIPPED: the next one is at the ring's start */
	uint32_t tag;
};

/*
 * What a thread sleeps on. Who rings stores the news first, who sleeps looks for news after having
 * read the count: so either the news is seen, or the count has moved and futex(2) does not sleep.
 */
struct bell {
	_Atomic uint32_t rung;
	_Atomic uint32_t sleeping; /* spares a system call where nobody is */
};

struct queue {
	size_t size;
	char *ring;
	/* Of the thread that puts: */
	_Alignas(CACHE_LINE) uint64_t begin; /* of the open record's header */
	size_t len;                          /* of the open record */
	bool open, refused;
	uint64_t released_seen;
	/* Moved by it, read by both: */
	_Alignas(CACHE_LINE) _Atomic uint64_t committed;
	_Atomic uint64_t records_in;
	_Atomic uint64_t deadline;
	_Atomic bool closed, woken;
	struct bell news;
	/* Moved by the thread that takes: */
	_Alignas(CACHE_LINE) _Atomic uint64_t released;
	_Atomic uint64_t records_out;
	struct bell room;
	uint64_t taken; /* where the record after those given begins; 0: none is given */
	uint64_t given; /* records */
};

static uint64_t padded(uint64_t len)
{
	return (len + sizeof(struct header) - 1) & ~(sizeof(struct header) - 1);
}

static char *place(const struct queue *queue, uint64_t position)
{
	return queue->ring + position % queue->size;
}

int queue_new(size_t size, struct queue **ret_queue)
{
	struct queue *queue;

	size = padded(size < SIZE_LEAST ? SIZE_LEAST : size);
	if (size > SIZE_MOST)
		return -EINVAL;
	queue = aligned_alloc(CACHE_LINE, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	memset(queue, 0, sizeof(*queue));
	queue->size = size;
	queue->ring = pool_take(size);
	if (!queue->ring) {
		free(queue);
		return -ENOMEM;
	}
	atomic_init(&queue->deadline, QUEUE_FOREVER);
	*ret_queue = queue;
	return 0;
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	pool_free(queue->ring);
	free(queue);
}

static void ring(struct bell *bell)
{
	atomic_fetch_add(&bell->rung, 1);
	if (atomic_load(&bell->sleeping))
		syscall(SYS_futex, &bell->rung, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Sleeps unless it was rung since @rung was read; may return early. */
static void sleep_on(struct bell *bell, uint32_t rung, uint64_t timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / NS_PER_S),
		.tv_nsec = (long)(timeout_ns % NS_PER_S),
	};

	atomic_store(&bell->sleeping, 1);
	syscall(SYS_futex, &bell->rung, FUTEX_WAIT_PRIVATE, rung,
		timeout_ns == QUEUE_FOREVER ? NULL : &timeout, NULL, 0);
	atomic_store(&bell->sleeping, 0);
}

/* --- the thread that puts --- */

/* Where a record must begin that cannot lie at @begin for the ring's end: at its start. */
static uint64_t next_start(const struct queue *queue, uint64_t begin)
{
	return begin - begin % queue->size + queue->size;
}

/*
 * How long a record that begins at @begin may become, with its header; 0 where there is no room.
 * Places are compared by one value of @released: by two, a record could move to the ring's start
 * for want of room that was there a moment later, and lack at the start what it had where it came
 * from.
 */
static uint64_t span(const struct queue *queue, uint64_t released, uint64_t begin)
{
	uint64_t to_end = queue->size - begin % queue->size;
	uint64_t free_until = released + queue->size;
	uint64_t left = free_until > begin ? free_until - begin : 0;

	return left < to_end ? left : to_end;
}

static bool fits(const struct queue *queue, uint64_t released, uint64_t begin, size_t len)
{
	return span(queue, released, begin) >= sizeof(struct header) + len;
}

/* Moves the open record, or where it will be, to the ring's start. */
static void move_to_start(struct queue *queue)
{
	static const struct header skip = {.len = SKIPPED};
	uint64_t to = next_start(queue, queue->begin);

	/* Both are this thread's, and apart: all between them was taken. */
	memcpy(place(queue, to) + sizeof(skip), place(queue, queue->begin) + sizeof(skip),
	       queue->len);
	memcpy(place(queue, queue->begin), &skip, sizeof(skip));
	queue->begin = to;
}

static void open_record(struct queue *queue)
{
	if (queue->open)
		return;
	queue->begin = atomic_load_explicit(&queue->committed, memory_order_relaxed);
	queue->len = 0;
	queue->refused = false;
	queue->open = true;
}

/* Makes room for @more bytes behind the open record. Returns 0 or -ENOSPC. */
static int make_room(struct queue *queue, size_t more)
{
	size_t len = queue->len + more;

	if (queue->refused || len < more)
		return -ENOSPC;
	/* Before the look at what is free: what is released after it is worth another try. */
	queue->released_seen = atomic_load(&queue->released);
	if (fits(queue, queue->released_seen, queue->begin, len))
		return 0;
	if (fits(queue, queue->released_seen, next_start(queue, queue->begin), len)) {
		move_to_start(queue);
		return 0;
	}
	return -ENOSPC;
}

int queue_put(struct queue *queue, const void *data, size_t len)
{
	open_record(queue);
	if (make_room(queue, len)) {
		queue->refused = true;
		return -ENOSPC;
	}
	if (len)
		memcpy(place(queue, queue->begin) + sizeof(struct header) + queue->len, data, len);
	queue->len += len;
	return 0;
}

size_t queue_room(const struct queue *queue)
{
	uint64_t begin = queue->open ? queue->begin : atomic_load(&queue->committed);
	uint64_t released = atomic_load(&queue->released);
	size_t used = sizeof(struct header) + queue_open(queue);
	uint64_t here = span(queue, released, begin);
	uint64_t there = span(queue, released, next_start(queue, begin));
	uint64_t most = here > there ? here : there;

	return queue->open && queue->refused ? 0 : most > used ? most - used : 0;
}

size_t queue_open(const struct queue *queue)
{
	return queue->open ? queue->len : 0;
}

void queue_abort(struct queue *queue)
{
	queue->open = false;
}

int queue_commit(struct queue *queue, uint32_t tag)
{
	struct header header = {.tag = tag};

	open_record(queue);
	if (make_room(queue, 0)) {
		queue_abort(queue);
		return -ENOSPC;
	}
	header.len = (uint32_t)queue->len;
	memcpy(place(queue, queue->begin), &header, sizeof(header));
	queue->open = false;
	atomic_fetch_add(&queue->records_in, 1);
	atomic_store(&queue->committed, queue->begin + sizeof(header) + padded(queue->len));
	ring(&queue->news);
	return 0;
}

bool queue_await_release(struct queue *queue, uint64_t timeout_ns)
{
	uint64_t now = loop_now(), released;
	uint64_t until = timeout_ns < QUEUE_FOREVER - now ? now + timeout_ns : QUEUE_FOREVER;

	for (;;) {
		uint32_t rung = atomic_load(&queue->room.rung);

		released = atomic_load(&queue->released);
		if (released != queue->released_seen || now >= until)
			break;
		sleep_on(&queue->room, rung, until - now);
		now = loop_now();
	}
	if (released == queue->released_seen)
		return false;
	queue->released_seen = released;
	return true;
}

void queue_close(struct queue *queue, uint64_t deadline_boot_ns)
{
	atomic_store(&queue->deadline, deadline_boot_ns);
	atomic_store(&queue->closed, true);
	ring(&queue->news);
}

void queue_wake(struct queue *queue)
{
	atomic_store(&queue->woken, true);
	ring(&queue->news);
}

/* --- the thread that takes --- */

static void release_until(struct queue *queue, uint64_t position)
{
	atomic_store(&queue->released, position);
	ring(&queue->room);
}

/* The record at @position. Returns whether there is one. */
static bool look_at(struct queue *queue, uint64_t position, struct queue_record *ret_record)
{
	uint64_t end = atomic_load(&queue->committed);
	struct header header;

	if (position == end)
		return false;
	memcpy(&header, place(queue, position), sizeof(header));
	if (header.len == SKIPPED) {
		position = next_start(queue, position);
		/* Nothing that was given lies before it: that much room is free already. */
		if (!queue->given)
			release_until(queue, position);
		memcpy(&header, place(queue, position), sizeof(header));
	}
	queue->taken = position + sizeof(header) + padded(header.len);
	queue->given++;
	ret_record->data = place(queue, position) + sizeof(header);
	ret_record->len = header.len;
	ret_record->tag = header.tag;
	return true;
}

/* The oldest record. Returns whether there is one. */
static bool look(struct queue *queue, struct queue_record *ret_record)
{
	queue->given = 0;
	return look_at(queue, atomic_load_explicit(&queue->released, memory_order_relaxed),
		       ret_record);
}

/* Less than @timeout_ns where the deadline comes before; 0 when it has passed. */
static uint64_t until_deadline(const struct queue *queue, uint64_t timeout_ns)
{
	uint64_t deadline = atomic_load(&queue->deadline), now;

	if (deadline == QUEUE_FOREVER)
		return timeout_ns;
	now = loop_now();
	if (now >= deadline)
		return 0;
	return deadline - now < timeout_ns ? deadline - now : timeout_ns;
}

static bool is_over(const struct queue *queue)
{
	return atomic_load(&queue->closed) && !until_deadline(queue, QUEUE_FOREVER);
}

int queue_take(struct queue *queue, uint64_t timeout_ns, struct queue_record *ret_record)
{
	uint64_t until = timeout_ns == QUEUE_FOREVER ? QUEUE_FOREVER : loop_now() + timeout_ns;

	for (;;) {
		uint32_t rung = atomic_load(&queue->news.rung);
		bool closed = atomic_load(&queue->closed);
		uint64_t now;

		if (is_over(queue))
			return -ESHUTDOWN;
		if (atomic_exchange(&queue->woken, false))
			return -EAGAIN;
		if (look(queue, ret_record))
			return 0;
		/* It was closed before that look: nothing can have come after it. */
		if (closed)
			return -ESHUTDOWN;
		now = until == QUEUE_FOREVER ? 0 : loop_now();
		if (until != QUEUE_FOREVER && now >= until)
			return -EAGAIN;
		sleep_on(&queue->news, rung, until == QUEUE_FOREVER ? QUEUE_FOREVER : until - now);
	}
}

int queue_take_more(struct queue *queue, struct queue_record *ret_record)
{
	return queue->taken && look_at(queue, queue->taken, ret_record) ? 0 : -EAGAIN;
}

void queue_release(struct queue *queue)
{
	if (!queue->taken)
		return;
	atomic_fetch_add(&queue->records_out, queue->given);
	release_until(queue, queue->taken);
	queue->taken = 0;
	queue->given = 0;
}

/* --- both --- */

uint64_t queue_deadline(const struct queue *queue)
{
	return atomic_load(&queue->deadline);
}

uint64_t queue_waiting(const struct queue *queue)
{
	uint64_t out = atomic_load(&queue->records_out);

	return atomic_load(&queue->records_in) - out;
}
