// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The sentences of an explanation, each with the numbers it stands on. */
#include "sink/explain_findings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/units.h"
#include "sink/text_parts.h"

const char *grouped(grouped_text out, int64_t number)
{
	uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char *at = &out[sizeof(grouped_text) - 1];
	unsigned int digits = 0;

	*at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + left % 10);
		left /= 10;
		digits++;
	} while (left);
	if (number < 0)
		*--at = '-';
	return memmove(out, at, strlen(at) + 1);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "es";
}

static void say_manner(struct flow *flow, const struct finding *finding)
{
	grouped_text pages;
	process_text name;

	switch (finding->what) {
	case FINDING_ALLOCATING_TASK:
		flow_words(flow, "vm.oom_kill_allocating_task is set: who asks for memory dies, "
				 "whatever its points");
		break;
	case FINDING_EXITING_TASK:
		flow_words(flow,
			   "it was on its way out already, and was only given the reserves to "
			   "finish");
		break;
	case FINDING_GROUP:
		flow_words(flow, "memory.oom.group: %" PRIu32 " process%s die for this one choice",
			   finding->count, plural(finding->count));
		break;
	case FINDING_SHARED_MM:
		flow_words(flow, "%" PRIu32 " more die%s because they share its memory",
			   finding->count, finding->count == 1 ? "s" : "");
		break;
	case FINDING_NOT_HIGHEST:
		flow_word(flow, "%s", text_process(name, finding->task->comm, finding->task->pid));
		flow_words(flow, "has %s points more and lives", grouped(pages, finding->points));
		break;
	case FINDING_TIE:
		flow_word(flow, "%s", text_process(name, finding->task->comm, finding->task->pid));
		flow_words(flow, "has as many points: of equals the last one scanned dies");
		break;
	default:
		break;
	}
}

static void say_adj(struct flow *flow, const struct finding *finding)
{
	units_text bytes;
	process_text name;

	switch (finding->what) {
	case FINDING_ADJ_DECIDED:
		flow_words(flow, "oom_score_adj decided: by memory alone");
		flow_word(flow, "%s", text_process(name, finding->task->comm, finding->task->pid));
		flow_words(flow, "would have died, which holds %s more",
			   units_bytes(bytes, finding->bytes));
		break;
	case FINDING_ADJ_POWERLESS:
		flow_words(
			flow,
			"the oom_score_adj of %" PRIu32
			" candidate%s has no effect: it counts in thousandths of totalpages, and "
			"there are fewer than 1000",
			finding->count, finding->count == 1 ? "" : "s");
		break;
	case FINDING_PROTECTED:
		flow_words(flow, "oom_score_adj -1000 protects %" PRIu32 " process%s",
			   finding->count, plural(finding->count));
		if (!finding->task) /* what they hold is not known */
			break;
		flow_words(flow, "holding %s, most of it in", units_bytes(bytes, finding->bytes));
		flow_word(flow, "%s", text_process(name, finding->task->comm, finding->task->pid));
		break;
	default:
		break;
	}
}

static void say_domain(struct flow *flow, const struct finding *finding)
{
	units_text bytes, of;

	switch (finding->what) {
	case FINDING_ANCESTOR_LIMIT:
		flow_words(flow, "the limit that was met is that of");
		flow_parts(flow, finding->path, '/');
		flow_words(flow, "and not that of the victim's own");
		flow_parts(flow, finding->other_path, '/');
		break;
	case FINDING_OUTSIDER:
		flow_words(flow, "who asked for the memory is outside, in");
		flow_parts(flow, finding->other_path, '/');
		break;
	case FINDING_NODES:
		flow_words(flow,
			   "the request was bound to some memory nodes; on all together %s "
			   "were free",
			   units_bytes(bytes, finding->bytes));
		break;
	case FINDING_NO_SWAP:
		flow_words(flow, "there is no swap%s", finding->bytes ? ":" : "");
		if (finding->bytes)
			flow_words(flow, "%s of anonymous memory had nowhere to go",
				   units_bytes(bytes, finding->bytes));
		break;
	case FINDING_SWAP_FORBIDDEN:
		flow_words(flow, "the machine has %s of swap, but this cgroup may use none of it",
			   units_bytes(of, finding->of_bytes));
		break;
	case FINDING_SWAP_FULL:
		flow_words(flow, "swap was full: %s", units_bytes(bytes, finding->bytes));
		flow_words(flow, "of %s", units_bytes(of, finding->of_bytes));
		break;
	default:
		break;
	}
}

