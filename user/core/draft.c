// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/draft_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/assemble.h"
#include "core/text.h"
#include "core/uses.h"

struct draft *draft_new(uint32_t max_candidates)
{
	struct draft *draft;

	draft = calloc(1, sizeof(*draft) + ((size_t)max_candidates + 2) * sizeof(struct task));
	if (!draft)
		return NULL;
	draft->seen = calloc(max_candidates / 8 + 1, 1);
	draft->mm_slots = calloc(uses_slots((size_t)max_candidates + 2), sizeof(*draft->mm_slots));
	if (!draft->seen || !draft->mm_slots) {
		draft_free(draft);
		return NULL;
	}
	draft->max_candidates = max_candidates;
	return draft;
}

void draft_free(struct draft *draft)
{
	if (!draft)
		return;
	free(draft->seen);
	free(draft->mm_slots);
	free(draft);
}

uint64_t draft_number(const struct draft *draft)
{
	return draft->is_open ? draft->episode.number : 0;
}

uint32_t draft_victim_pid(const struct draft *draft)
{
	return draft->episode.victim.pid;
}

uint64_t draft_boot_ns(const struct draft *draft)
{
	return draft->episode.boot_ns;
}

static void take_path(const struct wire_path *wire, struct draft_path *path)
{
	path->truncated = false;
	path->known = path_from_wire(wire, path->text, sizeof(path->text), &path->truncated) >= 0;
}

static void place_in(struct task *task, const struct draft_path *path)
{
	convert_cgroup(task, path->known ? path->text : NULL, path->known && path->truncated);
}

/* The wire tells few paths, and every task's memcg by number: some are the same. */
static void place_task(struct draft *draft, const struct wire_task *wire, struct task *task)
{
	if (wire->memcg_id && wire->memcg_id == draft->victim_memcg)
		place_in(task, &draft->victim_path);
	else if (wire->memcg_id && wire->memcg_id == draft->memcg)
		place_in(task, &draft->memcg_path);
}

static uint8_t selection_of(const struct wire_decision *decision)
{
	const char *word = "oom_kill_allocating_task";

	if (decision->flags & DECISION_EXITING)
		return SELECTION_EXITING_TASK;
	if (memmem(decision->message, strnlen(decision->message, sizeof(decision->message)), word,
		   strlen(word)))
		return SELECTION_ALLOCATING_TASK;
	if (decision->message[0] != '\0')
		return SELECTION_BADNESS;
	/* Not told: but the allocating task is the invoker, and never chosen within a memcg. */
	if (decision->constraint == CONSTRAINT_MEMCG_ ||
	    decision->victim.pid != decision->invoker_pid)
		return SELECTION_BADNESS;
	return SELECTION_UNKNOWN;
}

/*
 * check_panic_on_oom() of mm/oom_kill.c, which comes before anybody is evaluated: 1 is for what
 * is not confined to a memcg or to some nodes, 2 for all but sysrq.
 */
bool draft_panics(const struct wire_decision *decision)
{
	if (!(decision->flags & DECISION_NO_VICTIM) || decision->source != SOURCE_NONE ||
	    ((decision->flags & DECISION_CONTROL) && decision->order == -1))
		return false;
	switch (decision->sysctls.panic_on_oom) {
	case 0:
		return false;
	case 2:
		return true;
	case WIRE_NONE_U32:
		/* In a memcg nobody is evaluated either when its last process has just gone. */
		return decision->constraint != CONSTRAINT_MEMCG_;
	default:
		return decision->constraint == CONSTRAINT_NONE_;
	}
}

static void take_facts(struct draft *draft, const struct wire_decision *decision)
{
	struct episode *episode = &draft->episode;

	if (decision->constraint != CONSTRAINT_UNKNOWN) {
		episode->known |= EPISODE_KNOWS_CONSTRAINT;
		episode->constraint = decision->constraint;
	}
	if ((decision->flags & (DECISION_CONTROL | DECISION_TOTALPAGES)) && decision->totalpages) {
		episode->known |= EPISODE_KNOWS_TOTALPAGES;
		episode->totalpages = decision->totalpages;
	}
	if (decision->flags & DECISION_CONTROL) {
		episode->known |= EPISODE_KNOWS_GFP;
		episode->invoker.gfp_mask = decision->gfp_mask;
		episode->invoker.order = decision->order;
		episode->sysrq = decision->order == -1;
	}
	if (decision->flags & DECISION_NO_VICTIM) {
		episode->no_kill =
			draft_panics(decision) ? NO_KILL_PANIC : NO_KILL_NOTHING_KILLABLE;
		episode->repeated = decision->repeated;
	}
	episode->selection = selection_of(decision);
	episode->rss_counters = decision->rss_counters;
	episode->candidates_source = decision->source;
	episode->total = decision->total;
	episode->eligible = decision->eligible;
	episode->truncated = decision->flags & DECISION_TRUNCATED;
	memcpy(episode->passed_over, decision->passed_over, sizeof(episode->passed_over));
}

