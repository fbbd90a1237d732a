/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/loop.h"
#include "lib/queue.h"

#define SIZE      256
#define MS        1000000ULL
#define A_LONG_MS (20000 * MS) /* only a broken queue is waited for that long */

static struct queue *made(size_t size)
{
	struct queue *queue;

	assert_int_equal(queue_new(size, &queue), 0);
	return queue;
}

static void put(struct queue *queue, const char *text, uint32_t tag)
{
	assert_int_equal(queue_put(queue, text, strlen(text)), 0);
	assert_int_equal(queue_commit(queue, tag), 0);
}

static void expect(struct queue *queue, const char *text, uint32_t tag)
{
	struct queue_record record;

	assert_int_equal(queue_take(queue, 0, &record), 0);
	assert_int_equal(record.len, strlen(text));
	assert_memory_equal(record.data, text, record.len);
	assert_int_equal(record.tag, tag);
	assert_int_equal((uintptr_t)record.data % 8, 0);
	queue_release(queue);
}

static void expect_none(struct queue *queue)
{
	struct queue_record record;

	assert_int_equal(queue_take(queue, 0, &record), -EAGAIN);
}

static void records_come_in_order_with_their_tags(void **state)
{
	struct queue *queue = made(SIZE);

	(void)state;
	expect_none(queue);
	put(queue, "one", 1);
	put(queue, "", 2);
	assert_int_equal(queue_put(queue, "th", 2), 0);
	assert_int_equal(queue_open(queue), 2);
	assert_int_equal(queue_waiting(queue), 2);
	expect(queue, "one", 1);
	expect(queue, "", 2);
	expect_none(queue);
	assert_int_equal(queue_put(queue, "ree", 3), 0);
	assert_int_equal(queue_commit(queue, 3), 0);
	expect(queue, "three", 3);
	assert_int_equal(queue_waiting(queue), 0);
	queue_free(queue);
}

static void a_record_stays_the_oldest_until_released(void **state)
{
	struct queue *queue = made(SIZE);
	struct queue_record first, again;

	(void)state;
	put(queue, "one", 1);
	put(queue, "two", 2);
	assert_int_equal(queue_take(queue, 0, &first), 0);
	assert_int_equal(queue_take(queue, 0, &again), 0);
	assert_ptr_equal(first.data, again.data);
	queue_release(queue);
	queue_release(queue); /* a second time does nothing */
	expect(queue, "two", 2);
	queue_free(queue);
}

static void an_aborted_record_was_never_there(void **state)
{
	struct queue *queue = made(SIZE);

	(void)state;
	queue_abort(queue);
	assert_int_equal(queue_put(queue, "no", 2), 0);
	queue_abort(queue);
	expect_none(queue);
	put(queue, "yes", 1);
	expect(queue, "yes", 1);
	queue_free(queue);
}

static void what_does_not_fit_is_refused_and_the_rest_stays(void **state)
{
	struct queue *queue = made(SIZE);
	char large[SIZE] = {0};
	size_t room;

	(void)state;
	put(queue, "kept", 1);
	room = queue_room(queue);
	assert_int_equal(queue_put(queue, large, room + 1), -ENOSPC);
	assert_int_equal(queue_put(queue, "", 0), -ENOSPC);
	assert_int_equal(queue_room(queue), 0);
	assert_int_equal(queue_commit(queue, 2), -ENOSPC);
	assert_int_equal(queue_room(queue), room);
	assert_int_equal(queue_put(queue, large, room), 0);
	assert_int_equal(queue_room(queue), 0);
	assert_int_equal(queue_put(queue, "x", 1), -ENOSPC);
	assert_int_equal(queue_commit(queue, 2), -ENOSPC);
	assert_int_equal(queue_put(queue, large, room), 0);
	assert_int_equal(queue_commit(queue, 3), 0);
	/* Full to the last byte: not even an empty record. */
	assert_int_equal(queue_commit(queue, 4), -ENOSPC);
	expect(queue, "kept", 1);
	assert_int_equal(queue_waiting(queue), 1);
	queue_free(queue);
}

