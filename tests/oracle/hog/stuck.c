// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Victims that cannot die: a tracer is told of a thread's end, whatever ends it, where the kernel
 * calls do_exit(), and the thread stays there with all its memory until the tracer lets it go on.
 * No signal gets it out of there, and no step of that waits for time.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "hog.h"

void hold(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	int held = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	/* A first thread that has exited is still in the list, and cannot be traced. */
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			held += !ptrace(PTRACE_SEIZE, atoi(entry->d_name), 0, PTRACE_O_TRACEEXIT);
	if (!held)
		die("cannot hold %d", pid);
	closedir(dir);
}

bool is_held(int status)
{
	return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXIT;
}

void let_go(pid_t tid)
{
	if (ptrace(PTRACE_CONT, tid, 0, 0))
		die("cannot let %d go", tid);
}
