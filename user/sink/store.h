/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The output into a store: events become rows, with the JSON line that the stream gives. */
#ifndef OOMTRACE_SINK_STORE_H
#define OOMTRACE_SINK_STORE_H

#include <stdbool.h>

#include "sink/sink.h"
#include "store/keeper.h"

/*
 * Rows go to @keeper, which stays the caller's. What its queue has no room for fails with -EAGAIN;
 * with @wait, room is waited for, unless the keeper has failed (-EIO). NULL when memory is not to
 * be had.
 */
struct sink *sink_store_new(struct keeper *keeper, bool wait);

#endif /* OOMTRACE_SINK_STORE_H */
