/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/arena.h"

#define SIZE   (256 * 1024)
#define BLOCKS 400

static uint32_t seed;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % sides;
}

static size_t some_size(void)
{
	switch (dice(4)) {
	case 0:
		return 1 + dice(16);
	case 1:
		return 1 + dice(5000);
	case 2:
		return 1 + dice(40000);
	default:
		return 1 + dice(300);
	}
}

static void assert_filled(const unsigned char *block, size_t size, unsigned char with)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(block[i], with);
}

/* Every block holds what was written into it, whatever happens to the others. */
static void play(struct arena *arena, unsigned int moves)
{
	static struct {
		unsigned char *memory;
		size_t size;
	} blocks[BLOCKS];

	memset(blocks, 0, sizeof(blocks));
	for (unsigned int i = 0; i < moves; i++) {
		unsigned int at = dice(BLOCKS);
		unsigned char with = (unsigned char)at;
		size_t size = some_size();

		if (blocks[at].memory && dice(2)) {
			assert_filled(blocks[at].memory, blocks[at].size, with);
			arena_give_back(arena, blocks[at].memory);
			blocks[at].memory = NULL;
		} else if (blocks[at].memory) {
			unsigned char *moved = arena_resize(arena, blocks[at].memory, size);
			size_t kept = size < blocks[at].size ? size : blocks[at].size;

			assert_filled(moved ? moved : blocks[at].memory,
				      moved ? kept : blocks[at].size, with);
			if (moved) {
				memset(moved, with, size);
				blocks[at].memory = moved;
				blocks[at].size = size;
			}
		} else {
			blocks[at].memory = arena_take(arena, size);
			blocks[at].size = size;
			if (blocks[at].memory) {
				assert_int_equal((uintptr_t)blocks[at].memory % 8, 0);
				assert_true(arena_block_size(blocks[at].memory) >= size);
				memset(blocks[at].memory, with, size);
			}
		}
		assert_true(arena_is_sound(arena));
	}
	for (unsigned int at = 0; at < BLOCKS; at++)
		arena_give_back(arena, blocks[at].memory);
}

static void what_is_taken_is_nobody_elses(void **state)
{
	void *memory = malloc(SIZE); /* of exactly that size: what is beyond is noticed */
	struct arena *arena = arena_new(memory, SIZE);

	(void)state;
	assert_non_null(arena);
	for (seed = 1; seed < 20; seed++) {
		uint32_t game = seed;

		play(arena, 4000);
		assert_int_equal(arena_used(arena), 0);
		assert_true(arena_is_sound(arena));
		seed = game;
	}
	assert_true(arena_peak(arena) > SIZE / 2);
	free(memory);
}

static void all_that_was_given_back_is_one_piece_again(void **state)
{
	void *memory = malloc(SIZE), *blocks[100];
	struct arena *arena = arena_new(memory, SIZE);
	size_t most = SIZE;

	(void)state;
	while (most && !(blocks[0] = arena_take(arena, most)))
		most -= 8;
	assert_true(most > SIZE - 4096);
	arena_give_back(arena, blocks[0]);
	for (int i = 0; i < 100; i++)
		assert_non_null(blocks[i] = arena_take(arena, 1000));
	for (int i = 0; i < 100; i += 2)
		arena_give_back(arena, blocks[i]);
	assert_null(arena_take(arena, most));
	for (int i = 1; i < 100; i += 2)
		arena_give_back(arena, blocks[i]);
	blocks[0] = arena_take(arena, most);
	assert_non_null(blocks[0]);
	assert_null(arena_take(arena, 1));
	assert_null(arena_resize(arena, blocks[0], most + 8));
	free(memory);
}

static void what_cannot_be_is_refused(void **state)
{
	uint64_t memory[1024];
	struct arena *arena = arena_new(memory, sizeof(memory));

	(void)state;
	assert_non_null(arena);
	assert_null(arena_new(memory, 64));
	assert_null(arena_take(arena, SIZE_MAX));
	assert_null(arena_take(arena, SIZE_MAX / 2));
	assert_null(arena_take(arena, sizeof(memory)));
	assert_non_null(arena_take(arena, 0));
	arena_give_back(arena, NULL);
	assert_true(arena_is_sound(arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_nobody_elses),
		cmocka_unit_test(all_that_was_given_back_is_one_piece_again),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
