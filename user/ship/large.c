// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/large.h"

#include <stdlib.h>
#include <string.h>

void large_note(struct large *large, int64_t number)
{
	int free_place = -1;

	for (int i = 0; i < LARGE_MOST; i++) {
		if (large->messages[i].number == number) {
			if (large->messages[i].step < LARGE_DROPPED)
				large->messages[i].step++;
			return;
		}
		if (!large->messages[i].number && free_place < 0)
			free_place = i;
	}
	if (free_place < 0)
		return;
	large->messages[free_place].number = number;
	large->messages[free_place].step = LARGE_CUT;
}

void large_forget(struct large *large, int64_t number)
{
	for (int i = 0; i < LARGE_MOST; i++)
		if (large->messages[i].number == number)
			large->messages[i].number = 0;
}

enum large_step large_step(const struct large *large, int64_t number)
{
	for (int i = 0; i < LARGE_MOST; i++)
		if (large->messages[i].number == number)
			return large->messages[i].step;
	return LARGE_WHOLE;
}

/* Puts a `lost` line in place of @message. */
static int tell(struct message *message, const char *identity, const char *host)
{
	struct message told;
	int error = message_of_gap(message->number, message->number, identity, host,
				   message->time_ns, &told);

	if (error)
		return error;
	told.gone = 0;
	/* Under the id of what it stands for: that is what a consumer misses. */
	strcpy(told.id, message->id);
	message_free(message);
	*message = told;
	return 0;
}

enum large_step large_shrink(struct message *message, enum large_step step, const char *identity,
			     const char *host)
{
	if ((int)step <= message->step)
		return LARGE_WHOLE;
	if (step == LARGE_CUT && message_cut(message, LARGE_CANDIDATES))
		step = LARGE_BARE;
	if (step == LARGE_BARE && message_cut(message, 0))
		step = LARGE_TOLD;
	if (step == LARGE_TOLD && tell(message, identity, host))
		step = LARGE_DROPPED;
	if (step == LARGE_DROPPED) {
		free(message->line);
		message->line = NULL;
	}
	message->step = (int)step;
	return step;
}
