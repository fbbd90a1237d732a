// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which report a line belongs to, when one is complete, and giving it. */
#include <string.h>

#include "core/logread_parts.h"
#include "core/text.h"
#include "lib/hash.h"

#define QUIET_OPEN 4096 /* lines of others, after which a report will say no more */
#define GAP_MOST_S 30   /* between two lines of a report, however slow the console */
#define QUIET_DONE 64   /* the same, of one whose victim is known */

static uint64_t hash_of(struct span text)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, text.at, text.len);

	return hash ? hash : 1;
}

/*
 * Two ways into one log (a daemon that reads the kernel's, and the journal's) each have all lines:
 * one with the kernel's own time, one without.
 */
bool logread_same_source(const struct logprefix *a, const struct logprefix *b)
{
	return !strcmp(a->host, b->host) && !strcmp(a->caller, b->caller) &&
	       a->has_uptime == b->has_uptime;
}

static struct logreport *begin_report(struct logread *reader)
{
	struct logreport *report = &reader->reports[0];

	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		if (!reader->reports[i].used) {
			report = &reader->reports[i];
			break;
		}
		if (reader->reports[i].order < report->order)
			report = &reader->reports[i];
	}
	if (report->used)
		logread_close(reader, report);
	logreport_begin(report, &reader->prefix);
	report->order = ++reader->order;
	return report;
}

/*
 * From one time to the other, by the clock that both have. Returns false where they have none in
 * common.
 */
static bool time_between(const struct logprefix *from, const struct logprefix *to, int64_t *ret_ns)
{
	struct logtime a = from->civil, b = to->civil;

	if (from->has_uptime && to->has_uptime) {
		*ret_ns = (int64_t)(to->uptime_ns - from->uptime_ns);
	} else if (from->has_real && to->has_real) {
		*ret_ns = to->real_ns - from->real_ns;
	} else if (a.known && b.known && a.has_year == b.has_year) {
		if (!a.has_year)
			a.year = b.year = 1972; /* some leap year */
		*ret_ns = (logtime_utc(&b) - logtime_utc(&a)) * 1000000000 + b.nanosecond -
			  a.nanosecond;
	} else {
		return false;
	}
	return *ret_ns >= 0;
}

/* Whether a line at @to may belong to what was last said at @from. */
static bool is_soon(const struct logprefix *from, const struct logprefix *to)
{
	int64_t ns;

	return !time_between(from, to, &ns) || ns < (int64_t)GAP_MOST_S * 1000000000;
}

const struct logreport *logread_report_of(const struct logread *reader)
{
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		const struct logreport *report = &reader->reports[i];

		if (report->used && report->at.any == reader->prefix.any &&
		    logread_same_source(&report->at, &reader->prefix))
			return is_soon(&report->last, &reader->prefix) ? report : NULL;
	}
	return NULL;
}

/* The report that a line may be of. */
static struct logreport *find_report(struct logread *reader)
{
	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		struct logreport *report = &reader->reports[i];

		/* The first line of a log may have lost its beginning: it is of no report. */
		if (!report->used || report->at.any != reader->prefix.any ||
		    !logread_same_source(&report->at, &reader->prefix))
			continue;
		if (is_soon(&report->last, &reader->prefix)) {
			report->last = reader->prefix;
			return report;
		}
		logread_close(reader, report);
		return NULL;
	}
	return NULL;
}

/* When a line was written, by the clocks of everything else as far as they are known. */
static void tell_time(const struct logread *reader, const struct logprefix *at,
		      uint64_t *ret_boot_ns, int64_t *ret_real_ns)
{
	const struct bootclock *clock = reader->config.bootclock;

	*ret_boot_ns = at->has_uptime ? at->uptime_ns : 0;
	*ret_real_ns = logclock_real(&reader->config.clock, at);
	if (!clock || !at->has_uptime)
		return;
	*ret_boot_ns = bootclock_of(clock, at->uptime_ns);
	if (*ret_boot_ns && !*ret_real_ns)
		*ret_real_ns = (int64_t)*ret_boot_ns + clock->real_minus_boot_ns;
}

/* Where it was, into @wire where the log says so, else as its reader was told. */
static struct host host_of(const struct logread *reader, const struct logprefix *at,
			   struct wire_host *wire)
{
	if (reader->config.host)
		return (struct host){.wire = reader->config.host};
	memset(wire, 0, sizeof(*wire));
	text_copy(wire->host, sizeof(wire->host), at->host, sizeof(at->host) - 1);
	text_copy(wire->boot_id, sizeof(wire->boot_id), at->boot_id, sizeof(at->boot_id));
	return (struct host){.wire = wire};
}

