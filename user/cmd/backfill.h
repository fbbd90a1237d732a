/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * trace --backfill: the kills that logs tell of, given before those that are seen live, and each
 * kill once. It is attached before any log is read: a kill meanwhile is in both, and none in
 * neither.
 */
#ifndef OOMTRACE_CMD_BACKFILL_H
#define OOMTRACE_CMD_BACKFILL_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "cmd/delivery.h"
#include "cmd/past.h"
#include "core/seen.h"

/* What it needs to know. */
struct backfill {
	struct delivery *delivery;
	const struct wire_host *host; /* this one */
	const struct past *past;      /* surveyed since it is attached */
	struct seen *logged;          /* by that survey; what files tell of is added */
	const struct seen *live;      /* that catch_up() adds to */
	uint64_t attaching_ns;        /* boot_ns before which nothing was attached */
	/*
	 * Takes what the kernel side has told of; @give: gives it, too. Returns whether anything
	 * waits for the logs to end that should not wait for long. @ctx is its own.
	 */
	bool (*catch_up)(void *ctx, bool give);
	void *ctx;
	int ring_fd, stop_fd; /* readable: it has told something; this is to end */
};

/* Whether each of @n @files can be read; says which cannot. */
bool backfill_can_read(const char *const *files, unsigned int n);

/*
 * Gives what @files tell of, in their order, then what the kernel's log does. Returns 0, or a
 * negative errno after having said what could not be read; the rest was given.
 */
int backfill_run(const struct backfill *backfill, const char *const *files, unsigned int n);

#endif /* OOMTRACE_CMD_BACKFILL_H */
