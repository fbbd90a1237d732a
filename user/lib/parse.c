/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/parse.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 31 /* longer words are nobody's verb */

/* Digits at the start of *@text; moves it past them. No sign, no blank, at least one digit. */
static int take_digits(const char **text, uint64_t *ret_value)
{
	const char *at = *text;
	uint64_t value = 0;

	if (*at < '0' || *at > '9')
		return -EINVAL;
	for (; *at >= '0' && *at <= '9'; at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return -ERANGE;
	}
	*text = at;
	*ret_value = value;
	return 0;
}

int parse_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;
	int error = take_digits(&text, &value);

	if (error)
		return error;
	if (*text)
		return -EINVAL;
	if (value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* Digits and one of @units, whose last row has a NULL suffix. */
static int parse_with_unit(const char *text, const struct unit *units, uint64_t *ret_value)
{
	uint64_t value;
	int error = take_digits(&text, &value);

	if (error)
		return error;
	for (; units->suffix; units++) {
		if (strcasecmp(text, units->suffix) != 0)
			continue;
		if (__builtin_mul_overflow(value, units->factor, &value))
			return -ERANGE;
		*ret_value = value;
		return 0;
	}
	return -EINVAL;
}

int parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
		{"", 1},           {"b", 1},
		{"k", 1ULL << 10}, {"kib", 1ULL << 10},
		{"m", 1ULL << 20}, {"mib", 1ULL << 20},
		{"g", 1ULL << 30}, {"gib", 1ULL << 30},
		{NULL, 0},
	};

	return parse_with_unit(text, units, ret_bytes);
}

int parse_duration(const char *text, uint64_t *ret_ns)
{
	static const struct unit units[] = {
		{"", 1000000000ULL},
		{"s", 1000000000ULL},
		{"ms", 1000000ULL},
		{"m", 60 * 1000000000ULL},
		{"h", 3600 * 1000000000ULL},
		{"d", 86400 * 1000000000ULL},
		{NULL, 0},
	};
	uint64_t ns;
	int error = parse_with_unit(text, units, &ns);

	if (error)
		return error;
	if (!ns)
		return -EINVAL;
	/* Added to the time since boot later: keep the sum far from its end. */
	if (ns > UINT64_MAX / 4)
		return -ERANGE;
	*ret_ns = ns;
	return 0;
}

static size_t smallest(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters added, dropped, changed or swapped with their neighbour; both at most WORD_MAX long. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t len_a = strlen(a), len_b = strlen(b);

	for (size_t j = 0; j <= len_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		const size_t *above = rows[(i - 1) % 3];
		const size_t *two_above = rows[(i + 1) % 3];
		size_t *row = rows[i % 3];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			row[j] = smallest(above[j] + 1, row[j - 1] + 1);
			row[j] = smallest(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smallest(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[len_a % 3][len_b];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
	const char *nearest = NULL;
	size_t best = 3; /* three wrong letters are another word */

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t distance;

		if (strlen(names[i]) > WORD_MAX)
			continue;
		distance = edit_distance(word, names[i]);
		if (distance < best && distance < strlen(names[i])) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}
