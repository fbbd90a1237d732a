// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cmd/symbolizer.h"

static bool is_told(const struct symbolizer *symbolizer, uint64_t address)
{
	for (size_t i = 0; i < symbolizer->count; i++) {
		if (symbolizer->told[i] == address)
			return true;
	}
	return false;
}

static void note_told(struct symbolizer *symbolizer, uint64_t address)
{
	symbolizer->told[symbolizer->next] = address;
	symbolizer->next = (symbolizer->next + 1) % SYMBOLS_MAX;
	if (symbolizer->count < SYMBOLS_MAX)
		symbolizer->count++;
}

void symbolizer_tell(struct symbolizer *symbolizer, const uint64_t stack[WIRE_STACK_LEN],
		     symbol_fn fn, void *ctx)
{
	char name[WIRE_SYMBOL_LEN];

	for (size_t i = 0; symbolizer->name && i < WIRE_STACK_LEN && stack[i]; i++) {
		if (is_told(symbolizer, stack[i]))
			continue;
		note_told(symbolizer, stack[i]);
		/*
		 * All but the innermost are return addresses: a call that is a function's last
		 * instruction returns to where the next function begins.
		 */
		if (symbolizer->name(symbolizer->ctx, stack[i] - (i > 0), name))
			fn(ctx, stack[i], name);
	}
}
