/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --metrics: what is counted while it is traced, and when it is written to its file. */
#ifndef OOMTRACE_CMD_METERING_H
#define OOMTRACE_CMD_METERING_H

#include <stdint.h>

#include "sink/sink.h"

struct metering;

/* Takes all memory for the file @path. Returns 0, or a negative errno after having said why. */
int metering_new(const char *path, struct metering **ret_metering);

/* Writes what is left. NULL is fine. */
void metering_free(struct metering *metering);

/* What is to see every event. */
struct sink *metering_sink(struct metering *metering);

/* @kernel_kills: oom_kill of /proc/vmstat when it was attached, or WIRE_NONE_U64. */
void metering_begin(struct metering *metering, uint64_t kernel_kills);

/* The boot_ns at which metering_write() is due: soon after news, else for the heartbeat. */
uint64_t metering_deadline(const struct metering *metering);
void metering_write(struct metering *metering, uint64_t now_boot_ns);

#endif /* OOMTRACE_CMD_METERING_H */
