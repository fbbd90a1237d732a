// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/seen.h"

#include <string.h>

#include "core/score.h"
#include "core/text.h"
#include "lib/hash.h"

/* 0 for "". Hyphens do not count: the journal writes a boot id without. */
static uint64_t sum_of(const char *text)
{
	uint64_t sum = HASH_BEGIN;

	if (!*text)
		return 0;
	for (; *text; text++)
		if (*text != '-')
			sum = hash_bytes(sum, text, 1);
	return sum ? sum : 1;
}

void seen_add(struct seen *seen, const struct seen_kill *kill)
{
	seen->kills[seen->count++ % SEEN_KILLS] = *kill;
}

/* Whether two of which both may be unknown differ. */
static bool differs(uint64_t a, uint64_t b)
{
	return a && b && a != b;
}

static bool is_plain(const char *comm)
{
	for (; *comm; comm++)
		if (*comm < ' ' || *comm > '~' || strchr("\\#?^", *comm))
			return false;
	return true;
}

/* What is not plain text, logs write in as many ways as there are. */
static bool same_comm(const char *a, const char *b)
{
	return !*a || !*b || !strcmp(a, b) || !is_plain(a) || !is_plain(b);
}

static bool same_pid(const struct seen_kill *a, const struct seen_kill *b)
{
	return a->pid == b->pid || (a->tid && a->tid == b->pid) || (b->tid && b->tid == a->pid);
}

/* Whether from @a_from to @a_till and from @b_from to @b_till come near each other. */
static bool is_near(uint64_t a_from, uint64_t a_till, uint64_t b_from, uint64_t b_till)
{
	return a_from <= b_till + SEEN_WITHIN_NS && b_from <= a_till + SEEN_WITHIN_NS;
}

/*
 * Within one boot the uptime says it; else the wall clock, which tells boots apart. Without that
 * the uptime, of whichever boot, with numbers that do not differ; without any, equal numbers, or
 * that this process is one of the few seen live.
 */
static bool same_moment(const struct seen_kill *a, const struct seen_kill *b)
{
	bool both = a->from_ns && b->from_ns;
	bool near = both && is_near(a->from_ns, a->till_ns, b->from_ns, b->till_ns);
	int64_t apart = a->real_ns - b->real_ns;

	if (both && a->boot && a->boot == b->boot)
		return near;
	if (a->real_ns && b->real_ns)
		return apart <= SEEN_WITHIN_NS && apart >= -SEEN_WITHIN_NS;
	if (both)
		return near && !differs(a->sizes, b->sizes);
	return a->live || b->live || (a->sizes && a->sizes == b->sizes);
}

bool seen_has(const struct seen *seen, const struct seen_kill *kill)
{
	uint64_t n = seen->count < SEEN_KILLS ? seen->count : SEEN_KILLS;

	for (uint64_t i = 0; i < n; i++) {
		const struct seen_kill *one = &seen->kills[i];

		if (same_pid(one, kill) && same_comm(one->comm, kill->comm) &&
		    !differs(one->host, kill->host) && !differs(one->boot, kill->boot) &&
		    same_moment(one, kill))
			return true;
	}
	return false;
}

void seen_of_log(const struct host *host, const struct episode *episode, uint64_t till_ns,
		 struct seen_kill *ret_kill)
{
	const struct task *victim = &episode->victim;
	uint64_t sizes[] = {victim->total_vm_bytes, victim->rss_anon_bytes, victim->rss_file_bytes};
	struct seen_kill kill = {
		.pid = victim->pid,
		.tid = victim->tid,
		.host = sum_of(host->wire->host),
		.boot = sum_of(host->wire->boot_id),
		.from_ns = episode->boot_ns,
		.till_ns = till_ns > episode->boot_ns ? till_ns : episode->boot_ns,
		.real_ns = episode->real_ns,
	};

	text_copy(kill.comm, sizeof(kill.comm), victim->comm, sizeof(victim->comm));
	if (task_knows(victim, TASK_KNOWS_TOTAL_VM) && task_knows(victim, TASK_KNOWS_RSS_PARTS))
		kill.sizes = hash_bytes(HASH_BEGIN, sizes, sizeof(sizes));
	*ret_kill = kill;
}

void seen_of_wire(const struct wire_host *host, const struct wire_task *task, uint64_t boot_ns,
		  int64_t real_minus_boot_ns, struct seen_kill *ret_kill)
{
	struct seen_kill kill = {
		.pid = task->pid,
		.tid = task->tid,
		.host = sum_of(host->host),
		.boot = sum_of(host->boot_id),
		.from_ns = boot_ns,
		.till_ns = boot_ns,
		.real_ns = (int64_t)boot_ns + real_minus_boot_ns,
		.live = true,
	};

	text_copy(kill.comm, sizeof(kill.comm), task->comm, sizeof(task->comm));
	*ret_kill = kill;
}
