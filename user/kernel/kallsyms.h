/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Addresses of a few kernel symbols, from one pass over /proc/kallsyms. */
#ifndef OOMTRACE_KERNEL_KALLSYMS_H
#define OOMTRACE_KERNEL_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

struct symbol {
	const char *name; /* in */
	uint64_t begin;   /* out: 0 when absent or hidden */
	uint64_t end;     /* out: where the next symbol begins */
};

/*
 * Fills the @count @symbols, those of the kernel itself. Returns 0, -EPERM where addresses are
 * hidden (kptr_restrict), or another negative errno when the file cannot be read.
 */
int kallsyms_find(struct symbol *symbols, size_t count);
/* The same from @fd, which reads as /proc/kallsyms does. */
int kallsyms_scan(int fd, struct symbol *symbols, size_t count);

/* Opens /proc/kallsyms, which shows addresses to who opened it with the right to see them. */
int kallsyms_open(void);

/*
 * Reads @fd, of kallsyms_open(), from its beginning and names the functions that @addresses (@count
 * of them, ascending) lie in:
 * @ret_names[i] is cut at its size, and "" where there is none. Returns 0 or a
 * negative errno.
 */
int kallsyms_name(int fd, const uint64_t *addresses, size_t count,
		  char (*ret_names)[WIRE_SYMBOL_LEN]);

#endif /* OOMTRACE_KERNEL_KALLSYMS_H */
