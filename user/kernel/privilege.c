/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kernel/privilege.h"

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>

static bool have(cap_value_t wanted)
{
	cap_flag_value_t is = CAP_CLEAR;
	cap_t all = cap_get_proc();
	bool known = all && !cap_get_flag(all, wanted, CAP_EFFECTIVE, &is);

	cap_free(all);
	return known && is == CAP_SET;
}

/* Containers have filters that know no CAP_BPF, and forbid bpf() with the same EPERM. */
static bool is_filtered(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
}

/*
 * Fact:  CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON: bpf_capable(), perfmon_capable(),
 *        include/linux/capability.h.
 * Fact:  the memory of maps counts as locked by their user, whose limit CAP_SYS_RESOURCE raises.
 * Until: 5.11, from when on it is charged to the memory cgroup: kernel/bpf/syscall.c.
 */
void privilege_lacking_to_load(char *ret_text, size_t size)
{
	bool admin = have(CAP_SYS_ADMIN);
	bool bpf = admin || have(CAP_BPF), perfmon = admin || have(CAP_PERFMON);

	const char *text = "";

	if (!bpf && !perfmon)
		text = "CAP_BPF and CAP_PERFMON are missing";
	else if (!bpf)
		text = "CAP_BPF is missing";
	else if (!perfmon)
		text = "CAP_PERFMON is missing";
	else if (is_filtered())
		text = "a seccomp filter, a container's, has to let bpf() through";
	else if (!have(CAP_SYS_RESOURCE))
		text = "CAP_SYS_RESOURCE is missing, or a higher limit of locked memory";
	snprintf(ret_text, size, "%s", text);
}

/*
 * Fact:  Debian's kernels want CAP_SYS_ADMIN for any perf event where perf_event_paranoid is 3, as
 *        they set it; others never want more than CAP_PERFMON: kernel/events/core.c.
 */
void privilege_lacking_to_probe(char *ret_text, size_t size)
{
	ret_text[0] = '\0';
	if (!have(CAP_SYS_ADMIN))
		snprintf(ret_text, size,
			 "CAP_SYS_ADMIN is missing, or kernel.perf_event_paranoid of 2");
}
