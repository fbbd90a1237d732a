// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hog: provokes one well-defined out-of-memory situation, says what it started, and cleans up.
 *
 * Nothing here waits for time to pass. Workers say through a pipe that their memory is touched.
 * The one that grows asks for each step; it gets one only while the kernel's own count of OOM
 * kills stands still, so a scenario kills exactly as many as it is meant to, on any speed of
 * machine. Everything ends by end-of-file: if this program dies, so do its workers.
 *
 * One JSON object a line on stdout: {"hog":"start",…} before the provocation and {"hog":"end",…}
 * after it. Names are given and printed so that hostile bytes survive: %XX in, hex out.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hog.h"

#define MAX_PROCS 16384
/* Pages per step of growth: what may still be charged after the kill, so keep it small. */
#define STEP_PAGES 32UL
/* Nothing here takes this long, even emulated; it only keeps a broken run from hanging. */
#define GIVE_UP_SECONDS 400
/* A global OOM takes the whole machine: only where this file says that it is a throw-away one. */
#define VM_MARKER "/vm-marker"

static struct proc procs[MAX_PROCS];
static int nr_procs;

static struct {
	const char *cgroup;
	long long limit, shrink, swap, room;
	bool global, oom_group, v1, keep, gate, nobody, no_kill, own_pids, sysrq, holds;
	const char *dir;
	int storm, file_fd;
	const char *name;
} opt = {.limit = -1, .shrink = -1, .room = -1, .dir = "/tmp", .file_fd = -1, .name = "hog"};

static int ready_pipe[2], quit_pipe[2], grant_pipe[2], done_pipe[2], go_pipe[2];

/* What each process says of itself: its number as the kernel's log has it. */
static volatile pid_t *outer_pids;

void die(const char *format, ...)
{
	int error = errno;
	va_list ap;

	fprintf(stderr, "hog: ");
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
	exit(1);
}

static size_t parse_size(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (*end == 'K' || *end == 'k')
		value <<= 10, end++;
	else if (*end == 'M' || *end == 'm')
		value <<= 20, end++;
	errno = 0;
	if (end == text || *end)
		die("not a size: %s", text);
	return value;
}

/* %XX to bytes, as many as fit. */
static void parse_name(const char *text, char *name, int size)
{
	int len = 0;
	unsigned int byte;

	memset(name, 0, size);
	while (*text && len < size - 1) {
		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
			name[len++] = byte;
			text += 3;
		} else {
			name[len++] = *text++;
		}
	}
}

static enum kin kin_of(const char *text)
{
	errno = 0;
	if (!strcmp(text, "vfork"))
		return KIN_VFORK;
	if (strcmp(text, "clone"))
		die("no such kin: %s", text);
	return KIN_CLONE;
}

/* Has its place right after who starts it. */
static void add_kin(struct proc proc)
{
	proc.kin = KIN_NONE;
	proc.is_kin = true;
	procs[nr_procs++] = proc;
}