/* Wherever in the ring it stands: one record after another of the largest size that is promised. */
static void the_largest_record_fits_into_an_empty_queue_anywhere(void **state)
{
	char large[QUEUE_RECORD_MAX(SIZE) + 1];
	struct queue *queue = made(SIZE);

	(void)state;
	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	for (uint32_t i = 0; i < 100; i++) {
		put(queue, "12345678", i);
		expect(queue, "12345678", i);
		assert_true(queue_room(queue) >= QUEUE_RECORD_MAX(SIZE));
		put(queue, large, i);
		expect(queue, large, i);
	}
	queue_free(queue);
}

static void an_open_record_moves_to_the_start_whole(void **state)
{
	struct queue *queue = made(SIZE);
	char text[101] = "";

	(void)state;
	put(queue, "0123456789012345678901234567890123456789012345678901234567890123456789", 1);
	expect(queue, "0123456789012345678901234567890123456789012345678901234567890123456789", 1);
	put(queue, "0123456789012345678901234567890123456789", 2);
	expect(queue, "0123456789012345678901234567890123456789", 2);
	for (int i = 0; i < 100; i++) {
		text[i] = (char)('a' + i % 26);
		assert_int_equal(queue_put(queue, text + i, 1), 0);
	}
	assert_int_equal(queue_commit(queue, 3), 0);
	expect(queue, text, 3);
	queue_free(queue);
}

static void a_closed_queue_gives_what_it_has_and_then_says_so(void **state)
{
	struct queue *queue = made(SIZE);
	struct queue_record record;

	(void)state;
	put(queue, "last", 1);
	queue_close(queue, QUEUE_FOREVER);
	expect(queue, "last", 1);
	assert_int_equal(queue_take(queue, QUEUE_FOREVER, &record), -ESHUTDOWN);
	queue_free(queue);
}

static void after_the_deadline_nothing_is_given(void **state)
{
	struct queue *queue = made(SIZE);
	struct queue_record record;
	uint64_t deadline = loop_now();

	(void)state;
	put(queue, "late", 1);
	queue_close(queue, deadline);
	assert_int_equal(queue_deadline(queue), deadline);
	assert_int_equal(queue_take(queue, QUEUE_FOREVER, &record), -ESHUTDOWN);
	assert_int_equal(queue_waiting(queue), 1);
	queue_free(queue);
}

static void a_woken_consumer_returns_without_a_record(void **state)
{
	struct queue *queue = made(SIZE);
	struct queue_record record;

	(void)state;
	queue_wake(queue);
	put(queue, "then", 1);
	assert_int_equal(queue_take(queue, QUEUE_FOREVER, &record), -EAGAIN);
	expect(queue, "then", 1);
	queue_free(queue);
}

static void waiting_ends_with_its_time(void **state)
{
	struct queue *queue = made(SIZE);
	struct queue_record record;
	uint64_t before = loop_now();

	(void)state;
	assert_int_equal(queue_take(queue, 10 * MS, &record), -EAGAIN);
	assert_true(loop_now() - before >= 10 * MS);
	put(queue, "unread", 1);
	assert_false(queue_await_release(queue, 1 * MS));
	queue_free(queue);
}

static void a_size_that_no_queue_has_is_refused(void **state)
{
	struct queue *queue = NULL;

	(void)state;
	assert_int_equal(queue_new((size_t)1 << 40, &queue), -EINVAL);
	assert_null(queue);
}

/* --- two threads --- */

#define RECORDS 30000

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

struct consumer {
	struct queue *queue;
	uint32_t seed;
	bool slow; /* now and then */
	uint64_t records, wrong;
};

/* Each record: its number in the tag, and a length and bytes that follow from it. */
static size_t length_of(uint32_t tag)
{
	uint32_t seed = tag;

	return next_random(&seed) % QUEUE_RECORD_MAX(SIZE);
}

