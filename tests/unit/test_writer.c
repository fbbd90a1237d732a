/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/loop.h"
#include "lib/writer.h"

#define QUEUE_BYTES 65536
#define LINE_BYTES  1000
#define S           1000000000ULL

struct rig {
	int ends[2]; /* of a pipe */
	int news_fd;
	struct writer *writer;
};

static void set_up(struct rig *rig, bool lines)
{
	struct writer_options options = {.queue_bytes = QUEUE_BYTES, .lines = lines};

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(rig->ends, O_CLOEXEC), 0);
	assert_true(fcntl(rig->ends[1], F_SETPIPE_SZ, 4096) > 0);
	rig->news_fd = eventfd(0, EFD_CLOEXEC);
	options.fd = rig->ends[1];
	options.news_fd = rig->news_fd;
	assert_int_equal(writer_new(&options, &rig->writer), 0);
	assert_int_equal(writer_start(rig->writer), 0);
}

static void tear_down(struct rig *rig)
{
	writer_free(rig->writer);
	if (rig->ends[0] >= 0)
		close(rig->ends[0]);
	close(rig->ends[1]);
	close(rig->news_fd);
}

/* Line @number, of @len bytes. */
static void make_line(char *line, unsigned int number, size_t len)
{
	memset(line, 'a' + (int)(number % 26), len);
	line[snprintf(line, 12, "%010u", number)] = ' ';
	line[len - 1] = '\n';
}

static int give_line(struct rig *rig, unsigned int number, size_t len)
{
	char *line = malloc(len);
	int error;

	make_line(line, number, len);
	writer_put(rig->writer, line, len / 2);
	writer_put(rig->writer, line + len / 2, len - len / 2);
	error = writer_end(rig->writer);
	free(line);
	return error;
}

static void read_all(int fd, char *bytes, size_t len)
{
	while (len) {
		ssize_t n = read(fd, bytes, len);

		assert_true(n > 0);
		bytes += n;
		len -= (size_t)n;
	}
}

static void expect_line(struct rig *rig, unsigned int number, size_t len)
{
	char *line = malloc(len), *expected = malloc(len);

	make_line(expected, number, len);
	read_all(rig->ends[0], line, len);
	assert_memory_equal(line, expected, len);
	free(line);
	free(expected);
}

/* Fills the pipe and the queue. Returns how many lines were taken. */
static unsigned int fill(struct rig *rig)
{
	unsigned int taken = 0;

	while (!give_line(rig, taken, LINE_BYTES))
		taken++;
	return taken;
}

static void a_stalled_reader_costs_the_queue_and_then_lines(void **state)
{
	struct rig rig;
	struct writer_state now;
	unsigned int taken;
	uint64_t began = loop_now();
	eventfd_t count;

	(void)state;
	set_up(&rig, true);
	taken = fill(&rig);
	assert_true(taken >= QUEUE_BYTES / (LINE_BYTES + 16));
	assert_true(loop_now() - began < 4 * WRITER_PATIENCE_NS);
	began = loop_now();
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(give_line(&rig, taken, LINE_BYTES), -EAGAIN);
	/* From then on none of them is waited for, or it would be all: only machines are slow. */
	assert_true(loop_now() - began < 200 * WRITER_STALL_NS);
	writer_state(rig.writer, &now);
	assert_true(now.behind);
	assert_false(writer_has_room(rig.writer));
	for (unsigned int i = 0; i < taken; i++)
		expect_line(&rig, i, LINE_BYTES);
	/* It says so when it has caught up, and takes lines again. */
	assert_int_equal(eventfd_read(rig.news_fd, &count), 0);
	writer_state(rig.writer, &now);
	assert_false(now.behind);
	assert_true(writer_has_room(rig.writer));
	assert_int_equal(now.failed, 0);
	assert_int_equal(give_line(&rig, 7, LINE_BYTES), 0);
	expect_line(&rig, 7, LINE_BYTES);
	tear_down(&rig);
}

