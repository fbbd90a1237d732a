// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What shaped a decision from outside: sysctls, and the nodes that it was about. */
#include "vmlinux/vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/facts.bpf.h"
#include "bpf/record.bpf.h"
#include "bpf/use_facts.bpf.h"
#include "bpf/work.bpf.h"

static __always_inline __u32 read_sysctl(enum kernel_symbol symbol)
{
	__u32 value;

	return symbol_read(symbol, &value, sizeof(value)) ? value : WIRE_NONE_U32;
}

/* The set of nodes at @address, in the kernel's words: as long as its nodemask_t is. */
static __always_inline bool read_nodemask(__u64 *to, __u64 address)
{
	__u32 size = bpf_core_field_size(struct task_struct, mems_allowed);

	__builtin_memset(to, 0, WIRE_NODE_WORDS * sizeof(*to));
	return size <= WIRE_NODE_WORDS * sizeof(*to) &&
	       !bpf_probe_read_kernel(to, size, (const void *)address);
}

/*
 * The name of the invoker's cpuset cgroup, as pr_cont_cgroup_name() prints it:
 * that of its directory, and "/" for the root, which has none.
 */
static __always_inline void read_cpuset(struct wire_nodes *nodes, __u64 task)
{
	__u64 css = task_css(task, bpf_core_enum_value(enum cgroup_subsys_id, cpuset_cgrp_id));
	__u64 node = (__u64)read_field(cgroup_subsys_state, css, cgroup, kn);

	nodes->cpuset[0] = '/';
	nodes->cpuset[1] = '\0';
	if (kernfs_parent(node))
		bpf_probe_read_kernel_str(nodes->cpuset, sizeof(nodes->cpuset),
					  read_field(kernfs_node, node, name));
}

/* Of the decision that is being described. Without cpusets in the kernel nothing limits nodes. */
__noinline int read_settings(void)
{
	struct wire_sysctls *sysctls = &work.decision.sysctls;
	struct wire_nodes *nodes = &work.decision.nodes;
	__u64 task = bpf_get_current_task();
	__u64 nodemask = 0;

	sysctls->panic_on_oom = read_sysctl(SYMBOL_PANIC_ON_OOM);
	sysctls->oom_kill_allocating_task = read_sysctl(SYMBOL_OOM_KILL_ALLOCATING_TASK);
	sysctls->oom_dump_tasks = read_sysctl(SYMBOL_OOM_DUMP_TASKS);
	sysctls->overcommit_memory = read_sysctl(SYMBOL_OVERCOMMIT_MEMORY);

	nodes->has_nodemask = 0;
	nodes->known = 0;
	if (!bpf_core_field_exists(struct task_struct, mems_allowed) ||
	    !bpf_core_enum_value_exists(enum cgroup_subsys_id, cpuset_cgrp_id))
		return 0;
	nodes->known =
		read_nodemask(nodes->mems_allowed,
			      task + bpf_core_field_offset(struct task_struct, mems_allowed));
	read_cpuset(nodes, task);
	if (door.control)
		nodemask = (__u64)read_field(oom_control, door.control, nodemask);
	if (nodemask)
		nodes->has_nodemask = read_nodemask(nodes->nodemask, nodemask);
	return 0;
}
