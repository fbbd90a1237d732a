/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "core/redact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/redact_path.h"
#include "core/text.h"
#include "lib/pool.h"

#define TEXTS_SIZE (1024 * 1024) /* of the paths and command lines of one episode */

#define DIGITS   "0123456789"
#define LOWER    "abcdefghijklmnopqrstuvwxyz"
#define UPPER    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX      DIGITS "abcdef"
#define FUNCTION LOWER UPPER DIGITS "_.$"

struct redactor {
	struct pseudonyms *names;
	struct host host;
	struct wire_host wire_host;
	struct episode episode;
	struct outcome outcome;
	struct user_kill user_kill;
	struct task *tasks; /* victims, then candidates */
	uint32_t n_tasks;
	const char *last_path, *last_text; /* those of a group's members follow each other */
	size_t used;
	char texts[TEXTS_SIZE];
};

/*
 * Processes that every host has, or that are known for what they do in an OOM: whom they belong to
 * they do not tell, and a report without them is hard to read.
 */
static const char *const known_comms[] = {
	"systemd",        "init",         "(sd-pam)",    "systemd-journal", "systemd-udevd",
	"systemd-logind", "systemd-oomd", "dbus-daemon", "kthreadd",        "kswapd0",
	"khugepaged",     "kcompactd0",   "oom_reaper",  "earlyoom",        "nohang",
	"oomd",           "dockerd",      "containerd",  "containerd-shim", "conmon",
	"kubelet",        "runc",         "crio",        "pause",           "oomtrace",
};

struct redactor *redactor_new(void)
{
	struct redactor *redactor = pool_take(sizeof(*redactor));

	if (!redactor)
		return NULL;
	redactor->names = pseudonyms_new();
	if (redactor->names && !redactor_reserve(redactor, 0))
		return redactor;
	redactor_free(redactor);
	return NULL;
}

void redactor_free(struct redactor *redactor)
{
	if (!redactor)
		return;
	pseudonyms_free(redactor->names);
	pool_free(redactor->tasks);
	pool_free(redactor);
}

int redactor_reserve(struct redactor *redactor, uint32_t tasks)
{
	uint64_t count = (uint64_t)tasks + EPISODE_VICTIMS;
	struct task *more;

	if (count <= redactor->n_tasks)
		return 0;
	more = count <= UINT32_MAX ? pool_take(count * sizeof(*more)) : NULL;
	if (!more)
		return -ENOMEM;
	pool_free(redactor->tasks);
	redactor->tasks = more;
	redactor->n_tasks = (uint32_t)count;
	return 0;
}

/* --- texts --- */

/* Whether @text is made of @allowed alone: what the kernel writes, and nobody's name. */
static bool is_made_of(const char *text, const char *allowed)
{
	return !text[strspn(text, allowed)];
}

static const char *if_made_of(const char *text, const char *allowed)
{
	return text && is_made_of(text, allowed) ? text : NULL;
}

static void keep_if_made_of(char *text, const char *allowed)
{
	if (!is_made_of(text, allowed))
		*text = '\0';
}

void redact_begin(struct redactor *redactor)
{
	if (!redactor)
		return;
	redactor->used = 0;
	redactor->last_path = NULL;
}

static bool is_known(const char *comm)
{
	for (size_t i = 0; i < sizeof(known_comms) / sizeof(known_comms[0]); i++)
		if (!strcmp(comm, known_comms[i]))
			return true;
	return false;
}

/* A text of @len bytes was put behind those that are there; a negative @len: none. */
static const char *keep(struct redactor *redactor, int len)
{
	const char *text = redactor->texts + redactor->used;

	if (len < 0)
		return NULL;
	redactor->used += (size_t)len + 1;
	return text;
}

const char *redact_name(struct redactor *redactor, enum pseudonym_kind kind, const char *name)
{
	int len = -ENOSPC;
	size_t room;
	char *text;

	if (!redactor || !name || (kind == PSEUDONYM_COMM && is_known(name)))
		return name;
	text = redactor->texts + redactor->used;
	room = TEXTS_SIZE - redactor->used;
	if (kind == PSEUDONYM_UNIT)
		len = redact_path(redactor->names, name, text, room);
	else if (kind == PSEUDONYM_POD_UID)
		len = redact_pod_uid(redactor->names, name, text, room);
	else if (kind == PSEUDONYM_CONTAINER)
		len = redact_container(redactor->names, name, text, room);
	else if (room >= PSEUDONYM_LEN) {
		pseudonym_of(redactor->names, kind, name, strlen(name), text);
		len = (int)strlen(text);
	}
	name = keep(redactor, len);
	return name ? name : "x";
}

