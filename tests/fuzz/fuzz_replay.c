// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a recording, into the assembler, with everything that it tells read to its end.
 * By the first byte: the records as they are, or each with its head made good, so that what lies
 * behind the check of the head is reached soon.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/assemble.h"
#include "core/filter.h"
#include "core/recording.h"
#include "core/why.h"
#include "core/wirecheck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void read_text(const char *text)
{
	if (text)
		sink += strlen(text);
}

static void read_task(const struct task *task)
{
	sink += task->pid + (uint64_t)task->points;
	read_text(task->comm);
	if (task->known & TASK_KNOWS_CGROUP)
		read_text(task->cgroup);
}

static void on_attached(void *ctx, const struct host *host)
{
	(void)ctx;
	read_text(host->wire->boot_id);
	read_text(host->wire->kernel);
	for (int i = 0; i < WIRE_BACKENDS; i++)
		read_text(host->wire->refusals[i].reason);
}

static void read_zones(const struct memory *memory)
{
	for (uint32_t i = 0; i < memory->n_zones; i++)
		read_text(memory->zones[i].name);
}

static void read_why(const struct why *why)
{
	if (why->runner_up)
		read_task(why->runner_up);
	if (why->candidates_share < -1 || why->candidates_share > 1000 || why->n_uses > USE_MAX ||
	    why->largest_use > USE_MAX)
		abort();
	for (uint32_t i = 0; i < why->n_uses; i++) {
		if (i && why->uses[i].bytes > why->uses[i - 1].bytes)
			abort();
		read_text(use_name(why->uses[i].use));
	}
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct why why = why_explain(episode);

	(void)ctx;
	(void)host;
	read_why(&why);
	read_zones(&episode->memory);
	read_text(no_kill_name(episode->no_kill));
	read_text(episode->memcg.path);
	read_text(episode->invoker.comm);
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct filter filter = {.pid = 1, .cgroup = "/a", .comm = "x"};
	struct why why = why_explain(episode);

	(void)ctx;
	(void)host;
	read_why(&why);
	read_zones(&episode->memory);
	if (episode->recent_kills && episode->recent_kills < RECENT_KILLS)
		abort();
	sink += filter_matches(&filter, episode);
	filter.pid = 0;
	sink += filter_matches(&filter, episode);
	read_text(episode->id);
	read_text(episode->invoker.cgroup);
	read_text(episode->invoker.gfp_text);
	read_text(episode->invoker.nodemask);
	read_text(episode->invoker.mems_allowed);
	read_text(episode->invoker.cpuset);
	read_text(episode->memcg.path);
	read_task(&episode->victim);
	for (uint32_t i = 0; i < episode->n_victims; i++)
		read_task(&episode->victims[i]);
	for (uint32_t i = 0; i < episode->n_tasks; i++)
		read_task(&episode->tasks[i]);
	if (episode->n_tasks + (uint64_t)episode->lost != episode->total)
		abort();
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	(void)ctx;
	(void)host;
	read_text(outcome->id);
	read_text(outcome->comm);
	read_text(outcome->cmdline);
	read_text(outcome->pod);
	read_text(outcome->pod_namespace);
	if (outcome->sigkill_ns < 0 || outcome->exited_ns < 0 || outcome->freed_ns < 0 ||
	    outcome->reap_skipped_ns < 0 || outcome->watched_ns < 0)
		abort();
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	(void)host;
	sink += totals->kills;
	++*(int *)ctx;
}

static void feed_raw(struct assembler *assembler, const uint8_t *data, size_t size)
{
	size_t offset = 0, len;
	const void *record;

	while (recording_next(data, size, &offset, &record, &len) == 1) {
		assembler_feed(assembler, record, len);
		sink += assembler_deadline(assembler);
	}
}

static size_t size_of_kind(uint16_t kind, const union wire_record *record)
{
	switch (kind) {
	case WIRE_DECISION:
		return sizeof(record->decision);
	case WIRE_CANDIDATES:
		return offsetof(struct wire_candidates, tasks) +
		       record->candidates.count * sizeof(struct wire_task);
	case WIRE_VICTIM:
		return sizeof(record->victim);
	case WIRE_END:
		return sizeof(record->end);
	case WIRE_FATE:
		return sizeof(record->fate);
	case WIRE_SIGNAL:
		return sizeof(record->signal);
	case WIRE_GFP:
		return sizeof(record->gfp);
	case WIRE_SYMBOL:
		return sizeof(record->symbol);
	case WIRE_HOST:
		return sizeof(record->host);
	case WIRE_CLOCK:
		return sizeof(record->clock);
	case WIRE_KMSG:
		return offsetof(struct wire_kmsg, text) + record->kmsg.len;
	case WIRE_LOST:
		return sizeof(record->lost);
	case WIRE_MEMORY:
		return sizeof(record->memory);
	case WIRE_WAITING:
		return sizeof(record->waiting);
	case WIRE_DETAIL:
		return sizeof(record->detail);
	default:
		return sizeof(record->head);
	}
}