static void take_invoker(struct draft *draft, const struct wire_decision *decision,
			 const struct symbols *symbols)
{
	struct episode *episode = &draft->episode;

	take_path(&decision->invoker_path, &draft->invoker_path);
	if (!decision->invoker_pid)
		return;
	episode->known |= EPISODE_KNOWS_INVOKER;
	episode->invoker.pid = decision->invoker_pid;
	episode->invoker.tid = decision->invoker_tid;
	episode->invoker.uid = decision->invoker_uid;
	episode->invoker.stack_len = symbols_of_stack(symbols, (const uint64_t *)decision->stack,
						      episode->invoker.stack);
	text_copy(episode->invoker.comm, sizeof(episode->invoker.comm), decision->invoker_comm,
		  sizeof(decision->invoker_comm));
	if (draft->invoker_path.known) {
		episode->invoker.cgroup = draft->invoker_path.text;
		episode->invoker.cgroup_truncated = draft->invoker_path.truncated;
	}
}

static void take_nodes(struct draft *draft, const struct wire_nodes *nodes)
{
	struct episode *episode = &draft->episode;

	if (nodes->has_nodemask)
		convert_nodes((const uint64_t *)nodes->nodemask, episode->invoker.nodemask,
			      sizeof(episode->invoker.nodemask));
	if (!nodes->known)
		return;
	episode->known |= EPISODE_KNOWS_NODES;
	convert_nodes((const uint64_t *)nodes->mems_allowed, episode->invoker.mems_allowed,
		      sizeof(episode->invoker.mems_allowed));
	text_copy(episode->invoker.cpuset, sizeof(episode->invoker.cpuset), nodes->cpuset,
		  sizeof(nodes->cpuset));
}

static void take_memcg(struct draft *draft, const struct wire_memcg *wire)
{
	struct episode *episode = &draft->episode;

	take_path(&wire->path, &draft->memcg_path);
	draft->memcg = wire->known ? wire->id : 0;
	if (!wire->known)
		return;
	episode->known |= EPISODE_KNOWS_MEMCG;
	convert_memcg(wire, episode->page_size, &episode->memcg);
	if (draft->memcg_path.known) {
		episode->memcg.known |= MEMCG_KNOWS_PATH;
		episode->memcg.path = draft->memcg_path.text;
		episode->memcg.path_truncated = draft->memcg_path.truncated;
	}
}

/* The path above @path: "/a/b" of "/a/b/c", "/" of "/a". */
static void cut_path(const char *path, char *ret_parent)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	memmove(ret_parent, path, len);
	if (!len)
		ret_parent[len++] = '/';
	ret_parent[len] = '\0';
}

static void take_ancestors(struct draft *draft, const struct wire_decision *decision)
{
	struct episode *episode = &draft->episode;
	const struct memcg *below = &episode->memcg;

	if (!decision->memcg.known)
		return;
	episode->n_ancestors = decision->ancestors_count;
	episode->ancestors_cut = decision->ancestors_cut;
	for (uint32_t i = 0; i < episode->n_ancestors; i++) {
		struct memcg *memcg = &episode->ancestors[i];

		convert_ancestor(&decision->ancestors[i], decision->memcg.v1, episode->page_size,
				 memcg);
		/* A path that was cut short does not say where its upper levels end. */
		if ((below->known & MEMCG_KNOWS_PATH) && !below->path_truncated) {
			cut_path(below->path, draft->ancestor_paths[i]);
			memcg->path = draft->ancestor_paths[i];
			memcg->known |= MEMCG_KNOWS_PATH;
		}
		below = memcg;
	}
}

static void take_cmdline(struct draft *draft, const struct wire_decision *decision)
{
	struct task *victim = &draft->episode.victim;

	if (!convert_cmdline(decision->cmdline, decision->cmdline_len, draft->cmdline))
		return;
	victim->cmdline = draft->cmdline;
	victim->cmdline_truncated = decision->cmdline_cut;
}

