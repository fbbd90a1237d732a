// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "wiregen.h"

#include <stdarg.h>
#include <string.h>

/* Copies a string into an array that needs no NUL. */
static void put_text(char *to, size_t size, const char *text)
{
	memcpy(to, text, strnlen(text, size));
}

struct wire_head gen_head(uint16_t kind, size_t size, uint64_t episode, uint64_t boot_ns)
{
	return (struct wire_head){(uint32_t)size, kind, WIRE_VERSION, episode, boot_ns};
}

struct wire_host gen_host(uint32_t backend)
{
	struct wire_host host = {
		.head = gen_head(WIRE_HOST, sizeof(host), 0, 500),
		.attached_ns = 500,
		.exec_ns = 400,
		.page_size = GEN_PAGE,
		.mem_total_pages = 1 << 20,
		.oom_kills = 3,
		.backend = backend,
	};

	put_text(host.version, sizeof(host.version), "0.1.0");
	put_text(host.host, sizeof(host.host), "web-14");
	put_text(host.boot_id, sizeof(host.boot_id), GEN_BOOT_ID);
	put_text(host.kernel, sizeof(host.kernel), "6.1.0");
	put_text(host.arch, sizeof(host.arch), "x86_64");
	return host;
}

struct wire_task gen_task(uint32_t pid, const char *comm, uint64_t pages)
{
	struct wire_task task = {
		.start_ns = pid * 10ULL,
		.cpu_ns = 1000000,
		.total_vm = pages * 2,
		.rss_anon = pages,
		.points = (int64_t)pages,
		.pid = pid,
		.tid = pid,
		.ppid = 1,
		.uid = 1000,
		.threads = 1,
		.flags = TASK_POINTS_KERNEL | TASK_MM,
	};

	put_text(task.comm, sizeof(task.comm), comm);
	return task;
}

struct wire_path gen_path(const char *name, ...)
{
	struct wire_path path = {.known = 1};
	const char *names[WIRE_PATH_DEPTH];
	size_t n = 0;
	va_list args;

	va_start(args, name);
	for (; name; name = va_arg(args, const char *))
		names[n++] = name;
	va_end(args);
	while (n-- > 0) {
		strcpy(path.names + path.len, names[n]);
		path.len += (uint32_t)strlen(names[n]) + 1;
	}
	return path;
}

struct wire_decision gen_decision(uint64_t episode, uint64_t boot_ns)
{
	struct wire_decision decision = {
		.head = gen_head(WIRE_DECISION, sizeof(decision), episode, boot_ns),
		.began_ns = boot_ns - 10,
		.totalpages = 2000,
		.gfp_mask = 0xcc0,
		.invoker_pid = 100,
		.invoker_tid = 101,
		.invoker_uid = 1000,
		.constraint = CONSTRAINT_MEMCG_,
		.source = SOURCE_SELECTION,
		.flags = DECISION_CONTROL,
		.rss_counters = RSS_ATOMIC,
		.victim = gen_task(100, "victim", 1000),
		.victim_path = gen_path("system.slice", "app.service", NULL),
		.invoker_path = gen_path("system.slice", "app.service", NULL),
		.sysctls = {WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32},
	};

	decision.victim.memcg_id = 77;
	decision.memcg.known = 1;
	decision.memcg.id = 77;
	decision.memcg.usage = 2000;
	decision.memcg.limit = 2000;
	decision.memcg.swap_limit = WIRE_UNLIMITED;
	decision.memcg.path = gen_path("system.slice", "app.service", NULL);
	put_text(decision.invoker_comm, sizeof(decision.invoker_comm), "asker");
	put_text(decision.message, sizeof(decision.message), "Memory cgroup out of memory");
	return decision;
}

void gen_announce(struct wire_decision *decision, uint32_t n)
{
	decision->total = decision->eligible = decision->listed = n;
}

