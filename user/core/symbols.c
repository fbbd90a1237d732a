// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/symbols.h"

#include <stdbool.h>
#include <string.h>

#include "core/text.h"

void symbols_add(struct symbols *symbols, const struct wire_symbol *symbol)
{
	size_t at = symbols->next;

	if (symbols_name(symbols, symbol->address))
		return;
	symbols->entries[at].address = symbol->address;
	text_copy(symbols->entries[at].name, sizeof(symbols->entries[at].name), symbol->name,
		  sizeof(symbol->name));
	symbols->next = (at + 1) % SYMBOLS_MAX;
	if (symbols->count < SYMBOLS_MAX)
		symbols->count++;
}

const char *symbols_name(const struct symbols *symbols, uint64_t address)
{
	for (size_t i = 0; i < symbols->count; i++) {
		if (symbols->entries[i].address == address)
			return symbols->entries[i].name;
	}
	return NULL;
}

/*
 * Whether the frame called @name says nothing. Trampolines, ours or another
 * tracer's, lie among the modules, where a reader of kallsyms takes them for part
 * of the module before them: out_of_memory itself is never called by a module.
 */
static bool is_trampoline(const char *name, const char *callee)
{
	if (!name || !strncmp(name, "bpf_", 4))
		return true;
	if (!callee || strcmp(callee, "out_of_memory") != 0)
		return false;
	return strchr(name, '[') || !strcmp(name, callee);
}

size_t symbols_of_stack(const struct symbols *symbols, const uint64_t stack[WIRE_STACK_LEN],
			const char *ret_names[WIRE_STACK_LEN])
{
	size_t count = 0;

	for (size_t i = 0; i < WIRE_STACK_LEN && stack[i]; i++) {
		const char *name = symbols_name(symbols, stack[i]);

		if (!count && (!name || strcmp(name, "out_of_memory") != 0))
			continue;
		if (!is_trampoline(name, count ? ret_names[count - 1] : NULL))
			ret_names[count++] = name;
	}
	return count;
}
