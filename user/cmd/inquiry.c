/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/inquiry.h"

#include <string.h>

#include "core/container.h"
#include "core/path.h"

static void ask(struct lookup *lookup, const struct wire_head *head, const struct wire_task *task,
		const struct wire_path *path, bool cmdline)
{
	struct lookup_question question = {
		.pid = task->pid,
		.start_ns = task->start_ns,
		.boot_ns = head->boot_ns,
		.cmdline = cmdline,
	};
	char text[PATH_TEXT_LEN];
	struct container container;
	bool truncated;

	if (path_from_wire(path, text, sizeof(text), &truncated) >= 0 &&
	    container_of_path(text, &container) && (container.known & CONTAINER_KNOWS_POD))
		memcpy(question.pod_uid, container.pod_uid, sizeof(question.pod_uid));
	if (question.cmdline || *question.pod_uid)
		lookup_ask(lookup, &question);
}

/* One of the wrong size is not read here: the assembler counts it. */
void inquire(struct lookup *lookup, const void *record, size_t len, bool no_cmdline)
{
	const struct wire_decision *decision = record;
	const struct wire_victim *victim = record;

	if (decision->head.kind == WIRE_DECISION && len == sizeof(*decision) &&
	    !(decision->flags & DECISION_NO_VICTIM))
		ask(lookup, &decision->head, &decision->victim, &decision->victim_path,
		    !no_cmdline && !decision->cmdline_len);
	else if (victim->head.kind == WIRE_VICTIM && len == sizeof(*victim))
		ask(lookup, &victim->head, &victim->task, &victim->path, !no_cmdline);
}
