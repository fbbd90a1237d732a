// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the memory was used for: of the memcg that ran out and of the machine,
 * in one record of its own, so that a full ring can do without it.
 *
 * What cannot be read is left unknown. Sums over all zones are told whole or
 * not at all.
 */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/emit.bpf.h"
#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/use_facts.bpf.h"
#include "bpf/work.bpf.h"

#define ZONES_STEP  32 /* squared, the zones of the whole machine: 128 nodes of 8 at the most */
#define HSTATES_MAX 8  /* sizes of huge pages: arm64 has the most, four */
#define MEMCG_DEPTH 32 /* levels up to the root, on the way to a node */

/* Adds @bytes to @use of the machine, of which each node has a part. */
static __always_inline void add_use(enum wire_use use, __u64 bytes)
{
	if (work.memory.use[use] == WIRE_NONE_U64)
		work.memory.use[use] = 0;
	work.memory.use[use] += bytes;
}

#define add_node_item(use, node, item, unit)                                     \
	do {                                                                     \
		if (bpf_core_enum_value_exists(enum node_stat_item, item))       \
			add_use(use, node_stat(node, node_item(item)) * (unit)); \
	} while (0)

/* What is counted by node; in pages there, slab too, which a memcg has in bytes. */
__noinline int add_node(__u64 node)
{
	const __u64 page = config.page_size;

	add_node_item(USE_ANON, node, NR_ANON_MAPPED, page);
	add_node_item(USE_FILE, node, NR_FILE_PAGES, page);
	add_node_item(USE_SHMEM, node, NR_SHMEM, page);
	add_node_item(USE_SWAPCACHED, node, NR_SWAPCACHE, page);
	add_node_item(USE_SLAB_RECLAIMABLE, node, NR_SLAB_RECLAIMABLE_B, page);
	add_node_item(USE_SLAB_UNRECLAIMABLE, node, NR_SLAB_UNRECLAIMABLE_B, page);
	add_node_item(USE_KERNEL_STACK, node, NR_KERNEL_STACK_KB, 1024);
	add_node_item(USE_PAGE_TABLES, node, NR_PAGETABLE, page);
	add_node_item(USE_SEC_PAGE_TABLES, node, NR_SECONDARY_PAGETABLE, page);
	add_node_item(USE_VMALLOC, node, NR_VMALLOC, page);
	return 0;
}

/* The zone at @index of work.zonelist, where all zones of a node follow each other; 1 behind the
 * last. */
__noinline int add_zone(__u32 index)
{
	struct wire_memory *memory = &work.memory;
	__u64 zone = zonelist_zone(work.zonelist, index), node;
	const __u64 page = config.page_size;
	__u64 free, managed;
	struct wire_zone *to;

	if (!zone)
		return 1;
	node = (__u64)read_field(zone, zone, zone_pgdat);
	free = zone_stat(zone, bpf_core_enum_value(enum zone_stat_item, NR_FREE_PAGES)) * page;
	managed = read_field(zone, zone, managed_pages.counter) * page;
	memory->mem_free += free;
	memory->mem_total += managed;
	if (zone_has_page_tables())
		add_use(USE_PAGE_TABLES, zone_stat(zone, zone_page_tables_item()) * page);
	if (node != work.node)
		add_node(node);
	work.node = node;
	if (index >= WIRE_ZONES) {
		memory->zones_cut = 1;
		return 0;
	}
	memory->zones_count = index + 1;
	to = &memory->zones[index];
	to->free = free;
	to->managed = managed;
	to->min = zone_watermark(zone, WMARK_MIN) * page;
	to->low = zone_watermark(zone, WMARK_LOW) * page;
	to->high = zone_watermark(zone, WMARK_HIGH) * page;
	to->node = read_field(pglist_data, node, node_id);
	to->pad = 0;
	bpf_probe_read_kernel_str(to->name, sizeof(to->name), read_field(zone, zone, name));
	return 0;
}

/* ZONES_STEP zones from @first; 1 behind the last. */
__noinline int add_zones(__u32 first)
{
	int i;

	for (i = 0; i < ZONES_STEP; i++) {
		if (add_zone(first + i))
			return 1;
	}
	return 0;
}

