// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/fates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/assemble.h"
#include "core/convert.h"
#include "core/text.h"

#define BUCKETS 1024 /* a power of two; pids are dense, so their low bits are a good hash */
#define NOWHERE UINT32_MAX

enum victim_state {
	VICTIM_FREE,
	VICTIM_WAITING,  /* its outcome is to be told, at the latest at its deadline */
	VICTIM_GIVEN_UP, /* told at the deadline, incomplete */
	VICTIM_LATE,     /* a fate came after that: to be told once more */
	VICTIM_DONE,     /* kept to know the fates that still come, until its place is needed */
};

/* What has been seen of a victim: an outcome without its texts, of which there are few. */
struct marks {
	bool has_sigkill, has_exited, has_freed, has_reaped, has_reap_skipped, has_aborted;
	bool has_reaped_bytes;
	int64_t sigkill_ns, exited_ns, freed_ns, reaped_ns, reap_skipped_ns;
	uint64_t reaped_bytes;
	uint32_t aborted;
};

struct victim {
	struct fates_victim is;
	struct marks marks;
	uint64_t last_ns;  /* the last fate */
	uint64_t deadline; /* in VICTIM_WAITING and VICTIM_LATE */
	uint32_t next;     /* of the same bucket */
	uint8_t state;
	bool ready; /* it is in the ready list */
};

struct fates {
	struct victim victims[FATES_VICTIMS];
	uint32_t buckets[BUCKETS];
	uint32_t ready[FATES_VICTIMS]; /* complete, to be told */
	uint32_t n_ready, n_pending, n_used;
	uint64_t deadline; /* no victim is due before it; 0: none is waited for */
	struct wire_fate held[FATES_HELD];
	uint32_t n_held;
	struct wire_detail details[FATES_DETAILS];
	uint32_t n_details; /* that ever came; the oldest gives way */
};

struct fates *fates_new(void)
{
	struct fates *fates = calloc(1, sizeof(*fates));

	if (fates)
		memset(fates->buckets, 0xff, sizeof(fates->buckets));
	return fates;
}

void fates_free(struct fates *fates)
{
	free(fates);
}

static struct victim *victim_find(struct fates *fates, uint32_t pid, uint64_t start_ns)
{
	uint32_t i = fates->buckets[pid % BUCKETS];

	for (; i != NOWHERE; i = fates->victims[i].next) {
		struct victim *victim = &fates->victims[i];

		if (victim->is.pid == pid && victim->is.start_ns == start_ns)
			return victim;
	}
	return NULL;
}

static void victim_unlink(struct fates *fates, uint32_t index)
{
	uint32_t *link = &fates->buckets[fates->victims[index].is.pid % BUCKETS];

	while (*link != index)
		link = &fates->victims[*link].next;
	*link = fates->victims[index].next;
}

/* An unused place, else that of the oldest of which all was told, complete ones first. */
static uint32_t victim_place(struct fates *fates)
{
	uint32_t best = NOWHERE;

	if (fates->n_used < FATES_VICTIMS)
		return fates->n_used++;
	for (uint32_t i = 0; i < FATES_VICTIMS; i++) {
		const struct victim *victim = &fates->victims[i];
		const struct victim *oldest = best == NOWHERE ? NULL : &fates->victims[best];

		if (victim->state != VICTIM_DONE && victim->state != VICTIM_GIVEN_UP)
			continue;
		if (!oldest || victim->state > oldest->state ||
		    (victim->state == oldest->state && victim->is.boot_ns < oldest->is.boot_ns))
			best = i;
	}
	if (best != NOWHERE)
		victim_unlink(fates, best);
	return best;
}

/* Later than @ns by @delay; a time near the end of time stays before it. */
static uint64_t time_after(uint64_t ns, uint64_t delay)
{
	return ns > UINT64_MAX - 1 - delay ? UINT64_MAX - 1 : ns + delay;
}

static void victim_wait(struct fates *fates, struct victim *victim, uint64_t deadline)
{
	victim->deadline = deadline;
	if (!fates->deadline || deadline < fates->deadline)
		fates->deadline = deadline;
}

int fates_add(struct fates *fates, const struct fates_victim *is)
{
	struct victim *victim;
	uint32_t place;

	if (victim_find(fates, is->pid, is->start_ns))
		return -EEXIST;
	place = victim_place(fates);
	if (place == NOWHERE)
		return -ENOSPC;

	victim = &fates->victims[place];
	memset(victim, 0, sizeof(*victim));
	victim->is = *is;
	victim->state = VICTIM_WAITING;
	victim->next = fates->buckets[is->pid % BUCKETS];
	fates->buckets[is->pid % BUCKETS] = place;
	victim_wait(fates, victim, time_after(is->boot_ns, OUTCOME_DEADLINE_NS));
	fates->n_pending++;
	return 0;
}

