/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When the messages of a kernel's log were written, by the clocks of everything else. The log's own
 * clock stands still while the machine sleeps, and nobody holds it to the right rate: in a month it
 * may be a minute off.
 */
#ifndef OOMTRACE_CORE_BOOTCLOCK_H
#define OOMTRACE_CORE_BOOTCLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was measured, in nanoseconds. */
struct bootclock {
	uint64_t printk_ns, boot_ns; /* the log's clock and CLOCK_BOOTTIME, at one moment */
	int64_t real_minus_boot_ns;  /* CLOCK_REALTIME, then */
	bool slept;                  /* the machine has been suspended since it booted */
	uint64_t woke_ns;            /* the last message that says that it woke; 0: none does */
};

/*
 * CLOCK_BOOTTIME of a message that the log has stamped @printk_ns, or 0: not known, since the
 * machine slept after it. A difference of rates is taken to be as old as the boot.
 */
uint64_t bootclock_of(const struct bootclock *clock, uint64_t printk_ns);

/* Whether the text of a message, of @len bytes, says that the machine has woken. */
bool bootclock_is_waking(const char *text, size_t len);

#endif /* OOMTRACE_CORE_BOOTCLOCK_H */
