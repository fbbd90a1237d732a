// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Processes in states that the kernel's choice makes a difference for. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hog.h"

pid_t outer_pid(void)
{
	char text[16] = "";

	return readlink("/proc/self", text, sizeof(text) - 1) > 0 ? atoi(text) : getpid();
}

/* ---- who shares memory ---- */

static struct {
	const char *comm;
	volatile pid_t *outer;
} kin;

/* Runs in its parent's memory: system calls and nothing else. */
static int kin_main(void *unused)
{
	(void)unused;
	prctl(PR_SET_NAME, kin.comm);
	*kin.outer = outer_pid();
	report_ready();
	wait_for_quit();
}

void kin_start(enum kin how, const char *comm, volatile pid_t *ret_outer)
{
	size_t size = 64 << 10;
	char *stack =
		map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1);

	kin.comm = comm;
	kin.outer = ret_outer;
	if (clone(kin_main, stack + size, CLONE_VM | SIGCHLD | (how == KIN_VFORK ? CLONE_VFORK : 0),
		  NULL) < 0)
		die("cannot clone");
}

/* ---- who is exiting ---- */

/*
 * The list of robust futexes that the kernel walks when a thread exits (exit_robust_list(),
 * kernel/futex): for each entry it reads the word at a fixed distance. The words lie in shared
 * memory that nobody has touched, so each one costs a page, charged to the task that exits.
 */
static void become_hungry(void)
{
	static struct robust_list_head head;
	size_t size = EXIT_PAGES * PAGE;
	char *nodes = map(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	char *words = map(size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	struct robust_list *last = &head.list;

	for (size_t i = 0; i < EXIT_PAGES; i++) {
		last->next = (struct robust_list *)(nodes + i * PAGE);
		last = last->next;
	}
	last->next = &head.list;
	head.futex_offset = words - nodes;
	if (syscall(SYS_set_robust_list, &head, sizeof(head)))
		die("cannot set the list of robust futexes");
}

void exit_when_told(int go, bool hungry)
{
	char c;

	if (hungry)
		become_hungry();
	report_ready();
	while (read(go, &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

void exit_halt(pid_t pid, int go)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXIT))
		die("cannot trace %d", pid);
	if (write(go, "x", 1) != 1)
		die("cannot tell %d to exit", pid);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    status >> 16 != PTRACE_EVENT_EXIT)
		die("%d did not stop where it exits: status %#x", pid, status);
}

void exit_go_on(pid_t pid)
{
	if (ptrace(PTRACE_CONT, pid, 0, 0))
		die("cannot let %d go on", pid);
	if (waitpid(pid, NULL, 0) != pid)
		die("%d does not end", pid);
}

/* ---- who gets an error instead of memory ---- */

void fail_to_write(int times)
{
	static char page[PAGE];
	int fd = memfd_create("file", 0);

	if (fd < 0)
		die("cannot make a file in memory");
	while (times > 0) {
		if (write(fd, page, PAGE) < 0) {
			if (errno != ENOMEM)
				die("cannot write to a file in memory");
			times--;
		}
	}
	close(fd);
}
