// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the page needs of every kill in one place, and the names that it shows for short ones. */
#include <string.h>

#include "core/score.h"
#include "core/why.h"
#include "sink/explain_findings.h"
#include "sink/jsonl_parts.h"
#include "sink/report_parts.h"
#include "sink/text_parts.h"

/* Memory that @task had, resident, swapped or in page tables, as far as known; BYTES_UNKNOWN. */
static uint64_t bytes_of(const struct task *task)
{
	uint64_t bytes;

	if (task_knows(task, TASK_KNOWS_RSS_PARTS))
		bytes = task->rss_anon_bytes + task->rss_file_bytes;
	else if (task->known & TASK_KNOWS_RSS)
		bytes = task->rss_bytes;
	else
		return BYTES_UNKNOWN;
	if (task_knows(task, TASK_KNOWS_RSS_PARTS) && task_knows(task, TASK_KNOWS_SHMEM))
		bytes += task->rss_shmem_bytes;
	if (task_knows(task, TASK_KNOWS_SWAP))
		bytes += task->swap_bytes;
	if (task_knows(task, TASK_KNOWS_PGTABLES))
		bytes += task->pgtables_bytes;
	return bytes;
}

static void put_who(struct json *json, const struct episode *episode)
{
	const struct task *victim = &episode->victim;

	if (episode->no_kill)
		return;
	json_open_object(json, "victim");
	json_put_u64(json, "pid", victim->pid);
	jsonl_put_text(json, "comm", victim->comm, sizeof(victim->comm));
	if (victim->known & TASK_KNOWS_CGROUP)
		jsonl_put_place(json, victim->cgroup, victim->cgroup_truncated);
	jsonl_put_bytes(json, "bytes", bytes_of(victim));
	json_close(json);
	json_put_u64(json, "killed", episode->n_victims ? episode->n_victims : 1);
}

/* Disjoint, so that they may be drawn one after the other. */
static void put_uses(struct json *json, const struct episode *episode)
{
	struct why why = why_explain(episode);

	jsonl_put_bytes(json, "used_bytes", why.used_bytes);
	if (!why.n_uses)
		return;
	json_open_array(json, "uses");
	for (uint32_t i = 0; i < why.n_uses; i++) {
		json_open_object(json, NULL);
		jsonl_put_word(json, "use", use_name(why.uses[i].use));
		json_put_u64(json, "bytes", why.uses[i].bytes);
		if (why.uses[i].stays)
			json_put_bool(json, "stays", true);
		json_close(json);
	}
	json_close(json);
}

int report_put_row(struct json *json, const struct host *host, const struct episode *episode)
{
	bool memcg =
		(episode->known & EPISODE_KNOWS_MEMCG) && (episode->memcg.known & MEMCG_KNOWS_PATH);

	jsonl_begin_on(json, episode->no_kill ? "oom_no_kill" : "oom_kill", host, episode->real_ns,
		       episode->boot_ns);
	if (*episode->id)
		json_put_string(json, "id", episode->id);
	if (episode->known & EPISODE_KNOWS_CONSTRAINT)
		jsonl_put_word(json, "constraint", constraint_name(episode->constraint));
	if (memcg)
		jsonl_put_path(json, "memcg", "memcg_truncated", episode->memcg.path,
			       episode->memcg.path_truncated);
	put_who(json, episode);
	/* What one of oom_score_adj is worth. */
	if ((episode->known & EPISODE_KNOWS_TOTALPAGES) && episode->page_size)
		json_put_u64(json, "adj_unit_bytes",
			     (uint64_t)score_adjustment(1, episode->totalpages) *
				     episode->page_size);
	put_uses(json, episode);
	json_close(json);
	return json_end(json);
}

int report_put_names(struct json *json)
{
	json_open_object(json, NULL);
	json_open_object(json, "uses");
	for (unsigned int i = 0; i < USE_MAX; i++)
		json_put_string(json, use_name(i), text_use_words((uint8_t)i));
	json_close(json);
	json_open_object(json, "skipped");
	for (unsigned int i = SKIP_NONE + 1; i < SKIP_MAX; i++)
		if (skip_name(i))
			json_put_string(json, skip_name(i), skip_words((uint8_t)i));
	json_close(json);
	json_close(json);
	return json_end(json);
}
