// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/recording.h"
#include "wiregen.h"

struct file {
	char bytes[8192];
	size_t len;
};

static void add(struct file *file, const void *bytes, size_t len)
{
	memcpy(file->bytes + file->len, bytes, len);
	memset(file->bytes + file->len + len, 0, recording_padding(len));
	file->len += len + recording_padding(len);
}

static struct file sample(void)
{
	struct file file = {.len = 0};
	struct wire_kmsg kmsg = gen_kmsg(10, "hello");
	struct wire_end end = gen_end(3, 11);

	add(&file, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
	add(&file, &kmsg, kmsg.head.size);
	add(&file, &end, sizeof(end));
	return file;
}

static void padding_goes_to_the_next_eight(void **state)
{
	(void)state;
	assert_int_equal(recording_padding(24), 0);
	assert_int_equal(recording_padding(25), 7);
	assert_int_equal(recording_padding(31), 1);
}

static void every_record_is_stepped_through(void **state)
{
	struct file file = sample();
	size_t offset, size;
	const void *record;
	struct wire_head head;

	(void)state;
	assert_int_equal(recording_open(file.bytes, file.len, &offset), 0);
	assert_int_equal(recording_next(file.bytes, file.len, &offset, &record, &size), 1);
	assert_int_equal(size, offsetof(struct wire_kmsg, text) + 5);
	memcpy(&head, record, sizeof(head));
	assert_int_equal(head.kind, WIRE_KMSG);
	assert_int_equal(recording_next(file.bytes, file.len, &offset, &record, &size), 1);
	memcpy(&head, record, sizeof(head));
	assert_int_equal(head.kind, WIRE_END);
	assert_int_equal(recording_next(file.bytes, file.len, &offset, &record, &size), 0);
	assert_int_equal(offset, file.len);
}

static void another_file_is_refused(void **state)
{
	size_t offset = 99;

	(void)state;
	assert_int_equal(recording_open("OOMTREC2", 8, &offset), -EBADMSG);
	assert_int_equal(recording_open("OOMTREC", 7, &offset), -EBADMSG);
	assert_int_equal(recording_open("", 0, &offset), -EBADMSG);
	assert_int_equal(offset, 99);
}

static void wherever_it_is_cut_what_came_before_is_good(void **state)
{
	struct file file = sample();
	size_t first = RECORDING_MAGIC_LEN + offsetof(struct wire_kmsg, text) + 5;

	(void)state;
	for (size_t len = RECORDING_MAGIC_LEN; len <= file.len; len++) {
		char *bytes = malloc(len);
		size_t offset = 0, size, n = 0;
		const void *record;
		int r;

		memcpy(bytes, file.bytes, len);
		assert_int_equal(recording_open(bytes, len, &offset), 0);
		while ((r = recording_next(bytes, len, &offset, &record, &size)) == 1)
			n++;
		assert_int_equal(n, (len >= first) + (len == file.len));
		if (len == RECORDING_MAGIC_LEN || len == file.len ||
		    (len >= first && len <= first + 3))
			assert_int_equal(r, 0);
		else
			assert_int_equal(r, -EBADMSG);
		assert_true(offset <= len);
		free(bytes);
	}
}

static void an_impossible_size_ends_it_where_it_stands(void **state)
{
	static const uint32_t sizes[] = {0, 23, 100000, UINT32_MAX};
	struct file file = sample();
	size_t second = file.len - sizeof(struct wire_end);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t offset, size;
		const void *record;

		memcpy(file.bytes + second, &sizes[i], sizeof(sizes[i]));
		assert_int_equal(recording_open(file.bytes, file.len, &offset), 0);
		assert_int_equal(recording_next(file.bytes, file.len, &offset, &record, &size), 1);
		assert_int_equal(recording_next(file.bytes, file.len, &offset, &record, &size),
				 -EBADMSG);
		assert_int_equal(offset, second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(padding_goes_to_the_next_eight),
		cmocka_unit_test(every_record_is_stepped_through),
		cmocka_unit_test(another_file_is_refused),
		cmocka_unit_test(wherever_it_is_cut_what_came_before_is_good),
		cmocka_unit_test(an_impossible_size_ends_it_where_it_stands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
