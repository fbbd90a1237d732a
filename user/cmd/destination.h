/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an output goes: a file or stdout, behind a writer of its own while the kernel is watched.
 */
#ifndef OOMTRACE_CMD_DESTINATION_H
#define OOMTRACE_CMD_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/outputs.h"
#include "core/episode.h"
#include "lib/writer.h"
#include "sink/fanout.h"

struct keeper;

struct destination {
	const char *name;
	const char *file;      /* NULL: stdout */
	int fd;                /* to be closed, or -1 */
	struct writer *writer; /* NULL: its reader is waited for */
	struct keeper *keeper; /* of a store; NULL: it is none */
	/* What has been told of it: */
	uint64_t failed; /* of the fan-out's failures */
	uint64_t writer_failed;
	bool gone;
	bool broken; /* a write failed */
	bool slow;
	/* What it is still to be told: losses, as of the last of them. */
	bool owes;
	uint64_t owed[LOSS_MAX];
	struct lost owed_last;
};

/*
 * Opens what @spec names. With @news_fd (an eventfd, or -1) it is written to by a thread of its
 * own, which rings that when there is news. Returns 0, or a negative errno after having said why.
 */
int destination_open(struct destination *destination, const struct output_spec *spec, int news_fd);
/* Opens the store that is asked for. Returns likewise. */
int destination_open_store(struct destination *destination, const struct storage_options *storage,
			   enum storage_run run);
void destination_close(struct destination *destination);

/* Starts its thread, if it has one. Returns 0 or a negative errno. */
int destination_start(struct destination *destination);

/* Nothing more will be given. */
void destination_end(struct destination *destination);

/*
 * After that, waits until all is written, as writer_finish() does. Returns how many lines were
 * given up.
 */
uint64_t destination_finish(struct destination *destination, int cancel_fd, uint64_t *cancelled_ns);

/*
 * Tells a person what is new about @output, which goes there, and marks it as gone where its reader
 * went away. Returns how many lines it turned out not to have taken. @only: it is the only one.
 */
uint64_t destination_notice(struct destination *destination, struct fanout_output *output,
			    bool only);

/* Notes that it is to be told of @lost. */
void destination_owe(struct destination *destination, const struct lost *lost);

/*
 * Tells it what it is still to be told, if it has room. @fanout, @index: its output. Returns how
 * many lines failed.
 */
uint64_t destination_pay(struct destination *destination, struct fanout *fanout, unsigned int index,
			 const struct host *host);

#endif /* OOMTRACE_CMD_DESTINATION_H */
