// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/units.h"

#define KIB (1ULL << 10)
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define SEC 1000000000LL
#define DAY (86400 * SEC)
/* 2026-11-22 22:10:08 UTC */
#define MOMENT (1795385408 * SEC)

static void bytes_have_binary_units(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text, *cell;
	} cases[] = {
		{0, "0", "0"},
		{1, "1 B", "0.0MiB"},
		{1023, "1023 B", "0.0MiB"},
		{4 * KIB, "4 KiB", "0.0MiB"},
		{308 * KIB, "308 KiB", "0.3MiB"},
		{512 * MIB, "512 MiB", "512MiB"},
		{522399744, "498.2 MiB", "498.2MiB"},
		{999 * MIB + 1, "999.0 MiB", "999MiB"},
		{GIB - 1, "1024.0 MiB", "1023MiB"},
		{GIB + GIB / 2, "1.5 GiB", "1.5GiB"},
		{UINT64_MAX, "16.0 EiB", "16.0EiB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		units_text text;

		assert_string_equal(units_bytes(text, cases[i].bytes), cases[i].text);
		assert_string_equal(units_bytes_cell(text, cases[i].bytes), cases[i].cell);
		assert_true(strlen(text) <= 8);
	}
}

static void parts_share_the_unit_of_their_sum(void **state)
{
	units_text text;

	(void)state;
	assert_string_equal(units_bytes_in(text, 0, 2), "0");
	assert_string_equal(units_bytes_in(text, 1, 2), "0.0");
	assert_string_equal(units_bytes_in(text, MIB, 2), "1");
	assert_string_equal(units_bytes_in(text, 5 * GIB, 2), "5120");
	assert_string_equal(units_bytes_in(text, 2 * MIB - 1, 2), "2.0");
	assert_int_equal(units_scale(0, 0), 0);
	assert_int_equal(units_scale(GIB, 0), 3);
	assert_int_equal(units_scale(1, 2), 2);
	assert_string_equal(units_name(2), "MiB");
}

static void durations(void **state)
{
	units_text text;

	(void)state;
	assert_string_equal(units_duration(text, 0), "0.0 ms");
	assert_string_equal(units_duration(text, 8400000), "8.4 ms");
	assert_string_equal(units_duration(text, 8449999), "8.4 ms");
	assert_string_equal(units_duration(text, 8450000), "8.5 ms");
	assert_string_equal(units_duration(text, 5 * SEC), "5.0 s");
	assert_string_equal(units_duration(text, -1500000), "-1.5 ms");
	assert_string_equal(units_duration(text, INT64_MIN), "-9223372036.9 s");
}

static void spans(void **state)
{
	units_text text;

	(void)state;
	assert_string_equal(units_span(text, 0), "0.0 ms");
	assert_string_equal(units_span(text, 45 * SEC), "45.0 s");
	assert_string_equal(units_span(text, 59 * SEC + SEC / 2), "1 min 0 s");
	assert_string_equal(units_span(text, 250 * SEC), "4 min 10 s");
	assert_string_equal(units_span(text, 3600 * SEC), "1 h 0 min");
	assert_string_equal(units_span(text, 3 * 3600 * SEC + 150 * SEC), "3 h 2 min");
	assert_string_equal(units_span(text, UINT64_MAX), "5124095 h 34 min");
}

static void a_moment_is_local_and_has_a_date_unless_it_is_today(void **state)
{
	units_text text;

	(void)state;
	setenv("TZ", "XXX-1", 1);
	units_prepare();
	assert_string_equal(units_clock(text, MOMENT + 412345678, MOMENT, MOMENT - SEC),
			    "23:10:08.412");
	assert_string_equal(units_clock(text, MOMENT, MOMENT, 0), "23:10:08.000");
	/* 23:10 here: an hour later is tomorrow, though not yet in UTC. */
	assert_string_equal(units_clock(text, MOMENT, MOMENT + 3600 * SEC, 0),
			    "2026-11-22 23:10:08.000");
	assert_string_equal(units_clock(text, MOMENT, MOMENT, MOMENT - DAY),
			    "2026-11-22 23:10:08.000");
	assert_string_equal(units_clock(text, MOMENT, MOMENT + 365 * DAY, 0),
			    "2026-11-22 23:10:08.000");
	assert_string_equal(units_clock(text, -1, 0, 0), "00:59:59.999");
}

static void rfc3339_is_utc_whatever_the_zone(void **state)
{
	units_text text;

	(void)state;
	setenv("TZ", "XXX-1", 1);
	units_prepare();
	assert_string_equal(units_rfc3339(text, MOMENT + 412345678),
			    "2026-11-22T22:10:08.412345678Z");
	assert_string_equal(units_rfc3339(text, 0), "1970-01-01T00:00:00.000000000Z");
	assert_string_equal(units_rfc3339(text, -1), "1969-12-31T23:59:59.999999999Z");
	units_rfc3339(text, INT64_MAX);
	assert_string_equal(text, "2262-04-11T23:47:16.854775807Z");
	units_rfc3339(text, INT64_MIN);
	assert_string_equal(text, "1677-09-21T00:12:43.145224192Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_binary_units),
		cmocka_unit_test(parts_share_the_unit_of_their_sum),
		cmocka_unit_test(durations),
		cmocka_unit_test(spans),
		cmocka_unit_test(a_moment_is_local_and_has_a_date_unless_it_is_today),
		cmocka_unit_test(rfc3339_is_utc_whatever_the_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
