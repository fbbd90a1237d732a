/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is to be shown to strangers: events with pseudonyms for all that names somebody or
 * something of theirs, and everything else as it is. One pass before any output, so that none has
 * to know of it.
 *
 * Replaced are command lines, names of processes, cgroups, units, containers, pods, hosts, boots
 * and users; what every host has (systemd, system.slice, root) stays, and so do numbers, sizes,
 * pids, times, ids of kills, and the kernel's own words. A time that stands in a log stays where
 * it is made of what times are.
 */
#ifndef OOMTRACE_CORE_REDACT_H
#define OOMTRACE_CORE_REDACT_H

#include "core/episode.h"
#include "core/pseudonym.h"

struct redactor;

/* All the memory it will ever use, but for tasks: redactor_reserve(). NULL: it is not to be had. */
struct redactor *redactor_new(void);
void redactor_free(struct redactor *redactor);

/*
 * Takes memory for episodes of @tasks candidates, so that none is taken later. Without, it is
 * taken as they come. Returns 0 or -ENOMEM.
 */
int redactor_reserve(struct redactor *redactor, uint32_t tasks);

/*
 * Each returns a copy that holds until the same is called again, or its argument where @redactor
 * is NULL, or where @host says that it is redacted already. Where there is no memory for all
 * candidates, the last of them are counted as lost.
 */
const struct host *redact_host(struct redactor *redactor, const struct host *host);
const struct episode *redact_episode(struct redactor *redactor, const struct host *host,
				     const struct episode *episode);
const struct outcome *redact_outcome(struct redactor *redactor, const struct host *host,
				     const struct outcome *outcome);
const struct user_kill *redact_user_kill(struct redactor *redactor, const struct host *host,
					 const struct user_kill *kill);

/*
 * Parts, for what is no event. Each leaves what it is given as it is where @redactor is NULL; what
 * it returns or puts into a task holds until redact_begin(), which forgets it.
 */
void redact_begin(struct redactor *redactor);
/* A name of @kind, as it is in an episode's paths if it stands there; NULL for NULL. */
const char *redact_name(struct redactor *redactor, enum pseudonym_kind kind, const char *name);
/* A path of a cgroup, or NULL for NULL. */
const char *redact_cgroup(struct redactor *redactor, const char *path);
/* All that names somebody in @task. */
void redact_task(struct redactor *redactor, struct task *task);
/* A time as it stands in a log; NULL where it could be something else. */
const char *redact_time_text(const char *text);

#endif /* OOMTRACE_CORE_REDACT_H */
