// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/logread.h"

#include <stdlib.h>
#include <string.h>

#include "core/logread_parts.h"
#include "core/logscan.h"
#include "core/text.h"

static bool is_open(const struct logread *reader)
{
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		if (reader->reports[i].used)
			return true;
	}
	return reader->broken.open;
}

struct logread *logread_new(const struct logread_config *config)
{
	struct logread *reader = calloc(1, sizeof(*reader));
	bool all = reader != NULL;

	if (!reader)
		return NULL;
	reader->config = *config;
	logscan_init(&reader->scan);
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		struct logreport *report = &reader->reports[i];

		report->max_rows = config->max_candidates;
		report->rows = calloc(config->max_candidates, sizeof(*report->rows));
		report->victims = calloc(EPISODE_VICTIMS, sizeof(*report->victims));
		all &= report->rows && report->victims;
	}
	reader->made.tasks = calloc(config->max_candidates + 1, sizeof(*reader->made.tasks));
	reader->made.victims = calloc(EPISODE_VICTIMS, sizeof(*reader->made.victims));
	if (!all || !reader->made.tasks || !reader->made.victims) {
		logread_free(reader);
		return NULL;
	}
	return reader;
}

void logread_free(struct logread *reader)
{
	if (!reader)
		return;
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		free(reader->reports[i].rows);
		free(reader->reports[i].victims);
	}
	free(reader->made.tasks);
	free(reader->made.victims);
	free(reader);
}

char *logread_room(struct logread *reader, size_t *ret_size)
{
	*ret_size = sizeof(reader->buffer) - reader->used;
	return reader->buffer + reader->used;
}

/* "#012": a newline as rsyslog writes it, in a record of several lines */
static struct span split_lines(struct logread *reader, struct span text)
{
	size_t len = 0;

	if (!span_find(text, "#012") || text.len > sizeof(reader->unfolded))
		return text;
	for (size_t i = 0; i < text.len; i++) {
		if (text.len - i >= 4 && !memcmp(text.at + i, "#012", 4)) {
			reader->unfolded[len++] = '\n';
			i += 3;
		} else {
			reader->unfolded[len++] = text.at[i];
		}
	}
	return (struct span){reader->unfolded, len};
}

#define DAY_S         86400
#define DISORDER_DAYS 2 /* by which the lines of several hosts may be out of order */

/*
 * The year of a time without one: that of the time before it, or one further where it would be
 * earlier. The first one's is given.
 */
static void settle_year(struct logread *reader, struct logtime *civil)
{
	struct logtime *last = &reader->last_year;
	int64_t days;

	if (!reader->config.clock.year || !civil->known || civil->has_year)
		return;
	civil->has_year = true;
	civil->year = last->known ? last->year : reader->config.clock.year;
	if (last->known) {
		days = (logtime_utc(civil) - logtime_utc(last)) / DAY_S;
		if (days < -DISORDER_DAYS)
			civil->year++;
		else if (days > 365 - DISORDER_DAYS)
			civil->year--;
	}
	*last = *civil;
}

/* The first line of a log tells what the others are like, and when it begins. */
static void know_log(struct logread *reader, struct span line)
{
	struct logprefix *prefix = &reader->prefix;

	if (span_begins(line, "-- ")) /* "-- Logs begin at ...": journalctl */
		return;
	reader->is_known = true;
	reader->scratch.host_follows = logprefix_is_monotonic(line);
	if (line.len > LOGPREFIX_LINE_LEN)
		line.len = LOGPREFIX_LINE_LEN;
	logprefix_take(&line, prefix, &reader->scratch); /* whoever wrote it, it has a time */
	settle_year(reader, &prefix->civil);
}

