// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines, schema 1 (docs/FORMATS.md). What is not known is absent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/container.h"
#include "core/episode.h"
#include "core/why.h"
#include "lib/json.h"
#include "lib/outbuf.h"
#include "lib/units.h"
#include "sink/sink.h"

#define SCHEMA      1
#define BUFFER_SIZE (256 * 1024) /* some 500 candidates; longer lines go out in pieces */

struct jsonl {
	struct sink sink;
	struct sink_options options;
	struct outbuf out;
	struct json json;
};

/* A text of the wire: at most its array long, NUL or not; absent when empty. */
static void put_text(struct json *json, const char *key, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len)
		json_put_bytes(json, key, text, len);
}

/* A word that is absent where there is none for the value. */
static void put_word(struct json *json, const char *key, const char *word)
{
	if (word)
		json_put_string(json, key, word);
}

static void put_path(struct json *json, const char *key, const char *cut_key, const char *path,
		     bool truncated)
{
	if (!path)
		return;
	json_put_string(json, key, path);
	if (truncated)
		json_put_bool(json, cut_key, true);
}

static void put_limit(struct json *json, const char *key, uint64_t bytes, bool is_max)
{
	if (is_max)
		json_put_string(json, key, "max");
	else
		json_put_u64(json, key, bytes);
}

static void put_loss(struct json *json, const uint64_t loss[LOSS_MAX])
{
	for (unsigned int i = 0; i < LOSS_MAX; i++) {
		if (loss[i])
			json_put_u64(json, loss_name(i), loss[i]);
	}
}

static void line_begin(struct json *json, const char *type, const struct host *host,
		       int64_t real_ns, uint64_t boot_ns)
{
	units_text time;

	json_open_object(json, NULL);
	json_put_u64(json, "schema", SCHEMA);
	json_put_string(json, "type", type);
	if (real_ns)
		json_put_string(json, "time", units_rfc3339(time, real_ns));
	if (boot_ns)
		json_put_ms(json, "uptime_ms", (int64_t)boot_ns);
	if (host && host->wire) {
		put_text(json, "host", host->wire->host, sizeof(host->wire->host));
		put_text(json, "boot_id", host->wire->boot_id, sizeof(host->wire->boot_id));
	}
}

static int line_end(struct json *json)
{
	json_close(json);
	return json_end(json);
}

static void put_refusals(struct json *json, const struct wire_host *wire)
{
	json_open_array(json, "refused");
	for (unsigned int i = 0; i < WIRE_BACKENDS; i++) {
		const struct wire_refusal *refusal = &wire->refusals[i];

		if (!refusal->refused)
			continue;
		json_open_object(json, NULL);
		put_word(json, "backend", backend_name(i));
		put_text(json, "reason", refusal->reason, sizeof(refusal->reason));
		json_close(json);
	}
	json_close(json);
}

/*
 * Where the candidates are to be expected from: the tracepoint backend, the last one, walks the
 * processes itself. Each episode tells where its own came from.
 */
static const char *expected_source(const struct wire_host *wire)
{
	if (wire->backend >= WIRE_BACKENDS)
		return NULL;
	return wire->backend == WIRE_BACKENDS - 1 ? "snapshot" : "selection";
}

static int jsonl_attached(struct sink *sink, const struct host *host)
{
	struct json *json = &((struct jsonl *)sink)->json;
	const struct wire_host *wire = host->wire;

	line_begin(json, "attached", host, host->attached_real_ns, wire->attached_ns);
	put_text(json, "version", wire->version, sizeof(wire->version));
	put_word(json, "backend", backend_name(wire->backend));
	put_refusals(json, wire);
	put_word(json, "candidates_source", expected_source(wire));
	put_text(json, "kernel", wire->kernel, sizeof(wire->kernel));
	put_text(json, "arch", wire->arch, sizeof(wire->arch));
	if (wire->exec_ns && wire->attached_ns >= wire->exec_ns)
		json_put_ms(json, "attach_ms", (int64_t)(wire->attached_ns - wire->exec_ns));
	return line_end(json);
}

