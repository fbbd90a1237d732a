// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/complete.h"

#include <string.h>

#include "core/text.h"

/* Whether @full is what @path, of which upper directories may be missing, stands for. */
static bool path_agrees(const char *path, bool truncated, const char *full)
{
	size_t len, full_len = strlen(full);

	if (!truncated)
		return !strcmp(path, full);
	path += strlen(PATH_TRUNCATED);
	len = strlen(path);
	return full_len >= len && !strcmp(full + full_len - len, path);
}

static bool memcg_agrees(const struct episode *episode, const struct klog_report *report)
{
	bool known =
		(episode->known & EPISODE_KNOWS_MEMCG) && (episode->memcg.known & MEMCG_KNOWS_PATH);

	if (known != report->has_memcg)
		return false;
	return !known ||
	       path_agrees(episode->memcg.path, episode->memcg.path_truncated, report->oom_memcg);
}

static void forget_points(struct task *task)
{
	if (!task->points_from_kernel)
		task->known &= ~(uint32_t)TASK_KNOWS_POINTS;
}

/* What was relative to another memcg, or to the whole machine, says nothing about this choice. */
static void forget_domain(struct episode *episode)
{
	episode->known &= ~(uint32_t)(EPISODE_KNOWS_TOTALPAGES | EPISODE_KNOWS_MEMCG);
	memset(&episode->memcg, 0, sizeof(episode->memcg));
	episode->n_ancestors = 0;
	episode->ancestors_cut = false;
	episode->totalpages = 0;
	episode->has_runner_up = false;
	episode->truncated = true;
	forget_points(&episode->victim);
	for (uint32_t i = 0; i < episode->n_victims; i++)
		forget_points(&episode->victims[i]);
	for (uint32_t i = 0; i < episode->n_tasks; i++)
		forget_points(&episode->tasks[i]);
}

static void complete_summary(struct episode *episode, const struct klog_report *report)
{
	bool is_memcg = report->constraint == CONSTRAINT_MEMCG_;
	/* Some nodes only: which, and who may use them, the snapshot did not ask. */
	bool is_nodes = report->constraint == CONSTRAINT_CPUSET_ ||
			report->constraint == CONSTRAINT_MEMORY_POLICY_;

	/* A report whose constraint and path do not go together is not understood. */
	if (report->constraint == CONSTRAINT_UNKNOWN || is_memcg != report->has_memcg)
		return;
	if (is_nodes || !memcg_agrees(episode, report))
		forget_domain(episode);
	if (is_memcg) {
		episode->known |= EPISODE_KNOWS_MEMCG;
		episode->memcg.known |= MEMCG_KNOWS_PATH;
		episode->memcg.path = report->oom_memcg;
		episode->memcg.path_truncated = false;
	}
	episode->known |= EPISODE_KNOWS_CONSTRAINT;
	episode->constraint = report->constraint;
	episode->completed_from = "kmsg";
}

static void complete_gfp(struct episode *episode, const struct klog_report *report)
{
	episode->known |= EPISODE_KNOWS_GFP;
	episode->invoker.gfp_mask = report->gfp_mask;
	episode->invoker.order = report->order;
	episode->sysrq = report->order == -1;
	if (report->has_gfp_text) {
		episode->known |= EPISODE_KNOWS_GFP_TEXT;
		text_copy(episode->invoker.gfp_text, sizeof(episode->invoker.gfp_text),
			  report->gfp_text, sizeof(report->gfp_text));
	}
	episode->completed_from = "kmsg";
}

void complete_from_klog(struct episode *episode, const struct klog_report *report)
{
	if (report->has_gfp)
		complete_gfp(episode, report);
	if (report->has_summary)
		complete_summary(episode, report);
	if (report->kill != KLOG_KILL_UNSEEN && episode->selection != SELECTION_EXITING_TASK) {
		episode->selection = report->kill == KLOG_KILL_ALLOCATING_TASK
					     ? SELECTION_ALLOCATING_TASK
					     : SELECTION_BADNESS;
	}
}