static void take_line(struct logread *reader, struct span line)
{
	struct logprefix *prefix = &reader->prefix;
	bool continued;

	if (line.len > LOGPREFIX_LINE_LEN) /* the kernel's have some thousand bytes at most */
		line.len = LOGPREFIX_LINE_LEN;
	if (!logprefix_take(&line, prefix, &reader->scratch))
		return;
	/* A record's further lines, which dmesg and journalctl print without a prefix. */
	continued = !prefix->any && reader->last.any;
	if (continued && is_open(reader)) {
		while (span_take(&line, " "))
			;
		*prefix = reader->last;
	} else {
		reader->last = *prefix;
		continued = false;
	}
	settle_year(reader, &prefix->civil);
	logread_put(reader, split_lines(reader, line), continued);
}

/* Fields of a journal's entry; the blank line behind them ends it. */
static void take_field(struct logread *reader, struct span name, struct span value)
{
	struct logread_entry *entry = &reader->entry;

	if (name.len == 7 && span_begins(name, "MESSAGE")) {
		entry->len = value.len < sizeof(entry->text) ? value.len : sizeof(entry->text);
		memcpy(entry->text, value.at, entry->len);
		entry->has_text = true;
	} else {
		logprefix_field(&entry->prefix, name, value, &entry->foreign);
	}
}

static void end_entry(struct logread *reader)
{
	struct logread_entry *entry = &reader->entry;

	if (entry->has_text && !entry->foreign) {
		entry->prefix.any = true;
		reader->prefix = reader->last = entry->prefix;
		logread_put(reader, (struct span){entry->text, entry->len}, false);
	}
	memset(&entry->prefix, 0, sizeof(entry->prefix));
	entry->has_text = entry->foreign = false;
}

/*
 * A value that is no text: its name alone in a line, its length in 8 bytes, least first, and it.
 * Returns the bytes of it behind the name's line, or 0 where they have not all come.
 */
static size_t take_binary(struct logread *reader, struct span name, const char *at, size_t len)
{
	uint64_t size = 0;

	if (len < 8)
		return 0;
	for (unsigned int i = 8; i-- > 0;)
		size = size << 8 | (uint8_t)at[i];
	if (size > sizeof(reader->buffer) / 2) /* not to be had, nor what comes after it */
		return len;
	if (len < 8 + size + 1)
		return 0;
	take_field(reader, name, (struct span){at + 8, (size_t)size});
	return 8 + size + 1;
}

/* Takes the lines of an export of a journal. Returns how many bytes of @len are done with. */
static size_t take_export(struct logread *reader, const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		const char *eol = memchr(bytes + done, '\n', len - done);
		struct span line, name;
		size_t used, binary;

		if (!eol)
			break;
		line = (struct span){bytes + done, (size_t)(eol - bytes - done)};
		used = line.len + 1;
		if (!line.len) {
			end_entry(reader);
		} else if (memchr(line.at, '=', line.len)) {
			span_next(&line, '=', &name, NULL);
			take_field(reader, name, line);
		} else {
			binary = take_binary(reader, line, bytes + done + used, len - done - used);
			if (!binary)
				break;
			used += binary;
		}
		done += used;
	}
	return done;
}

/* Takes whole lines, of which @len bytes are; looks at none that cannot matter. */
static void take_lines(struct logread *reader, const char *bytes, size_t len)
{
	const char *end = bytes + len, *eol;

	for (const char *at = bytes; at < end && !reader->is_known; at = eol + 1) {
		eol = memchr(at, '\n', (size_t)(end - at));
		know_log(reader, (struct span){at, (size_t)(eol - at)});
	}
	while (bytes < end) {

		if (!is_open(reader)) {
			size_t at = logscan_find(&reader->scan, bytes, (size_t)(end - bytes));
			const char *before;

			if (at == (size_t)(end - bytes))
				return;
			before = memrchr(bytes, '\n', at);
			bytes = before ? before + 1 : bytes;
		}
		eol = memchr(bytes, '\n', (size_t)(end - bytes));
		take_line(reader, (struct span){bytes, (size_t)(eol - bytes)});
		bytes = eol + 1;
	}
}