/* Nanoseconds since the decision; 0 before it. */
static int64_t since_decision(const struct victim *victim, uint64_t boot_ns)
{
	uint64_t ns = boot_ns > victim->is.boot_ns ? boot_ns - victim->is.boot_ns : 0;

	return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

/* The first of a kind counts. A signal is sent before the mark that makes the decision. */
static void note_time(const struct victim *victim, uint64_t boot_ns, bool *has, int64_t *ret_ns)
{
	if (*has)
		return;
	*has = true;
	*ret_ns = since_decision(victim, boot_ns);
}

static void note_what(struct victim *victim, const struct wire_fate *fate)
{
	struct marks *marks = &victim->marks;
	uint64_t boot_ns = fate->head.boot_ns;

	switch (fate->what) {
	case FATE_SIGKILL:
		note_time(victim, boot_ns, &marks->has_sigkill, &marks->sigkill_ns);
		break;
	case FATE_EXITED:
		note_time(victim, boot_ns, &marks->has_exited, &marks->exited_ns);
		break;
	case FATE_FREED:
		note_time(victim, boot_ns, &marks->has_freed, &marks->freed_ns);
		break;
	case FATE_REAPED:
		note_time(victim, boot_ns, &marks->has_reaped, &marks->reaped_ns);
		if (fate->reaped_pages != WIRE_NONE_U64 && victim->is.page_size) {
			marks->has_reaped_bytes = !__builtin_mul_overflow(
				fate->reaped_pages, victim->is.page_size, &marks->reaped_bytes);
		}
		break;
	case FATE_REAP_SKIPPED:
		note_time(victim, boot_ns, &marks->has_reap_skipped, &marks->reap_skipped_ns);
		break;
	default: /* that the reaper began is in no outcome */
		break;
	}
	if (fate->aborted != WIRE_NONE_U32 && victim->is.aborts_seen) {
		marks->has_aborted = true;
		marks->aborted = fate->aborted;
	}
}

/* Nothing of it is left: it has exited, and its memory has gone, unless that is another's. */
static bool victim_is_gone(const struct victim *victim)
{
	return victim->marks.has_exited && (victim->marks.has_freed || victim->is.shares_mm);
}

static void victim_note(struct fates *fates, struct victim *victim, const struct wire_fate *fate)
{
	uint32_t index = (uint32_t)(victim - fates->victims);

	note_what(victim, fate);
	if (fate->head.boot_ns > victim->last_ns)
		victim->last_ns = fate->head.boot_ns;
	if (victim->state == VICTIM_DONE || victim->ready)
		return;
	if (victim_is_gone(victim)) {
		if (victim->state == VICTIM_GIVEN_UP)
			victim->state = VICTIM_LATE;
		victim->ready = true;
		fates->ready[fates->n_ready++] = index;
	} else if (victim->state == VICTIM_GIVEN_UP &&
		   (fate->what == FATE_EXITED || fate->what == FATE_FREED)) {
		/* Its other half is not far. */
		victim->state = VICTIM_LATE;
		victim_wait(fates, victim, time_after(fate->head.boot_ns, EPISODE_DEADLINE_NS));
	}
}

int fates_note(struct fates *fates, const struct wire_fate *fate)
{
	struct victim *victim = victim_find(fates, fate->pid, fate->start_ns);

	if (victim) {
		victim_note(fates, victim, fate);
		return 0;
	}
	if (fates->n_held == FATES_HELD)
		return -ENOSPC;
	fates->held[fates->n_held++] = *fate;
	return 0;
}

void fates_match(struct fates *fates)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < fates->n_held; i++) {
		const struct wire_fate *fate = &fates->held[i];
		struct victim *victim = victim_find(fates, fate->pid, fate->start_ns);

		if (victim)
			victim_note(fates, victim, fate);
		else
			fates->held[kept++] = *fate;
	}
	fates->n_held = kept;
}

static uint64_t held_due(const struct wire_fate *fate)
{
	return time_after(fate->head.boot_ns, EPISODE_DEADLINE_NS);
}

uint32_t fates_expire(struct fates *fates, uint64_t now)
{
	uint32_t kept = 0, expired;

	for (uint32_t i = 0; i < fates->n_held; i++) {
		if (held_due(&fates->held[i]) > now)
			fates->held[kept++] = fates->held[i];
	}
	expired = fates->n_held - kept;
	fates->n_held = kept;
	return expired;
}

void fates_detail(struct fates *fates, const struct wire_detail *detail)
{
	fates->details[fates->n_details++ % FATES_DETAILS] = *detail;
}

