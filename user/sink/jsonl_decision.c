// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines: the decision, who asked for it, what shaped it and why it went as it did. */
#include <stdio.h>
#include <string.h>

#include "core/explain.h"
#include "core/why.h"
#include "sink/jsonl_parts.h"

void jsonl_put_decision(struct json *json, const struct episode *episode)
{
	jsonl_put_word(json, "reason", no_kill_name(episode->no_kill));
	if (episode->repeated)
		json_put_u64(json, "repeated", episode->repeated);
	if (!episode->no_kill)
		json_put_string(json, "id", episode->id);
	if (episode->time_text)
		jsonl_put_text(json, "time_text", episode->time_text, strlen(episode->time_text));
	jsonl_put_word(json, "source", episode->source);
	jsonl_put_word(json, "backend", backend_name(episode->backend));
	jsonl_put_word(json, "completed_from", episode->completed_from);
	if (episode->known & EPISODE_KNOWS_CONSTRAINT)
		jsonl_put_word(json, "constraint", constraint_name(episode->constraint));
	if (!episode->no_kill)
		jsonl_put_word(json, "selection", selection_name(episode->selection));
	if (!episode->no_kill && (episode->known & EPISODE_KNOWS_SCOPE))
		json_put_string(json, "scope", episode->group ? "group" : "process");
	/* That SysRq asked shows in the order, and only there. */
	if (episode->sysrq ||
	    (episode->known & (EPISODE_KNOWS_GFP | EPISODE_LACKS_SYSRQ)) == EPISODE_KNOWS_GFP)
		json_put_bool(json, "sysrq", episode->sysrq);
	if (episode->known & EPISODE_KNOWS_TOTALPAGES)
		json_put_u64(json, "totalpages", episode->totalpages);
	if (episode->page_size)
		json_put_u64(json, "page_size", episode->page_size);
	jsonl_put_word(json, "rss_counters", rss_counters_name(episode->rss_counters));
}

/* "GFP_KERNEL|__GFP_COMP", as the kernel prints it, in its parts. */
static void put_gfp_flags(struct json *json, const char *text)
{
	json_open_array(json, "gfp_flags");
	while (*text) {
		size_t len = strcspn(text, "|");

		if (len)
			json_put_bytes(json, NULL, text, len);
		text += len;
		text += *text == '|';
	}
	json_close(json);
}

/* Where the memory might have come from: what the request allowed, and what its cpuset did. */
static void put_nodes(struct json *json, const struct episode *episode)
{
	const char *cpuset = episode->invoker.cpuset;

	if (*episode->invoker.nodemask)
		json_put_string(json, "nodemask", episode->invoker.nodemask);
	if (!(episode->known & EPISODE_KNOWS_NODES))
		return;
	if (*episode->invoker.mems_allowed)
		json_put_string(json, "mems_allowed", episode->invoker.mems_allowed);
	jsonl_put_text(json, "cpuset", cpuset, sizeof(episode->invoker.cpuset));
}

static void put_stack(struct json *json, const struct episode *episode)
{
	if (!episode->invoker.stack_len)
		return;
	json_open_array(json, "stack");
	for (size_t i = 0; i < episode->invoker.stack_len; i++)
		json_put_string(json, NULL, episode->invoker.stack[i]);
	json_close(json);
}

void jsonl_put_invoker(struct json *json, const struct episode *episode)
{
	bool known = episode->known & EPISODE_KNOWS_INVOKER;
	bool gfp = episode->known & EPISODE_KNOWS_GFP;
	char mask[16];

	if (!known && !gfp)
		return;
	json_open_object(json, "invoker");
	if (known) {
		if (episode->invoker.pid)
			json_put_u64(json, "pid", episode->invoker.pid);
		if (episode->invoker.tid && episode->invoker.tid != episode->invoker.pid)
			json_put_u64(json, "tid", episode->invoker.tid);
		jsonl_put_text(json, "comm", episode->invoker.comm, sizeof(episode->invoker.comm));
		if (episode->invoker.uid != WIRE_NONE_U32)
			json_put_u64(json, "uid", episode->invoker.uid);
		jsonl_put_place(json, episode->invoker.cgroup, episode->invoker.cgroup_truncated);
	}
	if (gfp) {
		snprintf(mask, sizeof(mask), "0x%x", episode->invoker.gfp_mask);
		json_put_string(json, "gfp_mask", mask);
		if (episode->known & EPISODE_KNOWS_GFP_TEXT)
			put_gfp_flags(json, episode->invoker.gfp_text);
		if (!(episode->known & EPISODE_LACKS_ORDER))
			json_put_s64(json, "order", episode->invoker.order);
	}
	put_nodes(json, episode);
	put_stack(json, episode);
	json_close(json);
}

void jsonl_put_sysctl(struct json *json, const struct episode *episode)
{
	const struct {
		const char *key;
		uint32_t value;
	} sysctls[] = {
		{"panic_on_oom", episode->sysctls.panic_on_oom},
		{"oom_kill_allocating_task", episode->sysctls.oom_kill_allocating_task},
		{"oom_dump_tasks", episode->sysctls.oom_dump_tasks},
		{"overcommit_memory", episode->sysctls.overcommit_memory},
	};
	bool open = false;

	for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
		if (sysctls[i].value == WIRE_NONE_U32)
			continue;
		if (!open)
			json_open_object(json, "sysctl");
		open = true;
		json_put_u64(json, sysctls[i].key, sysctls[i].value);
	}
	if (open)
		json_close(json);
}

/* What each part has in the victim's points, of all that speaks for choosing it. */
static void put_shares(struct json *json, const struct episode *episode)
{
	uint32_t shares[PART_MAX];
	bool open = false;

	explain_shares(episode, shares);
	for (unsigned int part = PART_ANON; part < PART_MAX; part++) {
		if (!shares[part])
			continue;
		if (!open)
			json_open_object(json, "shares");
		open = true;
		json_put_decimal(json, why_part_name(part), shares[part], 3);
	}
	if (open)
		json_close(json);
}

static void put_spared(struct json *json, const struct spared *spared)
{
	if (spared->state != SPARED_BY_ADJ)
		return;
	json_put_s64(json, "spared_at_oom_score_adj", spared->adj);
	if (!spared->then)
		return;
	json_open_object(json, "spared_then");
	json_put_u64(json, "pid", spared->then->pid);
	jsonl_put_text(json, "comm", spared->then->comm, sizeof(spared->then->comm));
	json_close(json);
}

void jsonl_put_why(struct json *json, const struct episode *episode)
{
	struct why why = why_explain(episode);

	json_open_object(json, "why");
	if (why.rank)
		json_put_u64(json, "rank", why.rank);
	if (why.runner_up) {
		json_open_object(json, "runner_up");
		json_put_u64(json, "pid", why.runner_up->pid);
		jsonl_put_text(json, "comm", why.runner_up->comm, sizeof(why.runner_up->comm));
		json_close(json);
	}
	if (why.has_margin)
		json_put_s64(json, "margin_bytes", why.margin_bytes);
	jsonl_put_word(json, "largest_part", why_part_name(why.largest_part));
	put_shares(json, episode);
	put_spared(json, &why.spared);
	if (why.candidates_share >= 0)
		json_put_decimal(json, "candidates_share", why.candidates_share, 3);
	jsonl_put_word(json, "largest_use", use_name(why.largest_use));
	json_close(json);
}