/* Nothing is known of the machine's memory. */
__noinline int forget_machine(void)
{
	struct wire_memory *memory = &work.memory;

	__builtin_memset(memory->use, 0xff, sizeof(memory->use));
	memory->mem_total = WIRE_NONE_U64;
	memory->mem_free = WIRE_NONE_U64;
	memory->zones_count = 0;
	memory->zones_cut = 0;
	return 0;
}

/* Looks for the zonelist at @memcg; the one to look at next, or 0. */
__noinline __u64 find_zonelist_at(__u64 memcg)
{
	work.zonelist = memcg_zonelist(memcg);
	return work.zonelist ? 0 : memcg_parent(memcg);
}

/*
 * All zones of the machine: any node's first zonelist names them, its own first.
 * That of the request is at hand for a global OOM; else a node of some memcg
 * leads to it.
 */
__noinline int find_zonelist(__u64 memcg)
{
	int depth;

	work.zonelist = door.control ? (__u64)read_field(oom_control, door.control, zonelist) : 0;
	if (work.zonelist)
		return 0;
	if (!memcg)
		memcg = task_memcg(bpf_get_current_task());
	for (depth = 0; depth < MEMCG_DEPTH && memcg; depth++)
		memcg = find_zonelist_at(memcg);
	return 0;
}

__noinline int read_machine(__u64 memcg)
{
	struct wire_memory *memory = &work.memory;
	int i;

	forget_machine();
	find_zonelist(memcg);
	if (!work.zonelist)
		return 0;
	memory->mem_total = 0;
	memory->mem_free = 0;
	work.node = 0;
	for (i = 0; i < ZONES_STEP; i++) {
		if (add_zones(i * ZONES_STEP))
			return 0;
	}
	forget_machine();
	return 0;
}

/* The pools of huge pages, of every size, what is free in them included: it serves nothing else. */
__noinline int read_huge_pages(void)
{
	__u64 bytes = 0;
	__u32 i, count = 0;

	if (!hstates_known() || !symbol_read(SYMBOL_HUGETLB_MAX_HSTATE, &count, sizeof(count)))
		return 0;
	for (i = 0; i < HSTATES_MAX && i < count; i++)
		bytes += hstate_pages(i) * config.page_size;
	work.memory.use[USE_HUGETLB] = bytes;
	return 0;
}

/* What is no zone's and no node's. */
__noinline int read_symbols(void)
{
	struct wire_memory *memory = &work.memory;
	__u64 pages = 0;

	memory->swap_total = door.swap_total_pages * config.page_size;
	if (symbol_read(SYMBOL_TOTAL_SWAP_PAGES, &pages, sizeof(pages)))
		memory->swap_total = stat_clamped(pages) * config.page_size;
	memory->swap_free = WIRE_NONE_U64;
	if (symbol_read(SYMBOL_NR_SWAP_PAGES, &pages, sizeof(pages)))
		memory->swap_free = stat_clamped(pages) * config.page_size;
	if (symbol_read(SYMBOL_NR_VMALLOC_PAGES, &pages, sizeof(pages)))
		memory->use[USE_VMALLOC] = stat_clamped(pages) * config.page_size;
	read_huge_pages();
	return 0;
}

/* The number of the enumerator @item in enum @type; WIRE_NONE_U64 where this kernel has none. */
#define item_of(type, item)                                                                 \
	(bpf_core_enum_value_exists(enum type, item) ? bpf_core_enum_value(enum type, item) \
						     : WIRE_NONE_U64)

/*
 * @item of @memcg, descendants included, in @unit bytes, as @use. All in 64 bits: of a shorter
 * number clang makes copies, and the verifier then knows the bound of another one than is used.
 */
__noinline int read_memcg_item(__u64 memcg, __u64 use, __u64 item, __u64 unit)
{
	__u64 value;

	if (use >= USE_MAX || item == WIRE_NONE_U64 || !memcg_stat(memcg, item, &value))
		return 0;
	work.memory.memcg_use[use] = value * unit;
	return 0;
}

