// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/assemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/convert.h"
#include "core/draft.h"
#include "core/fates.h"
#include "core/klog.h"
#include "core/path.h"
#include "core/recent.h"
#include "core/symbols.h"
#include "core/text.h"
#include "core/waiting.h"
#include "core/wirecheck.h"

#define BACKEND_TRACEPOINT_INDEX 2 /* enum backend is the loader's */

struct assembler {
	struct assembler_config config;
	struct wire_host wire_host;
	struct wire_gfp gfp;
	bool gfp_known;
	struct host host;
	bool host_known, host_told, clock_known, finished;
	int64_t real_minus_boot_ns;
	struct totals totals;
	uint64_t kernel_losses[LOSS_MAX]; /* as last told by the wire */
	uint64_t untold[LOSS_MAX];        /* losses seen here and not told yet */
	bool has_untold;
	uint64_t losses_told_ns;
	struct draft *draft;
	struct fates *fates;
	struct recent *recent;
	struct klog klog;
	struct symbols symbols;
	struct wire_memory held_memory; /* came before its decision; of episode 0: none */
	uint64_t last_closed;           /* the number of the episode before */
	struct episode waiting;
	char waiting_path[PATH_TEXT_LEN];
	union wire_record record; /* the one being fed, aligned */
};

struct assembler *assembler_new(const struct assembler_config *config)
{
	struct assembler *assembler = calloc(1, sizeof(*assembler));

	if (!assembler)
		return NULL;
	assembler->config = *config;
	assembler->host.wire = &assembler->wire_host;
	assembler->draft = draft_new(config->max_candidates);
	assembler->fates = fates_new();
	assembler->recent = recent_new();
	klog_init(&assembler->klog);
	if (!assembler->draft || !assembler->fates || !assembler->recent) {
		assembler_free(assembler);
		return NULL;
	}
	return assembler;
}

void assembler_free(struct assembler *assembler)
{
	if (!assembler)
		return;
	draft_free(assembler->draft);
	fates_free(assembler->fates);
	recent_free(assembler->recent);
	free(assembler);
}

/* CLOCK_REALTIME of a moment on the boot clock, 0 when not known. */
static int64_t real_of(const struct assembler *assembler, uint64_t boot_ns)
{
	if (!assembler->clock_known)
		return 0;
	return (int64_t)(boot_ns + (uint64_t)assembler->real_minus_boot_ns);
}

static void tell_host(struct assembler *assembler)
{
	const struct assembler_ops *ops = assembler->config.ops;

	if (!assembler->host_known || assembler->host_told)
		return;
	assembler->host_told = true;
	assembler->host.attached_real_ns = real_of(assembler, assembler->wire_host.attached_ns);
	if (ops->attached)
		ops->attached(assembler->config.ctx, &assembler->host);
}

static void tell_lost(struct assembler *assembler, uint8_t reason, uint64_t count, uint64_t now)
{
	const struct assembler_ops *ops = assembler->config.ops;
	struct lost lost = {
		.boot_ns = now,
		.real_ns = real_of(assembler, now),
		.reason = reason,
		.count = count,
	};

	if (ops->lost)
		ops->lost(assembler->config.ctx, &assembler->host, &lost);
}

void assembler_count_loss(struct assembler *assembler, enum wire_loss loss, uint64_t count)
{
	if (loss >= LOSS_MAX || !count)
		return;
	assembler->totals.lost[loss] += count;
	assembler->untold[loss] += count;
	assembler->has_untold = true;
}

static uint64_t losses_due(const struct assembler *assembler)
{
	if (!assembler->has_untold)
		return 0;
	return assembler->losses_told_ns + LOSS_INTERVAL_NS;
}

/* Tells the losses seen here, but not so often that telling them is what loses the next. */
static void tell_untold(struct assembler *assembler, uint64_t now, bool at_once)
{
	bool waits = assembler->losses_told_ns && now < losses_due(assembler) &&
		     now >= assembler->losses_told_ns;

	if (!assembler->has_untold || (waits && !at_once))
		return;
	assembler->has_untold = false;
	assembler->losses_told_ns = now;
	for (uint8_t reason = 0; reason < LOSS_MAX; reason++) {
		uint64_t count = assembler->untold[reason];

		assembler->untold[reason] = 0;
		if (count)
			tell_lost(assembler, reason, count, now);
	}
}

static bool fates_were_lost(const struct totals *totals)
{
	return totals->lost[LOSS_RING_FATE] || totals->lost[LOSS_VICTIM_TABLE] ||
	       totals->lost[LOSS_STRAY];
}