static void parse_proc(char *spec)
{
	struct proc proc = {.uid = -1, .count = 1, .sub = "", .node = -1};
	char *save, *word, path[PATH_MAX];

	parse_name("worker", proc.comm, COMM_LEN);
	for (word = strtok_r(spec, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = '\0';
		else
			value = "";
		if (!strcmp(word, "name"))
			parse_name(value, proc.comm, COMM_LEN);
		else if (!strcmp(word, "anon"))
			proc.anon = parse_size(value);
		else if (!strcmp(word, "file"))
			proc.file = parse_size(value);
		else if (!strcmp(word, "shmem"))
			proc.shmem = parse_size(value);
		else if (!strcmp(word, "adj"))
			proc.adj = atoi(value), proc.adj_set = true;
		else if (!strcmp(word, "threads"))
			proc.threads = atoi(value);
		else if (!strcmp(word, "uid"))
			proc.uid = atol(value);
		else if (!strcmp(word, "node"))
			proc.node = atoi(value);
		else if (!strcmp(word, "count"))
			proc.count = atoi(value);
		else if (!strcmp(word, "sub"))
			parse_name(value, path, sizeof(path)), proc.sub = strdup(path);
		else if (!strcmp(word, "leader-exits"))
			proc.leader_exits = true;
		else if (!strcmp(word, "grow"))
			proc.grows = true;
		else if (!strcmp(word, "exits"))
			proc.exits = true;
		else if (!strcmp(word, "hungry"))
			proc.exits = proc.hungry = true;
		else if (!strcmp(word, "held"))
			proc.held = opt.holds = true;
		else if (!strcmp(word, "fails"))
			proc.fails = atoi(value);
		else if (!strcmp(word, "kin"))
			proc.kin = kin_of(value);
		else
			errno = 0, die("unknown key %s in a process", word);
	}
	if (proc.leader_exits && !proc.threads)
		proc.threads = 1;
	for (int i = 0; i < proc.count; i++) {
		errno = 0;
		if (nr_procs == MAX_PROCS)
			die("more than %d processes", MAX_PROCS);
		procs[nr_procs++] = proc;
		if (proc.kin)
			add_kin(proc);
	}
}

/* ---- files ---- */

static int write_file(const char *path, const char *text)
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

static int write_in_cgroup(const char *sub, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s/%s", opt.cgroup, sub, file);
	return write_file(path, text);
}

/* All there is in a file of one line, or "". */
static void line_of_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* The number that is all there is in a file, or -1. */
static long long number_in_file(const char *path)
{
	char text[32];

	line_of_file(path, text, sizeof(text));
	return text[0] ? atoll(text) : -1;
}

/* The number after @key in a file of "key value" lines, or -1. */
static long long key_in_file(const char *path, const char *key)
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

static long long vmstat_kills(void)
{
	return key_in_file("/proc/vmstat", "oom_kill");
}

/*
 * What the kernel counted for this scenario: an OOM kill is counted before its signal is sent. v1
 * has no sums over a subtree, so the children's counts are added up.
 */
static long long scenario_kills(void)
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
static long long scenario_ooms(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/memory.events", opt.cgroup);
	return key_in_file(path, "oom");
}

/* ---- cgroup ---- */

static void cgroup_set_limit(long long bytes)
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

static void cgroup_make(void)
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
static void cgroup_leave_room(void)
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

static void cgroup_remove(void)
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

/* ---- workers ---- */

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

static void worker(struct proc *proc)
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

/*
 * The pages that "file" processes map. Written here, outside of the scenario's cgroup, so that they
 * are charged elsewhere and no reclaim of the scenario takes them away.
 */
static void make_file(void)
{
	size_t size = 0;
	char path[PATH_MAX], page[PAGE];

	for (int i = 0; i < nr_procs; i++)
		if (procs[i].file > size)
			size = procs[i].file;
	if (!size)
		return;
	snprintf(path, sizeof(path), "%s/hog.XXXXXX", opt.dir);
	opt.file_fd = mkstemp(path);
	if (opt.file_fd < 0)
		die("cannot make a file in %s", opt.dir);
	unlink(path);
	memset(page, 'x', sizeof(page));
	for (size_t done = 0; done < size; done += PAGE)
		if (write(opt.file_fd, page, PAGE) != (ssize_t)PAGE)
			die("cannot fill a file in %s", opt.dir);
}

static pid_t start(struct proc *proc)
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

/* Once all are ready: how the kernel's log will name them. */
static void learn_pids(void)
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

/* Whoever started this knows the processes now, and says when to go on. */
static void await_gate(void)
{
	char c;

	while (read(STDIN_FILENO, &c, 1) < 0 && errno == EINTR)
		;
}

/* Takes one child that ended; returns whether SIGKILL ended it, or -1 if there was none to take. */
static int reap(bool block)
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

static void await_ready(void)
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

/* ---- what it says ---- */

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

static void print_start(const char *mode)
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

static void print_end(int killed, long long memcg_kills, long long all_kills)
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

/* ---- provocations ---- */

static struct proc *find_exiting(void)
{
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].exits)
			return &procs[i];
	return NULL;
}

/* Hands out steps until the kernel has killed somebody; returns how many it counted. */
static long long feed_grower(long long before)
{
	long long kills;
	char c;

	for (;;) {
		/* End of file: the one that grows was itself the victim. */
		if (read(done_pipe[0], &c, 1) != 1)
			return scenario_kills() - before;
		kills = scenario_kills() - before;
		if (kills > 0)
			return kills;
		if (write(grant_pipe[1], "g", 1) != 1)
			return scenario_kills() - before;
	}
}

/*
 * Hands out steps until somebody waits for memory where the OOM killer is disabled; enables it when
 * the gate opens. It is version 1 that has this.
 */
