/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/pool.h"

#include <stdlib.h>

#define PAGE_LEAST 4096 /* of all pages sizes that there are */

void *pool_take(size_t size)
{
	volatile char *memory = calloc(1, size);

	if (!memory)
		return NULL;
	for (size_t i = 0; i < size; i += PAGE_LEAST)
		memory[i] = 0;
	if (size)
		memory[size - 1] = 0;
	return (void *)memory;
}

void pool_free(void *memory)
{
	free(memory);
}
