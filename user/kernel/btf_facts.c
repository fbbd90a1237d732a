// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/btf_facts.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "core/gfp.h"

#define ARGUMENTS_MAX 2

/* An argument: a pointer to struct @to, a pointer to anything, or a number. */
struct argument {
	enum { ARG_STRUCT, ARG_POINTER, ARG_NUMBER } what;
	const char *to;
};

static const struct prototype {
	const char *name;
	unsigned int count;
	struct argument arguments[ARGUMENTS_MAX];
} prototypes[] = {
	/* mm/oom_kill.c, the same from 5.10 to 7.2 */
	{"out_of_memory", 1, {{ARG_STRUCT, "oom_control"}}},
	{"oom_evaluate_task", 2, {{ARG_STRUCT, "task_struct"}, {ARG_POINTER, NULL}}},
	{"oom_badness", 2, {{ARG_STRUCT, "task_struct"}, {ARG_NUMBER, NULL}}},
	{"oom_kill_process", 2, {{ARG_STRUCT, "oom_control"}, {ARG_POINTER, NULL}}},
};

static const struct btf_type *type_without_modifiers(const struct btf_raw *btf, __u32 id)
{
	const struct btf_type *type = btf_raw_type(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf_raw_type(btf, type->type);
	return type;
}

static bool argument_matches(const struct btf_raw *btf, __u32 id, const struct argument *expected)
{
	const struct btf_type *type = type_without_modifiers(btf, id);

	if (!type)
		return false;
	if (expected->what == ARG_NUMBER)
		return btf_is_int(type);
	if (!btf_is_ptr(type))
		return false;
	if (expected->what == ARG_POINTER)
		return true;
	type = type_without_modifiers(btf, type->type);
	return type && btf_is_struct(type) &&
	       !strcmp(btf_raw_name(btf, type->name_off), expected->to);
}

static bool prototype_matches(const struct btf_raw *btf, __u32 id, const struct prototype *expected)
{
	const struct btf_type *function = btf_raw_type(btf, id);
	const struct btf_type *type = btf_raw_type(btf, function->type);
	const struct btf_param *params = btf_params(type);

	if (btf_vlen(type) != expected->count)
		return false;
	for (unsigned int i = 0; i < expected->count; i++) {
		if (!argument_matches(btf, params[i].type, &expected->arguments[i]))
			return false;
	}
	return true;
}

int btf_function_id(const struct btf_index *index, const char *name)
{
	return btf_index_id(index, BTF_CLASS_FUNCTION, name);
}

enum function_state btf_check_function(const struct btf_index *index, const char *name)
{
	const struct btf_raw *btf = index->kernel;
	int id = btf_function_id(index, name);

	if (id < 0)
		return FUNCTION_ABSENT;
	for (size_t i = 0; i < sizeof(prototypes) / sizeof(prototypes[0]); i++) {
		if (!strcmp(prototypes[i].name, name))
			return prototype_matches(btf, id, &prototypes[i]) ? FUNCTION_MATCHES
									  : FUNCTION_DIFFERS;
	}
	return FUNCTION_DIFFERS;
}

int btf_mark_victim_has_task(const struct btf_index *index)
{
	const struct btf_raw *btf = index->kernel;
	int id = btf_index_id(index, BTF_CLASS_TYPEDEF, "btf_trace_mark_victim");
	const struct btf_type *type;

	if (id < 0)
		return -ENOENT;
	/* A typedef of a pointer to the probe's prototype; its first argument is the probe's own
	 * data. */
	type = type_without_modifiers(btf, id);
	if (!type || !btf_is_ptr(type))
		return -ENOENT;
	type = type_without_modifiers(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 2)
		return -ENOENT;
	type = type_without_modifiers(btf, btf_params(type)[1].type);
	return type && btf_is_ptr(type);
}

static void read_gfp_enum(const struct btf_raw *btf, const struct btf_type *type,
			  struct wire_gfp *table)
{
	const struct btf_enum *values = btf_enum(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++)
		gfp_name_bit(table, btf_raw_name(btf, values[i].name_off), (__u32)values[i].val);
}

/* Whether @type has the member @name, in a union without a name within it as well. */
static bool has_member(const struct btf_raw *btf, const struct btf_type *type, const char *name)
{
	const struct btf_member *members = btf_members(type);

	for (unsigned int i = 0; i < btf_vlen(type); i++) {
		const struct btf_type *inner = btf_raw_type(btf, members[i].type);
		const char *own = btf_raw_name(btf, members[i].name_off);

		if (!strcmp(own, name))
			return true;
		if (!*own && inner && btf_is_union(inner) && has_member(btf, inner, name))
			return true;
	}
	return false;
}

static void note_gfp_fact(const struct btf_raw *btf, const struct btf_type *type,
			  struct gfp_facts *facts)
{
	const char *name = btf_raw_name(btf, type->name_off);

	if (!strcmp(name, "folio"))
		facts->folio = true;
	else if (!strcmp(name, "lruvec"))
		facts->lruvec_costs |= has_member(btf, type, "anon_cost");
	else if (!strcmp(name, "vm_area_struct"))
		facts->vma_flags_hidden |= has_member(btf, type, "__vm_flags");
}

int btf_gfp_names(const struct btf_index *index, struct wire_gfp *ret_table)
{
	const struct btf_raw *btf = index->kernel;
	struct gfp_facts facts = {0};

	if (index->gfp_enum) {
		memset(ret_table, 0, sizeof(*ret_table));
		read_gfp_enum(btf, btf_raw_type(btf, index->gfp_enum), ret_table);
		return 0;
	}
	for (size_t i = 0; i < index->count; i++) {
		const struct btf_type *type = btf_raw_type(btf, index->found[i].id);

		if (btf_is_struct(type))
			note_gfp_fact(btf, type, &facts);
	}
	return gfp_layout(&facts, ret_table);
}
