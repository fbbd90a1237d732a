/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef OOMTRACE_CMD_TRACE_OPTIONS_H
#define OOMTRACE_CMD_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/outputs.h"
#include "kernel/tracer.h"

#define BACKFILL_FILES_MAX 64

struct trace_options {
	struct outputs outputs;
	const char *record;  /* file, or NULL */
	const char *metrics; /* file, or NULL */
	bool backfill;
	const char *backfill_files[BACKFILL_FILES_MAX]; /* beside the kernel's log */
	unsigned int n_backfill_files;
	uint64_t duration_ns;
	enum backend backend;
	uint32_t ring_size; /* 0: the tracer's own choice */
	/* as in struct tracer_options */
	char user_killers[USER_KILLERS_MAX][WIRE_COMM_LEN];
	const char *host;  /* what this host is to be called, or NULL: as it calls itself */
	const char *user;  /* to become before attaching, or NULL */
	int oom_score_adj; /* of oomtrace itself */
	bool no_cmdline;
	bool no_stack; /* frames of the kernel stack stay without names */
};

/* Parses; exits with status 2 and a word on stderr when something is wrong. */
void trace_options_parse(int argc, char **argv, struct trace_options *ret_options);

#endif /* OOMTRACE_CMD_TRACE_OPTIONS_H */
