// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A decision out of its JSON line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/event_get.h"
#include "core/event_parts.h"
#include "core/release.h"
#include "core/rules.h"
#include "core/score.h"

static void read_task_memory(const json_t *object, struct task *task)
{
	const struct {
		const char *key;
		uint64_t *to;
		uint32_t bit;
	} fields[] = {
		{"total_vm_bytes", &task->total_vm_bytes, TASK_KNOWS_TOTAL_VM},
		{"rss_bytes", &task->rss_bytes, TASK_KNOWS_RSS},
		{"rss_anon_bytes", &task->rss_anon_bytes, TASK_KNOWS_RSS_PARTS},
		{"rss_file_bytes", &task->rss_file_bytes, TASK_KNOWS_RSS_PARTS},
		{"rss_shmem_bytes", &task->rss_shmem_bytes, TASK_KNOWS_SHMEM},
		{"swap_bytes", &task->swap_bytes, TASK_KNOWS_SWAP},
		{"pgtables_bytes", &task->pgtables_bytes, TASK_KNOWS_PGTABLES},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (event_u64(object, fields[i].key, fields[i].to))
			task->known |= fields[i].bit;
	}
	task_known_settle(task);
}

static void read_task_score(const json_t *object, struct task *task)
{
	const char *source = event_string(object, "points_source");

	if (!event_int(object, "oom_score_adj", &task->oom_score_adj))
		task->known |= TASK_LACKS_ADJ;
	if (event_s64(object, "oom_score", &task->oom_score))
		task->known |= TASK_KNOWS_OOM_SCORE;
	if (event_s64(object, "points", &task->points))
		task->known |= TASK_KNOWS_POINTS;
	task->points_from_kernel = source && !strcmp(source, "kernel");
	task->eligible = event_true(object, "eligible");
	task->skip = (uint8_t)event_number_of(event_string(object, "skipped"), skip_name, SKIP_MAX);
	if (task->skip == SKIP_MAX)
		task->skip = SKIP_NONE;
}

static void read_caps(const json_t *object, struct task *task)
{
	const char *caps = event_string(object, "cap_effective");

	if (!caps)
		return;
	task->known |= TASK_KNOWS_CREDENTIALS;
	task->cap_effective = strtoull(caps, NULL, 16);
}

void event_read_task(const json_t *object, uint64_t boot_ns, struct task *ret_task)
{
	struct task task = {.uid = WIRE_NONE_U32, .scan = UINT32_MAX};

	event_u32(object, "pid", &task.pid);
	task.tid = task.ns_pid = task.pid;
	event_u32(object, "tid", &task.tid);
	event_u32(object, "ns_pid", &task.ns_pid);
	event_text(object, "comm", task.comm, sizeof(task.comm));
	task.cmdline = event_string(object, "cmdline");
	task.cmdline_truncated = event_true(object, "cmdline_truncated");
	event_u32(object, "uid", &task.uid);
	task.euid = task.uid;
	event_u32(object, "euid", &task.euid);
	task.cgroup = event_string(object, "cgroup");
	task.cgroup_truncated = event_true(object, "cgroup_truncated");
	if (task.cgroup)
		task.known |= TASK_KNOWS_CGROUP;
	if (event_u32(object, "ppid", &task.ppid))
		task.known |= TASK_KNOWS_IDENTITY;
	event_u32(object, "threads", &task.threads);
	event_int(object, "nice", &task.nice);
	read_caps(object, &task);
	event_u32(object, "mm_id", &task.mm_id);
	task.origin = event_true(object, "origin");
	task.age_ns = event_unsigned_ms(object, "age_ms");
	if (boot_ns > task.age_ns && task.known & TASK_KNOWS_IDENTITY)
		task.start_ns = boot_ns - task.age_ns;
	if (json_object_get(object, "cpu_ms"))
		task.known |= TASK_KNOWS_CPU;
	task.cpu_ns = event_unsigned_ms(object, "cpu_ms");
	event_u32(object, "scan", &task.scan);
	read_task_memory(object, &task);
	read_task_score(object, &task);
	*ret_task = task;
}

