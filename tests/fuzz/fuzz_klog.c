// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a log. What is told must be whole: strings ended, counts within what they count, and
 * reading what the kernel's live log gives must survive the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "core/klog.h"
#include "core/logread.h"
#include "core/why.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROWS 16

static uint64_t sink;

static void check_task(const struct task *task)
{
	if (task->comm[WIRE_COMM_LEN] || !task->pid)
		abort();
	sink += task->cgroup ? strlen(task->cgroup) : 0;
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct why why = why_explain(episode);

	(void)ctx;
	sink += strlen(host->wire->host) + strlen(host->wire->boot_id) + why.rank;
	if (episode->n_tasks > ROWS || episode->n_victims > EPISODE_VICTIMS ||
	    episode->eligible > episode->total || episode->total < episode->n_tasks)
		abort();
	if (!episode->no_kill && (!episode->n_victims || strlen(episode->id) != 16))
		abort();
	for (uint32_t i = 0; i < episode->n_victims; i++)
		check_task(&episode->victims[i]);
	for (uint32_t i = 0; i < episode->n_tasks; i++)
		sink += strlen(episode->tasks[i].comm);
	for (size_t i = 0; i < episode->invoker.stack_len; i++)
		sink += strlen(episode->invoker.stack[i]);
	sink += strlen(episode->invoker.comm) + strlen(episode->invoker.gfp_text) +
		(episode->time_text ? strlen(episode->time_text) : 0);
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	(void)ctx;
	(void)host;
	if (outcome->reaped_ns < 0 || outcome->reap_skipped_ns < 0)
		abort();
}

static void feed_live(const uint8_t *data, size_t size)
{
	static struct klog klog;

	klog_init(&klog);
	while (size) {
		const uint8_t *eol = memchr(data, '\n', size);
		size_t len = eol ? (size_t)(eol - data) : size;

		klog_feed(&klog, (const char *)data, len, 1);
		sink += klog_wants((const char *)data, len);
		data += len + !!eol;
		size -= len + !!eol;
	}
	sink += klog_take(&klog, 31, 0) != NULL;
}

/* One for all: what is left of one log must not harm the next. */
static struct logread *reader;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct assembler_ops ops = {
		.episode = on_episode,
		.no_kill = on_episode,
		.outcome = on_outcome,
	};
	struct logread_config config = {
		.ops = &ops,
		.source = "log",
		.max_candidates = ROWS,
		.clock = {.year = 2026},
	};
	size_t step = size && data[0] < 32 ? data[0] * 16U : 0;

	if (!reader)
		reader = logread_new(&config);
	if (!reader)
		return 0;
	for (size_t at = 1, room; at < size; at += room) {
		char *to = logread_room(reader, &room);

		if (!room)
			abort();
		room = step && step < room ? step : room;
		room = room < size - at ? room : size - at;
		memcpy(to, data + at, room);
		logread_took(reader, room);
		if (at % 3 == 0)
			logread_idle(reader);
	}
	logread_end(reader);
	if (size)
		feed_live(data + 1, size - 1);
	return 0;
}
