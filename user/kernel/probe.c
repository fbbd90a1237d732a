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

static int load_nothing(enum bpf_prog_type type, const struct bpf_prog_load_opts *opts)
{
	int fd = bpf_prog_load(type, "probe", "Dual BSD/GPL", nothing, 2, opts);

	return fd < 0 ? -errno : fd;
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

bool probe_privilege(struct survey *survey)
{
	int fd = load_nothing(BPF_PROG_TYPE_RAW_TRACEPOINT, NULL);
	char lacking[WIRE_REASON_LEN / 2];

	survey->privileged = fd >= 0;
	if (fd >= 0) {
		close(fd);
		return true;
	}
	privilege_lacking_to_load(lacking, sizeof(lacking));
	snprintf(survey->privilege_error, sizeof(survey->privilege_error),
		 "loading a BPF program: %s; %s", strerror(-fd),
		 *lacking ? lacking : remedy_privilege);
	return false;
}
