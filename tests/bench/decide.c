// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How long a page fault takes in which the kernel kills for memory, with N processes to choose
 * from:
 *
 *     decide CGROUP N KILLS LABEL...
 *
 * Before each LABEL "sh /prepare LABEL" is run, and "sh /finish LABEL" after it: to start and to
 * stop a tracer. One JSON object a kill on stdout. Its own processes lie in CGROUP; the one that is
 * killed is another than the one that asks, so that this lives to tell the time. With QEMU's
 * -icount a nanosecond is an instruction.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE        4096UL
#define VICTIM_SIZE (4UL << 20)
#define ROOM        (1UL << 20) /* that the limit leaves */
/* Until somebody is killed; what each of the others left in /proc may be taken back before that. */
#define GROWTH      (16UL << 20)
#define GROWTH_EACH (8UL << 10)

static const char *cgroup;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static void set_limit(const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/memory.max", cgroup);
	write_file(path, text);
}

static uint64_t usage(void)
{
	char path[256], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/memory.current", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(path);
	close(fd);
	return strtoull(text, NULL, 10);
}

/* The number behind @name in memory.events. */
static uint64_t event(const char *name)
{
	char path[256], text[512] = "", *at;
	int fd;

	snprintf(path, sizeof(path), "%s/memory.events", cgroup);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		die(path);
	close(fd);
	at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static char *take(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

static pid_t start(const char *adj, size_t size)
{
	int ready[2];
	char c;
	pid_t pid;

	if (pipe(ready))
		die("pipe");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		write_file("/proc/self/oom_score_adj", adj);
		if (size)
			memset(take(size), 1, size);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	if (pid < 0 || read(ready[0], &c, 1) != 1)
		die("fork");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void run(const char *what, const char *label)
{
	char command[256];

	snprintf(command, sizeof(command), "%s %s", what, label);
	if (system(command))
		die(command);
}

/* One kill: the longest of the faults until the victim is gone. */
static void measure(const char *label, int others)
{
	pid_t victim = start("1000", VICTIM_SIZE);
	uint64_t calls = event("\noom "), longest = 0;
	size_t growth = GROWTH + (size_t)others * GROWTH_EACH;
	char *memory = take(growth), text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)(usage() + ROOM));
	set_limit(text);
	for (size_t at = 0; waitpid(victim, NULL, WNOHANG) != victim; at += PAGE) {
		uint64_t began = now();

		if (at == growth)
			die("nobody was killed");
		memory[at] = 1;
		began = now() - began;
		if (began > longest)
			longest = began;
	}
	set_limit("max");
	munmap(memory, growth);
	printf("{\"label\":\"%s\",\"others\":%d,\"ns\":%llu,\"calls\":%llu}\n", label, others,
	       (unsigned long long)longest, (unsigned long long)(event("\noom ") - calls));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char path[256];
	int others, kills;

	if (argc < 5)
		return 2;
	cgroup = argv[1];
	others = atoi(argv[2]);
	kills = atoi(argv[3]);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	write_file(path, "0");
	for (int i = 0; i < others; i++)
		start("0", 0);
	write_file("/proc/self/oom_score_adj", "-1000");
	for (int label = 4; label < argc; label++) {
		run("sh /prepare", argv[label]);
		for (int i = 0; i < kills; i++)
			measure(argv[label], others);
		run("sh /finish", argv[label]);
	}
	kill(0, SIGKILL);
	return 0;
}
