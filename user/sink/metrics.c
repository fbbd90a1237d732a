/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sink/metrics_page.h"
#include "sink/tally.h"

struct metrics {
	struct sink sink;
	struct tally tally;
	char backend[32], kernel[80];
	int64_t attached_real_ns;
	uint64_t events;
};

static void put_build(struct metrics_page *page, const struct metrics *metrics)
{
	metrics_put_family(page, "oomtrace_build_info", "gauge", "What traces, and how.");
	metrics_put_label(page, "oomtrace_build_info{", "version", OOMTRACE_VERSION);
	metrics_put_label(page, ",", "backend", metrics->backend);
	metrics_put_label(page, ",", "kernel", metrics->kernel);
	metrics_put(page, "} 1\n");
}

static void put_times(struct metrics_page *page, const struct metrics *metrics,
		      const struct metrics_now *now)
{
	metrics_put_family(page, "oomtrace_attached_timestamp_seconds", "gauge",
			   "Since when kills are watched.");
	metrics_put_seconds(page, "oomtrace_attached_timestamp_seconds", metrics->attached_real_ns);
	metrics_put_family(page, "oomtrace_heartbeat_timestamp_seconds", "gauge",
			   "When this was written: a tracer that lives writes every 15 seconds.");
	metrics_put_seconds(page, "oomtrace_heartbeat_timestamp_seconds", now->real_ns);
}

static const char *name_or_unknown(const char *name)
{
	return name ? name : "unknown";
}

static void put_kills(struct metrics_page *page, const struct tally *tally)
{
	metrics_put_family(page, "oomtrace_kills_total", "counter",
			   "Processes killed by the OOM killer.");
	for (unsigned int group = 0; group < 2; group++)
		for (unsigned int i = 0; i < TALLY_CONSTRAINTS; i++)
			for (unsigned int j = 0; j < TALLY_SELECTIONS; j++) {
				uint64_t kills = tally->kills[group][i][j];

				/* What is common begins at 0; what is rare begins with itself. */
				if (!kills &&
				    (group || j != SELECTION_BADNESS || i == TALLY_CONSTRAINTS - 1))
					continue;
				metrics_put(page,
					    "oomtrace_kills_total{scope=\"%s\",constraint=\"%s\","
					    "selection=\"%s\"} %" PRIu64 "\n",
					    group ? "group" : "process",
					    name_or_unknown(constraint_name(i)),
					    name_or_unknown(selection_name(j)), kills);
			}
	metrics_put_family(page, "oomtrace_decisions_without_kill_total", "counter",
			   "Times that memory ran out and nothing was killed.");
	for (unsigned int i = NO_KILL_IT_HAS_ONE + 1; i < TALLY_NO_KILLS; i++)
		metrics_put(page,
			    "oomtrace_decisions_without_kill_total{reason=\"%s\"} %" PRIu64 "\n",
			    no_kill_name(i), tally->no_kills[i]);
	metrics_put_family(page, "oomtrace_killed_bytes_total", "counter",
			   "Memory, swap and page tables that victims held when they were chosen.");
	metrics_put(page, "oomtrace_killed_bytes_total %" PRIu64 "\n", tally->killed_bytes);
	metrics_put_family(page, "oomtrace_reaped_bytes_total", "counter",
			   "Memory that the OOM reaper took from victims that did not die.");
	metrics_put(page, "oomtrace_reaped_bytes_total %" PRIu64 "\n", tally->reaped_bytes);
}