static void read_decision(const json_t *object, struct episode *episode)
{
	unsigned int number;

	event_text(object, "id", episode->id, sizeof(episode->id));
	episode->source = event_string(object, "source");
	episode->time_text = event_string(object, "time_text");
	episode->completed_from = event_string(object, "completed_from");
	episode->backend =
		event_number_of(event_string(object, "backend"), backend_name, WIRE_BACKENDS);
	number = event_number_of(event_string(object, "constraint"), constraint_name,
				 CONSTRAINT_MEMCG_ + 1);
	episode->constraint = CONSTRAINT_UNKNOWN;
	if (number <= CONSTRAINT_MEMCG_) {
		episode->known |= EPISODE_KNOWS_CONSTRAINT;
		episode->constraint = (uint8_t)number;
	}
	number = event_number_of(event_string(object, "selection"), selection_name,
				 SELECTION_EXITING_TASK + 1);
	episode->selection = number <= SELECTION_EXITING_TASK ? (uint8_t)number : SELECTION_UNKNOWN;
	number = event_number_of(event_string(object, "rss_counters"), rss_counters_name,
				 RSS_PRECISE + 1);
	episode->rss_counters = number <= RSS_PRECISE ? (uint8_t)number : RSS_UNKNOWN;
	if (event_string(object, "scope")) {
		episode->known |= EPISODE_KNOWS_SCOPE;
		episode->group = !strcmp(event_string(object, "scope"), "group");
	}
	episode->sysrq = event_true(object, "sysrq");
	if (!json_object_get(object, "sysrq"))
		episode->known |= EPISODE_LACKS_SYSRQ;
	if (event_u64(object, "totalpages", &episode->totalpages))
		episode->known |= EPISODE_KNOWS_TOTALPAGES;
	event_u64(object, "page_size", &episode->page_size);
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
	const char *mask = event_string(object, "gfp_mask");
	bool ordered = event_int(object, "order", &episode->invoker.order);

	if (event_u32(object, "pid", &episode->invoker.pid) || json_object_get(object, "comm"))
		episode->known |= EPISODE_KNOWS_INVOKER;
	episode->invoker.tid = episode->invoker.pid;
	event_u32(object, "tid", &episode->invoker.tid);
	episode->invoker.uid = WIRE_NONE_U32;
	event_u32(object, "uid", &episode->invoker.uid);
	event_text(object, "comm", episode->invoker.comm, sizeof(episode->invoker.comm));
	episode->invoker.cgroup = event_string(object, "cgroup");
	episode->invoker.cgroup_truncated = event_true(object, "cgroup_truncated");
	if (mask) {
		episode->known |= EPISODE_KNOWS_GFP | (ordered ? 0 : EPISODE_LACKS_ORDER);
		episode->invoker.gfp_mask = (uint32_t)strtoul(mask, NULL, 16);
	}
	if (read_gfp_flags(json_object_get(object, "gfp_flags"), episode->invoker.gfp_text,
			   sizeof(episode->invoker.gfp_text)))
		episode->known |= EPISODE_KNOWS_GFP_TEXT;
	event_text(object, "nodemask", episode->invoker.nodemask,
		   sizeof(episode->invoker.nodemask));
	event_text(object, "cpuset", episode->invoker.cpuset, sizeof(episode->invoker.cpuset));
	if (event_text(object, "mems_allowed", episode->invoker.mems_allowed,
		       sizeof(episode->invoker.mems_allowed)))
		episode->known |= EPISODE_KNOWS_NODES;
	read_stack(json_object_get(object, "stack"), episode);
}

static void read_sysctls(const json_t *object, struct wire_sysctls *sysctls)
{
	memset(sysctls, 0xff, sizeof(*sysctls));
	event_u32(object, "panic_on_oom", &sysctls->panic_on_oom);
	event_u32(object, "oom_kill_allocating_task", &sysctls->oom_kill_allocating_task);
	event_u32(object, "oom_dump_tasks", &sysctls->oom_dump_tasks);
	event_u32(object, "overcommit_memory", &sysctls->overcommit_memory);
}

/* A number of bytes, or "max". */
static bool get_limit(const json_t *object, const char *key, uint64_t *ret_bytes, bool *ret_max)
{
	const char *word = event_string(object, key);

	*ret_max = word && !strcmp(word, "max");
	return *ret_max || event_u64(object, key, ret_bytes);
}

static void read_memcg(const json_t *object, struct memcg *memcg)
{
	memcg->path = event_string(object, "path");
	memcg->path_truncated = event_true(object, "path_truncated");
	if (memcg->path)
		memcg->known |= MEMCG_KNOWS_PATH;
	if (event_u64(object, "usage_bytes", &memcg->usage_bytes) &&
	    get_limit(object, "limit_bytes", &memcg->limit_bytes, &memcg->limit_is_max))
		memcg->known |= MEMCG_KNOWS_USAGE;
	memcg->v1 = json_object_get(object, "memsw_bytes") != NULL;
	if (event_u64(object, memcg->v1 ? "memsw_bytes" : "swap_bytes", &memcg->swap_bytes) &&
	    get_limit(object, memcg->v1 ? "memsw_limit_bytes" : "swap_limit_bytes",
		      &memcg->swap_limit_bytes, &memcg->swap_limit_is_max))
		memcg->known |= MEMCG_KNOWS_SWAP;
	/* Version 2 says it, true or false; version 1 has none to say. */
	if (!json_object_get(object, "oom_group")) {
		if (memcg->known & MEMCG_KNOWS_USAGE && !json_object_get(object, "swap_bytes"))
			memcg->v1 = true;
		else
			memcg->known |= MEMCG_LACKS_GROUP;
	}
	memcg->oom_group = event_true(object, "oom_group");
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
	episode->ancestors_cut = event_true(object, "ancestors_truncated");
}

