/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Facts, as in facts.bpf.h, of what the kernel counts memory by: zones, nodes,
 * memcgs, pressure, and the data symbols of which the loader found the address.
 */
#ifndef OOMTRACE_USE_FACTS_BPF_H
#define OOMTRACE_USE_FACTS_BPF_H

#include "bpf/facts.bpf.h"
#include "bpf/state.h"

/* The atomic_long_t or long at @index of an array of them that begins at @address. */
static __always_inline __u64 word_at(__u64 address, __u64 index)
{
	__u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const void *)(address + index * 8));
	return value;
}

/* A counter whose parts are folded one by one may be seen below zero; the kernel tells 0 then. */
static __always_inline __u64 stat_clamped(__u64 value)
{
	return (__s64)value < 0 ? 0 : value;
}

/* Reads @size bytes of a data symbol; false where its address is not known. */
static __always_inline bool symbol_read(enum kernel_symbol symbol, void *ret, __u32 size)
{
	__u64 address = addresses.symbols[symbol].begin;

	return address && !bpf_probe_read_kernel(ret, size, (const void *)address);
}

/* ---- zones and nodes ---- */

static __always_inline __u64 zonelist_zone(__u64 zonelist, __u32 index)
{
	return (__u64)read_field(zoneref,
				 zonelist + bpf_core_field_offset(struct zonelist, _zonerefs) +
					 index * bpf_core_type_size(struct zoneref),
				 zone);
}

static __always_inline __u64 zone_stat(__u64 zone, __u32 item)
{
	return stat_clamped(word_at(zone + bpf_core_field_offset(struct zone, vm_stat), item));
}

#define node_item(item) bpf_core_enum_value(enum node_stat_item, item)

static __always_inline __u64 node_stat(__u64 node, __u32 item)
{
	return stat_clamped(
		word_at(node + bpf_core_field_offset(struct pglist_data, vm_stat), item));
}

/*
 * Fact:  page tables are counted by node.
 * Until: 5.11, when they were counted by zone (and not by memcg at all).
 * So:    ask which of the two enums has the number.
 */
static __always_inline bool zone_has_page_tables(void)
{
	return bpf_core_enum_value_exists(enum zone_stat_item___510, NR_PAGETABLE___510);
}

#define zone_page_tables_item() bpf_core_enum_value(enum zone_stat_item___510, NR_PAGETABLE___510)

/* Fact: a watermark boost, of a zone that was found fragmented, counts into each of them. */
static __always_inline __u64 zone_watermark(__u64 zone, enum zone_watermarks mark)
{
	return word_at(zone + bpf_core_field_offset(struct zone, _watermark), mark) +
	       read_field(zone, zone, watermark_boost);
}

/*
 * The first zonelist of the node that @memcg has its first lruvec for; 0: none yet.
 *
 * Fact: nodes are an array of pointers in some kernels, a single static one in
 *       others, and only kallsyms knows where. But a memcg's lruvec keeps its
 *       node, from the first page on that was put on it.
 */
static __always_inline __u64 memcg_zonelist(__u64 memcg)
{
	__u64 of_node = (__u64)read_field(mem_cgroup, memcg, nodeinfo[0]);
	__u64 node = (__u64)read_field(mem_cgroup_per_node, of_node, lruvec.pgdat);

	return node ? node + bpf_core_field_offset(struct pglist_data, node_zonelists) : 0;
}

/* ---- huge pages ---- */

static __always_inline bool hstates_known(void)
{
	return bpf_core_type_exists(struct hstate) && addresses.symbols[SYMBOL_HSTATES].begin;
}

/* Pages in the pool of the @index-th size. */
static __always_inline __u64 hstate_pages(__u32 index)
{
	__u64 state =
		addresses.symbols[SYMBOL_HSTATES].begin + index * bpf_core_type_size(struct hstate);

	return (__u64)read_field(hstate, state, nr_huge_pages)
	       << (read_field(hstate, state, order) & 63);
}

/* ---- memcgs ---- */

/*
 * Where the kernel keeps item @item of enum node_stat_item or memcg_stat_item
 * among the counters of a memcg.
 *
 * Fact:  a memcg has a counter only for what is counted by memcg, and a table of
 *        bytes says which: mem_cgroup_stats_index, a data symbol.
 * Until: 6.10, when it had one for every item, and the number was the index.
 * So:    ask whether there are as many counters as numbers. If not, without the
 *        symbol nothing is known.
 *
 * Fact:  the table holds the index, 0xff for none.
 * Until: 6.12, when it held the index + 1, 0 for none.
 * So:    the first two items are always counted: their entries are 0 and 1, or 1
 *        and 2. Anything else is a table of another kind.
 */
