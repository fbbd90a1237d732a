/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"
#include "sink/tally.h"

struct metrics {
	struct sink sink;
	struct tally tally;
	char backend[32], kernel[80];
	int64_t attached_real_ns;
	uint64_t events;
};

struct page {
	char *text;
	size_t len, size;
	bool full;
};

static void put(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct page *page, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(page->text + page->len, page->size - page->len, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= page->size - page->len)
		page->full = true;
	else if (!page->full)
		page->len += (size_t)len;
}

static void put_family(struct page *page, const char *name, const char *type, const char *help)
{
	put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/*
 * A label's value: any bytes. What is not UTF-8, and what would act on a terminal, is U+FFFD; the
 * format knows no other escapes than these three.
 */
static void put_value(struct page *page, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t at = 0, used; at < len; at += used) {
		uint32_t code;

		used = utf8_decode(text + at, len - at, &code);
		if (text[at] == '\n')
			put(page, "\\n");
		else if (text[at] == '"' || text[at] == '\\')
			put(page, "\\%c", text[at]);
		else if (!used || utf8_is_hostile(code))
			put(page, "\xef\xbf\xbd");
		else
			put(page, "%.*s", (int)used, text + at);
		used = used ? used : 1;
	}
}

/* ",name=\"value\"" but for the first of a set. */
static void put_label(struct page *page, const char *before, const char *name, const char *value)
{
	put(page, "%s%s=\"", before, name);
	put_value(page, value, TALLY_NAME);
	put(page, "\"");
}

static void put_seconds(struct page *page, const char *name, int64_t ns)
{
	put(page, "%s %" PRId64 ".%03" PRId64 "\n", name, ns / 1000000000,
	    ns % 1000000000 / 1000000);
}

static void put_build(struct page *page, const struct metrics *metrics)
{
	put_family(page, "oomtrace_build_info", "gauge", "What traces, and how.");
	put_label(page, "oomtrace_build_info{", "version", OOMTRACE_VERSION);
	put_label(page, ",", "backend", metrics->backend);
	put_label(page, ",", "kernel", metrics->kernel);
	put(page, "} 1\n");
}

static void put_times(struct page *page, const struct metrics *metrics,
		      const struct metrics_now *now)
{
	put_family(page, "oomtrace_attached_timestamp_seconds", "gauge",
		   "Since when kills are watched.");
	put_seconds(page, "oomtrace_attached_timestamp_seconds", metrics->attached_real_ns);
	put_family(page, "oomtrace_heartbeat_timestamp_seconds", "gauge",
		   "When this was written: a tracer that lives writes every 15 seconds.");
	put_seconds(page, "oomtrace_heartbeat_timestamp_seconds", now->real_ns);
}

static const char *name_or_unknown(const char *name)
{
	return name ? name : "unknown";
}

static void put_kills(struct page *page, const struct tally *tally)
{
	put_family(page, "oomtrace_kills_total", "counter", "Processes killed by the OOM killer.");
	for (unsigned int group = 0; group < 2; group++)
		for (unsigned int i = 0; i < TALLY_CONSTRAINTS; i++)
			for (unsigned int j = 0; j < TALLY_SELECTIONS; j++) {
				uint64_t kills = tally->kills[group][i][j];

				/* What is common begins at 0; what is rare begins with itself. */
				if (!kills &&
				    (group || j != SELECTION_BADNESS || i == TALLY_CONSTRAINTS - 1))
					continue;
				put(page,
				    "oomtrace_kills_total{scope=\"%s\",constraint=\"%s\","
				    "selection=\"%s\"} %" PRIu64 "\n",
				    group ? "group" : "process",
				    name_or_unknown(constraint_name(i)),
				    name_or_unknown(selection_name(j)), kills);
			}
	put_family(page, "oomtrace_decisions_without_kill_total", "counter",
		   "Times that memory ran out and nothing was killed.");
	for (unsigned int i = NO_KILL_IT_HAS_ONE + 1; i < TALLY_NO_KILLS; i++)
		put(page, "oomtrace_decisions_without_kill_total{reason=\"%s\"} %" PRIu64 "\n",
		    no_kill_name(i), tally->no_kills[i]);
	put_family(page, "oomtrace_killed_bytes_total", "counter",
		   "Memory, swap and page tables that victims held when they were chosen.");
	put(page, "oomtrace_killed_bytes_total %" PRIu64 "\n", tally->killed_bytes);
	put_family(page, "oomtrace_reaped_bytes_total", "counter",
		   "Memory that the OOM reaper took from victims that did not die.");
	put(page, "oomtrace_reaped_bytes_total %" PRIu64 "\n", tally->reaped_bytes);
}