/* Takes counts and enums into their range, so that most of what is made is let through. */
static void make_good(union wire_record *record, uint16_t kind)
{
	record->head.kind = kind;
	record->head.version = WIRE_VERSION;
	record->head.episode = record->head.episode % 3 + 1;
	if (kind == WIRE_CANDIDATES)
		record->candidates.count %= WIRE_CHUNK_TASKS + 1;
	if (kind == WIRE_CANDIDATES)
		record->candidates.first %= 64;
	if (kind == WIRE_KMSG)
		record->kmsg.len %= WIRE_KMSG_LEN + 1;
	if (kind == WIRE_FATE)
		record->fate.what = record->fate.what % FATE_REAP_SKIPPED + 1;
	if (kind == WIRE_MEMORY)
		record->memory.zones_count %= WIRE_ZONES + 1;
	if (kind == WIRE_DETAIL)
		record->detail.cmdline_len %= WIRE_CMDLINE_LEN + 1;
	if (kind == WIRE_HOST) {
		record->host.backend %= WIRE_BACKENDS;
		record->host.page_size = 4096ULL << (record->host.page_size % 5);
	}
	if (kind == WIRE_DECISION) {
		record->decision.listed %= 64;
		record->decision.eligible %= 64;
		record->decision.total = record->decision.total % 100 + 64;
		record->decision.source %= SOURCE_SNAPSHOT + 1;
		record->decision.rss_counters %= RSS_PRECISE + 1;
		record->decision.constraint %= CONSTRAINT_MEMCG_ + 1;
	}
	record->head.size = (uint32_t)size_of_kind(kind, record);
}

static void feed_made_good(struct assembler *assembler, const uint8_t *data, size_t size)
{
	static const uint16_t kinds[] = {
		WIRE_DECISION, WIRE_CANDIDATES, WIRE_VICTIM, WIRE_END,    WIRE_FATE,    WIRE_FATE,
		WIRE_HOST,     WIRE_CLOCK,      WIRE_KMSG,   WIRE_LOST,   WIRE_TICK,    WIRE_DETACH,
		WIRE_SIGNAL,   WIRE_GFP,        WIRE_SYMBOL, WIRE_MEMORY, WIRE_WAITING, WIRE_DETAIL,
	};
	static union wire_record record;

	memset(&record, 0, sizeof(record));
	/* Each: a kind, how many bytes of it, those bytes behind the size of its head. What it
	 * does not say is as it was in the record before.
	 */
	while (size >= 3) {
		uint16_t kind = kinds[data[0] % (sizeof(kinds) / sizeof(kinds[0]))];
		size_t len = data[1] | (size_t)(data[2] & 0x1f) << 8;
		size_t room = sizeof(record) - offsetof(struct wire_head, episode);

		data += 3;
		size -= 3;
		len = len < size ? len : size;
		len = len < room ? len : room;
		memcpy((uint8_t *)&record + offsetof(struct wire_head, episode), data, len);
		data += len;
		size -= len;
		make_good(&record, kind);
		assembler_feed(assembler, &record, record.head.size);
		sink += assembler_deadline(assembler);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct assembler_ops ops = {
		.attached = on_attached,
		.episode = on_episode,
		.no_kill = on_no_kill,
		.outcome = on_outcome,
		.detached = on_detached,
	};
	int ended = 0;
	struct assembler_config config = {
		.ops = &ops,
		.ctx = &ended,
		.max_candidates = 40,
		.source = "replay",
	};
	struct assembler *assembler = assembler_new(&config);

	if (!assembler)
		return 0;
	if (size > 0 && data[0] & 1)
		feed_made_good(assembler, data + 1, size - 1);
	else if (size > 0)
		feed_raw(assembler, data + 1, size - 1);
	assembler_finish(assembler, 1ULL << 40);
	if (ended != 1)
		abort();
	assembler_free(assembler);
	return 0;
}
