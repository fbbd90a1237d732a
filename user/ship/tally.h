/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a shipper has counted since it began, and that as metrics. Pure memory. */
#ifndef OOMTRACE_SHIP_TALLY_H
#define OOMTRACE_SHIP_TALLY_H

#include <stddef.h>
#include <stdint.h>

#define SHIP_ERRORS     24 /* kinds; those that come later are counted together */
#define SHIP_ERROR_NAME 48

struct ship_tally {
	uint64_t confirmed;   /* events */
	uint64_t gone;        /* that were deleted before they were shipped */
	uint64_t cut;         /* that were too large, and sent with fewer candidates */
	uint64_t refused;     /* that no broker takes, however small */
	int64_t confirmed_ns; /* CLOCK_REALTIME of the last confirmation; 0: none */
	struct {
		char name[SHIP_ERROR_NAME];
		uint64_t count;
	} errors[SHIP_ERRORS];
	unsigned int n_errors;
	uint64_t other_errors;
};

/* What only the moment knows. */
struct ship_now {
	int64_t real_ns;
	uint64_t waiting;  /* events that are stored and not confirmed */
	int64_t oldest_ns; /* when the oldest of these happened; 0: not known, or there is none */
	const char *topic, *library;
};

/* Counts an error by its @name, as librdkafka calls it. */
void ship_tally_error(struct ship_tally *tally, const char *name);
uint64_t ship_tally_errors(const struct ship_tally *tally);

/*
 * Writes all of it into the @size bytes of @text in Prometheus' text format. Returns the length, or
 * -ENOSPC.
 */
int64_t ship_tally_render(const struct ship_tally *tally, const struct ship_now *now, char *text,
			  size_t size);

#endif /* OOMTRACE_SHIP_TALLY_H */
