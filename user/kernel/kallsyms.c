// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DIGITS  16
#define TYPE_AT 17
#define NAME_AT 19 /* after 16 digits, a blank, the type and a blank */

/*
 * More than 100,000 lines, "ffffffff81234567 t name[\t[module]]", of which the
 * kernel makes each one for us and hands out a page of them at a time.
 */
struct lines {
	int fd;
	size_t begin, end; /* of what is in @buffer and has not been taken */
	char buffer[16384];
};

int kallsyms_open(void)
{
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Reads more behind what is left; false at the end, or when one line fills the buffer. */
static bool lines_fill(struct lines *lines)
{
	ssize_t n;

	lines->end -= lines->begin;
	memmove(lines->buffer, lines->buffer + lines->begin, lines->end);
	lines->begin = 0;
	n = read(lines->fd, lines->buffer + lines->end, sizeof(lines->buffer) - lines->end);
	if (n <= 0)
		return false;
	lines->end += n;
	return true;
}

/* The next line that is long enough for a name, ended by its newline; NULL: there is none. */
static const char *lines_next(struct lines *lines, size_t *ret_len)
{
	for (;;) {
		const char *line = lines->buffer + lines->begin;
		const char *newline = memchr(line, '\n', lines->end - lines->begin);

		if (!newline) {
			if (!lines_fill(lines))
				return NULL;
			continue;
		}
		*ret_len = newline - line;
		lines->begin += *ret_len + 1;
		if (*ret_len > NAME_AT)
			return line;
	}
}

/* The address at the start of @line, which the kernel writes as 16 digits in lower case. */
static uint64_t line_address(const char *line)
{
	uint64_t address = 0;

	for (size_t i = 0; i < DIGITS; i++)
		address = address << 4 |
			  (uint64_t)(line[i] > '9' ? line[i] - 'a' + 10 : line[i] - '0');
	return address;
}

/* Symbols come in the order of their addresses: the first one that lies behind ends the former. */
static size_t end_symbols(struct symbol *symbols, size_t count, uint64_t address)
{
	size_t unended = 0;

	for (size_t i = 0; i < count; i++) {
		if (!symbols[i].begin || symbols[i].end)
			continue;
		if (address > symbols[i].begin)
			symbols[i].end = address;
		else
			unended++;
	}
	return unended;
}

/* The symbol with this name, or NULL. */
static struct symbol *find_symbol(struct symbol *symbols, size_t count, const char *name,
				  size_t len)
{
	for (size_t i = 0; i < count; i++) {
		if (!strncmp(symbols[i].name, name, len) && !symbols[i].name[len])
			return &symbols[i];
	}
	return NULL;
}

static uint64_t bit_of_length(size_t len)
{
	return 1ULL << (len & 63);
}

int kallsyms_scan(int fd, struct symbol *symbols, size_t count)
{
	uint64_t lengths = 0; /* which ones a name can have: most lines are passed by that alone */
	size_t unended = 0, missing = count, len;
	struct lines lines = {.fd = fd};
	const char *line;

	for (size_t i = 0; i < count; i++) {
		symbols[i].begin = 0;
		symbols[i].end = 0;
		lengths |= bit_of_length(strlen(symbols[i].name));
	}
	/* Modules, "[name]", come behind the kernel itself, which is all that is looked for. */
	while ((missing || unended) && (line = lines_next(&lines, &len)) && line[len - 1] != ']') {
		struct symbol *symbol;

		if (unended)
			unended = end_symbols(symbols, count, line_address(line));
		if (!(lengths & bit_of_length(len - NAME_AT)))
			continue;
		symbol = find_symbol(symbols, count, line + NAME_AT, len - NAME_AT);
		if (!symbol || symbol->begin)
			continue; /* of two by one name the first */
		symbol->begin = line_address(line);
		if (!symbol->begin)
			return -EPERM;
		missing--;
		unended++;
	}
	return 0;
}

int kallsyms_find(struct symbol *symbols, size_t count)
{
	int err, fd = kallsyms_open();

	if (fd < 0)
		return fd;
	err = kallsyms_scan(fd, symbols, count);
	close(fd);
	return err;
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

int kallsyms_name(int fd, const uint64_t *addresses, size_t count,
		  char (*ret_names)[WIRE_SYMBOL_LEN])
{
	char wanted[DIGITS + 1], last[WIRE_SYMBOL_LEN] = "";
	struct lines lines = {.fd = fd};
	const char *line;
	size_t at = 0, len;

	if (lseek(fd, 0, SEEK_SET))
		return -errno;
	memset(ret_names, 0, count * sizeof(*ret_names));
	if (count)
		snprintf(wanted, sizeof(wanted), "%016" PRIx64, addresses[at]);
	while (at < count && (line = lines_next(&lines, &len))) {
		/* Digits compare as the numbers do, without a conversion for every line. */
		while (at < count && memcmp(line, wanted, DIGITS) > 0) {
			memcpy(ret_names[at++], last, sizeof(last));
			if (at < count)
				snprintf(wanted, sizeof(wanted), "%016" PRIx64, addresses[at]);
		}
		copy_name(line, last);
	}
	return 0;
}
