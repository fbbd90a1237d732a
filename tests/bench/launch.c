// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Starts a program again and again, and says how long it took from exec until it was attached, and
 * what memory it then had.
 *
 *     launch RUNS TIMEOUT_MS SIGN PROGRAM...
 *
 * SIGN: "FILE:WORD", a word that the file has then and has not before (debugfs' kprobes/list), or
 * "-:WORD", in what the program writes to stdout. One JSON object a run on stdout. At the last run
 * the program's /proc/PID/smaps goes to ./smaps.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 2 /* between two looks at the file: what looking costs is part of the figure */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* What @fd has to give, in @text; false when that is nothing. */
static bool read_text(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len > 0;
}

static bool file_has(const char *path, const char *word)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found;

	if (fd < 0)
		die(path);
	found = read_text(fd, text, sizeof(text)) && strstr(text, word);
	close(fd);
	return found;
}

/* Its standard output is @ret_out, non-blocking. */
static pid_t start(char **command, int *ret_out)
{
	int out[2];
	pid_t pid;

	if (pipe2(out, O_NONBLOCK | O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (!pid) {
		dup2(out[1], STDOUT_FILENO);
		/* As any other program has it: what it writes, it expects to be taken. */
		fcntl(STDOUT_FILENO, F_SETFL, 0);
		execv(command[0], command);
		_exit(127);
	}
	close(out[1]);
	if (pid < 0)
		die("fork");
	*ret_out = out[0];
	return pid;
}

struct sign {
	const char *path; /* NULL: the program's output */
	const char *word;
};

static struct sign parse_sign(char *text)
{
	char *colon = strchr(text, ':');
	struct sign sign = {text, colon ? colon + 1 : ""};

	if (!colon)
		die("no sign");
	*colon = '\0';
	if (!strcmp(text, "-"))
		sign.path = NULL;
	return sign;
}

/* Waits for @sign of the program; false when it does not come. */
static bool wait_for(const struct sign *sign, int out, double until_ms)
{
	static char text[1 << 16];
	struct pollfd poll_out = {.fd = out, .events = POLLIN};
	size_t len = 0;

	while (now_ms() < until_ms) {
		ssize_t n;

		if (sign->path) {
			if (file_has(sign->path, sign->word))
				return true;
			poll(NULL, 0, LOOK_MS);
			continue;
		}
		poll(&poll_out, 1, 100);
		n = read(out, text + len, sizeof(text) - 1 - len);
		if (n == 0)
			return false;
		if (n > 0)
			len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, sign->word))
			return true;
	}
	return false;
}

static long field_kib(pid_t pid, const char *name)
{
	static char text[1 << 16];
	char path[64], *at;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !read_text(fd, text, sizeof(text)))
		die(path);
	close(fd);
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

static void keep_smaps(pid_t pid)
{
	static char text[1 << 20];
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !read_text(fd, text, sizeof(text)))
		die(path);
	close(fd);
	fd = open("smaps", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("smaps");
	close(fd);
}

/* One run; returns whether the program came to be attached. */
static bool run(const struct sign *sign, double timeout_ms, char **command)
{
	double began = now_ms(), took;
	int out, status;
	pid_t pid = start(command, &out);
	bool attached = wait_for(sign, out, began + timeout_ms);

	took = now_ms() - began;
	if (attached) {
		printf("{\"ms\":%.2f,\"rss_kib\":%ld,\"hwm_kib\":%ld,\"locked_kib\":%ld}\n", took,
		       field_kib(pid, "VmRSS:"), field_kib(pid, "VmHWM:"),
		       field_kib(pid, "VmLck:"));
		keep_smaps(pid);
	}
	kill(pid, SIGINT);
	/* Some tell what they have seen, and want to be rid of it; some do not hear. */
	for (double until = now_ms() + 10000; now_ms() < until;) {
		static char rest[4096];

		while (read(out, rest, sizeof(rest)) > 0)
			;
		if (waitpid(pid, &status, WNOHANG) == pid) {
			pid = 0;
			break;
		}
		poll(NULL, 0, LOOK_MS);
	}
	if (pid) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(out);
	while (sign->path && file_has(sign->path, sign->word))
		poll(NULL, 0, LOOK_MS);
	return attached;
}

int main(int argc, char **argv)
{
	struct sign sign;
	int runs;

	if (argc < 5)
		return 2;
	runs = atoi(argv[1]);
	sign = parse_sign(argv[3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < runs; i++) {
		if (!run(&sign, atof(argv[2]), argv + 4)) {
			fprintf(stderr, "launch: %s was not attached\n", argv[4]);
			return 1;
		}
	}
	return 0;
}
