// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/kallsyms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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

static int kallsyms_open(void)
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

/* Looks whether @line, of @len bytes, is one of the @symbols. Returns 1, 0 or -EPERM. */
static int match_line(struct symbol *symbols, size_t count, const char *line, size_t len)
{
	struct symbol *symbol = find_symbol(symbols, count, line + NAME_AT, len - NAME_AT);

	if (!symbol || symbol->begin)
		return 0; /* of two by one name the first */
	symbol->begin = line_address(line);
	return symbol->begin ? 1 : -EPERM;
}

int kallsyms_scan(int fd, struct symbol *symbols, size_t count, kallsyms_fn fn, void *ctx)
{
	uint64_t lengths = 0; /* which ones a name can have: most lines are passed by that alone */
	size_t unended = 0, missing = count, len;
	struct lines lines = {.fd = fd};
	bool of_module = false;
	const char *line;

	for (size_t i = 0; i < count; i++) {
		symbols[i].begin = 0;
		symbols[i].end = 0;
		lengths |= bit_of_length(strlen(symbols[i].name));
	}
	while ((fn || missing || unended) && (line = lines_next(&lines, &len))) {
		int found;

		if (fn)
			fn(ctx, line_address(line), line[TYPE_AT], line + NAME_AT, len - NAME_AT);
		/* Modules, "[name]", come behind the kernel itself, which alone is searched. */
		of_module |= line[len - 1] == ']';
		if (of_module && !fn)
			break;
		if (of_module)
			continue;
		if (unended)
			unended = end_symbols(symbols, count, line_address(line));
		if (!(lengths & bit_of_length(len - NAME_AT)))
			continue;
		found = match_line(symbols, count, line, len);
		if (found < 0)
			return found;
		missing -= (size_t)found;
		unended += (size_t)found;
	}
	return 0;
}

int kallsyms_find(struct symbol *symbols, size_t count, kallsyms_fn fn, void *ctx)
{
	int err, fd = kallsyms_open();

	if (fd < 0)
		return fd;
	err = kallsyms_scan(fd, symbols, count, fn, ctx);
	close(fd);
	return err;
}
