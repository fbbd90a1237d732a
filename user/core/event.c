// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/event_get.h"
#include "core/event_parts.h"
#include "core/text.h"
#include "lib/units.h"

#define SCHEMA 1

static int read_no_kill(const json_t *object, struct event *event)
{
	unsigned int reason =
		event_number_of(event_string(object, "reason"), no_kill_name, NO_KILL_DISABLED + 1);

	event->episode.no_kill =
		reason <= NO_KILL_DISABLED ? (uint8_t)reason : NO_KILL_NOTHING_KILLABLE;
	event_u32(object, "repeated", &event->episode.repeated);
	return event_read_episode(object, event);
}

static int read_outcome(const json_t *object, struct event *event)
{
	struct outcome *outcome = &event->outcome;
	const json_t *container = json_object_get(object, "container");

	event_text(object, "id", outcome->id, sizeof(outcome->id));
	event_u32(object, "pid", &outcome->pid);
	event_text(object, "comm", outcome->comm, sizeof(outcome->comm));
	outcome->boot_ns = event_unsigned_ms(object, "uptime_ms");
	outcome->has_sigkill = event_ms(object, "sigkill_ms", &outcome->sigkill_ns);
	outcome->has_exited = event_ms(object, "exited_ms", &outcome->exited_ns);
	outcome->has_freed = event_ms(object, "freed_ms", &outcome->freed_ns);
	outcome->has_reaped = event_ms(object, "reaped_ms", &outcome->reaped_ns);
	outcome->has_reap_skipped = event_ms(object, "reap_skipped_ms", &outcome->reap_skipped_ns);
	outcome->has_reaped_bytes = event_u64(object, "reaped_bytes", &outcome->reaped_bytes);
	outcome->has_aborted =
		event_u32(object, "aborted_selections", &outcome->aborted_selections);
	event_ms(object, "watched_ms", &outcome->watched_ns);
	event_text(object, "cmdline", outcome->cmdline, sizeof(outcome->cmdline));
	outcome->cmdline_truncated = event_true(object, "cmdline_truncated");
	event_text(container, "pod", outcome->pod, sizeof(outcome->pod));
	event_text(container, "namespace", outcome->pod_namespace, sizeof(outcome->pod_namespace));
	return 0;
}

static int read_user_kill(const json_t *object, struct event *event)
{
	struct user_kill *kill = &event->user_kill;
	const json_t *sender = json_object_get(object, "sender");

	kill->boot_ns = event_unsigned_ms(object, "uptime_ms");
	event_u32(object, "signal", &kill->signal);
	event_u32(sender, "pid", &kill->sender_pid);
	event_text(sender, "comm", kill->sender_comm, sizeof(kill->sender_comm));
	event_read_task(json_object_get(object, "target"), kill->boot_ns, &kill->target);
	return 0;
}

static int read_lost(const json_t *object, struct event *event)
{
	event->lost.boot_ns = event_unsigned_ms(object, "uptime_ms");
	event->lost.reason =
		(uint8_t)event_number_of(event_string(object, "reason"), loss_name, LOSS_MAX);
	event_u64(object, "count", &event->lost.count);
	return 0;
}

static int read_detached(const json_t *object, struct event *event)
{
	event->totals.boot_ns = event_unsigned_ms(object, "uptime_ms");
	event_u64(object, "episodes", &event->totals.episodes);
	event_u64(object, "kills", &event->totals.kills);
	event_u64(object, "candidates", &event->totals.candidates);
	event_read_loss(json_object_get(object, "lost"), event->totals.lost, LOSS_MAX);
	return 0;
}

