/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Between the assembler and the outputs: hands what passes the filter to every
 * output, and keeps one that fails from starving another.
 */
#ifndef OOMTRACE_CMD_DELIVERY_H
#define OOMTRACE_CMD_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/outputs.h"
#include "core/assemble.h"

struct delivery;

/* What the assembler calls; its ctx is a struct delivery. */
extern const struct assembler_ops delivery_ops;

/* The same for what was before this run, out of a log: --count does not count it. */
extern const struct assembler_ops delivery_past_ops;

/*
 * Opens the outputs, which takes all the memory they will ever use. When
 * @cancel_fd (or -1) is readable, a reader that does not read is not waited for.
 * Returns 0 and sets *@ret_delivery, or a negative errno after having said why.
 */
int delivery_new(const struct outputs *outputs, int cancel_fd, struct delivery **ret_delivery);
void delivery_free(struct delivery *delivery);

/* Counts what an output could not take. To be called when the assembler is not calling back. */
void delivery_settle(struct delivery *delivery, struct assembler *assembler);

/* Whether an output could not take something, for another reason than that its reader went away. */
bool delivery_failed(const struct delivery *delivery);

/* Whether the readers of all outputs have gone. */
bool delivery_deserted(const struct delivery *delivery);

/*
 * Of --count: 0 as long as more episodes are wanted; then the boot_ns until
 * which the outcomes of those given are waited for.
 */
uint64_t delivery_full_until(const struct delivery *delivery);

#endif /* OOMTRACE_CMD_DELIVERY_H */
