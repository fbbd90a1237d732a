// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text: what became of a victim. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/assemble.h"
#include "lib/units.h"
#include "sink/text_parts.h"

/* Phrases with commas between them. */
struct phrases {
	char text[256];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void phrase(struct phrases *phrases,
							 const char *format, ...)
{
	size_t room = sizeof(phrases->text) - phrases->len;
	va_list args;
	int len;

	if (phrases->len) {
		snprintf(phrases->text + phrases->len, room, ", ");
		phrases->len += 2;
		room -= 2;
	}
	va_start(args, format);
	len = vsnprintf(phrases->text + phrases->len, room, format, args);
	va_end(args);
	phrases->len += len > 0 ? (size_t)len : 0;
}

/* It had been told as still alive, or as not freed, when it was given up. */
static bool is_late(const struct outcome *outcome)
{
	int64_t deadline = (int64_t)OUTCOME_DEADLINE_NS;

	return (outcome->has_exited && outcome->exited_ns > deadline) ||
	       (outcome->has_freed && outcome->freed_ns > deadline);
}

static void exit_phrase(struct phrases *phrases, const struct outcome *outcome)
{
	units_text time;

	if (outcome->has_exited)
		phrase(phrases, "exited after %s", units_duration(time, outcome->exited_ns));
	else if (outcome->watched_ns > 0)
		phrase(phrases, "is still alive %s after the kill",
		       units_duration(time, outcome->watched_ns));
	else
		phrase(phrases, "was not seen to exit");
}

/*
 * Fact: the reaper also passes when somebody holds the address space's lock, and tries again ten
 *       times: oom_reap_task() of mm/oom_kill.c. A victim that goes by itself leaves nothing to it.
 */
static void reaper_phrase(struct phrases *phrases, const struct outcome *outcome)
{
	units_text time, bytes;

	if (outcome->has_reaped && outcome->has_reaped_bytes)
		phrase(phrases, "the oom_reaper took %s after %s",
		       units_bytes(bytes, outcome->reaped_bytes),
		       units_duration(time, outcome->reaped_ns));
	else if (outcome->has_reaped)
		phrase(phrases, "reaped after %s", units_duration(time, outcome->reaped_ns));
	else if (outcome->has_reap_skipped && outcome->has_freed)
		phrase(phrases, "passed by the oom_reaper after %s",
		       units_duration(time, outcome->reap_skipped_ns));
	else if (outcome->has_reap_skipped)
		phrase(phrases, "the oom_reaper could not get at its memory after %s",
		       units_duration(time, outcome->reap_skipped_ns));
}

static void freed_phrase(struct phrases *phrases, const struct outcome *outcome)
{
	units_text time;

	if (outcome->has_freed)
		phrase(phrases, "memory freed after %s", units_duration(time, outcome->freed_ns));
	else if (outcome->has_exited && outcome->watched_ns > 0)
		phrase(phrases, "memory still in use %s after the kill",
		       units_duration(time, outcome->watched_ns));
	else if (!outcome->has_exited && !outcome->has_reaped)
		phrase(phrases, "memory not seen to be freed");
}

static void show_aborted(struct flow *flow, const struct outcome *outcome)
{
	if (!outcome->has_aborted || !outcome->aborted_selections)
		return;
	flow_begin(flow, "", INDENT);
	flow_words(flow, "%" PRIu32 " more OOM%s waited for it instead of killing another",
		   outcome->aborted_selections, text_plural(outcome->aborted_selections));
	flow_end(flow);
}

static void show_pod(struct flow *flow, const struct outcome *outcome)
{
	char name[2 * WIRE_POD_LEN + 2];

	if (!*outcome->pod)
		return;
	snprintf(name, sizeof(name), "%.*s%s%.*s", WIRE_POD_LEN, outcome->pod_namespace,
		 *outcome->pod_namespace ? "/" : "", WIRE_POD_LEN, outcome->pod);
	flow_begin(flow, "  pod", INDENT);
	flow_parts(flow, name, '/');
	flow_end(flow);
}

void text_fate(struct flow *flow, const struct outcome *outcome)
{
	struct phrases phrases = {.len = 0};

	if (!outcome->has_exited)
		flow_color(flow, SGR_ALARM);
	if (is_late(outcome))
		flow_words(flow, "has gone at last:");
	exit_phrase(&phrases, outcome);
	reaper_phrase(&phrases, outcome);
	freed_phrase(&phrases, outcome);
	flow_words(flow, "%s", phrases.text);
	if (!outcome->has_exited)
		flow_color(flow, SGR_NONE);
	flow_end(flow);
	show_aborted(flow, outcome);
	text_command(flow, outcome->cmdline, outcome->cmdline_truncated);
	show_pod(flow, outcome);
}
