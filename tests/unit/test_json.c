// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>

#include "lib/json.h"

struct writer {
	int fd;
	struct outbuf out;
	struct json json;
};

static void writer_open(struct writer *writer, size_t size)
{
	writer->fd = sample_fd();
	assert_int_equal(outbuf_init(&writer->out, writer->fd, -1, size), 0);
	json_init(&writer->json, &writer->out);
}

/* What was written; to be freed. */
static char *writer_close(struct writer *writer, size_t *ret_len)
{
	char *text = sample_read(writer->fd, ret_len);

	outbuf_free(&writer->out);
	close(writer->fd);
	return text;
}

static void every_type_of_value(void **state)
{
	struct writer writer;
	struct json *json = &writer.json;
	char *text;

	(void)state;
	writer_open(&writer, 4096);
	json_open_object(json, NULL);
	json_put_u64(json, "u", UINT64_MAX);
	json_put_s64(json, "s", INT64_MIN);
	json_put_bool(json, "t", true);
	json_put_bool(json, "f", false);
	json_put_ms(json, "ms", 8412345);
	json_put_ms(json, "neg", -1500);
	json_put_ms(json, "tiny", -999);
	json_put_decimal(json, "d", 305, 2);
	json_put_decimal(json, "share", 1, 4);
	json_put_decimal(json, "least", INT64_MIN, 18);
	json_open_array(json, "a");
	json_put_string(json, NULL, "x");
	json_put_u64(json, NULL, 0);
	json_open_object(json, NULL);
	json_close(json);
	json_open_array(json, NULL);
	json_close(json);
	json_close(json);
	json_open_object(json, "o");
	json_put_string(json, "k", "v");
	json_close(json);
	json_close(json);
	assert_int_equal(json_end(json), 0);
	text = writer_close(&writer, NULL);
	assert_string_equal(
		text,
		"{\"u\":18446744073709551615,\"s\":-9223372036854775808,"
		"\"t\":true,\"f\":false,\"ms\":8.412,\"neg\":-0.001,"
		"\"tiny\":0.000,\"d\":3.05,\"share\":0.0001,"
		"\"least\":-9.223372036854775808,\"a\":[\"x\",0,{},[]],\"o\":{\"k\":\"v\"}}\n");
	free(text);
}

static void strings_are_escaped(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{"", "\"\""},
		{"a\"b\\c/", "\"a\\\"b\\\\c/\""},
		{"\n\033\x7f", "\"\\u000a\\u001b\\u007f\""},
		{"\xc2\x9b\xe2\x80\xae", "\"\\u009b\\u202e\""},
		{"\xf3\xa0\x81\x81", "\"\\udb40\\udc41\""},
		{"caf\xc3\xa9", "\"caf\xc3\xa9\""},
		{"a\xff\xfe"
		 "b",
		 "\"a\xef\xbf\xbd\xef\xbf\xbd"
		 "b\""},
		{"cut\xe6\x97", "\"cut\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writer writer;
		char want[100];
		char *text;

		writer_open(&writer, 4096);
		json_open_object(&writer.json, NULL);
		json_put_string(&writer.json, "k", cases[i].text);
		json_close(&writer.json);
		assert_int_equal(json_end(&writer.json), 0);
		snprintf(want, sizeof(want), "{\"k\":%s}\n", cases[i].json);
		text = writer_close(&writer, NULL);
		assert_string_equal(text, want);
		free(text);
	}
}

static void any_bytes_make_valid_json(void **state)
{
	uint64_t seed = 20261122;

	(void)state;
	for (unsigned int round = 0; round < 2000; round++) {
		struct writer writer;
		char bytes[64];
		size_t len = sample_random(&seed) % sizeof(bytes);
		char *text;
		json_t *root;

		/* Half of the rounds from the bytes that make up what is nearly UTF-8. */
		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)(round & 1 ? sample_random(&seed)
						    : 0x80 + sample_random(&seed) % 0x78);
		writer_open(&writer, 16);
		json_open_object(&writer.json, NULL);
		json_put_bytes(&writer.json, "k", bytes, len);
		json_close(&writer.json);
		assert_int_equal(json_end(&writer.json), 0);
		text = writer_close(&writer, NULL);
		root = json_loads(text, JSON_ALLOW_NUL, NULL);
		assert_non_null(root);
		json_decref(root);
		free(text);
	}
}

