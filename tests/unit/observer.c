// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "observer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void note(struct observer *observer, char what)
{
	if (observer->n_order < SEEN_MAX - 1)
		observer->order[observer->n_order++] = what;
}

static void on_attached(void *ctx, const struct host *host)
{
	struct observer *observer = ctx;

	observer->n_attached++;
	observer->attached_real_ns = host->attached_real_ns;
	note(observer, 'a');
}

static void copy_path(char *to, size_t size, const char *path)
{
	snprintf(to, size, "%s", path ? path : "(none)");
}

static void keep_episode(struct seen_episode *seen, const struct episode *episode)
{
	seen->is = *episode;
	for (uint32_t i = 0; i < episode->n_tasks && i < SEEN_TASKS; i++)
		seen->tasks[i] = episode->tasks[i];
	for (uint32_t i = 0; i < episode->n_victims && i < SEEN_TASKS; i++)
		seen->victims[i] = episode->victims[i];
	copy_path(seen->victim_cgroup, sizeof(seen->victim_cgroup), episode->victim.cgroup);
	copy_path(seen->invoker_cgroup, sizeof(seen->invoker_cgroup), episode->invoker.cgroup);
	copy_path(seen->memcg_path, sizeof(seen->memcg_path), episode->memcg.path);
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct observer *observer = ctx;

	snprintf(observer->host_name, sizeof(observer->host_name), "%s", host->wire->host);
	keep_episode(&observer->episodes[observer->n_episodes++ % 64], episode);
	note(observer, 'e');
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct observer *observer = ctx;

	(void)host;
	keep_episode(&observer->no_kills[observer->n_no_kills++ % 8], episode);
	note(observer, 'n');
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct observer *observer = ctx;

	(void)host;
	observer->outcomes[observer->n_outcomes++ % SEEN_MAX] = *outcome;
	note(observer, 'o');
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	struct observer *observer = ctx;

	(void)host;
	observer->lost[observer->n_lost++ % SEEN_MAX] = *lost;
	observer->lost_total[lost->reason] += lost->count;
	note(observer, 'l');
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	struct observer *observer = ctx;

	(void)host;
	observer->totals = *totals;
	observer->n_detached++;
	note(observer, 'd');
}

struct observer *observe_nothing(uint32_t max_candidates)
{
	static const struct assembler_ops ops = {
		.attached = on_attached,
		.episode = on_episode,
		.no_kill = on_no_kill,
		.outcome = on_outcome,
		.lost = on_lost,
		.detached = on_detached,
	};
	struct observer *observer = calloc(1, sizeof(*observer));
	struct assembler_config config = {
		.ops = &ops,
		.ctx = observer,
		.max_candidates = max_candidates,
		.source = "live",
	};

	observer->assembler = assembler_new(&config);
	return observer;
}

struct observer *observe(uint32_t backend, uint32_t max_candidates)
{
	struct observer *observer = observe_nothing(max_candidates);
	struct wire_clock clock = gen_clock(1000000000);
	struct wire_host host = gen_host(backend);

	observer_feed(observer, &clock);
	observer_feed(observer, &host);
	return observer;
}

void observer_done(struct observer *observer)
{
	assembler_free(observer->assembler);
	free(observer);
}

int observer_feed(struct observer *observer, const void *record)
{
	struct wire_head head;
	char *odd;
	int r;

	memcpy(&head, record, sizeof(head));
	odd = malloc(head.size + 1);
	memcpy(odd + 1, record, head.size);
	r = assembler_feed(observer->assembler, odd + 1, head.size);
	free(odd);
	return r;
}

struct seen_episode *observer_last(struct observer *observer)
{
	return &observer->episodes[(observer->n_episodes - 1) % 64];
}