static void tell_outcomes(struct assembler *assembler, uint64_t due, uint64_t now)
{
	const struct assembler_ops *ops = assembler->config.ops;
	struct outcome outcome;

	while (fates_next(assembler->fates, due, now, &outcome)) {
		outcome.real_ns = real_of(assembler, outcome.boot_ns);
		/* An exit that was not told may be among what was lost: no word that it lives. */
		if (fates_were_lost(&assembler->totals))
			outcome.watched_ns = 0;
		if (ops->outcome)
			ops->outcome(assembler->config.ctx, &assembler->host, &outcome);
	}
}

static void await_victims(struct assembler *assembler, const struct episode *episode)
{
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		const struct task *task = &episode->victims[i];
		struct fates_victim victim = {
			.pid = task->pid,
			.start_ns = task->start_ns,
			.boot_ns = episode->boot_ns,
			.page_size = episode->page_size,
			.shares_mm = task->killed_as == KILLED_AS_SHARED_MM,
			/* calls of out_of_memory are what it cannot see */
			.aborts_seen = episode->backend != BACKEND_TRACEPOINT_INDEX,
		};

		memcpy(victim.id, episode->id, sizeof(victim.id));
		memcpy(victim.comm, task->comm, sizeof(victim.comm));
		if (fates_add(assembler->fates, &victim) == -ENOSPC)
			assembler_count_loss(assembler, LOSS_VICTIM_TABLE, 1);
	}
}

/* The log's report of the open episode, if its backend needs one. */
static const struct klog_report *report_of(struct assembler *assembler)
{
	uint64_t boot_ns = draft_boot_ns(assembler->draft);
	uint64_t since = boot_ns > OUTCOME_DEADLINE_NS ? boot_ns - OUTCOME_DEADLINE_NS : 0;

	if (!assembler->host_known || assembler->wire_host.backend != BACKEND_TRACEPOINT_INDEX)
		return NULL;
	return klog_take(&assembler->klog, draft_victim_pid(assembler->draft), since);
}

static void close_episode(struct assembler *assembler)
{
	const struct assembler_ops *ops = assembler->config.ops;
	struct totals *totals = &assembler->totals;
	const struct klog_report *report = report_of(assembler);
	uint64_t missed = klog_take_missed(&assembler->klog);
	struct draft_losses losses;
	struct episode *episode;

	episode = draft_close(assembler->draft, report, &losses);
	/* A report that is all there has lost none of them. */
	if (!report || !report->has_gfp || !report->has_summary)
		episode->loss[LOSS_LOG_LINE] = missed;
	assembler->last_closed = episode->number;
	episode->real_ns = real_of(assembler, episode->boot_ns);
	totals->candidates += episode->total;
	if (episode->no_kill) {
		assembler_count_loss(assembler, LOSS_SCRATCH_CANDIDATE, losses.candidates);
		if (ops->no_kill)
			ops->no_kill(assembler->config.ctx, &assembler->host, episode);
		return;
	}
	recent_note(assembler->recent, episode);
	totals->episodes++;
	totals->kills += episode->n_victims + losses.victims;
	assembler_count_loss(assembler, LOSS_SCRATCH_CANDIDATE, losses.candidates);
	assembler_count_loss(assembler, LOSS_VICTIM_TABLE, losses.victims);
	if (ops->episode)
		ops->episode(assembler->config.ctx, &assembler->host, episode);
	await_victims(assembler, episode);
	fates_match(assembler->fates);
}

static void close_if_complete(struct assembler *assembler)
{
	if (draft_is_complete(assembler->draft))
		close_episode(assembler);
}

/* The same tracer, and another name of its host: nothing begins anew. */
static bool is_renamed(const struct assembler *assembler, const struct wire_host *record)
{
	const struct wire_host *host = &assembler->wire_host;

	return assembler->host_known && host->attached_ns == record->attached_ns &&
	       !memcmp(host->boot_id, record->boot_id, sizeof(host->boot_id)) &&
	       strncmp(host->host, record->host, sizeof(host->host)) != 0;
}

static void take_host(struct assembler *assembler, const struct wire_host *record)
{
	struct wire_host *host = &assembler->wire_host;

	if (is_renamed(assembler, record)) {
		memcpy(host->host, record->host, sizeof(host->host));
		host->host[WIRE_TEXT_LEN - 1] = '\0';
		return;
	}
	recent_forget(assembler->recent);
	*host = *record;
	/* What follows prints these as strings. */
	host->version[WIRE_TEXT_LEN - 1] = '\0';
	host->host[WIRE_TEXT_LEN - 1] = '\0';
	host->boot_id[WIRE_TEXT_LEN - 1] = '\0';
	host->kernel[WIRE_TEXT_LEN - 1] = '\0';
	host->arch[WIRE_TEXT_LEN - 1] = '\0';
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++)
		host->refusals[i].reason[WIRE_REASON_LEN - 1] = '\0';
	assembler->host_known = true;
	assembler->host_told = false;
	assembler->gfp_known = false; /* of the host before */
	if (assembler->clock_known)
		tell_host(assembler);
}

