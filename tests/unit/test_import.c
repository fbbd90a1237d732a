// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* oomtrace import as it is called: the year and the zone that a syslog does not say. */
#include "sample.h"

#include <stdbool.h>
#include <sys/wait.h>

#include "cmd/verbs.h"

#define KILL                                                                             \
	" host kernel: Out of memory: Killed process 1 (x) total-vm:5kB, anon-rss:4kB, " \
	"file-rss:3kB, shmem-rss:2kB, UID:5 pgtables:1kB oom_score_adj:0\n"

/* What `oomtrace import -q -j --year 2026 --tz ZONE -` writes of @log; to be freed. */
static char *import(const char *log, char *zone)
{
	char *argv[] = {"import", "-q", "-j", "--year", "2026", "--tz", zone, "-", NULL};
	int in = sample_fd(), out = sample_fd(), status;
	char *json;
	pid_t pid;

	assert_int_equal(write(in, log, strlen(log)), (ssize_t)strlen(log));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	pid = fork();
	if (!pid) {
		if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
			_exit(99);
		_exit(cmd_import(8, argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	json = sample_read(out, NULL);
	close(in);
	close(out);
	return json;
}

static void assert_time(const char *log, char *zone, const char *time)
{
	char *json = import(log, zone);

	if (!strstr(json, time))
		fail_msg("no %s with %s in: %s", time, zone, json);
	free(json);
}

static void a_zone_is_an_offset(void **state)
{
	(void)state;
	assert_time("Mar 29 03:30:00" KILL, "UTC", "\"time\":\"2026-03-29T03:30:00.000000000Z\"");
	assert_time("Mar 29 03:30:00" KILL, "+02:00", "\"time\":\"2026-03-29T01:30:00.");
	assert_time("Mar 29 03:30:00" KILL, "-0330", "\"time\":\"2026-03-29T07:00:00.");
	assert_time("Jan  1 01:30:00" KILL, "+02", "\"time\":\"2025-12-31T23:30:00.");
}

/* Central Europe puts its clocks on to summer time on the last Sunday of March, at 01:00 UTC. */
static void a_zone_has_a_name_and_summer_time(void **state)
{
	(void)state;
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK))
		skip();
	setenv("TZ", "Asia/Tokyo", 1); /* this host's own is another */
	assert_time("Mar 29 01:30:00" KILL, "Europe/Berlin", "\"time\":\"2026-03-29T00:30:00.");
	assert_time("Mar 29 03:30:00" KILL, "Europe/Berlin", "\"time\":\"2026-03-29T01:30:00.");
	assert_time("Mar 29 03:30:00" KILL, "local", "\"time\":\"2026-03-28T18:30:00.");
	unsetenv("TZ");
}

static void a_stamp_with_a_zone_keeps_it(void **state)
{
	(void)state;
	assert_time("2024-05-07T03:13:03.5-01:00" KILL, "+02:00",
		    "\"time\":\"2024-05-07T04:13:03.500000000Z\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_an_offset),
		cmocka_unit_test(a_zone_has_a_name_and_summer_time),
		cmocka_unit_test(a_stamp_with_a_zone_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
