// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text: who was killed and where it lived, who died with it, and who had asked for memory. */
#include <inttypes.h>
#include <string.h>

#include "core/container.h"
#include "core/score.h"
#include "lib/units.h"
#include "sink/text_parts.h"

#define NAMED_MOST 8 /* victims that are named */
#define STACK_MOST 6 /* frames: down to what the invoker was doing, not how that began */

/* "498.2 MiB: anon 495.9, file 1.1, ...", all in the unit of the sum, as far as it is known. */
static void show_memory_of(struct flow *flow, const struct task *task)
{
	bool parted = task_knows(task, TASK_KNOWS_RSS_PARTS);
	const struct {
		const char *name;
		uint64_t bytes;
		bool known;
	} all[] =
		{
			{"anon", task->rss_anon_bytes, parted},
			{"file", task->rss_file_bytes, parted},
			{"shmem", task->rss_shmem_bytes, task_knows(task, TASK_KNOWS_SHMEM)},
			{"resident", task->rss_bytes, !parted && (task->known & TASK_KNOWS_RSS)},
			{"swap", task->swap_bytes, task_knows(task, TASK_KNOWS_SWAP)},
			{"page tables", task->pgtables_bytes,
			 task_knows(task, TASK_KNOWS_PGTABLES)},
		},
	  *parts[sizeof(all) / sizeof(all[0])];
	unsigned int count = 0;
	uint64_t sum = 0;
	unsigned int scale;
	units_text number;

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].known)
			continue;
		parts[count++] = &all[i];
		sum += all[i].bytes;
	}
	if (!count)
		return;
	scale = units_scale(sum, 0);
	flow_begin(flow, "", INDENT);
	flow_words(flow, "%s:", units_bytes(number, sum));
	for (unsigned int i = 0; i < count; i++)
		flow_word(flow, "%s %s%s", parts[i]->name,
			  units_bytes_in(number, parts[i]->bytes, scale), i + 1 < count ? "," : "");
	flow_end(flow);
}

/*
 * "docker 0123456789ab, pod 8d5c... (burstable)": what a cgroup's path names. @unnamed stands for a
 * runtime that it does not tell.
 */
static void show_container(struct flow *flow, const struct container *container,
			   const char *unnamed)
{
	bool pod = container->known & CONTAINER_KNOWS_POD;
	bool runtime = container->known & CONTAINER_KNOWS_RUNTIME;
	char id[UTF8_ESCAPED_LEN(WIRE_PATH_NAME)];
	size_t len = container->id_is_hex ? CONTAINER_SHORT : strlen(container->id);

	utf8_escape(id, sizeof(id), container->id, len, COLUMNS / 2);
	if (container->known & CONTAINER_KNOWS_ID) {
		flow_words(flow, "%s", runtime ? container->runtime : unnamed);
		flow_word(flow, "%s%s", id, pod ? "," : "");
	}
	if (pod)
		flow_words(flow, "pod %s (%s)", container->pod_uid, container->qos);
}

/* Whose it was, where the cgroup's path says more than a unit; and as whom it knew itself. */
static void show_container_of(struct flow *flow, const struct task *victim)
{
	struct container container;

	container_of_path(victim->cgroup, &container);
	if (!container_is_one(&container))
		return;
	flow_begin(flow, "  container", INDENT);
	show_container(flow, &container, "id");
	if (victim->ns_pid && victim->ns_pid != victim->pid)
		flow_word(flow, "(pid %" PRIu32 " there)", victim->ns_pid);
	flow_end(flow);
}

/* Names those victims that were killed for sharing memory, or those that were not. */
static void name_victims(struct flow *flow, const struct episode *episode, bool sharers,
			 uint32_t count)
{
	uint32_t named = count < NAMED_MOST ? count : NAMED_MOST;
	process_text name;

	for (uint32_t i = 0, n = 0; i < episode->n_victims && n < named; i++) {
		const struct task *task = &episode->victims[i];

		if ((task->killed_as == KILLED_AS_SHARED_MM) != sharers)
			continue;
		n++;
		flow_word(flow, "%s%s", text_process(name, task->comm, task->pid),
			  n < count ? "," : "");
	}
	if (count > named)
		flow_word(flow, "and %" PRIu32 " more", count - named);
}

