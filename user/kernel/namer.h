/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the kernel itself for the name of what lies at an address, one at a time: by reading from an
 * iterator of BPF, whose program prints it. That takes no table, no privilege once it is open, no
 * memory, some microseconds, and knows modules that were loaded later.
 */
#ifndef OOMTRACE_KERNEL_NAMER_H
#define OOMTRACE_KERNEL_NAMER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "kernel/btf_index.h"

struct namer;

struct named {
	char name[WIRE_SYMBOL_LEN]; /* "name", or "name [module]"; cut where it is longer */
	uint64_t begin, end;        /* what it is the name of */
};

/* Opens one. Returns NULL where the kernel cannot do it, or not for this user. */
struct namer *namer_new(const struct btf_index *index);
void namer_free(struct namer *namer);

/*
 * What @address lies in. Returns false where there is nothing known, or after NAMER_TURNS calls.
 * Allocates nothing and calls nothing but read(2).
 */
bool namer_name(struct namer *namer, uint64_t address, struct named *ret_named);

#define NAMER_TURNS 8192 /* several times what a kernel has of ways to run out of memory */

#endif /* OOMTRACE_KERNEL_NAMER_H */
