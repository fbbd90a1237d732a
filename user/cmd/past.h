/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel's log still tells of the kills before this run. */
#ifndef OOMTRACE_CMD_PAST_H
#define OOMTRACE_CMD_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bootclock.h"
#include "core/logread.h"
#include "core/seen.h"

struct past {
	int error;         /* 0, or the negative errno for which the log cannot be read */
	uint64_t told;     /* processes killed that it tells of */
	uint64_t whole;    /* of these, in reports that say who asked for what */
	bool begun;        /* the log holds something: */
	uint64_t first;    /* the number of its oldest message; 0: it reaches back to the boot */
	uint64_t first_ns; /* that message's CLOCK_BOOTTIME; 0: not known */
	struct bootclock clock;
};

/*
 * Reads the kernel's log through, as far as it can be read. @logged, unless NULL, is filled with
 * the kills that it tells of. @host is this host. @timed: times are of interest, of kills or of the
 * first message; else they are guesses.
 */
void past_survey(const struct wire_host *host, bool timed, struct seen *logged,
		 struct past *ret_past);

/* Hands the bytes to @reader. */
void past_feed(struct logread *reader, const char *bytes, size_t len);

#endif /* OOMTRACE_CMD_PAST_H */
