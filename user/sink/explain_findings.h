/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What explanations are worded with, in their text and on the page. */
#ifndef OOMTRACE_SINK_EXPLAIN_FINDINGS_H
#define OOMTRACE_SINK_EXPLAIN_FINDINGS_H

#include <stdint.h>

#include "core/explain.h"
#include "core/whatif.h"
#include "lib/flow.h"
#include "sink/text_parts.h"

/* "-1,234,567": written into @out, and returned. */
typedef char grouped_text[32];
const char *grouped(grouped_text out, int64_t number);

/* Which oom_score_adj had spared the victim, or that none had, on a line that has been begun. */
void spared_show(struct flow *flow, const struct spared *spared);
/* What people are told of a skip reason (enum wire_skip); NULL as skip_name(). */
const char *skip_words(uint8_t skip);

/* One finding as a sentence, on a line that has been begun. */
void finding_show(struct flow *flow, const struct episode *episode, const struct finding *finding);

#endif /* OOMTRACE_SINK_EXPLAIN_FINDINGS_H */