static void put_task_memory(struct json *json, const struct task *task)
{
	json_put_u64(json, "total_vm_bytes", task->total_vm_bytes);
	json_put_u64(json, "rss_anon_bytes", task->rss_anon_bytes);
	json_put_u64(json, "rss_file_bytes", task->rss_file_bytes);
	json_put_u64(json, "rss_shmem_bytes", task->rss_shmem_bytes);
	json_put_u64(json, "swap_bytes", task->swap_bytes);
	json_put_u64(json, "pgtables_bytes", task->pgtables_bytes);
}

/* Where a process lives: its cgroup, and what the path of that names. */
static void put_place(struct json *json, const char *cgroup, bool truncated)
{
	struct container container;

	put_path(json, "cgroup", "cgroup_truncated", cgroup, truncated);
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

/* The members of a task, within an object that is open. */
static void put_task(struct json *json, const struct task *task)
{
	bool identity = task->known & TASK_KNOWS_IDENTITY;

	json_put_u64(json, "pid", task->pid);
	if (task->tid && task->tid != task->pid)
		json_put_u64(json, "tid", task->tid);
	if (task->ns_pid && task->ns_pid != task->pid)
		json_put_u64(json, "ns_pid", task->ns_pid);
	if (identity)
		json_put_u64(json, "ppid", task->ppid);
	put_text(json, "comm", task->comm, sizeof(task->comm));
	if (task->cmdline) {
		json_put_string(json, "cmdline", task->cmdline);
		if (task->cmdline_truncated)
			json_put_bool(json, "cmdline_truncated", true);
	}
	if (task->uid != WIRE_NONE_U32)
		json_put_u64(json, "uid", task->uid);
	if (task->known & TASK_KNOWS_CGROUP)
		put_place(json, task->cgroup, task->cgroup_truncated);
	if (identity) {
		json_put_u64(json, "threads", task->threads);
		json_put_ms(json, "age_ms", (int64_t)task->age_ns);
	}
	if (task->known & TASK_KNOWS_CPU)
		json_put_ms(json, "cpu_ms", (int64_t)task->cpu_ns);
	if (identity)
		json_put_s64(json, "nice", task->nice);
	if (task->known & TASK_KNOWS_MEMORY)
		put_task_memory(json, task);
	json_put_s64(json, "oom_score_adj", task->oom_score_adj);
	if (task->known & TASK_KNOWS_POINTS) {
		json_put_s64(json, "points", task->points);
		json_put_string(json, "points_source",
				task->points_from_kernel ? "kernel" : "computed");
	}
	json_put_bool(json, "eligible", task->eligible);
	put_word(json, "skipped", skip_name(task->skip));
}

static const char *killed_as_name(uint8_t killed_as)
{
	static const char *const names[] = {
		[KILLED_AS_CHOSEN] = "chosen",
		[KILLED_AS_GROUP] = "group",
		[KILLED_AS_SHARED_MM] = "shared_mm",
	};

	return killed_as <= KILLED_AS_SHARED_MM ? names[killed_as] : NULL;
}

/* Who was killed is always told, even where only the chosen one arrived. */
static void put_victims(struct json *json, const struct episode *episode)
{
	uint32_t count = episode->n_victims ? episode->n_victims : 1;

	json_open_object(json, "victim");
	put_task(json, &episode->victim);
	json_close(json);
	json_open_array(json, "victims");
	for (uint32_t i = 0; i < count; i++) {
		const struct task *task =
			episode->n_victims ? &episode->victims[i] : &episode->victim;

		json_open_object(json, NULL);
		put_task(json, task);
		put_word(json, "killed_as", killed_as_name(task->killed_as));
		json_close(json);
	}
	json_close(json);
}

/* "GFP_KERNEL|__GFP_COMP", as the kernel prints it, in its parts. */
static void put_gfp_flags(struct json *json, const char *text)
{
	json_open_array(json, "gfp_flags");
	while (*text) {
		size_t len = strcspn(text, "|");

		if (len)
			json_put_bytes(json, NULL, text, len);
		text += len;
		text += *text == '|';
	}
	json_close(json);
}

static void put_stack(struct json *json, const struct episode *episode)
{
	if (!episode->invoker.stack_len)
		return;
	json_open_array(json, "stack");
	for (size_t i = 0; i < episode->invoker.stack_len; i++)
		json_put_string(json, NULL, episode->invoker.stack[i]);
	json_close(json);
}

static void put_invoker(struct json *json, const struct episode *episode)
{
	bool known = episode->known & EPISODE_KNOWS_INVOKER;
	bool gfp = episode->known & EPISODE_KNOWS_GFP;
	char mask[16];

	if (!known && !gfp)
		return;
	json_open_object(json, "invoker");
	if (known) {
		json_put_u64(json, "pid", episode->invoker.pid);
		if (episode->invoker.tid && episode->invoker.tid != episode->invoker.pid)
			json_put_u64(json, "tid", episode->invoker.tid);
		put_text(json, "comm", episode->invoker.comm, sizeof(episode->invoker.comm));
		if (episode->invoker.uid != WIRE_NONE_U32)
			json_put_u64(json, "uid", episode->invoker.uid);
		put_place(json, episode->invoker.cgroup, episode->invoker.cgroup_truncated);
	}
	if (gfp) {
		snprintf(mask, sizeof(mask), "0x%x", episode->invoker.gfp_mask);
		json_put_string(json, "gfp_mask", mask);
		if (episode->known & EPISODE_KNOWS_GFP_TEXT)
			put_gfp_flags(json, episode->invoker.gfp_text);
		json_put_s64(json, "order", episode->invoker.order);
	}
	put_stack(json, episode);
	json_close(json);
}

static void put_memcg_fields(struct json *json, const struct memcg *memcg)
{
	if (memcg->known & MEMCG_KNOWS_PATH)
		put_path(json, "path", "path_truncated", memcg->path, memcg->path_truncated);
	if (memcg->known & MEMCG_KNOWS_USAGE) {
		json_put_u64(json, "usage_bytes", memcg->usage_bytes);
		put_limit(json, "limit_bytes", memcg->limit_bytes, memcg->limit_is_max);
	}
	if (memcg->known & MEMCG_KNOWS_SWAP) {
		json_put_u64(json, memcg->v1 ? "memsw_bytes" : "swap_bytes", memcg->swap_bytes);
		put_limit(json, memcg->v1 ? "memsw_limit_bytes" : "swap_limit_bytes",
			  memcg->swap_limit_bytes, memcg->swap_limit_is_max);
	}
	/* A v1 hierarchy has no memory.oom.group. */
	if ((memcg->known & MEMCG_KNOWS_USAGE) && !memcg->v1)
		json_put_bool(json, "oom_group", memcg->oom_group);
}

static void put_memcg(struct json *json, const struct episode *episode)
{
	if (!(episode->known & EPISODE_KNOWS_MEMCG))
		return;
	json_open_object(json, "memcg");
	put_memcg_fields(json, &episode->memcg);
	if (episode->n_ancestors) {
		json_open_array(json, "ancestors");
		for (uint32_t i = 0; i < episode->n_ancestors; i++) {
			json_open_object(json, NULL);
			put_memcg_fields(json, &episode->ancestors[i]);
			json_close(json);
		}
		json_close(json);
	}
	if (episode->ancestors_cut)
		json_put_bool(json, "ancestors_truncated", true);
	json_close(json);
}

static const char *source_name(uint8_t source)
{
	static const char *const names[] = {
		[SOURCE_NONE] = "none",
		[SOURCE_SELECTION] = "selection",
		[SOURCE_SNAPSHOT] = "snapshot",
	};

	return source <= SOURCE_SNAPSHOT ? names[source] : NULL;
}

static void put_candidates(struct json *json, const struct episode *episode, uint32_t most)
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
	put_word(json, "source", source_name(episode->candidates_source));
	json_open_object(json, "passed_over");
	for (unsigned int i = 0; i < SKIP_MAX; i++) {
		if (episode->passed_over[i] && skip_name(i))
			json_put_u64(json, skip_name(i), episode->passed_over[i]);
	}
	json_close(json);
	json_open_array(json, "tasks");
	for (uint32_t i = 0; i < count; i++) {
		json_open_object(json, NULL);
		put_task(json, &episode->tasks[i]);
		json_close(json);
	}
	json_close(json);
	json_close(json);
}

