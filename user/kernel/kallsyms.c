// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/kallsyms.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES 65536

#define DIGITS  16
#define TYPE_AT 17
#define NAME_AT 19 /* after 16 digits, a blank, the type and a blank */

/* The address at the start of @line, which the kernel writes as 16 digits. */
static uint64_t line_address(const char *line)
{
	return strtoull(line, NULL, 16);
}

/* Symbols come in the order of their addresses: the first one that lies behind ends the former. */
static void end_symbols(struct symbol *symbols, size_t count, uint64_t address)
{
	for (size_t i = 0; i < count; i++) {
		if (symbols[i].begin && !symbols[i].end && address > symbols[i].begin)
			symbols[i].end = address;
	}
}

static size_t count_unended(const struct symbol *symbols, size_t count)
{
	size_t begun = 0;

	for (size_t i = 0; i < count; i++)
		begun += symbols[i].begin && !symbols[i].end;
	return begun;
}

static size_t count_found(const struct symbol *symbols, size_t count)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += symbols[i].end != 0;
	return found;
}

/* Opens the file; stdio would ask for less than the kernel hands out. */
static FILE *open_kallsyms(void)
{
	FILE *file = fopen("/proc/kallsyms", "re");

	if (file)
		setvbuf(file, NULL, _IOFBF, READ_BYTES);
	return file;
}

/* Whether @line, "ffffffff81234567 t name[\t[module]]", begins one of @symbols. */
static bool begin_symbol(const char *line, struct symbol *symbols, size_t count)
{
	const char *name = line + NAME_AT;
	size_t len = strcspn(name, "\t\n");
	bool begun = false;

	for (size_t i = 0; i < count; i++) {
		if (strncmp(symbols[i].name, name, len) != 0 || symbols[i].name[len])
			continue;
		symbols[i].begin = line_address(line);
		begun = true;
	}
	return begun;
}

int kallsyms_find(struct symbol *symbols, size_t count)
{
	FILE *file = open_kallsyms();
	size_t unended = 0;
	char line[512];

	if (!file)
		return -errno;
	for (size_t i = 0; i < count; i++) {
		symbols[i].begin = 0;
		symbols[i].end = 0;
	}
	/* More than 100,000 lines, of which the kernel makes each for us: no further than needed.
	 */
	while (count_found(symbols, count) < count && fgets(line, sizeof(line), file)) {
		if (strnlen(line, NAME_AT + 1) <= NAME_AT)
			continue;
		if (unended)
			end_symbols(symbols, count, line_address(line));
		if (begin_symbol(line, symbols, count) || unended)
			unended = count_unended(symbols, count);
	}
	fclose(file);
	return 0;
}

/* The name in @line, "name [module]" of a module's, cut; "" when it is not of a function. */
static void copy_name(const char *line, char ret_name[WIRE_SYMBOL_LEN])
{
	size_t len = 0;

	if (strchr("tTwW", line[TYPE_AT])) {
		len = strcspn(line + NAME_AT, "\n");
		if (len >= WIRE_SYMBOL_LEN)
			len = WIRE_SYMBOL_LEN - 1;
		memcpy(ret_name, line + NAME_AT, len);
	}
	ret_name[len] = '\0';
	len = strcspn(ret_name, "\t");
	if (ret_name[len])
		ret_name[len] = ' ';
}

int kallsyms_name(const uint64_t *addresses, size_t count, char (*ret_names)[WIRE_SYMBOL_LEN])
{
	FILE *file = open_kallsyms();
	char line[512], wanted[DIGITS + 1], last[WIRE_SYMBOL_LEN] = "";
	size_t at = 0;

	if (!file)
		return -errno;
	memset(ret_names, 0, count * sizeof(*ret_names));
	if (count)
		snprintf(wanted, sizeof(wanted), "%016" PRIx64, addresses[at]);
	while (at < count && fgets(line, sizeof(line), file)) {
		if (strnlen(line, NAME_AT + 1) <= NAME_AT)
			continue;
		/* Digits compare as the numbers do, without a conversion for every line. */
		while (at < count && memcmp(line, wanted, DIGITS) > 0) {
			memcpy(ret_names[at++], last, sizeof(last));
			if (at < count)
				snprintf(wanted, sizeof(wanted), "%016" PRIx64, addresses[at]);
		}
		copy_name(line, last);
	}
	fclose(file);
	return 0;
}