/* What was looked up last of @victim, or NULL. */
static const struct wire_detail *detail_of(const struct fates *fates, const struct victim *victim)
{
	for (uint32_t i = 1; i <= FATES_DETAILS && i <= fates->n_details; i++) {
		const struct wire_detail *detail =
			&fates->details[(fates->n_details - i) % FATES_DETAILS];

		if (detail->pid == victim->is.pid && detail->start_ns == victim->is.start_ns)
			return detail;
	}
	return NULL;
}

static void tell_detail(const struct wire_detail *detail, struct outcome *outcome)
{
	if (convert_cmdline(detail->cmdline, detail->cmdline_len, outcome->cmdline))
		outcome->cmdline_truncated = detail->cmdline_cut;
	text_copy(outcome->pod, sizeof(outcome->pod), detail->pod, sizeof(detail->pod));
	text_copy(outcome->pod_namespace, sizeof(outcome->pod_namespace), detail->pod_namespace,
		  sizeof(detail->pod_namespace));
}

static struct outcome outcome_of(const struct victim *victim)
{
	const struct marks *marks = &victim->marks;
	struct outcome outcome = {
		.pid = victim->is.pid,
		.has_sigkill = marks->has_sigkill,
		.has_exited = marks->has_exited,
		.has_freed = marks->has_freed,
		.has_reaped = marks->has_reaped,
		.has_reap_skipped = marks->has_reap_skipped,
		.has_aborted = marks->has_aborted,
		.sigkill_ns = marks->sigkill_ns,
		.exited_ns = marks->exited_ns,
		.freed_ns = marks->freed_ns,
		.reaped_ns = marks->reaped_ns,
		.reap_skipped_ns = marks->reap_skipped_ns,
		.has_reaped_bytes = marks->has_reaped_bytes,
		.reaped_bytes = marks->reaped_bytes,
		.aborted_selections = marks->aborted,
	};

	memcpy(outcome.id, victim->is.id, sizeof(outcome.id));
	memcpy(outcome.comm, victim->is.comm, sizeof(outcome.comm));
	return outcome;
}

static void victim_tell(struct fates *fates, struct victim *victim, uint64_t now,
			struct outcome *ret_outcome)
{
	const struct wire_detail *detail = detail_of(fates, victim);
	bool complete = victim_is_gone(victim);

	if (victim->state == VICTIM_WAITING)
		fates->n_pending--;
	victim->state = complete || victim->state == VICTIM_LATE ? VICTIM_DONE : VICTIM_GIVEN_UP;
	victim->ready = false;
	*ret_outcome = outcome_of(victim);
	ret_outcome->boot_ns = complete ? victim->last_ns : victim->deadline;
	if (ret_outcome->boot_ns > now) /* given up before its deadline, at the end */
		ret_outcome->boot_ns = now;
	if (!complete)
		ret_outcome->watched_ns = since_decision(victim, ret_outcome->boot_ns);
	if (detail)
		tell_detail(detail, ret_outcome);
}

/* The first victim that is due; when there is none, notes when the next one will be. */
static struct victim *victim_due(struct fates *fates, uint64_t now)
{
	uint64_t earliest = 0;

	if (!fates->deadline || fates->deadline > now)
		return NULL;
	for (uint32_t i = 0; i < fates->n_used; i++) {
		struct victim *victim = &fates->victims[i];

		if ((victim->state != VICTIM_WAITING && victim->state != VICTIM_LATE))
			continue;
		if (victim->deadline <= now)
			return victim;
		if (!earliest || victim->deadline < earliest)
			earliest = victim->deadline;
	}
	fates->deadline = earliest;
	return NULL;
}

bool fates_next(struct fates *fates, uint64_t due, uint64_t now, struct outcome *ret_outcome)
{
	struct victim *victim;

	if (fates->n_ready > 0) {
		victim = &fates->victims[fates->ready[0]];
		fates->n_ready--;
		memmove(fates->ready, fates->ready + 1, fates->n_ready * sizeof(*fates->ready));
	} else {
		victim = victim_due(fates, due);
		if (!victim)
			return false;
	}
	victim_tell(fates, victim, now, ret_outcome);
	return true;
}

uint64_t fates_deadline(const struct fates *fates, bool with_held)
{
	uint64_t earliest = 0;

	for (uint32_t i = 0; i < fates->n_used; i++) {
		const struct victim *victim = &fates->victims[i];

		if (victim->state != VICTIM_WAITING && victim->state != VICTIM_LATE)
			continue;
		if (!earliest || victim->deadline < earliest)
			earliest = victim->deadline;
	}
	for (uint32_t i = 0; with_held && i < fates->n_held; i++) {
		uint64_t due = held_due(&fates->held[i]);

		if (!earliest || due < earliest)
			earliest = due;
	}
	return earliest;
}

uint32_t fates_pending(const struct fates *fates)
{
	return fates->n_pending;
}
