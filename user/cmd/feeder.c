/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/feeder.h"

#include <stddef.h>
#include <string.h>

#include "cmd/hostrecord.h"
#include "cmd/inquiry.h"
#include "core/draft.h"
#include "core/klog.h"
#include "lib/loop.h"

#define CLOCK_STEP_NS 1000000 /* less is the slewing of a clock that is being disciplined */

/* All counters, as a recording has them: that of outputs is what it misses itself. */
static void record_losses(struct feeder *feeder, uint64_t boot_ns)
{
	struct wire_lost record = {.head = loader_head(WIRE_LOST, sizeof(record), boot_ns)};

	memcpy(record.count, feeder->losses, sizeof(feeder->losses));
	record.count[LOSS_OUTPUT] = recorder_missed(feeder->recorder);
	recorder_add(feeder->recorder, &record, sizeof(record));
}

static void record(struct feeder *feeder, const void *bytes, size_t len)
{
	struct wire_head head;

	memcpy(&head, bytes, sizeof(head));
	if (head.kind == WIRE_DETACH)
		recorder_last(feeder->recorder);
	if (recorder_owed(feeder->recorder))
		record_losses(feeder, head.boot_ns);
	recorder_add(feeder->recorder, bytes, len);
}

static void feed(struct feeder *feeder, const void *bytes, size_t len)
{
	if (assembler_feed(feeder->assembler, bytes, len) == 0 && feeder->recorder)
		record(feeder, bytes, len);
}

static void feed_clock(struct feeder *feeder, uint64_t boot_ns)
{
	struct wire_clock record = {
		.head = loader_head(WIRE_CLOCK, sizeof(record), boot_ns),
		.real_minus_boot_ns = feeder->clock_offset,
	};

	feed(feeder, &record, sizeof(record));
}

static void feed_kmsg(struct feeder *feeder, const char *text, size_t len)
{
	struct wire_kmsg record;
	size_t size;

	if (len > WIRE_KMSG_LEN)
		len = WIRE_KMSG_LEN;
	size = offsetof(struct wire_kmsg, text) + len;
	record.head = loader_head(WIRE_KMSG, size, feeder->kmsg_boot_ns);
	record.len = (uint32_t)len;
	record.pad = 0;
	memcpy(record.text, text, len);
	feed(feeder, &record, size);
}

static void feed_kmsg_line(void *ctx, const char *text, size_t len)
{
	if (kmsg_is_oom(text, len))
		feed_kmsg(ctx, text, len);
}

static void feed_kmsg_missed(void *ctx, uint64_t messages)
{
	char text[KLOG_MISSED_LEN];

	feed_kmsg(ctx, text, klog_missed_text(messages, text));
}

void feeder_kmsg(struct feeder *feeder, uint64_t boot_ns)
{
	if (feeder->kmsg_fd < 0)
		return;
	feeder->kmsg_boot_ns = boot_ns;
	kmsg_drain(feeder->kmsg_fd, &feeder->kmsg_place, feed_kmsg_line, feed_kmsg_missed, feeder);
}

void feeder_losses(struct feeder *feeder, const struct tracer *tracer)
{
	struct wire_lost record = {.head = loader_head(WIRE_LOST, sizeof(record), 0)};

	uint64_t losses[LOSS_MAX] = {0};

	tracer_losses(tracer, losses);
	if (memcmp(losses, feeder->losses, sizeof(losses)) == 0)
		return;
	memcpy(feeder->losses, losses, sizeof(losses));
	memcpy(record.count, losses, sizeof(losses));
	record.head.boot_ns = loop_now();
	assembler_feed(feeder->assembler, &record, sizeof(record));
	if (feeder->recorder)
		record_losses(feeder, record.head.boot_ns);
}

void feeder_settle(struct feeder *feeder)
{
	uint64_t missed;

	if (!feeder->recorder)
		return;
	recorder_flush(feeder->recorder);
	missed = recorder_missed(feeder->recorder);
	assembler_count_loss(feeder->assembler, LOSS_OUTPUT, missed - feeder->missed);
	feeder->missed = missed;
}

