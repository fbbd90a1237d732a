/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two sorted runs, of the kernel and of its modules: names in the order of addresses share their
 * beginnings with the one before, which halves what they take. Every BLOCK-th one is whole, and in
 * an index. All of it is filled in the address space that the largest kernel would need, of which
 * what was not used is given back.
 */
#include "kernel/functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK          16
#define BYTES_MAX      (8U << 20) /* several times what a distribution's kernel takes */
#define BLOCKS_MAX     (1U << 16)
#define MODULES_MAX    (1U << 18)
#define FUNCTION_BYTES 65536 /* no function is larger: beyond lies what is not in the table */

struct block {
	uint64_t address; /* of its first function */
	uint32_t at;      /* its entries in the bytes */
	uint32_t pad;
};

/* An entry: how far it is from the one before (7 bits a byte), shared bytes, more bytes, those. */
struct run {
	char *bytes;
	struct block *blocks;
	size_t bytes_size, blocks_size; /* of what is reserved */
	uint32_t len, n_blocks, in_block;
	uint64_t address; /* of the last entry */
	char name[WIRE_SYMBOL_LEN];
	/* Not in it yet: of several names for one address the last one stays. */
	bool pending;
	uint64_t pending_address;
	char pending_name[WIRE_SYMBOL_LEN];
};

struct module_symbol {
	uint64_t address;
	uint32_t order;
	uint32_t at; /* its name, in the names */
};

struct functions {
	struct run kernel, modules;
	/* Of modules, until the table is sealed: */
	struct module_symbol *symbols;
	char *names;
	uint32_t n_symbols, names_len;
};

static void *reserve(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/* Gives back what lies behind @used of the *@size bytes. */
static void give_back(void *memory, size_t used, size_t *size)
{
	used = whole_pages(used);
	if (used < *size && !munmap((char *)memory + used, *size - used))
		*size = used;
}

static bool run_init(struct run *run)
{
	run->bytes_size = BYTES_MAX;
	run->blocks_size = BLOCKS_MAX * sizeof(*run->blocks);
	run->bytes = reserve(run->bytes_size);
	run->blocks = reserve(run->blocks_size);
	return run->bytes && run->blocks;
}

static void run_free(struct run *run)
{
	if (run->bytes && run->bytes_size)
		munmap(run->bytes, run->bytes_size);
	if (run->blocks && run->blocks_size)
		munmap(run->blocks, run->blocks_size);
}

struct functions *functions_new(void)
{
	struct functions *functions = calloc(1, sizeof(*functions));

	if (!functions)
		return NULL;
	functions->symbols = reserve(MODULES_MAX * sizeof(*functions->symbols));
	functions->names = reserve(BYTES_MAX);
	if (run_init(&functions->kernel) && run_init(&functions->modules) && functions->symbols &&
	    functions->names)
		return functions;
	functions_free(functions);
	return NULL;
}

static void forget_symbols(struct functions *functions)
{
	if (functions->symbols)
		munmap(functions->symbols, MODULES_MAX * sizeof(*functions->symbols));
	if (functions->names)
		munmap(functions->names, BYTES_MAX);
	functions->symbols = NULL;
	functions->names = NULL;
}

void functions_free(struct functions *functions)
{
	if (!functions)
		return;
	run_free(&functions->kernel);
	run_free(&functions->modules);
	forget_symbols(functions);
	free(functions);
}

static size_t shared(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] && a[len] == b[len])
		len++;
	return len;
}

/* Room for one more entry, whatever it is. */
static bool has_room(const struct run *run)
{
	return run->len + WIRE_SYMBOL_LEN + 16 < BYTES_MAX && run->n_blocks < BLOCKS_MAX;
}

static void put_distance(struct run *run, uint64_t distance)
{
	while (distance > 0x7f) {
		run->bytes[run->len++] = (char)(distance | 0x80);
		distance >>= 7;
	}
	run->bytes[run->len++] = (char)distance;
}

static void settle_pending(struct run *run)
{
	size_t same, more;

	if (!run->pending || !has_room(run))
		return;
	run->pending = false;
	/* What has no name and follows what has none is a part of that. */
	if (run->n_blocks && !*run->pending_name && !*run->name)
		return;
	if (run->in_block % BLOCK == 0) {
		run->blocks[run->n_blocks].address = run->pending_address;
		run->blocks[run->n_blocks++].at = run->len;
		run->address = run->pending_address;
		run->name[0] = '\0';
	}
	run->in_block++;
	put_distance(run, run->pending_address - run->address);
	same = shared(run->name, run->pending_name);
	more = strlen(run->pending_name) - same;
	run->bytes[run->len++] = (char)same;
	run->bytes[run->len++] = (char)more;
	memcpy(run->bytes + run->len, run->pending_name + same, more);
	run->len += (uint32_t)more;
	run->address = run->pending_address;
	memcpy(run->name, run->pending_name, sizeof(run->name));
}

static void run_add(struct run *run, uint64_t address, const char *name, size_t len)
{
	char *tab;

	if (run->pending && address < run->pending_address)
		return; /* not in order: it would be found by nobody */
	if (!run->pending || address != run->pending_address)
		settle_pending(run);
	if (len >= WIRE_SYMBOL_LEN)
		len = WIRE_SYMBOL_LEN - 1;
	run->pending = true;
	run->pending_address = address;
	memcpy(run->pending_name, name, len);
	memset(run->pending_name + len, 0, WIRE_SYMBOL_LEN - len);
	tab = strchr(run->pending_name, '\t');
	if (tab)
		*tab = ' ';
}

