/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Instructions of the few small programs that are put together here instead of compiled. */
#ifndef OOMTRACE_KERNEL_INSNS_H
#define OOMTRACE_KERNEL_INSNS_H

#include <linux/bpf.h>
#include <stddef.h>

/* A program being written, into room that the caller has made large enough. */
struct insns {
	struct bpf_insn *at;
	size_t count;
};

static inline void insn_put(struct insns *to, struct bpf_insn insn)
{
	to->at[to->count++] = insn;
}

/* @to = @from */
static inline void insn_move(struct insns *insns, __u8 to, __u8 from)
{
	insn_put(insns, (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_X,
					  .dst_reg = to,
					  .src_reg = from});
}

/* @to = @value */
static inline void insn_set(struct insns *insns, __u8 to, __s32 value)
{
	insn_put(insns, (struct bpf_insn){
				.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = to, .imm = value});
}

/* @to += @value */
static inline void insn_add(struct insns *insns, __u8 to, __s32 value)
{
	insn_put(insns, (struct bpf_insn){
				.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = to, .imm = value});
}

/* @to = the 64 bits at @from + @offset */
static inline void insn_load(struct insns *insns, __u8 to, __u8 from, __s16 offset)
{
	insn_put(insns, (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_DW,
					  .dst_reg = to,
					  .src_reg = from,
					  .off = offset});
}

/* the 64 bits at @to + @offset = @from */
static inline void insn_store(struct insns *insns, __u8 to, __s16 offset, __u8 from)
{
	insn_put(insns, (struct bpf_insn){.code = BPF_STX | BPF_MEM | BPF_DW,
					  .dst_reg = to,
					  .src_reg = from,
					  .off = offset});
}

/* @to = the address of byte @offset of the only value of the map @fd */
static inline void insn_map_value(struct insns *insns, __u8 to, int fd, __u32 offset)
{
	insn_put(insns, (struct bpf_insn){.code = BPF_LD | BPF_IMM | BPF_DW,
					  .dst_reg = to,
					  .src_reg = BPF_PSEUDO_MAP_VALUE,
					  .imm = fd});
	insn_put(insns, (struct bpf_insn){.imm = (__s32)offset});
}

/* r0 = helper @id(r1, ...), which leaves r6 to r9 */
static inline void insn_call(struct insns *insns, enum bpf_func_id id)
{
	insn_put(insns, (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = (__s32)id});
}

static inline void insn_exit(struct insns *insns)
{
	insn_put(insns, (struct bpf_insn){.code = BPF_JMP | BPF_EXIT});
}

#endif /* OOMTRACE_KERNEL_INSNS_H */
