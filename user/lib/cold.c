// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/cold.h"

#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of lib/mark.c, in static programs only: begin, libraries, store, those of a store, end. */
#define MARK(name)                                           \
	extern __attribute__((weak)) void name##_text(void); \
	extern __attribute__((weak)) const char name##_constants[1]

MARK(mark_begin);
MARK(mark_store);
MARK(mark_end);

/* Shared ones, by how their files' names begin. */
static const char *const libraries[] = {"libelf", "libz", "libjansson", "libseccomp"};
static const char *const store_libraries[] = {"libsqlite3", "libm"};

void cold_give_back(const void *begin, size_t len)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)begin, to = from + len;

	from = (from + page - 1) / page * page;
	to = to / page * page;
	if (from >= to || munlock((void *)from, to - from))
		return;
	madvise((void *)from, to - from, MADV_DONTNEED);
}

static void give_back_between(void (*from_text)(void), void (*to_text)(void),
			      const char *from_constants, const char *to_constants)
{
	if (!from_text || !to_text)
		return;
	cold_give_back((const void *)(uintptr_t)from_text,
		       (uintptr_t)to_text - (uintptr_t)from_text);
	cold_give_back(from_constants, (size_t)(to_constants - from_constants));
}

static bool is_one_of(const char *path, const char *const *names, size_t n)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(names[i]);

		if (!strncmp(file, names[i], len) && (file[len] == '.' || file[len] == '-'))
			return true;
	}
	return false;
}

/* Within @object's segment that is neither written to nor the first, whose names others look for.
 */
static bool is_given_back(const ElfW(Phdr) * header)
{
	return header->p_type == PT_LOAD && !(header->p_flags & PF_W) && header->p_offset;
}

/* Tables for unwinding end a segment of constants; nobody unwinds anything. */
static void give_back_tables(const struct dl_phdr_info *object, const ElfW(Phdr) * tables)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &object->dlpi_phdr[i];
		uintptr_t end = header->p_vaddr + header->p_filesz;

		if (is_given_back(header) && tables->p_vaddr >= header->p_vaddr &&
		    tables->p_vaddr < end)
			cold_give_back((const char *)object->dlpi_addr + tables->p_vaddr,
				       end - tables->p_vaddr);
	}
}

/*
 * Relocations of a static program, which begin its file behind the headers: done before main().
 * Of one with shared libraries these look up names there.
 */
static void give_back_relocations(const struct dl_phdr_info *object, const ElfW(Phdr) * header)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (mark_begin_text && !*object->dlpi_name && header->p_filesz > page)
		cold_give_back((const char *)object->dlpi_addr + page, header->p_filesz - page);
}

static int on_object(struct dl_phdr_info *object, size_t size, void *ctx)
{
	bool stores = *(const bool *)ctx;
	bool whole =
		is_one_of(object->dlpi_name, libraries, sizeof(libraries) / sizeof(*libraries));

	(void)size;
	if (!stores)
		whole |= is_one_of(object->dlpi_name, store_libraries,
				   sizeof(store_libraries) / sizeof(*store_libraries));
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &object->dlpi_phdr[i];

		if (whole && is_given_back(header))
			cold_give_back((const char *)object->dlpi_addr + header->p_vaddr,
				       header->p_filesz);
		else if (header->p_type == PT_LOAD && !header->p_offset)
			give_back_relocations(object, header);
		else if (header->p_type == PT_GNU_EH_FRAME)
			give_back_tables(object, header);
	}
	return 0;
}

void cold_give_back_libraries(bool stores)
{
	give_back_between(mark_begin_text, mark_store_text, mark_begin_constants,
			  mark_store_constants);
	if (!stores)
		give_back_between(mark_store_text, mark_end_text, mark_store_constants,
				  mark_end_constants);
	dl_iterate_phdr(on_object, &stores);
}
