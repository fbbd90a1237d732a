// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/btf_raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct btf_type nothing;

/* What follows the type itself, by its kind (Documentation/bpf/btf.rst); -EINVAL: not known. */
static int more_bytes(const struct btf_type *type)
{
	int count = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_FWD:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
		return sizeof(__u32);
	case BTF_KIND_ENUM:
		return count * (int)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * (int)sizeof(struct btf_enum64);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * (int)sizeof(struct btf_member);
	case BTF_KIND_FUNC_PROTO:
		return count * (int)sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return count * (int)sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	default:
		return -EINVAL;
	}
}

const struct btf_type *btf_raw_next(const struct btf_type *type)
{
	return (const struct btf_type *)((const char *)(type + 1) + more_bytes(type));
}

/* Goes through all types once, and sets how many there are and where every so many begins. */
static int note_places(struct btf_raw *btf)
{
	__u32 room = btf->types_len / sizeof(struct btf_type) / BTF_RAW_STEP + 1, at = 0, id = 1;

	btf->places = calloc(room, sizeof(*btf->places));
	if (!btf->places)
		return -ENOMEM;
	while (at < btf->types_len) {
		const struct btf_type *type = (const struct btf_type *)(btf->types + at);
		int more;

		if (btf->types_len - at < sizeof(*type))
			return -EINVAL;
		more = more_bytes(type);
		if (more < 0 || btf->types_len - at - sizeof(*type) < (__u32)more)
			return -EINVAL;
		if (id % BTF_RAW_STEP == 0)
			btf->places[id / BTF_RAW_STEP] = at;
		at += (__u32)sizeof(*type) + (__u32)more;
		id++;
	}
	btf->count = id;
	return 0;
}

/* A part of @len bytes at @offset behind the header, within the data. */
static const char *part_of(const struct btf_raw *btf, __u32 offset, __u32 len)
{
	const struct btf_header *header = btf->data;
	size_t room = btf->size - header->hdr_len;

	if (offset > room || len > room - offset)
		return NULL;
	return (const char *)btf->data + header->hdr_len + offset;
}

static int find_parts(struct btf_raw *btf)
{
	const struct btf_header *header = btf->data;

	if (btf->size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->hdr_len > btf->size)
		return -EINVAL;
	btf->types = part_of(btf, header->type_off, header->type_len);
	btf->strings = part_of(btf, header->str_off, header->str_len);
	btf->types_len = header->type_len;
	btf->strings_len = header->str_len;
	if (!btf->types || !btf->strings || !btf->strings_len || btf->strings[btf->strings_len - 1])
		return -EINVAL;
	return note_places(btf);
}

/* Into memory of its own: the file can be mapped from Linux 6.16 on only. */
static int read_all(int fd, char *to, size_t size)
{
	while (size) {
		ssize_t n = read(fd, to, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EINVAL;
		to += n;
		size -= (size_t)n;
	}
	return 0;
}

static int take_data(int fd, struct btf_raw *btf)
{
	struct stat file;
	int error;

	if (fstat(fd, &file))
		return -errno;
	if (file.st_size <= 0)
		return -EINVAL;
	btf->size = (size_t)file.st_size;
	btf->data = mmap(NULL, btf->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (btf->data != MAP_FAILED)
		return 0;
	btf->data = mmap(NULL, btf->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (btf->data == MAP_FAILED) {
		btf->data = NULL;
		return -ENOMEM;
	}
	error = read_all(fd, btf->data, btf->size);
	return error;
}

int btf_raw_open(const char *path, struct btf_raw *ret_btf)
{
	struct btf_raw btf = {0};
	int error, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	error = take_data(fd, &btf);
	close(fd);
	if (!error)
		error = find_parts(&btf);
	if (error)
		btf_raw_close(&btf);
	else
		*ret_btf = btf;
	return error;
}

void btf_raw_close(struct btf_raw *btf)
{
	if (btf->data)
		munmap(btf->data, btf->size);
	free(btf->places);
	*btf = (struct btf_raw){0};
}

const struct btf_type *btf_raw_type(const struct btf_raw *btf, __u32 id)
{
	const struct btf_type *type;

	if (!id)
		return &nothing;
	if (id >= btf->count)
		return NULL;
	/* Of the first ones, the first is 1. */
	type = (const struct btf_type *)(btf->types + btf->places[id / BTF_RAW_STEP]);
	for (__u32 at = id < BTF_RAW_STEP ? 1 : id / BTF_RAW_STEP * BTF_RAW_STEP; at < id; at++)
		type = btf_raw_next(type);
	return type;
}

const char *btf_raw_name(const struct btf_raw *btf, __u32 offset)
{
	return offset < btf->strings_len ? btf->strings + offset : "";
}
