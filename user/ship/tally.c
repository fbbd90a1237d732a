// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/tally.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sink/metrics_page.h"

#define NAME(last) "oomtrace_ship_" last

void ship_tally_error(struct ship_tally *tally, const char *name)
{
	for (unsigned int i = 0; i < tally->n_errors; i++) {
		if (strcmp(tally->errors[i].name, name) == 0) {
			tally->errors[i].count++;
			return;
		}
	}
	if (tally->n_errors == SHIP_ERRORS) {
		tally->other_errors++;
		return;
	}
	snprintf(tally->errors[tally->n_errors].name, SHIP_ERROR_NAME, "%s", name);
	tally->errors[tally->n_errors++].count = 1;
}

uint64_t ship_tally_errors(const struct ship_tally *tally)
{
	uint64_t sum = tally->other_errors;

	for (unsigned int i = 0; i < tally->n_errors; i++)
		sum += tally->errors[i].count;
	return sum;
}

static void put_count(struct metrics_page *page, const char *name, const char *type,
		      const char *help, uint64_t count)
{
	metrics_put_family(page, name, type, help);
	metrics_put(page, "%s %" PRIu64 "\n", name, count);
}

static void put_moment(struct metrics_page *page, const char *name, const char *help, int64_t ns)
{
	metrics_put_family(page, name, "gauge", help);
	metrics_put_seconds(page, name, ns);
}

static void put_errors(struct metrics_page *page, const struct ship_tally *tally)
{
	metrics_put_family(
		page, NAME("errors_total"), "counter",
		"What went wrong on the way to the brokers, by librdkafka's names; it is "
		"tried again.");
	for (unsigned int i = 0; i < tally->n_errors; i++) {
		metrics_put_label(page, NAME("errors_total{"), "error", tally->errors[i].name);
		metrics_put(page, "} %" PRIu64 "\n", tally->errors[i].count);
	}
	if (tally->other_errors || !tally->n_errors)
		metrics_put(page, NAME("errors_total{error=\"other\"} %") PRIu64 "\n",
			    tally->other_errors);
}

int64_t ship_tally_render(const struct ship_tally *tally, const struct ship_now *now, char *text,
			  size_t size)
{
	int64_t lag_ns = now->waiting && now->oldest_ns && now->real_ns > now->oldest_ns
				 ? now->real_ns - now->oldest_ns
				 : 0;
	struct metrics_page page = {.text = text, .size = size};

	metrics_put_family(&page, NAME("build_info"), "gauge", "What ships, and where to.");
	metrics_put_label(&page, NAME("build_info{"), "version", OOMTRACE_VERSION);
	metrics_put_label(&page, ",", "librdkafka", now->library);
	metrics_put_label(&page, ",", "topic", now->topic);
	metrics_put(&page, "} 1\n");
	put_moment(&page, NAME("heartbeat_timestamp_seconds"),
		   "When this was written: a shipper that lives writes every 15 seconds.",
		   now->real_ns);
	put_count(&page, NAME("events_total"), "counter", "Events that the brokers have confirmed.",
		  tally->confirmed);
	put_count(&page, NAME("lag_events"), "gauge",
		  "Events that are stored and not confirmed yet.", now->waiting);
	put_moment(&page, NAME("lag_seconds"), "How long ago the oldest of these happened.",
		   lag_ns);
	if (tally->confirmed_ns)
		put_moment(&page, NAME("last_confirmed_timestamp_seconds"),
			   "When the brokers last confirmed an event.", tally->confirmed_ns);
	put_count(&page, NAME("unshipped_total"), "counter",
		  "Events that had been deleted from the store before they were shipped.",
		  tally->gone);
	put_count(&page, NAME("cut_total"), "counter",
		  "Events that were too large for a broker, sent with fewer candidates.",
		  tally->cut);
	put_count(&page, NAME("refused_total"), "counter",
		  "Events that no broker took, however small they were made.", tally->refused);
	put_errors(&page, tally);
	return page.full ? -ENOSPC : (int64_t)page.len;
}
