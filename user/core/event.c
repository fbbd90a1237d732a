// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/event.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "lib/units.h"

#define SCHEMA 1

/* ---- values that may be absent ---- */

static const char *get_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Copies what fits; "" when it is absent. */
static bool get_text(const json_t *object, const char *key, char *ret_text, size_t size)
{
	const char *text = get_string(object, key);

	text_copy(ret_text, size, text ? text : "", text ? strlen(text) : 0);
	return text != NULL;
}

static bool get_u64(const json_t *object, const char *key, uint64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret_value = (uint64_t)json_integer_value(value);
	return true;
}

static bool get_u32(const json_t *object, const char *key, uint32_t *ret_value)
{
	uint64_t value;

	if (!get_u64(object, key, &value) || value > UINT32_MAX)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

static bool get_s64(const json_t *object, const char *key, int64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (json_is_integer(value))
		*ret_value = json_integer_value(value);
	return json_is_integer(value);
}

static bool get_int(const json_t *object, const char *key, int *ret_value)
{
	int64_t value;

	if (!get_s64(object, key, &value) || value < INT32_MIN || value > INT32_MAX)
		return false;
	*ret_value = (int)value;
	return true;
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Milliseconds with three decimals: whole microseconds, which a double holds for 285 years. */
static bool get_ms(const json_t *object, const char *key, int64_t *ret_ns)
{
	const json_t *value = json_object_get(object, key);
	double ms = json_number_value(value);

	if (!json_is_number(value) || !(ms > -9e12 && ms < 9e12))
		return false;
	*ret_ns = (int64_t)(ms * 1000 + (ms < 0 ? -0.5 : 0.5)) * 1000;
	return true;
}

static uint64_t get_unsigned_ms(const json_t *object, const char *key)
{
	int64_t ns;

	return get_ms(object, key, &ns) && ns > 0 ? (uint64_t)ns : 0;
}

static uint64_t get_bytes(const json_t *object, const char *key)
{
	uint64_t bytes = BYTES_UNKNOWN;

	get_u64(object, key, &bytes);
	return bytes;
}

/* The number of which @name gives @word, below @count; @count when there is none. */
static unsigned int number_of(const char *word, const char *(*name)(unsigned int),
			      unsigned int count)
{
	for (unsigned int i = 0; word && i < count; i++) {
		const char *candidate = name(i);

		if (candidate && !strcmp(candidate, word))
			return i;
	}
	return count;
}

/* ---- processes ---- */

static void read_task_memory(const json_t *object, struct task *task)
{
	if (get_u64(object, "rss_anon_bytes", &task->rss_anon_bytes))
		task->known |= TASK_KNOWS_MEMORY;
	get_u64(object, "total_vm_bytes", &task->total_vm_bytes);
	get_u64(object, "rss_file_bytes", &task->rss_file_bytes);
	get_u64(object, "rss_shmem_bytes", &task->rss_shmem_bytes);
	get_u64(object, "swap_bytes", &task->swap_bytes);
	get_u64(object, "pgtables_bytes", &task->pgtables_bytes);
}

static void read_task_score(const json_t *object, struct task *task)
{
	const char *source = get_string(object, "points_source");

	get_int(object, "oom_score_adj", &task->oom_score_adj);
	if (get_s64(object, "points", &task->points))
		task->known |= TASK_KNOWS_POINTS;
	task->points_from_kernel = source && !strcmp(source, "kernel");
	task->eligible = is_true(object, "eligible");
	task->skip = (uint8_t)number_of(get_string(object, "skipped"), skip_name, SKIP_MAX);
	if (task->skip == SKIP_MAX)
		task->skip = SKIP_NONE;
}

static void read_caps(const json_t *object, struct task *task)
{
	const char *caps = get_string(object, "cap_effective");

	if (caps)
		task->cap_effective = strtoull(caps, NULL, 16);
}

static void read_task(const json_t *object, uint64_t boot_ns, struct task *ret_task)
{
	struct task task = {.uid = WIRE_NONE_U32, .scan = UINT32_MAX};

	get_u32(object, "pid", &task.pid);
	task.tid = task.ns_pid = task.pid;
	get_u32(object, "tid", &task.tid);
	get_u32(object, "ns_pid", &task.ns_pid);
	get_text(object, "comm", task.comm, sizeof(task.comm));
	task.cmdline = get_string(object, "cmdline");
	task.cmdline_truncated = is_true(object, "cmdline_truncated");
	get_u32(object, "uid", &task.uid);
	task.euid = task.uid;
	get_u32(object, "euid", &task.euid);
	task.cgroup = get_string(object, "cgroup");
	task.cgroup_truncated = is_true(object, "cgroup_truncated");
	if (task.cgroup)
		task.known |= TASK_KNOWS_CGROUP;
	if (get_u32(object, "ppid", &task.ppid))
		task.known |= TASK_KNOWS_IDENTITY;
	get_u32(object, "threads", &task.threads);
	get_int(object, "nice", &task.nice);
	read_caps(object, &task);
	get_u32(object, "mm_id", &task.mm_id);
	task.age_ns = get_unsigned_ms(object, "age_ms");
	if (boot_ns > task.age_ns && task.known & TASK_KNOWS_IDENTITY)
		task.start_ns = boot_ns - task.age_ns;
	if (json_object_get(object, "cpu_ms"))
		task.known |= TASK_KNOWS_CPU;
	task.cpu_ns = get_unsigned_ms(object, "cpu_ms");
	get_u32(object, "scan", &task.scan);
	read_task_memory(object, &task);
	read_task_score(object, &task);
	*ret_task = task;
}

/* ---- the parts of an episode ---- */

static void read_decision(const json_t *object, struct episode *episode)
{
	unsigned int number;

	get_text(object, "id", episode->id, sizeof(episode->id));
	episode->source = get_string(object, "source");
	episode->completed_from = get_string(object, "completed_from");
	episode->backend = number_of(get_string(object, "backend"), backend_name, WIRE_BACKENDS);
	number =
		number_of(get_string(object, "constraint"), constraint_name, CONSTRAINT_MEMCG_ + 1);
	episode->constraint = CONSTRAINT_UNKNOWN;
	if (number <= CONSTRAINT_MEMCG_) {
		episode->known |= EPISODE_KNOWS_CONSTRAINT;
		episode->constraint = (uint8_t)number;
	}
	number = number_of(get_string(object, "selection"), selection_name,
			   SELECTION_EXITING_TASK + 1);
	episode->selection = number <= SELECTION_EXITING_TASK ? (uint8_t)number : SELECTION_UNKNOWN;
	number = number_of(get_string(object, "rss_counters"), rss_counters_name, RSS_PRECISE + 1);
	episode->rss_counters = number <= RSS_PRECISE ? (uint8_t)number : RSS_UNKNOWN;
	if (get_string(object, "scope")) {
		episode->known |= EPISODE_KNOWS_SCOPE;
		episode->group = !strcmp(get_string(object, "scope"), "group");
	}
	episode->sysrq = is_true(object, "sysrq");
	if (get_u64(object, "totalpages", &episode->totalpages))
		episode->known |= EPISODE_KNOWS_TOTALPAGES;
	get_u64(object, "page_size", &episode->page_size);
}

/* ["GFP_KERNEL", "__GFP_COMP"] as the kernel prints it. */
static bool read_gfp_flags(const json_t *flags, char *ret_text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(flags); i++) {
		const json_t *flag = json_array_get(flags, i);
		const char *text = json_string_value(flag);
		size_t len = text ? strlen(text) : 0;

		if (!len || used + len + 2 > size)
			return false;
		if (used)
			ret_text[used++] = '|';
		memcpy(ret_text + used, text, len + 1);
		used += len;
	}
	return json_is_array(flags);
}

static void read_stack(const json_t *stack, struct episode *episode)
{

	for (size_t i = 0; i < json_array_size(stack); i++) {
		const json_t *frame = json_array_get(stack, i);
		if (i == WIRE_STACK_LEN || !json_is_string(frame))
			break;
		episode->invoker.stack[episode->invoker.stack_len++] = json_string_value(frame);
	}
}

static void read_invoker(const json_t *object, struct episode *episode)
{
	const char *mask = get_string(object, "gfp_mask");
	int order;

	if (get_u32(object, "pid", &episode->invoker.pid))
		episode->known |= EPISODE_KNOWS_INVOKER;
	episode->invoker.tid = episode->invoker.pid;
	get_u32(object, "tid", &episode->invoker.tid);
	episode->invoker.uid = WIRE_NONE_U32;
	get_u32(object, "uid", &episode->invoker.uid);
	get_text(object, "comm", episode->invoker.comm, sizeof(episode->invoker.comm));
	episode->invoker.cgroup = get_string(object, "cgroup");
	episode->invoker.cgroup_truncated = is_true(object, "cgroup_truncated");
	if (mask && get_int(object, "order", &order)) {
		episode->known |= EPISODE_KNOWS_GFP;
		episode->invoker.gfp_mask = (uint32_t)strtoul(mask, NULL, 16);
		episode->invoker.order = order;
	}
	if (read_gfp_flags(json_object_get(object, "gfp_flags"), episode->invoker.gfp_text,
			   sizeof(episode->invoker.gfp_text)))
		episode->known |= EPISODE_KNOWS_GFP_TEXT;
	get_text(object, "nodemask", episode->invoker.nodemask, sizeof(episode->invoker.nodemask));
	get_text(object, "cpuset", episode->invoker.cpuset, sizeof(episode->invoker.cpuset));
	if (get_text(object, "mems_allowed", episode->invoker.mems_allowed,
		     sizeof(episode->invoker.mems_allowed)))
		episode->known |= EPISODE_KNOWS_NODES;
	read_stack(json_object_get(object, "stack"), episode);
}

static void read_sysctls(const json_t *object, struct wire_sysctls *sysctls)
{
	memset(sysctls, 0xff, sizeof(*sysctls));
	get_u32(object, "panic_on_oom", &sysctls->panic_on_oom);
	get_u32(object, "oom_kill_allocating_task", &sysctls->oom_kill_allocating_task);
	get_u32(object, "oom_dump_tasks", &sysctls->oom_dump_tasks);
	get_u32(object, "overcommit_memory", &sysctls->overcommit_memory);
}

/* A number of bytes, or "max". */
static bool get_limit(const json_t *object, const char *key, uint64_t *ret_bytes, bool *ret_max)
{
	const char *word = get_string(object, key);

	*ret_max = word && !strcmp(word, "max");
	return *ret_max || get_u64(object, key, ret_bytes);
}

static void read_memcg(const json_t *object, struct memcg *memcg)
{
	memcg->path = get_string(object, "path");
	memcg->path_truncated = is_true(object, "path_truncated");
	if (memcg->path)
		memcg->known |= MEMCG_KNOWS_PATH;
	if (get_u64(object, "usage_bytes", &memcg->usage_bytes) &&
	    get_limit(object, "limit_bytes", &memcg->limit_bytes, &memcg->limit_is_max))
		memcg->known |= MEMCG_KNOWS_USAGE;
	memcg->v1 = json_object_get(object, "memsw_bytes") != NULL;
	if (get_u64(object, memcg->v1 ? "memsw_bytes" : "swap_bytes", &memcg->swap_bytes) &&
	    get_limit(object, memcg->v1 ? "memsw_limit_bytes" : "swap_limit_bytes",
		      &memcg->swap_limit_bytes, &memcg->swap_limit_is_max))
		memcg->known |= MEMCG_KNOWS_SWAP;
	/* Version 2 says it, true or false; version 1 has none to say. */
	if (memcg->known & MEMCG_KNOWS_USAGE && !json_object_get(object, "oom_group"))
		memcg->v1 = true;
	memcg->oom_group = is_true(object, "oom_group");
}

static void read_ancestors(const json_t *object, struct episode *episode)
{

	for (size_t i = 0; i < json_array_size(json_object_get(object, "ancestors")); i++) {
		const json_t *ancestor = json_array_get(json_object_get(object, "ancestors"), i);
		if (i == WIRE_ANCESTORS)
			break;
		read_memcg(ancestor, &episode->ancestors[i]);
		episode->n_ancestors++;
	}
	episode->ancestors_cut = is_true(object, "ancestors_truncated");
}

static void read_uses(const json_t *object, uint64_t uses[USE_MAX])
{
	for (unsigned int use = 0; use < USE_MAX; use++) {
		char key[64];

		snprintf(key, sizeof(key), "%s_bytes", use_name(use));
		uses[use] = get_bytes(object, key);
	}
}

static void read_psi(const json_t *object, struct wire_psi *psi)
{
	static const char *const keys[] = {"psi_some_avg10", "psi_some_avg60", "psi_some_avg300",
					   "psi_full_avg10", "psi_full_avg60", "psi_full_avg300"};

	for (unsigned int i = 0; i < 6; i++) {
		const json_t *value = json_object_get(object, keys[i]);
		uint32_t *to = i < 3 ? &psi->some[i] : &psi->full[i - 3];
		double percent = json_number_value(value);

		*to = PSI_UNKNOWN;
		/* Rounded up: what was cut to hundredths is so cut to the same ones again. */
		if (json_is_number(value) && percent >= 0 && percent <= 100)
			*to = (uint32_t)(percent * WIRE_PSI_UNIT + 0.999);
	}
}

static void read_zones(const json_t *object, struct memory *memory)
{

	for (size_t i = 0; i < json_array_size(json_object_get(object, "zones")); i++) {
		const json_t *item = json_array_get(json_object_get(object, "zones"), i);
		struct zone *zone = &memory->zones[i];

		if (i == WIRE_ZONES)
			break;
		get_text(item, "name", zone->name, sizeof(zone->name));
		get_u32(item, "node", &zone->node);
		zone->free_bytes = get_bytes(item, "free_bytes");
		zone->min_bytes = get_bytes(item, "min_bytes");
		zone->low_bytes = get_bytes(item, "low_bytes");
		zone->high_bytes = get_bytes(item, "high_bytes");
		zone->managed_bytes = get_bytes(item, "managed_bytes");
		memory->n_zones++;
	}
	memory->zones_cut = is_true(object, "zones_truncated");
}

static void read_memory(const json_t *object, struct episode *episode)
{
	const json_t *memcg = json_object_get(object, "memcg");
	const json_t *system = json_object_get(object, "system");
	struct memory *memory = &episode->memory;

	if (system)
		episode->known |= EPISODE_KNOWS_MEMORY;
	memory->memcg_usage_bytes = get_bytes(memcg, "usage_bytes");
	read_uses(json_object_get(memcg, "stat"), memory->memcg_use_bytes);
	read_psi(memcg, &memory->memcg_psi);
	memory->total_bytes = get_bytes(system, "mem_total_bytes");
	memory->free_bytes = get_bytes(system, "mem_free_bytes");
	memory->swap_total_bytes = get_bytes(system, "swap_total_bytes");
	memory->swap_free_bytes = get_bytes(system, "swap_free_bytes");
	read_uses(system, memory->use_bytes);
	read_psi(system, &memory->psi);
	read_zones(system, memory);
}

static void read_loss(const json_t *object, uint64_t loss[LOSS_MAX])
{
	for (unsigned int i = 0; i < LOSS_MAX; i++)
		get_u64(object, loss_name(i), &loss[i]);
}

/* Makes room for, and reads, the victims and then the candidates. Returns 0 or -ENOMEM. */
static int read_tasks(const json_t *object, struct event *event)
{
	const json_t *victims = json_object_get(object, "victims");
	const json_t *candidates = json_object_get(object, "candidates");
	const json_t *tasks = json_object_get(candidates, "tasks");
	size_t n_victims = json_array_size(victims), n_tasks = json_array_size(tasks);
	struct episode *episode = &event->episode;

	event->tasks = calloc(n_victims + n_tasks + 1, sizeof(*event->tasks));
	if (!event->tasks)
		return -ENOMEM;
	episode->victims = event->tasks;
	episode->tasks = event->tasks + n_victims;
	episode->n_victims = (uint32_t)n_victims;
	episode->n_tasks = (uint32_t)n_tasks;
	read_task(json_object_get(object, "victim"), episode->boot_ns, &episode->victim);
	for (size_t i = 0; i < json_array_size(victims); i++) {
		const json_t *task = json_array_get(victims, i);
		unsigned int as = number_of(get_string(task, "killed_as"), killed_as_name,
					    KILLED_AS_SHARED_MM + 1);

		read_task(task, episode->boot_ns, &episode->victims[i]);
		episode->victims[i].killed_as =
			as <= KILLED_AS_SHARED_MM ? (uint8_t)as : KILLED_AS_CHOSEN;
	}
	for (size_t i = 0; i < n_tasks; i++)
		read_task(json_array_get(tasks, i), episode->boot_ns, &episode->tasks[i]);
	return 0;
}

static void read_candidates(const json_t *object, struct episode *episode)
{
	const json_t *passed_over = json_object_get(object, "passed_over");
	unsigned int source = number_of(get_string(object, "source"), candidates_source_name,
					SOURCE_SNAPSHOT + 1);

	episode->candidates_source = source <= SOURCE_SNAPSHOT ? (uint8_t)source : SOURCE_NONE;
	get_u32(object, "total", &episode->total);
	get_u32(object, "eligible", &episode->eligible);
	get_u32(object, "lost", &episode->lost);
	episode->truncated = is_true(object, "truncated");
	for (unsigned int i = 0; i < SKIP_MAX; i++) {
		if (skip_name(i))
			get_u32(passed_over, skip_name(i), &episode->passed_over[i]);
	}
}

/* The one behind the victim; of the line's own, for the list may have been cut before it. */
static void read_runner_up(const json_t *why, struct episode *episode)
{
	const json_t *object = json_object_get(why, "runner_up");
	uint32_t pid;

	if (!get_u32(object, "pid", &pid))
		return;
	episode->has_runner_up = true;
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		if (episode->tasks[i].pid == pid) {
			episode->runner_up = episode->tasks[i];
			return;
		}
	}
	read_task(object, episode->boot_ns, &episode->runner_up);
}

