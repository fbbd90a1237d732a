/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one way into the assembler while the kernel is watched: the kernel's records, and those that
 * the loader adds to them. What the assembler has seen is what a recording holds.
 */
#ifndef OOMTRACE_CMD_FEEDER_H
#define OOMTRACE_CMD_FEEDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "cmd/recorder.h"
#include "cmd/symbolizer.h"
#include "core/assemble.h"
#include "core/seen.h"
#include "kernel/tracer.h"
#include "proc/kmsg.h"
#include "proc/lookup.h"

struct feeder {
	struct assembler *assembler;
	struct recorder *recorder;    /* NULL: not asked for */
	struct lookup *lookup;        /* NULL: it could not be started */
	int kmsg_fd;                  /* -1: not read */
	bool no_stack, no_cmdline;    /* as in struct trace_options */
	struct symbolizer symbolizer; /* who names is set by the owner, unless no_stack */
	/* Its own: */
	uint64_t symbol_boot_ns; /* the decision whose stack is being told */
	struct kmsg_place kmsg_place;
	uint64_t kmsg_boot_ns; /* the moment that the lines being read belong to */
	int64_t clock_offset;
	uint64_t losses[LOSS_MAX]; /* of the kernel side */
	uint64_t missed;           /* by the recorder, and counted */
};

/* What comes first: clock, host (what is attached where) and the flags' names. */
void feeder_begin(struct feeder *feeder, const struct wire_host *host, const struct survey *survey);

/* What the host is called now, in place of what the record said that came first. */
void feeder_rename(struct feeder *feeder, const struct wire_host *host);

/*
 * One record of the kernel's ring; @ctx is the feeder, as tracer_consume() wants it. What the
 * loader knows of a decision goes before it, stamped with the decision's own time: the ring may be
 * read late, and a later stamp would close what the ring still has records of.
 */
void feeder_record(void *ctx, const void *bytes, size_t len);

/* Adds the victim that a record of the kernel's ring on @host tells of, if it does, to @seen. */
void feeder_note(const struct feeder *feeder, const struct wire_host *host, const void *bytes,
		 size_t len, struct seen *seen);

/* The lines of the kernel log up to now, as of @boot_ns. */
void feeder_kmsg(struct feeder *feeder, uint64_t boot_ns);

/* What the kernel side had to leave out, where that has grown. */
void feeder_losses(struct feeder *feeder, const struct tracer *tracer);

/* Hands what was recorded to its writer, and counts what did not get there. */
void feeder_settle(struct feeder *feeder);

/* What was found out about victims meanwhile. */
void feeder_details(struct feeder *feeder);

/* A record that is nothing but its head: WIRE_TICK, WIRE_DETACH. */
void feeder_mark(struct feeder *feeder, enum wire_kind kind, uint64_t boot_ns);

#endif /* OOMTRACE_CMD_FEEDER_H */
