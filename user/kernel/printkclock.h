/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock that the kernel stamps its log with, which no clock_gettime() tells. */
#ifndef OOMTRACE_KERNEL_PRINTKCLOCK_H
#define OOMTRACE_KERNEL_PRINTKCLOCK_H

#include <stdint.h>

/* Three clocks at one moment, in nanoseconds. */
struct printkclock {
	uint64_t printk_ns;
	uint64_t boot_ns;
	uint64_t suspended_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
};

/*
 * Reads them. Returns 0; or a negative errno where the log's own clock cannot be read: then
 * CLOCK_MONOTONIC stands for it, which counts from the same moment but is held to the right rate.
 */
int printkclock_read(struct printkclock *ret_clock);
/* The same with CLOCK_MONOTONIC: without the event of perf, for which the kernel waits up to tens
 * of ms. */
void printkclock_guess(struct printkclock *ret_clock);

#endif /* OOMTRACE_KERNEL_PRINTKCLOCK_H */
