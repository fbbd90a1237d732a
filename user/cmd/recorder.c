/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/outputs.h"
#include "core/recording.h"
#include "lib/log.h"

#define BUFFER_BYTES (64 * 1024) /* a dozen decisions; the largest record is under 5 KiB */

struct recorder {
	int fd;
	const char *path;
	bool failed;
	size_t used;
	char buffer[BUFFER_BYTES];
};

int recorder_new(const char *path, struct recorder **ret_recorder)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int error;

	if (!recorder) {
		log_error("not enough memory");
		return -ENOMEM;
	}
	recorder->path = path;
	recorder->fd = output_open(path, true);
	if (recorder->fd < 0) {
		error = recorder->fd;
		free(recorder);
		return error;
	}
	memcpy(recorder->buffer, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
	recorder->used = RECORDING_MAGIC_LEN;
	*ret_recorder = recorder;
	return 0;
}

void recorder_flush(struct recorder *recorder)
{
	size_t done = 0;

	while (!recorder->failed && done < recorder->used) {
		ssize_t n = write(recorder->fd, recorder->buffer + done, recorder->used - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			recorder->failed = true;
			log_warn("the recording in %s ends here: %s", recorder->path,
				 strerror(errno));
		}
	}
	recorder->used = 0;
}

void recorder_add(struct recorder *recorder, const void *record, size_t len)
{
	size_t padding = recording_padding(len);

	if (len + padding > sizeof(recorder->buffer))
		return;
	if (recorder->used + len + padding > sizeof(recorder->buffer))
		recorder_flush(recorder);
	memcpy(recorder->buffer + recorder->used, record, len);
	memset(recorder->buffer + recorder->used + len, 0, padding);
	recorder->used += len + padding;
}

bool recorder_failed(const struct recorder *recorder)
{
	return recorder->failed;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	recorder_flush(recorder);
	close(recorder->fd);
	free(recorder);
}
