// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/needs.h"

#include <errno.h>
#include <stddef.h>

/*
 * Fact:  raw tracepoints came with 4.17, bpf_probe_read_kernel() with 5.5, ring buffers and
 *        bpf_ktime_get_boot_ns() with 5.8 (include/uapi/linux/bpf.h of each). Some distributions
 *        took these over into older kernels.
 * Fact:  what a kernel does not know is EINVAL. So is a helper that lockdown "confidentiality"
 *        takes away (LOCKDOWN_BPF_READ_KERNEL, kernel/trace/bpf_trace.c).
 * So:    the clock tells which of the two it is: no lockdown takes that away.
 */
const char *kernel_lacks(const struct kernel_answers *answers, const char **ret_remedy)
{
	*ret_remedy =
		"Linux 5.8 or later; of past kills this kernel's log tells here too (oomtrace "
		"import)";
	if (answers->program == -ENOSYS) {
		*ret_remedy = "a kernel with CONFIG_BPF_SYSCALL=y";
		return "this kernel has no bpf()";
	}
	if (answers->program == -EINVAL)
		return "this kernel's BPF has no raw tracepoints";
	if (answers->ring == -EINVAL)
		return "this kernel's BPF has no ring buffer";
	if (answers->clock == -EINVAL)
		return "this kernel's BPF has no clock that counts suspends";
	if (answers->read == -EINVAL) {
		*ret_remedy = "a boot without lockdown 'confidentiality' "
			      "(/sys/kernel/security/lockdown; 'integrity' is no obstacle)";
		return "BPF programs may not read this kernel's memory";
	}
	return NULL;
}