struct wire_candidates gen_candidates(uint64_t episode, uint32_t first, uint32_t count,
				      uint32_t pid)
{
	size_t size = offsetof(struct wire_candidates, tasks) + count * sizeof(struct wire_task);
	struct wire_candidates candidates = {
		.head = gen_head(WIRE_CANDIDATES, size, episode, 1000),
		.first = first,
		.count = count,
	};

	for (uint32_t i = 0; i < count; i++)
		candidates.tasks[i] = gen_task(pid + i, "candidate", 1000 - first - i);
	return candidates;
}

struct wire_victim gen_victim(uint64_t episode, uint64_t boot_ns, uint32_t pid, const char *comm)
{
	struct wire_victim victim = {
		.head = gen_head(WIRE_VICTIM, sizeof(victim), episode, boot_ns),
		.task = gen_task(pid, comm, 10),
		.path = gen_path("system.slice", "app.service", NULL),
	};

	return victim;
}

struct wire_end gen_end(uint64_t episode, uint64_t boot_ns)
{
	struct wire_end end = {.head = gen_head(WIRE_END, sizeof(end), episode, boot_ns)};

	return end;
}

struct wire_fate gen_fate(uint32_t what, uint64_t boot_ns, uint32_t pid)
{
	struct wire_fate fate = {
		.head = gen_head(WIRE_FATE, sizeof(fate), 0, boot_ns),
		.start_ns = pid * 10ULL,
		.pid = pid,
		.what = what,
		.reaped_pages = WIRE_NONE_U64,
	};

	return fate;
}

struct wire_memory gen_memory(uint64_t episode, uint64_t boot_ns)
{
	struct wire_memory memory;

	memset(&memory, 0xff, sizeof(memory));
	memory.head = gen_head(WIRE_MEMORY, sizeof(memory), episode, boot_ns);
	memory.zones_count = memory.zones_cut = 0;
	memset(memory.zones, 0, sizeof(memory.zones));
	return memory;
}

struct wire_waiting gen_waiting(uint64_t boot_ns)
{
	struct wire_waiting waiting = {
		.head = gen_head(WIRE_WAITING, sizeof(waiting), 0, boot_ns),
		.memcg_id = 77,
		.usage = 2000,
		.limit = 2000,
		.pid = 100,
		.tid = 101,
		.uid = 1000,
		.path = gen_path("system.slice", "app.service", NULL),
	};

	put_text(waiting.comm, sizeof(waiting.comm), "asker");
	return waiting;
}

struct wire_detail gen_detail(uint32_t pid, const char *cmdline, const char *pod,
			      const char *pod_namespace)
{
	struct wire_detail detail = {
		.head = gen_head(WIRE_DETAIL, sizeof(detail), 0, 0),
		.start_ns = pid * 10ULL,
		.pid = pid,
		.cmdline_len = (uint32_t)strlen(cmdline),
	};

	put_text(detail.cmdline, sizeof(detail.cmdline), cmdline);
	put_text(detail.pod, sizeof(detail.pod), pod);
	put_text(detail.pod_namespace, sizeof(detail.pod_namespace), pod_namespace);
	return detail;
}

struct wire_kmsg gen_kmsg(uint64_t boot_ns, const char *text)
{
	size_t len = strnlen(text, WIRE_KMSG_LEN);
	size_t size = offsetof(struct wire_kmsg, text) + len;
	struct wire_kmsg kmsg = {.head = gen_head(WIRE_KMSG, size, 0, boot_ns)};

	kmsg.len = (uint32_t)len;
	memcpy(kmsg.text, text, len);
	return kmsg;
}

struct wire_lost gen_lost(uint64_t boot_ns)
{
	struct wire_lost lost = {.head = gen_head(WIRE_LOST, sizeof(lost), 0, boot_ns)};

	return lost;
}

struct wire_clock gen_clock(int64_t real_minus_boot_ns)
{
	struct wire_clock clock = {.head = gen_head(WIRE_CLOCK, sizeof(clock), 0, 450)};

	clock.real_minus_boot_ns = real_minus_boot_ns;
	return clock;
}

struct wire_head gen_tick(uint64_t boot_ns)
{
	return gen_head(WIRE_TICK, sizeof(struct wire_head), 0, boot_ns);
}
