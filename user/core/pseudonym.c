/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core/pseudonym.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bpf/wire.h"
#include "lib/hash.h"
#include "lib/pool.h"

#define SLOTS  65536 /* a power of two, and a quarter of it stays free */
#define PROBES 64    /* names are others' choice: none makes a search long */

#define UID_SYSTEM_MAX 999 /* SYS_UID_MAX of login.defs(5): the same on every host, or nearly */
#define UID_NOBODY     65534
#define UID_BASE       1000000000U

struct slot {
	uint64_t sum; /* 0: free */
	uint32_t number;
};

struct pseudonyms {
	uint32_t used;
	uint32_t last[PSEUDONYM_KINDS];
	struct slot slots[SLOTS];
};

static const char *const words[PSEUDONYM_KINDS] = {
	[PSEUDONYM_COMM] = "comm",
	[PSEUDONYM_CMDLINE] = "cmdline",
	[PSEUDONYM_CGROUP] = "cgroup",
	[PSEUDONYM_UNIT] = "unit",
	[PSEUDONYM_CONTAINER] = "container",
	[PSEUDONYM_POD_UID] = "pod-uid",
	[PSEUDONYM_POD] = "pod",
	[PSEUDONYM_NAMESPACE] = "namespace",
	[PSEUDONYM_HOST] = "host",
	[PSEUDONYM_BOOT] = "boot",
	[PSEUDONYM_UID] = "uid",
};

struct pseudonyms *pseudonyms_new(void)
{
	return pool_take(sizeof(struct pseudonyms));
}

void pseudonyms_free(struct pseudonyms *names)
{
	pool_free(names);
}

uint32_t pseudonym_number(struct pseudonyms *names, enum pseudonym_kind kind, const char *name,
			  size_t len)
{
	uint8_t first = (uint8_t)kind;
	uint64_t sum = hash_bytes(hash_bytes(HASH_BEGIN, &first, 1), name, len);

	sum = sum ? sum : 1;
	for (unsigned int i = 0; i < PROBES; i++) {
		struct slot *slot = &names->slots[((sum ^ sum >> 32) + i) % SLOTS];

		if (slot->sum == sum)
			return slot->number;
		if (slot->sum)
			continue;
		if (names->used == PSEUDONYMS_MAX)
			return 0;
		names->used++;
		*slot = (struct slot){.sum = sum, .number = ++names->last[kind]};
		return slot->number;
	}
	return 0;
}

void pseudonym_of(struct pseudonyms *names, enum pseudonym_kind kind, const char *name, size_t len,
		  char ret_text[PSEUDONYM_LEN])
{
	uint32_t number = len ? pseudonym_number(names, kind, name, len) : 0;

	if (!len)
		*ret_text = '\0';
	else if (number)
		snprintf(ret_text, PSEUDONYM_LEN, "%s-%" PRIu32, words[kind], number);
	else
		snprintf(ret_text, PSEUDONYM_LEN, "%s-x", words[kind]);
}

uint32_t pseudonym_uid(struct pseudonyms *names, uint32_t uid)
{
	if (uid <= UID_SYSTEM_MAX || uid == UID_NOBODY || uid == WIRE_NONE_U32)
		return uid;
	return UID_BASE + pseudonym_number(names, PSEUDONYM_UID, (const char *)&uid, sizeof(uid));
}
