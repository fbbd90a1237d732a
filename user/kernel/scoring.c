// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/scoring.h"

#include <string.h>

#if defined(__x86_64__)
#define CALL_STEP  1 /* instructions begin anywhere */
#define CALL_BYTES 5

/* e8: call, relative to what follows it */
static bool is_call(const uint8_t *at, uint64_t address, uint64_t target)
{
	int32_t distance;

	memcpy(&distance, at + 1, sizeof(distance));
	return at[0] == 0xe8 && address + CALL_BYTES + (int64_t)distance == target;
}
#elif defined(__aarch64__)
#define CALL_STEP  4
#define CALL_BYTES 4

/* bl: 26 bits, in words, relative to itself */
static bool is_call(const uint8_t *at, uint64_t address, uint64_t target)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word >> 26 == 0x25 && address + ((int64_t)(int32_t)(word << 6) >> 6) * 4 == target;
}
#else
#define CALL_STEP  1
#define CALL_BYTES 1

static bool is_call(const uint8_t *at, uint64_t address, uint64_t target)
{
	(void)at;
	(void)address;
	(void)target;
	return false;
}
#endif

bool text_calls(const uint8_t *text, size_t len, uint64_t address, uint64_t target)
{
	for (size_t i = 0; i + CALL_BYTES <= len; i += CALL_STEP) {
		if (is_call(text + i, address + i, target))
			return true;
	}
	return false;
}