static bool is_whole(const struct queue_record *record)
{
	const unsigned char *bytes = record->data;

	if (record->len != length_of(record->tag))
		return false;
	for (size_t i = 0; i < record->len; i++) {
		if (bytes[i] != (unsigned char)(record->tag + i))
			return false;
	}
	return true;
}

static void *consume(void *argument)
{
	struct consumer *consumer = argument;
	struct queue_record record;
	uint32_t expected = 0;
	int error;

	for (;;) {
		uint64_t timeout = next_random(&consumer->seed) % 3 ? A_LONG_MS : 0;

		error = queue_take(consumer->queue, timeout, &record);
		if (error == -EAGAIN && !timeout)
			continue;
		if (error)
			break;
		consumer->wrong += record.tag < expected || !is_whole(&record);
		expected = record.tag + 1;
		consumer->records++;
		if (consumer->slow && next_random(&consumer->seed) % 64 == 0)
			sched_yield();
		queue_release(consumer->queue);
	}
	consumer->wrong += error != -ESHUTDOWN;
	return NULL;
}

/* Puts record @tag in pieces of random lengths. Returns 0 or -ENOSPC. */
static int put_pieces(struct queue *queue, uint32_t tag, uint32_t *seed)
{
	unsigned char bytes[SIZE];
	size_t len = length_of(tag);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char)(tag + i);
	for (size_t done = 0; done < len;) {
		size_t piece = 1 + next_random(seed) % (len - done);

		queue_put(queue, bytes + done, piece);
		done += piece;
	}
	return queue_commit(queue, tag);
}

/* @patient: what was refused is put again once there is room. @slow: the consumer dawdles. */
static void pass_between_threads(bool patient, bool slow)
{
	struct consumer consumer = {.queue = made(SIZE), .seed = 7, .slow = slow};
	uint64_t taken = 0;
	uint32_t seed = 42;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, consume, &consumer), 0);
	for (uint32_t tag = 0; tag < RECORDS; tag++) {
		int error = put_pieces(consumer.queue, tag, &seed);

		while (error && patient) {
			assert_true(queue_await_release(consumer.queue, A_LONG_MS));
			error = put_pieces(consumer.queue, tag, &seed);
		}
		taken += !error;
		if (next_random(&seed) % 16 == 0) {
			queue_put(consumer.queue, "given up", 8);
			queue_abort(consumer.queue);
		}
	}
	queue_close(consumer.queue, QUEUE_FOREVER);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(consumer.wrong, 0);
	assert_int_equal(consumer.records, taken);
	assert_int_equal(queue_waiting(consumer.queue), 0);
	assert_true(taken > 0);
	assert_true(!patient || taken == RECORDS);
	queue_free(consumer.queue);
}

static void between_two_threads_nothing_that_was_taken_is_lost(void **state)
{
	(void)state;
	pass_between_threads(false, false);
	pass_between_threads(false, true);
}

static void who_awaits_room_loses_nothing_at_all(void **state)
{
	(void)state;
	pass_between_threads(true, false);
	pass_between_threads(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_order_with_their_tags),
		cmocka_unit_test(a_record_stays_the_oldest_until_released),
		cmocka_unit_test(an_aborted_record_was_never_there),
		cmocka_unit_test(what_does_not_fit_is_refused_and_the_rest_stays),
		cmocka_unit_test(the_largest_record_fits_into_an_empty_queue_anywhere),
		cmocka_unit_test(an_open_record_moves_to_the_start_whole),
		cmocka_unit_test(a_closed_queue_gives_what_it_has_and_then_says_so),
		cmocka_unit_test(after_the_deadline_nothing_is_given),
		cmocka_unit_test(a_woken_consumer_returns_without_a_record),
		cmocka_unit_test(waiting_ends_with_its_time),
		cmocka_unit_test(a_size_that_no_queue_has_is_refused),
		cmocka_unit_test(between_two_threads_nothing_that_was_taken_is_lost),
		cmocka_unit_test(who_awaits_room_loses_nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
