/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the bodies share among themselves, and the doors do not need. */
#ifndef OOMTRACE_WORK_BPF_H
#define OOMTRACE_WORK_BPF_H

#include "vmlinux/vmlinux.h"

#include "bpf/state.h"

extern struct work work;

/* Reads the process that @leader leads into work.task, memory included where it has any. */
extern int task_read(__u64 leader);
/* Reads the counters of @mm into work.task; @precise: with every CPU's delta. */
extern int task_read_counters(__u64 mm, __u32 precise);
/* Registers @task's process as dying, and tells its SIGKILL. */
extern int fate_add(__u64 task);

#endif /* OOMTRACE_WORK_BPF_H */