static void feed_until_waiting(void)
{
	struct pollfd pfd = {.fd = done_pipe[0], .events = POLLIN};
	char path[PATH_MAX], c;

	snprintf(path, sizeof(path), "%s/memory.oom_control", opt.cgroup);
	while (key_in_file(path, "under_oom") != 1) {
		/* The timeout only bounds how late it is noticed. */
		if (poll(&pfd, 1, 1) > 0 &&
		    (read(done_pipe[0], &c, 1) != 1 || write(grant_pipe[1], "g", 1) != 1))
			die("the one that grows has gone");
	}
	snprintf(path, sizeof(path), "%s/memory.usage_in_bytes", opt.cgroup);
	printf("{\"hog\":\"waiting\",\"usage\":%lld}\n", number_in_file(path));
	fflush(stdout);
	await_gate();
	if (write_in_cgroup("", "memory.oom_control", "0"))
		die("cannot enable the OOM killer of %s", opt.cgroup);
}

/*
 * Hands out steps until memory has run out and the kernel has made its choice. That is when it ran
 * out again: the event is counted before the choice, and only one process asks. Nobody is killed:
 * the one chosen is exiting, and now may.
 */
static void feed_until_out(struct proc *exiting)
{
	long long before = scenario_ooms();
	struct pollfd pfd = {.fd = done_pipe[0], .events = POLLIN};
	char c;

	while (scenario_ooms() < before + 2) {
		/* The timeout only bounds how late it is noticed that the grower is stuck. */
		if (poll(&pfd, 1, 1) > 0 &&
		    (read(done_pipe[0], &c, 1) != 1 || write(grant_pipe[1], "g", 1) != 1))
			die("the one that grows has gone");
	}
	/* Room for the grower, before the memory of the other one is back: or it is next. */
	cgroup_set_limit(opt.limit * 2);
	exit_go_on(exiting->pid);
}

/* Leaves a process that exits less than it needs for that. */
static void starve_exiting(struct proc *exiting)
{
	char path[PATH_MAX];
	long long usage;

	snprintf(path, sizeof(path), "%s/memory.current", opt.cgroup);
	usage = number_in_file(path);
	cgroup_set_limit(usage + EXIT_PAGES * PAGE / 4);
	exit_go_on(exiting->pid);
}

/* What the kernel does not do at once, it has counted when it is done. */
static long long await_kill(long long before)
{
	while (scenario_kills() == before)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return scenario_kills() - before;
}

/* Lets those fail that are to; returns when they have. */
static void let_fail(void)
{
	char c;

	if (write(go_pipe[1], "g", 1) != 1 || read(done_pipe[0], &c, 1) != 1)
		die("the one that was to fail has gone");
}

static bool has_failing(void)
{
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].fails)
			return true;
	return false;
}

/* Makes memory run out; returns how many will have died of it. */
static long long provoke(long long before)
{
	struct proc *exiting = find_exiting();
	long long expected;

	if (opt.no_kill)
		feed_until_waiting();
	if (exiting && exiting->hungry)
		starve_exiting(exiting);
	else if (exiting)
		feed_until_out(exiting);
	else if (opt.shrink >= 0)
		cgroup_set_limit(opt.shrink);
	else if (opt.sysrq && write_file("/proc/sysrq-trigger", "f"))
		die("cannot ask by SysRq");
	if (exiting || opt.nobody)
		return 0;
	if (opt.sysrq)
		expected = await_kill(before);
	else if (opt.shrink >= 0)
		expected = scenario_kills() - before;
	else
		expected = feed_grower(before);
	/* The kernel counts a group's first victim twice, and spares who asked for -1000. */
	if (opt.oom_group)
		expected = 0;
	for (int i = 0; i < nr_procs; i++)
		expected += opt.oom_group ? procs[i].adj != -1000 : procs[i].is_kin;
	return expected;
}

static int run_kill(long long before)
{
	long long expected = provoke(before);
	int killed = 0;

	while (killed < expected) {
		int was = reap(true);

		if (was < 0)
			break;
		killed += was;
	}
	return killed;
}