static void give_outcome(struct logread *reader, const struct logread_given *given,
			 const struct logprefix *at, bool reaped)
{
	struct outcome outcome = {.pid = given->pid};
	struct wire_host wire;
	struct host host = host_of(reader, at, &wire);
	int64_t since;

	if (!reader->config.ops->outcome || !time_between(&given->at, at, &since))
		return;
	memcpy(outcome.id, given->id, sizeof(outcome.id));
	text_copy(outcome.comm, sizeof(outcome.comm), given->comm, sizeof(given->comm));
	tell_time(reader, at, &outcome.boot_ns, &outcome.real_ns);
	outcome.has_reaped = reaped;
	outcome.has_reap_skipped = !reaped;
	*(reaped ? &outcome.reaped_ns : &outcome.reap_skipped_ns) = since;
	reader->config.ops->outcome(reader->config.ctx, &host, &outcome);
}

static bool was_given(const struct logread *reader, uint64_t content, uint32_t pid)
{
	uint64_t n = reader->n_given < LOGREAD_GIVEN ? reader->n_given : LOGREAD_GIVEN;

	for (uint64_t i = 0; i < n; i++) {
		if (reader->given[i].content == content && reader->given[i].pid == pid)
			return true;
	}
	return false;
}

/* Remembers that @report's victims were killed, and tells what became of them meanwhile. */
static void remember(struct logread *reader, const struct logreport *report)
{
	for (uint32_t i = 0; i < report->n_victims; i++) {
		const struct logreport_victim *victim = &report->victims[i];
		struct logread_given given = {
			.content = reader->made.content,
			.pid = victim->pid,
			.at = report->at,
		};

		memcpy(given.id, reader->made.episode.id, sizeof(given.id));
		memcpy(given.comm, victim->comm, sizeof(given.comm));
		given.reaped = victim->reaped || victim->not_reaped;
		if (given.reaped)
			give_outcome(reader, &given, &victim->reaped_at, victim->reaped);
		if (i < LOGREAD_GIVEN / 2) /* a killed group does not push out all others */
			reader->given[reader->n_given++ % LOGREAD_GIVEN] = given;
	}
}

/* What a log that is this host's own need not say. */
static void know_host(struct logreport *report, const struct wire_host *host)
{
	report->page_size = host->page_size;
	if (!report->release[0])
		text_copy(report->release, sizeof(report->release), host->kernel,
			  sizeof(host->kernel));
}

static void give(struct logread *reader, struct logreport *report)
{
	const struct assembler_ops *ops = reader->config.ops;
	struct episode *episode = &reader->made.episode;
	struct wire_host wire;
	struct host host = host_of(reader, &report->at, &wire);

	if (reader->config.host)
		know_host(report, reader->config.host);
	else
		text_copy(wire.kernel, sizeof(wire.kernel), report->release,
			  sizeof(report->release));
	logepisode_make(report, &reader->config.clock, reader->config.source, &reader->made);
	tell_time(reader, &report->at, &episode->boot_ns, &episode->real_ns);
	episode->began_ns = episode->boot_ns;
	reader->killed_ns = report->killed_at.has_uptime ? report->killed_at.uptime_ns : 0;
	if (!report->no_kill && was_given(reader, reader->made.content, report->victims[0].pid)) {
		reader->counts.duplicates++;
		return;
	}
	reader->counts.reports++;
	if (report->no_kill) {
		if (ops->no_kill)
			ops->no_kill(reader->config.ctx, &host, episode);
		return;
	}
	if (ops->episode)
		ops->episode(reader->config.ctx, &host, episode);
	remember(reader, report);
}

/* Its "Killed process" is not there, but who was chosen is. */
static void kill_by_summary(struct logreport *report)
{
	struct logline line = {
		.kind = LOGLINE_KILLED,
		.damaged = true,
		.pid = report->summary_pid,
		.uid = report->summary_uid,
		.total_vm_kib = LOGLINE_NO_NUMBER,
		.anon_kib = LOGLINE_NO_NUMBER,
		.file_kib = LOGLINE_NO_NUMBER,
		.shmem_kib = LOGLINE_NO_NUMBER,
		.pgtables_kib = LOGLINE_NO_NUMBER,
	};

	logreport_add(report, &line);
}

void logread_close(struct logread *reader, struct logreport *report)
{
	if (!report->n_victims && !report->no_kill && report->has_summary)
		kill_by_summary(report);
	report->used = false;
	if (report->n_victims || report->no_kill) {
		give(reader, report);
	} else {
		reader->counts.cut++;
	}
}

