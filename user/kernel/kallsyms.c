// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/kallsyms.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES 65536 /* the kernel hands out a page at a time; stdio would ask for less */

/* Symbols come in the order of their addresses: the first one that lies behind ends the former. */
static void close_open(struct symbol *symbols, size_t count, uint64_t address)
{
	for (size_t i = 0; i < count; i++) {
		if (symbols[i].begin && !symbols[i].end && address > symbols[i].begin)
			symbols[i].end = address;
	}
}

/* "ffffffff81234567 t name[\t[module]]" */
static void take_line(const char *line, struct symbol *symbols, size_t count)
{
	char *name;
	uint64_t address = strtoull(line, &name, 16);
	size_t len;

	if (name[0] != ' ' || !name[1] || name[2] != ' ')
		return;
	close_open(symbols, count, address);
	name += 3;
	len = strcspn(name, "\t\n");
	for (size_t i = 0; i < count; i++) {
		if (!strncmp(symbols[i].name, name, len) && !symbols[i].name[len])
			symbols[i].begin = address;
	}
}

int kallsyms_find(struct symbol *symbols, size_t count)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!file)
		return -errno;
	setvbuf(file, NULL, _IOFBF, READ_BYTES);
	for (size_t i = 0; i < count; i++) {
		symbols[i].begin = 0;
		symbols[i].end = 0;
	}
	while (fgets(line, sizeof(line), file))
		take_line(line, symbols, count);
	fclose(file);
	return 0;
}