static int read_episode(const json_t *object, struct event *event)
{
	const json_t *recent = json_object_get(object, "recent_kills");
	const json_t *memcg = json_object_get(object, "memcg");
	struct episode *episode = &event->episode;
	int error;

	episode->boot_ns = get_unsigned_ms(object, "uptime_ms");
	read_decision(object, episode);
	read_invoker(json_object_get(object, "invoker"), episode);
	read_sysctls(json_object_get(object, "sysctl"), &episode->sysctls);
	if (memcg) {
		episode->known |= EPISODE_KNOWS_MEMCG;
		read_memcg(memcg, &episode->memcg);
		read_ancestors(memcg, episode);
	}
	read_memory(object, episode);
	get_u32(recent, "count", &episode->recent_kills);
	episode->recent_span_ns = get_unsigned_ms(recent, "within_ms");
	read_candidates(json_object_get(object, "candidates"), episode);
	error = read_tasks(object, event);
	if (error)
		return error;
	read_runner_up(json_object_get(object, "why"), episode);
	read_loss(json_object_get(object, "loss"), episode->loss);
	return 0;
}

static int read_no_kill(const json_t *object, struct event *event)
{
	unsigned int reason =
		number_of(get_string(object, "reason"), no_kill_name, NO_KILL_DISABLED + 1);

	event->episode.no_kill =
		reason <= NO_KILL_DISABLED ? (uint8_t)reason : NO_KILL_NOTHING_KILLABLE;
	get_u32(object, "repeated", &event->episode.repeated);
	return read_episode(object, event);
}

