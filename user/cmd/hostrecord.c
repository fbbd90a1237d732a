/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/hostrecord.h"

#include <string.h>
#include <time.h>

#include "lib/loop.h"

int64_t clock_offset(void)
{
	struct timespec real;
	uint64_t before, after;

	before = loop_now();
	clock_gettime(CLOCK_REALTIME, &real);
	after = loop_now();
	return (int64_t)real.tv_sec * 1000000000LL + real.tv_nsec -
	       (int64_t)(before + (after - before) / 2);
}

struct wire_head loader_head(uint16_t kind, size_t size, uint64_t boot_ns)
{
	struct wire_head head = {
		.size = (uint32_t)size,
		.kind = kind,
		.version = WIRE_VERSION,
		.boot_ns = boot_ns,
	};

	return head;
}

void host_record(const struct host_facts *facts, const struct survey *survey, enum backend backend,
		 uint64_t attached_ns, struct wire_host *ret_record)
{
	struct wire_host *record = ret_record;

	memset(record, 0, sizeof(*record));
	record->head = loader_head(WIRE_HOST, sizeof(*record), attached_ns);
	record->attached_ns = attached_ns;
	record->exec_ns = facts->exec_ns;
	record->page_size = facts->page_size;
	if (facts->mem_total_bytes != WIRE_NONE_U64)
		record->mem_total_pages = facts->mem_total_bytes / facts->page_size;
	record->oom_kills = facts->oom_kills;
	record->backend = backend;
	if (facts->own_pids)
		record->flags |= HOST_OWN_PIDS;
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		record->refusals[i].refused = survey->backends[i].refused;
		memcpy(record->refusals[i].reason, survey->backends[i].reason, WIRE_REASON_LEN);
	}
	memcpy(record->version, OOMTRACE_VERSION, sizeof(OOMTRACE_VERSION));
	memcpy(record->host, facts->host, WIRE_TEXT_LEN);
	memcpy(record->boot_id, facts->boot_id, WIRE_TEXT_LEN);
	memcpy(record->kernel, facts->kernel, WIRE_TEXT_LEN);
	memcpy(record->arch, facts->arch, WIRE_TEXT_LEN);
}
