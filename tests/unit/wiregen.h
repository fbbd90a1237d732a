/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Synthetic wire records for tests: valid ones, to be changed as a test likes. */
#ifndef OOMTRACE_TESTS_WIREGEN_H
#define OOMTRACE_TESTS_WIREGEN_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/wire.h"

#define GEN_PAGE    4096ULL
#define GEN_BOOT_ID "6f0d3b9e-8a57-4e0b-9a54-6a1a52d3a1f7"

/* A head of the kind, size and version it should have. */
struct wire_head gen_head(uint16_t kind, size_t size, uint64_t episode, uint64_t boot_ns);

/* A host: fentry (0), kprobe (1) or tracepoint (2). */
struct wire_host gen_host(uint32_t backend);

/* A task that can be chosen, with @pages of anon and as many kernel points, started at pid * 10. */
struct wire_task gen_task(uint32_t pid, const char *comm, uint64_t pages);

/* The path of directories given root first: gen_path("system.slice", "app.service", NULL). */
struct wire_path gen_path(const char *name, ...) __attribute__((sentinel));

/*
 * A decision of fentry: pid 100 "victim" of 1000 pages in /system.slice/app.service, a memcg of
 * 2000 pages, invoked by pid 100; no candidates yet (total, eligible and listed are 0).
 */
struct wire_decision gen_decision(uint64_t episode, uint64_t boot_ns);

/* Announces @n candidates, all of which can be chosen. */
void gen_announce(struct wire_decision *decision, uint32_t n);

/* A chunk of @count tasks, from pid @pid on, the index first being @first; of falling size. */
struct wire_candidates gen_candidates(uint64_t episode, uint32_t first, uint32_t count,
				      uint32_t pid);

struct wire_victim gen_victim(uint64_t episode, uint64_t boot_ns, uint32_t pid, const char *comm);
struct wire_end gen_end(uint64_t episode, uint64_t boot_ns);
struct wire_fate gen_fate(uint32_t what, uint64_t boot_ns, uint32_t pid);

/* A memory record of which nothing is known but what the test then sets. */
struct wire_memory gen_memory(uint64_t episode, uint64_t boot_ns);
/* Pid 100, thread 101 "asker", waits in /system.slice/app.service, 2000 of 2000 pages. */
struct wire_waiting gen_waiting(uint64_t boot_ns);
/* Of the process that gen_task() makes of @pid. */
struct wire_detail gen_detail(uint32_t pid, const char *cmdline, const char *pod,
			      const char *pod_namespace);
struct wire_kmsg gen_kmsg(uint64_t boot_ns, const char *text);
struct wire_lost gen_lost(uint64_t boot_ns);
struct wire_clock gen_clock(int64_t real_minus_boot_ns);
struct wire_head gen_tick(uint64_t boot_ns);

#endif /* OOMTRACE_TESTS_WIREGEN_H */
