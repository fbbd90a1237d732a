/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/cgroup.h"
#include "proc/host.h"
#include "proc/kmsg.h"
#include "proc/oomcontrol.h"
#include "proc/stat.h"

static void a_number_is_found_by_its_whole_name(void **state)
{
	static const char text[] = "oom_kill_disabled 1\nnoom_kill 2\noom_kill 17\nlast";
	uint64_t value = 0;

	(void)state;
	assert_int_equal(find_number(text, strlen(text), "oom_kill", &value), 0);
	assert_int_equal(value, 17);
	assert_int_equal(find_number(text, strlen(text), "oom", &value), -ENOENT);
	assert_int_equal(find_number(text, strlen(text), "last", &value), -ENOENT);
	assert_int_equal(find_number("MemTotal:  24 kB\n", 17, "MemTotal:", &value), 0);
	assert_int_equal(value, 24);
	assert_int_equal(find_number("a x\n", 4, "a", &value), -ENOENT);
	assert_int_equal(find_number("a 99999999999999999999\n", 23, "a", &value), -ENOENT);
	assert_int_equal(value, 24);
	assert_int_equal(find_number("", 0, "a", &value), -ENOENT);
}

static void the_start_time_survives_a_hostile_name(void **state)
{
	static const char text[] = "42 (a) S (b) R) S 1 42 42 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 "
				   "0 172728 3133440 380\n";
	int64_t ticks = 0;

	(void)state;
	assert_int_equal(stat_number(text, strlen(text), STAT_START, &ticks), 0);
	assert_int_equal(ticks, 172728);
	for (size_t len = 0; len < strlen("42 (a) S (b) R) S 1 42 42 0"); len++)
		assert_int_equal(stat_number(text, len, STAT_START, &ticks), -EBADMSG);
	assert_int_equal(stat_number("no parenthesis", 14, STAT_START, &ticks), -EBADMSG);
}

static void the_lockdown_level_is_the_word_in_brackets(void **state)
{
	static const char text[] = "none [integrity] confidentiality\n";
	char level[16] = "";

	(void)state;
	assert_int_equal(lockdown_level(text, strlen(text), level, sizeof(level)), 0);
	assert_string_equal(level, "integrity");
	assert_int_equal(lockdown_level(text, 10, level, sizeof(level)), -EBADMSG);
	assert_int_equal(lockdown_level(text, strlen(text), level, 9), -EBADMSG);
	assert_int_equal(lockdown_level("] [", 3, level, sizeof(level)), -EBADMSG);
}

static void only_the_kernels_own_messages_count(void **state)
{
	static const char kernel[] = "6,339,5140900,-;Killed process 7 (a\\x0ab)\n SUBSYSTEM=x\n";
	static const char user[] = "12,340,5140901,-;Killed process 7 (fake)\n";

	(void)state;
	assert_int_equal(kmsg_line(kernel, strlen(kernel)), strchr(kernel, '\n') - kernel);
	assert_int_equal(kmsg_line(kernel, 25), 25);
	assert_int_equal(kmsg_line(user, strlen(user)), -EBADMSG);
	assert_int_equal(kmsg_line("8,1,2,-;x", 9), -EBADMSG);
	assert_int_equal(kmsg_line(",1,2,-;x", 8), -EBADMSG);
	assert_int_equal(kmsg_line("no record", 9), -EBADMSG);
	assert_int_equal(kmsg_line("", 0), -EBADMSG);
}

static void records_have_numbers(void **state)
{
	uint64_t number = 7;

	(void)state;
	assert_int_equal(kmsg_number("6,339,5140900,-;x", 17, &number), 0);
	assert_int_equal(number, 339);
	assert_int_equal(kmsg_number("12,18446744073709551615,5,-;x", 29, &number), 0);
	assert_int_equal(number, UINT64_MAX);
	assert_int_equal(kmsg_number("6,18446744073709551616,5,-;x", 28, &number), -EBADMSG);
	assert_int_equal(kmsg_number("6,", 2, &number), -EBADMSG);
	assert_int_equal(kmsg_number("6,x,1,-;y", 9, &number), -EBADMSG);
	assert_int_equal(kmsg_number("no record", 9, &number), -EBADMSG);
}