void feeder_mark(struct feeder *feeder, enum wire_kind kind, uint64_t boot_ns)
{
	struct wire_head record = loader_head((uint16_t)kind, sizeof(record), boot_ns);

	feed(feeder, &record, sizeof(record));
}

static void feed_symbol(void *ctx, uint64_t address, const char *name)
{
	struct wire_symbol record = {
		.head = loader_head(WIRE_SYMBOL, sizeof(record), 0),
		.address = address,
	};

	record.head.boot_ns = ((struct feeder *)ctx)->symbol_boot_ns;
	memcpy(record.name, name, strnlen(name, sizeof(record.name)));
	feed(ctx, &record, sizeof(record));
}

static void feed_stack(struct feeder *feeder, const struct wire_decision *decision)
{
	/* A panic does not wait for names. */
	if (feeder->no_stack || draft_panics(decision))
		return;
	feeder->symbol_boot_ns = decision->head.boot_ns;
	symbolizer_tell(&feeder->symbolizer, (const uint64_t *)decision->stack, feed_symbol,
			feeder);
}

/*
 * What was found out about victims. It carries the time of the record that it was asked for: a
 * later one would close what the ring still has records of.
 */
void feeder_details(struct feeder *feeder)
{
	struct wire_detail record;

	while (feeder->lookup && lookup_take(feeder->lookup, &record)) {
		record.head = loader_head(WIRE_DETAIL, sizeof(record), record.head.boot_ns);
		feed(feeder, &record, sizeof(record));
	}
}

void feeder_note(const struct feeder *feeder, const struct wire_host *host, const void *bytes,
		 size_t len, struct seen *seen)
{
	const struct wire_decision *decision = bytes;
	const struct wire_victim *victim = bytes;
	struct seen_kill kill;

	if (len == sizeof(*decision) && decision->head.kind == WIRE_DECISION &&
	    !(decision->flags & DECISION_NO_VICTIM))
		seen_of_wire(host, &decision->victim, decision->head.boot_ns, feeder->clock_offset,
			     &kill);
	else if (len == sizeof(*victim) && victim->head.kind == WIRE_VICTIM)
		seen_of_wire(host, &victim->task, victim->head.boot_ns, feeder->clock_offset,
			     &kill);
	else
		return;
	seen_add(seen, &kill);
}

void feeder_record(void *ctx, const void *bytes, size_t len)
{
	struct feeder *feeder = ctx;
	struct wire_head head;

	if (len >= sizeof(head)) {
		memcpy(&head, bytes, sizeof(head));
		if (feeder->lookup)
			inquire(feeder->lookup, bytes, len, feeder->no_cmdline);
		if (head.kind == WIRE_FATE)
			feeder_details(feeder);
		if (head.kind == WIRE_DECISION) {
			int64_t offset = clock_offset(), step = offset - feeder->clock_offset;

			if (step > CLOCK_STEP_NS || step < -CLOCK_STEP_NS) {
				feeder->clock_offset = offset;
				feed_clock(feeder, head.boot_ns);
			}
			feeder_kmsg(feeder, head.boot_ns);
			if (len == sizeof(struct wire_decision))
				feed_stack(feeder, bytes);
		}
	}
	feed(feeder, bytes, len);
}

static void feed_gfp(struct feeder *feeder, const struct survey *survey, uint64_t boot_ns)
{
	struct wire_gfp record = survey->gfp;

	record.head = loader_head(WIRE_GFP, sizeof(record), boot_ns);
	if (survey->gfp_known)
		feed(feeder, &record, sizeof(record));
}

void feeder_begin(struct feeder *feeder, const struct wire_host *host, const struct survey *survey)
{
	feeder->clock_offset = clock_offset();
	feed_clock(feeder, host->head.boot_ns);
	feed(feeder, host, sizeof(*host));
	feed_gfp(feeder, survey, host->head.boot_ns);
}

void feeder_rename(struct feeder *feeder, const struct wire_host *host)
{
	struct wire_host record = *host;

	record.head = loader_head(WIRE_HOST, sizeof(record), loop_now());
	feed(feeder, &record, sizeof(record));
}