void logread_took(struct logread *reader, size_t len)
{
	static const char cursor[] = "__CURSOR=";
	const char *last;
	size_t done;

	reader->used += len;
	if (!reader->begun && reader->used >= sizeof(cursor) - 1) {
		reader->begun = true;
		reader->is_export = !memcmp(reader->buffer, cursor, sizeof(cursor) - 1);
	}
	/* What was there before has no end of a line. */
	last = memrchr(reader->buffer + reader->used - len, '\n', len);
	if (!last && reader->used < sizeof(reader->buffer))
		return;
	done = last ? (size_t)(last + 1 - reader->buffer) : 0;
	if (reader->is_export) {
		done = take_export(reader, reader->buffer, reader->used);
	} else if (done && reader->skipping) { /* the end of a line that was too long */
		const char *first = memchr(reader->buffer, '\n', reader->used);
		size_t skipped = (size_t)(first + 1 - reader->buffer);

		reader->skipping = false;
		take_lines(reader, reader->buffer + skipped, done - skipped);
	} else if (done) {
		take_lines(reader, reader->buffer, done);
	}
	if (!done && reader->used == sizeof(reader->buffer)) {
		reader->skipping = true;
		done = reader->used;
	}
	reader->used -= done;
	memmove(reader->buffer, reader->buffer + done, reader->used);
}

void logread_missed(struct logread *reader, uint64_t messages)
{
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		struct logreport *report = &reader->reports[i];

		/* Behind the victim only further ones are told, which need not be there. */
		if (report->used && (!report->n_victims || report->group))
			report->damaged += messages;
	}
}

uint64_t logread_killed_ns(const struct logread *reader)
{
	return reader->killed_ns;
}

bool logread_is_open(const struct logread *reader)
{
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		if (reader->reports[i].used && !reader->reports[i].n_victims)
			return true;
	}
	return false;
}

bool logread_waits(const struct logread *reader)
{
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		if (reader->reports[i].used && reader->reports[i].n_victims)
			return true;
	}
	return reader->broken.open;
}

void logread_idle(struct logread *reader)
{
	logread_put_all(reader);
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		if (reader->reports[i].used && reader->reports[i].n_victims)
			logread_close(reader, &reader->reports[i]);
	}
}

/* Reports of which it is known that they began, and no more. */
static void tell_lost(struct logread *reader)
{
	struct lost lost = {
		.reason = LOSS_UNSCANNED,
		.count = reader->counts.cut - reader->cut_told,
	};

	reader->cut_told = reader->counts.cut;
	if (lost.count && reader->config.ops->lost)
		reader->config.ops->lost(reader->config.ctx, NULL, &lost);
}

void logread_end(struct logread *reader)
{
	/* A line without its newline may have been cut anywhere. */
	logread_put_all(reader);
	if (reader->used && !reader->is_export && !reader->skipping) {
		reader->is_cut = true;
		take_line(reader, (struct span){reader->buffer, reader->used});
		logread_put_all(reader);
		reader->is_cut = false;
	} else if (reader->is_export) {
		end_entry(reader);
		logread_put_all(reader);
	}
	reader->used = 0;
	reader->begun = reader->is_export = reader->skipping = false;
	reader->is_known = reader->scratch.host_follows = false;
	memset(&reader->last, 0, sizeof(reader->last));
	memset(&reader->last_year, 0, sizeof(reader->last_year));
	for (;;) { /* in the order they began */
		struct logreport *oldest = NULL;

		for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
			struct logreport *report = &reader->reports[i];

			if (report->used && (!oldest || report->order < oldest->order))
				oldest = report;
		}
		if (!oldest)
			break;
		logread_close(reader, oldest);
	}
	tell_lost(reader);
}

const struct logread_counts *logread_counts(const struct logread *reader)
{
	return &reader->counts;
}
