// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text: what the memory that ran out was used for, and whether a kill could free it. */
#include <inttypes.h>

#include "lib/units.h"
#include "sink/text_parts.h"

#define USES_MOST      6 /* that are named, the largest */
#define ZONES_MOST     4
#define PRESSURE_LEAST 5 /* percent: less is what any moment of an OOM makes of an average */

/* The lines behind one label: it stands before the first of them only. */
struct section {
	struct flow *flow;
	bool begun;
};

static struct flow *section_line(struct section *section)
{
	flow_begin(section->flow, section->begun ? "" : "  memory", INDENT);
	section->begun = true;
	return section->flow;
}

static bool is_known(uint64_t bytes)
{
	return bytes != BYTES_UNKNOWN;
}

/* "3900 of 4000 MiB" says more than "3.8 of 3.9 GiB": a unit of which there are at least four. */
static unsigned int scale_of(uint64_t bytes)
{
	return units_scale(bytes / 4, 0);
}

static uint64_t percent_of(uint64_t part, uint64_t whole)
{
	return (uint64_t)(((unsigned __int128)part * 100 + whole / 2) / whole);
}

const char *text_use_words(uint8_t use)
{
	static const char *const words[USE_MAX] = {
		[USE_ANON] = "anon",
		[USE_FILE] = "page cache",
		[USE_SHMEM] = "shmem",
		[USE_SWAPCACHED] = "swap cache",
		[USE_KERNEL] = "other kernel",
		[USE_SLAB_RECLAIMABLE] = "reclaimable slab",
		[USE_SLAB_UNRECLAIMABLE] = "slab",
		[USE_KERNEL_STACK] = "kernel stacks",
		[USE_PAGE_TABLES] = "page tables",
		[USE_SEC_PAGE_TABLES] = "page tables of guests",
		[USE_PERCPU] = "percpu",
		[USE_SOCK] = "sockets",
		[USE_VMALLOC] = "vmalloc",
		[USE_ZSWAP] = "zswap",
		[USE_HUGETLB] = "huge pages",
	};

	return use < USE_MAX ? words[use] : "unknown";
}

/* The largest uses, down to half a percent of what is used. */
static uint32_t uses_shown(const struct why *why)
{
	uint32_t count = why->n_uses < USES_MOST ? why->n_uses : USES_MOST;

	if (is_known(why->used_bytes))
		while (count > 1 && why->uses[count - 1].bytes < why->used_bytes / 200)
			count--;
	return count;
}

static void show_uses(struct flow *flow, const struct why *why, unsigned int scale, bool more)
{
	uint32_t count = uses_shown(why);
	units_text number;

	for (uint32_t i = 0; i < count; i++)
		flow_word(flow, "%s %s%s", text_use_words(why->uses[i].use),
			  units_bytes_in(number, why->uses[i].bytes, scale),
			  i + 1 < count ? ","
			  : more        ? ";"
					: "");
}

/* "512 of 512 MiB used" */
static void show_used(struct flow *flow, uint64_t used, uint64_t of, unsigned int scale,
		      const char *after)
{
	units_text number, whole;

	flow_words(flow, "%s of %s %s used%s", units_bytes_in(number, used, scale),
		   units_bytes_in(whole, of, scale), units_name(scale), after);
}

/* The title has told already how much it may swap; what it has swapped is told where it has. */
static bool memcg_swap_matters(const struct memcg *memcg)
{
	uint64_t swapped = memcg->swap_bytes;

	if (!(memcg->known & MEMCG_KNOWS_SWAP))
		return false;
	if (memcg->v1) /* the limit of both together may be the one that was met */
		return !memcg->swap_limit_is_max || swapped > memcg->usage_bytes;
	return swapped || (!memcg->swap_limit_is_max && memcg->swap_limit_bytes);
}

static void show_memcg_swap(struct flow *flow, const struct memcg *memcg)
{
	units_text used;

	flow_word(flow, "%s %s", memcg->v1 ? "memory+swap" : "swap",
		  units_bytes(used, memcg->swap_bytes));
	text_limit(flow, "of", memcg->swap_limit_bytes, memcg->swap_limit_is_max, "");
}

static void show_memcg(struct section *section, const struct memcg *memcg, const struct why *why)
{
	unsigned int scale = scale_of(memcg->usage_bytes);
	const char *after = why->n_uses ? ":" : ";";
	bool swap = memcg_swap_matters(memcg);
	struct flow *flow;
	units_text number;

	if (!swap && !why->n_uses)
		after = "";
	flow = section_line(section);
	if (memcg->limit_is_max)
		flow_words(flow, "%s %s used, no limit%s",
			   units_bytes_in(number, memcg->usage_bytes, scale), units_name(scale),
			   after);
	else
		show_used(flow, memcg->usage_bytes, memcg->limit_bytes, scale, after);
	show_uses(flow, why, scale, swap);
	if (swap)
		show_memcg_swap(flow, memcg);
	flow_end(flow);
}

static void show_swap(struct flow *flow, const struct memory *memory)
{
	uint64_t total = memory->swap_total_bytes, left = memory->swap_free_bytes;
	unsigned int scale = scale_of(total);
	units_text used, whole;

	if (!total)
		flow_words(flow, "no swap");
	else if (is_known(left) && left <= total)
		flow_words(flow, "swap %s of %s %s", units_bytes_in(used, total - left, scale),
			   units_bytes_in(whole, total, scale), units_name(scale));
}

