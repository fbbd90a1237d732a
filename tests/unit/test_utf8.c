// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/utf8.h"

static void decoding_takes_what_is_valid(void **state)
{
	static const struct {
		const char *text;
		uint32_t code;
	} cases[] = {
		{"a", 'a'},
		{"\xc2\x80", 0x80},
		{"\xdf\xbf", 0x7ff},
		{"\xe0\xa0\x80", 0x800},
		{"\xed\x9f\xbf", 0xd7ff},
		{"\xef\xbf\xbd", 0xfffd},
		{"\xf0\x90\x80\x80", 0x10000},
		{"\xf4\x8f\xbf\xbf", 0x10ffff},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		uint32_t code = 0;

		assert_int_equal(utf8_decode(cases[i].text, len, &code), len);
		assert_int_equal(code, cases[i].code);
		/* One byte short it is nothing. */
		assert_int_equal(utf8_decode(cases[i].text, len - 1, &code), 0);
	}
}

static void decoding_refuses_what_is_not(void **state)
{
	static const char *const cases[] = {
		"\x80",
		"\xbf",
		"\xc0\xaf",
		"\xc1\xbf",
		"\xe0\x80\xaf",
		"\xe0\x9f\xbf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xc3(",
		"\xe2\x82(",
		"\xe2(\xa1",
		"\xf0\x80\x80\x80",
		"\xff",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xfe\x80\x80\x80\x80\x80",
	};
	uint32_t code = 12345;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_decode(cases[i], strlen(cases[i]), &code), 0);
	assert_int_equal(code, 12345);
}

static void widths(void **state)
{
	(void)state;
	assert_int_equal(utf8_width('a'), 1);
	assert_int_equal(utf8_width(0xe9), 1);
	assert_int_equal(utf8_width(0x301), 0);
	assert_int_equal(utf8_width(0x65e5), 2);
	assert_int_equal(utf8_width(0x1f4a9), 2);
	assert_int_equal(utf8_width(0x2192), 1);
}

static void escaping_shows_what_would_act(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{"plain", "plain"},
		{"\033[31m", "\\x1b[31m"},
		{"a\nb\tc\rd\ae\bf\vg\fh", "a\\nb\\tc\\rd\\ae\\bf\\vg\\fh"},
		{"\x01\x7f", "\\x01\\x7f"},
		{"\xc2\x9b", "\\u009b"},
		{"\xe2\x80\xaa\xe2\x80\xae", "\\u202a\\u202e"},
		{"\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069"},
		{"\xe2\x80\x8b\xef\xbb\xbf", "\\u200b\\ufeff"},
		{"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
		{"\xf3\xa0\x81\x81", "\\U000e0041"},
		{"\xff"
		 "a\xc3",
		 "\\xffa\\xc3"},
		{"caf\xc3\xa9", "caf\xc3\xa9"},
		{"dev-a\\x2db", "dev-a\\x2db"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char out[100];

		utf8_escape(out, sizeof(out), cases[i].text, strlen(cases[i].text), 80);
		assert_string_equal(out, cases[i].shown);
	}
}

static void escaping_keeps_to_its_columns(void **state)
{
	char out[100];

	(void)state;
	assert_int_equal(utf8_escape(out, sizeof(out), "abcdefgh", 8, 8), 8);
	assert_string_equal(out, "abcdefgh");
	assert_int_equal(utf8_escape(out, sizeof(out), "abcdefgh", 8, 7), 7);
	assert_string_equal(out, "abcd...");
	/* An escape is kept or left out as a whole. */
	assert_int_equal(utf8_escape(out, sizeof(out), "a\033bcdef", 7, 7), 4);
	assert_string_equal(out, "a...");
	/* So is a wide character. */
	assert_int_equal(
		utf8_escape(out, sizeof(out), "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5", 9, 4), 3);
	assert_string_equal(out, "...");
	assert_int_equal(utf8_escape(out, sizeof(out), "abc", 3, 2), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(utf8_escape(out, 6, "abcdefgh", 8, 80), 5);
	assert_string_equal(out, "ab...");
	assert_int_equal(utf8_escape(out, sizeof(out), "e\xcc\x81\xcc\x81", 5, 1), 1);
	assert_string_equal(out, "e\xcc\x81\xcc\x81");
}

static void the_room_promised_is_enough(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 256; first++) {
		char text[16], out[UTF8_ESCAPED_LEN(sizeof(text))];

		memset(text, (int)first, sizeof(text));
		/* C1 controls: two bytes that take six. */
		for (size_t i = 1; first == 0xc2 && i < sizeof(text); i += 2)
			text[i] = (char)0x9b;
		utf8_escape(out, sizeof(out), text, sizeof(text), 1000);
		if (first != '.')
			assert_null(strstr(out, "..."));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding_takes_what_is_valid),
		cmocka_unit_test(decoding_refuses_what_is_not),
		cmocka_unit_test(widths),
		cmocka_unit_test(escaping_shows_what_would_act),
		cmocka_unit_test(escaping_keeps_to_its_columns),
		cmocka_unit_test(the_room_promised_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