static struct draft_setting setting_of(const struct assembler *assembler)
{
	return (struct draft_setting){
		.boot_id = assembler->wire_host.boot_id,
		.source = assembler->config.source,
		.backend = assembler->wire_host.backend,
		.page_size = assembler->wire_host.page_size,
		.symbols = &assembler->symbols,
		.gfp = assembler->gfp_known ? &assembler->gfp : NULL,
	};
}

/* A memory record whose decision has not come, and will not any more. */
static void drop_held_memory(struct assembler *assembler)
{
	if (assembler->held_memory.head.episode)
		assembler_count_loss(assembler, LOSS_STRAY, 1);
	assembler->held_memory.head.episode = 0;
}

static void take_memory(struct assembler *assembler, const struct wire_memory *memory)
{
	uint64_t number = draft_number(assembler->draft);

	if (number && number == memory->head.episode) {
		if (draft_memory(assembler->draft, memory) < 0)
			assembler_count_loss(assembler, LOSS_MALFORMED, 1);
		close_if_complete(assembler);
	} else if (memory->head.episode == assembler->last_closed) {
		assembler_count_loss(assembler, LOSS_STRAY, 1);
	} else {
		drop_held_memory(assembler);
		assembler->held_memory = *memory;
	}
}

static void take_decision(struct assembler *assembler, const struct wire_decision *decision)
{
	struct draft_setting setting = setting_of(assembler);

	/* out_of_memory is serial: the one before has ended, whatever became of its end mark. */
	if (draft_number(assembler->draft))
		close_episode(assembler);
	draft_begin(assembler->draft, decision, &setting);
	if (assembler->held_memory.head.episode == decision->head.episode) {
		draft_memory(assembler->draft, &assembler->held_memory);
		assembler->held_memory.head.episode = 0;
	}
	drop_held_memory(assembler);
	close_if_complete(assembler);
}

/* Outside oom_lock, and so perhaps amidst an open episode, which it leaves alone. */
static void take_waiting(struct assembler *assembler, const struct wire_waiting *waiting)
{
	const struct assembler_ops *ops = assembler->config.ops;
	struct draft_setting setting = setting_of(assembler);
	struct episode *episode = &assembler->waiting;

	waiting_told(waiting, &setting, assembler->waiting_path, episode);
	episode->real_ns = real_of(assembler, episode->boot_ns);
	if (ops->no_kill)
		ops->no_kill(assembler->config.ctx, &assembler->host, episode);
}

/* Whether @head belongs to the open episode; counted when it does not. */
static bool is_of_open(struct assembler *assembler, const struct wire_head *head)
{
	uint64_t number = draft_number(assembler->draft);

	if (number && number == head->episode)
		return true;
	assembler_count_loss(assembler, LOSS_STRAY, 1);
	return false;
}

static void take_candidates(struct assembler *assembler, const struct wire_candidates *candidates)
{
	if (!is_of_open(assembler, &candidates->head))
		return;
	if (draft_candidates(assembler->draft, candidates) < 0)
		assembler_count_loss(assembler, LOSS_MALFORMED, 1);
	close_if_complete(assembler);
}

static void take_end(struct assembler *assembler, const struct wire_end *end)
{
	if (!is_of_open(assembler, &end->head))
		return;
	draft_end(assembler->draft, end);
	close_if_complete(assembler);
}

static void take_signal(struct assembler *assembler, const struct wire_signal *signal)
{
	const struct assembler_ops *ops = assembler->config.ops;
	struct user_kill kill;

	convert_signal(signal, &kill);
	kill.real_ns = real_of(assembler, kill.boot_ns);
	if (ops->user_kill)
		ops->user_kill(assembler->config.ctx, &assembler->host, &kill);
}

static void take_lost(struct assembler *assembler, const struct wire_lost *lost)
{
	for (uint8_t reason = 0; reason < LOSS_MAX; reason++) {
		uint64_t *last = &assembler->kernel_losses[reason];
		uint64_t more = lost->count[reason] > *last ? lost->count[reason] - *last : 0;

		*last = lost->count[reason];
		assembler->totals.lost[reason] += more;
		if (more)
			tell_lost(assembler, reason, more, lost->head.boot_ns);
	}
}