/* ---- the other lines ---- */

static int read_outcome(const json_t *object, struct event *event)
{
	struct outcome *outcome = &event->outcome;
	const json_t *container = json_object_get(object, "container");

	get_text(object, "id", outcome->id, sizeof(outcome->id));
	get_u32(object, "pid", &outcome->pid);
	get_text(object, "comm", outcome->comm, sizeof(outcome->comm));
	outcome->boot_ns = get_unsigned_ms(object, "uptime_ms");
	outcome->has_sigkill = get_ms(object, "sigkill_ms", &outcome->sigkill_ns);
	outcome->has_exited = get_ms(object, "exited_ms", &outcome->exited_ns);
	outcome->has_freed = get_ms(object, "freed_ms", &outcome->freed_ns);
	outcome->has_reaped = get_ms(object, "reaped_ms", &outcome->reaped_ns);
	outcome->has_reap_skipped = get_ms(object, "reap_skipped_ms", &outcome->reap_skipped_ns);
	outcome->has_reaped_bytes = get_u64(object, "reaped_bytes", &outcome->reaped_bytes);
	outcome->has_aborted = get_u32(object, "aborted_selections", &outcome->aborted_selections);
	get_ms(object, "watched_ms", &outcome->watched_ns);
	get_text(object, "cmdline", outcome->cmdline, sizeof(outcome->cmdline));
	outcome->cmdline_truncated = is_true(object, "cmdline_truncated");
	get_text(container, "pod", outcome->pod, sizeof(outcome->pod));
	get_text(container, "namespace", outcome->pod_namespace, sizeof(outcome->pod_namespace));
	return 0;
}

