/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/outputs.h"
#include "core/recording.h"
#include "lib/log.h"
#include "lib/writer.h"

#define QUEUE_BYTES (1024 * 1024) /* the largest record is under 5 KiB */
#define BATCH_BYTES (64 * 1024)   /* a dozen decisions: what is handed over at once */
#define LAST_BYTES  (16 * 1024)   /* kept free for the last words, and for what is owed by then */

struct recorder {
	int fd;
	const char *path;
	struct writer *writer;
	size_t batch_bytes;
	uint64_t batch_records;
	uint64_t missed;
	uint64_t owed; /* of missed: said in the file; or in the batch, until it is refused */
	uint64_t paid; /* of missed: said in the file */
	bool failed, slow, last;
};

int recorder_new(const char *path, int news_fd, struct recorder **ret_recorder)
{
	struct writer_options options = {.news_fd = news_fd, .queue_bytes = QUEUE_BYTES};
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int error;

	if (!recorder) {
		log_error("not enough memory");
		return -ENOMEM;
	}
	recorder->path = path;
	recorder->fd = options.fd = output_open(path, true);
	if (recorder->fd < 0) {
		error = recorder->fd;
		free(recorder);
		return error;
	}
	error = writer_new(&options, &recorder->writer);
	if (error) {
		log_error("cannot make the recording in %s: %s", path, strerror(-error));
		recorder_free(recorder);
		return error;
	}
	writer_put(recorder->writer, RECORDING_MAGIC, RECORDING_MAGIC_LEN);
	recorder->batch_bytes = RECORDING_MAGIC_LEN;
	*ret_recorder = recorder;
	return 0;
}

int recorder_start(struct recorder *recorder)
{
	return writer_start(recorder->writer);
}

static void notice(struct recorder *recorder)
{
	struct writer_state state;

	writer_state(recorder->writer, &state);
	if (recorder->failed || (!state.failed && !state.gone))
		return;
	recorder->failed = true;
	log_warn("the recording in %s ends here: %s", recorder->path,
		 strerror(state.gone ? EPIPE : -state.error));
}

static void miss(struct recorder *recorder, uint64_t records)
{
	recorder->missed += records;
	recorder->owed = recorder->paid;
	if (!recorder->slow)
		log_warn("%s is not written fast enough; records are missing there",
			 recorder->path);
	recorder->slow = true;
}

static void hand_over(struct recorder *recorder)
{
	int error = recorder->batch_bytes ? writer_end(recorder->writer) : 0;

	if (error == -EAGAIN) {
		miss(recorder, recorder->batch_records);
	} else {
		recorder->paid = recorder->owed;
	}
	recorder->batch_bytes = 0;
	recorder->batch_records = 0;
}

void recorder_flush(struct recorder *recorder)
{
	hand_over(recorder);
	notice(recorder);
}

void recorder_add(struct recorder *recorder, const void *record, size_t len)
{
	static const char zeros[RECORDING_PAD];
	size_t padding = recording_padding(len);

	if (recorder->failed)
		return;
	if (recorder->batch_bytes + len + padding > BATCH_BYTES)
		hand_over(recorder);
	if (!recorder->batch_bytes && !recorder->last &&
	    !writer_await_room(recorder->writer, BATCH_BYTES + LAST_BYTES)) {
		miss(recorder, 1);
		return;
	}
	writer_put(recorder->writer, record, len);
	writer_put(recorder->writer, zeros, padding);
	recorder->batch_bytes += len + padding;
	recorder->batch_records++;
}

uint64_t recorder_owed(struct recorder *recorder)
{
	if (recorder->owed == recorder->missed ||
	    (!recorder->last && !writer_has_room(recorder->writer)))
		return 0;
	recorder->owed = recorder->missed;
	return recorder->missed;
}

void recorder_last(struct recorder *recorder)
{
	hand_over(recorder);
	recorder->last = true;
}

uint64_t recorder_missed(const struct recorder *recorder)
{
	return recorder->missed;
}

void recorder_close(struct recorder *recorder)
{
	recorder_flush(recorder);
	writer_close(recorder->writer);
}

void recorder_finish(struct recorder *recorder, int cancel_fd, uint64_t *cancelled_ns)
{
	uint64_t left = writer_finish(recorder->writer, cancel_fd, cancelled_ns);

	notice(recorder);
	if (left && !recorder->failed)
		log_warn("the recording in %s is not whole: it could not be written in time",
			 recorder->path);
	recorder->failed |= left != 0;
}

bool recorder_failed(const struct recorder *recorder)
{
	return recorder->failed;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	writer_free(recorder->writer);
	close(recorder->fd);
	free(recorder);
}
