/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where in the kernel's BTF the types are that anything here asks for, found in one
 * pass over all of them: there are more than 100,000, and libbpf's own search goes
 * through them once for every name.
 */
#ifndef OOMTRACE_KERNEL_BTF_INDEX_H
#define OOMTRACE_KERNEL_BTF_INDEX_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "kernel/btf_raw.h"

struct btf;

/* What a name is of: types of different kinds share names. */
enum btf_class {
	BTF_CLASS_TYPE,     /* struct, union, enum */
	BTF_CLASS_FUNCTION, /* a function of the kernel's */
	BTF_CLASS_TYPEDEF,
};

struct btf_found {
	enum btf_class class;
	const char *name; /* in the kernel's BTF */
	__u32 id;
};

struct btf_index {
	const struct btf_raw *kernel;
	struct btf_found *found; /* in the order of ids */
	size_t count, room;
	__u32 gfp_enum; /* the enum that names the bits of gfp flags; 0: there is none */
};

/*
 * Fills @ret_index with the types that @object names (NULL: none), flavours taken off, and
 * with what the rest of this room asks for. @kernel lives as long as it does. Returns 0
 * or -ENOMEM.
 */
int btf_index_build(const struct btf_raw *kernel, const struct btf *object,
		    struct btf_index *ret_index);
void btf_index_free(struct btf_index *index);

/* The id of the first type of this class with this name, or -ENOENT. */
int btf_index_id(const struct btf_index *index, enum btf_class class, const char *name);

#endif /* OOMTRACE_KERNEL_BTF_INDEX_H */
