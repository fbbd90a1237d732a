// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000LL
#define MINUTE       60LL
#define HOUR         (60 * MINUTE)
#define DAY          (24 * HOUR)

/* What was read so far of a date and a time of day; the rest is 0. */
struct moment {
	int64_t days; /* since 1970, of the calendar that was meant */
	int64_t seconds, ns;
	bool has_zone;
	int64_t east; /* of UTC, in seconds */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_blanks(const char **at)
{
	while (**at == ' ' || **at == '\t')
		++*at;
}

/* Digits at the start of @text. */
static size_t count_digits(const char *text)
{
	size_t n = 0;

	while (is_digit(text[n]))
		n++;
	return n;
}

/* Takes @n digits, which are there. */
static int64_t take_digits(const char **at, size_t n)
{
	int64_t value = 0;

	for (; n; n--)
		value = value * 10 + (*(*at)++ - '0');
	return value;
}

/* Takes @word in either case, if it stands there and does not go on. */
static bool take_word(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(*at, word, len) != 0 || is_letter((*at)[len]))
		return false;
	*at += len;
	return true;
}

/* Seconds, and their fraction as far as it matters, in nanoseconds. Returns false on overflow. */
static bool sum_up(int64_t seconds, int64_t ns, int64_t *ret_ns)
{
	return !__builtin_mul_overflow(seconds, NSEC_PER_SEC, &seconds) &&
	       !__builtin_add_overflow(seconds, ns, ret_ns);
}

/* ".25": at least one digit; those behind the ninth are dropped. */
static bool take_fraction(const char **at, int64_t *ret_ns)
{
	int64_t unit = NSEC_PER_SEC / 10;

	*ret_ns = 0;
	if (**at != '.')
		return true;
	if (!is_digit(*++*at))
		return false;
	for (; is_digit(**at); ++*at, unit /= 10)
		*ret_ns += (**at - '0') * unit;
	return true;
}