static void read_uses(const json_t *object, uint64_t uses[USE_MAX])
{
	for (unsigned int use = 0; use < USE_MAX; use++) {
		char key[64];

		snprintf(key, sizeof(key), "%s_bytes", use_name(use));
		uses[use] = event_bytes(object, key);
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
		event_text(item, "name", zone->name, sizeof(zone->name));
		event_u32(item, "node", &zone->node);
		zone->free_bytes = event_bytes(item, "free_bytes");
		zone->min_bytes = event_bytes(item, "min_bytes");
		zone->low_bytes = event_bytes(item, "low_bytes");
		zone->high_bytes = event_bytes(item, "high_bytes");
		zone->managed_bytes = event_bytes(item, "managed_bytes");
		memory->n_zones++;
	}
	memory->zones_cut = event_true(object, "zones_truncated");
}

static void read_memory(const json_t *object, struct episode *episode)
{
	const json_t *memcg = json_object_get(object, "memcg");
	const json_t *system = json_object_get(object, "system");
	struct memory *memory = &episode->memory;

	if (system || json_object_get(memcg, "stat"))
		episode->known |= EPISODE_KNOWS_MEMORY;
	memory->memcg_usage_bytes = event_bytes(memcg, "usage_bytes");
	read_uses(json_object_get(memcg, "stat"), memory->memcg_use_bytes);
	read_psi(memcg, &memory->memcg_psi);
	memory->total_bytes = event_bytes(system, "mem_total_bytes");
	memory->free_bytes = event_bytes(system, "mem_free_bytes");
	memory->swap_total_bytes = event_bytes(system, "swap_total_bytes");
	memory->swap_free_bytes = event_bytes(system, "swap_free_bytes");
	read_uses(system, memory->use_bytes);
	read_psi(system, &memory->psi);
	read_zones(system, memory);
}

void event_read_loss(const json_t *object, uint64_t *loss, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		event_u64(object, loss_name(i), &loss[i]);
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
	event_read_task(json_object_get(object, "victim"), episode->boot_ns, &episode->victim);
	for (size_t i = 0; i < json_array_size(victims); i++) {
		const json_t *task = json_array_get(victims, i);
		unsigned int as = event_number_of(event_string(task, "killed_as"), killed_as_name,
						  KILLED_AS_SHARED_MM + 1);

		event_read_task(task, episode->boot_ns, &episode->victims[i]);
		episode->victims[i].killed_as =
			as <= KILLED_AS_SHARED_MM ? (uint8_t)as : KILLED_AS_CHOSEN;
	}
	for (size_t i = 0; i < n_tasks; i++)
		event_read_task(json_array_get(tasks, i), episode->boot_ns, &episode->tasks[i]);
	return 0;
}

static void read_candidates(const json_t *object, struct episode *episode)
{
	const json_t *passed_over = json_object_get(object, "passed_over");
	unsigned int source = event_number_of(event_string(object, "source"),
					      candidates_source_name, SOURCE_SNAPSHOT + 1);

	episode->candidates_source = source <= SOURCE_SNAPSHOT ? (uint8_t)source : SOURCE_NONE;
	event_u32(object, "total", &episode->total);
	event_u32(object, "eligible", &episode->eligible);
	event_u32(object, "lost", &episode->lost);
	episode->truncated = event_true(object, "truncated");
	for (unsigned int i = 0; i < SKIP_MAX; i++) {
		if (skip_name(i))
			event_u32(passed_over, skip_name(i), &episode->passed_over[i]);
	}
}

/* The one behind the victim; of the line's own, for the list may have been cut before it. */
static void read_runner_up(const json_t *why, struct episode *episode)
{
	const json_t *object = json_object_get(why, "runner_up");
	uint32_t pid;

	if (!event_u32(object, "pid", &pid))
		return;
	episode->has_runner_up = true;
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		if (episode->tasks[i].pid == pid) {
			episode->runner_up = episode->tasks[i];
			return;
		}
	}
	event_read_task(object, episode->boot_ns, &episode->runner_up);
}

int event_read_episode(const json_t *object, struct event *event)
{
	const json_t *recent = json_object_get(object, "recent_kills");
	const json_t *memcg = json_object_get(object, "memcg");
	struct episode *episode = &event->episode;
	int error;

	episode->boot_ns = event_unsigned_ms(object, "uptime_ms");
	event_text(object, "kernel", event->wire_host.kernel, sizeof(event->wire_host.kernel));
	if (release_before(event->wire_host.kernel, RULE_SINCE_MAJOR, RULE_SINCE_MINOR))
		episode->known |= EPISODE_OLDER_RULE;
	read_decision(object, episode);
	read_invoker(json_object_get(object, "invoker"), episode);
	read_sysctls(json_object_get(object, "sysctl"), &episode->sysctls);
	if (memcg) {
		episode->known |= EPISODE_KNOWS_MEMCG;
		read_memcg(memcg, &episode->memcg);
		read_ancestors(memcg, episode);
	}
	read_memory(object, episode);
	event_u32(recent, "count", &episode->recent_kills);
	episode->recent_span_ns = event_unsigned_ms(recent, "within_ms");
	read_candidates(json_object_get(object, "candidates"), episode);
	error = read_tasks(object, event);
	if (error)
		return error;
	read_runner_up(json_object_get(object, "why"), episode);
	event_read_loss(json_object_get(object, "loss"), episode->loss, EPISODE_LOSS_MAX);
	return 0;
}
