// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/btf_index.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX    384 /* types of our object, of which it has about 80, and the names below */
#define HEADS        512 /* of the chains of names; a power of two */
#define FLAVOUR_MARK "___"

/* Asked for by name: hooked functions, and what tells layouts apart. */
static const struct {
	enum btf_class class;
	const char *name;
} asked[] = {
	{BTF_CLASS_FUNCTION, "out_of_memory"},
	{BTF_CLASS_FUNCTION, "oom_evaluate_task"},
	{BTF_CLASS_FUNCTION, "oom_badness"},
	{BTF_CLASS_FUNCTION, "oom_kill_process"},
	{BTF_CLASS_FUNCTION, "dump_header"},
	{BTF_CLASS_FUNCTION, "mem_cgroup_oom_synchronize"},
	{BTF_CLASS_FUNCTION, "bpf_iter_bpf_map_elem"},
	{BTF_CLASS_FUNCTION, "bpf_kallsyms_lookup_name"},
	{BTF_CLASS_TYPEDEF, "btf_trace_mark_victim"},
	{BTF_CLASS_TYPE, "folio"},
	{BTF_CLASS_TYPE, "lruvec"},
	{BTF_CLASS_TYPE, "vm_area_struct"},
};

struct wanted {
	enum btf_class class;
	const char *text;
	size_t len; /* of what libbpf looks for: mm_struct of mm_struct___62 */
	int next;   /* of the same chain; -1: none */
};

struct names {
	struct wanted wanted[NAMES_MAX];
	int heads[HEADS];
	int count;
};

/* FNV-1a, of @len bytes. */
static __u32 hash(const char *text, size_t len)
{
	__u32 value = 2166136261U;

	for (size_t i = 0; i < len; i++)
		value = (value ^ (unsigned char)text[i]) * 16777619U;
	return value & (HEADS - 1);
}

static bool is_wanted(const struct names *names, enum btf_class class, const char *name)
{
	size_t len = strlen(name);

	for (int i = names->heads[hash(name, len)]; i >= 0; i = names->wanted[i].next) {
		const struct wanted *wanted = &names->wanted[i];

		if (wanted->class == class && wanted->len == len &&
		    !memcmp(wanted->text, name, len))
			return true;
	}
	return false;
}

static void want(struct names *names, enum btf_class class, const char *text)
{
	const char *flavour = strstr(text, FLAVOUR_MARK);
	size_t len = flavour && flavour > text ? (size_t)(flavour - text) : strlen(text);
	__u32 head = hash(text, len);

	if (names->count == NAMES_MAX)
		return; /* libbpf says which type it does not find */
	names->wanted[names->count] = (struct wanted){
		.class = class, .text = text, .len = len, .next = names->heads[head]};
	names->heads[head] = names->count++;
}

/* Whether types of this kind are looked for by name, and as what. */
static bool class_of(const struct btf_type *type, enum btf_class *ret_class)
{
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		*ret_class = BTF_CLASS_TYPE;
		return true;
	case BTF_KIND_FUNC:
		*ret_class = BTF_CLASS_FUNCTION;
		return true;
	case BTF_KIND_TYPEDEF:
		*ret_class = BTF_CLASS_TYPEDEF;
		return true;
	default:
		return false;
	}
}

static void take_names(struct names *names, const struct btf *object)
{
	__u32 count = object ? btf__type_cnt(object) : 0;

	memset(names->heads, 0xff, sizeof(names->heads));
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		want(names, asked[i].class, asked[i].name);
	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(object, id);
		enum btf_class class;

		if (type->name_off && class_of(type, &class) && class == BTF_CLASS_TYPE)
			want(names, class, btf__name_by_offset(object, type->name_off));
	}
}

/* The enum of the flags' bits has no name; its first enumerator is the same in all kernels. */
static bool is_gfp_enum(const struct btf_raw *kernel, const struct btf_type *type)
{
	const struct btf_enum *values = btf_enum(type);
	const char *first;

	if (type->name_off || !btf_is_enum(type) || !btf_vlen(type))
		return false;
	first = btf_raw_name(kernel, values[0].name_off);
	return !strcmp(first, "___GFP_DMA_BIT");
}

static int add_found(struct btf_index *index, enum btf_class class, const char *name, __u32 id)
{
	if (index->count == index->room) {
		size_t room = index->room ? index->room * 2 : 256;
		struct btf_found *more = reallocarray(index->found, room, sizeof(*index->found));

		if (!more)
			return -ENOMEM;
		index->found = more;
		index->room = room;
	}
	index->found[index->count++] = (struct btf_found){class, name, id};
	return 0;
}

static int scan(const struct btf_raw *kernel, const struct names *names, struct btf_index *index)
{
	const struct btf_type *type = (const struct btf_type *)kernel->types;

	for (__u32 id = 1; id < kernel->count; id++, type = btf_raw_next(type)) {
		enum btf_class class;
		const char *name;

		if (!class_of(type, &class))
			continue;
		if (!type->name_off) {
			if (!index->gfp_enum && is_gfp_enum(kernel, type))
				index->gfp_enum = id;
			continue;
		}
		name = btf_raw_name(kernel, type->name_off);
		if (is_wanted(names, class, name) && add_found(index, class, name, id))
			return -ENOMEM;
	}
	return 0;
}

int btf_index_build(const struct btf_raw *kernel, const struct btf *object,
		    struct btf_index *ret_index)
{
	struct btf_index index = {.kernel = kernel};
	struct names *names = calloc(1, sizeof(*names));
	int err = -ENOMEM;

	if (names) {
		take_names(names, object);
		err = scan(kernel, names, &index);
		free(names);
	}
	if (err)
		free(index.found);
	else
		*ret_index = index;
	return err;
}

void btf_index_free(struct btf_index *index)
{
	free(index->found);
	index->found = NULL;
	index->count = index->room = 0;
}

int btf_index_id(const struct btf_index *index, enum btf_class class, const char *name)
{
	for (size_t i = 0; i < index->count; i++) {
		if (index->found[i].class == class && !strcmp(index->found[i].name, name))
			return (int)index->found[i].id;
	}
	return -ENOENT;
}