static int days_in(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01 to @day of the calendar as it is used now. */
static int64_t days_of(const struct tm *day)
{
	struct tm midnight = {
		.tm_year = day->tm_year, .tm_mon = day->tm_mon, .tm_mday = day->tm_mday};

	return timegm(&midnight) / DAY;
}

/* "2026-11-20", whose first five characters were looked at. */
static enum when_error take_date(const char **at, struct moment *moment)
{
	int64_t year = take_digits(at, 4), month, day;
	struct tm tm = {0};

	++*at;
	if (count_digits(*at) != 2 || (*at)[2] != '-')
		return WHEN_UNKNOWN;
	month = take_digits(at, 2);
	++*at;
	if (count_digits(*at) != 2)
		return WHEN_UNKNOWN;
	day = take_digits(at, 2);
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return WHEN_NO_DATE;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	moment->days = days_of(&tm);
	return WHEN_FINE;
}

static bool is_clock(const char *at)
{
	size_t n = count_digits(at);

	return (n == 1 || n == 2) && at[n] == ':';
}

/* "14:05", "14:05:30.25". A leap second is the first one of the next minute. */
static enum when_error take_clock(const char **at, struct moment *moment)
{
	int64_t hour = take_digits(at, count_digits(*at)), minute, second = 0;

	++*at;
	if (count_digits(*at) != 2)
		return WHEN_UNKNOWN;
	minute = take_digits(at, 2);
	if (**at == ':') {
		++*at;
		if (count_digits(*at) != 2)
			return WHEN_UNKNOWN;
		second = take_digits(at, 2);
		if (!take_fraction(at, &moment->ns))
			return WHEN_UNKNOWN;
	}
	if (hour > 23 || minute > 59 || second > 60)
		return WHEN_NO_DATE;
	moment->seconds = hour * HOUR + minute * MINUTE + second;
	return WHEN_FINE;
}

/* "Z", "UTC", "+01:00", "+0100", "+01"; nothing is local time. */
static enum when_error take_zone(const char **at, struct moment *moment)
{
	int64_t hours, minutes = 0;
	bool west;

	skip_blanks(at);
	if (!**at)
		return WHEN_FINE;
	if (is_digit(**at))
		return WHEN_UNKNOWN;
	moment->has_zone = true;
	if (take_word(at, "Z") || take_word(at, "UTC"))
		return WHEN_FINE;
	west = **at == '-';
	if ((**at != '+' && !west) || !is_digit((*at)[1]) || !is_digit((*at)[2]))
		return WHEN_NO_ZONE;
	++*at;
	hours = take_digits(at, 2);
	*at += **at == ':' && is_digit((*at)[1]);
	if (**at) {
		if (count_digits(*at) != 2)
			return WHEN_NO_ZONE;
		minutes = take_digits(at, 2);
	}
	if (hours > 23 || minutes > 59)
		return WHEN_NO_ZONE;
	moment->east = (hours * HOUR + minutes * MINUTE) * (west ? -1 : 1);
	return WHEN_FINE;
}

/* By how much local time is ahead of UTC at @seconds since 1970. */
static int64_t east_at(int64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm tm;

	return localtime_r(&at, &tm) ? tm.tm_gmtoff : 0;
}

/*
 * The moment at which local clocks show @shown, seconds since 1970 were they at UTC. Zones change
 * their distance from UTC at most once within two days, and for whatever reason: what held before
 * is tried first, then what held after, so that of two moments it is the first.
 */
static int64_t moment_of_local(int64_t shown)
{
	int64_t before = east_at(shown - DAY), after = east_at(shown + DAY);

	if (east_at(shown - before) != before && east_at(shown - after) == after)
		return shown - after;
	return shown - before;
}

static enum when_error resolve(const struct moment *moment, int64_t *ret_ns)
{
	int64_t seconds = moment->days * DAY + moment->seconds;

	seconds = moment->has_zone ? seconds - moment->east : moment_of_local(seconds);
	return sum_up(seconds, moment->ns, ret_ns) ? WHEN_FINE : WHEN_TOO_FAR;
}

/* A time of day and a zone, both of which may be absent. */
static enum when_error take_rest(const char **at, struct moment *moment, bool clock_follows)
{
	enum when_error error = WHEN_FINE;

	if (clock_follows && !is_clock(*at))
		return WHEN_UNKNOWN;
	if (is_clock(*at))
		error = take_clock(at, moment);
	if (!error)
		error = take_zone(at, moment);
	return !error && **at ? WHEN_NO_ZONE : error;
}

/* The local day that @now_ns falls on, and so many days later. */
static int64_t day_of(int64_t now_ns, int64_t later)
{
	time_t now = (time_t)(now_ns / NSEC_PER_SEC);
	struct tm tm = {0};

	localtime_r(&now, &tm);
	return days_of(&tm) + later;
}

static enum when_error parse_date(const char *at, int64_t *ret_ns)
{
	struct moment moment = {0};
	enum when_error error = take_date(&at, &moment);
	bool joined = *at == 'T' || *at == 't';

	if (error)
		return error;
	if (is_digit(*at))
		return WHEN_UNKNOWN;
	at += joined;
	if (!joined)
		skip_blanks(&at);
	error = take_rest(&at, &moment, joined);
	return error ? error : resolve(&moment, ret_ns);
}

static enum when_error parse_day(const char *at, int64_t day, int64_t *ret_ns)
{
	struct moment moment = {.days = day};
	enum when_error error;

	skip_blanks(&at);
	error = take_rest(&at, &moment, *at != '\0');
	return error ? error : resolve(&moment, ret_ns);
}

/* "@1795183500.25" */
static enum when_error parse_epoch(const char *at, int64_t *ret_ns)
{
	size_t n = count_digits(++at);
	int64_t seconds, ns;

	if (!n)
		return WHEN_UNKNOWN;
	if (n > 18)
		return WHEN_TOO_FAR;
	seconds = take_digits(&at, n);
	if (!take_fraction(&at, &ns) || *at)
		return WHEN_UNKNOWN;
	return sum_up(seconds, ns, ret_ns) ? WHEN_FINE : WHEN_TOO_FAR;
}

/* The seconds of the unit that stands there, or 0. */
static int64_t take_unit(const char **at)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {
		{"s", 1},           {"sec", 1},          {"secs", 1},     {"second", 1},
		{"seconds", 1},     {"m", MINUTE},       {"min", MINUTE}, {"mins", MINUTE},
		{"minute", MINUTE}, {"minutes", MINUTE}, {"h", HOUR},     {"hr", HOUR},
		{"hrs", HOUR},      {"hour", HOUR},      {"hours", HOUR}, {"d", DAY},
		{"day", DAY},       {"days", DAY},       {"w", 7 * DAY},  {"week", 7 * DAY},
		{"weeks", 7 * DAY},
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (take_word(at, units[i].name))
			return units[i].seconds;
	}
	return 0;
}

