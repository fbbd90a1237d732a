/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times as those who keep logs write them. */
#ifndef OOMTRACE_CORE_LOGTIME_H
#define OOMTRACE_CORE_LOGTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

/* A moment by the clock on the wall, as far as a log tells it. */
struct logtime {
	bool known;    /* month to second */
	bool has_year; /* else 0 */
	bool has_zone;
	int year, month, day, hour, minute, second; /* month and day from 1 */
	int32_t nanosecond;
	int zone_minutes; /* east of UTC */
};

/*
 * Each takes a time off *@line. Returns false, and leaves *@line, where none of that form stands
 * there.
 */

/*
 * "2024-05-07T03:13:03.123456+02:00", "Tue 2024-05-07 03:13:03 UTC": rsyslog, CRI, journalctl -o
 * short-iso and short-full, dmesg --time-format iso
 */
bool logtime_take_iso(struct span *line, struct logtime *ret_time);
/* "May  7 03:13:03", "May  7 2024 03:13:03", "May 07 03:13:03.123456": syslog, journalctl */
bool logtime_take_syslog(struct span *line, struct logtime *ret_time);
/* "05-07 03:13:03.123": Android's logcat */
bool logtime_take_logcat(struct span *line, struct logtime *ret_time);
/* "12345.678901", to the nanosecond */
bool logtime_take_seconds(struct span *line, uint64_t *ret_ns);

/* Whether all of @text is "Tue May  7 03:13:03 2013", in English: dmesg -T. */
bool logtime_of_ctime(struct span text, struct logtime *ret_time);

/*
 * Seconds since the epoch of @time, which has a year, taken as UTC where it has no zone. Days
 * beyond a month's end run into the next one.
 */
int64_t logtime_utc(const struct logtime *time);

#endif /* OOMTRACE_CORE_LOGTIME_H */
