// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/complete.h"

#include <string.h>

#include "core/convert.h"
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
	episode->memory.memcg_usage_bytes = BYTES_UNKNOWN;
	memset(episode->memory.memcg_use_bytes, 0xff, sizeof(episode->memory.memcg_use_bytes));
	memset(&episode->memory.memcg_psi, 0xff, sizeof(episode->memory.memcg_psi));
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

static void complete_nodes(struct episode *episode, const struct klog_report *report)
{
	if (!(episode->known & EPISODE_KNOWS_NODES)) {
		episode->known |= EPISODE_KNOWS_NODES;
		memcpy(episode->invoker.mems_allowed, report->mems_allowed,
		       sizeof(episode->invoker.mems_allowed));
		memcpy(episode->invoker.cpuset, report->cpuset, sizeof(episode->invoker.cpuset));
	}
	if (!episode->invoker.nodemask[0])
		memcpy(episode->invoker.nodemask, report->nodemask,
		       sizeof(episode->invoker.nodemask));
	episode->completed_from = "kmsg";
}

/* What the backend read itself holds. */
static void fill(struct episode *episode, uint64_t *ret_bytes, uint64_t bytes)
{
	if (*ret_bytes != BYTES_UNKNOWN || bytes == BYTES_UNKNOWN)
		return;
	*ret_bytes = bytes;
	episode->known |= EPISODE_KNOWS_MEMORY;
	episode->completed_from = "kmsg";
}

static uint64_t bytes_of(const struct episode *episode, uint64_t pages)
{
	if (pages == BYTES_UNKNOWN || !episode->page_size)
		return BYTES_UNKNOWN;
	return convert_pages(pages, episode->page_size);
}

/* The memcg's own counters, where another memcg's had been read. */
static void complete_counters(struct episode *episode, const struct klog_memory *report)
{
	struct memcg *memcg = &episode->memcg;
	uint64_t page = episode->page_size;

	if (!page)
		return;
	if (!(memcg->known & MEMCG_KNOWS_USAGE) && report->memory.usage != BYTES_UNKNOWN) {
		memcg->known |= MEMCG_KNOWS_USAGE;
		memcg->v1 = report->is_v1;
		memcg->usage_bytes = report->memory.usage;
		convert_limit(report->memory.limit / page, page, &memcg->limit_bytes,
			      &memcg->limit_is_max);
	}
	if (!(memcg->known & MEMCG_KNOWS_SWAP) && report->swap.usage != BYTES_UNKNOWN) {
		memcg->known |= MEMCG_KNOWS_SWAP;
		memcg->v1 = report->is_v1;
		memcg->swap_bytes = report->swap.usage;
		convert_limit(report->swap.limit / page, page, &memcg->swap_limit_bytes,
			      &memcg->swap_limit_is_max);
	}
}

static void complete_memory(struct episode *episode, const struct klog_memory *report)
{
	struct memory *memory = &episode->memory;
	uint64_t managed = BYTES_UNKNOWN;

	if (report->pages_present != BYTES_UNKNOWN &&
	    report->pages_reserved <= report->pages_present)
		managed = report->pages_present - report->pages_reserved;
	fill(episode, &memory->total_bytes, bytes_of(episode, managed));
	fill(episode, &memory->free_bytes, bytes_of(episode, report->pages_free));
	fill(episode, &memory->swap_total_bytes, report->swap_total);
	fill(episode, &memory->swap_free_bytes, report->swap_free);
	for (unsigned int use = 0; use < USE_MAX; use++)
		fill(episode, &memory->use_bytes[use], bytes_of(episode, report->pages_use[use]));
	if (!(episode->known & EPISODE_KNOWS_MEMCG) || episode->constraint != CONSTRAINT_MEMCG_)
		return;
	complete_counters(episode, report);
	fill(episode, &memory->memcg_usage_bytes, report->memory.usage);
	for (unsigned int use = 0; use < USE_MAX; use++)
		fill(episode, &memory->memcg_use_bytes[use], report->memcg_use[use]);
}

void complete_from_klog(struct episode *episode, const struct klog_report *report)
{
	if (report->has_gfp)
		complete_gfp(episode, report);
	if (report->has_summary)
		complete_summary(episode, report);
	if (report->has_nodes)
		complete_nodes(episode, report);
	complete_memory(episode, &report->memory);
	if (report->cause != LOGLINE_CAUSE_UNSEEN && episode->selection != SELECTION_EXITING_TASK) {
		episode->selection = report->cause == LOGLINE_CAUSE_ALLOCATING_TASK
					     ? SELECTION_ALLOCATING_TASK
					     : SELECTION_BADNESS;
	}
}
