// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/recording.h"

#include <errno.h>
#include <string.h>

#include "core/wirecheck.h"

size_t recording_padding(size_t size)
{
	return -size % RECORDING_PAD;
}

int recording_open(const void *bytes, size_t len, size_t *ret_offset)
{
	if (len < RECORDING_MAGIC_LEN || memcmp(bytes, RECORDING_MAGIC, RECORDING_MAGIC_LEN))
		return -EBADMSG;
	*ret_offset = RECORDING_MAGIC_LEN;
	return 0;
}

int recording_next(const void *bytes, size_t len, size_t *offset, const void **ret_record,
		   size_t *ret_size)
{
	const char *record;
	struct wire_head head;
	size_t left, step;

	if (*offset >= len)
		return 0;
	record = (const char *)bytes + *offset;
	left = len - *offset;
	if (left < sizeof(head))
		return -EBADMSG;
	memcpy(&head, record, sizeof(head));
	if (head.size < sizeof(head) || head.size > sizeof(union wire_record) || head.size > left)
		return -EBADMSG;
	step = head.size + recording_padding(head.size);
	*ret_record = record;
	*ret_size = head.size;
	*offset += step < left ? step : left; /* a record cut within its padding is whole */
	return 1;
}

uint32_t recording_most_candidates(const void *bytes, size_t len, size_t offset)
{
	const void *record;
	uint32_t most = 1;
	size_t size;

	while (recording_next(bytes, len, &offset, &record, &size) > 0) {
		struct wire_candidates chunk;
		uint32_t count = 0;

		if (size < offsetof(struct wire_candidates, tasks))
			continue;
		memcpy(&chunk, record, offsetof(struct wire_candidates, tasks));
		if (chunk.head.kind == WIRE_CANDIDATES && chunk.first <= UINT16_MAX * 16U &&
		    chunk.count <= WIRE_CHUNK_TASKS)
			count = chunk.first + chunk.count;
		if (count > most)
			most = count;
	}
	return most;
}
