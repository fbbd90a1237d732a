/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The candidates of an episode as a table of text. */
#ifndef OOMTRACE_SINK_TABLE_H
#define OOMTRACE_SINK_TABLE_H

#include <stdint.h>

#include "core/episode.h"
#include "lib/flow.h"

/*
 * Shows the first @most candidates, and the victim if it is not among them; then
 * how many are left out and how far the list can be trusted.
 */
void table_show(struct flow *flow, const struct episode *episode, uint32_t most);

#endif /* OOMTRACE_SINK_TABLE_H */
