/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* FNV-1a of 64 bits: for tables and ids, no secret and no proof of anything. */
#ifndef OOMTRACE_LIB_HASH_H
#define OOMTRACE_LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN 0xcbf29ce484222325ULL

/* @hash, or HASH_BEGIN, with the @len @bytes behind what it is of. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
	return hash;
}

/* The same of the lowest @bytes bytes of @number, the lowest first on every machine. */
static inline uint64_t hash_number(uint64_t hash, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		uint8_t byte = (uint8_t)(number >> (8 * i));

		hash = hash_bytes(hash, &byte, 1);
	}
	return hash;
}

#endif /* OOMTRACE_LIB_HASH_H */