static void lines_of_a_report_are_told_from_others(void **state)
{
	static const char *const report[] = {
		"4,1,2,-;java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, "
		"oom_score_adj=0",
		"6,1,2,-;memory: usage 6144kB, limit 6144kB, failcnt 756",
		"6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null)",
		"3,1,2,-;Memory cgroup out of memory: Killed process 4985 (storm-8)",
		"6,1,2,-;oom_reaper: reaped process 1 (a)",
		"6,1,2,-;Memory cgroup stats for /a:",
		"6,1,2,-;anon 47927296",
		"6,1,2,-;anon 47853568\\x0afile 2097152\\x0akernel 38",
		"6,1,2,-;total_rss 83529728",
		"4,1,2,-;Total swap = 0kB",
		"4,1,2,-;81787 pages RAM",
		"6,1,2,-;Tasks state (memory values in pages):",
	};
	static const char other[] = "6,1,2,-;eth0: link up", row[] = "6,1,2,-;[  12]     0  12 x";

	(void)state;
	for (size_t i = 0; i < sizeof(report) / sizeof(*report); i++)
		assert_true(kmsg_is_oom(report[i], strlen(report[i])));
	assert_false(kmsg_is_oom(other, strlen(other)));
	assert_false(kmsg_is_oom(row, strlen(row)));
	assert_false(kmsg_is_oom("6,1,2,-;pgfault 7", 17));
	assert_false(kmsg_is_oom("", 0));
}

static const char v1_mounts[] =
	"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
	"34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
	"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory\n"
	"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
static const char container_mounts[] =
	"31 23 0:28 /docker/ab /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
	"32 23 0:28 /../.. /mnt/with\\040blank rw - cgroup2 cgroup2 rw\n";

static void the_memory_controllers_mount_is_found(void **state)
{
	char v1[PATH_MAX], v2[PATH_MAX];

	(void)state;
	cgroup_find_mounts(v1_mounts, strlen(v1_mounts), v1, v2);
	assert_string_equal(v1, "/sys/fs/cgroup/memory");
	assert_string_equal(v2, "/sys/fs/cgroup/unified");
	cgroup_find_mounts(container_mounts, strlen(container_mounts), v1, v2);
	assert_string_equal(v1, "");
	assert_string_equal(v2, "/sys/fs/cgroup");
	/* Cut anywhere, it is read to its end and no further. */
	for (size_t len = 0; len < strlen(v1_mounts); len++)
		cgroup_find_mounts(v1_mounts, len, v1, v2);
}

static void expect_path(const char *mounts, const char *named, const char *path)
{
	char got[PATH_MAX] = "";

	assert_int_equal(cgroup_resolve(mounts, strlen(mounts), named, got), 0);
	assert_string_equal(got, path);
}

static void a_mount_path_and_a_hierarchy_path_name_the_same_cgroup(void **state)
{
	(void)state;
	expect_path(v1_mounts, "/sys/fs/cgroup/memory/a/b/", "/a/b");
	expect_path(v1_mounts, "/a//b", "/a/b");
	expect_path(v1_mounts, "a/b", "/a/b");
	expect_path(v1_mounts, "/sys/fs/cgroup/memory", "/");
	expect_path(v1_mounts, "/sys/fs/cgroup/memory2/a", "/sys/fs/cgroup/memory2/a");
	expect_path(v1_mounts, "/", "/");
	expect_path(container_mounts, "/sys/fs/cgroup/a", "/docker/ab/a");
	expect_path(container_mounts, "/mnt/with blank/a", "/a");
	expect_path("", "./a/.", "/a");
}

