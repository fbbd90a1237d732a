/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink/tally.h"

#include <string.h>

#include "core/score.h"

static const double bounds_ms[] = {TALLY_BOUNDS_MS};

_Static_assert(sizeof(bounds_ms) / sizeof(*bounds_ms) == TALLY_BUCKETS, "as many as are counted");

double tally_bound_ms(unsigned int bucket)
{
	return bounds_ms[bucket];
}

/* What dies with @task, as far as it is known. */
static uint64_t bytes_of(const struct task *task)
{
	uint64_t bytes = 0;

	if (task_knows(task, TASK_KNOWS_RSS_PARTS))
		bytes += task->rss_anon_bytes + task->rss_file_bytes;
	else if (task_knows(task, TASK_KNOWS_RSS))
		bytes += task->rss_bytes;
	if (task_knows(task, TASK_KNOWS_SHMEM))
		bytes += task->rss_shmem_bytes;
	if (task_knows(task, TASK_KNOWS_SWAP))
		bytes += task->swap_bytes;
	if (task_knows(task, TASK_KNOWS_PGTABLES))
		bytes += task->pgtables_bytes;
	return bytes;
}

static void copy_name(char to[TALLY_NAME], const char *from)
{
	size_t len = strnlen(from, TALLY_NAME - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

/* The owner of that name, a new one where there is room, or NULL. */
static struct tally_owner *find_owner(struct tally_owners *owners, const char *name)
{
	struct tally_owner *owner = owners->owners;

	for (unsigned int i = 0; i < owners->count; i++, owner++)
		if (strncmp(owner->name, name, TALLY_NAME - 1) == 0)
			return owner;
	if (owners->count == TALLY_OWNERS)
		return NULL;
	owners->count++;
	copy_name(owner->name, name);
	return owner;
}

/* Puts a kill down to @name. Returns who that is, or NULL for one of the others. */
static struct tally_owner *blame(struct tally_owners *owners, const char *name, uint64_t bytes)
{
	struct tally_owner *owner = find_owner(owners, name);

	if (owner) {
		owner->kills++;
		owner->bytes += bytes;
	} else {
		owners->other_kills++;
		owners->other_bytes += bytes;
	}
	return owner;
}

static void remember_pod(struct tally *tally, const char *id, const struct tally_owner *pod)
{
	unsigned int at = (unsigned int)(tally->n_remembered++ % TALLY_REMEMBERS);

	memcpy(tally->remembered[at].id, id, EPISODE_ID_LEN);
	tally->remembered[at].pod = (unsigned int)(pod - tally->owners[TALLY_POD].owners);
}

static void count_victim(struct tally *tally, const struct episode *episode,
			 const struct task *victim)
{
	unsigned int constraint = episode->constraint < TALLY_CONSTRAINTS - 1 &&
						  episode->known & EPISODE_KNOWS_CONSTRAINT
					  ? episode->constraint
					  : TALLY_CONSTRAINTS - 1;
	uint64_t bytes = bytes_of(victim);
	struct container container;
	struct tally_owner *owner;

	tally->kills[episode->group][constraint][episode->selection % TALLY_SELECTIONS]++;
	tally->killed_bytes += bytes;
	if (!victim->cgroup || !container_of_path(victim->cgroup, &container))
		return;
	if (container.known & CONTAINER_KNOWS_UNIT)
		blame(&tally->owners[TALLY_UNIT], container.unit, bytes);
	if (container.known & CONTAINER_KNOWS_POD) {
		owner = blame(&tally->owners[TALLY_POD], container.pod_uid, bytes);
		if (owner)
			remember_pod(tally, episode->id, owner);
	}
	if (container.known & CONTAINER_KNOWS_ID) {
		owner = blame(&tally->owners[TALLY_CONTAINER], container.id, bytes);
		if (owner && container.runtime)
			copy_name(owner->detail, container.runtime);
	}
}

void tally_episode(struct tally *tally, const struct episode *episode)
{
	tally->episodes++;
	for (uint32_t i = 0; i < episode->n_victims; i++)
		if (episode->victims[i].killed_as != KILLED_AS_SHARED_MM)
			count_victim(tally, episode, &episode->victims[i]);
}

void tally_no_kill(struct tally *tally, const struct episode *episode)
{
	tally->no_kills[episode->no_kill % TALLY_NO_KILLS] += episode->repeated + 1ULL;
}

static void name_pod(struct tally *tally, const struct outcome *outcome)
{
	uint64_t n = tally->n_remembered < TALLY_REMEMBERS ? tally->n_remembered : TALLY_REMEMBERS;

	for (uint64_t i = 0; i < n; i++) {
		struct tally_owner *pod =
			&tally->owners[TALLY_POD].owners[tally->remembered[i].pod];

		if (strcmp(tally->remembered[i].id, outcome->id) != 0)
			continue;
		copy_name(pod->detail, outcome->pod);
		copy_name(pod->namespace, outcome->pod_namespace);
	}
}

void tally_outcome(struct tally *tally, const struct outcome *outcome)
{
	unsigned int bucket = 0;

	if (*outcome->pod)
		name_pod(tally, outcome);
	if (outcome->has_reaped_bytes)
		tally->reaped_bytes += outcome->reaped_bytes;
	if (!outcome->has_freed) {
		tally->overdue += !outcome->has_exited;
		return;
	}
	while (bucket < TALLY_BUCKETS && (double)outcome->freed_ns > bounds_ms[bucket] * 1e6)
		bucket++;
	tally->freed[bucket]++;
	tally->freed_count++;
	tally->freed_sum_ns += outcome->freed_ns;
}

void tally_user_kill(struct tally *tally, const struct user_kill *kill)
{
	unsigned int i = 0;

	while (i < tally->n_killers &&
	       strncmp(tally->killers[i].comm, kill->sender_comm, WIRE_COMM_LEN) != 0)
		i++;
	if (i == TALLY_KILLERS) {
		tally->other_signals++;
		return;
	}
	if (i == tally->n_killers) {
		memcpy(tally->killers[i].comm, kill->sender_comm, WIRE_COMM_LEN);
		tally->n_killers++;
	}
	tally->killers[i].signals++;
}

void tally_lost(struct tally *tally, const struct lost *lost)
{
	if (lost->reason < LOSS_MAX)
		tally->lost[lost->reason] += lost->count;
}

uint64_t tally_kills(const struct tally *tally)
{
	uint64_t kills = 0;

	for (unsigned int group = 0; group < 2; group++)
		for (unsigned int i = 0; i < TALLY_CONSTRAINTS; i++)
			for (unsigned int j = 0; j < TALLY_SELECTIONS; j++)
				kills += tally->kills[group][i][j];
	return kills;
}
