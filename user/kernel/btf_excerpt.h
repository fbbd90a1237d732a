/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part of the kernel's BTF that relocating our object needs. libbpf looks
 * for each of our types among all of the kernel's, more than 100,000: most of
 * the time of an attach. Among a few hundred it takes none.
 */
#ifndef OOMTRACE_KERNEL_BTF_EXCERPT_H
#define OOMTRACE_KERNEL_BTF_EXCERPT_H

#include "kernel/btf_index.h"

/*
 * Writes what the kernel knows of the types that @index has found to @fd, an empty
 * file. Returns 0 or a negative errno.
 */
int btf_excerpt(const struct btf_index *index, int fd);

#endif /* OOMTRACE_KERNEL_BTF_EXCERPT_H */
