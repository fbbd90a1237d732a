// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The end of an episode: what is missing is completed, computed or counted. */
#include "core/complete.h"
#include "core/draft_state.h"
#include "core/gfp.h"
#include "core/score.h"
#include "core/uses.h"

/* Gives @task points where it lacks them and the kernel's formula has all it needs. */
static void fill_points(const struct episode *episode, struct task *task)
{
	if (!(task->known & TASK_KNOWS_POINTS) && (episode->known & EPISODE_KNOWS_TOTALPAGES) &&
	    !score_of(task, episode->page_size, episode->totalpages, &task->points))
		task->known |= TASK_KNOWS_POINTS;
}

/*
 * Sees to it that @task, which came with the decision, is among the candidates. Returns whether
 * it was not: its own record was lost.
 */
static bool ensure_task(struct episode *episode, struct task *task)
{
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		struct task *found = &episode->tasks[i];

		if (!task_is(found, task->pid, task->start_ns))
			continue;
		task->scan = found->scan;
		if (task->points_from_kernel && !found->points_from_kernel) {
			found->points = task->points;
			found->points_from_kernel = true;
			found->known |= TASK_KNOWS_POINTS;
		}
		if (!(found->known & TASK_KNOWS_CGROUP) && (task->known & TASK_KNOWS_CGROUP))
			convert_cgroup(found, task->cgroup, task->cgroup_truncated);
		return false;
	}
	task->scan = UINT32_MAX;
	episode->tasks[episode->n_tasks++] = *task;
	return true;
}

/* Accounts for every candidate: in the list, or lost and why. */
static void count_candidates(struct draft *draft, uint32_t rescued)
{
	struct episode *episode = &draft->episode;
	uint64_t ring = draft->listed - draft->received;
	uint64_t scratch = draft->total - draft->listed + draft->over;
	uint32_t eligible = 0;

	if (rescued <= ring) {
		ring -= rescued;
	} else {
		rescued -= (uint32_t)ring;
		ring = 0;
		scratch = scratch > rescued ? scratch - rescued : 0;
	}
	episode->loss[LOSS_RING_CANDIDATE] = ring;
	episode->loss[LOSS_SCRATCH_CANDIDATE] = scratch;
	episode->lost = (uint32_t)(ring + scratch);

	for (uint32_t i = 0; i < episode->n_tasks; i++)
		eligible += episode->tasks[i].eligible;
	if (episode->total < episode->n_tasks) /* a snapshot may come too late for the victim */
		episode->total = episode->n_tasks;
	if (episode->eligible < eligible)
		episode->eligible = eligible;
}

static void close_candidates(struct draft *draft)
{
	struct episode *episode = &draft->episode;
	uint32_t rescued = 0;

	if (episode->candidates_source != SOURCE_NONE && !episode->no_kill) {
		rescued += ensure_task(episode, &episode->victim);
		if (episode->has_runner_up)
			rescued += ensure_task(episode, &episode->runner_up);
	}
	count_candidates(draft, rescued);
	for (uint32_t i = 0; i < episode->n_tasks; i++)
		fill_points(episode, &episode->tasks[i]);
	for (uint32_t i = 1; i < episode->n_victims; i++)
		fill_points(episode, &episode->victims[i]);
	if (!episode->no_kill) {
		fill_points(episode, &episode->victim);
		fill_points(episode, &episode->runner_up);
		episode->victims[0] = episode->victim;
	}
	tasks_sort(episode->tasks, episode->n_tasks);
	uses_mark_shared(episode->tasks, episode->n_tasks, draft->mm_slots);
}

/* The kernel's own report, where there was one, has named them already. */
static void name_gfp(struct draft *draft)
{
	struct episode *episode = &draft->episode;

	if ((episode->known & EPISODE_KNOWS_GFP) && !(episode->known & EPISODE_KNOWS_GFP_TEXT) &&
	    draft->gfp &&
	    gfp_text(draft->gfp, episode->invoker.gfp_mask, episode->invoker.gfp_text,
		     sizeof(episode->invoker.gfp_text)) >= 0)
		episode->known |= EPISODE_KNOWS_GFP_TEXT;
}

struct episode *draft_close(struct draft *draft, const struct klog_report *report,
			    struct draft_losses *ret_losses)
{
	struct episode *episode = &draft->episode;

	draft->is_open = false;
	if (report)
		complete_from_klog(episode, report);
	name_gfp(draft);
	close_candidates(draft);
	if (!draft->open_ended && !draft->ended)
		episode->loss[LOSS_RING_END] = 1;
	episode->loss[LOSS_VICTIM_TABLE] = draft->victims_over;
	episode->loss[LOSS_WALK_CANDIDATE] = draft->walk_cut;
	episode->group = draft->group || draft->has_members;
	episode->known |= EPISODE_KNOWS_SCOPE;
	ret_losses->candidates = draft->over;
	ret_losses->victims = draft->victims_over;
	return episode;
}