/* Those who died with the chosen one. */
static void show_others(struct flow *flow, const struct episode *episode)
{
	uint32_t sharers = 0, members;

	for (uint32_t i = 0; i < episode->n_victims; i++)
		sharers += episode->victims[i].killed_as == KILLED_AS_SHARED_MM;
	members = episode->n_victims - sharers;
	if (episode->group) {
		flow_begin(flow, "  group", INDENT);
		flow_words(flow, "killed as a group (memory.oom.group): %" PRIu32 " process%s",
			   members, members == 1 ? "" : "es");
		flow_end(flow);
		flow_begin(flow, "", INDENT);
		name_victims(flow, episode, false, members);
		flow_end(flow);
	}
	if (sharers) {
		flow_begin(flow, "  and killed", INDENT);
		name_victims(flow, episode, true, sharers);
		flow_words(flow, "(sharing %s memory)", members > 1 ? "their" : "its");
		flow_end(flow);
	}
}

void text_victim(struct flow *flow, const struct episode *episode)
{
	const struct task *victim = &episode->victim;
	process_text name;

	flow_begin(flow, "  killed", INDENT);
	flow_color(flow, SGR_ALARM);
	flow_word(flow, "%s", text_process(name, victim->comm, victim->pid));
	flow_color(flow, SGR_NONE);
	if (victim->uid != WIRE_NONE_U32)
		flow_word(flow, "uid %" PRIu32 ",", victim->uid);
	if (!(victim->known & TASK_LACKS_ADJ))
		flow_word(flow, "oom_score_adj %d", victim->oom_score_adj);
	flow_end(flow);
	show_memory_of(flow, victim);
}

void text_home(struct flow *flow, const struct episode *episode)
{
	const struct task *victim = &episode->victim;

	/* Told where the title has not told it already. */
	if (!(victim->known & TASK_KNOWS_CGROUP) || !victim->cgroup ||
	    (episode->memcg.path && !strcmp(episode->memcg.path, victim->cgroup)))
		return;
	flow_begin(flow, "", INDENT);
	flow_words(flow, "in");
	flow_parts(flow, victim->cgroup, '/');
	/* Whose limit? The question of everybody who looked at the victim's own first. */
	if (episode->memcg.path)
		flow_words(flow, "(the limit met is further up)");
	flow_end(flow);
}

void text_company(struct flow *flow, const struct episode *episode)
{
	show_container_of(flow, &episode->victim);
	show_others(flow, episode);
}

/* How the kernel came to it, which tells a page fault from a read, a write from a fork. */
static void show_stack(struct flow *flow, const struct episode *episode)
{
	size_t shown =
		episode->invoker.stack_len < STACK_MOST ? episode->invoker.stack_len : STACK_MOST;

	if (!shown)
		return;
	flow_begin(flow, "", INDENT);
	flow_word(flow, "%s", episode->invoker.stack[0]);
	for (size_t i = 1; i < shown; i++)
		flow_word(flow, "< %s", episode->invoker.stack[i]);
	flow_end(flow);
}

/* The invoker's container or unit, where it is another one than the victim's. */
static void show_elsewhere(struct flow *flow, const struct episode *episode)
{
	const char *cgroup = episode->invoker.cgroup, *other = episode->victim.cgroup;
	struct container container;

	if (!cgroup || episode->no_kill || !other || !strcmp(cgroup, other))
		return;
	container_of_path(cgroup, &container);
	if (container_is_one(&container)) {
		flow_words(flow, "in");
		show_container(flow, &container, "container");
	} else if (container.known & CONTAINER_KNOWS_UNIT) {
		flow_word(flow, "in");
		text_name(flow, container.unit, sizeof(container.unit), "");
	}
}

void text_invoker(struct flow *flow, const struct episode *episode)
{
	bool gfp = episode->known & EPISODE_KNOWS_GFP;
	process_text name;

	if (!(episode->known & EPISODE_KNOWS_INVOKER) && !gfp)
		return;
	flow_begin(flow, "  invoked by", INDENT);
	if (episode->sysrq)
		flow_words(flow, "SysRq-f%s", episode->known & EPISODE_KNOWS_INVOKER ? ", in" : "");
	if (episode->known & EPISODE_KNOWS_INVOKER)
		flow_word(flow, "%s",
			  text_process(name, episode->invoker.comm,
				       episode->invoker.pid ? episode->invoker.pid
							    : episode->invoker.tid));
	else if (!episode->sysrq)
		flow_words(flow, "somebody");
	show_elsewhere(flow, episode);
	if (gfp && !episode->sysrq) {
		if (episode->known & EPISODE_LACKS_ORDER)
			flow_words(flow, "asking for pages,");
		else
			flow_words(flow, "asking for 2^%" PRId32 " pages,", episode->invoker.order);
		if ((episode->known & EPISODE_KNOWS_GFP_TEXT) && *episode->invoker.gfp_text)
			flow_parts(flow, episode->invoker.gfp_text, '|');
		else
			flow_word(flow, "gfp_mask 0x%" PRIx32, episode->invoker.gfp_mask);
	}
	flow_end(flow);
	show_stack(flow, episode);
}
