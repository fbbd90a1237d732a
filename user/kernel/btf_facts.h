/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the running kernel's BTF says of the functions and tracepoints we hook. */
#ifndef OOMTRACE_KERNEL_BTF_FACTS_H
#define OOMTRACE_KERNEL_BTF_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/wire.h"
#include "kernel/btf_index.h"

enum function_state {
	FUNCTION_MATCHES, /* there, with the prototype that the doors expect */
	FUNCTION_ABSENT,  /* not in BTF: inlined, or static where BTF has global functions only */
	FUNCTION_DIFFERS, /* there, with another prototype: its arguments cannot be trusted */
};

/* Compares @name, one of the hooked functions, with what the doors take it for. */
enum function_state btf_check_function(const struct btf_index *index, const char *name);

/* The BTF id of function @name, or a negative errno. */
int btf_function_id(const struct btf_index *index, const char *name);

/*
 * Whether oom:mark_victim hands over a task (1) or a pid (0). -ENOENT when BTF
 * does not describe the tracepoint.
 */
int btf_mark_victim_has_task(const struct btf_index *index);

/*
 * The names of the gfp flags' bits, from the kernel's enum of them or by what else tells them.
 * Returns 0, or -ENOENT with *@ret_table untouched.
 */
int btf_gfp_names(const struct btf_index *index, struct wire_gfp *ret_table);

#endif /* OOMTRACE_KERNEL_BTF_FACTS_H */
