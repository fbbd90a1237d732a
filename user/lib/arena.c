/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Blocks lie one behind the other, each with its size and that of the one before it. Free ones are
 * in lists by size: classes of powers of two, each in eight steps. A bit for each list says whether
 * anything is in it, so that a list whose every block is large enough is found by two looks.
 */
#include "lib/arena.h"

#include <stdint.h>
#include <string.h>

#define ALIGN       8U
#define STEP_BITS   3U
#define STEPS       (1U << STEP_BITS)
#define FIRST_CLASS 3U /* of blocks of 8 bytes */
#define CLASSES     (31U - FIRST_CLASS)
#define SIZE_MOST   (1U << 30)
#define IS_FREE     1U

struct block {
	uint32_t before; /* the size of the block before it; 0: there is none */
	uint32_t size;   /* of what follows this head, and IS_FREE */
	/* In what follows, where it is free: */
	uint32_t next, previous; /* places in the arena; 0: none */
};

#define HEAD  offsetof(struct block, next)
#define LEAST (sizeof(struct block) - HEAD)

struct arena {
	uint32_t size; /* of the whole */
	uint32_t used, peak;
	uint32_t classes; /* a bit for each with a list that is not empty */
	uint8_t steps[CLASSES + 1];
	uint32_t list[CLASSES + 1][STEPS];
};

static struct block *block_at(const struct arena *arena, uint32_t place)
{
	return (struct block *)((char *)arena + place);
}

static uint32_t place_of(const struct arena *arena, const struct block *block)
{
	return (uint32_t)((const char *)block - (const char *)arena);
}

static uint32_t size_of(const struct block *block)
{
	return block->size & ~IS_FREE;
}

static struct block *behind(const struct arena *arena, const struct block *block)
{
	uint32_t place = place_of(arena, block) + (uint32_t)HEAD + size_of(block);

	return place < arena->size ? block_at(arena, place) : NULL;
}

/* Which list a block of @size is in. */
static void list_of(uint32_t size, unsigned int *ret_class, unsigned int *ret_step)
{
	unsigned int log = 31U - (unsigned int)__builtin_clz(size);

	*ret_class = log - FIRST_CLASS;
	*ret_step = log > STEP_BITS ? (size >> (log - STEP_BITS)) & (STEPS - 1)
				    : (size << (STEP_BITS - log)) & (STEPS - 1);
}

static void list_add(struct arena *arena, struct block *block)
{
	uint32_t place = place_of(arena, block);
	unsigned int class, step;
	uint32_t *first;

	list_of(size_of(block), &class, &step);
	first = &arena->list[class][step];
	block->size |= IS_FREE;
	block->previous = 0;
	block->next = *first;
	if (*first)
		block_at(arena, *first)->previous = place;
	*first = place;
	arena->steps[class] |= (uint8_t)(1U << step);
	arena->classes |= 1U << class;
}

static void list_remove(struct arena *arena, struct block *block)
{
	unsigned int class, step;

	list_of(size_of(block), &class, &step);
	if (block->next)
		block_at(arena, block->next)->previous = block->previous;
	if (block->previous)
		block_at(arena, block->previous)->next = block->next;
	else
		arena->list[class][step] = block->next;
	if (!arena->list[class][step])
		arena->steps[class] &= (uint8_t) ~(1U << step);
	if (!arena->steps[class])
		arena->classes &= ~(1U << class);
	block->size &= ~IS_FREE;
}

/* The first list from this one on that is not empty, or 0. */
static uint32_t first_from(const struct arena *arena, unsigned int class, unsigned int step)
{
	uint32_t steps = step < STEPS ? arena->steps[class] >> step << step : 0;

	if (!steps) {
		uint32_t classes =
			class + 1 < 32 ? arena->classes >> (class + 1) << (class + 1) : 0;

		if (!classes)
			return 0;
		class = (unsigned int)__builtin_ctz(classes);
		steps = arena->steps[class];
	}
	return arena->list[class][__builtin_ctz(steps)];
}

/* A free block of at least @size, or NULL. */
static struct block *find(const struct arena *arena, uint32_t size)
{
	unsigned int class, step;
	uint32_t place;

	/* In the lists above its own, any block will do; in its own, some may be smaller. */
	list_of(size, &class, &step);
	place = first_from(arena, class, step + 1);
	if (place)
		return block_at(arena, place);
	for (place = arena->list[class][step]; place; place = block_at(arena, place)->next) {
		if (size_of(block_at(arena, place)) >= size)
			return block_at(arena, place);
	}
	return NULL;
}

static void set_size(struct arena *arena, struct block *block, uint32_t size)
{
	struct block *next;

	block->size = size | (block->size & IS_FREE);
	next = behind(arena, block);
	if (next)
		next->before = size;
}

/* Joins @block, in no list, with what is free around it; into the lists with it. */
static void set_free(struct arena *arena, struct block *block)
{
	struct block *next = behind(arena, block);

	if (next && next->size & IS_FREE) {
		list_remove(arena, next);
		set_size(arena, block, size_of(block) + (uint32_t)HEAD + size_of(next));
	}
	if (block->before) {
		struct block *before = (struct block *)((char *)block - HEAD - block->before);

		if (before->size & IS_FREE) {
			list_remove(arena, before);
			set_size(arena, before, size_of(before) + (uint32_t)HEAD + size_of(block));
			block = before;
		}
	}
	list_add(arena, block);
}

