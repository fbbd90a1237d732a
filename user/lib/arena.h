/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An allocator in memory that is given to it: for libraries that allocate, where nothing may be
 * asked of the kernel. Taking and giving back are quick however much is taken; what is given back
 * joins with what is free beside it. Not for two threads at once.
 */
#ifndef OOMTRACE_LIB_ARENA_H
#define OOMTRACE_LIB_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * Makes an arena of the @size bytes at @memory, 8-aligned, under 2 GiB; its own needs are part of
 * them. Returns NULL where they are too few.
 */
struct arena *arena_new(void *memory, size_t size);

/* At least @size bytes, 8-aligned, or NULL. */
void *arena_take(struct arena *arena, size_t size);

/* NULL is fine. */
void arena_give_back(struct arena *arena, void *block);

/* The same bytes in at least @size of them, perhaps elsewhere; NULL: @block is as it was. */
void *arena_resize(struct arena *arena, void *block, size_t size);

/* How many bytes @block has. */
size_t arena_block_size(const void *block);

/* Bytes that are taken now, and at most at any time, what keeps order among them included. */
size_t arena_used(const struct arena *arena);
size_t arena_peak(const struct arena *arena);

/* Whether all of it is in order; for tests, as it looks at every block. */
bool arena_is_sound(const struct arena *arena);

#endif /* OOMTRACE_LIB_ARENA_H */
