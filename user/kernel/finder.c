// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/finder.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/btf_facts.h"
#include "kernel/insns.h"

#define NAME_LEN         64
#define SYMBOLS_MAX      24
#define INSNS_PER_SYMBOL 8

/* The value of the map that the program and this share. */
struct shared {
	uint64_t addresses[SYMBOLS_MAX];
	char names[SYMBOLS_MAX][NAME_LEN];
};

/* Looks up all names, one after the other, and returns what the last call of the helper did. */
static int load_program(int map_fd, size_t count)
{
	/* No other than a sleepable one is taken. */
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	struct bpf_insn program[SYMBOLS_MAX * INSNS_PER_SYMBOL + 1];
	struct insns insns = {.at = program};

	for (size_t i = 0; i < count; i++) {
		insn_map_value(&insns, BPF_REG_1, map_fd,
			       (__u32)(offsetof(struct shared, names) + i * NAME_LEN));
		insn_set(&insns, BPF_REG_2, NAME_LEN);
		insn_set(&insns, BPF_REG_3, 0);
		insn_map_value(&insns, BPF_REG_4, map_fd, (__u32)(i * sizeof(uint64_t)));
		insn_call(&insns, BPF_FUNC_kallsyms_lookup_name);
	}
	insn_exit(&insns);
	return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "find", "Dual BSD/GPL", program, insns.count,
			     &opts);
}

static int run(int map_fd, size_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int error, fd = load_program(map_fd, count);

	if (fd < 0)
		return -EOPNOTSUPP;
	error = bpf_prog_test_run_opts(fd, &opts);
	close(fd);
	if (error)
		return error;
	/* Refused once, refused always; what is not there is no error. */
	return (int)opts.retval == -EPERM ? -EPERM : 0;
}

static int find(int map_fd, struct shared *shared, struct symbol *symbols, size_t count)
{
	int error;

	for (size_t i = 0; i < count; i++)
		strncpy(shared->names[i], symbols[i].name, NAME_LEN - 1);
	error = run(map_fd, count);
	for (size_t i = 0; i < count && !error; i++) {
		symbols[i].begin = shared->addresses[i];
		symbols[i].end = 0;
	}
	return error;
}

int finder_find(const struct btf_index *index, struct symbol *symbols, size_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	struct shared *shared;
	int map_fd, error;

	if (count > SYMBOLS_MAX || btf_function_id(index, "bpf_kallsyms_lookup_name") < 0)
		return -EOPNOTSUPP;
	map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "symbols", sizeof(uint32_t), sizeof(*shared), 1,
				&opts);
	if (map_fd < 0)
		return map_fd;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	error = shared == MAP_FAILED ? -errno : find(map_fd, shared, symbols, count);
	if (shared != MAP_FAILED)
		munmap(shared, sizeof(*shared));
	close(map_fd);
	return error;
}
