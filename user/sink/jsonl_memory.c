// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines: what there was of memory, and what it was used for. */
#include <stdio.h>

#include "sink/jsonl_parts.h"

#define KEY_LEN 40

static void put_limit(struct json *json, const char *key, uint64_t bytes, bool is_max)
{
	if (is_max)
		json_put_string(json, key, "max");
	else
		json_put_u64(json, key, bytes);
}

void jsonl_put_memcg(struct json *json, const struct memcg *memcg)
{
	if (memcg->known & MEMCG_KNOWS_PATH)
		jsonl_put_path(json, "path", "path_truncated", memcg->path, memcg->path_truncated);
	if (memcg->known & MEMCG_KNOWS_USAGE) {
		json_put_u64(json, "usage_bytes", memcg->usage_bytes);
		put_limit(json, "limit_bytes", memcg->limit_bytes, memcg->limit_is_max);
	}
	if (memcg->known & MEMCG_KNOWS_SWAP) {
		json_put_u64(json, memcg->v1 ? "memsw_bytes" : "swap_bytes", memcg->swap_bytes);
		put_limit(json, memcg->v1 ? "memsw_limit_bytes" : "swap_limit_bytes",
			  memcg->swap_limit_bytes, memcg->swap_limit_is_max);
	}
	/* A v1 hierarchy has no memory.oom.group. */
	if ((memcg->known & MEMCG_KNOWS_USAGE) && !memcg->v1 && !(memcg->known & MEMCG_LACKS_GROUP))
		json_put_bool(json, "oom_group", memcg->oom_group);
}

/* @uses as { anon_bytes, file_bytes, ... }, within an object that is open. */
static void put_uses(struct json *json, const uint64_t uses[USE_MAX])
{
	for (unsigned int use = 0; use < USE_MAX; use++) {
		char key[KEY_LEN];

		snprintf(key, sizeof(key), "%s_bytes", use_name(use));
		jsonl_put_bytes(json, key, uses[use]);
	}
}

static void put_psi(struct json *json, const struct wire_psi *psi)
{
	static const char *const windows[] = {"avg10", "avg60", "avg300"};
	const uint32_t *const kinds[] = {psi->some, psi->full};

	for (unsigned int i = 0; i < 6; i++) {
		uint32_t value = kinds[i / 3][i % 3];
		char key[KEY_LEN];

		if (value == PSI_UNKNOWN)
			continue;
		snprintf(key, sizeof(key), "psi_%s_%s", i < 3 ? "some" : "full", windows[i % 3]);
		/* Hundredths are cut, as in /proc/pressure: LOAD_FRAC, sched/loadavg.h. */
		json_put_decimal(json, key, (int64_t)value * 100 / WIRE_PSI_UNIT, 2);
	}
}

static bool any_use_known(const uint64_t uses[USE_MAX])
{
	for (unsigned int use = 0; use < USE_MAX; use++) {
		if (uses[use] != BYTES_UNKNOWN)
			return true;
	}
	return false;
}

static void put_stat(struct json *json, const uint64_t uses[USE_MAX])
{
	if (!any_use_known(uses))
		return;
	json_open_object(json, "stat");
	put_uses(json, uses);
	json_close(json);
}

static void put_memcg_in_oom(struct json *json, const struct episode *episode)
{
	if (!(episode->known & EPISODE_KNOWS_MEMCG))
		return;
	json_open_object(json, "memcg");
	jsonl_put_memcg(json, &episode->memcg);
	if (episode->known & EPISODE_KNOWS_MEMORY) {
		put_psi(json, &episode->memory.memcg_psi);
		put_stat(json, episode->memory.memcg_use_bytes);
	}
	if (episode->n_ancestors) {
		json_open_array(json, "ancestors");
		for (uint32_t i = 0; i < episode->n_ancestors; i++) {
			json_open_object(json, NULL);
			jsonl_put_memcg(json, &episode->ancestors[i]);
			json_close(json);
		}
		json_close(json);
	}
	if (episode->ancestors_cut)
		json_put_bool(json, "ancestors_truncated", true);
	json_close(json);
}

static void put_zones(struct json *json, const struct memory *memory)
{
	if (!memory->n_zones)
		return;
	json_open_array(json, "zones");
	for (uint32_t i = 0; i < memory->n_zones; i++) {
		const struct zone *zone = &memory->zones[i];

		json_open_object(json, NULL);
		json_put_u64(json, "node", zone->node);
		jsonl_put_text(json, "name", zone->name, sizeof(zone->name));
		jsonl_put_bytes(json, "free_bytes", zone->free_bytes);
		jsonl_put_bytes(json, "min_bytes", zone->min_bytes);
		jsonl_put_bytes(json, "low_bytes", zone->low_bytes);
		jsonl_put_bytes(json, "high_bytes", zone->high_bytes);
		jsonl_put_bytes(json, "managed_bytes", zone->managed_bytes);
		json_close(json);
	}
	json_close(json);
	if (memory->zones_cut)
		json_put_bool(json, "zones_truncated", true);
}

static bool any_psi_known(const struct wire_psi *psi)
{
	for (unsigned int i = 0; i < 3; i++) {
		if (psi->some[i] != PSI_UNKNOWN || psi->full[i] != PSI_UNKNOWN)
			return true;
	}
	return false;
}

/* From a log, the report of a memory cgroup says nothing of the machine. */
static bool system_is_known(const struct memory *memory)
{
	return memory->total_bytes != BYTES_UNKNOWN || memory->free_bytes != BYTES_UNKNOWN ||
	       memory->swap_total_bytes != BYTES_UNKNOWN ||
	       memory->swap_free_bytes != BYTES_UNKNOWN || any_use_known(memory->use_bytes) ||
	       any_psi_known(&memory->psi) || memory->n_zones;
}

static void put_system(struct json *json, const struct memory *memory)
{
	if (!system_is_known(memory))
		return;
	json_open_object(json, "system");
	jsonl_put_bytes(json, "mem_total_bytes", memory->total_bytes);
	jsonl_put_bytes(json, "mem_free_bytes", memory->free_bytes);
	jsonl_put_bytes(json, "swap_total_bytes", memory->swap_total_bytes);
	jsonl_put_bytes(json, "swap_free_bytes", memory->swap_free_bytes);
	put_uses(json, memory->use_bytes);
	put_psi(json, &memory->psi);
	put_zones(json, memory);
	json_close(json);
}

void jsonl_put_memory(struct json *json, const struct episode *episode)
{
	put_memcg_in_oom(json, episode);
	if (episode->known & EPISODE_KNOWS_MEMORY)
		put_system(json, &episode->memory);
}
