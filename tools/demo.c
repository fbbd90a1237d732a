/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Provokes one OOM kill in a memory cgroup of its own, and leaves nothing behind.
 *
 * A few processes of different sizes, one of them with a raised oom_score_adj,
 * sit below one limit; then another one grows until the kernel has to choose.
 * Each step waits for the one before through a pipe, never for time to pass.
 */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB        (1024UL * 1024)
#define LIMIT      (64 * MIB)
#define LIMIT_TEXT "67108864"
#define PATH_BYTES 4096 /* of a mount point */

struct worker {
	const char *name;
	size_t bytes;
	const char *oom_score_adj;
	pid_t pid;
};

/* Together well below the limit, so that only the one that grows meets it, and is the largest. */
static struct worker workers[] = {
	{"demo-web", 4 * MIB, "0", 0},
	{"demo-database", 12 * MIB, "0", 0},
	{"demo-batch", 8 * MIB, "200", 0},
	{"demo-sidecar", 2 * MIB, "0", 0},
};

#define N_WORKERS (sizeof(workers) / sizeof(*workers))

static pid_t grower;
static char cgroup[PATH_BYTES + 64];
static volatile sig_atomic_t interrupted;

static void on_signal(int signo)
{
	(void)signo;
	interrupted = 1;
}

static int write_file(const char *directory, const char *name, const char *text)
{
	char path[PATH_BYTES + 128];
	ssize_t n;
	int fd, error = 0;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		error = -errno;
	close(fd);
	return error;
}

/* Where the memory controller is. Returns false when it is nowhere. */
static bool find_memory_controller(char ret_mount[PATH_BYTES], bool *ret_v1)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	const struct mntent *entry;
	bool found = false;

	while (mounts && (entry = getmntent(mounts))) {
		bool v1 = strcmp(entry->mnt_type, "cgroup") == 0 && hasmntopt(entry, "memory");

		if (!v1 && (found || strcmp(entry->mnt_type, "cgroup2") != 0))
			continue;
		snprintf(ret_mount, PATH_BYTES, "%s", entry->mnt_dir);
		*ret_v1 = v1;
		found = true;
		if (v1)
			break;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static int fail(const char *what, int error)
{
	fprintf(stderr, "demo: %s: %s\n", what, strerror(-error));
	return -1;
}

/* Makes the cgroup with its limit, and no way around it through swap. */
static int make_cgroup(void)
{
	char mount[PATH_BYTES];
	bool v1;
	int error;

	if (!find_memory_controller(mount, &v1))
		return fail("no memory cgroup controller is mounted", -ENODEV);
	if (!v1) {
		error = write_file(mount, "cgroup.subtree_control", "+memory");
		if (error)
			return fail("cannot enable the memory controller below its root", error);
	}
	snprintf(cgroup, sizeof(cgroup), "%s/oomtrace-demo-%d", mount, (int)getpid());
	if (mkdir(cgroup, 0700)) {
		error = -errno;
		cgroup[0] = '\0';
		return fail("cannot make a cgroup (are you root?)", error);
	}
	error = write_file(cgroup, v1 ? "memory.limit_in_bytes" : "memory.max", LIMIT_TEXT);
	if (error)
		return fail("cannot limit the cgroup", error);
	/* Absent without swap accounting: the kernel then has no swap to go to, or uses a little.
	 */
	write_file(cgroup, v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max",
		   v1 ? LIMIT_TEXT : "0");
	return 0;
}

static char *take_memory(size_t bytes)
{
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* In the child: dies with its parent, is in the cgroup, has its name. */
static void enter(const char *name, const char *oom_score_adj)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	if (write_file(cgroup, "cgroup.procs", "0") ||
	    write_file("/proc/self", "oom_score_adj", oom_score_adj))
		_exit(1);
}

/* In the child: holds its memory until the parent closes the pipe. */
static void work(const struct worker *worker, int ready_fd, int quit_fd)
{
	char *memory, byte = 0;

	enter(worker->name, worker->oom_score_adj);
	memory = take_memory(worker->bytes);
	if (!memory)
		_exit(1);
	memset(memory, 1, worker->bytes);
	if (write(ready_fd, &byte, 1) != 1)
		_exit(1);
	while (read(quit_fd, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

/* In the child: grows until it is killed. Twice the limit means that the limit does not hold. */
static void grow(void)
{
	char *memory;

	enter("demo-leak", "0");
	memory = take_memory(2 * LIMIT);
	for (size_t done = 0; memory && done < 2 * LIMIT; done += MIB)
		memset(memory + done, 1, MIB);
	_exit(1);
}

/* Starts the workers and returns once each has its memory. */
static int start_workers(const int ready[2], const int quit[2])
{
	char byte;

	for (size_t i = 0; i < N_WORKERS; i++) {
		workers[i].pid = fork();
		if (workers[i].pid < 0)
			return fail("fork", -errno);
		if (workers[i].pid == 0) {
			close(ready[0]);
			close(quit[1]);
			work(&workers[i], ready[1], quit[0]);
		}
	}
	close(ready[1]);
	for (size_t i = 0; i < N_WORKERS; i++)
		if (read(ready[0], &byte, 1) != 1)
			return interrupted ? -1 : fail("a process could not begin", -ECHILD);
	return 0;
}

/* Returns 0 when the kernel has killed the one that grew. */
static int provoke(const int quit[2])
{
	int status;

	grower = fork();
	if (grower < 0)
		return fail("fork", -errno);
	if (grower == 0) {
		close(quit[1]);
		grow();
	}
	if (waitpid(grower, &status, 0) < 0)
		return interrupted ? -1 : fail("waitpid", -errno);
	grower = 0;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return fail("the kernel killed nothing: the limit does not hold", -ENOMEM);
	return 0;
}

static void end_child(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void clean_up(void)
{
	end_child(grower);
	for (size_t i = 0; i < N_WORKERS; i++)
		end_child(workers[i].pid);
	if (*cgroup && rmdir(cgroup))
		fail(cgroup, -errno);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	int ready[2], quit[2], error;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	if (pipe2(ready, O_CLOEXEC) || pipe2(quit, O_CLOEXEC))
		return -fail("pipe", -errno);
	error = make_cgroup();
	if (!error)
		error = start_workers(ready, quit);
	if (!error)
		error = provoke(quit);
	clean_up();
	return error ? 1 : 0;
}
