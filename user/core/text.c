// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/text.h"

#include <string.h>

size_t text_copy(char *ret_text, size_t size, const char *text, size_t len)
{
	size_t n = strnlen(text, len);

	if (n >= size)
		n = size - 1;
	memcpy(ret_text, text, n);
	ret_text[n] = '\0';
	return n;
}