static void take_reaped(struct logread *reader, const struct logline *line)
{
	bool reaped = line->kind == LOGLINE_REAPED;
	struct logread_given *given = NULL;

	for (unsigned int i = 0; i < LOGREAD_REPORTS; i++) {
		struct logreport *report = &reader->reports[i];

		for (uint32_t v = 0; report->used && v < report->n_victims; v++) {
			if (report->victims[v].pid != line->pid)
				continue;
			report->victims[v].reaped |= reaped;
			report->victims[v].not_reaped |= !reaped;
			report->victims[v].reaped_at = reader->prefix;
			return;
		}
	}
	for (uint64_t i = 0; i < LOGREAD_GIVEN && i < reader->n_given; i++) {
		struct logread_given *one =
			&reader->given[(reader->n_given - 1 - i) % LOGREAD_GIVEN];

		if (one->pid == line->pid && !strcmp(one->at.host, reader->prefix.host)) {
			given = one;
			break;
		}
	}
	if (!given || given->reaped)
		return;
	given->reaped = true;
	give_outcome(reader, given, &reader->prefix, reaped);
}

/* How far into a report a line of a kind stands, where it has it once; 0 for others. */
static unsigned int stage_of(uint8_t kind)
{
	switch (kind) {
	case LOGLINE_TASK_IN:
		return 1;
	case LOGLINE_TABLE:
		return 2;
	case LOGLINE_SUMMARY:
		return 3;
	case LOGLINE_CHOICE:
		return 4;
	default:
		return 0;
	}
}

static unsigned int reached(const struct logreport *report)
{
	if (report->n_victims)
		return 5;
	if (report->has_choice)
		return 4;
	if (report->has_summary)
		return 3;
	if (report->has_table)
		return 2;
	return report->hashes[LOGLINE_TASK_IN] ? 1 : 0;
}

/* Whether a "Killed process" is not of this report: it has its victim, or is about another one. */
static bool is_another_kill(const struct logreport *report, const struct logline *line)
{
	if (line->kind == LOGLINE_SHARER)
		return !report->n_victims;
	if (!report->n_victims) {
		if (report->has_summary)
			return !logreport_is_chosen(report, line);
		return report->n_rows && !report->has_choice && !logreport_lists(report, line->pid);
	}
	if (!report->group)
		return true;
	return report->n_rows && !logreport_lists(report, line->pid);
}

static bool has_victim(const struct logreport *report, uint32_t pid)
{
	for (uint32_t i = 0; i < report->n_victims; i++) {
		if (report->victims[i].pid == pid)
			return true;
	}
	return false;
}

/*
 * Fact: mem_cgroup_scan_tasks() gives oom_kill_memcg_member() threads, and one whose process was
 *       killed as another thread of it is told again, by a number that the table does not have.
 * So:   that is who has the memory of one who was killed: as much of it, of the same user.
 */
static bool is_told_again(const struct logreport *report, const struct logline *line)
{
	if (!report->group || !report->n_rows || logreport_lists(report, line->pid) ||
	    line->total_vm_kib == LOGLINE_NO_NUMBER)
		return false;
	for (uint32_t i = 0; i < report->n_victims; i++) {
		const struct logreport_victim *victim = &report->victims[i];

		if (victim->total_vm_kib == line->total_vm_kib && victim->uid == line->uid &&
		    victim->pgtables_kib == line->pgtables_kib)
			return true;
	}
	return false;
}

/* A line that says who dies. */
static void take_kill(struct logread *reader, struct logreport *report, const struct logline *line)
{
	/* A killed group's first victim is killed, and told, twice. */
	if (report && (has_victim(report, line->pid) || is_told_again(report, line)))
		return;
	if (report && is_another_kill(report, line)) {
		if (line->kind == LOGLINE_SHARER)
			return;
		logread_close(reader, report);
		report = NULL;
	}
	if (!report && line->kind == LOGLINE_SHARER)
		return;
	if (!report)
		report = begin_report(reader);
	report->quiet = 0;
	if (!report->n_victims)
		report->killed_at = reader->prefix;
	logreport_add(report, line);
}

static void take_header(struct logread *reader, struct logreport *report,
			const struct logline *line, uint64_t hash)
{
	if (report && report->hashes[LOGLINE_HEADER] == hash && !reached(report) &&
	    !report->has_cpu)
		return; /* twice, as the log has all lines twice */
	if (report)
		logread_close(reader, report);
	report = begin_report(reader);
	logreport_header(report, line);
	report->sysrq |= reader->sysrq && logread_same_source(&reader->sysrq_at, &reader->prefix) &&
			 is_soon(&reader->sysrq_at, &reader->prefix);
	report->hashes[LOGLINE_HEADER] = hash;
	reader->sysrq = false;
}