/* What the kernel is hung about with for tracing: thousands, none of which ever allocates. */
static bool is_tracing(const char *name, size_t len)
{
	static const char *const beginnings[] = {
		"__bpf_trace_",
		"__probestub_",
		"__traceiter_",
		"perf_trace_",
		"trace_event_raw_event_",
		"trace_raw_output_",
		"trace_event_get_offsets_",
	};

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		size_t n = strlen(beginnings[i]);

		if (len > n && memcmp(name, beginnings[i], n) == 0)
			return true;
	}
	return false;
}

/* The padding before a function: belongs to the one before it as well as to any other. */
static bool is_padding(const char *name, size_t len)
{
	return len > 6 && memcmp(name, "__pfx_", 6) == 0;
}

void functions_add(void *ctx, uint64_t address, char type, const char *name, size_t len)
{
	struct functions *functions = ctx;
	struct module_symbol *symbol;
	bool of_module = len && name[len - 1] == ']';

	if (is_padding(name, len))
		return;
	if (!type || !strchr("tTwW", type) || is_tracing(name, len))
		len = 0;
	if (!of_module) {
		run_add(&functions->kernel, address, name, len);
		return;
	}
	if (functions->n_symbols == MODULES_MAX || functions->names_len + len + 1 > BYTES_MAX)
		return;
	symbol = &functions->symbols[functions->n_symbols];
	symbol->address = address;
	symbol->order = functions->n_symbols++;
	symbol->at = functions->names_len;
	memcpy(functions->names + functions->names_len, name, len);
	functions->names_len += (uint32_t)len + 1; /* what follows it is still zero */
}

static int by_address(const void *a, const void *b)
{
	const struct module_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address > y->address ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

static void run_seal(struct run *run)
{
	settle_pending(run);
	give_back(run->bytes, run->len, &run->bytes_size);
	give_back(run->blocks, run->n_blocks * sizeof(*run->blocks), &run->blocks_size);
}

void functions_seal(struct functions *functions)
{
	if (functions->n_symbols)
		qsort(functions->symbols, functions->n_symbols, sizeof(*functions->symbols),
		      by_address);
	for (uint32_t i = 0; i < functions->n_symbols; i++) {
		const struct module_symbol *symbol = &functions->symbols[i];
		const char *name = functions->names + symbol->at;

		run_add(&functions->modules, symbol->address, name, strlen(name));
	}
	forget_symbols(functions);
	run_seal(&functions->kernel);
	run_seal(&functions->modules);
}

/* The last block that begins at or before @address, or NULL. */
static const struct block *find_block(const struct run *run, uint64_t address)
{
	uint32_t low = 0, high = run->n_blocks;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (run->blocks[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &run->blocks[low - 1] : NULL;
}

static uint64_t get_distance(const unsigned char **at)
{
	uint64_t distance = 0;
	unsigned int shift = 0;

	while (**at & 0x80) {
		distance |= (uint64_t)(*(*at)++ & 0x7f) << shift;
		shift += 7;
	}
	return distance | (uint64_t) * (*at)++ << shift;
}

/* The entry of @run that @address is in or behind: its name, and where it begins; or 0. */
static uint64_t run_find(const struct run *run, uint64_t address, char ret_name[WIRE_SYMBOL_LEN])
{
	const struct block *block = find_block(run, address);
	const unsigned char *at, *end;
	char name[WIRE_SYMBOL_LEN] = "";
	uint64_t begin, next;

	if (!block)
		return 0;
	at = (const unsigned char *)run->bytes + block->at;
	end = (const unsigned char *)run->bytes +
	      (block + 1 < run->blocks + run->n_blocks ? block[1].at : run->len);
	next = begin = block->address;
	while (at < end) {
		size_t same, more;

		next += get_distance(&at);
		if (next > address)
			break;
		begin = next;
		same = *at++;
		more = *at++;
		memcpy(name + same, at, more);
		name[same + more] = '\0';
		at += more;
	}
	memcpy(ret_name, name, sizeof(name));
	return begin;
}

bool functions_name(const struct functions *functions, uint64_t address,
		    char ret_name[WIRE_SYMBOL_LEN])
{
	char of_kernel[WIRE_SYMBOL_LEN], of_module[WIRE_SYMBOL_LEN];
	uint64_t kernel = run_find(&functions->kernel, address, of_kernel);
	uint64_t module = run_find(&functions->modules, address, of_module);
	const char *name = module > kernel ? of_module : of_kernel;
	uint64_t begin = module > kernel ? module : kernel;

	if (!begin || address - begin >= FUNCTION_BYTES || !*name)
		return false;
	memcpy(ret_name, name, WIRE_SYMBOL_LEN);
	return true;
}

size_t functions_bytes(const struct functions *functions)
{
	const struct run *runs[] = {&functions->kernel, &functions->modules};
	size_t sum = 0;

	for (int i = 0; i < 2; i++)
		sum += runs[i]->bytes_size + runs[i]->blocks_size;
	return sum;
}