static void put_freed(struct metrics_page *page, const struct tally *tally)
{
	uint64_t below = 0;

	metrics_put_family(page, "oomtrace_freed_seconds", "histogram",
			   "From the decision until the victim's address space was torn down.");
	for (unsigned int i = 0; i < TALLY_BUCKETS; i++) {
		below += tally->freed[i];
		metrics_put(page, "oomtrace_freed_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
			    tally_bound_ms(i) / 1000, below);
	}
	metrics_put(page, "oomtrace_freed_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n",
		    tally->freed_count);
	metrics_put(page, "oomtrace_freed_seconds_sum %" PRId64 ".%09" PRId64 "\n",
		    tally->freed_sum_ns / 1000000000, tally->freed_sum_ns % 1000000000);
	metrics_put(page, "oomtrace_freed_seconds_count %" PRIu64 "\n", tally->freed_count);
	metrics_put_family(page, "oomtrace_overdue_victims_total", "counter",
			   "Victims of which no end was seen in the time that they are watched.");
	metrics_put(page, "oomtrace_overdue_victims_total %" PRIu64 "\n", tally->overdue);
}

static void put_owner_labels(struct metrics_page *page, enum tally_kind kind,
			     const struct tally_owner *owner)
{
	switch (kind) {
	case TALLY_UNIT:
		metrics_put_label(page, "{", "unit", owner->name);
		break;
	case TALLY_POD:
		metrics_put_label(page, "{", "pod_uid", owner->name);
		metrics_put_label(page, ",", "namespace", owner->namespace);
		metrics_put_label(page, ",", "pod", owner->detail);
		break;
	default:
		metrics_put_label(page, "{", "container", owner->name);
		metrics_put_label(page, ",", "runtime", owner->detail);
		break;
	}
	metrics_put(page, "} ");
}

/* Kills or bytes of every owner of a kind. */
static void put_owners(struct metrics_page *page, const struct tally *tally, enum tally_kind kind,
		       bool bytes)
{
	static const char *const kinds[TALLY_KINDS] = {"unit", "pod", "container"};
	const struct tally_owners *owners = &tally->owners[kind];
	struct tally_owner other = {
		.name = "other",
		.kills = owners->other_kills,
		.bytes = owners->other_bytes,
	};
	char name[64], help[96];

	snprintf(name, sizeof(name), "oomtrace_%s_%s_total", kinds[kind],
		 bytes ? "killed_bytes" : "kills");
	snprintf(help, sizeof(help), "%s, by %s: the first %d, and the rest in \"other\".",
		 bytes ? "Memory of processes killed" : "Processes killed", kinds[kind],
		 TALLY_OWNERS);
	metrics_put_family(page, name, "counter", help);
	for (unsigned int i = 0; i <= owners->count; i++) {
		const struct tally_owner *owner = i < owners->count ? &owners->owners[i] : &other;

		if (owner == &other && !other.kills)
			break;
		metrics_put(page, "%s", name);
		put_owner_labels(page, kind, owner);
		metrics_put(page, "%" PRIu64 "\n", bytes ? owner->bytes : owner->kills);
	}
}

static void put_lost(struct metrics_page *page, const struct tally *tally)
{
	metrics_put_family(page, "oomtrace_lost_total", "counter",
			   "What could not be kept, by where it was lost.");
	for (unsigned int i = 0; i < LOSS_MAX; i++)
		metrics_put(page, "oomtrace_lost_total{reason=\"%s\"} %" PRIu64 "\n", loss_name(i),
			    tally->lost[i]);
}

/* Each victim may be told of a moment after the kernel has counted it: never below 0. */
static void put_kernel(struct metrics_page *page, const struct tally *tally,
		       const struct metrics_now *now)
{
	uint64_t seen = tally_kills(tally), counted;

	if (now->kernel_kills == WIRE_NONE_U64)
		return;
	metrics_put_family(page, "oomtrace_kernel_kills_total", "counter",
			   "Processes killed since boot, by the kernel's own count.");
	metrics_put(page, "oomtrace_kernel_kills_total %" PRIu64 "\n", now->kernel_kills);
	if (now->kernel_kills_attached == WIRE_NONE_U64)
		return;
	counted = now->kernel_kills - now->kernel_kills_attached;
	metrics_put_family(
		page, "oomtrace_unseen_kills", "gauge",
		"Processes that the kernel counts as killed since it is traced, and that were "
		"not seen.");
	metrics_put(page, "oomtrace_unseen_kills %" PRIu64 "\n",
		    counted > seen ? counted - seen : 0);
}

