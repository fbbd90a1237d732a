// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Starts the processes, waits until their memory is touched, and takes those that end. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hog.h"

pid_t start(struct proc *proc)
{
	fflush(stdout);
	proc->pid = fork();
	if (proc->pid < 0)
		die("cannot fork");
	if (!proc->pid) {
		worker(proc);
		_exit(0);
	}
	return proc->pid;
}

void learn_pids(void)
{
	for (int i = 0; i < nr_procs; i++) {
		procs[i].outer = outer_pids[i];
		if (procs[i].is_kin)
			procs[i].pid = procs[i].outer;
	}
}

static struct proc *find_proc(pid_t pid)
{
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].pid == pid)
			return &procs[i];
	return NULL;
}

void await_gate(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) < 0 && errno == EINTR)
		;
}

int reap(bool block)
{
	int status;
	pid_t pid = waitpid(-1, &status, block ? 0 : WNOHANG);
	struct proc *proc;

	if (pid <= 0)
		return -1;
	if (is_held(status)) {
		await_gate();
		let_go(pid);
		return 0;
	}
	proc = find_proc(pid);
	if (!proc && opt.holds) /* a thread: of who is traced, each one is told */
		return 0;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return 0;
	if (proc)
		proc->killed = true;
	return 1;
}

/* Who waits in vfork() for its child has no say; else each process says that it is ready. */
static int ready_expected(void)
{
	int expected = nr_procs;

	for (int i = 0; i < nr_procs; i++)
		expected -= procs[i].kin == KIN_VFORK;
	return expected;
}

void await_ready(void)
{
	int ready = 0, expected = ready_expected();
	char buf[256];

	while (ready < expected) {
		struct pollfd pfd = {.fd = ready_pipe[0], .events = POLLIN};

		/* The timeout only bounds how late a worker that died early is noticed. */
		if (poll(&pfd, 1, 200) > 0) {
			ssize_t n = read(ready_pipe[0], buf, sizeof(buf));

			if (n > 0)
				ready += n;
			continue;
		}
		errno = 0;
		if (reap(false) >= 0)
			die("a worker ended before it was ready (%d of %d were)", ready, expected);
	}
}
