/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which capability the kernel asked for in vain. */
#ifndef OOMTRACE_KERNEL_PRIVILEGE_H
#define OOMTRACE_KERNEL_PRIVILEGE_H

#include <stddef.h>

/*
 * What this process lacks of what loading BPF programs takes, "CAP_BPF and CAP_PERFMON are
 * missing"; "" where that is nothing, and privilege is not the reason.
 */
void privilege_lacking_to_load(char *ret_text, size_t size);

/* The same of what setting a kprobe takes. */
void privilege_lacking_to_probe(char *ret_text, size_t size);

#endif /* OOMTRACE_KERNEL_PRIVILEGE_H */
