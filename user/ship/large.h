/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages that are too large for the brokers. What a broker takes is known only when it has
 * refused something, so each is made smaller step by step, and told of in the end.
 */
#ifndef OOMTRACE_SHIP_LARGE_H
#define OOMTRACE_SHIP_LARGE_H

#include <stdint.h>

#include "ship/message.h"

#define LARGE_MOST       64  /* at a time; others are tried whole again */
#define LARGE_CANDIDATES 100 /* that a message that was cut has */

enum large_step {
	LARGE_WHOLE,
	LARGE_CUT,     /* to the first candidates */
	LARGE_BARE,    /* without candidates */
	LARGE_TOLD,    /* a `lost` line stands for it */
	LARGE_DROPPED, /* not even that was taken */
};

struct large {
	struct {
		int64_t number; /* 0: free */
		enum large_step step;
	} messages[LARGE_MOST];
};

/* @number was too large as it was: the next step. */
void large_note(struct large *large, int64_t number);
/* It was taken. */
void large_forget(struct large *large, int64_t number);

enum large_step large_step(const struct large *large, int64_t number);

/*
 * Makes @message what @step says, or, where that takes nothing from it, what a later step does.
 * Returns the step that was taken, LARGE_WHOLE where none was; of LARGE_DROPPED its line is gone.
 */
enum large_step large_shrink(struct message *message, enum large_step step, const char *identity,
			     const char *host);

#endif /* OOMTRACE_SHIP_LARGE_H */
