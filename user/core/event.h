/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One JSON line of oomtrace's, read back into what it was made of, so that what
 * was stored or piped can be shown, explained and reported as when it happened.
 * What the line lacks is not known; nothing is filled in.
 */
#ifndef OOMTRACE_CORE_EVENT_H
#define OOMTRACE_CORE_EVENT_H

#include <stddef.h>

#include "core/episode.h"

enum event_type {
	EVENT_ATTACHED,
	EVENT_OOM_KILL,
	EVENT_OOM_NO_KILL,
	EVENT_OOM_OUTCOME,
	EVENT_KILLED_BY_USER,
	EVENT_LOST,
	EVENT_DETACHED,
	EVENT_OTHER, /* a line of schema 1 of a type that is not one of these */
};

#define EVENT_ERROR_LEN 160

struct event {
	enum event_type type;
	struct host
		host; /* as far as the line says: name and boot_id; in EVENT_ATTACHED all of it */
	struct wire_host wire_host;
	union {
		struct episode episode; /* EVENT_OOM_KILL, EVENT_OOM_NO_KILL */
		struct outcome outcome;
		struct user_kill user_kill;
		struct lost lost;
		struct totals totals; /* EVENT_DETACHED */
	};
	void *root;         /* what the strings live in */
	struct task *tasks; /* of the episode: victims, then candidates */
};

/*
 * Reads the object in the @len bytes of @line. Returns 0 and sets *@ret_event, to be given to
 * event_free(); -EBADMSG when it is no JSON object, or one of another schema, with the reason in
 * @ret_error; -ENOMEM.
 */
int event_read(const char *line, size_t len, struct event *ret_event,
	       char ret_error[EVENT_ERROR_LEN]);
void event_free(struct event *event);

#endif /* OOMTRACE_CORE_EVENT_H */
