// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is said of the scenario, before and after it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hog.h"

static void print_hex(const char *text)
{
	putchar('"');
	for (; *text; text++)
		printf("%02x", (unsigned char)*text);
	putchar('"');
}

/* The youngest thread of @pid, which is alive where the first one has exited. */
static int last_tid(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	int last = pid;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (atoi(entry->d_name) > last)
			last = atoi(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return last;
}

/*
 * The cgroup that the kernel says @pid is in: of the memory controller, or of version 2. Version 1
 * says the root of a thread that has exited.
 */
static void print_cgroup(pid_t pid)
{
	char text[16384], path[64], *line, *save;
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/cgroup", pid, last_tid(pid));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *controllers = strchr(line, ':');
		char *where = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!where)
			continue;
		*where++ = '\0';
		if (opt.v1 ? strstr(controllers, "memory") != NULL : !controllers[1]) {
			printf(",\"cgroup_hex\":");
			print_hex(where);
			return;
		}
	}
}

/* All threads: the kernel's log names whichever it met, also one that is not the first. */
static void print_tids(pid_t pid)
{
	struct dirent *entry;
	bool first = true;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		printf("%s%s", first ? "" : ",", entry->d_name);
		first = false;
	}
	closedir(dir);
}

/* What this process is to the one before it in the list. */
static const char *kin_word(int i)
{
	if (!procs[i].is_kin)
		return "";
	return procs[i - 1].kin == KIN_VFORK ? "vfork" : "clone";
}

/* The limits and the usage of the scenario's cgroup and of those above it, the root left out. */
static void print_levels(void)
{
	char path[PATH_MAX], file[PATH_MAX + 32], max[32];
	bool first = true;

	snprintf(path, sizeof(path), "%s", opt.cgroup);
	printf("\"levels\":[");
	for (;;) {
		snprintf(file, sizeof(file), "%s/memory.current", path);
		if (number_in_file(file) < 0)
			break;
		printf("%s{\"current\":%lld", first ? "" : ",", number_in_file(file));
		snprintf(file, sizeof(file), "%s/memory.oom.group", path);
		printf(",\"oom_group\":%lld", number_in_file(file));
		snprintf(file, sizeof(file), "%s/memory.max", path);
		line_of_file(file, max, sizeof(max));
		printf(",\"max\":\"%s\"}", max);
		first = false;
		*strrchr(path, '/') = '\0';
	}
	printf("],");
}

void print_start(const char *mode)
{
	printf("{\"hog\":\"start\",\"mode\":\"%s\",\"pid\":%d,\"v1\":%s,"
	       "\"limit\":%lld,\"shrink\":%lld,\"dump_tasks\":%lld,",
	       mode, outer_pid(), opt.v1 ? "true" : "false", opt.limit, opt.shrink,
	       number_in_file("/proc/sys/vm/oom_dump_tasks"));
	if (opt.cgroup && !opt.v1)
		print_levels();
	printf("\"procs\":[");
	for (int i = 0; i < nr_procs; i++) {
		struct proc *proc = &procs[i];

		printf("%s{\"pid\":%d,\"ns_pid\":%d,\"comm_hex\":", i ? "," : "", proc->outer,
		       proc->pid);
		print_hex(proc->comm);
		print_cgroup(proc->outer);
		printf(",\"anon\":%zu,\"file\":%zu,\"shmem\":%zu,\"adj\":%d,\"threads\":%d,"
		       "\"node\":%d,\"leader_exits\":%s,\"grows\":%s,\"exits\":%s,\"kin\":\"%s\","
		       "\"tids\":[",
		       proc->anon, proc->file, proc->shmem, proc->adj, proc->threads + 1,
		       proc->node, proc->leader_exits ? "true" : "false",
		       proc->grows ? "true" : "false", proc->exits ? "true" : "false", kin_word(i));
		print_tids(proc->outer);
		printf("]}");
	}
	printf("]}\n");
	fflush(stdout);
}

void print_end(int killed, long long memcg_kills, long long all_kills)
{
	bool first = true;

	printf("{\"hog\":\"end\",\"killed\":%d,\"killed_pids\":[", killed);
	for (int i = 0; i < nr_procs; i++) {
		if (!procs[i].killed)
			continue;
		printf("%s%d", first ? "" : ",", procs[i].outer);
		first = false;
	}
	printf("]");
	if (opt.cgroup)
		printf(",\"memcg_oom_kill\":%lld", memcg_kills);
	if (opt.cgroup && !opt.v1)
		printf(",\"memcg_oom\":%lld", scenario_ooms());
	printf(",\"vmstat_oom_kill\":%lld}\n", all_kills);
	fflush(stdout);
}
