/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's BTF as it lies in the file: libbpf would copy its megabytes and note where each of
 * more than 100,000 types begins, of which a few hundred are asked for. What a type is, libbpf's
 * btf.h tells; this only knows where they are.
 */
#ifndef OOMTRACE_KERNEL_BTF_RAW_H
#define OOMTRACE_KERNEL_BTF_RAW_H

#include <bpf/btf.h>
#include <stddef.h>

struct btf_raw {
	void *data;
	size_t size; /* of the mapping */
	const char *types, *strings;
	__u32 types_len, strings_len;
	__u32 count;   /* of types, void (0) among them */
	__u32 *places; /* in types, of each BTF_RAW_STEP-th one */
};

#define BTF_RAW_STEP 64

/* Reads @path. Returns 0, -EINVAL when that is not BTF, or another negative errno. */
int btf_raw_open(const char *path, struct btf_raw *ret_btf);
void btf_raw_close(struct btf_raw *btf);

/* The type @id, or NULL where there is none; void has no kind and no name. */
const struct btf_type *btf_raw_type(const struct btf_raw *btf, __u32 id);
/* What lies behind @type: the next id's, unless that was the last. */
const struct btf_type *btf_raw_next(const struct btf_type *type);
/* The text at @offset; "" where there is none. */
const char *btf_raw_name(const struct btf_raw *btf, __u32 offset);

#endif /* OOMTRACE_KERNEL_BTF_RAW_H */