static void take_tasks(struct draft *draft, const struct wire_decision *decision)
{
	struct episode *episode = &draft->episode;

	take_path(&decision->victim_path, &draft->victim_path);
	draft->victim_memcg = decision->victim.memcg_id;
	convert_task(&decision->victim, &draft->convert, &episode->victim);
	place_in(&episode->victim, &draft->victim_path);
	take_cmdline(draft, decision);
	episode->victims[0] = episode->victim;
	episode->n_victims = 1;
	episode->has_runner_up = decision->flags & DECISION_RUNNER_UP;
	if (episode->has_runner_up) {
		convert_task(&decision->runner_up, &draft->convert, &episode->runner_up);
		place_task(draft, &decision->runner_up, &episode->runner_up);
	}
}

void draft_begin(struct draft *draft, const struct wire_decision *decision,
		 const struct draft_setting *setting)
{
	struct episode *episode = &draft->episode;

	memset(episode, 0, sizeof(*episode));
	memset(draft->seen, 0, draft->max_candidates / 8 + 1);
	draft->convert = (struct convert){setting->page_size, decision->head.boot_ns};
	draft->gfp = setting->gfp;
	draft->is_open = true;
	draft->ended = false;
	draft->walk_cut = decision->flags & DECISION_TRUNCATED;
	draft->group = decision->flags & DECISION_GROUP;
	draft->open_ended = decision->flags & DECISION_OPEN;
	draft->has_members = false;
	draft->last_ns = decision->head.boot_ns;
	draft->listed = decision->listed;
	draft->total = decision->total;
	draft->received = 0;
	draft->over = draft->victims_over = 0;
	draft->paths_used = 0;

	episode->victims = draft->victims;
	episode->tasks = draft->tasks;
	episode->number = decision->head.episode;
	episode->began_ns = decision->began_ns;
	episode->boot_ns = decision->head.boot_ns;
	episode->source = setting->source;
	episode->backend = setting->backend;
	episode->page_size = setting->page_size;
	episode->constraint = CONSTRAINT_UNKNOWN;
	episode->sysctls = decision->sysctls;
	convert_memory_unknown(&episode->memory);
	if (!(decision->flags & DECISION_NO_VICTIM))
		convert_id(setting->boot_id, decision->victim.pid, decision->victim.start_ns,
			   episode->id);
	take_facts(draft, decision);
	take_invoker(draft, decision, setting->symbols);
	take_nodes(draft, &decision->nodes);
	take_memcg(draft, &decision->memcg);
	take_ancestors(draft, decision);
	if (!episode->no_kill)
		take_tasks(draft, decision);
}

static void draft_touch(struct draft *draft, const struct wire_head *head)
{
	if (head->boot_ns > draft->last_ns)
		draft->last_ns = head->boot_ns;
}

/* Returns whether the candidate of this index is new, and notes that it came. */
static bool index_is_new(struct draft *draft, uint32_t index)
{
	uint8_t bit = (uint8_t)(1U << (index % 8));

	if (draft->seen[index / 8] & bit)
		return false;
	draft->seen[index / 8] |= bit;
	return true;
}

int draft_candidates(struct draft *draft, const struct wire_candidates *candidates)
{
	struct episode *episode = &draft->episode;
	uint32_t fresh = 0;

	if (candidates->first > draft->listed ||
	    candidates->count > draft->listed - candidates->first)
		return -EBADMSG;
	draft_touch(draft, &candidates->head);
	for (uint32_t i = 0; i < candidates->count; i++) {
		const struct wire_task *wire = &candidates->tasks[i];
		uint32_t index = candidates->first + i;
		struct task *task = &draft->tasks[episode->n_tasks];

		/* Past the room here an index is not remembered: those come in order. */
		if (index >= draft->max_candidates) {
			if (draft->received < draft->listed)
				draft->over++;
		} else if (index_is_new(draft, index)) {
			convert_task(wire, &draft->convert, task);
			place_task(draft, wire, task);
			task->scan = index;
			episode->n_tasks++;
		} else {
			continue;
		}
		if (draft->received < draft->listed)
			draft->received++;
		fresh++;
	}
	return fresh || !candidates->count ? 0 : -EBADMSG;
}

