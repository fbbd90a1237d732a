// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/bootclock.h"

#include "core/span.h"

uint64_t bootclock_of(const struct bootclock *clock, uint64_t printk_ns)
{
	int64_t ahead = (int64_t)(clock->boot_ns - clock->printk_ns);
	int64_t boot_ns;

	if (clock->slept && printk_ns < clock->woke_ns)
		return 0;
	/* All of the sleep, beside which the rates do not matter, was before it. */
	if (!clock->slept && clock->printk_ns)
		ahead = (int64_t)((__int128)ahead * printk_ns / clock->printk_ns);
	boot_ns = (int64_t)printk_ns + ahead;
	return boot_ns > 0 ? (uint64_t)boot_ns : 1;
}

/*
 * Fact: pm_suspend() (kernel/power/suspend.c) and hibernate() (kernel/power/hibernate.c) end with
 *       these, behind "PM: ", in 5.10 and later.
 */
bool bootclock_is_waking(const char *text, size_t len)
{
	struct span span = {text, len};

	return span_begins(span, "PM: suspend exit") ||
	       span_begins(span, "PM: hibernation: hibernation exit") ||
	       span_begins(span, "PM: hibernation exit");
}
