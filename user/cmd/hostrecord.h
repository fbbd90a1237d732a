/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The records that the loader writes beside the kernel's: where, when and with what was traced. */
#ifndef OOMTRACE_CMD_HOSTRECORD_H
#define OOMTRACE_CMD_HOSTRECORD_H

#include "bpf/wire.h"
#include "kernel/tracer.h"
#include "proc/host.h"

/* CLOCK_REALTIME - CLOCK_BOOTTIME, as close as two readings of one bracket the other. */
int64_t clock_offset(void);

/* The head of a loader's record of @size bytes that belongs to no episode. */
struct wire_head loader_head(uint16_t kind, size_t size, uint64_t boot_ns);

/* What is attached, and where. */
void host_record(const struct host_facts *facts, const struct survey *survey, enum backend backend,
		 uint64_t attached_ns, struct wire_host *ret_record);

#endif /* OOMTRACE_CMD_HOSTRECORD_H */
