/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink/store_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/score.h"
#include "lib/hash.h"
#include "lib/utf8.h"

/* At most @size bytes of @text, up to a NUL; "" and NULL are not known. */
static void put_bytes(struct row_texts *texts, struct store_row *row, enum store_text which,
		      const char *text, size_t size)
{
	size_t len = text ? strnlen(text, size) : 0;
	char *to = texts->bytes + texts->used;

	if (!len)
		return;
	len = utf8_mend(to, sizeof(texts->bytes) - texts->used, text, len);
	texts->used += len;
	store_row_text(row, which, to, len);
}

static void put_text(struct row_texts *texts, struct store_row *row, enum store_text which,
		     const char *text)
{
	put_bytes(texts, row, which, text, text ? strlen(text) : 0);
}

/* What all rows have in common. */
static void begin(enum store_row_kind kind, const struct host *host, int64_t real_ns,
		  uint64_t boot_ns, struct row_texts *texts, struct store_row *row)
{
	*row = (struct store_row){.kind = kind};
	texts->used = 0;
	if (host && host->wire) {
		put_bytes(texts, row, STORE_HOST, host->wire->host, WIRE_TEXT_LEN);
		put_bytes(texts, row, STORE_BOOT_ID, host->wire->boot_id, WIRE_TEXT_LEN);
	}
	if (real_ns)
		store_row_number(row, STORE_TIME_NS, real_ns);
	if (boot_ns)
		store_row_number(row, STORE_BOOT_NS, (int64_t)boot_ns);
}

void row_of_host(const struct host *host, struct row_texts *texts, struct store_row *row)
{
	const struct wire_host *wire = host->wire;

	begin(STORE_RUN, host, host->attached_real_ns, wire->attached_ns, texts, row);
	put_bytes(texts, row, STORE_VERSION, wire->version, sizeof(wire->version));
	put_text(texts, row, STORE_BACKEND, backend_name(wire->backend));
	put_bytes(texts, row, STORE_KERNEL, wire->kernel, sizeof(wire->kernel));
	if (wire->oom_kills != WIRE_NONE_U64)
		store_row_number(row, STORE_KERNEL_KILLS, (int64_t)wire->oom_kills);
}

/* A decision without a victim has no id of its own: one out of where, when and why. */
static void put_id(const struct episode *episode, struct row_texts *texts, struct store_row *row)
{
	uint64_t value = HASH_BEGIN;
	char id[24];

	if (!episode->no_kill) {
		put_bytes(texts, row, STORE_ID, episode->id, sizeof(episode->id));
		return;
	}
	value = hash_bytes(value, texts->bytes, texts->used); /* the host and its boot */
	value = hash_bytes(value, &episode->boot_ns, sizeof(episode->boot_ns));
	if (!episode->boot_ns)
		value = hash_bytes(value, &episode->real_ns, sizeof(episode->real_ns));
	if (episode->time_text)
		value = hash_bytes(value, episode->time_text, strlen(episode->time_text));
	value = hash_bytes(value, &episode->no_kill, sizeof(episode->no_kill));
	snprintf(id, sizeof(id), "no-%016" PRIx64, value);
	put_text(texts, row, STORE_ID, id);
}

/* What @task had, as far as that is known. Returns whether anything is. */
static bool task_bytes(const struct task *task, uint64_t *ret_bytes)
{
	const struct {
		uint32_t bit;
		uint64_t bytes;
	} parts[] = {
		{TASK_KNOWS_RSS_PARTS, task->rss_anon_bytes},
		{TASK_KNOWS_RSS_PARTS, task->rss_file_bytes},
		{TASK_KNOWS_SHMEM, task->rss_shmem_bytes},
		{TASK_KNOWS_SWAP, task->swap_bytes},
		{TASK_KNOWS_PGTABLES, task->pgtables_bytes},
	};
	bool known = task->known & TASK_KNOWS_RSS;

	*ret_bytes = known ? task->rss_bytes : 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		/* Of a log's table the sum may be known beside its parts. */
		if ((task->known & TASK_KNOWS_RSS && i < 3) || !task_knows(task, parts[i].bit))
			continue;
		*ret_bytes += parts[i].bytes;
		known = true;
	}
	return known;
}

static void put_bytes_killed(const struct episode *episode, struct store_row *row)
{
	uint32_t count = episode->n_victims ? episode->n_victims : 1;
	uint64_t sum = 0, bytes;
	bool known = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct task *task =
			episode->n_victims ? &episode->victims[i] : &episode->victim;

		/* Another process in memory that was counted already. */
		if (task->killed_as == KILLED_AS_SHARED_MM || !task_bytes(task, &bytes))
			continue;
		sum += bytes;
		known = true;
	}
	store_row_number(row, STORE_VICTIMS, count);
	if (known)
		store_row_number(row, STORE_BYTES, (int64_t)sum);
}

/* By how much the kernel's count grew: not by who shares another's memory, or was exiting anyway.
 */
static void put_counted(const struct episode *episode, struct store_row *row)
{
	int64_t counted = !episode->n_victims;

	for (uint32_t i = 0; i < episode->n_victims; i++)
		counted += episode->victims[i].killed_as != KILLED_AS_SHARED_MM;
	if (episode->selection == SELECTION_EXITING_TASK)
		counted = 0;
	store_row_number(row, STORE_KERNEL_KILLS, counted);
}

