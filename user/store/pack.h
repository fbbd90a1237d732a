/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows on their way from one thread to another, as records of a queue. */
#ifndef OOMTRACE_STORE_PACK_H
#define OOMTRACE_STORE_PACK_H

#include "lib/queue.h"
#include "store/row.h"

/*
 * Begins a record of @queue with all of @row but its line. The line's bytes, if there are any, and
 * queue_commit() follow. Returns 0 or -ENOSPC.
 */
int store_pack(struct queue *queue, const struct store_row *row);

/*
 * The row in the @len bytes at @record, its line without the newline; its texts lie there. Returns
 * 0, or -EBADMSG where that is none.
 */
int store_unpack(const void *record, size_t len, struct store_row *ret_row);

#endif /* OOMTRACE_STORE_PACK_H */
