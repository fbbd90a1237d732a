// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/wirecheck.h"

#include <errno.h>
#include <stdbool.h>

#include "core/gfp.h"

/* A page of any machine Linux runs on, with room to spare; also keeps bytes within 64 bits. */
#define PAGE_SIZE_MAX (1ULL << 24)

static bool task_valid(const struct wire_task *task)
{
	return task->skip < SKIP_MAX;
}

static bool path_valid(const struct wire_path *path)
{
	return path->len <= sizeof(path->names) &&
	       (path->len == 0 || path->names[path->len - 1] == '\0');
}

static bool decision_valid(const struct wire_decision *decision)
{
	if (decision->listed > decision->total || decision->eligible > decision->total)
		return false;
	if (decision->constraint > CONSTRAINT_MEMCG_ && decision->constraint != CONSTRAINT_UNKNOWN)
		return false;
	if (decision->ancestors_count > WIRE_ANCESTORS ||
	    decision->cmdline_len > sizeof(decision->cmdline))
		return false;
	if (decision->source > SOURCE_SNAPSHOT || decision->rss_counters > RSS_PRECISE)
		return false;
	return task_valid(&decision->victim) && task_valid(&decision->runner_up) &&
	       path_valid(&decision->memcg.path) && path_valid(&decision->victim_path) &&
	       path_valid(&decision->invoker_path);
}

static bool candidates_valid(const struct wire_candidates *candidates)
{
	for (__u32 i = 0; i < candidates->count; i++) {
		if (!task_valid(&candidates->tasks[i]))
			return false;
	}
	return candidates->first <= WIRE_NONE_U32 - candidates->count;
}

static bool host_valid(const struct wire_host *host)
{
	return host->backend < WIRE_BACKENDS && host->page_size > 0 &&
	       host->page_size <= PAGE_SIZE_MAX && !(host->page_size & (host->page_size - 1));
}

/*
 * The size a record of this kind must have, 0 for a kind that is none. A count is read only
 * where @len covers it.
 */
static size_t record_size(const union wire_record *record, size_t len)
{
	switch (record->head.kind) {
	case WIRE_DECISION:
		return sizeof(record->decision);
	case WIRE_CANDIDATES:
		if (len < offsetof(struct wire_candidates, tasks) ||
		    record->candidates.count > WIRE_CHUNK_TASKS)
			return 0;
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
	case WIRE_MEMORY:
		return sizeof(record->memory);
	case WIRE_WAITING:
		return sizeof(record->waiting);
	case WIRE_HOST:
		return sizeof(record->host);
	case WIRE_CLOCK:
		return sizeof(record->clock);
	case WIRE_KMSG:
		if (len < offsetof(struct wire_kmsg, text) || record->kmsg.len > WIRE_KMSG_LEN)
			return 0;
		return offsetof(struct wire_kmsg, text) + record->kmsg.len;
	case WIRE_LOST:
		return sizeof(record->lost);
	case WIRE_SYMBOL:
		return sizeof(record->symbol);
	case WIRE_GFP:
		return sizeof(record->gfp);
	case WIRE_DETAIL:
		return sizeof(record->detail);
	case WIRE_TICK:
	case WIRE_DETACH:
		return sizeof(record->head);
	default:
		return 0;
	}
}

/* What is part of a decision says of which. */
static bool episode_named(const struct wire_head *head)
{
	return head->episode != 0 || head->kind == WIRE_FATE || head->kind == WIRE_SIGNAL ||
	       head->kind == WIRE_WAITING || head->kind >= WIRE_USER;
}

static bool body_valid(const union wire_record *record)
{
	if (!episode_named(&record->head))
		return false;
	switch (record->head.kind) {
	case WIRE_DECISION:
		return decision_valid(&record->decision);
	case WIRE_CANDIDATES:
		return candidates_valid(&record->candidates);
	case WIRE_VICTIM:
		return task_valid(&record->victim.task) && path_valid(&record->victim.path);
	case WIRE_MEMORY:
		return record->memory.zones_count <= WIRE_ZONES;
	case WIRE_WAITING:
		return path_valid(&record->waiting.path);
	case WIRE_DETAIL:
		return record->detail.cmdline_len <= sizeof(record->detail.cmdline);
	case WIRE_FATE:
		return record->fate.what >= FATE_SIGKILL && record->fate.what <= FATE_REAP_SKIPPED;
	case WIRE_HOST:
		return host_valid(&record->host);
	case WIRE_GFP:
		return gfp_table_valid(&record->gfp);
	default:
		return true;
	}
}

int wire_check(const union wire_record *record, size_t len)
{
	if (len < sizeof(record->head) || record->head.size != len ||
	    record->head.version != WIRE_VERSION)
		return -EBADMSG;
	if (record_size(record, len) != len || !body_valid(record))
		return -EBADMSG;
	return 0;
}