/* Leaves @block, which is taken, @size bytes, where the rest makes a block of its own. */
static void cut(struct arena *arena, struct block *block, uint32_t size)
{
	uint32_t rest = size_of(block) - size;
	struct block *next;

	if (rest < HEAD + LEAST)
		return;
	block->size = size;
	next = behind(arena, block);
	next->before = size;
	next->size = 0;
	set_size(arena, next, rest - (uint32_t)HEAD);
	set_free(arena, next);
}

static void count(struct arena *arena, int64_t change)
{
	arena->used = (uint32_t)(arena->used + change);
	if (arena->used > arena->peak)
		arena->peak = arena->used;
}

/* As much as a block must have for @size; 0: that is too much. */
static uint32_t rounded(size_t size)
{
	if (size > SIZE_MOST)
		return 0;
	return size < LEAST ? (uint32_t)LEAST : ((uint32_t)size + ALIGN - 1) & ~(ALIGN - 1);
}

struct arena *arena_new(void *memory, size_t size)
{
	size_t own = (sizeof(struct arena) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct arena *arena = memory;
	struct block *block;

	size &= ~(size_t)(ALIGN - 1);
	if (size < own + HEAD + LEAST || size > SIZE_MOST)
		return NULL;
	memset(arena, 0, own);
	arena->size = (uint32_t)size;
	block = block_at(arena, (uint32_t)own);
	block->before = 0;
	block->size = (uint32_t)(size - own - HEAD);
	list_add(arena, block);
	return arena;
}

void *arena_take(struct arena *arena, size_t size)
{
	uint32_t need = rounded(size);
	struct block *block = need ? find(arena, need) : NULL;

	if (!block)
		return NULL;
	list_remove(arena, block);
	cut(arena, block, need);
	count(arena, (int64_t)HEAD + size_of(block));
	return (char *)block + HEAD;
}

void arena_give_back(struct arena *arena, void *memory)
{
	struct block *block;

	if (!memory)
		return;
	block = (struct block *)((char *)memory - HEAD);
	count(arena, -((int64_t)HEAD + size_of(block)));
	set_free(arena, block);
}

void *arena_resize(struct arena *arena, void *memory, size_t size)
{
	struct block *block = (struct block *)((char *)memory - HEAD), *next;
	uint32_t need = rounded(size), had = size_of(block);
	void *other;

	if (!need)
		return NULL;
	next = behind(arena, block);
	if (need > had && next && next->size & IS_FREE && had + HEAD + size_of(next) >= need) {
		list_remove(arena, next);
		set_size(arena, block, had + (uint32_t)HEAD + size_of(next));
	}
	if (need <= size_of(block)) {
		cut(arena, block, need);
		count(arena, (int64_t)size_of(block) - had);
		return memory;
	}
	other = arena_take(arena, size);
	if (!other)
		return NULL;
	memcpy(other, memory, had);
	arena_give_back(arena, memory);
	return other;
}

size_t arena_block_size(const void *memory)
{
	return size_of((const struct block *)((const char *)memory - HEAD));
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

size_t arena_peak(const struct arena *arena)
{
	return arena->peak;
}

/* Whether every block in the lists is free, in the list it belongs to, and well linked. */
static bool lists_are_sound(const struct arena *arena, uint32_t free_blocks)
{
	for (unsigned int i = 0; i < CLASSES * STEPS; i++) {
		unsigned int class = i / STEPS, step = i % STEPS, its_class, its_step;
		uint32_t place = arena->list[class][step], previous = 0;

		if (!place != !(arena->steps[class] & 1U << step) ||
		    !arena->steps[class] != !(arena->classes & 1U << class))
			return false;
		for (; place; previous = place, place = block_at(arena, place)->next) {
			const struct block *block = block_at(arena, place);

			list_of(size_of(block), &its_class, &its_step);
			if (!(block->size & IS_FREE) || block->previous != previous ||
			    its_class != class || its_step != step || !free_blocks--)
				return false;
		}
	}
	return !free_blocks;
}

bool arena_is_sound(const struct arena *arena)
{
	size_t own = (sizeof(struct arena) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	const struct block *block = block_at(arena, (uint32_t)own);
	uint32_t before = 0, used = 0, free_blocks = 0;
	bool before_is_free = false;

	for (; block; block = behind(arena, block)) {
		bool is_free = block->size & IS_FREE;
		uint32_t end = place_of(arena, block) + (uint32_t)HEAD + size_of(block);

		if (block->before != before || end > arena->size || size_of(block) % ALIGN ||
		    size_of(block) < LEAST || (is_free && before_is_free))
			return false;
		before = size_of(block);
		before_is_free = is_free;
		free_blocks += is_free;
		used += is_free ? 0 : (uint32_t)HEAD + size_of(block);
	}
	return used == arena->used && lists_are_sound(arena, free_blocks);
}
