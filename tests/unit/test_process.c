// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What /proc says of processes and cgroups, out of trees made for the purpose. */
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

#include "proc/memcg.h"
#include "proc/process.h"

/* As kernel 6.1 writes it, of a process named "a) S (b". */
#define STAT_TAIL                                                                  \
	" S 7 42 42 0 -1 4194560 99 0 0 0 30 20 0 0 20 -5 3 0 172728 3133440 380 " \
	"18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n"
#define STATUS                                                                          \
	"Name:\ta) S "                                                                  \
	"(b\nPid:\t42\nNSpid:\t42\t9\t3\nUid:\t1000\t0\t1000\t1000\nGid:\t1\t1\t1\t1\n" \
	"VmSize:\t    3060 kB\nRssAnon:\t     400 kB\nRssFile:\t    1100 kB\n"          \
	"RssShmem:\t      20 kB\nVmPTE:\t      44 kB\nVmSwap:\t       8 kB\n"           \
	"CapEff:\t000001ffffffffff\nCapBnd:\t0000000000000001\n"

static void a_stat_line_survives_a_hostile_name(void **state)
{
	static const char text[] = "42 (a) S (b)" STAT_TAIL;
	struct process_stat stat;

	(void)state;
	assert_int_equal(process_parse_stat(text, strlen(text), &stat), 0);
	assert_string_equal(stat.comm, "a) S (b");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.ppid, 7);
	assert_int_equal(stat.flags, 4194560);
	assert_int_equal(stat.cpu_ticks, 50);
	assert_int_equal(stat.nice, -5);
	assert_int_equal(stat.threads, 3);
	assert_int_equal(stat.start_ticks, 172728);
	assert_int_equal(stat.vsize_bytes, 3133440);
	assert_int_equal(stat.rss_pages, 380);
}

static void a_stat_line_that_is_cut_is_none(void **state)
{
	static const char text[] = "42 (a) S (b)" STAT_TAIL;
	const char *last = strstr(text, " 380 ") + 1;
	struct process_stat stat;

	(void)state;
	for (size_t len = 0; len < (size_t)(last - text); len++) {
		char *exact = malloc(len ? len : 1);

		memcpy(exact, text, len);
		assert_int_equal(process_parse_stat(exact, len, &stat), -EBADMSG);
		free(exact);
	}
	assert_int_equal(process_parse_stat(")(", 2, &stat), -EBADMSG);
}

static void a_status_gives_identity_and_memory(void **state)
{
	struct process_status status;

	(void)state;
	assert_int_equal(process_parse_status(STATUS, strlen(STATUS), &status), 0);
	assert_int_equal(status.uid, 1000);
	assert_int_equal(status.euid, 0);
	assert_int_equal(status.ns_pid, 3);
	assert_int_equal(status.cap_effective, 0x1ffffffffffULL);
	assert_true(status.has_memory);
	assert_int_equal(status.rss_anon_bytes, 400 * 1024);
	assert_int_equal(status.rss_file_bytes, 1100 * 1024);
	assert_int_equal(status.rss_shmem_bytes, 20 * 1024);
	assert_int_equal(status.pgtables_bytes, 44 * 1024);
	assert_int_equal(status.swap_bytes, 8 * 1024);
}

static void a_status_without_memory_says_so(void **state)
{
	static const char text[] = "Name:\tkworker\nUid:\t0\t0\t0\t0\nCapEff:\tzz\n";
	struct process_status status;

	(void)state;
	assert_int_equal(process_parse_status(text, strlen(text), &status), 0);
	assert_false(status.has_memory);
	assert_int_equal(status.cap_effective, 0);
	assert_int_equal(process_parse_status("Name:\tx\n", 8, &status), -EBADMSG);
	assert_int_equal(process_parse_status("", 0, &status), -EBADMSG);
}

static void check_cgroup(const char *text, const char *expected)
{
	const char *path;
	size_t len;
	int error = process_parse_cgroup(text, strlen(text), &path, &len);

	assert_int_equal(error, expected ? 0 : -ENOENT);
	if (expected) {
		assert_int_equal(len, strlen(expected));
		assert_memory_equal(path, expected, len);
	}
}

static void the_memory_cgroup_is_found_in_either_version(void **state)
{
	(void)state;
	check_cgroup("0::/system.slice/a.service\n", "/system.slice/a.service");
	check_cgroup("5:cpu,memory:/v1\n0::/v2\n", "/v1");
	check_cgroup("0::/v2\n5:memory:/v1:with:colons\n", "/v1:with:colons");
	check_cgroup("5:memoryless,cpu:/x\n", NULL);
	check_cgroup("1:name=systemd:/x\n0::/y", "/y");
	check_cgroup("", NULL);
	check_cgroup("no colons\n", NULL);
}

