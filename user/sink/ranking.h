/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ranking as text for a person, and as one JSON line. */
#ifndef OOMTRACE_SINK_RANKING_H
#define OOMTRACE_SINK_RANKING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ranking.h"
#include "lib/outbuf.h"

struct ranking_options {
	uint32_t most; /* rows of processes; CANDIDATES_ALL for all */
	bool color;
	bool redacted;                       /* names are pseudonyms: JSON says so */
	const char *host, *boot_id, *kernel; /* "" where not known */
};

/* Each writes @ranking out. Returns 0 or a negative errno (-EPIPE: the reader has gone). */
int ranking_show(struct outbuf *out, const struct ranking *ranking,
		 const struct ranking_options *options);
int ranking_put(struct outbuf *out, const struct ranking *ranking,
		const struct ranking_options *options);

#endif /* OOMTRACE_SINK_RANKING_H */
