// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Zones by their rules, not by their names: the machine may have no zone files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/units.h"
#include "lib/when.h"

#define BERLIN    "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK  "EST5EDT,M3.2.0,M11.1.0"
#define SAO_PAULO "<-03>3<-02>,M11.1.0/0,M2.3.0/0" /* as it was until 2019: changes at midnight */
#define KOLKATA   "IST-5:30"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0" /* by half an hour */
#define APIA      "<+13>-13"

static void in_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

/* A moment by what units_parse_rfc3339() makes of it, another piece of code. */
static int64_t utc(const char *text)
{
	int64_t ns;

	assert_int_equal(units_parse_rfc3339(text, &ns), 0);
	return ns;
}

static void is_at(const char *text, int64_t now_ns, const char *expected)
{
	int64_t ns = 77;
	enum when_error error = when_parse(text, now_ns, &ns);
	units_text got;

	if (error)
		fail_msg("'%s': %s", text, when_error_words(error));
	if (ns != utc(expected))
		fail_msg("'%s' is %s, not %s", text, units_rfc3339(got, ns), expected);
}

static void is_wrong(const char *text, enum when_error expected)
{
	int64_t ns = 77;
	enum when_error error = when_parse(text, utc("2026-11-22T10:00:00Z"), &ns);

	if (error != expected)
		fail_msg("'%s' is: %s", text, when_error_words(error));
	assert_int_equal(ns, 77);
}

static void rfc_3339_is_read_as_it_stands(void **state)
{
	(void)state;
	in_zone(BERLIN);
	is_at("2026-11-20T14:05:09Z", 0, "2026-11-20T14:05:09Z");
	is_at("2026-11-20t14:05:09z", 0, "2026-11-20T14:05:09Z");
	is_at("2026-11-20T14:05Z", 0, "2026-11-20T14:05:00Z");
	is_at("2026-11-20 14:05:09.25 UTC", 0, "2026-11-20T14:05:09.25Z");
	is_at("2026-11-20T14:05:09.123456789Z", 0, "2026-11-20T14:05:09.123456789Z");
	is_at("2026-11-20T14:05:09.1234567899999Z", 0, "2026-11-20T14:05:09.123456789Z");
	is_at("2026-11-20T14:05:09+01:00", 0, "2026-11-20T13:05:09Z");
	is_at("2026-11-20T14:05:09-0330", 0, "2026-11-20T17:35:09Z");
	is_at("2026-11-20 14:05 +14", 0, "2026-11-20T00:05:00Z");
	is_at("2026-11-20T00:05:00+14:00", 0, "2026-11-19T10:05:00Z");
	is_at("2026-12-31T23:59:60Z", 0, "2027-01-01T00:00:00Z");
	is_at("2026-11-20 UTC", 0, "2026-11-20T00:00:00Z");
	is_at("2026-11-20T14:05:00-00:00", 0, "2026-11-20T14:05:00Z");
}

static void without_a_zone_it_is_local(void **state)
{
	(void)state;
	in_zone(BERLIN);
	is_at("2026-11-20 14:05", 0, "2026-11-20T13:05:00Z");
	is_at("2026-07-20T14:05:30.5", 0, "2026-07-20T12:05:30.5Z");
	is_at("2026-07-20", 0, "2026-07-19T22:00:00Z");
	is_at("  2026-07-20\t", 0, "2026-07-19T22:00:00Z");
	is_at("2026-07-20 9:05", 0, "2026-07-20T07:05:00Z");
	in_zone(KOLKATA);
	is_at("2026-11-20", 0, "2026-11-19T18:30:00Z");
	in_zone(NEW_YORK);
	is_at("2026-11-20", 0, "2026-11-20T05:00:00Z");
	in_zone(APIA);
	is_at("2026-11-20", 0, "2026-11-19T11:00:00Z");
	in_zone("UTC");
	is_at("2026-11-20", 0, "2026-11-20T00:00:00Z");
}

