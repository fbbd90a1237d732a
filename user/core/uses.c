// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/uses.h"

#include <string.h>

#include "core/score.h"

/* What ran out, as its counters tell it. */
struct domain {
	bool is_memcg;
	uint64_t used;          /* BYTES_UNKNOWN */
	const uint64_t *counts; /* by enum wire_use */
	uint64_t swap_used;     /* BYTES_UNKNOWN */
	uint64_t page_cache;    /* without shmem; BYTES_UNKNOWN */
	uint64_t page_cache_most;
};

/* What the candidates hold together, where all of them are in the list. */
struct held {
	bool known;
	uint64_t anon, file, shmem, page_tables;
};

static bool is_known(uint64_t bytes)
{
	return bytes != BYTES_UNKNOWN;
}

static uint64_t known_or_0(uint64_t bytes)
{
	return is_known(bytes) ? bytes : 0;
}

/* Counters are not read at one moment: what cannot be below 0 is 0. */
static uint64_t less(uint64_t bytes, uint64_t part)
{
	return bytes > part ? bytes - part : 0;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX - 1 : sum;
}

static uint64_t difference(uint64_t total, uint64_t free)
{
	return is_known(total) && is_known(free) && free <= total ? total - free : BYTES_UNKNOWN;
}

/*
 * Fact: the machine's count of file pages has the swap cache in it (add_to_swap_cache() of
 *       mm/swap_state.c adds to NR_FILE_PAGES of the node), a memcg's has not.
 * Until: 5.11 the swap cache is not among the counters.
 * So:    where it is not known, and may be more than nothing, nor is the page cache.
 */
static void domain_page_cache(struct domain *domain)
{
	uint64_t file = domain->counts[USE_FILE], shmem = domain->counts[USE_SHMEM];
	uint64_t swapcached = domain->counts[USE_SWAPCACHED];

	domain->page_cache = domain->page_cache_most = BYTES_UNKNOWN;
	if (!is_known(file) || !is_known(shmem))
		return;
	domain->page_cache_most = less(file, shmem);
	if (domain->is_memcg || !domain->swap_used)
		swapcached = 0;
	if (is_known(swapcached))
		domain->page_cache = less(domain->page_cache_most, swapcached);
}

/* Returns false where neither a memcg nor the machine ran out, or no count of it is known. */
static bool domain_of(const struct episode *episode, struct domain *domain)
{
	const struct memory *memory = &episode->memory;
	bool usage = episode->memcg.known & MEMCG_KNOWS_USAGE;

	if (!(episode->known & EPISODE_KNOWS_MEMORY) ||
	    !(episode->known & EPISODE_KNOWS_CONSTRAINT))
		return false;
	if (episode->constraint == CONSTRAINT_MEMCG_) {
		domain->is_memcg = true;
		domain->used = memory->memcg_usage_bytes;
		if (!is_known(domain->used) && (episode->known & EPISODE_KNOWS_MEMCG) && usage)
			domain->used = episode->memcg.usage_bytes;
		domain->counts = memory->memcg_use_bytes;
	} else if (episode->constraint == CONSTRAINT_NONE_) {
		domain->is_memcg = false;
		domain->used = difference(memory->total_bytes, memory->free_bytes);
		domain->counts = memory->use_bytes;
	} else {
		return false;
	}
	domain->swap_used = difference(memory->swap_total_bytes, memory->swap_free_bytes);
	domain_page_cache(domain);
	return true;
}

size_t uses_slots(size_t count)
{
	size_t slots = 16;

	while (slots < 2 * count) /* half of them stay free: a search is short */
		slots *= 2;
	return slots;
}

void uses_mark_shared(struct task *tasks, size_t count, uint32_t *slots)
{
	size_t mask = uses_slots(count) - 1;

	memset(slots, 0, (mask + 1) * sizeof(*slots));
	for (size_t i = 0; i < count; i++) {
		uint32_t mm_id = tasks[i].mm_id;
		size_t at = mm_id * 2654435761U & mask;

		tasks[i].shares_mm = false;
		if (!mm_id)
			continue;
		while (slots[at] && slots[at] != mm_id)
			at = (at + 1) & mask;
		tasks[i].shares_mm = slots[at];
		slots[at] = mm_id;
	}
}

static struct held held_by_candidates(const struct episode *episode)
{
	struct held held = {.known = false};

	if (episode->candidates_source == SOURCE_NONE || episode->lost || episode->truncated)
		return held;
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];

		/* Of a log: what is not told in its parts cannot be held against the uses. */
		if ((task->known & TASK_KNOWS_RSS) && !task_knows(task, TASK_KNOWS_MEMORY))
			return (struct held){.known = false};
		/* One whose memory went away while it was read holds none; a shared one counts
		 * once. */
		if (!(task->known & TASK_KNOWS_MEMORY) || task->shares_mm)
			continue;
		held.known = true;
		held.anon = plus(held.anon, task->rss_anon_bytes);
		held.file = plus(held.file, task->rss_file_bytes);
		held.shmem = plus(held.shmem, task->rss_shmem_bytes);
		held.page_tables = plus(held.page_tables, task->pgtables_bytes);
	}
	return held;
}