/* Units as memcg_page_state_unit() has them, mm/memcontrol.c. */
__noinline int read_memcg_use(__u64 memcg)
{
	const __u64 page = config.page_size;

	read_memcg_item(memcg, USE_ANON, item_of(node_stat_item, NR_ANON_MAPPED), page);
	read_memcg_item(memcg, USE_FILE, item_of(node_stat_item, NR_FILE_PAGES), page);
	read_memcg_item(memcg, USE_SHMEM, item_of(node_stat_item, NR_SHMEM), page);
	read_memcg_item(memcg, USE_SWAPCACHED, item_of(node_stat_item, NR_SWAPCACHE), page);
	read_memcg_item(memcg, USE_KERNEL, item_of(memcg_stat_item, MEMCG_KMEM), page);
	read_memcg_item(memcg, USE_SLAB_RECLAIMABLE, item_of(node_stat_item, NR_SLAB_RECLAIMABLE_B),
			1);
	read_memcg_item(memcg, USE_SLAB_UNRECLAIMABLE,
			item_of(node_stat_item, NR_SLAB_UNRECLAIMABLE_B), 1);
	read_memcg_item(memcg, USE_KERNEL_STACK, item_of(node_stat_item, NR_KERNEL_STACK_KB), 1024);
	read_memcg_item(memcg, USE_PAGE_TABLES, item_of(node_stat_item, NR_PAGETABLE), page);
	read_memcg_item(memcg, USE_SEC_PAGE_TABLES, item_of(node_stat_item, NR_SECONDARY_PAGETABLE),
			page);
	read_memcg_item(memcg, USE_PERCPU, item_of(memcg_stat_item, MEMCG_PERCPU_B), 1);
	read_memcg_item(memcg, USE_SOCK, item_of(memcg_stat_item, MEMCG_SOCK), page);
	read_memcg_item(memcg, USE_VMALLOC, item_of(memcg_stat_item, MEMCG_VMALLOC), page);
	read_memcg_item(memcg, USE_VMALLOC, item_of(node_stat_item, NR_VMALLOC), page);
	read_memcg_item(memcg, USE_ZSWAP, item_of(memcg_stat_item, MEMCG_ZSWAP_B), 1);
	read_memcg_item(memcg, USE_HUGETLB, item_of(node_stat_item, NR_HUGETLB), page);
	return 0;
}

/* Averages of pressure on memory of @group, a psi_group, or of none; into the memcg's or the
 * machine's. */
__noinline int read_pressure(__u64 group, __u32 of_memcg)
{
	struct wire_psi *to = of_memcg ? &work.memory.memcg_psi : &work.memory.psi;
	int i;

	__builtin_memset(to, 0xff, sizeof(*to));
	if (!group || !psi_counts(group))
		return 0;
#pragma unroll
	for (i = 0; i < 3; i++) {
		to->some[i] = psi_average(group, psi_row(PSI_MEM_SOME), i);
		to->full[i] = psi_average(group, psi_row(PSI_MEM_FULL), i);
	}
	return 0;
}

__noinline int gather_memory(__u64 memcg)
{
	struct wire_memory *memory = &work.memory;

	work.memory_read = true;
	memory->memcg_usage = WIRE_NONE_U64;
	__builtin_memset(memory->memcg_use, 0xff, sizeof(memory->memcg_use));
	if (memcg) {
		memory->memcg_usage =
			read_field(mem_cgroup, memcg, memory.usage.counter) * config.page_size;
		read_memcg_use(memcg);
	}
	read_pressure(memcg ? memcg_psi(memcg) : 0, 1);
	read_pressure(addresses.symbols[SYMBOL_PSI_SYSTEM].begin, 0);
	read_machine(memcg);
	read_symbols();
	return 0;
}

__noinline int send_memory(__u64 memcg)
{
	struct wire_memory *memory = &work.memory;

	if (work.memory_sent)
		return 0;
	work.memory_sent = true;
	if (!work.memory_read)
		gather_memory(memcg);
	head_fill(&memory->head, WIRE_MEMORY, sizeof(*memory), work.episode);
	if (!ring_has_room_for_memory(sizeof(*memory)) ||
	    bpf_ringbuf_output(&ring, memory, sizeof(*memory), 0))
		count_loss(LOSS_RING_MEMORY, 1);
	return 0;
}
