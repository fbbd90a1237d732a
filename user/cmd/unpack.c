// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cmd/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/remedy.h"

static const struct packing {
	const char *magic;
	size_t len;
	const char *program;
} packings[] = {
	{"\x1f\x8b", 2, "gzip"},
	{"\xfd"
	 "7zXZ\0",
	 6, "xz"},
	{"\x28\xb5\x2f\xfd", 4, "zstd"},
};

static const char *program_of(const char *head, size_t len)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++) {
		if (len >= packings[i].len && !memcmp(head, packings[i].magic, packings[i].len))
			return packings[i].program;
	}
	return NULL;
}

/* Up to UNPACK_MAGIC bytes. Returns their number or a negative errno. */
static ssize_t read_head(int fd, char head[UNPACK_MAGIC])
{
	size_t len = 0;

	while (len < UNPACK_MAGIC) {
		ssize_t n = read(fd, head + len, UNPACK_MAGIC - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* Of a stream the first line may be all there is for a long time. */
		if (!n || memchr(head + len, '\n', (size_t)n))
			return (ssize_t)len + n;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		bytes += n;
		len -= (size_t)n;
	}
}

/* A process that gives @head and then all of @fd: what was read of a pipe cannot be put back. */
static pid_t feed(int fd, const char *head, size_t len, int *ret_fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		static char buffer[65536];
		ssize_t n;

		write_all(ends[1], head, len);
		while ((n = read(fd, buffer, sizeof(buffer))) > 0)
			write_all(ends[1], buffer, (size_t)n);
		_exit(n < 0);
	}
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	else
		*ret_fd = ends[0];
	return pid;
}

#define FDS_LOOKED_AT 1024 /* where the kernel cannot say it of all at once: before 5.11 */

/*
 * The program that reads what may be anybody's bytes has its input, its output and stderr, and no
 * way to more privilege. What this process has been given open is not marked to be closed.
 */
static void confine(void)
{
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC)) {
		for (int fd = STDERR_FILENO + 1; fd < FDS_LOOKED_AT; fd++)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_DFL); /* whoever stops to read ends it */
}

/* Runs @program on @fd. Returns what it gives, or a negative errno. */
static int run(const char *program, int fd, pid_t *ret_pid)
{
	int out[2], failed[2], error = 0;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		error = -errno;
		close(out[0]);
		close(out[1]);
		return error;
	}
	pid = fork();
	if (!pid) {
		confine();
		if (dup2(fd, STDIN_FILENO) >= 0 && dup2(out[1], STDOUT_FILENO) >= 0)
			execlp(program, program, "-dc", (char *)NULL);
		error = errno;
		write_all(failed[1], (const char *)&error, sizeof(error));
		_exit(127);
	}
	close(out[1]);
	close(failed[1]);
	if (pid < 0)
		error = errno;
	else if (read(failed[0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(failed[0]);
	if (error) {
		close(out[0]);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		return -error;
	}
	*ret_pid = pid;
	return out[0];
}

int unpack_open(int fd, const char *name, char head[UNPACK_MAGIC], size_t *ret_head,
		struct unpack *ret_unpack)
{
	struct unpack unpack = {.fd = fd};
	ssize_t len = read_head(fd, head);
	int source = fd;

	if (len < 0) {
		log_error("cannot read %s: %s%s", name, strerror((int)-len),
			  remedy_of_read((int)-len));
		close(fd);
		return (int)len;
	}
	unpack.program = program_of(head, (size_t)len);
	*ret_head = (size_t)len;
	*ret_unpack = unpack;
	if (!unpack.program)
		return 0;
	*ret_head = 0;
	if (lseek(fd, 0, SEEK_SET) && (unpack.feeder = feed(fd, head, (size_t)len, &source)) < 0) {
		log_error("cannot unpack %s: %s", name, strerror(errno));
		close(fd);
		return -ECHILD;
	}
	unpack.fd = run(unpack.program, source, &unpack.pid);
	close(fd);
	if (source != fd)
		close(source);
	if (unpack.fd < 0) {
		log_error("cannot unpack %s: %s: %s%s", name, unpack.program, strerror(-unpack.fd),
			  unpack.fd == -ENOENT ? "; install it" : "");
		if (unpack.feeder > 0)
			waitpid(unpack.feeder, NULL, 0);
		return unpack.fd;
	}
	*ret_unpack = unpack;
	return 0;
}

int unpack_close(struct unpack *unpack, const char *name)
{
	int status = 0;

	close(unpack->fd);
	if (!unpack->program)
		return 0;
	if (unpack->feeder > 0)
		waitpid(unpack->feeder, NULL, 0);
	if (waitpid(unpack->pid, &status, 0) < 0 || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return 0;
	/* It was told that nobody reads any more. */
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
		return 0;
	log_error("%s: %s could not unpack all of it", name, unpack->program);
	return -EBADMSG;
}