static void days_have_names(void **state)
{
	int64_t now = utc("2026-11-22T23:30:00.5Z"); /* the 23rd in Berlin */

	(void)state;
	in_zone(BERLIN);
	is_at("now", now, "2026-11-22T23:30:00.5Z");
	is_at("NOW", now, "2026-11-22T23:30:00.5Z");
	is_at("today", now, "2026-11-22T23:00:00Z");
	is_at("Yesterday", now, "2026-11-21T23:00:00Z");
	is_at("14:05", now, "2026-11-23T13:05:00Z");
	is_at("0:00", now, "2026-11-22T23:00:00Z");
	is_at("14:05:01.5", now, "2026-11-23T13:05:01.5Z");
	is_at("14:05Z", now, "2026-11-23T14:05:00Z");
	is_at("yesterday 14:05", now, "2026-11-22T13:05:00Z");
	is_at("today 23:59:59", now, "2026-11-23T22:59:59Z");
	in_zone(NEW_YORK);
	is_at("today", now, "2026-11-22T05:00:00Z");
	/* Across a month, a year and a leap day. */
	in_zone("UTC");
	is_at("yesterday", utc("2027-01-01T00:00:00Z"), "2026-12-31T00:00:00Z");
	is_at("yesterday", utc("2028-03-01T12:00:00Z"), "2028-02-29T00:00:00Z");
	is_at("yesterday", utc("2027-03-01T12:00:00Z"), "2027-02-28T00:00:00Z");
}

static void something_is_ago(void **state)
{
	int64_t now = utc("2026-11-22T10:00:00Z");

	(void)state;
	in_zone(BERLIN);
	is_at("2h ago", now, "2026-11-22T08:00:00Z");
	is_at("2 hours ago", now, "2026-11-22T08:00:00Z");
	is_at("30 min ago", now, "2026-11-22T09:30:00Z");
	is_at("30m", now, "2026-11-22T09:30:00Z");
	is_at("90s", now, "2026-11-22T09:58:30Z");
	is_at("1 second ago", now, "2026-11-22T09:59:59Z");
	is_at("3d", now, "2026-11-19T10:00:00Z");
	is_at("3 Days", now, "2026-11-19T10:00:00Z");
	is_at("1w", now, "2026-11-15T10:00:00Z");
	is_at("-2h", now, "2026-11-22T08:00:00Z");
	is_at("1d 12h ago", now, "2026-11-20T22:00:00Z");
	is_at("1h30min", now, "2026-11-22T08:30:00Z");
	is_at("0s", now, "2026-11-22T10:00:00Z");
	/* 24 hours each, also where a local day has 25. */
	is_at("1d", utc("2026-10-25T12:00:00Z"), "2026-10-24T12:00:00Z");
}

static void epochs_are_read(void **state)
{
	(void)state;
	is_at("@0", 5, "1970-01-01T00:00:00Z");
	is_at("@1795183500", 5, "2026-11-20T14:05:00Z");
	is_at("@1795183500.25", 5, "2026-11-20T14:05:00.25Z");
}

