/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether a backend exists here, found with a program of two instructions: a
 * kernel's version and even its BTF predict nothing.
 */
#ifndef OOMTRACE_KERNEL_PROBE_H
#define OOMTRACE_KERNEL_PROBE_H

#include "kernel/tracer.h"

struct btf_index;

/* Notes in @refusal why a backend is out: what failed, and what a person can do about it. */
__attribute__((format(printf, 3, 4))) void refuse(struct refusal *refusal, const char *remedy,
						  const char *reason, ...);

/*
 * Fills @refusal; refused stays false when @backend can load and, if @attach, attach here.
 * To detach again takes the kernel longer than all else: who is about to attach need not ask.
 */
void probe_backend(enum backend backend, const struct btf_index *index, bool attach,
		   struct refusal *refusal);

/*
 * Whether this user may use bpf() at all, and this kernel has what every backend needs; if not,
 * @survey says what is missing: the privilege, or why all backends are refused.
 */
bool probe_kernel(struct survey *survey);

#endif /* OOMTRACE_KERNEL_PROBE_H */
