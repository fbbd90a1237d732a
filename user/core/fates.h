/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of the victims, by their identity (pid and start time): a bounded table, that is
 * told of victims and of fates in any order and gives back outcomes.
 */
#ifndef OOMTRACE_CORE_FATES_H
#define OOMTRACE_CORE_FATES_H

#include "core/episode.h"

#define FATES_VICTIMS 4096 /* whose outcome is waited for, or may yet be completed */
#define FATES_HELD    4096 /* fates that came before their victim */
#define FATES_DETAILS 64   /* of the victims looked up last; older ones have been told long ago */

/* A victim as the table keeps it. */
struct fates_victim {
	char id[EPISODE_ID_LEN];
	char comm[WIRE_COMM_LEN + 1];
	uint32_t pid;
	uint64_t start_ns;
	uint64_t boot_ns; /* the decision */
	uint64_t page_size;
	bool shares_mm;   /* its memory is another victim's: once it has exited, nothing is left */
	bool aborts_seen; /* the backend counts the calls that gave up */
};

struct fates;

/* NULL when memory is not to be had. */
struct fates *fates_new(void);
void fates_free(struct fates *fates);

/*
 * Waits for the outcome of @victim. Returns 0; -EEXIST when it is waited for already; -ENOSPC
 * when the table holds nothing but victims that are waited for.
 */
int fates_add(struct fates *fates, const struct fates_victim *victim);

/*
 * Notes one fate. That of a victim not in the table is held, for the victim may be told later.
 * Returns 0, or -ENOSPC when it could not be held.
 */
int fates_note(struct fates *fates, const struct wire_fate *fate);

/* Keeps what was looked up about a victim, known or to come, for its outcome. */
void fates_detail(struct fates *fates, const struct wire_detail *detail);

/* Gives the fates that are held to victims that have been added since. */
void fates_match(struct fates *fates);

/* Forgets the held fates that are due at @now and returns how many they were. */
uint32_t fates_expire(struct fates *fates, uint64_t now);

/*
 * The next outcome that is complete, or due at @due (UINT64_MAX: all are), told at @now at the
 * latest. Returns true and sets *@ret_outcome but for its real_ns. Call until it returns false.
 */
bool fates_next(struct fates *fates, uint64_t due, uint64_t now, struct outcome *ret_outcome);

/*
 * The earliest time at which fates_next() has something to do, or, @with_held, fates_expire();
 * 0: never.
 */
uint64_t fates_deadline(const struct fates *fates, bool with_held);

/* Victims whose outcome has neither come nor been given up. */
uint32_t fates_pending(const struct fates *fates);

#endif /* OOMTRACE_CORE_FATES_H */