static void *read_late(void *argument)
{
	struct rig *rig = argument;

	expect_line(rig, 3, 20 * QUEUE_BYTES);
	expect_line(rig, 4, LINE_BYTES);
	return NULL;
}

static void a_line_larger_than_the_queue_arrives_when_it_is_read(void **state)
{
	struct rig rig;
	pthread_t reader;

	(void)state;
	set_up(&rig, true);
	assert_int_equal(pthread_create(&reader, NULL, read_late, &rig), 0);
	assert_int_equal(give_line(&rig, 3, 20 * QUEUE_BYTES), 0);
	assert_int_equal(give_line(&rig, 4, LINE_BYTES), 0);
	assert_int_equal(pthread_join(reader, NULL), 0);
	tear_down(&rig);
}

/* What of it was taken is there, and the next line is not its continuation. */
static void a_large_line_that_is_not_read_is_cut_and_ended(void **state)
{
	char bytes[2 * QUEUE_BYTES], *cut;
	struct rig rig;
	uint64_t began = loop_now(), cancelled = 0;
	ssize_t n;
	size_t len = 0;

	(void)state;
	set_up(&rig, true);
	assert_int_equal(give_line(&rig, 3, 20 * QUEUE_BYTES), -EAGAIN);
	assert_true(loop_now() - began < 8 * WRITER_PATIENCE_NS);
	assert_int_equal(fcntl(rig.ends[0], F_SETFL, O_NONBLOCK), 0);
	do {
		n = read(rig.ends[0], bytes, sizeof(bytes));
		assert_true(n > 0 || errno == EAGAIN);
	} while (!writer_has_room(rig.writer));
	assert_int_equal(fcntl(rig.ends[0], F_SETFL, 0), 0);
	assert_int_equal(give_line(&rig, 4, LINE_BYTES), 0);
	writer_close(rig.writer);
	while (!len || bytes[len - 1] != '\n' || !memchr(bytes, '\n', len - 1)) {
		n = read(rig.ends[0], bytes + len, sizeof(bytes) - len);
		assert_true(n > 0);
		len += (size_t)n;
	}
	cut = memchr(bytes, '\n', len);
	assert_memory_equal(cut + 1, "0000000004 ", 11);
	assert_int_equal(writer_finish(rig.writer, -1, &cancelled), 0);
	tear_down(&rig);
}

static void a_reader_that_goes_away_is_no_failure(void **state)
{
	struct writer_state now;
	eventfd_t count;
	struct rig rig;

	(void)state;
	set_up(&rig, true);
	fill(&rig);
	close(rig.ends[0]);
	rig.ends[0] = -1;
	do {
		assert_int_equal(eventfd_read(rig.news_fd, &count), 0);
		writer_state(rig.writer, &now);
	} while (!now.gone);
	assert_int_equal(now.failed, 0);
	assert_int_equal(give_line(&rig, 0, LINE_BYTES), -EPIPE);
	tear_down(&rig);
}

static void at_the_end_all_is_written_for_who_reads(void **state)
{
	uint64_t cancelled = 0;
	unsigned int taken;
	pthread_t reader;
	struct rig rig;

	(void)state;
	set_up(&rig, true);
	assert_int_equal(pthread_create(&reader, NULL, read_late, &rig), 0);
	assert_int_equal(give_line(&rig, 3, 20 * QUEUE_BYTES), 0);
	assert_int_equal(give_line(&rig, 4, LINE_BYTES), 0);
	writer_close(rig.writer);
	assert_int_equal(writer_finish(rig.writer, -1, &cancelled), 0);
	assert_int_equal(pthread_join(reader, NULL), 0);
	tear_down(&rig);

	/* And who is told to end waits no longer than it says. */
	set_up(&rig, true);
	taken = fill(&rig);
	writer_close(rig.writer);
	eventfd_write(rig.news_fd, 1);
	cancelled = 0;
	assert_in_range(writer_finish(rig.writer, rig.news_fd, &cancelled), taken - 5, taken);
	assert_int_not_equal(cancelled, 0);
	assert_in_range(loop_now() - cancelled, WRITER_PIPE_GRACE_NS, 20 * S);
	tear_down(&rig);
}

