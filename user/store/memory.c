/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "store/memory.h"

#include <errno.h>
#include <sqlite3.h>

#include "lib/arena.h"
#include "lib/pool.h"

/* One at a time calls these: SQLite counts what it takes, under a lock of its own. */
static struct arena *arena;

static void *take(int size)
{
	return arena_take(arena, (size_t)size);
}

static void give_back(void *block)
{
	arena_give_back(arena, block);
}

static void *resize(void *block, int size)
{
	return arena_resize(arena, block, (size_t)size);
}

static int size_of(void *block)
{
	return block ? (int)arena_block_size(block) : 0;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int begin(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void end(void *unused)
{
	(void)unused;
}

int store_memory_take(size_t bytes)
{
	static const sqlite3_mem_methods methods = {
		.xMalloc = take,
		.xFree = give_back,
		.xRealloc = resize,
		.xSize = size_of,
		.xRoundup = round_up,
		.xInit = begin,
		.xShutdown = end,
	};
	void *memory = pool_take(bytes);

	if (!memory)
		return -ENOMEM;
	arena = arena_new(memory, bytes);
	if (!arena || sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) {
		arena = NULL;
		pool_free(memory);
		return -EBUSY;
	}
	return 0;
}

size_t store_memory_peak(void)
{
	return arena ? arena_peak(arena) : 0;
}
