/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Amounts of memory, durations and moments as people and programs read them. */
#ifndef OOMTRACE_LIB_UNITS_H
#define OOMTRACE_LIB_UNITS_H

#include <stdint.h>

/* Room for any text made here. */
#define UNITS_LEN 48
typedef char units_text[UNITS_LEN];

/*
 * A binary unit by its number, 0 bytes, 1 KiB, 2 MiB ... 6 EiB: the largest one of which @bytes
 * are at least one, but no less than @least.
 */
unsigned int units_scale(uint64_t bytes, unsigned int least);
/* "B", "KiB", "MiB" ... */
const char *units_name(unsigned int scale);

/*
 * These write into @out and return it. One decimal, none where the number is
 * exact: "512", "495.9", and "0.0" only for what is not nothing.
 */
const char *units_bytes_in(units_text out, uint64_t bytes, unsigned int scale);
/* "498.2 MiB"; "0" is nothing. */
const char *units_bytes(units_text out, uint64_t bytes);
/* For tables, MiB and up, at most 8 columns: "495.9MiB", "0". */
const char *units_bytes_cell(units_text out, uint64_t bytes);
/* "8.4 ms", and from one second on "5.0 s". */
const char *units_duration(units_text out, int64_t ns);

/* "4 min 10 s", "3 h 2 min"; below one minute as units_duration(). */
const char *units_span(units_text out, uint64_t ns);

/* Reads the time zone now, so that the calls below need neither files nor memory. */
void units_prepare(void);
/*
 * Local "23:10:08.412" of a CLOCK_REALTIME moment, with the date in front unless it
 * falls on the days of both @today_ns and @other_ns (0: not asked).
 */
const char *units_clock(units_text out, int64_t real_ns, int64_t today_ns, int64_t other_ns);
/* "2026-11-22T22:10:08.412345678Z" */
const char *units_rfc3339(units_text out, int64_t real_ns);
/* What that writes, of fewer decimals too, in nanoseconds. Returns 0, or -EINVAL. */
int units_parse_rfc3339(const char *text, int64_t *ret_real_ns);

#endif /* OOMTRACE_LIB_UNITS_H */