/* Berlin, 2026: 02:00 is 03:00 on March 29th, 03:00 is 02:00 again on October 25th. */
static void changes_of_the_clock_are_borne(void **state)
{
	(void)state;
	in_zone(BERLIN);
	is_at("2026-03-29 01:59:59", 0, "2026-03-29T00:59:59Z");
	is_at("2026-03-29 02:00", 0, "2026-03-29T01:00:00Z");
	is_at("2026-03-29 02:30", 0, "2026-03-29T01:30:00Z"); /* skipped: what shows as 03:30 */
	is_at("2026-03-29 03:00", 0, "2026-03-29T01:00:00Z");
	is_at("2026-03-29 03:30", 0, "2026-03-29T01:30:00Z");
	is_at("2026-10-25 01:59", 0, "2026-10-24T23:59:00Z");
	is_at("2026-10-25 02:30", 0, "2026-10-25T00:30:00Z"); /* twice: the first */
	is_at("2026-10-25 02:30 +01:00", 0, "2026-10-25T01:30:00Z");
	is_at("2026-10-25 03:00", 0, "2026-10-25T02:00:00Z");
	/* The days around have 23 and 25 hours. */
	is_at("today", utc("2026-03-29T12:00:00Z"), "2026-03-28T23:00:00Z");
	is_at("yesterday", utc("2026-03-30T12:00:00Z"), "2026-03-28T23:00:00Z");
	is_at("yesterday", utc("2026-10-26T12:00:00Z"), "2026-10-24T22:00:00Z");
	in_zone(NEW_YORK);
	is_at("2026-03-08 02:30", 0, "2026-03-08T07:30:00Z");
	is_at("2026-11-01 01:30", 0, "2026-11-01T05:30:00Z");
	in_zone(LORD_HOWE);
	is_at("2026-10-04 02:15", 0, "2026-10-03T15:45:00Z"); /* what shows as 02:45 */
	is_at("2026-04-05 01:45", 0, "2026-04-04T14:45:00Z");
	/* Midnight itself is skipped: the day begins at one. */
	in_zone(SAO_PAULO);
	is_at("2018-11-04", 0, "2018-11-04T03:00:00Z");
	is_at("today", utc("2018-11-04T12:00:00Z"), "2018-11-04T03:00:00Z");
	/* Or the hour before it comes twice. */
	is_at("2018-02-18", 0, "2018-02-18T03:00:00Z");
	is_at("2018-02-17 23:30", 0, "2018-02-18T01:30:00Z");
}

/* Every quarter of an hour of two years, in every zone: what is shown leads back, or is skipped. */
static void what_the_clock_shows_leads_back(void **state)
{
	static const char *const zones[] = {BERLIN, NEW_YORK, SAO_PAULO, KOLKATA, LORD_HOWE, APIA};

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		in_zone(zones[i]);
		for (time_t at = 1767225600; at < 1767225600 + 2 * 365 * 86400; at += 900) {
			struct tm shown, again;
			char text[64];
			int64_t ns;
			time_t got;

			localtime_r(&at, &shown);
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &shown);
			assert_int_equal(when_parse(text, 0, &ns), WHEN_FINE);
			got = ns / 1000000000;
			/* The same moment, or the first of two that show the same. */
			assert_true(got <= at && got >= at - 3600);
			localtime_r(&got, &again);
			if (got != at)
				assert_true(again.tm_hour == shown.tm_hour &&
					    again.tm_min == shown.tm_min &&
					    again.tm_mday == shown.tm_mday);
			strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S%z", &shown);
			assert_int_equal(when_parse(text, 0, &ns), WHEN_FINE);
			assert_int_equal(ns / 1000000000, at);
		}
	}
}

static void days_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	in_zone(BERLIN);
	is_at("2028-02-29", 0, "2028-02-28T23:00:00Z");
	is_at("2000-02-29Z", 0, "2000-02-29T00:00:00Z");
	is_wrong("2026-02-29", WHEN_NO_DATE);
	is_wrong("2100-02-29", WHEN_NO_DATE);
	is_wrong("2026-02-30", WHEN_NO_DATE);
	is_wrong("2026-04-31", WHEN_NO_DATE);
	is_wrong("2026-13-01", WHEN_NO_DATE);
	is_wrong("2026-00-01", WHEN_NO_DATE);
	is_wrong("2026-01-00", WHEN_NO_DATE);
	is_wrong("2026-01-01 24:00", WHEN_NO_DATE);
	is_wrong("2026-01-01 12:60", WHEN_NO_DATE);
	is_wrong("2026-01-01 12:00:61", WHEN_NO_DATE);
	is_wrong("25:00", WHEN_NO_DATE);
}

