// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/btf_excerpt.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct excerpt {
	const struct btf_raw *kernel;
	struct btf *copy;
	__u32 *copied; /* ids in copy, by the kernel's; 0: not copied */
};

static int copy_type(struct excerpt *excerpt, __u32 id);

/* Its members' types come first: a field goes to the type added last. */
static int copy_composite(struct excerpt *excerpt, const struct btf_type *type, const char *name)
{
	const struct btf_member *member = btf_members(type);
	__u16 count = btf_vlen(type);
	int id;

	for (__u16 i = 0; i < count; i++) {
		int err = copy_type(excerpt, member[i].type);

		if (err < 0)
			return err;
	}
	id = btf_is_struct(type) ? btf__add_struct(excerpt->copy, name, type->size)
				 : btf__add_union(excerpt->copy, name, type->size);
	for (__u16 i = 0; i < count && id > 0; i++) {
		int err = btf__add_field(
			excerpt->copy, btf_raw_name(excerpt->kernel, member[i].name_off),
			copy_type(excerpt, member[i].type), btf_member_bit_offset(type, i),
			btf_member_bitfield_size(type, i));

		if (err < 0)
			return err;
	}
	return id;
}

static int copy_enum(struct excerpt *excerpt, const struct btf_type *type, const char *name)
{
	const struct btf_enum *value = btf_enum(type);
	int id = btf__add_enum(excerpt->copy, name, type->size);

	for (__u16 i = 0; i < btf_vlen(type) && id > 0; i++) {
		int err = btf__add_enum_value(excerpt->copy,
					      btf_raw_name(excerpt->kernel, value[i].name_off),
					      value[i].val);

		if (err < 0)
			return err;
	}
	return id;
}

static int copy_array(struct excerpt *excerpt, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);
	int index = copy_type(excerpt, array->index_type);
	int element = copy_type(excerpt, array->type);

	if (index < 0 || element < 0)
		return index < 0 ? index : element;
	return btf__add_array(excerpt->copy, index, element, array->nelems);
}

static int add_copy(struct excerpt *excerpt, const struct btf_type *type)
{
	const char *name = btf_raw_name(excerpt->kernel, type->name_off);

	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return btf__add_int(excerpt->copy, name, type->size, btf_int_encoding(type));
	case BTF_KIND_PTR: /* to what, is another access's business */
		return btf__add_ptr(excerpt->copy, 0);
	case BTF_KIND_ARRAY:
		return copy_array(excerpt, type);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return copy_composite(excerpt, type, name);
	case BTF_KIND_ENUM:
		return copy_enum(excerpt, type, name);
	case BTF_KIND_ENUM64: /* none that we read has values of more than 32 bits */
		return btf__add_enum64(excerpt->copy, name, type->size, false);
	case BTF_KIND_FLOAT:
		return btf__add_float(excerpt->copy, name, type->size);
	default:
		return 0; /* void, and what has no size */
	}
}

/* The id in the copy of the kernel's type @id, its qualifiers and typedefs taken off. */
static int copy_type(struct excerpt *excerpt, __u32 id)
{
	const struct btf_type *type = btf_raw_type(excerpt->kernel, id);
	int copy;

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		id = type->type;
		type = btf_raw_type(excerpt->kernel, id);
	}
	if (!type || !id)
		return 0;
	if (excerpt->copied[id])
		return (int)excerpt->copied[id];
	copy = add_copy(excerpt, type);
	if (copy > 0)
		excerpt->copied[id] = (__u32)copy;
	return copy;
}

static int copy_found(struct excerpt *excerpt, const struct btf_index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		int err;

		if (index->found[i].class != BTF_CLASS_TYPE)
			continue;
		err = copy_type(excerpt, index->found[i].id);
		if (err < 0)
			return err;
	}
	return 0;
}

static int write_copy(const struct excerpt *excerpt, int fd)
{
	__u32 size;
	const void *data = btf__raw_data(excerpt->copy, &size);

	if (!data)
		return -ENOMEM;
	return write(fd, data, size) == (ssize_t)size ? 0 : -EIO;
}

int btf_excerpt(const struct btf_index *index, int fd)
{
	struct excerpt excerpt = {.kernel = index->kernel};
	int result = -ENOMEM;

	excerpt.copy = btf__new_empty();
	excerpt.copied = calloc(index->kernel->count, sizeof(*excerpt.copied));
	if (excerpt.copy && excerpt.copied) {
		result = copy_found(&excerpt, index);
		if (!result)
			result = write_copy(&excerpt, fd);
	}
	free(excerpt.copied);
	btf__free(excerpt.copy);
	return result;
}
