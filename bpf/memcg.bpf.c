// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Memory cgroups: where they are, whose limit was met, who belongs to whom. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/work.bpf.h"

#define MEMCG_DEPTH 32 /* ancestors of a memcg looked at; cgroup.max.depth is rarely above 10 */

/* Whether @memcg is @root or below it. */
static __always_inline bool memcg_is_below(__u64 memcg, __u64 root)
{
	int depth;

	for (depth = 0; depth < MEMCG_DEPTH && memcg; depth++) {
		if (memcg == root)
			return true;
		memcg = memcg_parent(memcg);
	}
	return false;
}

__noinline int note_memcg(__u64 task)
{
	__u64 memcg = task_memcg(task);

	work.css_set = (__u64)read_field(task_struct, task, cgroups);
	work.memcg_id = read_field(kernfs_node, memcg_kernfs(memcg), id);
	work.memcg_below = work.root && memcg_is_below(memcg, work.root);
	return 0;
}

static __always_inline struct wire_path *path_of(__u32 slot)
{
	struct wire_waiting *waiting;

	switch (slot) {
	case PATH_MEMCG:
		return &work.decision.memcg.path;
	case PATH_DECISION_VICTIM:
		return &work.decision.victim_path;
	case PATH_INVOKER:
		return &work.decision.invoker_path;
	case PATH_VICTIM:
		return &work.victim.path;
	default:
		waiting = waiting_here();
		if (!waiting)
			return NULL;
		barrier_var(waiting); /* or the compiler adds first and asks then */
		return &waiting->path;
	}
}

/* One directory's name; returns the node above, 0: there is none, or no room for the name. */
__noinline __u64 read_path_name(__u64 node, __u32 slot)
{
	struct wire_path *path = path_of(slot);
	__u64 parent = kernfs_parent(node);
	__u32 used;
	long len;

	if (!path || !parent) /* the root, whose name is empty */
		return 0;
	used = path->len;
	if (used >= WIRE_PATH_LEN) /* also bounds the offset for the verifier */
		return 0;
	len = bpf_probe_read_kernel_str(path->names + used, WIRE_PATH_NAME,
					read_field(kernfs_node, node, name));
	if (len < 1 || len > WIRE_PATH_NAME)
		return 0;
	path->len = used + len;
	return parent;
}

__noinline int path_begin(__u64 node, __u32 slot)
{
	struct wire_path *path = path_of(slot);

	if (path) {
		path->known = node != 0;
		path->len = 0;
	}
	return 0;
}

__noinline int path_end(__u64 node, __u32 slot)
{
	struct wire_path *path = path_of(slot);

	/* Stopped at the root: nothing is missing. */
	if (path)
		path->truncated = kernfs_parent(node) != 0;
	return 0;
}

/*
 * The names of @memcg's directories, deepest first. Where they go to is not asked
 * here: the verifier would follow the loop once for every place.
 */
__noinline int read_path(__u64 memcg, __u32 slot)
{
	__u64 node = memcg_kernfs(memcg), parent;
	int depth;

	path_begin(node, slot);
	for (depth = 0; depth < WIRE_PATH_DEPTH; depth++) {
		parent = read_path_name(node, slot);
		if (!parent)
			break;
		node = parent;
	}
	path_end(node, slot);
	return 0;
}

static __always_inline void read_counters(__u64 memcg, struct wire_ancestor *to)
{
	to->usage = read_field(mem_cgroup, memcg, memory.usage.counter);
	to->limit = counter_limit(read_field(mem_cgroup, memcg, memory.max), config.page_size);
	to->swap_usage = read_field(mem_cgroup, memcg, swap.usage.counter);
	to->swap_limit = counter_limit(read_field(mem_cgroup, memcg, swap.max), config.page_size);
	to->oom_group = read_field(mem_cgroup, memcg, oom_group);
}

/* One level further up; 1 when there is none, or no room for it. */
__noinline int read_ancestor(__u32 index)
{
	__u64 parent = memcg_parent(work.ancestor);

	if (!parent)
		return 1;
	if (index >= WIRE_ANCESTORS) {
		work.decision.ancestors_cut = 1;
		return 1;
	}
	read_counters(parent, &work.decision.ancestors[index]);
	work.decision.ancestors_count = index + 1;
	work.ancestor = parent;
	return 0;
}

__noinline int read_memcg(__u64 memcg)
{
	struct wire_memcg *to = &work.decision.memcg;
	struct wire_ancestor own = {};
	int i;

	__builtin_memset(to, 0, offsetof(struct wire_memcg, path));
	to->path.known = 0;
	to->path.len = 0;
	work.decision.ancestors_count = 0;
	work.decision.ancestors_cut = 0;
	if (!memcg)
		return 0;
	read_counters(memcg, &own);
	to->known = 1;
	to->id = read_field(kernfs_node, memcg_kernfs(memcg), id);
	to->v1 = memcg_is_v1(memcg);
	to->usage = own.usage;
	to->limit = own.limit;
	to->swap_usage = own.swap_usage;
	to->swap_limit = own.swap_limit;
	to->oom_group = own.oom_group;
	read_path(memcg, PATH_MEMCG);
	work.ancestor = memcg;
	for (i = 0; i <= WIRE_ANCESTORS; i++) {
		if (read_ancestor(i))
			break;
	}
	return 0;
}

/* mem_cgroup_get_oom_group() would find one: v2 only, never the root, up to the memcg in OOM. */
__noinline int memcg_kills_group(__u64 memcg, __u64 top)
{
	int depth;

	if (memcg_is_v1(memcg))
		return 0;
	for (depth = 0; depth < MEMCG_DEPTH && memcg; depth++) {
		if (read_field(mem_cgroup, memcg, oom_group))
			return 1;
		if (memcg == top)
			return 0;
		memcg = memcg_parent(memcg);
	}
	return 0;
}

/* Pages that may still be charged to @memcg itself. */
__noinline __u64 memcg_margin(__u64 memcg)
{
	__u64 limit = counter_limit(read_field(mem_cgroup, memcg, memory.max), config.page_size);
	__u64 usage = read_field(mem_cgroup, memcg, memory.usage.counter);

	if (limit == WIRE_UNLIMITED)
		return WIRE_UNLIMITED;
	return usage < limit ? limit - usage : 0;
}

/*
 * The memcg in OOM is an ancestor of its victim, and mem_cgroup_out_of_memory()
 * went on only because it had less than the request left: of the ancestors, the
 * one nearest to its limit, the lowest of equals. The kernel's own report, where
 * there is one, has the last word.
 */
__noinline __u64 memcg_at_limit(__u64 memcg)
{
	__u64 best = 0, best_margin = WIRE_UNLIMITED;
	int depth;

	for (depth = 0; depth < MEMCG_DEPTH && memcg; depth++) {
		__u64 margin = memcg_margin(memcg);

		if (margin < best_margin) {
			best = memcg;
			best_margin = margin;
		}
		memcg = memcg_parent(memcg);
	}
	return best;
}

/* mem_cgroup_get_max(), mm/memcontrol.c, in pages. */
__noinline __u64 memcg_totalpages(__u64 memcg)
{
	__u64 max = read_field(mem_cgroup, memcg, memory.max);
	__u64 swap = read_field(mem_cgroup, memcg, swap.max);
	__u64 total = door.swap_total_pages;

	if (memcg_is_v1(memcg)) {
		swap -= max; /* memory+swap */
		if (!read_field(mem_cgroup, memcg, swappiness))
			swap = 0;
	} else if (!config.vm_swappiness) {
		swap = 0;
	}
	max += swap < total ? swap : total;
	return max ? max : 1;
}
