/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink/metricsfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/queue.h"
#include "lib/thread.h"
#include "sink/metrics.h"

#define QUEUE_BYTES (2 * METRICS_BYTES + 4096) /* the largest page, and some */
#define STACK_BYTES (64 * 1024)
#define GRACE_NS    1000000000ULL

struct metricsfile {
	const char *path;
	char name[NAME_MAX + 1], beside[NAME_MAX + 1]; /* in the directory */
	int dir_fd;
	struct queue *queue;
	pthread_t thread;
	bool running;
	bool failing; /* and that was told */
};

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Returns 0 or a negative errno; the file under its name is whole in any case. */
static int replace(const struct metricsfile *file, const char *text, size_t len)
{
	scope_close int fd = -1;
	int error;

	if (unlinkat(file->dir_fd, file->beside, 0) && errno != ENOENT)
		return -errno;
	fd = openat(file->dir_fd, file->beside,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	/* Whatever the umask: others are to read it. */
	error = fchmod(fd, 0644) ? -errno : write_all(fd, text, len);
	if (!error && renameat(file->dir_fd, file->beside, file->dir_fd, file->name))
		error = -errno;
	if (error)
		unlinkat(file->dir_fd, file->beside, 0);
	return error;
}

static void *run(void *arg)
{
	struct metricsfile *file = arg;
	struct queue_record record;
	int taken;

	while ((taken = queue_take(file->queue, QUEUE_FOREVER, &record)) != -ESHUTDOWN) {
		int error;

		if (taken)
			continue;
		error = replace(file, record.data, record.len);
		queue_release(file->queue);
		if (error && !file->failing)
			log_warn("cannot write %s: %s; it is tried again each time", file->path,
				 strerror(-error));
		else if (!error && file->failing)
			log_note("%s is written again", file->path);
		file->failing = error != 0;
	}
	return NULL;
}

/* Splits the path, and opens its directory. Returns 0 or a negative errno. */
static int open_directory(struct metricsfile *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *name = slash ? slash + 1 : file->path;
	char dir[PATH_MAX];
	struct stat is;

	if (!*name || strlen(name) + 5 > NAME_MAX || (slash && slash - file->path >= PATH_MAX))
		return !*name ? -EISDIR : -ENAMETOOLONG;
	snprintf(file->name, sizeof(file->name), "%s", name);
	/* Not *.prom, which is what the node exporter looks for. */
	snprintf(file->beside, sizeof(file->beside), "%.*s.new", NAME_MAX - 4, name);
	if (!slash)
		snprintf(dir, sizeof(dir), ".");
	else if (slash == file->path)
		snprintf(dir, sizeof(dir), "/");
	else
		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - file->path), file->path);
	file->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (file->dir_fd < 0)
		return -errno;
	if (!fstatat(file->dir_fd, file->name, &is, AT_SYMLINK_NOFOLLOW) && !S_ISREG(is.st_mode))
		return S_ISDIR(is.st_mode) ? -EISDIR : -EEXIST;
	return 0;
}

int metricsfile_new(const char *path, struct metricsfile **ret_file)
{
	struct metricsfile *file = calloc(1, sizeof(*file));
	int error = file ? 0 : -ENOMEM;

	if (file) {
		file->path = path;
		file->dir_fd = -1;
		error = open_directory(file);
	}
	if (!error)
		error = queue_new(QUEUE_BYTES, &file->queue);
	if (!error)
		error = thread_start(THREAD_STORE, STACK_BYTES, run, file, &file->thread);
	if (error) {
		log_error("cannot write metrics to %s: %s; name a file in a directory that is "
			  "there, such as the node exporter's --collector.textfile.directory",
			  path, error == -EEXIST ? "it is no regular file" : strerror(-error));
		metricsfile_free(file);
		return error;
	}
	file->running = true;
	*ret_file = file;
	return 0;
}

void metricsfile_put(struct metricsfile *file, const char *text, size_t len)
{
	queue_put(file->queue, text, len);
	queue_commit(file->queue, 0); /* aborts what did not fit */
}

void metricsfile_free(struct metricsfile *file)
{
	if (!file)
		return;
	if (file->running) {
		queue_close(file->queue, loop_now() + GRACE_NS);
		pthread_join(file->thread, NULL);
	}
	queue_free(file->queue);
	if (file->dir_fd >= 0)
		close(file->dir_fd);
	free(file);
}