const char *redact_cgroup(struct redactor *redactor, const char *path)
{
	char *text;
	int len;

	if (!redactor || !path)
		return path;
	if (path == redactor->last_path)
		return redactor->last_text;
	text = redactor->texts + redactor->used;
	len = redact_path(redactor->names, path, text, TEXTS_SIZE - redactor->used);
	if (!keep(redactor, len))
		return "/cgroup-x";
	redactor->last_path = path;
	redactor->last_text = text;
	return text;
}

/* Words that stand in times. */
const char *redact_time_text(const char *text)
{
	static const char *const words[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
		"Dec", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "T",   "Z",   "UTC",
	};
	const char *at = text;

	while (at && *at) {
		size_t len = strspn(at, UPPER LOWER);
		bool is_known = !len && strspn(at, DIGITS " :.,+-[]/");

		for (size_t i = 0; len && i < sizeof(words) / sizeof(words[0]); i++)
			is_known |= strlen(words[i]) == len && !memcmp(at, words[i], len);
		if (!is_known)
			return NULL;
		at += len ? len : 1;
	}
	return text;
}

static void redact_comm(struct redactor *redactor, char comm[WIRE_COMM_LEN + 1])
{
	char text[PSEUDONYM_LEN];

	if (is_known(comm))
		return;
	pseudonym_of(redactor->names, PSEUDONYM_COMM, comm, strlen(comm), text);
	text_copy(comm, WIRE_COMM_LEN + 1, text, strlen(text));
}

/* @text, an array of @size bytes that may lack its NUL. */
static void redact_text(struct redactor *redactor, enum pseudonym_kind kind, char *text,
			size_t size)
{
	char name[PSEUDONYM_LEN];

	pseudonym_of(redactor->names, kind, text, strnlen(text, size), name);
	memset(text, 0, size);
	text_copy(text, size, name, strlen(name));
}

/* --- events --- */

void redact_task(struct redactor *redactor, struct task *task)
{
	if (!redactor)
		return;
	redact_comm(redactor, task->comm);
	task->cmdline = redact_name(redactor, PSEUDONYM_CMDLINE, task->cmdline);
	task->cmdline_truncated = false;
	task->cgroup = redact_cgroup(redactor, task->cgroup);
	task->uid = pseudonym_uid(redactor->names, task->uid);
	task->euid = pseudonym_uid(redactor->names, task->euid);
}

static struct task *copy_tasks(struct redactor *redactor, struct task *to, const struct task *from,
			       uint32_t count)
{
	memcpy(to, from, count * sizeof(*to));
	for (uint32_t i = 0; i < count; i++)
		redact_task(redactor, &to[i]);
	return to;
}

/* Makes room; where there is none, what does not fit is cut. */
static void make_room(struct redactor *redactor, struct episode *episode)
{
	uint64_t wanted = (uint64_t)episode->n_tasks + episode->n_victims;
	uint32_t room;

	if (wanted <= redactor->n_tasks ||
	    (wanted < UINT32_MAX && !redactor_reserve(redactor, (uint32_t)wanted)))
		return;
	room = redactor->n_tasks - EPISODE_VICTIMS;
	if (episode->n_victims > EPISODE_VICTIMS)
		episode->n_victims = EPISODE_VICTIMS;
	if (episode->n_tasks > room) {
		episode->lost += episode->n_tasks - room;
		episode->n_tasks = room;
	}
}

static void redact_tasks(struct redactor *redactor, struct episode *episode)
{
	make_room(redactor, episode);
	redact_task(redactor, &episode->runner_up);
	episode->victims =
		copy_tasks(redactor, redactor->tasks, episode->victims, episode->n_victims);
	episode->tasks = copy_tasks(redactor, redactor->tasks + episode->n_victims, episode->tasks,
				    episode->n_tasks);
}