/* One victim after the other, each forked only when the last one is gone. */
static int run_storm(void)
{
	int killed = 0, idle = nr_procs;

	for (int i = 0; i < opt.storm; i++) {
		struct proc *proc = &procs[idle];
		int was;

		*proc = (struct proc){.uid = -1, .node = -1, .sub = ""};
		snprintf(proc->comm, sizeof(proc->comm), "storm-%u", (unsigned int)i % 100000);
		/* More than there is: this one never gets ready. */
		proc->anon = opt.limit + (64 << 20);
		start(proc);
		was = reap(true);
		if (was < 0)
			break;
		killed += was;
	}
	return killed;
}

static const char *mode(void)
{
	struct proc *exiting = find_exiting();

	if (opt.storm)
		return "storm";
	if (exiting)
		return exiting->hungry ? "exit" : "exiting";
	if (opt.nobody)
		return "nobody";
	if (opt.sysrq)
		return "global";
	return opt.shrink >= 0 ? "limit-write" : opt.global ? "global" : "memcg";
}

/* How many of the processes have to grow. */
static int growers_needed(void)
{
	struct proc *exiting = find_exiting();

	return !opt.storm && opt.shrink < 0 && !opt.sysrq && !opt.nobody &&
	       !(exiting && exiting->hungry);
}

static void prepare(void)
{
	prctl(PR_SET_NAME, opt.name);
	/* Whose parent was killed is left to this program. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	/* A storm takes as long as it has victims. */
	alarm(GIVE_UP_SECONDS + (unsigned int)opt.storm / 5);
	/* This program must survive what it provokes; without the right to, it is merely small. */
	write_file("/proc/self/oom_score_adj", opt.global ? "-1000" : "0");
	if (pipe2(ready_pipe, 0) || pipe2(quit_pipe, 0) || pipe2(grant_pipe, 0) ||
	    pipe2(done_pipe, 0) || pipe2(go_pipe, 0))
		die("cannot make pipes");
	outer_pids = map(MAX_PROCS * sizeof(*outer_pids), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1);
	if (opt.cgroup)
		cgroup_make();
	make_file();
}

static int run(void)
{
	long long memcg_before, all_before;
	int grows = 0, killed;
	struct proc *exiting;

	prepare();
	for (int i = 0; i < nr_procs; i++) {
		grows += procs[i].grows;
		if (!procs[i].is_kin)
			start(&procs[i]);
	}
	errno = 0;
	if (grows != growers_needed())
		die("one process must have \"grow\", or none where something else provokes");
	await_ready();
	learn_pids();
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].held)
			hold(procs[i].pid);
	exiting = find_exiting();
	if (exiting)
		exit_halt(exiting->pid, go_pipe[1]);
	/* Kept open for a storm: its victims are forked from here. */
	close(grant_pipe[0]);
	close(done_pipe[1]);

	memcg_before = scenario_kills();
	all_before = vmstat_kills();
	if (has_failing())
		let_fail();
	print_start(mode());
	if (opt.gate)
		await_gate();
	if (opt.room >= 0)
		cgroup_leave_room();
	killed = opt.storm ? run_storm() : run_kill(memcg_before);
	print_end(killed, scenario_kills() - memcg_before, vmstat_kills() - all_before);

	close(quit_pipe[1]);
	close(grant_pipe[1]);
	close(done_pipe[0]);
	while (reap(true) >= 0)
		;
	if (opt.cgroup && !opt.keep)
		cgroup_remove();
	return (killed == 0) == (opt.nobody || exiting) ? 0 : 1;
}

/* The rest of this program, and all that it starts, in a pid namespace of their own. */
static int run_in_own_pids(void)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		die("cannot have a pid namespace");
	pid = fork();
	if (!pid)
		exit(run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("cannot fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* ---- the kernel log, record by record: no tool of busybox reads it without blocking ---- */

static int dump_kmsg(long long after, bool last_only)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[16384];
	long long seq = -1;

	if (fd < 0)
		die("cannot open /dev/kmsg");
	for (;;) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		if (n < 0 &&
		    errno == EPIPE) /* overwritten while reading: go on with what is left */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		sscanf(record, "%*u,%lld", &seq);
		if (!last_only && seq > after)
			fwrite(record, 1, n, stdout);
	}
	if (last_only)
		printf("%lld\n", seq);
	return 0;
}

