// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines, schema 1 (docs/FORMATS.md). What is not known is absent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/episode.h"
#include "lib/json.h"
#include "lib/outbuf.h"
#include "lib/pool.h"
#include "lib/units.h"
#include "sink/jsonl_parts.h"
#include "sink/sink.h"

#define BUFFER_SIZE (256 * 1024) /* some 500 candidates; longer lines go out in pieces */

struct jsonl {
	struct sink sink;
	struct sink_options options;
	struct outbuf out;
	struct json json;
};

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
		jsonl_put_word(json, "backend", backend_name(i));
		jsonl_put_text(json, "reason", refusal->reason, sizeof(refusal->reason));
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

	jsonl_begin_on(json, "attached", host, host->attached_real_ns, wire->attached_ns);
	jsonl_put_text(json, "version", wire->version, sizeof(wire->version));
	jsonl_put_word(json, "backend", backend_name(wire->backend));
	put_refusals(json, wire);
	jsonl_put_word(json, "candidates_source", expected_source(wire));
	jsonl_put_text(json, "kernel", wire->kernel, sizeof(wire->kernel));
	jsonl_put_text(json, "arch", wire->arch, sizeof(wire->arch));
	if (wire->exec_ns && wire->attached_ns >= wire->exec_ns)
		json_put_ms(json, "attach_ms", (int64_t)(wire->attached_ns - wire->exec_ns));
	if (wire->flags & HOST_OWN_PIDS)
		json_put_string(json, "pid_namespace", "own");
	return line_end(json);
}

static bool has_loss(const uint64_t loss[EPISODE_LOSS_MAX])
{
	for (unsigned int i = 0; i < EPISODE_LOSS_MAX; i++) {
		if (loss[i])
			return true;
	}
	return false;
}

static void put_recent_kills(struct json *json, const struct episode *episode)
{
	if (!episode->recent_kills)
		return;
	json_open_object(json, "recent_kills");
	json_put_u64(json, "count", episode->recent_kills);
	json_put_ms(json, "within_ms", (int64_t)episode->recent_span_ns);
	json_close(json);
}

static bool is_logged(const struct episode *episode)
{
	return episode->source &&
	       (!strcmp(episode->source, "log") || !strcmp(episode->source, "kmsg"));
}

