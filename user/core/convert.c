// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/convert.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "lib/hash.h"

uint64_t convert_pages(uint64_t pages, uint64_t page_size)
{
	uint64_t bytes;

	return __builtin_mul_overflow(pages, page_size, &bytes) ? UINT64_MAX : bytes;
}

static void convert_points(const struct wire_task *wire, struct task *task)
{
	bool any = wire->flags & (TASK_POINTS_KERNEL | TASK_POINTS_COMPUTED);

	/* oom_evaluate_task() takes a task_origin with LONG_MAX points, without counting. */
	if (task->eligible && (wire->flags & TASK_ORIGIN)) {
		task->known |= TASK_KNOWS_POINTS;
		task->points = INT64_MAX;
		task->points_from_kernel = true;
	} else if (any && wire->points != INT64_MIN) { /* LONG_MIN: never to be chosen */
		task->known |= TASK_KNOWS_POINTS;
		task->points = wire->points;
		task->points_from_kernel = wire->flags & TASK_POINTS_KERNEL;
	}
}

void convert_task(const struct wire_task *wire, const struct convert *convert,
		  struct task *ret_task)
{
	struct task task = {
		.pid = wire->pid,
		.tid = wire->tid,
		.ppid = wire->ppid,
		.uid = wire->uid,
		.euid = wire->euid,
		.ns_pid = wire->ns_pid,
		.mm_id = wire->mm_id,
		.cap_effective = wire->cap_effective,
		.threads = wire->threads,
		.nice = wire->nice,
		.start_ns = wire->start_ns,
		.cpu_ns = wire->cpu_ns,
		.oom_score_adj = wire->oom_score_adj,
		.eligible = wire->skip == SKIP_NONE,
		.origin = wire->flags & TASK_ORIGIN,
		.skip = wire->skip,
		.killed_as = KILLED_AS_CHOSEN,
	};

	text_copy(task.comm, sizeof(task.comm), wire->comm, sizeof(wire->comm));
	if (wire->start_ns) {
		task.known |= TASK_KNOWS_IDENTITY | TASK_KNOWS_CREDENTIALS;
		if (convert->boot_ns > wire->start_ns)
			task.age_ns = convert->boot_ns - wire->start_ns;
	}
	if (!(wire->flags & TASK_CPU_PARTIAL))
		task.known |= TASK_KNOWS_CPU;
	if ((wire->flags & TASK_MM) && !(wire->flags & TASK_UNSTABLE) && convert->page_size) {
		task.known |= TASK_KNOWS_MEMORY;
		task.total_vm_bytes = convert_pages(wire->total_vm, convert->page_size);
		task.rss_anon_bytes = convert_pages(wire->rss_anon, convert->page_size);
		task.rss_file_bytes = convert_pages(wire->rss_file, convert->page_size);
		task.rss_shmem_bytes = convert_pages(wire->rss_shmem, convert->page_size);
		task.swap_bytes = convert_pages(wire->swap, convert->page_size);
		task.pgtables_bytes = wire->pgtables_bytes;
	}
	convert_points(wire, &task);
	*ret_task = task;
}

void convert_signal(const struct wire_signal *wire, struct user_kill *ret_kill)
{
	struct wire_task target = {
		.start_ns = wire->start_ns,
		.pid = wire->pid,
		.tid = wire->pid,
		.ppid = wire->ppid,
		.uid = wire->uid,
		.oom_score_adj = wire->oom_score_adj,
		.flags = TASK_CPU_PARTIAL,
	};
	struct convert convert = {.boot_ns = wire->head.boot_ns};
	struct user_kill kill = {
		.boot_ns = wire->head.boot_ns,
		.signal = wire->signal,
		.sender_pid = wire->sender_pid,
	};

	memcpy(target.comm, wire->comm, sizeof(target.comm));
	text_copy(kill.sender_comm, sizeof(kill.sender_comm), wire->sender_comm,
		  sizeof(wire->sender_comm));
	convert_task(&target, &convert, &kill.target);
	kill.target.known &= ~(uint32_t)TASK_KNOWS_CREDENTIALS;
	*ret_kill = kill;
}

void convert_cgroup(struct task *task, const char *path, bool truncated)
{
	task->known &= ~(uint32_t)TASK_KNOWS_CGROUP;
	if (path)
		task->known |= TASK_KNOWS_CGROUP;
	task->cgroup = path;
	task->cgroup_truncated = truncated;
}

void convert_limit(uint64_t pages, uint64_t page_size, uint64_t *ret_bytes, bool *ret_is_max)
{
	/* page_counter counts up to LONG_MAX / PAGE_SIZE: that much is no limit. */
	*ret_is_max = pages >= INT64_MAX / page_size;
	*ret_bytes = *ret_is_max ? 0 : pages * page_size;
}

void convert_ancestor(const struct wire_ancestor *wire, bool v1, uint64_t page_size,
		      struct memcg *ret_memcg)
{
	struct memcg memcg = {.v1 = v1, .oom_group = wire->oom_group};

