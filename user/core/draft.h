/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one episode that is open: begun by a decision, added to by candidates and victims, closed
 * into a struct episode. Holds all the memory an episode needs, so that none is asked for while
 * there is none.
 */
#ifndef OOMTRACE_CORE_DRAFT_H
#define OOMTRACE_CORE_DRAFT_H

#include "core/episode.h"
#include "core/klog.h"
#include "core/symbols.h"

struct draft;

/* What an episode is told of the stream it stands in. */
struct draft_setting {
	const char *boot_id; /* "" when not known */
	const char *source;
	unsigned int backend;
	uint64_t page_size; /* 0 when not known */
	const struct symbols *symbols;
	const struct wire_gfp *gfp; /* NULL when not known */
};

/* NULL when memory is not to be had. */
struct draft *draft_new(uint32_t max_candidates);
void draft_free(struct draft *draft);

/* The number of the open episode, or 0 when none is open. */
uint64_t draft_number(const struct draft *draft);

/* Opens an episode. None is open. @setting's pointers live as long as the episode. */
void draft_begin(struct draft *draft, const struct wire_decision *decision,
		 const struct draft_setting *setting);

/* Adds candidates. Returns -EBADMSG when they are not the episode's own, or came before. */
int draft_candidates(struct draft *draft, const struct wire_candidates *candidates);

/* Adds a victim, unless it is there already. Returns -EBADMSG where nobody was chosen. */
int draft_victim(struct draft *draft, const struct wire_victim *victim);

/* Takes what the memory was used for. Returns -EBADMSG when that came before. */
int draft_memory(struct draft *draft, const struct wire_memory *memory);

/* Whether vm.panic_on_oom makes the kernel panic on this decision, as far as that can be told. */
bool draft_panics(const struct wire_decision *decision);

/* Takes the end mark. */
void draft_end(struct draft *draft, const struct wire_end *end);

/* Whether everything has come that can. */
bool draft_is_complete(const struct draft *draft);

/* When it is waited for no longer; 0 when none is open. */
uint64_t draft_deadline(const struct draft *draft);

/* The chosen victim of the open episode. */
uint32_t draft_victim_pid(const struct draft *draft);
uint64_t draft_boot_ns(const struct draft *draft);

/* What was lost on this side of the wire, for want of room here. */
struct draft_losses {
	uint64_t candidates, victims;
};

/*
 * Closes the episode as it is, completed from @report unless that is NULL. What is returned lives
 * until the next draft_begin(), and as long as @report.
 */
struct episode *draft_close(struct draft *draft, const struct klog_report *report,
			    struct draft_losses *ret_losses);

#endif /* OOMTRACE_CORE_DRAFT_H */