/* A decision, with a victim or without. */
static int put_episode(struct jsonl *jsonl, const char *type, const struct host *host,
		       const struct episode *episode)
{
	struct json *json = &jsonl->json;

	jsonl_begin_on(json, type, host, episode->real_ns, episode->boot_ns);
	/* A log may be of many kernels; a tracer's is in its first line. */
	if (is_logged(episode) && host && host->wire)
		jsonl_put_text(json, "kernel", host->wire->kernel, sizeof(host->wire->kernel));
	jsonl_put_decision(json, episode);
	jsonl_put_invoker(json, episode);
	jsonl_put_sysctl(json, episode);
	jsonl_put_memory(json, episode);
	put_recent_kills(json, episode);
	if (!episode->no_kill)
		jsonl_put_victims(json, episode);
	jsonl_put_candidates(json, episode, jsonl->options.candidates);
	if (!episode->no_kill)
		jsonl_put_why(json, episode);
	if (has_loss(episode->loss)) {
		json_open_object(json, "loss");
		jsonl_put_loss(json, episode->loss, EPISODE_LOSS_MAX);
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

/* What was looked up while the victim died, and came too late for the episode. */
static void put_looked_up(struct json *json, const struct outcome *outcome)
{
	jsonl_put_text(json, "cmdline", outcome->cmdline, sizeof(outcome->cmdline));
	if (outcome->cmdline_truncated)
		json_put_bool(json, "cmdline_truncated", true);
	if (!*outcome->pod && !*outcome->pod_namespace)
		return;
	json_open_object(json, "container");
	jsonl_put_text(json, "pod", outcome->pod, sizeof(outcome->pod));
	jsonl_put_text(json, "namespace", outcome->pod_namespace, sizeof(outcome->pod_namespace));
	json_close(json);
}

static int jsonl_outcome(struct sink *sink, const struct host *host, const struct outcome *outcome)
{
	struct json *json = &((struct jsonl *)sink)->json;

	jsonl_begin_on(json, "oom_outcome", host, outcome->real_ns, outcome->boot_ns);
	json_put_string(json, "id", outcome->id);
	json_put_u64(json, "pid", outcome->pid);
	jsonl_put_text(json, "comm", outcome->comm, sizeof(outcome->comm));
	if (outcome->has_sigkill)
		json_put_ms(json, "sigkill_ms", outcome->sigkill_ns);
	if (outcome->has_exited)
		json_put_ms(json, "exited_ms", outcome->exited_ns);
	if (outcome->has_freed)
		json_put_ms(json, "freed_ms", outcome->freed_ns);
	if (outcome->has_reaped)
		json_put_ms(json, "reaped_ms", outcome->reaped_ns);
	if (outcome->has_reaped_bytes)
		json_put_u64(json, "reaped_bytes", outcome->reaped_bytes);
	if (outcome->has_reap_skipped)
		json_put_ms(json, "reap_skipped_ms", outcome->reap_skipped_ns);
	if (outcome->has_aborted)
		json_put_u64(json, "aborted_selections", outcome->aborted_selections);
	if (outcome->watched_ns)
		json_put_ms(json, "watched_ms", outcome->watched_ns);
	put_looked_up(json, outcome);
	return line_end(json);
}

static int jsonl_user_kill(struct sink *sink, const struct host *host, const struct user_kill *kill)
{
	struct json *json = &((struct jsonl *)sink)->json;
	const struct task *target = &kill->target;

	jsonl_begin_on(json, "killed_by_user", host, kill->real_ns, kill->boot_ns);
	json_put_u64(json, "signal", kill->signal);
	json_open_object(json, "sender");
	json_put_u64(json, "pid", kill->sender_pid);
	jsonl_put_text(json, "comm", kill->sender_comm, sizeof(kill->sender_comm));
	json_close(json);
	/* Its memory is not looked at: that would cost every signal on the host. */
	json_open_object(json, "target");
	json_put_u64(json, "pid", target->pid);
	json_put_u64(json, "ppid", target->ppid);
	jsonl_put_text(json, "comm", target->comm, sizeof(target->comm));
	json_put_u64(json, "uid", target->uid);
	json_put_ms(json, "age_ms", (int64_t)target->age_ns);
	json_put_s64(json, "oom_score_adj", target->oom_score_adj);
	json_close(json);
	return line_end(json);
}

static int jsonl_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	struct json *json = &((struct jsonl *)sink)->json;

	jsonl_begin_on(json, "lost", host, lost->real_ns, lost->boot_ns);
	json_put_string(json, "reason", loss_name(lost->reason));
	json_put_u64(json, "count", lost->count);
	return line_end(json);
}

static int jsonl_detached(struct sink *sink, const struct host *host, const struct totals *totals)
{
	struct json *json = &((struct jsonl *)sink)->json;

	jsonl_begin_on(json, "detached", host, totals->real_ns, totals->boot_ns);
	json_put_u64(json, "episodes", totals->episodes);
	json_put_u64(json, "kills", totals->kills);
	json_put_u64(json, "candidates", totals->candidates);
	json_open_object(json, "lost");
	jsonl_put_loss(json, totals->lost, LOSS_MAX);
	json_close(json);
	return line_end(json);
}

static void jsonl_destroy(struct sink *sink)
{
	struct jsonl *jsonl = (struct jsonl *)sink;

	outbuf_free(&jsonl->out);
	pool_free(jsonl);
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
	struct jsonl *jsonl = pool_take(sizeof(*jsonl));
	int error = 0;

	if (!jsonl)
		return NULL;
	if (options->writer)
		outbuf_init_writer(&jsonl->out, options->writer);
	else if (options->queue)
		error = outbuf_init_queue(&jsonl->out, options->queue);
	else
		error = outbuf_init(&jsonl->out, options->fd, -1, BUFFER_SIZE);
	if (error) {
		pool_free(jsonl);
		return NULL;
	}
	jsonl->sink.ops = &jsonl_ops;
	jsonl->options = *options;
	json_init(&jsonl->json, &jsonl->out);
	units_prepare();
	return &jsonl->sink;
}