static int read_user_kill(const json_t *object, struct event *event)
{
	struct user_kill *kill = &event->user_kill;
	const json_t *sender = json_object_get(object, "sender");

	kill->boot_ns = get_unsigned_ms(object, "uptime_ms");
	get_u32(object, "signal", &kill->signal);
	get_u32(sender, "pid", &kill->sender_pid);
	get_text(sender, "comm", kill->sender_comm, sizeof(kill->sender_comm));
	read_task(json_object_get(object, "target"), kill->boot_ns, &kill->target);
	return 0;
}

static int read_lost(const json_t *object, struct event *event)
{
	event->lost.boot_ns = get_unsigned_ms(object, "uptime_ms");
	event->lost.reason = (uint8_t)number_of(get_string(object, "reason"), loss_name, LOSS_MAX);
	get_u64(object, "count", &event->lost.count);
	return 0;
}

static int read_detached(const json_t *object, struct event *event)
{
	event->totals.boot_ns = get_unsigned_ms(object, "uptime_ms");
	get_u64(object, "episodes", &event->totals.episodes);
	get_u64(object, "kills", &event->totals.kills);
	get_u64(object, "candidates", &event->totals.candidates);
	read_loss(json_object_get(object, "lost"), event->totals.lost);
	return 0;
}

static int read_attached(const json_t *object, struct event *event)
{
	const json_t *refused = json_object_get(object, "refused");
	struct wire_host *host = &event->wire_host;
	const char *pids = get_string(object, "pid_namespace");
	uint64_t attach_ns = get_unsigned_ms(object, "attach_ms");

	host->attached_ns = get_unsigned_ms(object, "uptime_ms");
	if (attach_ns && attach_ns < host->attached_ns)
		host->exec_ns = host->attached_ns - attach_ns;
	get_text(object, "version", host->version, sizeof(host->version));
	get_text(object, "kernel", host->kernel, sizeof(host->kernel));
	get_text(object, "arch", host->arch, sizeof(host->arch));
	host->backend = number_of(get_string(object, "backend"), backend_name, WIRE_BACKENDS);
	if (pids && !strcmp(pids, "own"))
		host->flags |= HOST_OWN_PIDS;
	for (size_t i = 0; i < json_array_size(refused); i++) {
		const json_t *refusal = json_array_get(refused, i);
		unsigned int backend =
			number_of(get_string(refusal, "backend"), backend_name, WIRE_BACKENDS);

		if (backend == WIRE_BACKENDS)
			continue;
		host->refusals[backend].refused = 1;
		get_text(refusal, "reason", host->refusals[backend].reason,
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
	[EVENT_OOM_KILL] = {"oom_kill", read_episode},
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
	const char *type = get_string(object, "type"), *time = get_string(object, "time");
	int64_t schema;
	int error;

	if (!json_is_object(object))
		return fail(ret_error, "no JSON object");
	if (!get_s64(object, "schema", &schema) || !type)
		return fail(ret_error, "no line of oomtrace's: schema and type are missing");
	if (schema != SCHEMA)
		return fail(ret_error, "of another schema than 1: a newer oomtrace wrote it");
	event->type = type_of(type);
	get_text(object, "host", event->wire_host.host, sizeof(event->wire_host.host));
	get_text(object, "boot_id", event->wire_host.boot_id, sizeof(event->wire_host.boot_id));
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