/* "2h ago", "1 hour 30 minutes ago", "-2h", "3d" */
static enum when_error parse_ago(const char *at, int64_t now_ns, int64_t *ret_ns)
{
	bool minus = *at == '-';
	int64_t total = 0;

	at += minus;
	do {
		size_t n = count_digits(at);
		int64_t count, unit;

		if (!n)
			return WHEN_UNKNOWN;
		if (n > 18)
			return WHEN_TOO_FAR;
		count = take_digits(&at, n);
		skip_blanks(&at);
		unit = take_unit(&at);
		if (!unit)
			return *at && !is_letter(*at) ? WHEN_UNKNOWN : WHEN_NO_UNIT;
		if (__builtin_mul_overflow(count, unit, &count) ||
		    __builtin_add_overflow(total, count, &total))
			return WHEN_TOO_FAR;
		skip_blanks(&at);
	} while (is_digit(*at));
	if (!minus && take_word(&at, "ago"))
		skip_blanks(&at);
	if (*at)
		return WHEN_UNKNOWN;
	if (__builtin_mul_overflow(total, NSEC_PER_SEC, &total) ||
	    __builtin_sub_overflow(now_ns, total, ret_ns))
		return WHEN_TOO_FAR;
	return WHEN_FINE;
}

static enum when_error parse_trimmed(const char *at, int64_t now_ns, int64_t *ret_ns)
{
	const char *rest = at;

	if (*at == '@')
		return parse_epoch(at, ret_ns);
	if (count_digits(at) == 4 && at[4] == '-')
		return parse_date(at, ret_ns);
	if (is_clock(at))
		return parse_day(at, day_of(now_ns, 0), ret_ns);
	if (take_word(&rest, "now")) {
		*ret_ns = now_ns;
		return *rest ? WHEN_UNKNOWN : WHEN_FINE;
	}
	if (take_word(&rest, "today"))
		return parse_day(rest, day_of(now_ns, 0), ret_ns);
	if (take_word(&rest, "yesterday"))
		return parse_day(rest, day_of(now_ns, -1), ret_ns);
	return parse_ago(at, now_ns, ret_ns);
}

enum when_error when_parse(const char *text, int64_t now_ns, int64_t *ret_ns)
{
	char trimmed[64];
	size_t len;
	int64_t ns = 0;
	enum when_error error;

	skip_blanks(&text);
	len = strlen(text);
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len >= sizeof(trimmed))
		return WHEN_UNKNOWN;
	memcpy(trimmed, text, len);
	trimmed[len] = '\0';
	error = parse_trimmed(trimmed, now_ns, &ns);
	if (!error)
		*ret_ns = ns;
	return error;
}

const char *when_error_words(enum when_error error)
{
	static const char *const words[] = {
		[WHEN_FINE] = "is fine",
		[WHEN_UNKNOWN] = "no time that is understood: 2026-11-20 14:05, 14:05, yesterday, "
				 "2h ago",
		[WHEN_NO_UNIT] = "a number of what? 90s, 30min, 2h, 3d or 1w ago",
		[WHEN_NO_ZONE] = "no zone is known by what ends it: Z, UTC, +01:00, or nothing for "
				 "local time",
		[WHEN_NO_DATE] = "there is no such day or time of day",
		[WHEN_TOO_FAR] = "too far from now: years 1678 to 2261 are understood",
	};

	return words[error <= WHEN_TOO_FAR ? error : WHEN_UNKNOWN];
}
