// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/path.h"
#include "wiregen.h"

static void assert_path(const struct wire_path *path, const char *expect)
{
	char text[PATH_TEXT_LEN];
	bool truncated = !path->truncated;

	assert_int_equal(path_from_wire(path, text, sizeof(text), &truncated), strlen(expect));
	assert_string_equal(text, expect);
	assert_int_equal(truncated, path->truncated);
}

static void names_are_read_from_the_deepest_up(void **state)
{
	struct wire_path path = gen_path("system.slice", "app.service", NULL);

	(void)state;
	assert_path(&path, "/system.slice/app.service");
	path = gen_path("a", NULL);
	assert_path(&path, "/a");
}

static void no_names_are_the_root(void **state)
{
	struct wire_path path = {.known = 1};

	(void)state;
	assert_path(&path, "/");
}

static void a_truncated_path_says_so(void **state)
{
	struct wire_path path = gen_path("a", "b", NULL);

	(void)state;
	path.truncated = 1;
	assert_path(&path, ".../a/b");
}

static void an_unknown_path_is_no_path(void **state)
{
	struct wire_path path = gen_path("a", NULL);
	char text[PATH_TEXT_LEN] = "untouched";
	bool truncated;

	(void)state;
	path.known = 0;
	assert_int_equal(path_from_wire(&path, text, sizeof(text), &truncated), -ENODATA);
	assert_string_equal(text, "untouched");
}

static void names_without_their_nul_are_refused(void **state)
{
	struct wire_path path = gen_path("abc", NULL);
	char text[PATH_TEXT_LEN];
	bool truncated;

	(void)state;
	path.len = 2;
	assert_int_equal(path_from_wire(&path, text, sizeof(text), &truncated), -EBADMSG);
	path.len = sizeof(path.names) + 1;
	assert_int_equal(path_from_wire(&path, text, sizeof(text), &truncated), -EBADMSG);
}

static void the_longest_path_fits_and_a_smaller_buffer_is_refused(void **state)
{
	struct wire_path path = {.known = 1, .truncated = 1, .len = sizeof(path.names)};
	char text[PATH_TEXT_LEN];
	bool truncated;

	(void)state;
	memset(path.names, 'x', sizeof(path.names) - 1);
	assert_int_equal(path_from_wire(&path, text, sizeof(text), &truncated),
			 sizeof(path.names) + 3);
	assert_int_equal(path_from_wire(&path, text, 100, &truncated), -ENAMETOOLONG);
	assert_int_equal(path_from_wire(&path, text, 3, &truncated), -ENAMETOOLONG);
}

static void a_subtree_ends_at_a_slash(void **state)
{
	(void)state;
	assert_true(path_within("/a/b", "/a"));
	assert_true(path_within("/a/b", "/a/"));
	assert_true(path_within("/a", "/a"));
	assert_false(path_within("/ab", "/a"));
	assert_false(path_within("/a", "/a/b"));
	assert_true(path_within("/a", "/"));
	assert_true(path_within("/", "/"));
	assert_false(path_within(".../a/b", "/a"));
	assert_false(path_within(".../a/b", "/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_from_the_deepest_up),
		cmocka_unit_test(no_names_are_the_root),
		cmocka_unit_test(a_truncated_path_says_so),
		cmocka_unit_test(an_unknown_path_is_no_path),
		cmocka_unit_test(names_without_their_nul_are_refused),
		cmocka_unit_test(the_longest_path_fits_and_a_smaller_buffer_is_refused),
		cmocka_unit_test(a_subtree_ends_at_a_slash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
