// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/message.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/units.h"

void message_free(struct message *message)
{
	free(message->key);
	free(message->line);
	message->key = message->line = NULL;
}

/*
 * Out of what the event itself has, wherever that is enough: two stores of one host that know the
 * same kill give it one id.
 */
static void put_id(const struct store_event *event, const char *identity, char id[MESSAGE_ID_LEN])
{
	const char *of = event->id ? event->id : "";

	if (strcmp(event->type, "oom_outcome") == 0)
		snprintf(id, MESSAGE_ID_LEN, "%.64s.%" PRId64, of, event->pid);
	else if (strcmp(event->type, "killed_by_user") == 0)
		snprintf(id, MESSAGE_ID_LEN, "signal.%.64s.%" PRId64 ".%" PRId64 ".%" PRId64,
			 event->boot_id ? event->boot_id : "", event->boot_ns, event->pid,
			 event->signal);
	else if (event->id)
		snprintf(id, MESSAGE_ID_LEN, "%.128s", of);
	else
		snprintf(id, MESSAGE_ID_LEN, "%.24s.%.33s.%" PRId64, event->type, identity,
			 event->number);
}

/* A `lost` line. Returns NULL when there is no memory. */
static char *line_of_loss(const char *reason, int64_t count, const char *host, const char *boot_id,
			  int64_t time_ns)
{
	units_text when;
	json_t *object =
		json_pack("{s:i,s:s,s:s*,s:s*,s:s*,s:s,s:I}", "schema", 1, "type", "lost", "time",
			  time_ns ? units_rfc3339(when, time_ns) : NULL, "host", host, "boot_id",
			  boot_id, "reason", reason, "count", (json_int_t)count);
	char *line = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return line;
}

/* Sets the line of @message. Returns 0 or -ENOMEM. */
static int take_line(struct message *message, char *line)
{
	if (!line)
		return -ENOMEM;
	message->line = line;
	message->len = strlen(line);
	return 0;
}

static int copy_line(const struct store_event *event, struct message *message)
{
	if (!event->line && strcmp(event->type, "lost") == 0)
		return take_line(message, line_of_loss(event->reason ? event->reason : "unknown",
						       event->count, event->host, event->boot_id,
						       event->time_ns));
	if (!event->line)
		return 0;
	message->line = malloc(event->len + 1);
	if (!message->line)
		return -ENOMEM;
	memcpy(message->line, event->line, event->len + 1);
	message->len = event->len;
	return 0;
}

int message_of_event(const struct store_event *event, const char *identity,
		     struct message *ret_message)
{
	struct message message = {.number = event->number, .time_ns = event->time_ns};
	int error = 0;

	snprintf(message.type, sizeof(message.type), "%s", event->type);
	put_id(event, identity, message.id);
	if (event->host) {
		message.key = strdup(event->host);
		error = message.key ? 0 : -ENOMEM;
	}
	if (!error)
		error = copy_line(event, &message);
	if (error) {
		message_free(&message);
		return error;
	}
	*ret_message = message;
	return 0;
}

int message_of_gap(int64_t first, int64_t last, const char *identity, const char *host,
		   int64_t now_ns, struct message *ret_message)
{
	struct message message = {
		.number = last,
		.time_ns = now_ns,
		.gone = last - first + 1,
		.type = "lost",
	};
	int error;

	snprintf(message.id, sizeof(message.id), "unshipped.%.33s.%" PRId64 "-%" PRId64, identity,
		 first, last);
	message.key = strdup(host);
	error = message.key ? take_line(&message,
					line_of_loss("unshipped", message.gone, host, NULL, now_ns))
			    : -ENOMEM;
	if (error) {
		message_free(&message);
		return error;
	}
	*ret_message = message;
	return 0;
}

/* Cuts the tasks of @object. Returns 0 or a negative errno, as message_cut() does. */
static int cut_tasks(json_t *object, size_t most)
{
	json_t *candidates = json_object_get(object, "candidates");
	json_t *tasks = json_object_get(candidates, "tasks");

	if (json_array_size(tasks) <= most)
		return -ENOENT;
	while (json_array_size(tasks) > most)
		json_array_remove(tasks, json_array_size(tasks) - 1);
	return json_object_set_new(candidates, "listed", json_integer((json_int_t)most)) ? -ENOMEM
											 : 0;
}

int message_cut(struct message *message, size_t candidates)
{
	json_t *object = json_loadb(message->line, message->len, 0, NULL);
	int error = object ? cut_tasks(object, candidates) : -EBADMSG;
	char *line = error ? NULL : json_dumps(object, JSON_COMPACT);

	json_decref(object);
	if (!error && !line)
		error = -ENOMEM;
	if (error)
		return error;
	free(message->line);
	return take_line(message, line);
}