	if (page_size) {
		memcg.known |= MEMCG_KNOWS_USAGE;
		memcg.usage_bytes = convert_pages(wire->usage, page_size);
		convert_limit(wire->limit, page_size, &memcg.limit_bytes, &memcg.limit_is_max);
	}
	if (page_size && wire->swap_usage != WIRE_NONE_U64) {
		memcg.known |= MEMCG_KNOWS_SWAP;
		memcg.swap_bytes = convert_pages(wire->swap_usage, page_size);
		convert_limit(wire->swap_limit, page_size, &memcg.swap_limit_bytes,
			      &memcg.swap_limit_is_max);
	}
	*ret_memcg = memcg;
}

void convert_memcg(const struct wire_memcg *wire, uint64_t page_size, struct memcg *ret_memcg)
{
	struct wire_ancestor counters = {
		.usage = wire->usage,
		.limit = wire->limit,
		.swap_usage = wire->swap_usage,
		.swap_limit = wire->swap_limit,
		.oom_group = wire->oom_group,
	};

	convert_ancestor(&counters, wire->v1, page_size, ret_memcg);
}

void convert_memory_unknown(struct memory *ret_memory)
{
	memset(ret_memory, 0, sizeof(*ret_memory));
	ret_memory->memcg_usage_bytes = BYTES_UNKNOWN;
	ret_memory->total_bytes = ret_memory->free_bytes = BYTES_UNKNOWN;
	ret_memory->swap_total_bytes = ret_memory->swap_free_bytes = BYTES_UNKNOWN;
	for (unsigned int use = 0; use < USE_MAX; use++)
		ret_memory->memcg_use_bytes[use] = ret_memory->use_bytes[use] = BYTES_UNKNOWN;
	/* Every word of it is one. */
	memset(&ret_memory->memcg_psi, 0xff, sizeof(ret_memory->memcg_psi));
	memset(&ret_memory->psi, 0xff, sizeof(ret_memory->psi));
}

static void convert_zone(const struct wire_zone *wire, struct zone *ret_zone)
{
	text_copy(ret_zone->name, sizeof(ret_zone->name), wire->name, sizeof(wire->name));
	ret_zone->node = wire->node;
	ret_zone->free_bytes = wire->free;
	ret_zone->min_bytes = wire->min;
	ret_zone->low_bytes = wire->low;
	ret_zone->high_bytes = wire->high;
	ret_zone->managed_bytes = wire->managed;
}

void convert_memory(const struct wire_memory *wire, struct memory *ret_memory)
{
	_Static_assert(BYTES_UNKNOWN == WIRE_NONE_U64, "what is not known is so on both sides");
	struct memory memory = {
		.memcg_usage_bytes = wire->memcg_usage,
		.total_bytes = wire->mem_total,
		.free_bytes = wire->mem_free,
		.swap_total_bytes = wire->swap_total,
		.swap_free_bytes = wire->swap_free,
		.memcg_psi = wire->memcg_psi,
		.psi = wire->psi,
		.n_zones = wire->zones_count,
		.zones_cut = wire->zones_cut,
	};

	for (unsigned int use = 0; use < USE_MAX; use++) {
		memory.memcg_use_bytes[use] = wire->memcg_use[use];
		memory.use_bytes[use] = wire->use[use];
	}
	for (uint32_t i = 0; i < memory.n_zones; i++)
		convert_zone(&wire->zones[i], &memory.zones[i]);
	*ret_memory = memory;
}

static bool has_node(const uint64_t nodes[WIRE_NODE_WORDS], unsigned int node)
{
	return node < WIRE_NODE_WORDS * 64 && nodes[node / 64] >> node % 64 & 1;
}

void convert_nodes(const uint64_t nodes[WIRE_NODE_WORDS], char *ret_text, size_t size)
{
	const char *more = ",...", *comma = "";
	size_t used = 0;

	ret_text[0] = '\0';
	for (unsigned int first = 0, last; first < WIRE_NODE_WORDS * 64; first = last + 1) {
		char range[16];
		size_t len;

		last = first;
		if (!has_node(nodes, first))
			continue;
		while (has_node(nodes, last + 1))
			last++;
		len = (size_t)(first == last ? snprintf(range, sizeof(range), "%s%u", comma, first)
					     : snprintf(range, sizeof(range), "%s%u-%u", comma,
							first, last));
		/* Behind each there is room to say that there are more. */
		if (used + len + strlen(more) >= size) {
			text_copy(ret_text + used, size - used, used ? more : more + 1,
				  strlen(more));
			return;
		}
		used += text_copy(ret_text + used, size - used, range, len);
		comma = ",";
	}
}

size_t convert_cmdline(const char *wire, size_t len, char *ret_text)
{
	/* The last argument's own NUL is no blank; nor are those of a title that was cleared. */
	while (len && !wire[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		ret_text[i] = wire[i] ? wire[i] : ' ';
	ret_text[len] = '\0';
	return len;
}

void convert_id(const char *boot_id, uint32_t pid, uint64_t start_ns, char ret_id[EPISODE_ID_LEN])
{
	uint64_t hash = hash_bytes(HASH_BEGIN, boot_id, strlen(boot_id));

	hash = hash_number(hash, pid, sizeof(pid));
	hash = hash_number(hash, start_ns, sizeof(start_ns));
	for (size_t i = 0; i < EPISODE_ID_LEN - 1; i++, hash <<= 4)
		ret_id[i] = "0123456789abcdef"[hash >> 60];
	ret_id[EPISODE_ID_LEN - 1] = '\0';
}
