/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Strings of the kernel: fixed arrays of any bytes, that may lack their NUL. */
#ifndef OOMTRACE_CORE_TEXT_H
#define OOMTRACE_CORE_TEXT_H

#include <stddef.h>

/*
 * Copies @text up to its NUL or @len bytes, whichever is first, into @ret_text of @size bytes,
 * cut where it does not fit and always with a NUL. Returns the length of the copy.
 */
size_t text_copy(char *ret_text, size_t size, const char *text, size_t len);

#endif /* OOMTRACE_CORE_TEXT_H */
