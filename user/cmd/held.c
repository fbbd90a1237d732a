/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/held.h"

#include <stdlib.h>
#include <string.h>

bool held_init(struct held *held, size_t size)
{
	*held = (struct held){.bytes = malloc(size), .size = size};
	return held->bytes != NULL;
}

bool held_add(struct held *held, const void *record, size_t len)
{
	if (held->size - held->len < sizeof(len) || held->size - held->len - sizeof(len) < len)
		return false;
	memcpy(held->bytes + held->len, &len, sizeof(len));
	memcpy(held->bytes + held->len + sizeof(len), record, len);
	held->len += sizeof(len) + len;
	return true;
}

void held_give(struct held *held, record_fn fn, void *ctx)
{
	for (size_t at = 0, len; at < held->len; at += sizeof(len) + len) {
		memcpy(&len, held->bytes + at, sizeof(len));
		fn(ctx, held->bytes + at + sizeof(len), len);
	}
	held->len = 0;
}
