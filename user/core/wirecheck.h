/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a record is one that bpf/wire.h allows. Past this check its counts can be trusted. */
#ifndef OOMTRACE_CORE_WIRECHECK_H
#define OOMTRACE_CORE_WIRECHECK_H

#include <stddef.h>

#include "bpf/wire.h"

/* Any record, aligned; big enough for the biggest. */
union wire_record {
	struct wire_head head;
	struct wire_decision decision;
	struct wire_candidates candidates;
	struct wire_victim victim;
	struct wire_end end;
	struct wire_fate fate;
	struct wire_signal signal;
	struct wire_host host;
	struct wire_clock clock;
	struct wire_kmsg kmsg;
	struct wire_lost lost;
	struct wire_gfp gfp;
	struct wire_symbol symbol;
	struct wire_memory memory;
	struct wire_waiting waiting;
	struct wire_detail detail;
};

/*
 * Checks the record of @len bytes in @record: its size is the one its kind (and its own count)
 * asks for, its version is this one's, its enums and counts are in range, its paths end with a
 * NUL. A comm or a text may lack its NUL: copy those with their bound. Reads no byte beyond @len.
 * Returns 0 or -EBADMSG.
 */
int wire_check(const union wire_record *record, size_t len);

#endif /* OOMTRACE_CORE_WIRECHECK_H */