static void put_freed(struct page *page, const struct tally *tally)
{
	uint64_t below = 0;

	put_family(page, "oomtrace_freed_seconds", "histogram",
		   "From the decision until the victim's address space was torn down.");
	for (unsigned int i = 0; i < TALLY_BUCKETS; i++) {
		below += tally->freed[i];
		put(page, "oomtrace_freed_seconds_bucket{le=\"%g\"} %" PRIu64 "\n",
		    tally_bound_ms(i) / 1000, below);
	}
	put(page, "oomtrace_freed_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", tally->freed_count);
	put(page, "oomtrace_freed_seconds_sum %" PRId64 ".%09" PRId64 "\n",
	    tally->freed_sum_ns / 1000000000, tally->freed_sum_ns % 1000000000);
	put(page, "oomtrace_freed_seconds_count %" PRIu64 "\n", tally->freed_count);
	put_family(page, "oomtrace_overdue_victims_total", "counter",
		   "Victims of which no end was seen in the time that they are watched.");
	put(page, "oomtrace_overdue_victims_total %" PRIu64 "\n", tally->overdue);
}

static void put_owner_labels(struct page *page, enum tally_kind kind,
			     const struct tally_owner *owner)
{
	switch (kind) {
	case TALLY_UNIT:
		put_label(page, "{", "unit", owner->name);
		break;
	case TALLY_POD:
		put_label(page, "{", "pod_uid", owner->name);
		put_label(page, ",", "namespace", owner->namespace);
		put_label(page, ",", "pod", owner->detail);
		break;
	default:
		put_label(page, "{", "container", owner->name);
		put_label(page, ",", "runtime", owner->detail);
		break;
	}
	put(page, "} ");
}

/* Kills or bytes of every owner of a kind. */
static void put_owners(struct page *page, const struct tally *tally, enum tally_kind kind,
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
	put_family(page, name, "counter", help);
	for (unsigned int i = 0; i <= owners->count; i++) {
		const struct tally_owner *owner = i < owners->count ? &owners->owners[i] : &other;

		if (owner == &other && !other.kills)
			break;
		put(page, "%s", name);
		put_owner_labels(page, kind, owner);
		put(page, "%" PRIu64 "\n", bytes ? owner->bytes : owner->kills);
	}
}

static void put_lost(struct page *page, const struct tally *tally)
{
	put_family(page, "oomtrace_lost_total", "counter",
		   "What could not be kept, by where it was lost.");
	for (unsigned int i = 0; i < LOSS_MAX; i++)
		put(page, "oomtrace_lost_total{reason=\"%s\"} %" PRIu64 "\n", loss_name(i),
		    tally->lost[i]);
}

/* Each victim may be told of a moment after the kernel has counted it: never below 0. */
static void put_kernel(struct page *page, const struct tally *tally, const struct metrics_now *now)
{
	uint64_t seen = tally_kills(tally), counted;

	if (now->kernel_kills == WIRE_NONE_U64)
		return;
	put_family(page, "oomtrace_kernel_kills_total", "counter",
		   "Processes killed since boot, by the kernel's own count.");
	put(page, "oomtrace_kernel_kills_total %" PRIu64 "\n", now->kernel_kills);
	if (now->kernel_kills_attached == WIRE_NONE_U64)
		return;
	counted = now->kernel_kills - now->kernel_kills_attached;
	put_family(page, "oomtrace_unseen_kills", "gauge",
		   "Processes that the kernel counts as killed since it is traced, and that were "
		   "not seen.");
	put(page, "oomtrace_unseen_kills %" PRIu64 "\n", counted > seen ? counted - seen : 0);
}

static void put_killers(struct page *page, const struct tally *tally)
{
	put_family(page, "oomtrace_user_kill_signals_total", "counter",
		   "SIGTERM and SIGKILL by user-space OOM killers.");
	for (unsigned int i = 0; i < tally->n_killers; i++) {
		put_label(page, "oomtrace_user_kill_signals_total{", "killer",
			  tally->killers[i].comm);
		put(page, "} %" PRIu64 "\n", tally->killers[i].signals);
	}
	if (tally->other_signals)
		put(page, "oomtrace_user_kill_signals_total{killer=\"other\"} %" PRIu64 "\n",
		    tally->other_signals);
}

int64_t metrics_render(const struct sink *sink, const struct metrics_now *now, char *text,
		       size_t size)
{
	const struct metrics *metrics = (const struct metrics *)sink;
	const struct tally *tally = &metrics->tally;
	struct page page = {.text = text, .size = size};

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