static const char usage[] =
	"usage: hog [--cgroup DIR [--limit SIZE] [--swap SIZE] [--shrink SIZE] [--oom-group]]\n"
	"           [--global [--sysrq]]\n"
	"           [--storm N [--room SIZE]] [--dir DIR] [--name NAME] [--keep] [--gate] "
	"[--nobody] "
	"[--no-kill] [--own-pids]\n"
	"           [-p PROCESS]...\n"
	"       hog kmsg [--after SEQ | --last]\n"
	"       hog run COMMAND...   as from a terminal: with SIGINT and SIGQUIT at their "
	"defaults\n"
	"PROCESS: name=TEXT,anon=SIZE,file=SIZE,shmem=SIZE,adj=N,threads=N,uid=N,sub=CGROUP,\n"
	"         node=N,count=N,leader-exits,grow,exits,hungry,held,fails=N,kin=vfork|clone\n"
	"         (name and sub with %XX for any byte)\n"
	"  --swap SIZE    what the cgroup may use of the swap (0)\n"
	"  --room SIZE    lower the limit to what is used and so much more, once all are there\n"
	"  --shrink SIZE  provoke by lowering the limit from outside, not by growth\n"
	"  --storm N      N victims one after the other, beside the idle processes given with -p\n"
	"  --global       the whole machine; refused unless " VM_MARKER " exists\n"
	"  --name NAME    of this program itself (the invoker when a limit is written)\n"
	"  --keep         leave the cgroup behind\n"
	"  --sysrq        provoke by SysRq-f\n"
	"  --nobody       nobody can be killed\n"
	"  --no-kill      disable the cgroup's OOM killer (version 1), until somebody waits for\n"
	"                 memory and then a byte, or the end, comes on stdin\n"
	"  --own-pids     in a pid namespace of its own\n"
	"  exits          is on its way out, and chosen\n"
	"  hungry         is on its way out, and needs memory for it\n"
	"  fails=N        makes system calls until N failed for want of memory\n"
	"  held           cannot die when it is killed, until a byte, or the end, comes on stdin\n"
	"  kin=HOW        starts a process that shares its memory\n"
	"  --gate         provoke only when a byte, or the end, comes on stdin\n";

/* The option without a value that @arg is, or NULL. */
static bool *flag_of(const char *arg)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"--global", &opt.global}, {"--oom-group", &opt.oom_group},
		{"--keep", &opt.keep},     {"--gate", &opt.gate},
		{"--nobody", &opt.nobody}, {"--own-pids", &opt.own_pids},
		{"--sysrq", &opt.sysrq},   {"--no-kill", &opt.no_kill},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(arg, flags[i].name))
			return flags[i].flag;
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "run")) {
		/* A shell starts its background jobs deaf to Ctrl-C. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(argv[2], argv + 2);
		die("cannot run %s", argv[2]);
	}
	if (argc > 1 && !strcmp(argv[1], "kmsg")) {
		bool last = argc > 2 && !strcmp(argv[2], "--last");

		return dump_kmsg(argc > 3 && !strcmp(argv[2], "--after") ? atoll(argv[3]) : -1,
				 last);
	}
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		bool *flag = flag_of(arg);

		if (flag) {
			*flag = true;
			continue;
		} else if (!value) {
			fputs(usage, stderr);
			return 2;
		}
		i++;
		if (!strcmp(arg, "--cgroup")) {
			opt.cgroup = value;
		} else if (!strcmp(arg, "--limit")) {
			opt.limit = parse_size(value);
		} else if (!strcmp(arg, "--swap")) {
			opt.swap = parse_size(value);
		} else if (!strcmp(arg, "--shrink")) {
			opt.shrink = parse_size(value);
		} else if (!strcmp(arg, "--room")) {
			opt.room = parse_size(value);
		} else if (!strcmp(arg, "--storm")) {
			opt.storm = atoi(value);
		} else if (!strcmp(arg, "--dir")) {
			opt.dir = value;
		} else if (!strcmp(arg, "--name")) {
			opt.name = value;
		} else if (!strcmp(arg, "-p")) {
			parse_proc(argv[i]);
		} else {
			fputs(usage, stderr);
			return 2;
		}
	}
	errno = 0;
	if (opt.global == !!opt.cgroup)
		die("either --cgroup or --global");
	if (opt.global && access(VM_MARKER, F_OK)) {
		errno = 0;
		die("refused: a global OOM only where %s says that it is a virtual machine",
		    VM_MARKER);
	}
	if (opt.cgroup && opt.limit < 0)
		die("--cgroup needs --limit");
	return opt.own_pids ? run_in_own_pids() : run();
}
