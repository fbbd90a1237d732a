// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who the kernel would kill now, for programs: one object of type rank. */
#include "lib/json.h"
#include "sink/jsonl_parts.h"
#include "sink/ranking.h"

static void put_memcg(struct json *json, const struct ranking *ranking)
{
	if (!ranking->has_memcg)
		return;
	json_open_object(json, "memcg");
	jsonl_put_memcg(json, &ranking->memcg);
	if (ranking->limit_is_given)
		json_put_bool(json, "limit_supposed", true);
	if (ranking->memcg.v1)
		json_put_bool(json, "oom_kill_disabled", ranking->oom_kill_disabled);
	json_close(json);
}

static void put_process(struct json *json, const struct ranking *ranking, const struct task *task)
{
	json_open_object(json, NULL);
	jsonl_put_task(json, task);
	/* The kernel's oom_score is that of the whole machine, and of nothing else. */
	if (!ranking->has_memcg)
		json_put_s64(json, "oom_score",
			     ranking_oom_score(task->eligible, task->points, ranking->totalpages));
	json_close(json);
}

static void put_candidates(struct json *json, const struct ranking *ranking, uint32_t most)
{
	uint32_t count = ranking->n_tasks < most ? ranking->n_tasks : most;

	json_open_object(json, "candidates");
	json_put_u64(json, "total", ranking->n_tasks);
	json_put_u64(json, "eligible", ranking->eligible);
	json_put_u64(json, "listed", count);
	json_put_string(json, "source", "proc");
	jsonl_put_passed_over(json, ranking->passed_over);
	json_put_u64(json, "gone", ranking->gone);
	json_put_u64(json, "denied", ranking->denied);
	json_open_array(json, "tasks");
	for (uint32_t i = 0; i < count; i++)
		put_process(json, ranking, &ranking->tasks[i]);
	json_close(json);
	json_close(json);
}

/* Who would die, and who comes second by how much. */
static void put_first(struct json *json, const struct ranking *ranking)
{
	const struct task *tasks = ranking->tasks;

	if (!ranking->eligible || ranking->oom_kill_disabled)
		return;
	json_open_object(json, "first");
	json_put_u64(json, "pid", tasks[0].pid);
	jsonl_put_text(json, "comm", tasks[0].comm, sizeof(tasks[0].comm));
	json_close(json);
	if (ranking->eligible < 2)
		return;
	json_open_object(json, "runner_up");
	json_put_u64(json, "pid", tasks[1].pid);
	jsonl_put_text(json, "comm", tasks[1].comm, sizeof(tasks[1].comm));
	json_close(json);
	json_put_s64(json, "margin_bytes",
		     (tasks[0].points - tasks[1].points) * (int64_t)ranking->page_size);
}

static void put_limits(struct json *json, const struct ranking *ranking)
{
	json_open_array(json, "limits");
	for (size_t i = 0; i < ranking->n_limits; i++) {
		const struct ranking_limit *limit = &ranking->limits[i];

		json_open_object(json, NULL);
		jsonl_put_memcg(json, &limit->memcg);
		if (limit->memcg.v1) {
			json_put_bool(json, "oom_kill_disabled", limit->oom_kill_disabled);
			json_put_bool(json, "under_oom", limit->under_oom);
		}
		json_close(json);
	}
	json_close(json);
}

int ranking_put(struct outbuf *out, const struct ranking *ranking,
		const struct ranking_options *options)
{
	struct json json;

	json_init(&json, out);
	jsonl_begin(&json, "rank", options->host, options->boot_id, ranking->real_ns,
		    ranking->boot_ns);
	if (options->redacted)
		json_put_bool(&json, "redacted", true);
	jsonl_put_text(&json, "kernel", options->kernel, WIRE_TEXT_LEN);
	json_put_u64(&json, "page_size", ranking->page_size);
	json_put_u64(&json, "totalpages", ranking->totalpages);
	jsonl_put_word(&json, "rss_counters", rss_counters_name(ranking->rss_counters));
	if (ranking->rss_differs)
		json_put_bool(&json, "approximate", true);
	put_memcg(&json, ranking);
	put_first(&json, ranking);
	put_candidates(&json, ranking, options->most);
	put_limits(&json, ranking);
	json_close(&json);
	return json_end(&json);
}