static int read_attached(const json_t *object, struct event *event)
{
	const json_t *refused = json_object_get(object, "refused");
	struct wire_host *host = &event->wire_host;
	const char *pids = event_string(object, "pid_namespace");
	uint64_t attach_ns = event_unsigned_ms(object, "attach_ms");

	host->attached_ns = event_unsigned_ms(object, "uptime_ms");
	if (attach_ns && attach_ns < host->attached_ns)
		host->exec_ns = host->attached_ns - attach_ns;
	event_text(object, "version", host->version, sizeof(host->version));
	event_text(object, "kernel", host->kernel, sizeof(host->kernel));
	event_text(object, "arch", host->arch, sizeof(host->arch));
	host->backend =
		event_number_of(event_string(object, "backend"), backend_name, WIRE_BACKENDS);
	if (pids && !strcmp(pids, "own"))
		host->flags |= HOST_OWN_PIDS;
	for (size_t i = 0; i < json_array_size(refused); i++) {
		const json_t *refusal = json_array_get(refused, i);
		unsigned int backend = event_number_of(event_string(refusal, "backend"),
						       backend_name, WIRE_BACKENDS);

		if (backend == WIRE_BACKENDS)
			continue;
		host->refusals[backend].refused = 1;
		event_text(refusal, "reason", host->refusals[backend].reason,
			   sizeof(host->refusals[backend].reason));
	}
	return 0;
}

static int read_other(const json_t *object, struct event *event)
{
	(void)object;
	(void)event;
	return 0;
}

static const struct shape {
	const char *type;
	int (*read)(const json_t *object, struct event *event);
} shapes[] = {
	[EVENT_ATTACHED] = {"attached", read_attached},
	[EVENT_OOM_KILL] = {"oom_kill", event_read_episode},
	[EVENT_OOM_NO_KILL] = {"oom_no_kill", read_no_kill},
	[EVENT_OOM_OUTCOME] = {"oom_outcome", read_outcome},
	[EVENT_KILLED_BY_USER] = {"killed_by_user", read_user_kill},
	[EVENT_LOST] = {"lost", read_lost},
	[EVENT_DETACHED] = {"detached", read_detached},
	[EVENT_OTHER] = {NULL, read_other},
};

static enum event_type type_of(const char *word)
{
	unsigned int type = 0;

	while (type < EVENT_OTHER && strcmp(shapes[type].type, word) != 0)
		type++;
	return type;
}

/* The moment it is about, by its type. */
static int64_t *real_ns_of(struct event *event)
{
	switch (event->type) {
	case EVENT_OOM_KILL:
	case EVENT_OOM_NO_KILL:
		return &event->episode.real_ns;
	case EVENT_OOM_OUTCOME:
		return &event->outcome.real_ns;
	case EVENT_KILLED_BY_USER:
		return &event->user_kill.real_ns;
	case EVENT_LOST:
		return &event->lost.real_ns;
	case EVENT_DETACHED:
		return &event->totals.real_ns;
	default:
		return &event->host.attached_real_ns;
	}
}

static int fail(char ret_error[EVENT_ERROR_LEN], const char *what)
{
	text_copy(ret_error, EVENT_ERROR_LEN, what, strlen(what));
	return -EBADMSG;
}

/* Sets what @event is told of its line. Returns 0, -EBADMSG or -ENOMEM. */
static int read_line(const json_t *object, struct event *event, char ret_error[EVENT_ERROR_LEN])
{
	const char *type = event_string(object, "type"), *time = event_string(object, "time");
	int64_t schema;
	int error;

	if (!json_is_object(object))
		return fail(ret_error, "no JSON object");
	if (!event_s64(object, "schema", &schema) || !type)
		return fail(ret_error, "no line of oomtrace's: schema and type are missing");
	if (schema != SCHEMA)
		return fail(ret_error, "of another schema than 1: a newer oomtrace wrote it");
	event->type = type_of(type);
	event_text(object, "host", event->wire_host.host, sizeof(event->wire_host.host));
	event->host.redacted = event_true(object, "redacted");
	event_text(object, "boot_id", event->wire_host.boot_id, sizeof(event->wire_host.boot_id));
	error = shapes[event->type].read(object, event);
	if (!error && time)
		units_parse_rfc3339(time, real_ns_of(event));
	return error;
}

int event_read(const char *line, size_t len, struct event *ret_event,
	       char ret_error[EVENT_ERROR_LEN])
{
	struct event *event = ret_event;
	json_error_t why;
	int error;

	memset(event, 0, sizeof(*event));
	event->root = json_loadb(line, len, JSON_ALLOW_NUL, &why);
	if (!event->root)
		return fail(ret_error, why.text);
	error = read_line(event->root, event, ret_error);
	event->host.wire = &event->wire_host;
	if (error)
		event_free(event);
	return error;
}

void event_free(struct event *event)
{
	json_decref(event->root);
	free(event->tasks);
	event->root = NULL;
	event->tasks = NULL;
}
