/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An explanation of one episode, as text for a person and as one JSON line. */
#ifndef OOMTRACE_SINK_EXPLAIN_H
#define OOMTRACE_SINK_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/explain.h"
#include "core/rules.h"
#include "core/whatif.h"
#include "lib/outbuf.h"

/* The choice under one rule. */
struct explain_run {
	const char *asked; /* the model as it was asked for */
	bool vendor;       /* a distributor's kernel: its patches are not all known */
	bool unnamed;      /* "current", and the log does not name its kernel */
	struct rule_verdict verdict;
};

struct explanation {
	const struct host *host;
	const struct episode *episode;
	struct spared spared;
	struct finding findings[FINDING_MAX];
	size_t n_findings;
	/* What had happened with the changes asked for, if any were. */
	bool supposed;
	bool unnamed;         /* the log does not name the kernel by whose rule it is supposed */
	bool limit_fits;      /* with that limit there had been no OOM at this moment */
	uint64_t limit_bytes; /* supposed; 0: as it was */
	const struct rule_change *changes;
	size_t n_changes;
	struct rule_verdict supposition;
	/* Under other kernels' rules. */
	const struct explain_run *runs;
	size_t n_runs;
};

struct explain_options {
	uint32_t most; /* candidates whose arithmetic is shown; CANDIDATES_ALL for all */
	bool color;
	int64_t today_real_ns; /* text: the day that needs no date; 0: the clock's */
};

/* Each writes @explanation out. Returns 0 or a negative errno (-EPIPE: the reader has gone). */
int explain_show(struct outbuf *out, const struct explanation *explanation,
		 const struct explain_options *options);
int explain_put(struct outbuf *out, const struct explanation *explanation,
		const struct explain_options *options);

#endif /* OOMTRACE_SINK_EXPLAIN_H */
