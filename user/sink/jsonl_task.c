// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines: processes, those killed and those that could have been. */
#include <inttypes.h>
#include <stdio.h>

#include "core/container.h"
#include "core/score.h"
#include "sink/jsonl_parts.h"

static void put_task_memory(struct json *json, const struct task *task)
{
	const struct {
		const char *key;
		uint32_t bit;
		uint64_t bytes;
	} fields[] = {
		{"total_vm_bytes", TASK_KNOWS_TOTAL_VM, task->total_vm_bytes},
		{"rss_anon_bytes", TASK_KNOWS_RSS_PARTS, task->rss_anon_bytes},
		{"rss_file_bytes", TASK_KNOWS_RSS_PARTS, task->rss_file_bytes},
		{"rss_shmem_bytes", TASK_KNOWS_SHMEM, task->rss_shmem_bytes},
		{"swap_bytes", TASK_KNOWS_SWAP, task->swap_bytes},
		{"pgtables_bytes", TASK_KNOWS_PGTABLES, task->pgtables_bytes},
	};

	/* A log's table has it where it has not what it is made of. */
	if (task->known & TASK_KNOWS_RSS)
		json_put_u64(json, "rss_bytes", task->rss_bytes);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (task_knows(task, fields[i].bit))
			json_put_u64(json, fields[i].key, fields[i].bytes);
	}
}

void jsonl_put_place(struct json *json, const char *cgroup, bool truncated)
{
	struct container container;

	jsonl_put_path(json, "cgroup", "cgroup_truncated", cgroup, truncated);
	if (!container_of_path(cgroup, &container))
		return;
	json_open_object(json, "container");
	if (container.known & CONTAINER_KNOWS_RUNTIME)
		json_put_string(json, "runtime", container.runtime);
	if (container.known & CONTAINER_KNOWS_ID)
		json_put_string(json, "id", container.id);
	if (container.known & CONTAINER_KNOWS_POD) {
		json_put_string(json, "pod_uid", container.pod_uid);
		json_put_string(json, "qos", container.qos);
	}
	if (container.known & CONTAINER_KNOWS_UNIT)
		json_put_string(json, "unit", container.unit);
	if (container.known & CONTAINER_KNOWS_SLICE)
		json_put_string(json, "slice", container.slice);
	if (container.known & CONTAINER_KNOWS_USER)
		json_put_u64(json, "user", container.user);
	if (container.known & CONTAINER_KNOWS_SESSION)
		json_put_string(json, "session", container.session);
	json_close(json);
}

/* What other kernels' rules ask of a process. */
static void put_lineage(struct json *json, const struct task *task)
{
	char caps[24];

	if (task->known & TASK_KNOWS_CREDENTIALS) {
		if (task->euid != task->uid)
			json_put_u64(json, "euid", task->euid);
		snprintf(caps, sizeof(caps), "0x%" PRIx64, task->cap_effective);
		json_put_string(json, "cap_effective", caps);
	}
	if (task->mm_id)
		json_put_u64(json, "mm_id", task->mm_id);
	if (task->origin)
		json_put_bool(json, "origin", true);
}

void jsonl_put_task(struct json *json, const struct task *task)
{
	bool identity = task->known & TASK_KNOWS_IDENTITY;

	json_put_u64(json, "pid", task->pid);
	if (task->tid && task->tid != task->pid)
		json_put_u64(json, "tid", task->tid);
	if (task->ns_pid && task->ns_pid != task->pid)
		json_put_u64(json, "ns_pid", task->ns_pid);
	if (identity)
		json_put_u64(json, "ppid", task->ppid);
	jsonl_put_text(json, "comm", task->comm, sizeof(task->comm));
	if (task->cmdline) {
		json_put_string(json, "cmdline", task->cmdline);
		if (task->cmdline_truncated)
			json_put_bool(json, "cmdline_truncated", true);
	}
	if (task->uid != WIRE_NONE_U32)
		json_put_u64(json, "uid", task->uid);
	if (task->known & TASK_KNOWS_CGROUP)
		jsonl_put_place(json, task->cgroup, task->cgroup_truncated);
	if (identity) {
		json_put_u64(json, "threads", task->threads);
		json_put_ms(json, "age_ms", (int64_t)task->age_ns);
	}
	if (task->known & TASK_KNOWS_CPU)
		json_put_ms(json, "cpu_ms", (int64_t)task->cpu_ns);
	if (identity)
		json_put_s64(json, "nice", task->nice);
	put_task_memory(json, task);
	if (!(task->known & TASK_LACKS_ADJ))
		json_put_s64(json, "oom_score_adj", task->oom_score_adj);
	if (task->known & TASK_KNOWS_OOM_SCORE)
		json_put_s64(json, "oom_score", task->oom_score);
	if (task->known & TASK_KNOWS_POINTS) {
		json_put_s64(json, "points", task->points);
		json_put_string(json, "points_source",
				task->points_from_kernel ? "kernel" : "computed");
	}
	if (!(task->known & TASK_LACKS_ADJ) || task->eligible || task->skip)
		json_put_bool(json, "eligible", task->eligible);
	jsonl_put_word(json, "skipped", skip_name(task->skip));
	if (identity)
		put_lineage(json, task);
}

void jsonl_put_victims(struct json *json, const struct episode *episode)
{
	uint32_t count = episode->n_victims ? episode->n_victims : 1;

	json_open_object(json, "victim");
	jsonl_put_task(json, &episode->victim);
	json_close(json);
	json_open_array(json, "victims");
	for (uint32_t i = 0; i < count; i++) {
		const struct task *task =
			episode->n_victims ? &episode->victims[i] : &episode->victim;

		json_open_object(json, NULL);
		jsonl_put_task(json, task);
		jsonl_put_word(json, "killed_as", killed_as_name(task->killed_as));
		json_close(json);
	}
	json_close(json);
}

void jsonl_put_passed_over(struct json *json, const uint32_t passed_over[SKIP_MAX])
{
	json_open_object(json, "passed_over");
	for (unsigned int i = 0; i < SKIP_MAX; i++) {
		if (passed_over[i] && skip_name(i))
			json_put_u64(json, skip_name(i), passed_over[i]);
	}
	json_close(json);
}

void jsonl_put_candidates(struct json *json, const struct episode *episode, uint32_t most)
{
	uint32_t count = episode->n_tasks < most ? episode->n_tasks : most;

	json_open_object(json, "candidates");
	/* Where nothing was scanned, how many there were is not known. */
	if (episode->candidates_source != SOURCE_NONE) {
		json_put_u64(json, "total", episode->total);
		json_put_u64(json, "eligible", episode->eligible);
	}
	json_put_u64(json, "listed", count);
	if (episode->candidates_source != SOURCE_NONE) {
		json_put_u64(json, "lost", episode->lost);
		json_put_bool(json, "truncated", episode->truncated);
	}
	jsonl_put_word(json, "source", candidates_source_name(episode->candidates_source));
	jsonl_put_passed_over(json, episode->passed_over);
	json_open_array(json, "tasks");
	for (uint32_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		jsonl_put_task(json, &episode->tasks[i]);
		/* Of those with as many points the last one scanned is chosen. */
		if (episode->tasks[i].scan != UINT32_MAX)
			json_put_u64(json, "scan", episode->tasks[i].scan);
		json_close(json);
	}
	json_close(json);
	json_close(json);
}