/* Pages may be mapped by many: together they map no more than there is. */
static uint64_t at_most(uint64_t bytes, uint64_t there_is)
{
	return bytes > there_is ? there_is : bytes;
}

static int32_t share_of(const struct domain *domain, const struct held *held)
{
	const uint64_t *counts = domain->counts;
	uint64_t sum;

	if (!held->known || !is_known(domain->used) || !domain->used ||
	    !is_known(domain->page_cache_most))
		return -1;
	sum = at_most(held->anon, counts[USE_ANON]);
	sum = plus(sum, at_most(held->shmem, counts[USE_SHMEM]));
	sum = plus(sum, at_most(held->file, domain->page_cache_most));
	sum = plus(sum, at_most(at_most(held->page_tables, counts[USE_PAGE_TABLES]),
				counts[USE_KERNEL]));
	if (sum >= domain->used)
		return 1000;
	return (int32_t)((unsigned __int128)sum * 1000 / domain->used);
}

/* What of the kernel's own memory none of its parts accounts for. */
static uint64_t rest_of_kernel(const uint64_t *counts)
{
	static const uint8_t parts[] = {
		USE_SLAB_RECLAIMABLE, USE_SLAB_UNRECLAIMABLE,
		USE_KERNEL_STACK,     USE_PAGE_TABLES,
		USE_SEC_PAGE_TABLES,  USE_PERCPU,
		USE_VMALLOC,          USE_ZSWAP,
	};
	uint64_t rest = counts[USE_KERNEL];

	if (!is_known(rest))
		return BYTES_UNKNOWN;
	for (unsigned int i = 0; i < sizeof(parts); i++)
		rest = less(rest, known_or_0(counts[parts[i]]));
	return rest;
}

/* The bytes of @use that are in no other one; BYTES_UNKNOWN also where it has none of its own. */
static uint64_t bytes_of(const struct domain *domain, uint8_t use)
{
	const uint64_t *counts = domain->counts;

	switch (use) {
	case USE_FILE:
		return domain->page_cache;
	case USE_KERNEL:
		return rest_of_kernel(counts);
	case USE_SWAPCACHED: /* anon, as long as it is mapped */
		return BYTES_UNKNOWN;
	case USE_SOCK: /* a memcg is charged for it apart; the machine has it in slab */
		return domain->is_memcg ? counts[use] : BYTES_UNKNOWN;
	case USE_VMALLOC: /* the machine's has the kernel's stacks in it */
		if (domain->is_memcg || !is_known(counts[use]))
			return counts[use];
		return less(counts[use], known_or_0(counts[USE_KERNEL_STACK]));
	default:
		return counts[use];
	}
}

static bool use_stays(const struct held *held, uint8_t use, uint64_t bytes)
{
	if (use == USE_SHMEM) /* the files of a tmpfs: nobody maps most of it */
		return held->known && held->shmem < bytes / 2;
	return use == USE_SLAB_UNRECLAIMABLE || use == USE_HUGETLB;
}

static void use_add(struct why *why, struct why_use use)
{
	uint32_t at = why->n_uses++;

	for (; at > 0 && why->uses[at - 1].bytes < use.bytes; at--)
		why->uses[at] = why->uses[at - 1];
	why->uses[at] = use;
}

static uint8_t largest_of(const struct domain *domain, const struct why *why)
{
	const uint64_t *counts = domain->counts;
	uint64_t unseen = 0;

	if (!why->n_uses || !is_known(counts[USE_ANON]) || !is_known(domain->page_cache_most))
		return USE_MAX;
	if (!is_known(domain->page_cache))
		unseen = domain->page_cache_most;
	return why->uses[0].bytes >= unseen ? why->uses[0].use : USE_MAX;
}

void uses_explain(const struct episode *episode, struct why *why)
{
	struct domain domain;
	struct held held;

	why->used_bytes = BYTES_UNKNOWN;
	why->largest_use = USE_MAX;
	why->candidates_share = -1;
	if (!domain_of(episode, &domain))
		return;
	held = held_by_candidates(episode);
	for (uint8_t use = 0; use < USE_MAX; use++) {
		uint64_t bytes = bytes_of(&domain, use);

		if (is_known(bytes) && bytes)
			use_add(why, (struct why_use){use, use_stays(&held, use, bytes), bytes});
	}
	why->used_bytes = domain.used;
	why->largest_use = largest_of(&domain, why);
	why->candidates_share = share_of(&domain, &held);
}