static void what_is_no_cgroups_path_is_refused(void **state)
{
	char path[PATH_MAX] = "kept", too_long[2 * PATH_MAX];

	(void)state;
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(cgroup_resolve("", 0, "", path), -EINVAL);
	assert_int_equal(cgroup_resolve("", 0, "/a/../b", path), -EINVAL);
	assert_int_equal(cgroup_resolve("", 0, too_long, path), -ENAMETOOLONG);
	assert_string_equal(path, "kept");
}

/* A cgroup of a made-up hierarchy; @control NULL: one without the memory controller's files. */
static void make_group(const char *top, const char *name, const char *control)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", top, name);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	if (!control)
		return;
	snprintf(path, sizeof(path), "%s%s/memory.oom_control", top, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(control, file);
	fclose(file);
}

static void remove_tree(const char *top)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -r '%s'", top);
	assert_int_equal(system(command), 0);
}

static bool names(const struct oom_disabled *disabled, const char *path, bool under_oom)
{
	for (uint32_t i = 0; i < disabled->count; i++)
		if (!strcmp(disabled->groups[i].path, path))
			return disabled->groups[i].under_oom == under_oom;
	return false;
}

static void cgroups_whose_oom_killer_is_disabled_are_found(void **state)
{
	static const char off[] = "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n";
	static const char waits[] = "oom_kill_disable 1\nunder_oom 1\n";
	static const char on[] = "oom_kill_disable 0\nunder_oom 1\n";
	static struct oom_disabled disabled;
	char top[] = "/tmp/test_proc.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(top));
	make_group(top, "", on);
	make_group(top, "/a", off);
	make_group(top, "/a/deep", waits);
	make_group(top, "/b", on);
	make_group(top, "/c", NULL);
	make_group(top, "/d", "");
	make_group(top, "/e", "oom_kill_disable");
	oom_disabled_below(top, "/", &disabled);
	assert_int_equal(disabled.count, 2);
	assert_int_equal(disabled.more, 0);
	assert_true(names(&disabled, "/a", false));
	assert_true(names(&disabled, "/a/deep", true));

	/* Seen from a container, the hierarchy's upper part is not in the mount. */
	make_group(top, "", waits);
	oom_disabled_below(top, "/docker/ab", &disabled);
	assert_int_equal(disabled.count, 3);
	assert_true(names(&disabled, "/docker/ab", true));
	assert_true(names(&disabled, "/docker/ab/a/deep", true));
	oom_disabled_below(top, "/", &disabled);
	assert_true(names(&disabled, "/", true));
	remove_tree(top);
	oom_disabled_below(top, "/", &disabled);
	assert_int_equal(disabled.count, 0);
}

static void more_cgroups_than_are_named_are_counted(void **state)
{
	static struct oom_disabled disabled;
	char top[] = "/tmp/test_proc.XXXXXX", name[16];

	(void)state;
	assert_non_null(mkdtemp(top));
	for (int i = 0; i < OOM_DISABLED_GROUPS + 5; i++) {
		snprintf(name, sizeof(name), "/%d", i);
		make_group(top, name, "oom_kill_disable 1\nunder_oom 0\n");
	}
	oom_disabled_below(top, "/", &disabled);
	assert_int_equal(disabled.count, OOM_DISABLED_GROUPS);
	assert_int_equal(disabled.more, 5);
	remove_tree(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_found_by_its_whole_name),
		cmocka_unit_test(cgroups_whose_oom_killer_is_disabled_are_found),
		cmocka_unit_test(more_cgroups_than_are_named_are_counted),
		cmocka_unit_test(the_start_time_survives_a_hostile_name),
		cmocka_unit_test(the_lockdown_level_is_the_word_in_brackets),
		cmocka_unit_test(only_the_kernels_own_messages_count),
		cmocka_unit_test(records_have_numbers),
		cmocka_unit_test(lines_of_a_report_are_told_from_others),
		cmocka_unit_test(the_memory_controllers_mount_is_found),
		cmocka_unit_test(a_mount_path_and_a_hierarchy_path_name_the_same_cgroup),
		cmocka_unit_test(what_is_no_cgroups_path_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
