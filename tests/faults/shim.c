/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Preloaded into oomtrace: makes allocations fail, and its wall clock step. What it is to do, and
 * what it has seen, stands in the file $FAULT_STATE, which tests/faults/run maps as well:
 *
 *   armed   while it is not 0, every allocation fails and is counted
 *   shift   seconds that the wall clock is ahead, signed
 *   site    the allocation made from this place in the code fails, the first time; 0: none does
 *   sites   places that allocations were made from, and how many there are
 *
 * With $FAULT_NO_RING in the environment the kernel knows no ring buffer, as before Linux 5.8.
 *
 * A place is an offset into the file that the code is in, with the number of that file: the same in
 * every run.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SITES_MAX 4096
#define FILE_BITS 40 /* a place: the file's number above, the offset below */

struct state {
	_Atomic uint64_t armed, refused, site, failed, n_sites;
	_Atomic int64_t shift;
	_Atomic uint64_t sites[SITES_MAX];
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static struct state *state;
static uintptr_t bases[64], ends[64];
static unsigned int n_files;

static int note_file(struct dl_phdr_info *info, size_t size, void *data)
{
	uintptr_t end = 0;

	(void)size;
	(void)data;
	if (n_files == sizeof(bases) / sizeof(*bases))
		return 1;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > end)
			end = segment->p_vaddr + segment->p_memsz;
	}
	bases[n_files] = info->dlpi_addr;
	ends[n_files++] = info->dlpi_addr + end;
	return 0;
}

static __attribute__((constructor)) void begin(void)
{
	const char *path = getenv("FAULT_STATE");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *memory;

	if (fd < 0)
		return;
	memory = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		      0);
	close(fd);
	dl_iterate_phdr(note_file, NULL);
	if (memory != MAP_FAILED)
		state = memory;
}

static uint64_t place_of(const void *caller)
{
	uintptr_t address = (uintptr_t)caller;

	for (unsigned int i = 0; i < n_files; i++)
		if (address >= bases[i] && address < ends[i])
			return (uint64_t)(i + 1) << FILE_BITS | (address - bases[i]);
	return 0;
}

static void note_site(uint64_t site)
{
	uint64_t count = atomic_load(&state->n_sites);

	for (uint64_t i = 0; i < count; i++)
		if (atomic_load(&state->sites[i]) == site)
			return;
	if (count < SITES_MAX) {
		atomic_store(&state->sites[count], site);
		atomic_store(&state->n_sites, count + 1);
	}
}

/* Whether the allocation that @caller asks for is to fail. */
static bool fails(const void *caller)
{
	uint64_t site;

	if (!state)
		return false;
	site = place_of(caller);
	if (atomic_load(&state->armed)) {
		atomic_fetch_add(&state->refused, 1);
		note_site(site);
		return true;
	}
	if (!site)
		return false;
	if (!atomic_load(&state->site))
		note_site(site);
	else if (atomic_load(&state->site) == site && !atomic_exchange(&state->failed, 1))
		return true;
	return false;
}

static void *refuse(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? refuse() : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails(__builtin_return_address(0)) ? refuse() : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	return fails(__builtin_return_address(0)) ? refuse() : __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails(__builtin_return_address(0)) ? refuse() : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return ENOMEM;
	*ret_memory = __libc_memalign(alignment, size);
	return *ret_memory ? 0 : ENOMEM;
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int result = (int)syscall(SYS_clock_gettime, clock, ret_time);

	if (!result && state && clock == CLOCK_REALTIME)
		ret_time->tv_sec += atomic_load(&state->shift);
	return result;
}

/* libbpf calls bpf() through this one. */
long syscall(long number, ...)
{
	static long (*next)(long, ...);
	long arguments[6];
	va_list list;

	va_start(list, number);
	for (unsigned int i = 0; i < sizeof(arguments) / sizeof(*arguments); i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_bpf && arguments[0] == BPF_MAP_CREATE && getenv("FAULT_NO_RING") &&
	    ((const union bpf_attr *)arguments[1])->map_type == BPF_MAP_TYPE_RINGBUF) {
		errno = EINVAL;
		return -1;
	}
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		    arguments[5]);
}
