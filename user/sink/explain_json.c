// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An explanation for programs: one object of type explain. */
#include "lib/json.h"
#include "sink/explain.h"
#include "sink/jsonl_parts.h"

static void put_who(struct json *json, const char *key, const struct task *task)
{
	if (!task)
		return;
	json_open_object(json, key);
	json_put_u64(json, "pid", task->pid);
	jsonl_put_text(json, "comm", task->comm, sizeof(task->comm));
	json_close(json);
}

static void put_candidate(struct json *json, const struct episode *episode, const struct task *task)
{
	struct arithmetic sums;

	json_open_object(json, NULL);
	json_put_u64(json, "pid", task->pid);
	jsonl_put_text(json, "comm", task->comm, sizeof(task->comm));
	json_put_bool(json, "eligible", task->eligible);
	jsonl_put_word(json, "skipped", skip_name(task->skip));
	if (task->known & TASK_KNOWS_POINTS)
		json_put_s64(json, "points", task->points);
	if (!explain_arithmetic(episode, task, &sums)) {
		json_put_u64(json, "anon", sums.anon);
		json_put_u64(json, "file", sums.file);
		json_put_u64(json, "shmem", sums.shmem);
		json_put_u64(json, "swap", sums.swap);
		json_put_u64(json, "page_tables", sums.pgtables);
		json_put_u64(json, "sum", sums.sum);
		json_put_s64(json, "oom_score_adj", sums.adj);
		json_put_u64(json, "adj_unit", sums.unit);
		json_put_s64(json, "adjusted", sums.adjusted);
		if (sums.drift)
			json_put_s64(json, "drift", sums.drift);
	}
	json_close(json);
}

static void put_ranking(struct json *json, const struct episode *episode, uint32_t most)
{
	json_open_array(json, "ranking");
	for (uint32_t i = 0; i < episode->n_tasks && i < most; i++)
		put_candidate(json, episode, &episode->tasks[i]);
	json_close(json);
}

static void put_spared(struct json *json, const struct spared *spared)
{
	json_open_object(json, "spared");
	if (spared->state == SPARED_BY_ADJ) {
		json_put_s64(json, "at_oom_score_adj", spared->adj);
		put_who(json, "then", spared->then);
	}
	jsonl_put_word(json, "not_said", spared_name(spared->state));
	json_close(json);
}

static void put_finding(struct json *json, const struct finding *finding)
{
	json_open_object(json, NULL);
	jsonl_put_word(json, "finding", finding_name(finding->what));
	if (finding->count)
		json_put_u64(json, "count", finding->count);
	if (finding->permille)
		json_put_u64(json, "permille", finding->permille);
	if (finding->bytes)
		json_put_u64(json, "bytes", finding->bytes);
	if (finding->of_bytes)
		json_put_u64(json, "of_bytes", finding->of_bytes);
	if (finding->points)
		json_put_s64(json, "points", finding->points);
	if (finding->span_ns)
		json_put_ms(json, "within_ms", (int64_t)finding->span_ns);
	if (finding->what == FINDING_UNEXPLAINED)
		jsonl_put_word(json, "use", use_name(finding->use));
	put_who(json, "task", finding->task);
	jsonl_put_word(json, "path", finding->path);
	jsonl_put_word(json, "other_path", finding->other_path);
	json_close(json);
}

static void put_findings(struct json *json, const struct explanation *explanation)
{
	json_open_array(json, "findings");
	for (size_t i = 0; i < explanation->n_findings; i++)
		put_finding(json, &explanation->findings[i]);
	json_close(json);
}

/* `victim`, `chosen` if another, `points`, `tied`, `lacks`: of one run of a rule. */
static void put_verdict(struct json *json, const struct rule_verdict *verdict)
{
	put_who(json, "victim", verdict->victim);
	if (verdict->chosen != verdict->victim)
		put_who(json, "chosen", verdict->chosen);
	if (verdict->chosen && verdict->rule->traits & RULE_SIGNED)
		json_put_s64(json, "points", (int64_t)verdict->chosen_points);
	else if (verdict->chosen)
		json_put_u64(json, "points", verdict->chosen_points);
	json_put_bool(json, "tied", verdict->tied);
	if (!verdict->lacks)
		return;
	json_open_object(json, "lacks");
	for (unsigned int i = 0; i < LACK_MAX; i++) {
		if (verdict->lacks >> i & 1)
			json_put_u64(json, lack_name(i), verdict->tasks_lacking[i]);
	}
	json_close(json);
}

static void put_supposition(struct json *json, const struct explanation *explanation)
{
	if (!explanation->supposed)
		return;
	json_open_object(json, "supposed");
	if (explanation->n_changes)
		json_open_array(json, "changes");
	for (size_t i = 0; i < explanation->n_changes; i++) {
		const struct rule_change *change = &explanation->changes[i];

		json_open_object(json, NULL);
		json_put_u64(json, "pid", change->pid);
		if (change->remove)
			json_put_bool(json, "removed", true);
		else
			json_put_s64(json, "oom_score_adj", change->adj);
		json_close(json);
	}
	if (explanation->n_changes)
		json_close(json);
	if (explanation->limit_bytes) {
		json_put_u64(json, "limit_bytes", explanation->limit_bytes);
		json_put_bool(json, "fits", explanation->limit_fits);
	}
	json_put_string(json, "rule", explanation->supposition.rule->name);
	if (explanation->unnamed)
		json_put_bool(json, "kernel_unknown", true);
	put_verdict(json, &explanation->supposition);
	json_close(json);
}

static void put_models(struct json *json, const struct explanation *explanation)
{
	if (!explanation->n_runs)
		return;
	json_open_array(json, "models");
	for (size_t i = 0; i < explanation->n_runs; i++) {
		const struct explain_run *run = &explanation->runs[i];

		json_open_object(json, NULL);
		json_put_string(json, "model", run->asked);
		json_put_string(json, "rule", run->verdict.rule->name);
		json_put_bool(json, "oom_rule", run->verdict.rule->family != RULE_GOODNESS);
		if (run->vendor)
			json_put_bool(json, "vendor", true);
		if (run->unnamed)
			json_put_bool(json, "kernel_unknown", true);
		put_verdict(json, &run->verdict);
		json_close(json);
	}
	json_close(json);
}

int explain_put(struct outbuf *out, const struct explanation *explanation,
		const struct explain_options *options)
{
	const struct episode *episode = explanation->episode;
	struct json json;

	json_init(&json, out);
	jsonl_begin_on(&json, "explain", explanation->host, episode->real_ns, episode->boot_ns);
	json_put_string(&json, "id", episode->id);
	put_who(&json, "victim", &episode->victim);
	if (episode->known & EPISODE_KNOWS_TOTALPAGES)
		json_put_u64(&json, "totalpages", episode->totalpages);
	put_ranking(&json, episode, options->most);
	put_spared(&json, &explanation->spared);
	put_findings(&json, explanation);
	put_supposition(&json, explanation);
	put_models(&json, explanation);
	json_close(&json);
	return json_end(&json);
}
