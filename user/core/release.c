// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/release.h"

#include <errno.h>
#include <string.h>

#define NUMBER_MAX 99999U

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads a number and moves *@text behind it; false where there is none, or none so large. */
static bool take_number(const char **text, unsigned int *ret_number)
{
	unsigned int number = 0;

	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		number = number * 10 + (unsigned int)(**text - '0');
		if (number > NUMBER_MAX)
			return false;
	}
	*ret_number = number;
	return true;
}

/* What follows the numbers: nothing, or something that is set off from them. */
static bool take_suffix(const char *text, struct release *release)
{
	unsigned int abi;

	if (*text == '\0')
		return true;
	if (!strchr("-+_~.", *text) || strpbrk(text, " \t\n"))
		return false;
	if (!strncmp(text, "-rc", 3) && is_digit(text[3]))
		return true; /* a release before it was one, by the kernel's own numbering */
	release->vendor = true;
	release->el6 = strstr(text, ".el6") != NULL;
	text++;
	if (take_number(&text, &abi) && (!strcmp(text, "-generic") || !strcmp(text, "-lowlatency")))
		release->ubuntu_abi = abi;
	return true;
}

int release_parse(const char *text, struct release *ret_release)
{
	struct release release = {0};
	unsigned int dropped;

	if (*text == 'v')
		text++;
	if (!take_number(&text, &release.major) || *text++ != '.' ||
	    !take_number(&text, &release.minor))
		return -EINVAL;
	if (text[0] == '.' && is_digit(text[1])) {
		text++;
		if (!take_number(&text, &release.patch))
			return -EINVAL;
		if (text[0] == '.' && is_digit(text[1])) {
			text++;
			if (!take_number(&text, &dropped))
				return -EINVAL;
		}
	} else if (release.major == 2) {
		return -EINVAL; /* 2.4 and 2.6 were series; which of them is the third number */
	}
	if (!take_suffix(text, &release))
		return -EINVAL;
	*ret_release = release;
	return 0;
}

static int compare(unsigned int a, unsigned int b)
{
	return a < b ? -1 : a > b;
}

int release_compare(const struct release *release, unsigned int major, unsigned int minor,
		    unsigned int patch)
{
	int order = compare(release->major, major);

	if (!order)
		order = compare(release->minor, minor);
	return order ? order : compare(release->patch, patch);
}

bool release_before(const char *text, unsigned int major, unsigned int minor)
{
	struct release release;

	return !release_parse(text, &release) && release_compare(&release, major, minor, 0) < 0;
}