static void put_why(struct json *json, const struct episode *episode)
{
	struct why why = why_explain(episode);

	json_open_object(json, "why");
	if (why.rank)
		json_put_u64(json, "rank", why.rank);
	if (why.runner_up) {
		json_open_object(json, "runner_up");
		json_put_u64(json, "pid", why.runner_up->pid);
		put_text(json, "comm", why.runner_up->comm, sizeof(why.runner_up->comm));
		json_close(json);
	}
	if (why.has_margin)
		json_put_s64(json, "margin_bytes", why.margin_bytes);
	put_word(json, "largest_part", why_part_name(why.largest_part));
	json_close(json);
}

static const char *constraint_name(uint8_t constraint)
{
	switch (constraint) {
	case CONSTRAINT_NONE_:
		return "none";
	case CONSTRAINT_CPUSET_:
		return "cpuset";
	case CONSTRAINT_MEMORY_POLICY_:
		return "mempolicy";
	case CONSTRAINT_MEMCG_:
		return "memcg";
	default:
		return NULL;
	}
}

static const char *selection_name(uint8_t selection)
{
	switch (selection) {
	case SELECTION_BADNESS:
		return "select_bad_process";
	case SELECTION_ALLOCATING_TASK:
		return "allocating_task";
	case SELECTION_EXITING_TASK:
		return "exiting_task";
	default:
		return NULL;
	}
}

