// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/klog.h"

#include <string.h>

#include "core/span.h"
#include "core/text.h"

/* A place for a report: a free one, else the oldest that says no more than who was killed. */
static struct klog_report *klog_slot(struct klog *klog, bool for_summary)
{
	struct klog_report *oldest = NULL, *oldest_bare = NULL;

	for (size_t i = 0; i < KLOG_REPORTS; i++) {
		struct klog_report *report = &klog->reports[i];

		if (!report->pid)
			return report;
		if (!oldest || report->order_fed < oldest->order_fed)
			oldest = report;
		if (!report->has_summary &&
		    (!oldest_bare || report->order_fed < oldest_bare->order_fed))
			oldest_bare = report;
	}
	return oldest_bare || !for_summary ? oldest_bare : oldest;
}

static struct klog_report *klog_find(struct klog *klog, uint32_t pid)
{
	struct klog_report *found = NULL;

	for (size_t i = 0; i < KLOG_REPORTS; i++) {
		struct klog_report *report = &klog->reports[i];

		if (report->pid == pid && (!found || report->order_fed > found->order_fed))
			found = report;
	}
	return found;
}

/* What a line says that opens a report: who asks for memory, and how. */
static void take_header(struct klog *klog, const struct logline *line, uint64_t fed_ns)
{
	struct klog_report report = {.fed_ns = fed_ns, .has_gfp = true};

	report.gfp_mask = line->gfp_mask;
	report.order = line->order;
	report.has_gfp_text = line->gfp_text.len && line->gfp_text.len < sizeof(report.gfp_text);
	if (report.has_gfp_text)
		text_copy(report.gfp_text, sizeof(report.gfp_text), line->gfp_text.at,
			  line->gfp_text.len);
	if (line->comm.at) /* 2.6.18's does not name it */
		text_copy(report.invoker_comm, sizeof(report.invoker_comm), line->comm.at,
			  line->comm.len);
	klog_memory_init(&report.memory);
	klog->open = report;
	klog->is_open = true;
}

static bool copy_span(char *ret_text, size_t size, struct span span)
{
	return text_copy(ret_text, size, span.at, span.len) == span.len;
}

static void take_summary(struct klog *klog, const struct logline *line, uint64_t fed_ns)
{
	struct klog_report report = {.fed_ns = fed_ns};
	struct klog_report *slot;

	klog_memory_init(&report.memory);
	if (klog->is_open)
		report = klog->open;
	klog->is_open = false;
	report.has_memcg = line->oom_memcg.at &&
			   copy_span(report.oom_memcg, sizeof(report.oom_memcg), line->oom_memcg);
	report.has_nodes =
		line->mems_allowed.at &&
		copy_span(report.nodemask, sizeof(report.nodemask), line->nodemask) &&
		copy_span(report.mems_allowed, sizeof(report.mems_allowed), line->mems_allowed) &&
		copy_span(report.cpuset, sizeof(report.cpuset), line->cpuset);
	report.constraint = line->constraint;
	report.has_summary = true;
	report.pid = line->pid;
	report.fed_ns = fed_ns;
	report.order_fed = ++klog->fed;
	slot = klog_find(klog, report.pid);
	if (!slot)
		slot = klog_slot(klog, true);
	*slot = report;
}

static void take_killed(struct klog *klog, const struct logline *line, uint64_t fed_ns)
{
	struct klog_report *report;

	if (line->cause == LOGLINE_CAUSE_UNSEEN)
		return;
	/* A header that got no summary was of a call that killed nobody. */
	klog->is_open = false;
	report = klog_find(klog, line->pid);
	if (!report) {
		report = klog_slot(klog, false);
		if (!report)
			return;
		memset(report, 0, sizeof(*report));
		klog_memory_init(&report->memory);
		report->pid = line->pid;
		report->order_fed = ++klog->fed;
	}
	report->fed_ns = fed_ns;
	if (!report->cause) /* a killed group's first victim is killed, and told, twice */
		report->cause = line->cause;
}

/* A call that found nobody to kill: its header is nobody's. */
static void take_no_kill(struct klog *klog, const struct logline *line, uint64_t fed_ns)
{
	(void)line;
	(void)fed_ns;
	klog->is_open = false;
}

/* What each kind of line means for the reports. */
static void (*const takes[])(struct klog *klog, const struct logline *line, uint64_t fed_ns) = {
	[LOGLINE_HEADER] = take_header, [LOGLINE_SUMMARY] = take_summary,
	[LOGLINE_KILLED] = take_killed, [LOGLINE_NOBODY] = take_no_kill,
	[LOGLINE_NOT_REAPED] = NULL,
};

