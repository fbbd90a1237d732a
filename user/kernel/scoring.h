/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which counters the running kernel's oom_badness reads. Nothing that BTF or a
 * symbol says: since 7.x it adds every CPU's pending delta (and a stable kernel
 * may have that backported). The function's own text tells, by whom it calls.
 */
#ifndef OOMTRACE_KERNEL_SCORING_H
#define OOMTRACE_KERNEL_SCORING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether @len bytes of machine code that lie at @address hold a call of
 * @target. Knows x86-64 and arm64; elsewhere it finds nothing.
 */
bool text_calls(const uint8_t *text, size_t len, uint64_t address, uint64_t target);

#endif /* OOMTRACE_KERNEL_SCORING_H */