static const char *rss_name(uint8_t rss_counters)
{
	switch (rss_counters) {
	case RSS_ATOMIC:
		return "atomic";
	case RSS_APPROXIMATE:
		return "approximate";
	case RSS_PRECISE:
		return "precise";
	default:
		return NULL;
	}
}

static void put_decision(struct json *json, const struct episode *episode)
{
	put_word(json, "reason", no_kill_name(episode->no_kill));
	if (episode->repeated)
		json_put_u64(json, "repeated", episode->repeated);
	if (!episode->no_kill)
		json_put_string(json, "id", episode->id);
	put_word(json, "source", episode->source);
	put_word(json, "backend", backend_name(episode->backend));
	put_word(json, "completed_from", episode->completed_from);
	if (episode->known & EPISODE_KNOWS_CONSTRAINT)
		put_word(json, "constraint", constraint_name(episode->constraint));
	if (!episode->no_kill)
		put_word(json, "selection", selection_name(episode->selection));
	if (!episode->no_kill && (episode->known & EPISODE_KNOWS_SCOPE))
		json_put_string(json, "scope", episode->group ? "group" : "process");
	/* That SysRq asked shows in the order, and only there. */
	if (episode->sysrq || (episode->known & EPISODE_KNOWS_GFP))
		json_put_bool(json, "sysrq", episode->sysrq);
	if (episode->known & EPISODE_KNOWS_TOTALPAGES)
		json_put_u64(json, "totalpages", episode->totalpages);
	if (episode->page_size)
		json_put_u64(json, "page_size", episode->page_size);
	put_word(json, "rss_counters", rss_name(episode->rss_counters));
}

static bool has_loss(const uint64_t loss[LOSS_MAX])
{
	for (unsigned int i = 0; i < LOSS_MAX; i++) {
		if (loss[i])
			return true;
	}
	return false;
}

/* A decision, with a victim or without. */
static int put_episode(struct jsonl *jsonl, const char *type, const struct host *host,
		       const struct episode *episode)
{
	struct json *json = &jsonl->json;

	line_begin(json, type, host, episode->real_ns, episode->boot_ns);
	put_decision(json, episode);
	put_invoker(json, episode);
	put_memcg(json, episode);
	if (!episode->no_kill)
		put_victims(json, episode);
	put_candidates(json, episode, jsonl->options.candidates);
	if (!episode->no_kill)
		put_why(json, episode);
	if (has_loss(episode->loss)) {
		json_open_object(json, "loss");
		put_loss(json, episode->loss);
		json_close(json);
	}
	return line_end(json);
}

static int jsonl_episode(struct sink *sink, const struct host *host, const struct episode *episode)
{
	return put_episode((struct jsonl *)sink, "oom_kill", host, episode);
}

static int jsonl_no_kill(struct sink *sink, const struct host *host, const struct episode *episode)
{
	return put_episode((struct jsonl *)sink, "oom_no_kill", host, episode);
}

