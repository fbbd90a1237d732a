/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What people keep kills in, read whole: a recording, the JSON lines of any verb, or a kernel's
 * log. Which of them it is, its first bytes say.
 */
#ifndef OOMTRACE_CMD_INPUT_H
#define OOMTRACE_CMD_INPUT_H

#include <stddef.h>

#include "core/assemble.h"
#include "core/event.h"

/* Rows of a log's table of tasks; what is beyond them is counted as lost. */
#define IMPORT_CANDIDATES 32768

enum input_kind {
	INPUT_RECORDING,
	INPUT_LINES, /* JSON */
	INPUT_LOG,   /* a kernel's log with an OOM in it */
};

struct input {
	const char *name; /* for people: "stdin" for "-" */
	enum input_kind kind;
	char *bytes;
	size_t len;
};

/*
 * Reads @file, or stdin for "-". Returns 0, or a negative errno after having said why: it cannot be
 * read, or is none of these.
 */
int input_read(const char *file, struct input *ret_input);
void input_free(struct input *input);

/*
 * Gives everything in it to @ops, in its order; a recording's episodes have the source "replay",
 * lines what stands in them, a log's "log". Returns the exit status: EXIT_FAILED after having said
 * what of it is damaged; the rest was given.
 */
int input_give(const struct input *input, const struct assembler_ops *ops, void *ctx);

/* Gives one event, read from a line, to the one of @ops that it is for, if there is one. */
void input_give_event(const struct event *event, const struct assembler_ops *ops, void *ctx);

#endif /* OOMTRACE_CMD_INPUT_H */
