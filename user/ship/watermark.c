// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/watermark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/units.h"

#define FILE_MOST 4096 /* a watermark is some 200 bytes */
#define TYPE      "ship_watermark"

struct watermark_file {
	char path[PATH_MAX], beside[PATH_MAX + 8], directory[PATH_MAX];
	char topic[256];
	int lock_fd;
};

/* The lock is a file of its own, since the watermark's is another one each time. */
static int take_lock(struct watermark_file *file)
{
	char name[PATH_MAX + 8];

	snprintf(name, sizeof(name), "%s.lock", file->path);
	file->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->lock_fd < 0)
		return -errno;
	if (flock(file->lock_fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

int watermark_open(const char *path, const char *topic, struct watermark_file **ret_file,
		   char ret_error[WATERMARK_ERROR_LEN])
{
	struct watermark_file *file = calloc(1, sizeof(*file));
	int error = -ENOMEM;

	if (file) {
		char copy[PATH_MAX];

		file->lock_fd = -1;
		snprintf(file->path, sizeof(file->path), "%s", path);
		snprintf(file->beside, sizeof(file->beside), "%s.new", file->path);
		snprintf(copy, sizeof(copy), "%s", path);
		snprintf(file->directory, sizeof(file->directory), "%s", dirname(copy));
		snprintf(file->topic, sizeof(file->topic), "%s", topic);
		error = take_lock(file);
	}
	if (error) {
		snprintf(ret_error, WATERMARK_ERROR_LEN, "%s",
			 error == -EBUSY ? "another shipper is at it" : strerror(-error));
		watermark_close(file);
		return error;
	}
	*ret_file = file;
	return 0;
}

void watermark_close(struct watermark_file *file)
{
	if (!file)
		return;
	if (file->lock_fd >= 0)
		close(file->lock_fd);
	free(file);
}

/* The member @key of @object as a text; "" where it is none. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Takes *@ret_mark out of @object. Returns 0, or a negative errno with the reason in @ret_error. */
static int take(const struct watermark_file *file, const json_t *object, struct watermark *ret_mark,
		char ret_error[WATERMARK_ERROR_LEN])
{
	const char *store = text_of(object, "store"), *confirmed = text_of(object, "confirmed");
	const json_t *number = json_object_get(object, "number");
	struct watermark mark = {0};

	if (strcmp(text_of(object, "type"), TYPE) != 0 || strlen(store) >= sizeof(mark.store) ||
	    !json_is_integer(number) || json_integer_value(number) < 0) {
		snprintf(ret_error, WATERMARK_ERROR_LEN,
			 "it is no watermark: without it, everything is shipped again");
		return -EBADMSG;
	}
	if (strcmp(text_of(object, "topic"), file->topic) != 0) {
		snprintf(ret_error, WATERMARK_ERROR_LEN,
			 "it is that of the topic %.100s: name another file",
			 text_of(object, "topic"));
		return -EINVAL;
	}
	strcpy(mark.store, store);
	mark.number = json_integer_value(number);
	if (*confirmed)
		units_parse_rfc3339(confirmed, &mark.confirmed_ns);
	*ret_mark = mark;
	return 0;
}

int watermark_read(const struct watermark_file *file, struct watermark *ret_mark,
		   char ret_error[WATERMARK_ERROR_LEN])
{
	scope_close int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[FILE_MOST];
	json_t *object;
	ssize_t len;
	int error;

	if (fd < 0 && errno == ENOENT) {
		*ret_mark = (struct watermark){0};
		return 0;
	}
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (len < 0) {
		error = -errno;
		snprintf(ret_error, WATERMARK_ERROR_LEN, "%s", strerror(-error));
		return error;
	}
	object = json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
	error = take(file, object, ret_mark, ret_error);
	json_decref(object);
	return error;
}

static int write_whole(int fd, const char *text, size_t len)
{
	ssize_t n = write(fd, text, len);

	if (n != (ssize_t)len)
		return n < 0 ? -errno : -ENOSPC;
	return fsync(fd) ? -errno : 0;
}

/* That the file has its name is on the disk, too. */
static int sync_directory(const char *path)
{
	scope_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? -errno : 0;
}

int watermark_write(const struct watermark_file *file, const struct watermark *mark)
{
	char text[FILE_MOST], confirmed[UNITS_LEN + 16] = "";
	scope_close int fd = -1;
	units_text when;
	int len, error;

	if (mark->confirmed_ns)
		snprintf(confirmed, sizeof(confirmed), ",\"confirmed\":\"%s\"",
			 units_rfc3339(when, mark->confirmed_ns));
	len = snprintf(text, sizeof(text),
		       "{\"schema\":1,\"type\":\"" TYPE "\",\"topic\":\"%s\",\"store\":\"%s\","
		       "\"number\":%" PRId64 "%s}\n",
		       file->topic, mark->store, mark->number, confirmed);
	if (unlink(file->beside) && errno != ENOENT)
		return -errno;
	fd = open(file->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	error = write_whole(fd, text, (size_t)len);
	if (!error && rename(file->beside, file->path))
		error = -errno;
	if (error) {
		unlink(file->beside);
		return error;
	}
	return sync_directory(file->directory);
}
