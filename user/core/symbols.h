/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names of kernel addresses that have been told so far. Bounded: the oldest give way. */
#ifndef OOMTRACE_CORE_SYMBOLS_H
#define OOMTRACE_CORE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

#define SYMBOLS_MAX 512 /* the callers of out_of_memory on one host are a few dozen */

struct symbols {
	struct {
		uint64_t address;
		char name[WIRE_SYMBOL_LEN + 1];
	} entries[SYMBOLS_MAX];
	size_t count, next;
};

/* Notes the name of the function that @address lies in. */
void symbols_add(struct symbols *symbols, const struct wire_symbol *symbol);

/* Its name, which lives until SYMBOLS_MAX others have come; NULL when it was not told. */
const char *symbols_name(const struct symbols *symbols, uint64_t address);

/*
 * Sets @ret_names to the names of the @stack of a decision (innermost first, 0 ends), from
 * out_of_memory on: what lies above it is the tracer itself. BPF trampolines in between are left
 * out. Returns how many; 0 when out_of_memory is not among those told.
 */
size_t symbols_of_stack(const struct symbols *symbols, const uint64_t stack[WIRE_STACK_LEN],
			const char *ret_names[WIRE_STACK_LEN]);

#endif /* OOMTRACE_CORE_SYMBOLS_H */