static void take_nobody(struct logread *reader, struct logreport *report,
			const struct logline *line)
{
	if (report && report->n_victims) {
		logread_close(reader, report);
		report = NULL;
	}
	if (!report && line->follows && reader->nobody &&
	    logread_same_source(&reader->nobody_at, &reader->prefix) &&
	    is_soon(&reader->nobody_at, &reader->prefix))
		return;
	if (!report)
		report = begin_report(reader);
	logreport_add(report, line);
	logread_close(reader, report);
	reader->nobody = line->kind == LOGLINE_NOBODY;
	reader->nobody_at = reader->prefix;
}

/* What stands once in a report, or nowhere in particular. */
static void take_part(struct logread *reader, struct logreport *report, const struct logline *line,
		      uint64_t hash)
{
	bool opening = line->kind == LOGLINE_CPU || line->kind == LOGLINE_CPUSET;
	unsigned int stage = stage_of(line->kind);

	/* They follow the header: of the same invoker, they are of another report, which lost it.
	 */
	if (report && opening && report->past_stack) {
		if (logreport_is_invoker(report, line->comm))
			logread_close(reader, report);
		return;
	}
	if (report && stage && report->hashes[line->kind] == hash)
		return;
	if (report && stage && reached(report) >= stage) {
		logread_close(reader, report);
		report = NULL;
	}
	if (!report && (line->kind == LOGLINE_SUMMARY || line->kind == LOGLINE_CHOICE))
		report = begin_report(reader);
	if (report && line->kind == LOGLINE_GROUP && !report->n_victims) {
		/* The chosen one is told before it. Of those told behind it none is. */
		if (!report->has_summary) {
			logread_close(reader, report);
			return;
		}
		kill_by_summary(report);
	}
	if (!report)
		return;
	report->quiet = 0;
	report->hashes[line->kind] = hash;
	if (line->kind == LOGLINE_SUMMARY)
		report->killed_at = reader->prefix;
	logreport_add(report, line);
}

static void take_other(struct logread *reader, struct logreport *report, struct span text)
{
	if (!report)
		return;
	if (!report->n_victims && logreport_text(report, text)) {
		report->quiet = 0;
		return;
	}
	if (++report->quiet > (report->n_victims ? QUIET_DONE : QUIET_OPEN))
		logread_close(reader, report);
}

/*
 * Of a line without its end, a number at it may be another one: what is left of "Killed process" is
 * who it was, and what ends with its unit.
 */
static bool cut_line(struct span *text)
{
	size_t len = text->len;

	if (!span_find(*text, "Killed process "))
		return false;
	if (len > 2 && !memcmp(text->at + len - 2, "kB", 2))
		return true;
	while (len && digit_of(text->at[len - 1], 10) >= 0)
		len--;
	if (len && text->at[len - 1] == '-')
		len--;
	for (unsigned int i = 0; i < 2; i++) {
		static const char *const keys[] = {" oom_score_adj:", ", UID:"};
		struct span cut = {text->at, len};

		if (span_drop(&cut, keys[i])) {
			*text = cut;
			return true;
		}
	}
	return true;
}

void logread_line(struct logread *reader, struct span text, bool continued)
{
	struct logreport *report = find_report(reader);
	uint64_t hash = hash_of(text);
	struct logline line;

	if (reader->is_cut && !cut_line(&text))
		return;
	if (report && report->last_hash == hash)
		return; /* a log that two ways lead to has each line twice */
	if (report)
		report->last_hash = hash;
	if (continued || !logline_parse(text, &line)) {
		take_other(reader, report, text);
		return;
	}
	switch (line.kind) {
	case LOGLINE_SYSRQ:
		reader->sysrq = true;
		reader->sysrq_at = reader->prefix;
		break;
	case LOGLINE_HEADER:
		take_header(reader, report, &line, hash);
		break;
	case LOGLINE_KILLED:
	case LOGLINE_EXITING:
	case LOGLINE_SHARER:
		take_kill(reader, report, &line);
		break;
	case LOGLINE_NOBODY:
	case LOGLINE_PANIC:
		take_nobody(reader, report, &line);
		break;
	case LOGLINE_REAPED:
	case LOGLINE_NOT_REAPED:
		take_reaped(reader, &line);
		break;
	default:
		take_part(reader, report, &line, hash);
		break;
	}
}