static void say_unexplained(struct flow *flow, const struct finding *finding)
{
	units_text bytes, of;

	flow_words(flow, "candidates hold only %" PRIu32 ".%" PRIu32 " %% of the %s in use%s",
		   finding->permille / 10, finding->permille % 10,
		   units_bytes(of, finding->of_bytes), finding->use < USE_MAX ? ";" : "");
	if (finding->use < USE_MAX)
		flow_words(flow, "the largest other use is %s, %s%s", text_use_words(finding->use),
			   units_bytes(bytes, finding->bytes),
			   finding->stays ? ", which no kill frees" : "");
}

static void say_memory(struct flow *flow, const struct finding *finding)
{
	units_text bytes, of;

	switch (finding->what) {
	case FINDING_PAGE_TABLES:
		flow_words(flow, "page tables are %" PRIu32 ".%" PRIu32 " %% of the victim: %s",
			   finding->permille / 10, finding->permille % 10,
			   units_bytes(bytes, finding->bytes));
		flow_words(flow, "of %s", units_bytes(of, finding->of_bytes));
		break;
	case FINDING_SHMEM_STAYS:
		flow_words(flow, "%s", units_bytes(bytes, finding->bytes));
		flow_words(flow,
			   "of its %s are shared memory, which need not go away with it: tmpfs "
			   "files and shm segments stay",
			   units_bytes(of, finding->of_bytes));
		break;
	case FINDING_UNEXPLAINED:
		say_unexplained(flow, finding);
		break;
	case FINDING_REPEATED:
		flow_words(flow, "%" PRIu32 " kills of this cgroup within %s", finding->count,
			   units_duration(bytes, (int64_t)finding->span_ns));
		break;
	case FINDING_INCOMPLETE:
		flow_words(flow,
			   "%" PRIu32
			   " candidates were lost, or the walk was cut short: ranks may be "
			   "wrong",
			   finding->count);
		break;
	default:
		break;
	}
}

void finding_show(struct flow *flow, const struct episode *episode, const struct finding *finding)
{
	(void)episode;
	if (finding->what <= FINDING_TIE)
		say_manner(flow, finding);
	else if (finding->what <= FINDING_PROTECTED)
		say_adj(flow, finding);
	else if (finding->what <= FINDING_SWAP_FULL)
		say_domain(flow, finding);
	else
		say_memory(flow, finding);
}

void spared_show(struct flow *flow, const struct spared *spared)
{
	process_text name;

	switch (spared->state) {
	case SPARED_BY_ADJ:
		flow_words(flow, "oom_score_adj %d%s would have spared it:", spared->adj,
			   spared->adj > -1000 ? " or below" : "");
		if (spared->then)
			flow_word(flow, "%s dies",
				  text_process(name, spared->then->comm, spared->then->pid));
		else
			flow_words(flow, "nobody can be killed");
		break;
	case SPARED_BY_NONE:
		flow_words(flow, "no oom_score_adj would have spared it: it asked to be chosen "
				 "first");
		break;
	case SPARED_NO_CHOICE:
		flow_words(flow, "no oom_score_adj would have spared it: it was not chosen by "
				 "points");
		break;
	case SPARED_GROUP:
		flow_words(flow, "its own oom_score_adj would not have spared it: it dies with "
				 "its group, whoever of them is chosen");
		break;
	case SPARED_OLDER_RULE:
		flow_words(flow, "which oom_score_adj would have spared it cannot be said: its "
				 "kernel, before 5.3, chose by other rules");
		break;
	default:
		flow_words(flow, "which oom_score_adj would have spared it cannot be said: "
				 "candidates or their numbers are missing");
		break;
	}
}

const char *skip_words(uint8_t skip)
{
	switch (skip) {
	case SKIP_ADJ_MIN:
		return "oom_score_adj -1000 forbids it";
	case SKIP_IN_VFORK:
		return "in vfork, its memory is its parent's";
	case SKIP_REAPED:
		return "a victim whose memory is taken already";
	case SKIP_DYING:
		return "a victim that is dying already";
	case SKIP_NO_MM:
		return "it has no memory of its own";
	case SKIP_NOT_IN_NODEMASK:
		return "it may not use the memory nodes that ran out";
	default:
		return skip_name(skip);
	}
}