/* Keeps @path's text; the cgroups of a group's members are few, and follow each other. */
static const char *keep_path(struct draft *draft, const struct draft_path *path)
{
	const struct task *last = &draft->victims[draft->episode.n_victims - 1];
	size_t len = strlen(path->text) + 1;
	char *kept = draft->paths + draft->paths_used;

	if (last->cgroup && !strcmp(last->cgroup, path->text))
		return last->cgroup;
	if (len > sizeof(draft->paths) - draft->paths_used)
		return NULL;
	memcpy(kept, path->text, len);
	draft->paths_used += len;
	return kept;
}

/* What is said of a victim that is there already, as number @index. */
static void note_again(struct draft *draft, uint32_t index, const struct wire_victim *victim,
		       const struct draft_path *path)
{
	struct task *task = &draft->victims[index];

	/* The kernel kills the chosen one again when it kills the group. */
	if (index == 0) {
		if (path->known && !draft->victim_path.known) {
			draft->victim_path = *path;
			place_in(&draft->episode.victim, &draft->victim_path);
			place_in(task, &draft->victim_path);
		}
		return;
	}
	/* It shared the memory of one of the group, and then was killed as one itself. */
	if (!(victim->flags & VICTIM_SHARES_MM)) {
		task->killed_as = KILLED_AS_GROUP;
		draft->has_members = true;
	}
}

int draft_victim(struct draft *draft, const struct wire_victim *victim)
{
	bool shares_mm = victim->flags & VICTIM_SHARES_MM;
	struct episode *episode = &draft->episode;
	struct draft_path path;
	struct task *task;

	if (episode->no_kill)
		return -EBADMSG;
	draft_touch(draft, &victim->head);
	take_path(&victim->path, &path);
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		if (task_is(&draft->victims[i], victim->task.pid, victim->task.start_ns)) {
			note_again(draft, i, victim, &path);
			return 0;
		}
	}
	if (!shares_mm)
		draft->has_members = true;
	if (episode->n_victims == EPISODE_VICTIMS) {
		draft->victims_over++;
		return 0;
	}
	task = &draft->victims[episode->n_victims];
	convert_task(&victim->task, &draft->convert, task);
	if (path.known)
		convert_cgroup(task, keep_path(draft, &path), path.truncated);
	task->killed_as = shares_mm ? KILLED_AS_SHARED_MM : KILLED_AS_GROUP;
	episode->n_victims++;
	return 0;
}

int draft_memory(struct draft *draft, const struct wire_memory *memory)
{
	struct episode *episode = &draft->episode;

	if (episode->known & EPISODE_KNOWS_MEMORY)
		return -EBADMSG;
	draft_touch(draft, &memory->head);
	episode->known |= EPISODE_KNOWS_MEMORY;
	convert_memory(memory, &episode->memory);
	return 0;
}

void draft_end(struct draft *draft, const struct wire_end *end)
{
	draft_touch(draft, &end->head);
	draft->ended = true;
	/* Chosen, and then found to be on its way out: marked, not killed. */
	if (end->flags & END_EXITING)
		draft->episode.selection = SELECTION_EXITING_TASK;
}

/*
 * Without a victim out_of_memory() panics, by the sysctl or as "deadlocked on memory", but for
 * memcgs and sysrq. It does not return then, and so there is no end to wait for: nor any time.
 */
static bool panics_next(const struct episode *episode)
{
	bool is_global = (episode->known & EPISODE_KNOWS_CONSTRAINT) &&
			 episode->constraint != CONSTRAINT_MEMCG_;

	return episode->no_kill == NO_KILL_PANIC ||
	       (episode->no_kill == NO_KILL_NOTHING_KILLABLE && is_global && !episode->sysrq);
}

bool draft_is_complete(const struct draft *draft)
{
	/* The memory is the last that is told before the kernel's own report. */
	return draft->ended ||
	       (panics_next(&draft->episode) && (draft->episode.known & EPISODE_KNOWS_MEMORY));
}

uint64_t draft_deadline(const struct draft *draft)
{
	uint64_t delay = !draft->open_ended ? END_DEADLINE_NS
			 : draft->group     ? GROUP_DEADLINE_NS
					    : EPISODE_DEADLINE_NS;

	if (!draft->is_open)
		return 0;
	return draft->last_ns > UINT64_MAX - 1 - delay ? UINT64_MAX - 1 : draft->last_ns + delay;
}
