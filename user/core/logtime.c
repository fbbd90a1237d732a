// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/logtime.h"

/* Exactly @count digits, a number. */
static bool take_digits(struct span *line, unsigned int count, int *ret_value)
{
	int value = 0;

	if (line->len < count)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		int digit = digit_of(line->at[i], 10);

		if (digit < 0)
			return false;
		value = value * 10 + digit;
	}
	line->at += count;
	line->len -= count;
	*ret_value = value;
	return true;
}

/* ".123456" or ",123456": any number of digits. */
static int32_t take_fraction(struct span *line)
{
	int32_t ns = 0, place = 100000000;
	struct span rest = *line;

	if (!span_take(&rest, ".") && !span_take(&rest, ","))
		return 0;
	if (!rest.len || digit_of(rest.at[0], 10) < 0)
		return 0;
	for (; rest.len && digit_of(rest.at[0], 10) >= 0; rest.at++, rest.len--) {
		ns += digit_of(rest.at[0], 10) * place;
		place /= 10;
	}
	*line = rest;
	return ns;
}

/* 03:13:03, with a fraction or not */
static bool take_clock(struct span *line, struct logtime *civil)
{
	struct span rest = *line;

	if (!take_digits(&rest, 2, &civil->hour) || !span_take(&rest, ":") ||
	    !take_digits(&rest, 2, &civil->minute) || !span_take(&rest, ":") ||
	    !take_digits(&rest, 2, &civil->second) || civil->hour > 23 || civil->minute > 59 ||
	    civil->second > 60)
		return false;
	civil->nanosecond = take_fraction(&rest);
	*line = rest;
	return true;
}

static bool take_month(struct span *line, int *ret_month)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

	for (int i = 0; i < 12; i++) {
		if (span_take(line, months[i])) {
			*ret_month = i + 1;
			return true;
		}
	}
	return false;
}

/* " 7" or "17" */
static bool take_day(struct span *line, int *ret_day)
{
	struct span rest = *line;
	uint64_t day;

	span_skip(&rest, ' ');
	if (!span_take_u64(&rest, &day) || !day || day > 31)
		return false;
	*ret_day = (int)day;
	*line = rest;
	return true;
}

/* "Z", "+02:00", "+0200", "+02" */
static bool take_zone(struct span *line, struct logtime *civil)
{
	struct span rest = *line;
	int sign, hours, minutes = 0;

	if (span_take(&rest, "Z")) {
		civil->has_zone = true;
		*line = rest;
		return true;
	}
	sign = span_begins(rest, "-") ? -1 : 1;
	if (!span_take(&rest, "+") && !span_take(&rest, "-"))
		return false;
	if (!take_digits(&rest, 2, &hours))
		return false;
	span_take(&rest, ":");
	if (rest.len && digit_of(rest.at[0], 10) >= 0 && !take_digits(&rest, 2, &minutes))
		return false;
	if (hours > 14 || minutes > 59)
		return false;
	civil->has_zone = true;
	civil->zone_minutes = sign * (hours * 60 + minutes);
	*line = rest;
	return true;
}

static bool ends_word(struct span line)
{
	return !line.len || line.at[0] == ' ' || line.at[0] == ']';
}

/* "Tue ", before a date: journalctl -o short-full */
static void take_weekday(struct span *line)
{
	static const char *const days[] = {"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "};

	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		if (span_take(line, days[i]))
			return;
	}
}

/* " CEST", behind it: of such a name only UTC says which zone it is. */
static void take_zone_name(struct span *line, struct logtime *civil)
{
	struct span rest = *line, name;

	if (!span_take(&rest, " ") || !span_next(&rest, ' ', &name, NULL) || name.len < 3 ||
	    name.len > 5)
		return;
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] < 'A' || name.at[i] > 'Z')
			return;
	}
	civil->has_zone = name.len == 3 && span_begins(name, "UTC");
	line->at = name.at + name.len;
	line->len = rest.len + (rest.at > line->at);
}

static bool is_date(const struct logtime *time)
{
	return time->month >= 1 && time->month <= 12 && time->day >= 1 && time->day <= 31;
}

bool logtime_take_iso(struct span *line, struct logtime *ret_time)
{
	struct logtime time = {.known = true, .has_year = true};
	struct span rest = *line;
	bool is_full;

	take_weekday(&rest);
	is_full = rest.at != line->at;
	if (!take_digits(&rest, 4, &time.year) || !span_take(&rest, "-") ||
	    !take_digits(&rest, 2, &time.month) || !span_take(&rest, "-") ||
	    !take_digits(&rest, 2, &time.day) ||
	    (!span_take(&rest, "T") && !span_take(&rest, " ")) || !take_clock(&rest, &time) ||
	    !is_date(&time))
		return false;
	take_zone(&rest, &time);
	if (!ends_word(rest))
		return false;
	if (is_full)
		take_zone_name(&rest, &time);
	*ret_time = time;
	*line = rest;
	return true;
}

bool logtime_take_syslog(struct span *line, struct logtime *ret_time)
{
	struct logtime time = {.known = true};
	struct span rest = *line, year;

	if (!take_month(&rest, &time.month) || !span_begins(rest, " ") ||
	    !take_day(&rest, &time.day) || !span_take(&rest, " "))
		return false;
	year = rest;
	if (take_digits(&year, 4, &time.year) && span_take(&year, " ")) {
		time.has_year = true;
		rest = year;
	} else {
		time.year = 0;
	}
	if (!take_clock(&rest, &time) || !ends_word(rest))
		return false;
	*ret_time = time;
	*line = rest;
	return true;
}

bool logtime_take_logcat(struct span *line, struct logtime *ret_time)
{
	struct logtime time = {.known = true};
	struct span rest = *line;

	if (!take_digits(&rest, 2, &time.month) || !span_take(&rest, "-") ||
	    !take_digits(&rest, 2, &time.day) || !span_take(&rest, " ") ||
	    !take_clock(&rest, &time) || !is_date(&time))
		return false;
	*ret_time = time;
	*line = rest;
	return true;
}

bool logtime_of_ctime(struct span text, struct logtime *ret_time)
{
	struct logtime time = {.known = true, .has_year = true};
	struct span year, weekday;

	if (text.len < 5)
		return false;
	year = (struct span){text.at + text.len - 5, 5};
	if (!span_take(&year, " ") || !take_digits(&year, 4, &time.year))
		return false;
	span_next(&text, ' ', &weekday, NULL);
	if (!take_month(&text, &time.month) || !take_day(&text, &time.day) ||
	    !span_take(&text, " ") || !take_clock(&text, &time))
		return false;
	*ret_time = time;
	return true;
}

bool logtime_take_seconds(struct span *line, uint64_t *ret_ns)
{
	struct span rest = *line;
	uint64_t seconds;

	if (!span_take_u64(&rest, &seconds) || seconds > UINT32_MAX || !span_begins(rest, "."))
		return false;
	*ret_ns = seconds * 1000000000 + (uint64_t)take_fraction(&rest);
	*line = rest;
	return true;
}

/* The days from the epoch to a day of the Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t logtime_utc(const struct logtime *civil)
{
	int64_t minutes = days_of(civil->year, civil->month, civil->day) * 1440 + civil->hour * 60 +
			  civil->minute - civil->zone_minutes;

	return minutes * 60 + civil->second;
}
