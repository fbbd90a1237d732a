/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Records of the kernel side that have been taken and wait for their turn, in their order. */
#ifndef OOMTRACE_CMD_HELD_H
#define OOMTRACE_CMD_HELD_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/tracer.h"

struct held {
	char *bytes; /* of held_init(), to be given to free() */
	size_t len, size;
};

/* Room for @size bytes of records and what they need beside; returns false when there is none. */
bool held_init(struct held *held, size_t size);

/* Takes a copy of a record. Returns false where there is no room. */
bool held_add(struct held *held, const void *record, size_t len);

/* Hands all of them to @fn. */
void held_give(struct held *held, record_fn fn, void *ctx);

#endif /* OOMTRACE_CMD_HELD_H */
