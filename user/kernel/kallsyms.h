/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One pass over /proc/kallsyms: the addresses of a few symbols, and all lines for who wants them.
 */
#ifndef OOMTRACE_KERNEL_KALLSYMS_H
#define OOMTRACE_KERNEL_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
	const char *name; /* in */
	uint64_t begin;   /* out: 0 when absent or hidden */
	uint64_t end;     /* out: where the next symbol begins */
};

/* A line: @name of @len bytes is "name", or "name\t[module]". */
typedef void (*kallsyms_fn)(void *ctx, uint64_t address, char type, const char *name, size_t len);

/*
 * Fills the @count @symbols, those of the kernel itself, and calls @fn, unless NULL, for every
 * line. Returns 0, -EPERM where addresses are hidden (kptr_restrict), or another negative errno
 * when the file cannot be read.
 */
int kallsyms_find(struct symbol *symbols, size_t count, kallsyms_fn fn, void *ctx);
/* The same from @fd, which reads as /proc/kallsyms does. */
int kallsyms_scan(int fd, struct symbol *symbols, size_t count, kallsyms_fn fn, void *ctx);

#endif /* OOMTRACE_KERNEL_KALLSYMS_H */