/*
 * Takes the "prio,seq,time,flags;" off a record of /dev/kmsg. Returns -1 when there is none, and
 * the priority, which holds the facility above its low three bits, when there is.
 */
static int take_prefix(struct span *record)
{
	struct span rest = *record;
	uint32_t prio = 0;
	int field = 0;

	for (; rest.len && field < 3; rest.at++, rest.len--) {
		int digit = digit_of(rest.at[0], 10);

		if (digit < 0 && rest.at[0] != ',')
			return -1;
		if (digit < 0)
			field++;
		else if (field == 0 && prio < 100000)
			prio = prio * 10 + (uint32_t)digit;
	}
	for (; rest.len && rest.at[0] != ';'; rest.at++, rest.len--) {
		if (rest.at[0] == '\n' || rest.at[0] == ' ')
			return -1;
	}
	if (!span_take(&rest, ";"))
		return -1;
	*record = rest;
	return (int)prio;
}

/* Undoes the \xNN that /dev/kmsg writes for what is not printable, up to the record's newline. */
static size_t unescape(char *ret_text, size_t size, struct span text)
{
	size_t out = 0;

	for (size_t i = 0; i < text.len && text.at[i] != '\n' && out < size; i++) {
		int high, low;

		if (text.at[i] == '\\' && text.len - i >= 4 && text.at[i + 1] == 'x') {
			high = digit_of(text.at[i + 2], 16);
			low = digit_of(text.at[i + 3], 16);
			if (high >= 0 && low >= 0) {
				ret_text[out++] = (char)(high << 4 | low);
				i += 3;
				continue;
			}
		}
		ret_text[out++] = text.at[i];
	}
	return out;
}

#define MISSED "missed "

size_t klog_missed_text(uint64_t messages, char ret_text[KLOG_MISSED_LEN])
{
	char digits[24];
	size_t len = sizeof(MISSED) - 1, n = 0;

	memcpy(ret_text, MISSED, len);
	do {
		digits[n++] = (char)('0' + messages % 10);
		messages /= 10;
	} while (messages);
	while (n)
		ret_text[len++] = digits[--n];
	return len;
}

uint64_t klog_take_missed(struct klog *klog)
{
	uint64_t missed = klog->missed;

	klog->missed = 0;
	return missed;
}

static bool take_missed(struct klog *klog, const char *record, size_t len)
{
	struct span rest = {record, len};
	uint64_t messages;

	if (!span_take(&rest, MISSED) || !span_take_u64(&rest, &messages) || rest.len)
		return false;
	klog->missed += messages;
	/* The summary that was to come may have been another's. */
	klog->is_open = false;
	return true;
}

void klog_init(struct klog *klog)
{
	memset(klog, 0, sizeof(*klog));
}

/*
 * The text of @record, in @text of WIRE_KMSG_LEN bytes where it has to be unescaped. Returns false
 * when user space wrote it.
 */
static bool line_of(const char *record, size_t len, char *text, struct span *ret_line)
{
	struct span line = {record, len};
	int prio = take_prefix(&line);

	if (prio > 7) /* a facility other than the kernel's */
		return false;
	if (prio >= 0)
		line = (struct span){text, unescape(text, WIRE_KMSG_LEN, line)};
	else if (line.len && line.at[line.len - 1] == '\n')
		line.len--;
	*ret_line = line;
	return true;
}

bool klog_wants(const char *record, size_t len)
{
	char text[WIRE_KMSG_LEN];
	struct span line;

	return line_of(record, len, text, &line) && klog_memory_wants(line);
}

void klog_feed(struct klog *klog, const char *record, size_t len, uint64_t fed_ns)
{
	char text[WIRE_KMSG_LEN];
	struct logline parsed;
	struct span line;

	if (take_missed(klog, record, len) || !line_of(record, len, text, &line))
		return;
	if (logline_parse(line, &parsed) && takes[parsed.kind])
		takes[parsed.kind](klog, &parsed, fed_ns);
	else if (klog->is_open)
		klog_memory_feed(&klog->open.memory, line);
}

const struct klog_report *klog_take(struct klog *klog, uint32_t pid, uint64_t since_ns)
{
	struct klog_report *report = pid ? klog_find(klog, pid) : NULL;

	if (!report)
		return NULL;
	report->pid = 0;
	return report->fed_ns >= since_ns ? report : NULL;
}
