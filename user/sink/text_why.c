// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text: why that one, and how often of late. */
#include <inttypes.h>

#include "lib/units.h"
#include "sink/text_parts.h"

static void show_standing(struct flow *flow, const struct episode *episode, const struct why *why,
			  const char *after)
{
	bool adjusted = why->largest_part == PART_OOM_SCORE_ADJ;

	if (episode->selection == SELECTION_ALLOCATING_TASK)
		flow_words(flow, "it asked for the memory (vm.oom_kill_allocating_task)%s", after);
	else if (why->rank == 1 && episode->total == 1)
		flow_words(flow, "the only candidate%s", after);
	else if (why->rank == 1 && episode->eligible == 1)
		flow_words(flow, "the only one of %" PRIu32 " candidates that could be chosen%s",
			   episode->total, after);
	else if (why->rank == 1)
		flow_words(flow, "%s of %" PRIu32 " candidates%s",
			   adjusted ? "highest score" : "largest", episode->total, after);
	else if (why->rank)
		flow_words(flow, "number %" PRIu32 " by score of %" PRIu32 " candidates%s",
			   why->rank, episode->total, after);
	else if (episode->total)
		flow_words(flow, "chosen of %" PRIu32 " candidates%s", episode->total, after);
}

static void show_margin(struct flow *flow, const struct why *why, const char *after)
{
	bool behind = why->margin_bytes < 0;
	uint64_t bytes = behind ? -(uint64_t)why->margin_bytes : (uint64_t)why->margin_bytes;
	process_text name;
	units_text margin;

	text_process(name, why->runner_up->comm, why->runner_up->pid);
	if (!why->has_margin)
		flow_words(flow, "next would have been");
	else if (!bytes)
		flow_words(flow, "level with");
	else
		flow_words(flow, "%s %s", units_bytes(margin, bytes),
			   behind ? "behind" : "ahead of");
	flow_word(flow, "%s%s", name, after);
}

/* What to change, so that another one dies: the least that would have done. */
static void show_spared(struct flow *flow, const struct spared *spared)
{
	process_text name;

	if (spared->state == SPARED_BY_NONE) {
		flow_words(flow, "no oom_score_adj would have spared it");
		return;
	}
	flow_words(flow, "oom_score_adj %d would have spared it:", spared->adj);
	if (spared->then)
		flow_word(flow, "%s dies",
			  text_process(name, spared->then->comm, spared->then->pid));
	else
		flow_words(flow, "nobody else can be killed");
}

bool text_knows_choice(const struct episode *episode, const struct why *why)
{
	return episode->selection == SELECTION_EXITING_TASK ||
	       episode->selection == SELECTION_ALLOCATING_TASK || why->runner_up || episode->total;
}

void text_choice(struct flow *flow, const struct episode *episode, const struct why *why,
		 const char *after)
{
	if (episode->selection == SELECTION_EXITING_TASK) {
		flow_words(flow, "it was exiting already: marked without a selection");
		return;
	}
	show_standing(flow, episode, why, why->runner_up ? "," : after);
	if (why->runner_up)
		show_margin(flow, why, after);
}

void text_why(struct flow *flow, const struct episode *episode, const struct why *why)
{
	bool spared = why->spared.state == SPARED_BY_ADJ || why->spared.state == SPARED_BY_NONE;
	bool exiting = episode->selection == SELECTION_EXITING_TASK;

	if (!text_knows_choice(episode, why))
		return;
	flow_begin(flow, "  why", INDENT);
	text_choice(flow, episode, why, spared ? ";" : "");
	flow_end(flow);
	if (spared) {
		flow_begin(flow, "", INDENT);
		show_spared(flow, &why->spared);
		flow_end(flow);
	}
	if (!exiting && why->largest_part == PART_OOM_SCORE_ADJ) {
		flow_begin(flow, "", INDENT);
		flow_words(flow, "most of its score is its oom_score_adj of %d",
			   episode->victim.oom_score_adj);
		flow_end(flow);
	}
}

/* "st" of 1st, "th" of 11th. */
static const char *ordinal(uint32_t number)
{
	static const char *const endings[] = {"th", "st", "nd", "rd"};
	uint32_t last = number % 10;

	return last < 4 && number / 10 % 10 != 1 ? endings[last] : "th";
}

void text_again(struct flow *flow, const struct episode *episode)
{
	bool memcg = (episode->known & EPISODE_KNOWS_CONSTRAINT) &&
		     episode->constraint == CONSTRAINT_MEMCG_;
	units_text span;

	if (!episode->recent_kills)
		return;
	flow_begin(flow, "  again", INDENT);
	flow_words(flow, "%" PRIu32 "%s kill in %s within %s", episode->recent_kills,
		   ordinal(episode->recent_kills), memcg ? "this cgroup" : "the victim's cgroup",
		   units_span(span, episode->recent_span_ns));
	flow_end(flow);
}
