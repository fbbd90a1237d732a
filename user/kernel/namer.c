// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fact:  a read from an iterator runs its program for one element after the other until it has as
 *        many bytes as were asked for; what is over is kept for the next read, which then runs
 *        nothing (bpf_seq_read() in kernel/bpf/bpf_iter.c, the same from 5.8 on).
 * So:    an iterator over an array of nothing is a program to be run, element by element, whenever
 *        a byte is read: the first byte of a line runs it once, the rest of the line follows.
 */
#include "kernel/namer.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/btf_facts.h"
#include "kernel/insns.h"

#define INSNS_MAX 32
#define LINE_LEN  600 /* KSYM_SYMBOL_LEN, include/linux/kallsyms.h: name, offset, size, module */
#define FORMAT    0x0a427025 /* "%pB\n", in the order of bytes of who runs this */

/* Keeps what it was made of: until 6.0 an iterator holds its map by its link alone. */
struct namer {
	int question_fd, turns_fd, program_fd, link_fd, iterator_fd;
	volatile uint64_t *question; /* the address; mapped, as the program sees it */
	size_t mapped;               /* bytes */
	unsigned int turns;          /* that were taken */
};

/* Prints one line: the name of the address in the map @question_fd. */
static int load_program(int question_fd, int function_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_ITER,
		    .attach_btf_id = (__u32)function_id);
	struct bpf_insn program[INSNS_MAX];
	struct insns insns = {.at = program};

	/* r6 = ctx->meta->seq: the first of each, include/linux/bpf.h */
	insn_load(&insns, BPF_REG_6, BPF_REG_1, 0);
	insn_load(&insns, BPF_REG_6, BPF_REG_6, 0);
	insn_map_value(&insns, BPF_REG_1, question_fd, 0);
	insn_load(&insns, BPF_REG_1, BPF_REG_1, 0);
	insn_store(&insns, BPF_REG_10, -8, BPF_REG_1);
	insn_set(&insns, BPF_REG_1, FORMAT);
	insn_store(&insns, BPF_REG_10, -16, BPF_REG_1);
	insn_move(&insns, BPF_REG_1, BPF_REG_6);
	insn_move(&insns, BPF_REG_2, BPF_REG_10);
	insn_add(&insns, BPF_REG_2, -16);
	insn_set(&insns, BPF_REG_3, sizeof("%pB\n"));
	insn_move(&insns, BPF_REG_4, BPF_REG_10);
	insn_add(&insns, BPF_REG_4, -8);
	insn_set(&insns, BPF_REG_5, sizeof(uint64_t));
	insn_call(&insns, BPF_FUNC_seq_printf);
	insn_set(&insns, BPF_REG_0, 0);
	insn_exit(&insns);
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "name", "Dual BSD/GPL", program, insns.count,
			     &opts);
}

static bool map_question(struct namer *namer)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	void *memory;

	namer->question_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "question", sizeof(uint32_t),
					    sizeof(uint64_t), 1, &opts);
	if (namer->question_fd < 0)
		return false;
	namer->mapped = (size_t)sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, namer->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, namer->question_fd,
		      0);
	if (memory == MAP_FAILED)
		return false;
	namer->question = memory;
	return true;
}

static bool open_iterator(struct namer *namer, int function_id)
{
	union bpf_iter_link_info turns = {0};
	LIBBPF_OPTS(bpf_link_create_opts, opts, .iter_info = &turns,
		    .iter_info_len = sizeof(turns));

	namer->turns_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "turns", sizeof(uint32_t),
					 sizeof(uint64_t), NAMER_TURNS, NULL);
	if (namer->turns_fd < 0)
		return false;
	namer->program_fd = load_program(namer->question_fd, function_id);
	if (namer->program_fd < 0)
		return false;
	turns.map.map_fd = (__u32)namer->turns_fd;
	namer->link_fd = bpf_link_create(namer->program_fd, 0, BPF_TRACE_ITER, &opts);
	if (namer->link_fd < 0)
		return false;
	namer->iterator_fd = bpf_iter_create(namer->link_fd);
	return namer->iterator_fd >= 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

struct namer *namer_new(const struct btf_index *index)
{
	int function_id = btf_function_id(index, "bpf_iter_bpf_map_elem");
	struct namer *namer = function_id < 0 ? NULL : malloc(sizeof(*namer));
	struct named own;

	if (!namer)
		return NULL;
	*namer = (struct namer){-1, -1, -1, -1, -1, NULL, 0, 0};
	if (!map_question(namer) || !open_iterator(namer, function_id)) {
		namer_free(namer);
		return NULL;
	}
	close_fd(&namer->question_fd);
	close_fd(&namer->turns_fd);
	close_fd(&namer->program_fd);
	/* The kernel takes the memory for a line now. */
	namer_name(namer, 0, &own);
	return namer;
}

void namer_free(struct namer *namer)
{
	if (!namer)
		return;
	if (namer->question)
		munmap((void *)namer->question, namer->mapped);
	close_fd(&namer->iterator_fd);
	close_fd(&namer->link_fd);
	close_fd(&namer->program_fd);
	close_fd(&namer->turns_fd);
	close_fd(&namer->question_fd);
	free(namer);
}

/* "name+0x12/0x34", "name+0x12/0x34 [module]"; what has no name is told as its address. */
static bool parse_line(char *line, uint64_t address, struct named *ret_named)
{
	char *offset = strstr(line, "+0x"), *module = strstr(line, " ["), *end;
	uint64_t begin, size;

	if (!offset)
		return false;
	begin = address - strtoull(offset + 1, &end, 16);
	if (*end != '/')
		return false;
	size = strtoull(end + 1, &end, 16);
	/* The module behind the name, which lies in front of it. */
	if (module)
		memmove(offset, module, strlen(module) + 1);
	else
		*offset = '\0';
	ret_named->begin = begin;
	ret_named->end = begin + size;
	strncpy(ret_named->name, line, sizeof(ret_named->name) - 1);
	ret_named->name[sizeof(ret_named->name) - 1] = '\0';
	return true;
}

bool namer_name(struct namer *namer, uint64_t address, struct named *ret_named)
{
	char line[LINE_LEN];
	ssize_t n;

	/* The last element's run would be followed by another, that of the end. */
	if (namer->turns == NAMER_TURNS - 1)
		return false;
	namer->turns++;
	/* It is printed as where a call returns to: what lies before it is looked up. */
	*namer->question = address + 1;
	if (read(namer->iterator_fd, line, 1) != 1)
		return false;
	n = read(namer->iterator_fd, line + 1, sizeof(line) - 2);
	if (n < 0)
		return false;
	line[1 + n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return parse_line(line, address + 1, ret_named);
}