static void put_killers(struct metrics_page *page, const struct tally *tally)
{
	metrics_put_family(page, "oomtrace_user_kill_signals_total", "counter",
			   "SIGTERM and SIGKILL by user-space OOM killers.");
	for (unsigned int i = 0; i < tally->n_killers; i++) {
		metrics_put_label(page, "oomtrace_user_kill_signals_total{", "killer",
				  tally->killers[i].comm);
		metrics_put(page, "} %" PRIu64 "\n", tally->killers[i].signals);
	}
	if (tally->other_signals)
		metrics_put(page,
			    "oomtrace_user_kill_signals_total{killer=\"other\"} %" PRIu64 "\n",
			    tally->other_signals);
}

int64_t metrics_render(const struct sink *sink, const struct metrics_now *now, char *text,
		       size_t size)
{
	const struct metrics *metrics = (const struct metrics *)sink;
	const struct tally *tally = &metrics->tally;
	struct metrics_page page = {.text = text, .size = size};

	put_build(&page, metrics);
	put_times(&page, metrics, now);
	put_kills(&page, tally);
	put_freed(&page, tally);
	for (unsigned int kind = 0; kind < TALLY_KINDS; kind++) {
		put_owners(&page, tally, kind, false);
		put_owners(&page, tally, kind, true);
	}
	put_killers(&page, tally);
	put_lost(&page, tally);
	put_kernel(&page, tally, now);
	return page.full ? -ENOSPC : (int64_t)page.len;
}

uint64_t metrics_events(const struct sink *sink)
{
	return ((const struct metrics *)sink)->events;
}

/* The tally, which is about to change. */
static struct tally *counted(struct sink *sink)
{
	struct metrics *metrics = (struct metrics *)sink;

	metrics->events++;
	return &metrics->tally;
}

static int metrics_attached(struct sink *sink, const struct host *host)
{
	struct metrics *metrics = (struct metrics *)sink;
	const char *backend = backend_name(host->wire->backend);

	snprintf(metrics->backend, sizeof(metrics->backend), "%s", backend ? backend : "unknown");
	snprintf(metrics->kernel, sizeof(metrics->kernel), "%.*s",
		 (int)strnlen(host->wire->kernel, sizeof(host->wire->kernel)), host->wire->kernel);
	metrics->attached_real_ns = host->attached_real_ns;
	metrics->events++;
	return 0;
}

static int metrics_episode(struct sink *sink, const struct host *host,
			   const struct episode *episode)
{
	(void)host;
	tally_episode(counted(sink), episode);
	return 0;
}

static int metrics_no_kill(struct sink *sink, const struct host *host,
			   const struct episode *episode)
{
	(void)host;
	tally_no_kill(counted(sink), episode);
	return 0;
}

static int metrics_outcome(struct sink *sink, const struct host *host,
			   const struct outcome *outcome)
{
	(void)host;
	tally_outcome(counted(sink), outcome);
	return 0;
}

static int metrics_user_kill(struct sink *sink, const struct host *host,
			     const struct user_kill *kill)
{
	(void)host;
	tally_user_kill(counted(sink), kill);
	return 0;
}

static int metrics_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	(void)host;
	tally_lost(counted(sink), lost);
	return 0;
}

static void metrics_destroy(struct sink *sink)
{
	free(sink);
}

struct sink *sink_metrics_new(void)
{
	static const struct sink_ops ops = {
		.name = "metrics",
		.attached = metrics_attached,
		.episode = metrics_episode,
		.no_kill = metrics_no_kill,
		.outcome = metrics_outcome,
		.user_kill = metrics_user_kill,
		.lost = metrics_lost,
		.destroy = metrics_destroy,
	};
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return NULL;
	metrics->sink.ops = &ops;
	return &metrics->sink;
}
