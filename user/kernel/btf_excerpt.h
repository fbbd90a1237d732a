/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the kernel's BTF that relocating our object needs. libbpf looks
 * for each of our types among all of the kernel's, more than 100,000: most of
 * the time of an attach. Among a few hundred it takes none.
 */
#ifndef OOMTRACE_KERNEL_BTF_EXCERPT_H
#define OOMTRACE_KERNEL_BTF_EXCERPT_H

struct btf;

/*
 * Writes what @kernel knows of the types that @object names to a file in
 * memory. Returns its descriptor, the caller's to close, or a negative errno.
 */
int btf_excerpt(const struct btf *kernel, const struct btf *object);

#endif /* OOMTRACE_KERNEL_BTF_EXCERPT_H */
