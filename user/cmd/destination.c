/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/destination.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

static int reopen_file(void *ctx)
{
	return output_open(ctx, false);
}

static int open_writer(struct destination *destination, const struct output_spec *spec, int news_fd)
{
	struct writer_options options = {
		.fd = destination->fd >= 0 ? destination->fd : STDOUT_FILENO,
		.news_fd = news_fd,
		.queue_bytes = output_kinds[spec->format].queue_bytes,
		.lines = true,
		.reopen = spec->file ? reopen_file : NULL,
		.reopen_ctx = (void *)spec->file,
	};
	int error = writer_new(&options, &destination->writer);

	if (error)
		log_error("cannot make the output to %s: %s", destination->name, strerror(-error));
	return error;
}

int destination_open(struct destination *destination, const struct output_spec *spec, int news_fd)
{
	int error;

	*destination = (struct destination){
		.name = spec->file ? spec->file : "stdout",
		.file = spec->file,
		.fd = -1,
	};
	if (spec->file) {
		destination->fd = output_open(spec->file, false);
		if (destination->fd < 0)
			return destination->fd;
	}
	error = news_fd < 0 ? 0 : open_writer(destination, spec, news_fd);
	if (error)
		destination_close(destination);
	return error;
}

int destination_open_store(struct destination *destination, const struct storage_options *storage,
			   enum storage_run run)
{
	*destination = (struct destination){.name = storage->file, .fd = -1};
	return storage_open(storage, run, &destination->keeper);
}

int destination_start(struct destination *destination)
{
	if (destination->keeper)
		return keeper_start(destination->keeper);
	return destination->writer ? writer_start(destination->writer) : 0;
}

void destination_end(struct destination *destination)
{
	if (destination->writer)
		writer_close(destination->writer);
}

uint64_t destination_finish(struct destination *destination, int cancel_fd, uint64_t *cancelled_ns)
{
	struct keeper_state stored;
	uint64_t left;

	if (destination->keeper) {
		keeper_finish(destination->keeper);
		keeper_state(destination->keeper, &stored);
		log_note("%s: %lu kills stored, %lu were there already", destination->name,
			 (unsigned long)stored.stored, (unsigned long)stored.known);
		return 0; /* what it gave up is in its state */
	}
	if (!destination->writer)
		return 0;
	left = writer_finish(destination->writer, cancel_fd, cancelled_ns);
	if (left)
		log_note("%s is not read: what was left for it is lost", destination->name);
	return left;
}

void destination_close(struct destination *destination)
{
	writer_free(destination->writer);
	keeper_free(destination->keeper);
	destination->keeper = NULL;
	if (destination->fd >= 0)
		close(destination->fd);
	destination->writer = NULL;
	destination->fd = -1;
}

static void tell_broken(struct destination *destination, int error)
{
	if (!destination->broken)
		log_warn("cannot write to %s: %s; lines are missing there", destination->name,
			 strerror(-error));
	destination->broken = true;
}

static uint64_t notice_writer(struct destination *destination, struct fanout_output *output)
{
	struct writer_state state;
	uint64_t more;

	if (!destination->writer)
		return 0;
	writer_state(destination->writer, &state);
	more = state.failed - destination->writer_failed;
	destination->writer_failed = state.failed;
	if (more)
		tell_broken(destination, state.error);
	output->gone |= state.gone;
	return more;
}

/* What it could not store it has said itself. */
static uint64_t notice_keeper(struct destination *destination)
{
	struct keeper_state state;
	uint64_t more;

	keeper_state(destination->keeper, &state);
	more = state.lost - destination->writer_failed;
	destination->writer_failed = state.lost;
	destination->broken |= more || state.failed;
	return more;
}

uint64_t destination_notice(struct destination *destination, struct fanout_output *output,
			    bool only)
{
	uint64_t more = destination->keeper ? notice_keeper(destination)
					    : notice_writer(destination, output);

	if (output->failed != destination->failed && destination->keeper) {
		if (!destination->slow)
			log_warn("%s has no room for what comes; lines are missing there",
				 destination->name);
		destination->slow = destination->broken = true;
	} else if (output->failed != destination->failed && output->error != -EAGAIN) {
		tell_broken(destination, output->error);
	} else if (output->failed != destination->failed && !destination->slow) {
		destination->slow = true;
		log_warn("%s is not read fast enough; lines are missing there", destination->name);
	}
	destination->failed = output->failed;
	if (output->gone && !destination->gone && !only)
		log_note("nobody reads %s any more", destination->name);
	destination->gone = output->gone;
	return more;
}

void destination_owe(struct destination *destination, const struct lost *lost)
{
	destination->owes = true;
	destination->owed[lost->reason] += lost->count;
	destination->owed_last = *lost;
}

uint64_t destination_pay(struct destination *destination, struct fanout *fanout, unsigned int index,
			 const struct host *host)
{
	uint64_t failed = 0;

	if (!destination->owes || (destination->writer && !writer_has_room(destination->writer)))
		return 0;
	for (uint8_t reason = 0; reason < LOSS_MAX; reason++) {
		struct lost lost = destination->owed_last;
		int err;

		lost.reason = reason;
		lost.count = destination->owed[reason];
		if (!lost.count)
			continue;
		err = fanout_lost(fanout, index, host, &lost);
		if (err == -EAGAIN)
			return failed;
		destination->owed[reason] = 0;
		failed += err != 0;
	}
	destination->owes = false;
	return failed;
}
