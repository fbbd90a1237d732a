// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NSEC_PER_SEC  1000000000LL
#define NSEC_PER_MSEC 1000000LL
#define MIB           2
#define EIB           6

unsigned int units_scale(uint64_t bytes, unsigned int least)
{
	unsigned int scale = 0;

	while (scale < EIB && (scale < least || bytes >> (10 * (scale + 1))))
		scale++;
	return scale;
}

const char *units_name(unsigned int scale)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

	return names[scale <= EIB ? scale : EIB];
}

/* Lists are made of thousands of these. Returns the end of the digits, where a NUL stands. */
static char *put_number(char *to, uint64_t value)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		*to++ = digits[--n];
	*to = '\0';
	return to;
}

const char *units_bytes_in(units_text out, uint64_t bytes, unsigned int scale)
{
	unsigned int shift = 10 * (scale <= EIB ? scale : EIB);
	uint64_t whole = bytes >> shift;
	uint64_t rest = bytes - (whole << shift);
	uint64_t tenths;
	char *end;

	if (!rest) {
		put_number(out, whole);
		return out;
	}
	tenths = (rest * 10 + (1ULL << (shift - 1))) >> shift;
	end = put_number(out, whole + tenths / 10);
	*end = '.';
	put_number(end + 1, tenths % 10);
	return out;
}

const char *units_bytes(units_text out, uint64_t bytes)
{
	unsigned int scale = units_scale(bytes, 0);
	units_text number;

	if (!bytes)
		snprintf(out, UNITS_LEN, "0");
	else
		snprintf(out, UNITS_LEN, "%s %s", units_bytes_in(number, bytes, scale),
			 units_name(scale));
	return out;
}

const char *units_bytes_cell(units_text out, uint64_t bytes)
{
	unsigned int scale = units_scale(bytes, MIB);
	uint64_t whole = bytes >> (10 * scale);

	if (whole >= 999) /* a decimal would not fit, nor would one that rounding up makes */
		put_number(out, whole);
	else
		units_bytes_in(out, bytes, scale);
	if (bytes)
		strcat(out, units_name(scale));
	return out;
}

const char *units_duration(units_text out, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
	const char *sign = ns < 0 ? "-" : "";
	const char *unit = size >= NSEC_PER_SEC ? "s" : "ms";
	uint64_t tenth = (size >= NSEC_PER_SEC ? NSEC_PER_SEC : NSEC_PER_MSEC) / 10;
	uint64_t tenths = size / tenth + (size % tenth >= tenth / 2);

	snprintf(out, UNITS_LEN, "%s%" PRIu64 ".%" PRIu64 " %s", sign, tenths / 10, tenths % 10,
		 unit);
	return out;
}

const char *units_span(units_text out, uint64_t ns)
{
	uint64_t seconds = ns / NSEC_PER_SEC + (ns % NSEC_PER_SEC >= NSEC_PER_SEC / 2);
	uint64_t minutes = seconds / 60, hours = minutes / 60;

	if (!minutes)
		return units_duration(out, (int64_t)ns);
	if (!hours)
		snprintf(out, UNITS_LEN, "%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
	else
		snprintf(out, UNITS_LEN, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
	return out;
}

void units_prepare(void)
{
	tzset();
}

static time_t whole_seconds(int64_t real_ns, long *ret_rest)
{
	int64_t seconds = real_ns / NSEC_PER_SEC;
	int64_t rest = real_ns % NSEC_PER_SEC;

	if (rest < 0) {
		rest += NSEC_PER_SEC;
		seconds--;
	}
	*ret_rest = (long)rest;
	return (time_t)seconds;
}

static bool same_day(const struct tm *day, int64_t real_ns)
{
	long rest;
	time_t seconds = whole_seconds(real_ns, &rest);
	struct tm other;

	if (!localtime_r(&seconds, &other))
		return false;
	return day->tm_yday == other.tm_yday && day->tm_year == other.tm_year;
}

const char *units_clock(units_text out, int64_t real_ns, int64_t today_ns, int64_t other_ns)
{
	long rest;
	time_t seconds = whole_seconds(real_ns, &rest);
	struct tm tm = {0};
	int used = 0;

	localtime_r(&seconds, &tm);
	if ((today_ns && !same_day(&tm, today_ns)) || (other_ns && !same_day(&tm, other_ns)))
		used = snprintf(out, UNITS_LEN, "%04d-%02d-%02d ", tm.tm_year + 1900, tm.tm_mon + 1,
				tm.tm_mday);
	snprintf(out + used, UNITS_LEN - (size_t)used, "%02d:%02d:%02d.%03ld", tm.tm_hour,
		 tm.tm_min, tm.tm_sec, rest / (long)NSEC_PER_MSEC);
	return out;
}

const char *units_rfc3339(units_text out, int64_t real_ns)
{
	long rest;
	time_t seconds = whole_seconds(real_ns, &rest);
	struct tm tm = {0};

	gmtime_r(&seconds, &tm);
	snprintf(out, UNITS_LEN, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
	return out;
}

int units_parse_rfc3339(const char *text, int64_t *ret_real_ns)
{
	struct tm tm = {0};
	const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t seconds, ns = 0, unit = 100000000;

	if (!at)
		return -EINVAL;
	if (*at == '.') {
		for (at++; *at >= '0' && *at <= '9'; at++, unit /= 10)
			ns += (*at - '0') * unit;
	}
	if (strcmp(at, "Z") != 0 && strcmp(at, "+00:00") != 0)
		return -EINVAL;
	seconds = timegm(&tm);
	if (__builtin_mul_overflow(seconds, 1000000000, &seconds) ||
	    __builtin_add_overflow(seconds, ns, ret_real_ns))
		return -EINVAL;
	return 0;
}
