// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cmd/symbolizer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/kallsyms.h"

struct frame {
	uint64_t address; /* as in the stack */
	uint64_t inside;  /* within the function that was running there */
};

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

static int by_inside(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;

	return (x->inside > y->inside) - (x->inside < y->inside);
}

/*
 * The frames not told yet, in the order of kallsyms. All but the
 * innermost are return addresses: a call that is a function's last instruction
 * returns to where the next function begins.
 */
static size_t new_frames(const struct symbolizer *symbolizer, const uint64_t stack[WIRE_STACK_LEN],
			 struct frame ret_frames[WIRE_STACK_LEN])
{
	size_t count = 0;

	for (size_t i = 0; i < WIRE_STACK_LEN && stack[i]; i++) {
		if (is_told(symbolizer, stack[i]))
			continue;
		ret_frames[count].address = stack[i];
		ret_frames[count++].inside = stack[i] - (i > 0);
	}
	qsort(ret_frames, count, sizeof(*ret_frames), by_inside);
	return count;
}

void symbolizer_open(struct symbolizer *symbolizer)
{
	symbolizer->kallsyms = kallsyms_open();
}

void symbolizer_close(struct symbolizer *symbolizer)
{
	if (symbolizer->kallsyms >= 0)
		close(symbolizer->kallsyms);
	symbolizer->kallsyms = -1;
}

void symbolizer_tell(struct symbolizer *symbolizer, const uint64_t stack[WIRE_STACK_LEN],
		     symbol_fn fn, void *ctx)
{
	struct frame frames[WIRE_STACK_LEN] = {0};
	uint64_t inside[WIRE_STACK_LEN];
	char names[WIRE_STACK_LEN][WIRE_SYMBOL_LEN];
	size_t count = new_frames(symbolizer, stack, frames);

	for (size_t i = 0; i < count; i++)
		inside[i] = frames[i].inside;
	if (!count || kallsyms_name(symbolizer->kallsyms, inside, count, names))
		return;
	for (size_t i = 0; i < count; i++) {
		note_told(symbolizer, frames[i].address);
		if (names[i][0])
			fn(ctx, frames[i].address, names[i]);
	}
}