static void what_cannot_be_written_is_counted(void **state)
{
	struct writer_options options = {.queue_bytes = QUEUE_BYTES, .lines = true};
	struct rig rig = {.ends = {-1, open("/dev/full", O_WRONLY | O_CLOEXEC)}};
	struct writer_state now;
	uint64_t cancelled = 0;

	(void)state;
	rig.news_fd = options.news_fd = eventfd(0, EFD_CLOEXEC);
	options.fd = rig.ends[1];
	assert_int_equal(writer_new(&options, &rig.writer), 0);
	/* What is put before the thread runs is not lost. */
	assert_int_equal(give_line(&rig, 0, LINE_BYTES), 0);
	assert_int_equal(writer_start(rig.writer), 0);
	assert_int_equal(give_line(&rig, 1, LINE_BYTES), 0);
	writer_close(rig.writer);
	assert_int_equal(writer_finish(rig.writer, -1, &cancelled), 0);
	writer_state(rig.writer, &now);
	assert_int_equal(now.failed, 2);
	assert_int_equal(now.error, -ENOSPC);
	tear_down(&rig);
}

static int open_again(void *ctx)
{
	return openat(*(int *)ctx, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static size_t size_of(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	off_t size = lseek(fd, 0, SEEK_END);

	assert_true(fd >= 0);
	close(fd);
	return (size_t)size;
}

static void a_file_is_opened_again_under_its_name(void **state)
{
	char name[] = "/tmp/test_writer.XXXXXX";
	int directory = open(mkdtemp(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct writer_options options = {
		.queue_bytes = QUEUE_BYTES,
		.lines = true,
		.reopen = open_again,
		.reopen_ctx = &directory,
	};
	struct rig rig = {.ends = {-1, open_again(&directory)}};
	uint64_t cancelled = 0;

	(void)state;
	rig.news_fd = options.news_fd = eventfd(0, EFD_CLOEXEC);
	options.fd = rig.ends[1];
	assert_int_equal(writer_new(&options, &rig.writer), 0);
	assert_int_equal(writer_start(rig.writer), 0);
	assert_int_equal(give_line(&rig, 0, LINE_BYTES), 0);
	while (size_of(directory, "log") != LINE_BYTES)
		sched_yield();
	assert_int_equal(renameat(directory, "log", directory, "log.1"), 0);
	writer_reopen(rig.writer);
	for (unsigned int i = 1; i < 10; i++)
		assert_int_equal(give_line(&rig, i, LINE_BYTES), 0);
	writer_close(rig.writer);
	assert_int_equal(writer_finish(rig.writer, -1, &cancelled), 0);
	/* Wherever the rotation fell: no line is lost or torn, and the new file is used. */
	assert_int_equal(size_of(directory, "log") + size_of(directory, "log.1"), 10 * LINE_BYTES);
	assert_int_equal(size_of(directory, "log") % LINE_BYTES, 0);
	assert_true(size_of(directory, "log") > 0);
	unlinkat(directory, "log", 0);
	unlinkat(directory, "log.1", 0);
	close(directory);
	rmdir(name);
	tear_down(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stalled_reader_costs_the_queue_and_then_lines),
		cmocka_unit_test(a_line_larger_than_the_queue_arrives_when_it_is_read),
		cmocka_unit_test(a_large_line_that_is_not_read_is_cut_and_ended),
		cmocka_unit_test(a_reader_that_goes_away_is_no_failure),
		cmocka_unit_test(at_the_end_all_is_written_for_who_reads),
		cmocka_unit_test(what_cannot_be_written_is_counted),
		cmocka_unit_test(a_file_is_opened_again_under_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