static void redact_invoker(struct redactor *redactor, struct episode *episode)
{
	size_t kept = 0;

	redact_comm(redactor, episode->invoker.comm);
	episode->invoker.uid = pseudonym_uid(redactor->names, episode->invoker.uid);
	episode->invoker.cgroup = redact_cgroup(redactor, episode->invoker.cgroup);
	/* The name of a directory: the same as where it stands in a path. */
	if (redact_path(redactor->names, episode->invoker.cpuset, redactor->texts + redactor->used,
			TEXTS_SIZE - redactor->used) < 0)
		redactor->texts[redactor->used] = '\0';
	text_copy(episode->invoker.cpuset, sizeof(episode->invoker.cpuset),
		  redactor->texts + redactor->used, WIRE_PATH_NAME - 1);
	keep_if_made_of(episode->invoker.gfp_text, LOWER UPPER DIGITS "_|");
	keep_if_made_of(episode->invoker.nodemask, DIGITS "-,");
	keep_if_made_of(episode->invoker.mems_allowed, DIGITS "-,");
	for (size_t i = 0; i < episode->invoker.stack_len; i++)
		if (is_made_of(episode->invoker.stack[i], FUNCTION))
			episode->invoker.stack[kept++] = episode->invoker.stack[i];
	episode->invoker.stack_len = kept;
}

const struct host *redact_host(struct redactor *redactor, const struct host *host)
{
	struct wire_host *wire;

	if (!redactor || !host || host->redacted)
		return host;
	wire = &redactor->wire_host;
	redactor->host = *host;
	redactor->host.redacted = true;
	if (!host->wire)
		return &redactor->host;
	*wire = *host->wire;
	redact_text(redactor, PSEUDONYM_HOST, wire->host, sizeof(wire->host));
	redact_text(redactor, PSEUDONYM_BOOT, wire->boot_id, sizeof(wire->boot_id));
	redactor->host.wire = wire;
	return &redactor->host;
}

const struct episode *redact_episode(struct redactor *redactor, const struct host *host,
				     const struct episode *episode)
{
	struct episode *copy;

	if (!redactor || (host && host->redacted))
		return episode;
	copy = &redactor->episode;
	*copy = *episode;
	redact_begin(redactor);
	redact_task(redactor, &copy->victim); /* is comm-1, where it is the first */
	keep_if_made_of(copy->id, HEX);
	copy->time_text = redact_time_text(episode->time_text);
	copy->source = if_made_of(episode->source, LOWER);
	copy->completed_from = if_made_of(episode->completed_from, LOWER);
	redact_invoker(redactor, copy);
	copy->memcg.path = redact_cgroup(redactor, episode->memcg.path);
	for (uint32_t i = 0; i < episode->n_ancestors; i++)
		copy->ancestors[i].path = redact_cgroup(redactor, episode->ancestors[i].path);
	for (uint32_t i = 0; i < episode->memory.n_zones; i++)
		keep_if_made_of(copy->memory.zones[i].name, LOWER UPPER DIGITS);
	redact_tasks(redactor, copy);
	return copy;
}

const struct outcome *redact_outcome(struct redactor *redactor, const struct host *host,
				     const struct outcome *outcome)
{
	struct outcome *copy;

	if (!redactor || (host && host->redacted))
		return outcome;
	copy = &redactor->outcome;
	*copy = *outcome;
	keep_if_made_of(copy->id, HEX);
	redact_comm(redactor, copy->comm);
	redact_text(redactor, PSEUDONYM_CMDLINE, copy->cmdline, sizeof(copy->cmdline));
	copy->cmdline_truncated = false;
	redact_text(redactor, PSEUDONYM_POD, copy->pod, sizeof(copy->pod));
	redact_text(redactor, PSEUDONYM_NAMESPACE, copy->pod_namespace,
		    sizeof(copy->pod_namespace));
	return copy;
}

const struct user_kill *redact_user_kill(struct redactor *redactor, const struct host *host,
					 const struct user_kill *kill)
{
	struct user_kill *copy;

	if (!redactor || (host && host->redacted))
		return kill;
	copy = &redactor->user_kill;
	*copy = *kill;
	redact_begin(redactor);
	redact_comm(redactor, copy->sender_comm);
	redact_task(redactor, &copy->target);
	return copy;
}
