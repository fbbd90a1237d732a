/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of the kernel's functions by address, as /proc/kallsyms has them when tracing begins:
 * at the first decision there is neither time nor memory to have the kernel make them again.
 */
#ifndef OOMTRACE_KERNEL_FUNCTIONS_H
#define OOMTRACE_KERNEL_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

struct functions;

/* Makes an empty table. NULL: no memory. */
struct functions *functions_new(void);
void functions_free(struct functions *functions);

/*
 * Adds a line of /proc/kallsyms: @name of @len bytes, "name" or "name\t[module]", of @type. Lines
 * of the kernel itself come by rising address, those of modules in any order. It is a kallsyms_fn;
 * @ctx is the table.
 */
void functions_add(void *ctx, uint64_t address, char type, const char *name, size_t len);

/* After the last line: gives back the memory that is not needed. */
void functions_seal(struct functions *functions);

/* Names the function that @address lies in, cut at the size. Returns false where it is not known.
 */
bool functions_name(const struct functions *functions, uint64_t address,
		    char ret_name[WIRE_SYMBOL_LEN]);

/* What the sealed table takes. */
size_t functions_bytes(const struct functions *functions);

#endif /* OOMTRACE_KERNEL_FUNCTIONS_H */
