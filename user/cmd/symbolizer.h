/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tells the names of the kernel addresses in a stack, each once, before the decision they are of.
 */
#ifndef OOMTRACE_CMD_SYMBOLIZER_H
#define OOMTRACE_CMD_SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/symbols.h"

/* Names the function that @address lies in; false where it is not known. */
typedef bool (*name_fn)(void *ctx, uint64_t address, char ret_name[WIRE_SYMBOL_LEN]);

struct symbolizer {
	uint64_t told[SYMBOLS_MAX]; /* as many as the assembler remembers */
	size_t count, next;
	name_fn name; /* NULL: no frame gets a name */
	void *ctx;    /* its */
};

typedef void (*symbol_fn)(void *ctx, uint64_t address, const char *name);

/* Calls @fn for every frame of @stack that was not told yet and has a name. */
void symbolizer_tell(struct symbolizer *symbolizer, const uint64_t stack[WIRE_STACK_LEN],
		     symbol_fn fn, void *ctx);

#endif /* OOMTRACE_CMD_SYMBOLIZER_H */
