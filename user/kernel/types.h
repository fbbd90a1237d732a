/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's types, for relocating the object's programs and loading them. */
#ifndef OOMTRACE_KERNEL_TYPES_H
#define OOMTRACE_KERNEL_TYPES_H

#include "kernel/btf_index.h"

struct oomtrace_bpf;

struct kernel_types {
	struct btf_raw btf;
	struct btf_index index;
	int excerpt;     /* a file in memory, or -1: libbpf takes the whole, and more time */
	char path[32];   /* of the excerpt */
	int handlers[2]; /* of section names, libbpf's numbers */
};

/*
 * Fills @ret_types, which stays where it is until types_close(), and takes *@btf. Returns the
 * open object that said which types are of interest, or NULL with errno.
 */
struct oomtrace_bpf *types_open(const struct btf_raw *btf, struct kernel_types *ret_types);
/* Another object, for another try; NULL with errno. */
struct oomtrace_bpf *types_open_object(const struct kernel_types *types);
/* To be called when the programs of all objects are attached. */
void types_close(struct kernel_types *types);

/* No object will be opened any more: what they are made of need not be in memory. */
void types_give_back(void);

#endif /* OOMTRACE_KERNEL_TYPES_H */