static void put_place(const char *path, struct row_texts *texts, struct store_row *row)
{
	struct container *container = &texts->container;

	if (!container_of_path(path, container))
		return;
	if (container->known & CONTAINER_KNOWS_ID)
		put_text(texts, row, STORE_CONTAINER, container->id);
	if (container->known & CONTAINER_KNOWS_POD)
		put_text(texts, row, STORE_POD_UID, container->pod_uid);
	if (container->known & CONTAINER_KNOWS_UNIT)
		put_text(texts, row, STORE_UNIT, container->unit);
}

static void put_victim(const struct episode *episode, struct row_texts *texts,
		       struct store_row *row)
{
	const struct task *victim = &episode->victim;

	if (victim->pid)
		store_row_number(row, STORE_PID, victim->pid);
	if (victim->uid != WIRE_NONE_U32)
		store_row_number(row, STORE_UID, victim->uid);
	put_bytes(texts, row, STORE_COMM, victim->comm, sizeof(victim->comm));
	if (victim->known & TASK_KNOWS_CGROUP)
		put_text(texts, row, STORE_CGROUP, victim->cgroup);
	put_bytes_killed(episode, row);
	put_counted(episode, row);
}

void row_of_episode(const struct host *host, const struct episode *episode, struct row_texts *texts,
		    struct store_row *row)
{
	bool has_memcg =
		(episode->known & EPISODE_KNOWS_MEMCG) && (episode->memcg.known & MEMCG_KNOWS_PATH);
	const char *place = has_memcg ? episode->memcg.path : NULL;
	int64_t lost = episode->lost;

	begin(STORE_EPISODE, host, episode->real_ns, episode->boot_ns, texts, row);
	put_id(episode, texts, row);
	put_text(texts, row, STORE_TYPE, episode->no_kill ? "oom_no_kill" : "oom_kill");
	put_text(texts, row, STORE_SOURCE, episode->source);
	put_text(texts, row, STORE_TIME_TEXT, episode->time_text);
	if (episode->known & EPISODE_KNOWS_CONSTRAINT)
		put_text(texts, row, STORE_CONSTRAINT, constraint_name(episode->constraint));
	put_text(texts, row, STORE_MEMCG, place);
	if (!episode->no_kill) {
		put_text(texts, row, STORE_SELECTION, selection_name(episode->selection));
		put_victim(episode, texts, row);
		if (row->text[STORE_CGROUP].text)
			place = episode->victim.cgroup;
	}
	put_place(place, texts, row);
	if (episode->candidates_source != SOURCE_NONE)
		store_row_number(row, STORE_CANDIDATES, episode->total);
	for (unsigned int i = 0; i < EPISODE_LOSS_MAX; i++)
		lost += (int64_t)episode->loss[i];
	store_row_number(row, STORE_LOST, lost);
}

void row_of_outcome(const struct host *host, const struct outcome *outcome, struct row_texts *texts,
		    struct store_row *row)
{
	begin(STORE_OUTCOME, host, outcome->real_ns, outcome->boot_ns, texts, row);
	put_bytes(texts, row, STORE_ID, outcome->id, sizeof(outcome->id));
	store_row_number(row, STORE_PID, outcome->pid);
	if (outcome->has_exited)
		store_row_number(row, STORE_EXITED_NS, outcome->exited_ns);
	if (outcome->has_freed)
		store_row_number(row, STORE_FREED_NS, outcome->freed_ns);
	if (outcome->has_reaped)
		store_row_number(row, STORE_REAPED_NS, outcome->reaped_ns);
	put_bytes(texts, row, STORE_POD, outcome->pod, sizeof(outcome->pod));
	put_bytes(texts, row, STORE_NAMESPACE, outcome->pod_namespace,
		  sizeof(outcome->pod_namespace));
}

void row_of_user_kill(const struct host *host, const struct user_kill *kill,
		      struct row_texts *texts, struct store_row *row)
{
	begin(STORE_USER_KILL, host, kill->real_ns, kill->boot_ns, texts, row);
	store_row_number(row, STORE_SIGNAL, kill->signal);
	store_row_number(row, STORE_SENDER_PID, kill->sender_pid);
	store_row_number(row, STORE_PID, kill->target.pid);
	put_bytes(texts, row, STORE_SENDER_COMM, kill->sender_comm, sizeof(kill->sender_comm));
	put_bytes(texts, row, STORE_COMM, kill->target.comm, sizeof(kill->target.comm));
}

void row_of_lost(const struct host *host, const struct lost *lost, struct row_texts *texts,
		 struct store_row *row)
{
	begin(STORE_LOSS, host, lost->real_ns, lost->boot_ns, texts, row);
	put_text(texts, row, STORE_REASON, loss_name(lost->reason));
	store_row_number(row, STORE_COUNT, (int64_t)lost->count);
}

void row_of_totals(const struct host *host, const struct totals *totals, struct row_texts *texts,
		   struct store_row *row)
{
	begin(STORE_DETACHED, host, totals->real_ns, totals->boot_ns, texts, row);
}
