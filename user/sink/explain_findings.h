/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What explanations are worded with. Within the text of explanations only. */
#ifndef OOMTRACE_SINK_EXPLAIN_FINDINGS_H
#define OOMTRACE_SINK_EXPLAIN_FINDINGS_H

#include <stdint.h>

#include "core/explain.h"
#include "lib/flow.h"
#include "sink/text_parts.h"

/* "-1,234,567": written into @out, and returned. */
typedef char grouped_text[32];
const char *grouped(grouped_text out, int64_t number);

/* One finding as a sentence, on a line that has been begun. */
void finding_show(struct flow *flow, const struct episode *episode, const struct finding *finding);

#endif /* OOMTRACE_SINK_EXPLAIN_FINDINGS_H */
