/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The addresses of all kernel symbols that anything needs, and the names of its functions: asked of
 * the kernel one by one where it can be asked. Where it cannot, from one pass over /proc/kallsyms,
 * which takes about as long as loading does: beside it.
 */
#ifndef OOMTRACE_KERNEL_ADDRESSES_H
#define OOMTRACE_KERNEL_ADDRESSES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/state.h"
#include "kernel/btf_index.h"
#include "kernel/functions.h"
#include "kernel/kallsyms.h"
#include "kernel/namer.h"

struct address_search {
	pthread_t thread;
	bool running;
	int error;                             /* of looking for them */
	struct symbol symbols[KERNEL_SYMBOLS]; /* by enum kernel_symbol */
	struct namer *namer;                   /* who names functions, or NULL: */
	struct functions *functions;           /* all names; NULL: not wanted, or not to be had */
};

/* Begins to search, in a thread of its own where that takes time and there can be one. @functions:
 * names of functions are wanted as well. */
void addresses_begin(struct address_search *search, const struct btf_index *index, bool functions);
/* Returns when the search is done; may be called again, or without a search. */
void addresses_wait(struct address_search *search);
/* What was found, after the search is done. What was not has the address 0. */
void addresses_copy(const struct address_search *search, struct addresses *ret_addresses);
/* The names of those that were not found, with commas between them, cut at @size; "": none. */
void addresses_missing(const struct address_search *search, char *ret_text, size_t size);

#endif /* OOMTRACE_KERNEL_ADDRESSES_H */
