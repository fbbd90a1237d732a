// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The scenario's cgroup, and what the kernel counts of it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "hog.h"

/* ---- files ---- */

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

int write_in_cgroup(const char *sub, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", opt.cgroup, sub, file);
	return write_file(path, text);
}

void line_of_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

long long number_in_file(const char *path)
{
	char text[32];

	line_of_file(path, text, sizeof(text));
	return text[0] ? atoll(text) : -1;
}

long long key_in_file(const char *path, const char *key)
{
	char text[8192], *line, *save;
	size_t len = strlen(key);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, key, len) && line[len] == ' ')
			return atoll(line + len + 1);
	return -1;
}

/* ---- counts ---- */

long long vmstat_kills(void)
{
	return key_in_file("/proc/vmstat", "oom_kill");
}

/*
 * What the kernel counted for this scenario: an OOM kill is counted before its signal is sent. v1
 * has no sums over a subtree, so the children's counts are added up.
 */
long long scenario_kills(void)
{
	const char *file = opt.v1 ? "memory.oom_control" : "memory.events";
	char path[PATH_MAX];
	long long sum;

	if (!opt.cgroup)
		return vmstat_kills();
	snprintf(path, sizeof(path), "%s/%s", opt.cgroup, file);
	sum = key_in_file(path, "oom_kill");
	for (int i = 0; opt.v1 && i < nr_procs; i++) {
		bool seen = !procs[i].sub[0];

		for (int j = 0; j < i && !seen; j++)
			seen = !strcmp(procs[i].sub, procs[j].sub);
		if (seen)
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", opt.cgroup, procs[i].sub, file);
		sum += key_in_file(path, "oom_kill");
	}
	return sum;
}

/* How often the scenario's cgroup was out of memory, whatever came of it. Version 2. */
long long scenario_ooms(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/memory.events", opt.cgroup);
	return key_in_file(path, "oom");
}

/* ---- the cgroup itself ---- */

void cgroup_set_limit(long long bytes)
{
	char text[32];
	int err;

	snprintf(text, sizeof(text), "%lld", bytes);
	err = write_in_cgroup("", opt.v1 ? "memory.limit_in_bytes" : "memory.max", text);
	errno = -err;
	if (err)
		die("cannot set the limit of %s", opt.cgroup);
}

/* Version 1 limits memory and swap together. */
static void cgroup_set_swap(void)
{
	char text[32];
	int err;

	if (opt.v1 && !opt.swap)
		return;
	snprintf(text, sizeof(text), "%lld", opt.swap + (opt.v1 ? opt.limit : 0));
	err = write_in_cgroup("", opt.v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max", text);
	errno = -err;
	/* Without CONFIG_SWAP or swapaccount there is no such file, and nothing to forbid. */
	if (err && opt.swap)
		die("cannot limit the swap of %s", opt.cgroup);
}

/* The directories of @sub below the scenario's, each with the memory controller. */
static void cgroup_make_sub(const char *sub)
{
	char above[PATH_MAX] = "", path[PATH_MAX];
	const char *end = sub;

	while (*end) {
		end = strchrnul(end + 1, '/');
		if (!opt.v1 && write_in_cgroup(above, "cgroup.subtree_control", "+memory"))
			die("cannot enable memory below %s/%s", opt.cgroup, above);
		snprintf(above, sizeof(above), "%.*s", (int)(end - sub), sub);
		snprintf(path, sizeof(path), "%s/%s", opt.cgroup, above);
		if (mkdir(path, 0755) && errno != EEXIST)
			die("cannot make %s", path);
	}
}

void cgroup_make(void)
{
	char path[PATH_MAX];

	if (mkdir(opt.cgroup, 0755) && errno != EEXIST)
		die("cannot make %s", opt.cgroup);
	snprintf(path, sizeof(path), "%s/memory.limit_in_bytes", opt.cgroup);
	opt.v1 = !access(path, F_OK);
	if (opt.limit >= 0)
		cgroup_set_limit(opt.limit);
	cgroup_set_swap();
	if (opt.no_kill && write_in_cgroup("", "memory.oom_control", "1"))
		die("cannot disable the OOM killer of %s", opt.cgroup);
	if (opt.oom_group && write_in_cgroup("", "memory.oom.group", "1"))
		die("cannot set memory.oom.group of %s", opt.cgroup);
	for (int i = 0; i < nr_procs; i++) {
		if (!i || strcmp(procs[i].sub, procs[i - 1].sub))
			cgroup_make_sub(procs[i].sub);
	}
}

/* Lowers the limit to what is used and some more: so much is all that a victim has to take first.
 */
void cgroup_leave_room(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", opt.cgroup,
		 opt.v1 ? "memory.usage_in_bytes" : "memory.current");
	cgroup_set_limit(number_in_file(path) + opt.room);
}

static void remove_dir(const char *path)
{
	/* A cgroup stays busy until its last task has left do_exit: shortly after wait() said so.
	 */
	for (int i = 0; i < 1000 && rmdir(path) && errno == EBUSY; i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

void cgroup_remove(void)
{
	char path[PATH_MAX];

	for (int i = 0; i < nr_procs; i++) {
		snprintf(path, sizeof(path), "%s/%s", opt.cgroup, procs[i].sub);
		while (strlen(path) > strlen(opt.cgroup) + 1) {
			remove_dir(path);
			*strrchr(path, '/') = '\0';
		}
	}
	remove_dir(opt.cgroup);
}