static void show_machine(struct section *section, const struct memory *memory,
			 const struct why *why)
{
	bool swap = is_known(memory->swap_total_bytes);
	unsigned int scale = scale_of(memory->total_bytes);
	struct flow *flow;

	if (!is_known(why->used_bytes) || !is_known(memory->total_bytes))
		return;
	flow = section_line(section);
	show_used(flow, why->used_bytes, memory->total_bytes, scale,
		  why->n_uses ? ":"
		  : swap      ? ";"
			      : "");
	show_uses(flow, why, scale, swap);
	if (swap)
		show_swap(flow, memory);
	flow_end(flow);
}

/* Of what a use consists, where no kill frees it. */
static const char *staying_words(uint8_t use)
{
	switch (use) {
	case USE_SHMEM:
		return "files in memory (tmpfs, shmem)";
	case USE_SLAB_UNRECLAIMABLE:
		return "the kernel's own objects (slab)";
	case USE_HUGETLB:
		return "set aside for huge pages (hugetlb)";
	default:
		return text_use_words(use);
	}
}

/* Whether killing was of any use, which the list of the candidates does not show. */
static void show_share(struct section *section, const struct why *why)
{
	bool stays = why->n_uses && why->uses[0].stays && why->uses[0].use == why->largest_use &&
		     is_known(why->used_bytes) && why->used_bytes;
	bool share = why->candidates_share >= 0;
	struct flow *flow;

	if (!stays && !share)
		return;
	flow = section_line(section);
	if (share)
		flow_words(flow, "the candidates hold %d %% of it%s",
			   (why->candidates_share + 5) / 10, stays ? ";" : "");
	if (stays) {
		flow_color(flow, SGR_BOLD);
		flow_word(flow, "%" PRIu64 " %%", percent_of(why->uses[0].bytes, why->used_bytes));
		flow_words(flow, "is %s, which no kill frees", staying_words(why->uses[0].use));
		flow_color(flow, SGR_NONE);
	}
	flow_end(flow);
}

static bool zone_is_low(const struct zone *zone)
{
	return is_known(zone->free_bytes) && is_known(zone->min_bytes) &&
	       zone->free_bytes < zone->min_bytes;
}

/* Where the allocator found nothing: it may not go below min. */
static void show_zones(struct section *section, const struct memory *memory)
{
	uint32_t low = 0;
	units_text left, min;
	struct flow *flow;

	for (uint32_t i = 0; i < memory->n_zones; i++) {
		const struct zone *zone = &memory->zones[i];
		unsigned int scale = scale_of(zone->min_bytes);

		if (!zone_is_low(zone) || ++low > ZONES_MOST)
			continue;
		flow = section_line(section);
		text_name(flow, zone->name, sizeof(zone->name), "");
		flow_words(flow, "on node %" PRIu32 ": %s %s free, min %s", zone->node,
			   units_bytes_in(left, zone->free_bytes, scale), units_name(scale),
			   units_bytes_in(min, zone->min_bytes, scale));
		flow_end(flow);
	}
	if (low > ZONES_MOST) {
		flow = section_line(section);
		flow_words(flow, "and %" PRIu32 " more zone%s below min", low - ZONES_MOST,
			   text_plural(low - ZONES_MOST));
		flow_end(flow);
	}
}

/* Whole percent of an average of the kernel's; 0 when it is not known. */
static uint32_t psi_percent(uint32_t average)
{
	return average == PSI_UNKNOWN
		       ? 0
		       : (uint32_t)(((uint64_t)average + WIRE_PSI_UNIT / 2) / WIRE_PSI_UNIT);
}

static void show_pressure(struct section *section, const struct wire_psi *psi)
{
	uint32_t some = psi_percent(psi->some[0]), full = psi_percent(psi->full[0]);
	struct flow *flow;

	if (some < PRESSURE_LEAST)
		return;
	flow = section_line(section);
	flow_words(flow, "waiting for memory in the last 10 s:");
	flow_word(flow, "somebody %" PRIu32 " %%%s", some, full ? "," : "");
	if (full)
		flow_word(flow, "everybody %" PRIu32 " %%", full);
	flow_end(flow);
}

void text_memory(struct flow *flow, const struct episode *episode, const struct why *why)
{
	struct section section = {.flow = flow};
	bool constrained = episode->known & EPISODE_KNOWS_CONSTRAINT;
	bool is_memcg = constrained && episode->constraint == CONSTRAINT_MEMCG_;
	bool memory = episode->known & EPISODE_KNOWS_MEMORY;

	if ((episode->known & EPISODE_KNOWS_MEMCG) && (episode->memcg.known & MEMCG_KNOWS_USAGE))
		show_memcg(&section, &episode->memcg, why);
	else if (memory && !is_memcg)
		show_machine(&section, &episode->memory, why);
	show_share(&section, why);
	if (!memory)
		return;
	if (constrained && !is_memcg)
		show_zones(&section, &episode->memory);
	show_pressure(&section, is_memcg ? &episode->memory.memcg_psi : &episode->memory.psi);
}
