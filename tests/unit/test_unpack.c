// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Packed logs, through the programs that unpack them; what those may not be given; and how it
 * fails. */
#include "sample.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmd/unpack.h"

#define LINE       "Out of memory: Killed process 1 (x)\n"
#define LARGE      (64U << 20)
#define SOME       65536
#define OTHER_FD   77 /* one that the program must not have */
#define MANY_BYTES 4096

static const char *const programs[] = {"gzip", "xz", "zstd"};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static bool is_here(const char *program)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return system(command) == 0;
}

/* A descriptor of what @command writes to its stdout, from its beginning. */
static int made_by(const char *command)
{
	int fd = sample_fd(), saved = dup(STDOUT_FILENO);

	assert_true(saved >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
	assert_int_equal(system(command), 0);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* The other end of a pipe that a child fills with what @fd has. */
static int through_a_pipe(int fd, pid_t *ret_pid)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	*ret_pid = fork();
	if (!*ret_pid) {
		char bytes[100];
		ssize_t n;

		while ((n = read(fd, bytes, sizeof(bytes))) > 0 &&
		       write(ends[1], bytes, (size_t)n) == n)
			;
		_exit(0);
	}
	close(ends[1]);
	close(fd);
	return ends[0];
}

/* All that comes of it: how many bytes, and the first of them. */
static size_t read_all(struct unpack *unpack, const char *head, size_t len, char first[SOME])
{
	static char bytes[SOME];
	size_t all = len;
	ssize_t n;

	memcpy(first, head, len);
	while ((n = read(unpack->fd, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < n && all + (size_t)i < SOME; i++)
			first[all + (size_t)i] = bytes[i];
		all += (size_t)n;
	}
	return all;
}

static void silence(int *ret_saved)
{
	int null = open("/dev/null", O_WRONLY);

	*ret_saved = dup(STDERR_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

static void speak(int saved)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
}

static void packed_logs_are_unpacked_by_their_magic(void **state)
{
	static char first[SOME];

	(void)state;
	for (size_t i = 0; i < PROGRAMS * 2; i++) {
		char command[128], head[UNPACK_MAGIC];
		struct unpack unpack;
		pid_t pid = 0;
		size_t len;
		int fd;

		if (!is_here(programs[i / 2]))
			continue;
		snprintf(command, sizeof(command), "printf '%s' | %s -c",
			 "Out of memory: Killed process 1 (x)\\n", programs[i / 2]);
		fd = made_by(command);
		if (i % 2)
			fd = through_a_pipe(fd, &pid);
		assert_int_equal(unpack_open(fd, "log", head, &len, &unpack), 0);
		assert_string_equal(unpack.program, programs[i / 2]);
		assert_int_equal(read_all(&unpack, head, len, first), strlen(LINE));
		assert_memory_equal(first, LINE, strlen(LINE));
		assert_int_equal(unpack_close(&unpack, "log"), 0);
		if (pid)
			assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void a_log_that_is_not_packed_is_given_as_it_is(void **state)
{
	static const char *const logs[] = {"", "x", "\\037", "\\037\\n", LINE, "\\3757zXY"};
	static char first[SOME];

	(void)state;
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		char command[128], head[UNPACK_MAGIC];
		struct unpack unpack;
		size_t len, all;

		snprintf(command, sizeof(command), "printf '%s'", logs[i]);
		assert_int_equal(unpack_open(made_by(command), "log", head, &len, &unpack), 0);
		assert_null(unpack.program);
		all = read_all(&unpack, head, len, first);
		assert_int_equal(all, i == 4 ? strlen(LINE) : i == 5 ? 5 : i == 3 ? 2 : i > 0);
		assert_int_equal(unpack_close(&unpack, "log"), 0);
	}
}

static void a_damaged_one_is_told(void **state)
{
	static char first[SOME];
	int saved;

	(void)state;
	for (size_t i = 0; i < PROGRAMS; i++) {
		char command[128], head[UNPACK_MAGIC];
		struct unpack unpack;
		size_t len;

		if (!is_here(programs[i]))
			continue;
		/* Cut in its middle: what was before it is given. */
		snprintf(command, sizeof(command), "seq 1 100000 | %s -c | head -c 3000",
			 programs[i]);
		assert_int_equal(unpack_open(made_by(command), "log", head, &len, &unpack), 0);
		assert_true(read_all(&unpack, head, len, first) < 588895);
		silence(&saved);
		assert_int_equal(unpack_close(&unpack, "log"), -EBADMSG);
		/* The magic alone, and rubbish. */
		snprintf(command, sizeof(command),
			 "(echo x | %s -c | head -c 6; head -c 1000 /bin/sh)", programs[i]);
		assert_int_equal(unpack_open(made_by(command), "log", head, &len, &unpack), 0);
		assert_int_equal(read_all(&unpack, head, len, first), 0);
		assert_int_equal(unpack_close(&unpack, "log"), -EBADMSG);
		speak(saved);
	}
}

static void whoever_stops_to_read_is_not_told_of_it(void **state)
{
	char head[UNPACK_MAGIC], byte;
	struct unpack unpack;
	size_t len;

	(void)state;
	if (!is_here("gzip"))
		skip();
	assert_int_equal(
		unpack_open(made_by("seq 1 1000000 | gzip -c"), "log", head, &len, &unpack), 0);
	assert_int_equal(read(unpack.fd, &byte, 1), 1);
	assert_int_equal(unpack_close(&unpack, "log"), 0);
}

static void without_the_program_it_fails(void **state)
{
	char head[UNPACK_MAGIC], *path = strdup(getenv("PATH"));
	struct unpack unpack;
	size_t len;
	int fd, saved;

	(void)state;
	if (!is_here("gzip"))
		skip();
	fd = made_by("echo x | gzip -c");
	assert_true(fcntl(fd, F_GETFD) >= 0);
	setenv("PATH", "/nonexistent", 1);
	silence(&saved);
	assert_int_equal(unpack_open(fd, "log", head, &len, &unpack), -ENOENT);
	speak(saved);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* closed */
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* The program looks at its descriptors itself, and writes what it has. */
static void the_program_has_its_input_and_output_only(void **state)
{
	char dir[] = "/tmp/unpack-XXXXXX", script[64], head[UNPACK_MAGIC], *path;
	static char first[SOME];
	struct unpack unpack;
	size_t len, all;
	FILE *file;
	int fd;

	(void)state;
	if (!is_here("gzip"))
		skip();
	fd = made_by("echo x | gzip -c");
	assert_non_null(mkdtemp(dir));
	snprintf(script, sizeof(script), "%s/gzip", dir);
	file = fopen(script, "w");
	fputs("#!/bin/sh\ncat >/dev/null\nfor fd in /proc/$$/fd/*; do\n"
	      "case ${fd##*/} in 0|1|2) ;; *) readlink \"$fd\" ;; esac\ndone\n"
	      /* By the shell itself: while it waits for a program it blocks signals. */
	      "while read -r name value; do case $name in SigIgn:|SigBlk:) "
	      "printf '%s\\t%s\\n' $name $value ;; esac; done </proc/$$/status\n",
	      file);
	fclose(file);
	assert_int_equal(chmod(script, 0700), 0);
	path = strdup(getenv("PATH"));
	{
		char with[MANY_BYTES];

		snprintf(with, sizeof(with), "%s:%s", dir, path);
		setenv("PATH", with, 1);
	}
	signal(SIGPIPE, SIG_IGN);                                  /* as import has it */
	assert_int_equal(dup2(STDERR_FILENO, OTHER_FD), OTHER_FD); /* a neighbour's, not CLOEXEC */
	assert_int_equal(unpack_open(fd, "log", head, &len, &unpack), 0);
	all = read_all(&unpack, head, len, first);
	first[all] = '\0';
	assert_int_equal(unpack_close(&unpack, "log"), 0);
	signal(SIGPIPE, SIG_DFL);
	close(OTHER_FD);
	setenv("PATH", path, 1);
	free(path);
	unlink(script);
	rmdir(dir);
	/* The shell has its script open, under 10 or above, and readlink's pipe: no file of ours.
	 */
	if (strstr(first, "memfd:") || strstr(first, "/dev/"))
		fail_msg("it has: %s", first);
	assert_non_null(strstr(first, "SigBlk:\t0000000000000000"));
	assert_null(strstr(first, "SigIgn:\t0000000000001000"));
}

/* 64 MiB of one character are some KiB packed: they go through, and do not pile up. */
static void a_large_one_takes_no_memory(void **state)
{
	static char first[SOME];

	(void)state;
	for (size_t i = 0; i < PROGRAMS; i++) {
		char command[128], head[UNPACK_MAGIC];
		struct rusage before, after;
		struct unpack unpack;
		size_t len;

		if (!is_here(programs[i]))
			continue;
		snprintf(command, sizeof(command), "head -c %u /dev/zero | %s -1 -c", LARGE,
			 programs[i]);
		assert_int_equal(unpack_open(made_by(command), "log", head, &len, &unpack), 0);
		getrusage(RUSAGE_SELF, &before);
		assert_int_equal(read_all(&unpack, head, len, first), LARGE);
		getrusage(RUSAGE_SELF, &after);
		assert_true(after.ru_maxrss - before.ru_maxrss < 4096); /* KiB */
		assert_int_equal(unpack_close(&unpack, "log"), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_logs_are_unpacked_by_their_magic),
		cmocka_unit_test(a_log_that_is_not_packed_is_given_as_it_is),
		cmocka_unit_test(a_damaged_one_is_told),
		cmocka_unit_test(whoever_stops_to_read_is_not_told_of_it),
		cmocka_unit_test(without_the_program_it_fails),
		cmocka_unit_test(the_program_has_its_input_and_output_only),
		cmocka_unit_test(a_large_one_takes_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