static int jsonl_outcome(struct sink *sink, const struct host *host, const struct outcome *outcome)
{
	struct json *json = &((struct jsonl *)sink)->json;

	line_begin(json, "oom_outcome", host, outcome->real_ns, outcome->boot_ns);
	json_put_string(json, "id", outcome->id);
	json_put_u64(json, "pid", outcome->pid);
	put_text(json, "comm", outcome->comm, sizeof(outcome->comm));
	if (outcome->has_sigkill)
		json_put_ms(json, "sigkill_ms", outcome->sigkill_ns);
	if (outcome->has_exited)
		json_put_ms(json, "exited_ms", outcome->exited_ns);
	if (outcome->has_freed)
		json_put_ms(json, "freed_ms", outcome->freed_ns);
	if (outcome->has_reaped)
		json_put_ms(json, "reaped_ms", outcome->reaped_ns);
	if (outcome->has_aborted)
		json_put_u64(json, "aborted_selections", outcome->aborted_selections);
	if (outcome->watched_ns)
		json_put_ms(json, "watched_ms", outcome->watched_ns);
	return line_end(json);
}

static int jsonl_user_kill(struct sink *sink, const struct host *host, const struct user_kill *kill)
{
	struct json *json = &((struct jsonl *)sink)->json;
	const struct task *target = &kill->target;

	line_begin(json, "killed_by_user", host, kill->real_ns, kill->boot_ns);
	json_put_u64(json, "signal", kill->signal);
	json_open_object(json, "sender");
	json_put_u64(json, "pid", kill->sender_pid);
	put_text(json, "comm", kill->sender_comm, sizeof(kill->sender_comm));
	json_close(json);
	/* Its memory is not looked at: that would cost every signal on the host. */
	json_open_object(json, "target");
	json_put_u64(json, "pid", target->pid);
	json_put_u64(json, "ppid", target->ppid);
	put_text(json, "comm", target->comm, sizeof(target->comm));
	json_put_u64(json, "uid", target->uid);
	json_put_ms(json, "age_ms", (int64_t)target->age_ns);
	json_put_s64(json, "oom_score_adj", target->oom_score_adj);
	json_close(json);
	return line_end(json);
}

static int jsonl_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	struct json *json = &((struct jsonl *)sink)->json;

	line_begin(json, "lost", host, lost->real_ns, lost->boot_ns);
	json_put_string(json, "reason", loss_name(lost->reason));
	json_put_u64(json, "count", lost->count);
	return line_end(json);
}

static int jsonl_detached(struct sink *sink, const struct host *host, const struct totals *totals)
{
	struct json *json = &((struct jsonl *)sink)->json;

	line_begin(json, "detached", host, totals->real_ns, totals->boot_ns);
	json_put_u64(json, "episodes", totals->episodes);
	json_put_u64(json, "kills", totals->kills);
	json_put_u64(json, "candidates", totals->candidates);
	json_open_object(json, "lost");
	put_loss(json, totals->lost);
	json_close(json);
	return line_end(json);
}

static void jsonl_destroy(struct sink *sink)
{
	struct jsonl *jsonl = (struct jsonl *)sink;

	outbuf_free(&jsonl->out);
	free(jsonl);
}

static const struct sink_ops jsonl_ops = {
	.name = "json",
	.attached = jsonl_attached,
	.episode = jsonl_episode,
	.no_kill = jsonl_no_kill,
	.outcome = jsonl_outcome,
	.user_kill = jsonl_user_kill,
	.lost = jsonl_lost,
	.detached = jsonl_detached,
	.destroy = jsonl_destroy,
};

struct sink *sink_jsonl_new(const struct sink_options *options)
{
	struct jsonl *jsonl = calloc(1, sizeof(*jsonl));

	if (!jsonl)
		return NULL;
	if (outbuf_init(&jsonl->out, options->fd, options->cancel_fd, BUFFER_SIZE)) {
		free(jsonl);
		return NULL;
	}
	jsonl->sink.ops = &jsonl_ops;
	jsonl->options = *options;
	json_init(&jsonl->json, &jsonl->out);
	units_prepare();
	return &jsonl->sink;
}