static __always_inline bool memcg_stat_index(__u32 item, __u32 *ret_index)
{
	__u64 counters = bpf_core_field_size(struct memcg_vmstats, state) / 8;
	const struct text_range *table = &addresses.symbols[SYMBOL_MEMCG_STATS_INDEX];
	__u8 first[2], entry;

	if (counters == bpf_core_enum_value(enum memcg_stat_item, MEMCG_NR_STAT)) {
		*ret_index = item;
		return true;
	}
	if (!table->begin || table->end - table->begin <= item)
		return false;
	if (bpf_probe_read_kernel(first, sizeof(first), (const void *)table->begin) ||
	    bpf_probe_read_kernel(&entry, sizeof(entry), (const void *)(table->begin + item)))
		return false;
	if (first[0] > 1 || first[1] != first[0] + 1 || entry < first[0] ||
	    entry - first[0] >= counters)
		return false;
	*ret_index = entry - first[0];
	return true;
}

/*
 * Where @memcg's counters begin; 0: not known.
 *
 * Fact:  a memcg points to a struct that has them.
 * Until: 6.1, when it contained that struct, and 5.13 (2d146aa3aa84), when it
 *        contained an array of atomics, one for every item.
 * So:    ask which of the three the field is.
 */
static __always_inline __u64 memcg_counters(__u64 memcg)
{
	__u64 counters = 0;

	if (bpf_core_field_exists(struct mem_cgroup___510, vmstats))
		return memcg + bpf_core_field_offset(struct mem_cgroup___510, vmstats);
	if (bpf_core_field_exists(struct mem_cgroup___513, vmstats))
		counters = memcg + bpf_core_field_offset(struct mem_cgroup___513, vmstats);
	else if (bpf_core_field_exists(struct mem_cgroup, vmstats))
		counters = (__u64)read_field(mem_cgroup, memcg, vmstats);
	return counters ? counters + bpf_core_field_offset(struct memcg_vmstats, state) : 0;
}

/* Sets *@ret_value to @item of @memcg, its descendants included; false: not known. */
static __always_inline bool memcg_stat(__u64 memcg, __u32 item, __u64 *ret_value)
{
	__u64 counters = memcg_counters(memcg);
	__u32 index = item;

	if (!counters)
		return false;
	if (!bpf_core_field_exists(struct mem_cgroup___510, vmstats) &&
	    !memcg_stat_index(item, &index))
		return false;
	*ret_value = stat_clamped(word_at(counters, index));
	return true;
}

/* ---- pressure ---- */

/*
 * The psi_group of @memcg's cgroup; 0 without.
 *
 * Fact:  a cgroup points to its psi_group, and to none where pressure is off.
 * Until: 6.1 (5f69a6577bc3), when it contained one.
 * So:    ask whether the field is a pointer. Version 1 hierarchies have none.
 */
static __always_inline __u64 memcg_psi(__u64 memcg)
{
	__u64 cgroup = (__u64)read_field(cgroup_subsys_state, memcg, cgroup);

	if (memcg_is_v1(memcg))
		return 0;
	if (bpf_core_field_exists(struct cgroup, psi))
		return (__u64)read_field(cgroup, cgroup, psi);
	if (bpf_core_field_exists(struct cgroup___510, psi))
		return cgroup + bpf_core_field_offset(struct cgroup___510, psi);
	return 0;
}

/*
 * Whether averages are kept in @group. Where pressure was disabled at boot the
 * group was never set up, and its next update is due at 0; since 6.1 it may be
 * off in one cgroup alone.
 */
static __always_inline bool psi_counts(__u64 group)
{
	if (!bpf_core_field_exists(struct psi_group, avg_next_update))
		return false; /* CONFIG_PSI is off: a struct without members */
	if (bpf_core_field_exists(struct psi_group, enabled) &&
	    !read_field(psi_group, group, enabled))
		return false;
	return read_field(psi_group, group, avg_next_update) != 0;
}

#define psi_row(state) bpf_core_enum_value(enum psi_states, state)

/* The average of row @row over the @span-th time: 10, 60, 300 s. */
static __always_inline __u32 psi_average(__u64 group, __u32 row, __u32 span)
{
	/* An array of arrays, which BTF had as one array until pahole kept the two apart. */
	__u64 averages = group + (bpf_core_field_exists(struct psi_group___rows, avg)
					  ? bpf_core_field_offset(struct psi_group___rows, avg)
					  : bpf_core_field_offset(struct psi_group, avg));

	return word_at(averages, row * 3 + span);
}

#endif /* OOMTRACE_USE_FACTS_BPF_H */
