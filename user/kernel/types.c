// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/types.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/state.h"
#include "kernel/btf_excerpt.h"
#include "kernel/btf_facts.h"
#include "lib/cold.h"
#include "oomtrace.skel.h"

/* The excerpt is only a name then; what is to be in it, an open object says. */
struct oomtrace_bpf *types_open_object(const struct kernel_types *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);

	if (types->excerpt >= 0)
		opts.btf_custom_path = types->path;
	return oomtrace_bpf__open_opts(&opts);
}

/*
 * libbpf takes programs of fentry and fexit for raw tracepoints until they are
 * loaded: else it would read all of the kernel's types once more, and search them for each.
 */
static int prepare_tracing(struct bpf_program *program, struct bpf_prog_load_opts *opts,
			   long cookie)
{
	const struct kernel_types *types = (const struct kernel_types *)cookie;
	const char *function = strchr(bpf_program__section_name(program), '/');
	int id = btf_function_id(&types->index, function ? function + 1 : "");

	if (id < 0)
		return id;
	opts->attach_btf_id = (__u32)id;
	return bpf_program__set_type(program, BPF_PROG_TYPE_TRACING);
}

static int attach_fentry(const struct bpf_program *program, long cookie, struct bpf_link **link)
{
	(void)cookie;
	*link = bpf_program__attach_trace(program);
	return *link ? 0 : -errno;
}

static void take_sections(struct kernel_types *types)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)types,
		    .prog_prepare_load_fn = prepare_tracing, .prog_attach_fn = attach_fentry);

	types->handlers[0] = libbpf_register_prog_handler("fentry/", BPF_PROG_TYPE_RAW_TRACEPOINT,
							  BPF_TRACE_FENTRY, &opts);
	types->handlers[1] = libbpf_register_prog_handler("fexit/", BPF_PROG_TYPE_RAW_TRACEPOINT,
							  BPF_TRACE_FEXIT, &opts);
}

void types_close(struct kernel_types *types)
{
	for (size_t i = 0; i < sizeof(types->handlers) / sizeof(types->handlers[0]); i++) {
		if (types->handlers[i] > 0)
			libbpf_unregister_prog_handler(types->handlers[i]);
	}
	if (types->excerpt >= 0)
		close(types->excerpt);
	btf_index_free(&types->index);
	btf_raw_close(&types->btf);
}

struct oomtrace_bpf *types_open(const struct btf_raw *btf, struct kernel_types *ret_types)
{
	struct oomtrace_bpf *skel;
	int err;

	*ret_types = (struct kernel_types){.btf = *btf};
	take_sections(ret_types);
	ret_types->excerpt = memfd_create("oomtrace-btf", MFD_CLOEXEC);
	snprintf(ret_types->path, sizeof(ret_types->path), "/proc/self/fd/%d", ret_types->excerpt);
	skel = types_open_object(ret_types);
	if (!skel)
		return NULL;
	err = btf_index_build(&ret_types->btf, bpf_object__btf(skel->obj), &ret_types->index);
	if (err) {
		oomtrace_bpf__destroy(skel);
		errno = -err;
		return NULL;
	}
	if (ret_types->excerpt < 0 || !btf_excerpt(&ret_types->index, ret_types->excerpt))
		return skel;
	oomtrace_bpf__destroy(skel);
	close(ret_types->excerpt);
	ret_types->excerpt = -1;
	return types_open_object(ret_types);
}

void types_give_back(void)
{
	size_t size;
	const void *object = oomtrace_bpf__elf_bytes(&size);

	cold_give_back(object, size);
}
