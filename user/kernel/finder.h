/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the kernel itself where symbols lie, by a program that is run once: from Linux 5.16 on, in
 * microseconds where its names are sorted (6.2, and who has taken that over), where reading all of
 * /proc/kallsyms takes a tenth of a second.
 */
#ifndef OOMTRACE_KERNEL_FINDER_H
#define OOMTRACE_KERNEL_FINDER_H

#include <stddef.h>

#include "kernel/btf_index.h"
#include "kernel/kallsyms.h"

/*
 * Sets the beginnings of the @count @symbols, 0 where there is none by that name; their ends are 0.
 * Returns 0; -EPERM where addresses are hidden (kptr_restrict); -EOPNOTSUPP or another negative
 * errno where this kernel cannot be asked.
 */
int finder_find(const struct btf_index *index, struct symbol *symbols, size_t count);

#endif /* OOMTRACE_KERNEL_FINDER_H */
