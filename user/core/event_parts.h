/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts of events that have a file of their own. Within the reading of events only. */
#ifndef OOMTRACE_CORE_EVENT_PARTS_H
#define OOMTRACE_CORE_EVENT_PARTS_H

#include <jansson.h>

#include "core/event.h"

/* A process; @boot_ns, when it was as old as it says. */
void event_read_task(const json_t *object, uint64_t boot_ns, struct task *ret_task);
/* {reason: count} */
void event_read_loss(const json_t *object, uint64_t *loss, unsigned int count);
/* Everything of a decision but why it has no victim. Returns 0 or -ENOMEM. */
int event_read_episode(const json_t *object, struct event *event);

#endif /* OOMTRACE_CORE_EVENT_PARTS_H */
