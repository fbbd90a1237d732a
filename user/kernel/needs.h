/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What no backend can do without, told apart from what a user may not do. */
#ifndef OOMTRACE_KERNEL_NEEDS_H
#define OOMTRACE_KERNEL_NEEDS_H

/* What the kernel answered when each was tried: 0, or a negative errno. */
struct kernel_answers {
	int program; /* loading a program of two instructions for a raw tracepoint */
	int ring;    /* making a ring buffer of one page */
	int clock;   /* loading one that calls bpf_ktime_get_boot_ns() */
	int read;    /* loading one that calls bpf_probe_read_kernel() */
};

/*
 * What this kernel lacks, and in *@ret_remedy what to do about it; NULL: nothing, as far as these
 * answers say. That something was not permitted is no answer.
 */
const char *kernel_lacks(const struct kernel_answers *answers, const char **ret_remedy);

#endif /* OOMTRACE_KERNEL_NEEDS_H */
