/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What filled the memory that ran out, and how much of that the candidates hold. */
#ifndef OOMTRACE_CORE_USES_H
#define OOMTRACE_CORE_USES_H

#include <stddef.h>

#include "core/why.h"

/* Sets used_bytes, uses, n_uses, largest_use and candidates_share of @why. */
void uses_explain(const struct episode *episode, struct why *why);

/* Slots that uses_mark_shared() needs for @count tasks. */
size_t uses_slots(size_t count);

/*
 * Sets shares_mm of every task whose memory is that of one before it in the list. @slots is room
 * for uses_slots(@count) numbers, whatever they are.
 */
void uses_mark_shared(struct task *tasks, size_t count, uint32_t *slots);

#endif /* OOMTRACE_CORE_USES_H */