static void a_line_longer_than_the_buffer_is_whole(void **state)
{
	struct writer writer;
	char *text;
	json_t *root;

	(void)state;
	writer_open(&writer, 7);
	json_open_object(&writer.json, NULL);
	json_open_array(&writer.json, "all");
	for (unsigned int i = 0; i < 1000; i++)
		json_put_u64(&writer.json, NULL, i);
	json_close(&writer.json);
	json_close(&writer.json);
	assert_int_equal(json_end(&writer.json), 0);
	text = writer_close(&writer, NULL);
	root = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(root, "all")), 1000);
	json_decref(root);
	free(text);
}

static void wrong_nesting_is_an_error_and_the_next_line_is_not(void **state)
{
	struct writer writer;

	(void)state;
	writer_open(&writer, 256);
	json_open_object(&writer.json, NULL);
	assert_int_equal(json_end(&writer.json), -EINVAL);
	json_open_object(&writer.json, NULL);
	json_put_u64(&writer.json, NULL, 1);
	json_close(&writer.json);
	assert_int_equal(json_end(&writer.json), -EINVAL);
	json_open_object(&writer.json, NULL);
	json_close(&writer.json);
	json_close(&writer.json);
	assert_int_equal(json_end(&writer.json), -EINVAL);
	json_open_object(&writer.json, NULL);
	for (unsigned int i = 0; i < JSON_DEPTH_MAX; i++)
		json_open_object(&writer.json, "k");
	for (unsigned int i = 0; i < JSON_DEPTH_MAX; i++)
		json_close(&writer.json);
	assert_int_equal(json_end(&writer.json), -EINVAL);
	json_open_object(&writer.json, NULL);
	json_close(&writer.json);
	assert_int_equal(json_end(&writer.json), 0);
	free(writer_close(&writer, NULL));
}

static int put_line(struct outbuf *out, char fill, size_t len)
{
	for (size_t i = 0; i < len; i++)
		outbuf_putc(out, fill);
	outbuf_putc(out, '\n');
	return outbuf_end(out);
}

static void a_full_disk_tears_one_line_and_not_the_next(void **state)
{
	struct outbuf out;
	int fd = memfd_create("full", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char *text;

	(void)state;
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	assert_int_equal(outbuf_init(&out, fd, -1, 1000), 0);
	/* Four pieces fit, the fifth does not: the line is half there. */
	assert_int_equal(put_line(&out, 'a', 5000), -EPERM);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(put_line(&out, 'b', 3), 0);
	assert_int_equal(put_line(&out, 'c', 3), 0);
	text = sample_read(fd, NULL);
	assert_memory_equal(text, "\nbbb\nccc\naaa", 12);
	free(text);
	outbuf_free(&out);
	close(fd);
}

static void nobody_reading_is_epipe(void **state)
{
	struct outbuf out;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(outbuf_init(&out, fds[1], -1, 100), 0);
	assert_int_equal(put_line(&out, 'a', 3), -EPIPE);
	assert_int_equal(put_line(&out, 'a', 300), -EPIPE);
	outbuf_free(&out);
	close(fds[1]);
}

static void *drain(void *arg)
{
	size_t total = 0;
	char bytes[1000];
	ssize_t got;

	while ((got = read(*(int *)arg, bytes, sizeof(bytes))) > 0)
		total += (size_t)got;
	return (void *)total;
}

static void a_non_blocking_descriptor_gets_everything(void **state)
{
	struct outbuf out;
	pthread_t thread;
	void *total;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, 0), 0);
	assert_int_equal(outbuf_init(&out, fds[1], -1, 5000), 0);
	assert_int_equal(pthread_create(&thread, NULL, drain, &fds[0]), 0);
	assert_int_equal(put_line(&out, 'a', 1000000), 0);
	close(fds[1]);
	assert_int_equal(pthread_join(thread, &total), 0);
	assert_int_equal((size_t)total, 1000001);
	outbuf_free(&out);
	close(fds[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_of_value),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(any_bytes_make_valid_json),
		cmocka_unit_test(a_line_longer_than_the_buffer_is_whole),
		cmocka_unit_test(wrong_nesting_is_an_error_and_the_next_line_is_not),
		cmocka_unit_test(a_full_disk_tears_one_line_and_not_the_next),
		cmocka_unit_test(nobody_reading_is_epipe),
		cmocka_unit_test(a_non_blocking_descriptor_gets_everything),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
