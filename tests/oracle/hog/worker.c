// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a process does until it is killed, or the scenario is over. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "hog.h"

/* Pages per step of growth: what may still be charged after the kill, so keep it small. */
#define STEP_PAGES 32UL

void touch(volatile char *memory, size_t size, bool dirty)
{
	for (size_t i = 0; i < size; i += PAGE) {
		if (dirty)
			memory[i] = 1;
		else
			(void)memory[i];
	}
}

void *map(size_t size, int prot, int flags, int fd)
{
	void *memory = mmap(NULL, size, prot, flags, fd, 0);

	if (memory == MAP_FAILED)
		die("cannot map %zu bytes", size);
	return memory;
}

void report_ready(void)
{
	if (write(ready_pipe[1], "r", 1) != 1)
		_exit(1);
}

/* Idle until the scenario is over: nobody ever writes, the far end closes. */
void wait_for_quit(void)
{
	char c;

	while (read(quit_pipe[0], &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static void grow(void)
{
	char c;

	for (;;) {
		if (write(done_pipe[1], "d", 1) != 1 || read(grant_pipe[0], &c, 1) != 1)
			_exit(0);
		touch(map(STEP_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1),
		      STEP_PAGES * PAGE, true);
	}
}

/* When told to, fails as often as it shall, and says so. */
static void fail(struct proc *proc)
{
	char c;

	while (read(go_pipe[0], &c, 1) < 0 && errno == EINTR)
		;
	fail_to_write(proc->fails);
	if (write(done_pipe[1], "d", 1) != 1)
		_exit(1);
}

static void *thread_idle(void *started)
{
	pthread_barrier_wait(started);
	wait_for_quit();
	return NULL;
}

static void await_zombie(pid_t tid)
{
	char path[64], text[512], *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	for (;;) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		if (fd < 0 || n <= 0)
			_exit(1);
		close(fd);
		text[n] = '\0';
		state = strrchr(text, ')');
		if (state && state[2] == 'Z')
			return;
		sched_yield();
	}
}

/* The thread that outlives the leader: it alone says "ready", when the leader really is gone. */
static void *thread_survivor(void *started)
{
	pthread_barrier_wait(started);
	await_zombie(getpid());
	report_ready();
	wait_for_quit();
	return NULL;
}

static void worker_threads(struct proc *proc)
{
	static pthread_barrier_t started;
	pthread_attr_t attr;
	pthread_t thread;

	pthread_barrier_init(&started, NULL, proc->threads + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (int i = 0; i < proc->threads; i++) {
		bool survivor = proc->leader_exits && i == 0;

		errno = pthread_create(&thread, &attr, survivor ? thread_survivor : thread_idle,
				       &started);
		if (errno)
			die("cannot start a thread");
	}
	pthread_barrier_wait(&started);
	if (proc->leader_exits)
		syscall(SYS_exit, 0); /* this thread only, unlike _exit() */
}

static void worker_adj(struct proc *proc)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%d", proc->adj);
	err = write_file("/proc/self/oom_score_adj", text);
	errno = -err;
	if (err && proc->adj_set)
		die("cannot set oom_score_adj to %d", proc->adj);
}

/* By the bare system call: the wrapper is in a library that is nowhere else needed. */
static void bind_to_node(int node)
{
	unsigned long nodes = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 8 * sizeof(nodes)))
		die("cannot be bound to node %d", node);
}

void worker(struct proc *proc)
{
	int err;

	close(ready_pipe[0]);
	close(quit_pipe[1]);
	close(grant_pipe[1]);
	close(done_pipe[0]);
	close(go_pipe[1]);
	if (!proc->grows)
		close(grant_pipe[0]);
	if (!proc->grows && !proc->fails)
		close(done_pipe[1]);
	outer_pids[proc - procs] = outer_pid();
	if (opt.cgroup) {
		err = write_in_cgroup(proc->sub, "cgroup.procs", "0");
		errno = -err;
		if (err)
			die("cannot join %s/%s", opt.cgroup, proc->sub);
	}
	worker_adj(proc);
	prctl(PR_SET_NAME, proc->comm);
	/* Huge pages would make sizes depend on alignment and fragmentation. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	/* The bare system call: the library's would need a thread-wide dance. */
	if (proc->uid >= 0 && syscall(SYS_setresuid, proc->uid, proc->uid, proc->uid))
		die("cannot become uid %ld", proc->uid);
	if (proc->node >= 0)
		bind_to_node(proc->node);
	if (proc->anon)
		touch(map(proc->anon, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
		      proc->anon, true);
	if (proc->shmem)
		touch(map(proc->shmem, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1),
		      proc->shmem, true);
	if (proc->file)
		touch(map(proc->file, PROT_READ, MAP_SHARED, opt.file_fd), proc->file, false);
	if (proc->threads)
		worker_threads(proc);
	if (proc->exits)
		exit_when_told(go_pipe[0], proc->hungry);
	if (proc->kin)
		kin_start(proc->kin, proc->comm, &outer_pids[proc + 1 - procs]);
	report_ready();
	if (proc->grows)
		grow();
	if (proc->fails)
		fail(proc);
	wait_for_quit();
}
