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
 * Opens the outputs, which takes all the memory they will ever use. With @news_fd (an eventfd, or
 * -1) each is written to by a thread of its own and no reader is waited for; it becomes readable
 * when delivery_settle() has something to do. Returns 0 and sets *@ret_delivery, or a negative
 * errno after having said why. @run is what a store calls it.
 */
int delivery_new(const struct outputs *outputs, enum storage_run run, int news_fd,
		 struct delivery **ret_delivery);
void delivery_free(struct delivery *delivery);

/*
 * Until when this host was watched before, as the store knows; before delivery_start(). Returns 1
 * and sets *@ret_watch, or 0, or a negative errno.
 */
int delivery_last_watch(struct delivery *delivery, const char *host, const char *boot_id,
			struct store_watch *ret_watch);

/*
 * Has @sink, which stays the caller's, see everything, whatever is filtered. To be called before
 * anything is given.
 */
void delivery_watch(struct delivery *delivery, struct sink *sink);

/*
 * With --redact: takes the memory that episodes of @candidates need, so that none is taken later.
 * Returns 0 or -ENOMEM.
 */
int delivery_reserve(struct delivery *delivery, uint32_t candidates);

/* Starts the threads; until then lines are only queued. Returns 0 or a negative errno. */
int delivery_start(struct delivery *delivery);

/* Nobody watches any more; the kernel's count of kills is @kernel_kills by now. */
void delivery_unwatched(struct delivery *delivery, uint64_t kernel_kills);

/*
 * Counts what an output could not take, and tells one that can again what it missed. To be called
 * when the assembler is not calling back.
 */
void delivery_settle(struct delivery *delivery, struct assembler *assembler);

/*
 * Opens the outputs' files again, under the names that were given: logs rotate. Returns whether
 * there are any.
 */
bool delivery_reopen(struct delivery *delivery);

/* Nothing more will be given. */
void delivery_close(struct delivery *delivery);

/* After that, waits for the readers as writer_finish() does. */
void delivery_finish(struct delivery *delivery, int cancel_fd, uint64_t *cancelled_ns);

/* Whether something could not be written, for another reason than that nobody read it. */
bool delivery_failed(const struct delivery *delivery);

/* Whether every output that is read would take a line now: what is not urgent can wait for that. */
bool delivery_has_room(const struct delivery *delivery);

/* Whether the readers of all outputs have gone. */
bool delivery_deserted(const struct delivery *delivery);

/*
 * Of --count: 0 as long as more episodes are wanted; then the boot_ns until
 * which the outcomes of those given are waited for.
 */
uint64_t delivery_full_until(const struct delivery *delivery);

#endif /* OOMTRACE_CMD_DELIVERY_H */
