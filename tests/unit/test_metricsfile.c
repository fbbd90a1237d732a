/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/metricsfile.h"
#include "sink/metrics.h"

static char dir[] = "/tmp/oomtrace-metrics-XXXXXX", path[64], beside[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/oomtrace.prom", dir);
	snprintf(beside, sizeof(beside), "%s/oomtrace.prom.new", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	unlink(beside);
	return rmdir(dir);
}

static size_t content(char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, text, size - 1);
	assert_true(n >= 0);
	close(fd);
	text[n] = '\0';
	return (size_t)n;
}

static void the_last_page_is_what_stays_and_everybody_may_read_it(void **state)
{
	struct metricsfile *file;
	mode_t before = umask(077);
	char text[64];
	struct stat is;

	(void)state;
	assert_int_equal(metricsfile_new(path, &file), 0);
	metricsfile_put(file, "one\n", 4);
	metricsfile_put(file, "two\n", 4);
	metricsfile_free(file);
	umask(before);
	content(text, sizeof(text));
	assert_string_equal(text, "two\n");
	assert_int_equal(stat(path, &is), 0);
	assert_int_equal(is.st_mode & 07777, 0644);
	assert_int_equal(access(beside, F_OK), -1);
}

static void the_largest_page_is_taken(void **state)
{
	char *text = malloc(METRICS_BYTES);
	struct metricsfile *file;
	struct stat is;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', METRICS_BYTES);
	assert_int_equal(metricsfile_new(path, &file), 0);
	metricsfile_put(file, text, METRICS_BYTES);
	metricsfile_free(file);
	free(text);
	assert_int_equal(stat(path, &is), 0);
	assert_int_equal(is.st_size, METRICS_BYTES);
}

static void what_lies_in_the_way_is_not_followed(void **state)
{
	struct metricsfile *file;
	char text[64];

	(void)state;
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", beside), 0);
	assert_int_equal(metricsfile_new(path, &file), 0);
	metricsfile_put(file, "mine\n", 5);
	metricsfile_free(file);
	content(text, sizeof(text));
	assert_string_equal(text, "mine\n");
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(metricsfile_new(path, &file), -EEXIST);
	unlink(path);
	assert_int_equal(metricsfile_new("/nowhere/at/all.prom", &file), -ENOENT);
	assert_int_equal(metricsfile_new("/tmp/", &file), -EISDIR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_page_is_what_stays_and_everybody_may_read_it),
		cmocka_unit_test(the_largest_page_is_taken),
		cmocka_unit_test(what_lies_in_the_way_is_not_followed),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
