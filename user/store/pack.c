/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "store/pack.h"

#include <errno.h>
#include <string.h>

#define ABSENT UINT32_MAX

struct packed {
	uint32_t kind, known;
	int64_t number[STORE_NUMBERS];
	uint32_t len[STORE_TEXTS]; /* ABSENT; that of the line is what remains */
};

int store_pack(struct queue *queue, const struct store_row *row)
{
	struct packed packed = {.kind = row->kind, .known = row->known};
	int error;

	memcpy(packed.number, row->number, sizeof(packed.number));
	for (int i = 0; i < STORE_TEXTS; i++)
		packed.len[i] = row->text[i].text ? (uint32_t)row->text[i].len : ABSENT;
	error = queue_put(queue, &packed, sizeof(packed));
	for (int i = 0; !error && i < STORE_TEXTS; i++) {
		if (i != STORE_LINE && row->text[i].text)
			error = queue_put(queue, row->text[i].text, row->text[i].len);
	}
	return error;
}

int store_unpack(const void *record, size_t len, struct store_row *ret_row)
{
	const char *at = record;
	struct packed packed;
	struct store_row row = {0};

	if (len < sizeof(packed))
		return -EBADMSG;
	memcpy(&packed, record, sizeof(packed));
	at += sizeof(packed);
	len -= sizeof(packed);
	row.kind = packed.kind;
	row.known = packed.known;
	memcpy(row.number, packed.number, sizeof(row.number));
	for (int i = 0; i < STORE_TEXTS; i++) {
		if (i == STORE_LINE || packed.len[i] == ABSENT)
			continue;
		if (packed.len[i] > len)
			return -EBADMSG;
		store_row_text(&row, i, at, packed.len[i]);
		at += packed.len[i];
		len -= packed.len[i];
	}
	if (len && at[len - 1] == '\n')
		len--;
	if (len)
		store_row_text(&row, STORE_LINE, at, len);
	*ret_row = row;
	return 0;
}