/* ---- trees ---- */

static char tree[64];

static int make_tree(void **state)
{
	(void)state;
	strcpy(tree, "/tmp/oomtrace-unit-XXXXXX");
	return mkdtemp(tree) ? 0 : -1;
}

static int remove_tree(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", tree);
	return system(command);
}

/* Writes @text into @path below the tree, and makes its directories. */
static void put(const char *path, const char *text)
{
	char file[PATH_MAX];
	FILE *out;

	snprintf(file, sizeof(file), "%s/%s", tree, path);
	for (char *at = file + strlen(tree) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(file, 0755);
		*at = '/';
	}
	out = fopen(file, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

struct seen {
	struct process processes[8];
	char cgroups[8][64];
	uint32_t n;
};

static int take(void *ctx, const struct process *process)
{
	struct seen *seen = ctx;

	if (process->task.cgroup)
		snprintf(seen->cgroups[seen->n], sizeof(seen->cgroups[0]), "%s",
			 process->task.cgroup);
	seen->processes[seen->n++] = *process;
	return 0;
}

static void a_scan_lists_what_the_kernel_would(void **state)
{
	uint32_t passed_over[SKIP_MAX] = {0};
	struct process_unseen unseen;
	struct seen seen = {0};

	(void)state;
	put("1/stat", "1 (init)" STAT_TAIL);
	put("2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 1 0 0 0\n");
	put("42/stat", "42 (a) S (b)" STAT_TAIL);
	put("42/status", STATUS);
	put("42/oom_score_adj", "-300\n");
	put("42/cgroup", "0::/a b\n");
	put("43/stat", "43 (spared)" STAT_TAIL);
	put("43/status", STATUS);
	put("43/oom_score_adj", "-1000\n");
	/* A leader that has exited, whose second thread has the memory. */
	put("50/stat", "50 (leader) Z 7 42 42 0 -1 4194560 99 0 0 0 30 20 0 0 20 0 2 0 9 0 0 0\n");
	put("50/status", "Name:\tleader\nUid:\t5\t5\t5\t5\n");
	put("50/oom_score_adj", "7\n");
	put("50/task/50/status", "Name:\tleader\nUid:\t5\t5\t5\t5\n");
	put("50/task/51/stat", "51 (worker)" STAT_TAIL);
	put("50/task/51/status", STATUS);
	put("50/cgroup", "0::/\n");
	put("50/task/51/cgroup", "0::/there\n");
	/* A zombie, and one whose files went away under our hands. */
	put("60/stat", "60 (zombie) Z 7 42 42 0 -1 4194560 99 0 0 0 30 20 0 0 20 0 1 0 9 0 0 0\n");
	put("60/status", "Name:\tzombie\nUid:\t5\t5\t5\t5\n");
	put("61/cgroup", "0::/\n");
	put("self", "no directory");

	assert_int_equal(process_scan(tree, RSS_OF_STAT, take, &seen, passed_over, &unseen), 0);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.processes[0].task.pid, 42);
	assert_int_equal(seen.processes[0].task.oom_score_adj, -300);
	assert_true(seen.processes[0].task.eligible);
	assert_int_equal(seen.processes[0].scored_rss_bytes, 380 * sysconf(_SC_PAGESIZE));
	assert_string_equal(seen.cgroups[0], "/a b");
	assert_false(seen.processes[1].task.eligible);
	assert_int_equal(seen.processes[1].task.skip, SKIP_ADJ_MIN);
	assert_int_equal(seen.processes[1].task.known & TASK_KNOWS_CGROUP, 0);
	assert_int_equal(seen.processes[2].task.pid, 50);
	assert_int_equal(seen.processes[2].task.tid, 51);
	assert_string_equal(seen.processes[2].task.comm, "worker");
	assert_string_equal(seen.cgroups[2], "/there");
	assert_int_equal(seen.processes[2].task.oom_score_adj, 7);
	assert_true(seen.processes[0].task.scan < seen.processes[1].task.scan);
	assert_int_equal(passed_over[SKIP_INIT], 1);
	assert_int_equal(passed_over[SKIP_KERNEL_THREAD], 1);
	assert_int_equal(passed_over[SKIP_NO_MM], 1);
	assert_int_equal(unseen.gone, 1);
	assert_int_equal(unseen.denied, 0);
}

static void the_other_reading_takes_what_status_shows(void **state)
{
	uint32_t passed_over[SKIP_MAX] = {0};
	struct process_unseen unseen;
	struct seen seen = {0};

	(void)state;
	put("42/stat", "42 (a)" STAT_TAIL);
	put("42/status", STATUS);
	put("42/oom_score_adj", "0\n");
	assert_int_equal(process_scan(tree, RSS_OF_STATUS, take, &seen, passed_over, &unseen), 0);
	assert_int_equal(seen.processes[0].scored_rss_bytes, 1520 * 1024);
}

static void no_proc_is_an_error(void **state)
{
	uint32_t passed_over[SKIP_MAX] = {0};
	struct process_unseen unseen;

	(void)state;
	assert_int_equal(
		process_scan("/nonexistent", RSS_OF_STAT, take, NULL, passed_over, &unseen),
		-ENOENT);
}

static void a_cgroup_of_version_2_is_read(void **state)
{
	struct memcg_mount mount = {.point = tree};
	struct memcg_state is;

	(void)state;
	put("a/b/memory.current", "4096\n");
	put("a/b/memory.max", "8192\n");
	put("a/b/memory.swap.current", "0\n");
	put("a/b/memory.swap.max", "max\n");
	put("a/b/memory.oom.group", "1\n");
	assert_int_equal(memcg_read(&mount, "/a/b", &is), 0);
	assert_int_equal(is.memcg.usage_bytes, 4096);
	assert_int_equal(is.memcg.limit_bytes, 8192);
	assert_false(is.memcg.limit_is_max);
	assert_true(is.memcg.swap_limit_is_max);
	assert_true(is.memcg.oom_group);
	assert_int_equal(memcg_read(&mount, "/", &is), 0);
	assert_true(is.memcg.limit_is_max);
	assert_int_equal(is.memcg.known & MEMCG_KNOWS_USAGE, 0);
	assert_int_equal(memcg_read(&mount, "/none", &is), -ENOENT);
	assert_int_equal(memcg_read(&mount, "/a/b/memory.max", &is), -ENOTDIR);
}

struct walked {
	char paths[8][64];
	bool disabled[8], under[8];
	uint32_t n;
};

static int take_memcg(void *ctx, const struct memcg_state *is)
{
	struct walked *walked = ctx;

	snprintf(walked->paths[walked->n], sizeof(walked->paths[0]), "%s", is->memcg.path);
	walked->disabled[walked->n] = is->oom_kill_disabled;
	walked->under[walked->n++] = is->under_oom;
	return 0;
}

static void a_walk_tells_limits_and_disabled_killers(void **state)
{
	struct memcg_mount mount = {.point = tree, .v1 = true};
	struct walked walked = {0};

	(void)state;
	put("memory.limit_in_bytes", "9223372036854771712\n");
	put("limited/memory.limit_in_bytes", "4096\n");
	put("limited/memory.usage_in_bytes", "4096\n");
	put("free/memory.limit_in_bytes", "9223372036854771712\n");
	put("free/hung/memory.limit_in_bytes", "9223372036854771712\n");
	put("free/hung/memory.oom_control", "oom_kill_disable 1\nunder_oom 1\noom_kill 0\n");
	assert_int_equal(memcg_walk(&mount, take_memcg, &walked), 0);
	assert_int_equal(walked.n, 2);
	for (uint32_t i = 0; i < walked.n; i++) {
		bool hung = strcmp(walked.paths[i], "/free/hung") == 0;

		assert_true(hung || strcmp(walked.paths[i], "/limited") == 0);
		assert_int_equal(walked.disabled[i], hung);
		assert_int_equal(walked.under[i], hung);
	}
	mount.point = "/nonexistent";
	assert_int_equal(memcg_walk(&mount, take_memcg, &walked), -ENOENT);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, remove_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stat_line_survives_a_hostile_name),
		cmocka_unit_test(a_stat_line_that_is_cut_is_none),
		cmocka_unit_test(a_status_gives_identity_and_memory),
		cmocka_unit_test(a_status_without_memory_says_so),
		cmocka_unit_test(the_memory_cgroup_is_found_in_either_version),
		WITH_TREE(a_scan_lists_what_the_kernel_would),
		WITH_TREE(the_other_reading_takes_what_status_shows),
		cmocka_unit_test(no_proc_is_an_error),
		WITH_TREE(a_cgroup_of_version_2_is_read),
		WITH_TREE(a_walk_tells_limits_and_disabled_killers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
