// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel/probe.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/btf_facts.h"
#include "kernel/needs.h"
#include "kernel/privilege.h"

#define KPROBE_PMU "/sys/bus/event_source/devices/kprobe/type"

static const char *const remedy_privilege =
	"run as root, or with CAP_BPF and CAP_PERFMON (before Linux 5.11 also CAP_SYS_RESOURCE)";
static const char *const remedy_next = "none here; another backend may serve (--backend auto)";

/* r0 = 0; exit */
static const struct bpf_insn nothing[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

void refuse(struct refusal *refusal, const char *remedy, const char *reason, ...)
{
	va_list args;

	refusal->refused = true;
	va_start(args, reason);
	vsnprintf(refusal->reason, sizeof(refusal->reason), reason, args);
	va_end(args);
	snprintf(refusal->remedy, sizeof(refusal->remedy), "%s", remedy);
}

/* r0 = bpf_ktime_get_boot_ns(); r0 = 0; exit */
static const struct bpf_insn asks_the_clock[] = {
	{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_boot_ns},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

/* r0 = bpf_probe_read_kernel(r10 - 8, 8, 0); r0 = 0; exit */
static const struct bpf_insn reads_memory[] = {
	{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
	{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0},
	{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_probe_read_kernel},
	{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
	{.code = BPF_JMP | BPF_EXIT},
};

static int load_nothing(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	int fd = bpf_prog_load(type, "probe", "Dual BSD/GPL", nothing, 2, opts);

	return fd < 0 ? -errno : fd;
}

/* Returns 0 where they load, or a negative errno. */
static int try_program(const struct bpf_insn *insns, size_t count)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "probe", "Dual BSD/GPL", insns, count,
			       NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int try_ring(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "probe", 0, 0, sysconf(_SC_PAGESIZE), NULL);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* A hooked function is there and is what the doors take it for; @must: BTF has to know it. */
static bool function_is_usable(const struct btf_index *index, const char *name, bool must,
			       struct refusal *refusal)
{
	switch (btf_check_function(index, name)) {
	case FUNCTION_MATCHES:
		return true;
	case FUNCTION_ABSENT:
		if (!must)
			return true;
		refuse(refusal, remedy_next, "%s is not in this kernel's BTF", name);
		return false;
	default:
		refuse(refusal, "a newer oomtrace may know this kernel",
		       "%s has another prototype in this kernel's BTF", name);
		return false;
	}
}

static bool functions_are_usable(const struct btf_index *index, bool must, struct refusal *refusal)
{
	return function_is_usable(index, "out_of_memory", must, refusal) &&
	       function_is_usable(index, "oom_evaluate_task", false, refusal) &&
	       function_is_usable(index, "oom_kill_process", must, refusal) &&
	       function_is_usable(index, "oom_badness", false, refusal);
}

static void probe_fentry(const struct btf_index *index, bool attach, struct refusal *refusal)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY);
	int fd, link;

	if (!functions_are_usable(index, true, refusal))
		return;
	opts.attach_btf_id = btf_function_id(index, "out_of_memory");
	fd = load_nothing(BPF_PROG_TYPE_TRACING, &opts);
	if (fd < 0) {
		refuse(refusal, remedy_next, "loading an fentry program: %s", strerror(-fd));
		return;
	}
	link = attach ? bpf_raw_tracepoint_open(NULL, fd) : -1;
	if (link >= 0)
		close(link);
	else if (attach)
		refuse(refusal, remedy_next, "attaching an fentry program: %s", strerror(errno));
	close(fd);
}

static int kprobe_pmu_type(void)
{
	FILE *file = fopen(KPROBE_PMU, "re");
	int type = -1;

	if (!file)
		return -errno;
	if (fscanf(file, "%d", &type) != 1)
		type = -EINVAL;
	fclose(file);
	return type;
}

static void probe_kprobe(const struct btf_index *index, bool attach, struct refusal *refusal)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	int fd, event, type = kprobe_pmu_type();
	char lacking[WIRE_REASON_LEN] = "";

	if (type < 0) {
		refuse(refusal, remedy_next, "this kernel has no kprobes (no %s)", KPROBE_PMU);
		return;
	}
	if (!functions_are_usable(index, false, refusal))
		return;
	fd = load_nothing(BPF_PROG_TYPE_KPROBE, NULL);
	if (fd < 0) {
		refuse(refusal, remedy_next, "loading a kprobe program: %s", strerror(-fd));
		return;
	}
	close(fd);
	if (!attach)
		return;
	attr.type = type;
	attr.config1 = (__u64)(unsigned long)"out_of_memory";
	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0 && (errno == EACCES || errno == EPERM))
		privilege_lacking_to_probe(lacking, sizeof(lacking));
	if (event < 0)
		refuse(refusal, *lacking ? lacking : remedy_next,
		       "setting a kprobe on out_of_memory: %s", strerror(errno));
	else
		close(event);
}

static void probe_tracepoint(const struct btf_index *index, bool attach, struct refusal *refusal)
{
	int fd, link;

	if (btf_mark_victim_has_task(index) < 0) {
		refuse(refusal, "none for this kernel",
		       "oom:mark_victim is not in this kernel's BTF");
		return;
	}
	fd = load_nothing(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL);
	if (fd < 0) {
		refuse(refusal, remedy_privilege, "loading a raw tracepoint program: %s",
		       strerror(-fd));
		return;
	}
	link = attach ? bpf_raw_tracepoint_open("mark_victim", fd) : -1;
	if (link >= 0)
		close(link);
	else if (attach)
		refuse(refusal, "none for this kernel", "attaching to oom:mark_victim: %s",
		       strerror(errno));
	close(fd);
}

void probe_backend(enum backend backend, const struct btf_index *index, bool attach,
		   struct refusal *refusal)
{
	static void (*const probes[WIRE_BACKENDS])(const struct btf_index *, bool,
						   struct refusal *) = {
		[BACKEND_FENTRY] = probe_fentry,
		[BACKEND_KPROBE] = probe_kprobe,
		[BACKEND_TRACEPOINT] = probe_tracepoint,
	};

	probes[backend](index, attach, refusal);
}

static const char *lacking_here(int program, const char **ret_remedy)
{
	struct kernel_answers answers = {.program = program};

	if (!program) {
		answers.ring = try_ring();
		answers.clock = try_program(asks_the_clock,
					    sizeof(asks_the_clock) / sizeof(*asks_the_clock));
		answers.read =
			try_program(reads_memory, sizeof(reads_memory) / sizeof(*reads_memory));
	}
	return kernel_lacks(&answers, ret_remedy);
}

bool probe_kernel(struct survey *survey)
{
	int program = try_program(nothing, sizeof(nothing) / sizeof(*nothing));
	char lacking[WIRE_REASON_LEN / 2];
	const char *remedy, *lacks = lacking_here(program, &remedy);

	survey->privileged = !program || lacks;
	if (!survey->privileged) {
		privilege_lacking_to_load(lacking, sizeof(lacking));
		snprintf(survey->privilege_error, sizeof(survey->privilege_error),
			 "loading a BPF program: %s; %s", strerror(-program),
			 *lacking ? lacking : remedy_privilege);
		return false;
	}
	for (int i = 0; lacks && i < WIRE_BACKENDS; i++)
		refuse(&survey->backends[i], remedy, "%s", lacks);
	return !lacks;
}