static void take_record(struct assembler *assembler, const union wire_record *record)
{
	switch (record->head.kind) {
	case WIRE_DECISION:
		take_decision(assembler, &record->decision);
		break;
	case WIRE_CANDIDATES:
		take_candidates(assembler, &record->candidates);
		break;
	case WIRE_VICTIM:
		if (is_of_open(assembler, &record->head) &&
		    draft_victim(assembler->draft, &record->victim) < 0)
			assembler_count_loss(assembler, LOSS_MALFORMED, 1);
		break;
	case WIRE_MEMORY:
		take_memory(assembler, &record->memory);
		break;
	case WIRE_WAITING:
		take_waiting(assembler, &record->waiting);
		break;
	case WIRE_DETAIL:
		fates_detail(assembler->fates, &record->detail);
		break;
	case WIRE_END:
		take_end(assembler, &record->end);
		break;
	case WIRE_FATE:
		if (fates_note(assembler->fates, &record->fate) < 0)
			assembler_count_loss(assembler, LOSS_VICTIM_TABLE, 1);
		break;
	case WIRE_SIGNAL:
		take_signal(assembler, &record->signal);
		break;
	case WIRE_HOST:
		take_host(assembler, &record->host);
		break;
	case WIRE_CLOCK:
		assembler->clock_known = true;
		assembler->real_minus_boot_ns = record->clock.real_minus_boot_ns;
		break;
	case WIRE_KMSG:
		klog_feed(&assembler->klog, record->kmsg.text, record->kmsg.len,
			  record->head.boot_ns);
		break;
	case WIRE_SYMBOL:
		symbols_add(&assembler->symbols, &record->symbol);
		break;
	case WIRE_LOST:
		take_lost(assembler, &record->lost);
		break;
	case WIRE_GFP:
		assembler->gfp = record->gfp;
		assembler->gfp_known = true;
		break;
	case WIRE_DETACH:
		assembler_finish(assembler, record->head.boot_ns);
		break;
	default: /* WIRE_TICK: the time has come with it */
		break;
	}
}

int assembler_feed(struct assembler *assembler, const void *bytes, size_t len)
{
	union wire_record *record = &assembler->record;

	if (assembler->finished)
		return 0;
	if (len <= sizeof(*record))
		memcpy(record, bytes, len);
	if (len > sizeof(*record) || wire_check(record, len) < 0) {
		assembler_count_loss(assembler, LOSS_MALFORMED, 1);
		return -EBADMSG;
	}
	/* The clock, if it comes right behind, is told with the host. */
	if (record->head.kind != WIRE_CLOCK)
		tell_host(assembler);
	take_record(assembler, record);
	if (record->head.kind != WIRE_HOST && record->head.kind != WIRE_DETACH)
		assembler_tick(assembler, record->head.boot_ns);
	return 0;
}

void assembler_tick(struct assembler *assembler, uint64_t now)
{
	uint64_t deadline;

	if (assembler->finished)
		return;
	tell_host(assembler);
	deadline = draft_deadline(assembler->draft);
	if (deadline && deadline <= now)
		close_episode(assembler);
	tell_outcomes(assembler, now, now);
	/* A fate may have come before its victim as long as victims may come. */
	if (!draft_number(assembler->draft))
		assembler_count_loss(assembler, LOSS_STRAY, fates_expire(assembler->fates, now));
	tell_untold(assembler, now, false);
}

uint64_t assembler_deadline(const struct assembler *assembler)
{
	uint64_t times[] = {
		draft_deadline(assembler->draft),
		fates_deadline(assembler->fates, !draft_number(assembler->draft)),
		losses_due(assembler),
	};
	uint64_t earliest = 0;

	if (assembler->finished)
		return 0;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i] && (!earliest || times[i] < earliest))
			earliest = times[i];
	}
	return earliest;
}

void assembler_finish(struct assembler *assembler, uint64_t now)
{
	const struct assembler_ops *ops = assembler->config.ops;

	if (assembler->finished)
		return;
	tell_host(assembler);
	if (draft_number(assembler->draft))
		close_episode(assembler);
	drop_held_memory(assembler);
	tell_outcomes(assembler, UINT64_MAX, now);
	assembler_count_loss(assembler, LOSS_STRAY, fates_expire(assembler->fates, UINT64_MAX));
	tell_untold(assembler, now, true);
	assembler->finished = true;
	assembler->totals.boot_ns = now;
	assembler->totals.real_ns = real_of(assembler, now);
	if (ops->detached)
		ops->detached(assembler->config.ctx, &assembler->host, &assembler->totals);
}

uint32_t assembler_pending_outcomes(const struct assembler *assembler)
{
	return fates_pending(assembler->fates);
}

const struct totals *assembler_totals(const struct assembler *assembler)
{
	return &assembler->totals;
}