static void far_dates_have_an_end(void **state)
{
	(void)state;
	in_zone("UTC");
	is_at("1678-01-01", 0, "1678-01-01T00:00:00Z");
	is_at("2261-12-31 23:59:59", 0, "2261-12-31T23:59:59Z");
	is_at("1969-12-31 23:59:59.5", 0, "1969-12-31T23:59:59.5Z");
	is_wrong("9999-12-31", WHEN_TOO_FAR);
	is_wrong("0000-01-01", WHEN_TOO_FAR);
	is_wrong("1676-01-01", WHEN_TOO_FAR);
	is_wrong("2263-01-01", WHEN_TOO_FAR);
	is_wrong("@99999999999", WHEN_TOO_FAR);
	is_wrong("@9999999999999999999999", WHEN_TOO_FAR);
	is_wrong("100000w ago", WHEN_TOO_FAR);
	is_wrong("999999999999999999w", WHEN_TOO_FAR);
	is_wrong("99999999999999999999999s", WHEN_TOO_FAR);
	is_wrong("999999999999999999s 999999999999999999w", WHEN_TOO_FAR);
}

static void nonsense_is_refused(void **state)
{
	static const char *const unknown[] = {
		"",
		" ",
		"-",
		"ago",
		"2h agoo",
		"2h ago 3h",
		"-2h ago",
		"1.5h",
		"20/11/2026",
		"2026-11",
		"2026-1-1",
		"2026-11-2",
		"2026-11-200",
		"2026-11-20T",
		"2026-11-20T14",
		"2026-11-20 14",
		"2026-11-20T14:5",
		"14:5",
		"14:",
		":05",
		"14:05:",
		"14:05:1",
		"14:05:09.",
		"114:05",
		"tomorrow",
		"yesterday noon",
		"yesterdays",
		"nowhere",
		"now 14:05",
		"@",
		"@x",
		"@1 2",
		"@-5",
		"last tuesday",
		"--since",
		"\033[2J",
		"2026-11-20T14:05:09Z and much more than anybody would write as a time of day",
		"2,5h",
		"+2h",
	};
	static const char *const no_unit[] = {"5",    "2026",  "5x", "5 fortnights ago",
					      "2h30", "2hago", "5ms"};
	static const char *const no_zone[] = {
		"2026-11-20x", "14:05 CET",    "14:05+1",       "14:05+1:00",  "14:05+01:",
		"14:05+01:0",  "14:05+01:000", "14:05+24:00",   "14:05+01:60", "14:05ZZ",
		"14:05 Z Z",   "14:05 UTC+1",  "2026-11-20 PM",
	};

	(void)state;
	in_zone(BERLIN);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		is_wrong(unknown[i], WHEN_UNKNOWN);
	for (size_t i = 0; i < sizeof(no_unit) / sizeof(no_unit[0]); i++)
		is_wrong(no_unit[i], WHEN_NO_UNIT);
	for (size_t i = 0; i < sizeof(no_zone) / sizeof(no_zone[0]); i++)
		is_wrong(no_zone[i], WHEN_NO_ZONE);
}

/* Every text of up to three characters that occur in times: none may be read out of bounds. */
static void short_texts_do_no_harm(void **state)
{
	static const char alphabet[] = "0129-+:.@TZzhsmdwago \t\x80";
	size_t n = sizeof(alphabet); /* the NUL as well: shorter texts */
	int64_t ns;

	(void)state;
	in_zone(BERLIN);
	for (size_t i = 0; i < n * n * n; i++) {
		char text[4] = {alphabet[i % n], alphabet[i / n % n], alphabet[i / n / n], 0};
		char *exact = strdup(text);
		enum when_error error = when_parse(exact, 0, &ns);

		assert_true(error <= WHEN_TOO_FAR && *when_error_words(error));
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc_3339_is_read_as_it_stands),
		cmocka_unit_test(without_a_zone_it_is_local),
		cmocka_unit_test(days_have_names),
		cmocka_unit_test(something_is_ago),
		cmocka_unit_test(epochs_are_read),
		cmocka_unit_test(changes_of_the_clock_are_borne),
		cmocka_unit_test(what_the_clock_shows_leads_back),
		cmocka_unit_test(days_that_do_not_exist_are_refused),
		cmocka_unit_test(far_dates_have_an_end),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(short_texts_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
