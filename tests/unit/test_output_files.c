/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files that are written to are their owner's, and those that were meant. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/outputs.h"

static char directory[] = "/tmp/oomtrace-files-XXXXXX";
static char path[64], other[64];

static int make(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/file", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(directory);
}

static void put(const char *where, const char *text)
{
	int fd = open(where, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static off_t size_of(const char *where)
{
	struct stat st;

	return stat(where, &st) ? -1 : st.st_size;
}

static void a_new_file_is_for_its_owner_only(void **state)
{
	mode_t before = umask(0);
	struct stat st;
	int fd = output_open(path, false);

	(void)state;
	umask(before);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
}

static void a_link_is_not_followed(void **state)
{
	(void)state;
	put(other, "precious");
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(output_open(path, true), -ELOOP);
	assert_int_equal(output_open(path, false), -ELOOP);
	assert_int_equal(size_of(other), 8);
	/* Nor one that leads nowhere: it would make what it leads to. */
	assert_int_equal(unlink(other), 0);
	assert_int_equal(output_open(path, false), -ELOOP);
	assert_int_equal(size_of(other), -1);
}

static void what_is_there_is_kept_or_not_as_asked(void **state)
{
	int fd;

	(void)state;
	put(path, "before");
	fd = output_open(path, false);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
	assert_int_equal(size_of(path), 7);
	fd = output_open(path, true);
	close(fd);
	assert_int_equal(size_of(path), 0);
}

static void what_somebody_else_has_put_where_all_can_is_not_written_to(void **state)
{
	int fd;

	(void)state;
	if (geteuid())
		skip();
	put(path, "");
	assert_int_equal(chown(path, 65534, 65534), 0);
	/* In a directory of one's own that is one's own business. */
	fd = output_open(path, false);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(chmod(directory, 01777), 0);
	fd = output_open(path, false);
	/* Where fs.protected_regular is set, the kernel is the first to say so. */
	assert_true(fd == -EEXIST || fd == -EACCES);
	assert_int_equal(chown(path, 0, 0), 0);
	fd = output_open(path, false);
	assert_true(fd >= 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_file_is_for_its_owner_only, make, clean),
		cmocka_unit_test_setup_teardown(a_link_is_not_followed, make, clean),
		cmocka_unit_test_setup_teardown(what_is_there_is_kept_or_not_as_asked, make, clean),
		cmocka_unit_test_setup_teardown(
			what_somebody_else_has_put_where_all_can_is_not_written_to, make, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
