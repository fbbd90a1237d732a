// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A report out of a log as an episode: converted, and what the kernel would have computed of it. */
#include <string.h>

#include "core/convert.h"
#include "core/logreport.h"
#include "core/release.h"
#include "core/rules.h"
#include "core/score.h"
#include "core/text.h"
#include "lib/hash.h"

int64_t logclock_real(const struct logclock *clock, const struct logprefix *prefix)
{
	struct logtime civil = prefix->civil;

	if (prefix->has_real)
		return prefix->real_ns;
	if (!civil.known)
		return 0;
	if (!civil.has_year) {
		if (!clock->year)
			return 0;
		civil.year = clock->year;
	}
	if (!civil.has_zone)
		return clock->real_of ? clock->real_of(clock->ctx, &civil) : 0;
	return logtime_utc(&civil) * 1000000000 + civil.nanosecond;
}

static const struct logreport_row *row_of(const struct logreport *report, uint32_t pid)
{
	for (uint32_t i = 0; i < report->n_rows; i++) {
		if (report->rows[i].tgid == pid || report->rows[i].pid == pid)
			return &report->rows[i];
	}
	return NULL;
}

/*
 * Fact: "Killed process" counts in KiB what the table counts in pages, and total_vm, of the same
 *       moment, is in both. The smallest blocks of the buddy lists are pages.
 * So:   either tells the size of a page; where neither does, x86 has no other than 4 KiB.
 */
static uint64_t page_size_of(const struct logreport *report)
{
	const struct logreport_row *row =
		report->n_victims ? row_of(report, report->victims[0].pid) : NULL;
	uint64_t kib;

	if (report->page_size)
		return report->page_size;
	if (row && row->total_vm && report->victims[0].total_vm_kib != LOGLINE_NO_NUMBER &&
	    report->victims[0].total_vm_kib % row->total_vm == 0) {
		kib = report->victims[0].total_vm_kib / row->total_vm;
		if (kib == 4 || kib == 8 || kib == 16 || kib == 64)
			return kib * 1024;
	}
	if (report->order0_bytes)
		return report->order0_bytes;
	if (report->is_x86 || strstr(report->release, "x86_64") ||
	    strstr(report->release, "amd64") || strstr(report->release, ".i686"))
		return 4096;
	return 0;
}

#define POINTS_SINCE 4017 /* 4.17: its score can be computed of what its report says */

#define SYSRQ_SINCE 4003 /* 4.3: its order is -1, as is_sysrq_oom() of mm/oom_kill.c tells */

/* major * 1000 + minor of "5.10.0-46-cloud-amd64"; 0: not known */
static unsigned int release_of(const struct logreport *report)
{
	struct span text = span_of(report->release);
	uint64_t major, minor;

	if (!span_take_u64(&text, &major) || !span_take(&text, ".") ||
	    !span_take_u64(&text, &minor) || major > 1000 || minor > 999)
		return 0;
	return (unsigned int)(major * 1000 + minor);
}

/*
 * Fact:  the score has been the memory's pages and the adjustment's since 4.17; it was at least 1
 *        until 5.9 (and late 5.4), and before 4.17 lower for whoever had CAP_SYS_ADMIN, which the
 *        report does not say.
 * So:    it is computed since 4.17, and until 5.9 not where the least would have held.
 */
static void fill_points(const struct logreport *report, const struct episode *episode,
			struct task *task)
{
	unsigned int release = release_of(report);
	int64_t points;

	if (release < POINTS_SINCE || !(episode->known & EPISODE_KNOWS_TOTALPAGES) ||
	    score_of(task, episode->page_size, episode->totalpages, &points))
		return;
	if (release < 5009 && points < 1)
		return;
	task->points = points;
	task->known |= TASK_KNOWS_POINTS;
}

static uint64_t pages(uint64_t count, const struct episode *episode)
{
	return convert_pages(count, episode->page_size);
}

static void know(struct task *task, uint32_t bit, uint64_t *to, uint64_t bytes)
{
	task->known |= bit;
	*to = bytes;
}

static void row_memory(const struct logreport_row *row, const struct episode *episode,
		       struct task *task)
{
	bool in_bytes = row->has & 1U << COLUMN_PGTABLES_BYTES;
	uint32_t parts = 1U << COLUMN_RSS_ANON | 1U << COLUMN_RSS_FILE | 1U << COLUMN_RSS_SHMEM;

	if (!episode->page_size)
		return;
	know(task, TASK_KNOWS_TOTAL_VM, &task->total_vm_bytes, pages(row->total_vm, episode));
	if ((row->has & parts) == parts) {
		know(task, TASK_KNOWS_RSS_PARTS, &task->rss_anon_bytes,
		     pages(row->rss_anon, episode));
		task->rss_file_bytes = pages(row->rss_file, episode);
		know(task, TASK_KNOWS_SHMEM, &task->rss_shmem_bytes,
		     pages(row->rss_shmem, episode));
	} else {
		know(task, TASK_KNOWS_RSS, &task->rss_bytes, pages(row->rss, episode));
	}
	if (row->has & 1U << COLUMN_SWAPENTS)
		know(task, TASK_KNOWS_SWAP, &task->swap_bytes, pages(row->swap, episode));
	if (in_bytes || (row->has & 1U << COLUMN_NR_PTES))
		know(task, TASK_KNOWS_PGTABLES, &task->pgtables_bytes,
		     in_bytes ? row->pgtables : pages(row->pgtables, episode));
	task_known_settle(task);
}

/* oom_adj of old, by its own rule: -17 spares, and 15 is the most. */
static void row_adj(const struct logreport_row *row, struct task *task)
{
	bool score_adj = row->has & 1U << COLUMN_OOM_SCORE_ADJ;
	bool spared = score_adj ? row->adj == -1000 : row->adj == -17;

	if (!score_adj && !(row->has & 1U << COLUMN_OOM_ADJ)) {
		task->known |= TASK_LACKS_ADJ;
		return;
	}
	task->eligible = !spared;
	task->skip = spared ? SKIP_ADJ_MIN : SKIP_NONE;
	/* The old scale is another one: not said in the new one's name. */
	if (score_adj)
		task->oom_score_adj = row->adj;
	else
		task->known |= TASK_LACKS_ADJ;
}

static void make_task(const struct logreport *report, const struct episode *episode, uint32_t i,
		      struct task *ret_task)
{
	const struct logreport_row *row = &report->rows[i];
	struct task task = {
		.pid = row->tgid,
		.tid = row->pid,
		.uid = row->uid,
		.euid = row->uid,
		.scan = i,
	};

	text_copy(task.comm, sizeof(task.comm), row->comm, sizeof(row->comm));
	row_adj(row, &task);
	row_memory(row, episode, &task);
	fill_points(report, episode, &task);
	*ret_task = task;
}

static uint64_t kib_bytes(uint64_t kib)
{
	uint64_t bytes;

	return __builtin_mul_overflow(kib, 1024, &bytes) ? UINT64_MAX - 1 : bytes;
}

/* What "Killed process" says of its memory, where the table has not said it. */
static void kill_memory(const struct logreport_victim *victim, struct task *task)
{
	uint64_t none = LOGLINE_NO_NUMBER;

	if (victim->total_vm_kib != none && !task_knows(task, TASK_KNOWS_TOTAL_VM))
		know(task, TASK_KNOWS_TOTAL_VM, &task->total_vm_bytes,
		     kib_bytes(victim->total_vm_kib));
	if (victim->anon_kib != none && victim->file_kib != none &&
	    !task_knows(task, TASK_KNOWS_RSS_PARTS)) {
		know(task, TASK_KNOWS_RSS_PARTS, &task->rss_anon_bytes,
		     kib_bytes(victim->anon_kib));
		task->rss_file_bytes = kib_bytes(victim->file_kib);
		if (victim->shmem_kib != none)
			know(task, TASK_KNOWS_SHMEM, &task->rss_shmem_bytes,
			     kib_bytes(victim->shmem_kib));
	}
	/* Until 5.4.9 it was of bytes, whatever it said: where it cannot be, it is not taken. */
	if (victim->pgtables_kib != none && !task_knows(task, TASK_KNOWS_PGTABLES) &&
	    (victim->total_vm_kib == none || victim->pgtables_kib <= victim->total_vm_kib))
		know(task, TASK_KNOWS_PGTABLES, &task->pgtables_bytes,
		     kib_bytes(victim->pgtables_kib));
	task_known_settle(task);
}

/* The task that @victim is: as the table has it, and as "Killed process" does. */
static void make_victim(const struct logreport *report, const struct episode *episode,
			const struct logreport_victim *victim, struct task *ret_task)
{
	const struct logreport_row *row = row_of(report, victim->pid);
	struct task task = {
		.pid = victim->pid,
		.uid = WIRE_NONE_U32,
		.euid = WIRE_NONE_U32,
		.known = TASK_LACKS_ADJ,
		.scan = UINT32_MAX,
	};

	if (row) {
		make_task(report, episode, (uint32_t)(row - report->rows), &task);
		task.pid = row->tgid;
	} else if (report->has_summary && victim == report->victims) {
		task.pid = report->summary_pid; /* and the line of the kill may name a thread */
		task.tid = victim->pid;
	}
	if (victim->has_comm)
		text_copy(task.comm, sizeof(task.comm), victim->comm, sizeof(victim->comm));
	if (victim->uid != WIRE_NONE_U32)
		task.uid = task.euid = victim->uid;
	if (victim->has_adj) {
		task.known &= ~(uint32_t)TASK_LACKS_ADJ;
		task.oom_score_adj = victim->adj;
	}
	task.eligible = true; /* it was chosen */
	task.skip = SKIP_NONE;
	task.killed_as = victim->killed_as;
	kill_memory(victim, &task);
	*ret_task = task;
}

static void name_victim(struct logreport *report, struct episode *episode, struct task *victim)
{
	if (!victim->comm[0] && report->has_summary_comm && report->summary_pid == victim->pid)
		text_copy(victim->comm, sizeof(victim->comm), report->summary_comm,
			  sizeof(report->summary_comm));
	if (victim->uid == WIRE_NONE_U32 && report->summary_pid == victim->pid)
		victim->uid = victim->euid = report->summary_uid;
	if (report->has_score && report->choice_pid == victim->pid) {
		victim->oom_score = report->score;
		victim->known |= TASK_KNOWS_OOM_SCORE;
	}
	/* "Task in" is about the chosen one, in whose place a child may have died. */
	if (report->has_task_memcg &&
	    (report->has_summary ? report->summary_pid == victim->pid
				 : report->has_choice && report->choice_pid == victim->pid))
		convert_cgroup(victim, report->task_memcg, false);
	if (!(victim->known & TASK_KNOWS_POINTS))
		fill_points(report, episode, victim);
}

static void make_candidates(struct logreport *report, struct logepisode *ret)
{
	struct episode *episode = &ret->episode;

	if (!report->has_table || !report->n_rows) {
		episode->loss[LOSS_LOG_TABLE] = 1;
		return;
	}
	episode->candidates_source = SOURCE_SNAPSHOT;
	for (uint32_t i = 0; i < report->n_rows; i++) {
		struct task *task = &ret->tasks[episode->n_tasks];

		if (report->rows[i].tgid ==
		    1) { /* init is never chosen; until 2.6.35 it was listed */
			episode->passed_over[SKIP_INIT]++;
			continue;
		}
		make_task(report, episode, i, task);
		if (!episode->no_kill && task->pid == episode->victim.pid) {
			uint32_t scan = task->scan;

			*task = episode->victim;
			task->scan = episode->victim.scan = scan;
		}
		episode->eligible += task->eligible;
		episode->n_tasks++;
	}
	episode->tasks = ret->tasks;
	episode->total = episode->n_tasks + report->rows_over;
	episode->lost = report->rows_over;
	episode->loss[LOSS_SCRATCH_CANDIDATE] = report->rows_over;
	/* The one that was chosen must have been there. */
	episode->truncated =
		report->damaged || (!episode->no_kill && !row_of(report, episode->victim.pid));
	tasks_sort(episode->tasks, episode->n_tasks);
}

/*
 * Fact: constrained_alloc() finds neither a cpuset nor a memory policy at work where they leave out
 *       no node, and Mem-Info lists every node.
 * So:   with one node, what is no memory cgroup's is the whole machine's. Without a table of zones,
 *       or with more nodes, it is not known until 5.0.
 */
static void make_constraint(const struct logreport *report, struct episode *episode)
{
	uint8_t constraint = CONSTRAINT_UNKNOWN;
	/* Only a report of a memory cgroup's has its counters. */
	bool memcg = report->has_memcg || report->stats_memcg[0] ||
		     report->memory.memory.usage != BYTES_UNKNOWN;

	if (report->has_summary)
		constraint = report->constraint;
	else if (report->cause == LOGLINE_CAUSE_MEMCG || (memcg && !report->cause))
		constraint = CONSTRAINT_MEMCG_;
	else if (memcg) /* two reports are in one another */
		constraint = CONSTRAINT_UNKNOWN;
	else if (report->cause == LOGLINE_CAUSE_CPUSET)
		constraint = CONSTRAINT_CPUSET_;
	else if (report->cause == LOGLINE_CAUSE_POLICY)
		constraint = CONSTRAINT_MEMORY_POLICY_;
	else if (report->has_zones && !report->many_nodes)
		constraint = CONSTRAINT_NONE_;
	episode->constraint = constraint;
	if (constraint != CONSTRAINT_UNKNOWN)
		episode->known |= EPISODE_KNOWS_CONSTRAINT;
}

static void make_invoker(const struct logreport *report, struct episode *episode)
{
	const struct logreport_row *row = NULL;

	episode->invoker.uid = report->invoker_uid;
	if (!report->has_header) {
		episode->loss[LOSS_LOG_HEADER] = 1;
		return;
	}
	/* Until 4.2 only a line of its own, before the report, said that it was. */
	if (release_of(report) < SYSRQ_SINCE)
		episode->known |= EPISODE_LACKS_SYSRQ;
	episode->known |= EPISODE_KNOWS_GFP;
	episode->invoker.gfp_mask = report->gfp_mask;
	episode->invoker.order = report->order_asked;
	if (!report->has_order)
		episode->known |= EPISODE_LACKS_ORDER;
	if (report->gfp_text[0]) {
		episode->known |= EPISODE_KNOWS_GFP_TEXT;
		memcpy(episode->invoker.gfp_text, report->gfp_text, sizeof(report->gfp_text));
	}
	text_copy(episode->invoker.comm, sizeof(episode->invoker.comm), report->invoker_comm,
		  sizeof(report->invoker_comm));
	if (report->invoker_comm[0] || report->has_cpu)
		episode->known |= EPISODE_KNOWS_INVOKER;
	episode->invoker.tid = report->invoker_tid;
	if (report->invoker_tid)
		row = row_of(report, report->invoker_tid);
	if (row) /* else which process the thread is of is not known */
		episode->invoker.pid = row->tgid;
	memcpy(episode->invoker.nodemask, report->nodemask, sizeof(report->nodemask));
	if (report->has_cpuset) {
		episode->known |= EPISODE_KNOWS_NODES;
		memcpy(episode->invoker.mems_allowed, report->mems_allowed,
		       sizeof(report->mems_allowed));
		memcpy(episode->invoker.cpuset, report->cpuset, sizeof(report->cpuset));
	}
	memcpy(episode->invoker.stack, report->stack, sizeof(report->stack));
	episode->invoker.stack_len = report->stack_len;
}

static uint64_t page_bytes(const struct episode *episode, uint64_t count)
{
	return count == BYTES_UNKNOWN || !episode->page_size ? BYTES_UNKNOWN
							     : pages(count, episode);
}

#define TREE_MISSES_MOST 16 /* this part of the usage: what single CPUs have not passed on */

/*
 * Whether the counters of a tree, a line for each memcg of it, lack none: they begin with the one
 * that ran out, and hold what it uses.
 */
static bool is_whole_tree(const struct logreport *report)
{
	const struct klog_memory *read = &report->memory;
	uint64_t kernel = read->memcg_use[USE_KERNEL], used = read->memory.usage, sum;

	if (!report->has_memcg || strcmp(report->stats_memcg, report->oom_memcg) != 0 ||
	    used == BYTES_UNKNOWN || read->memcg_use[USE_ANON] == BYTES_UNKNOWN ||
	    read->memcg_use[USE_FILE] == BYTES_UNKNOWN ||
	    __builtin_add_overflow(read->memcg_use[USE_ANON], read->memcg_use[USE_FILE], &sum) ||
	    (kernel != BYTES_UNKNOWN && __builtin_add_overflow(sum, kernel, &sum)))
		return false;
	return sum >= used - used / TREE_MISSES_MOST && sum <= used + used / TREE_MISSES_MOST;
}

static void make_memcg(struct logreport *report, struct episode *episode)
{
	const struct klog_memory *read = &report->memory;
	uint64_t page = episode->page_size ? episode->page_size : 4096;
	struct memcg *memcg = &episode->memcg;

	if (episode->constraint != CONSTRAINT_MEMCG_)
		return;
	episode->known |= EPISODE_KNOWS_MEMCG;
	memcg->v1 = read->is_v1;
	if (report->has_memcg) {
		memcg->known |= MEMCG_KNOWS_PATH;
		memcg->path = report->oom_memcg;
	} else if (report->stats_memcg[0] && !read->stat_lines) {
		memcg->known |= MEMCG_KNOWS_PATH;
		memcg->path = report->stats_memcg;
	}
	if (read->memory.usage != BYTES_UNKNOWN) {
		memcg->known |= MEMCG_KNOWS_USAGE;
		memcg->usage_bytes = read->memory.usage;
		convert_limit(read->memory.limit / page, page, &memcg->limit_bytes,
			      &memcg->limit_is_max);
		/* PAGE_COUNTER_MAX and RESOURCE_MAX were less than that by some pages. */
		memcg->limit_is_max |= read->memory.limit >= 9007199254740000ULL * 1024;
	}
	if (read->swap.usage != BYTES_UNKNOWN) {
		memcg->known |= MEMCG_KNOWS_SWAP;
		memcg->swap_bytes = read->swap.usage;
		convert_limit(read->swap.limit / page, page, &memcg->swap_limit_bytes,
			      &memcg->swap_limit_is_max);
		memcg->swap_limit_is_max |= read->swap.limit >= 9007199254740000ULL * 1024;
	}
	memcg->oom_group = report->group && (memcg->known & MEMCG_KNOWS_PATH) &&
			   !strcmp(report->group_memcg, memcg->path);
	if (!memcg->oom_group)
		memcg->known |= MEMCG_LACKS_GROUP;
	episode->memory.memcg_usage_bytes = read->memory.usage;
	if (read->stat_lines && !is_whole_tree(report))
		return;
	memcpy(episode->memory.memcg_use_bytes, read->memcg_use, sizeof(read->memcg_use));
}

static void make_memory(struct logreport *report, struct episode *episode)
{
	const struct klog_memory *read = &report->memory;
	struct memory *memory = &episode->memory;

	convert_memory_unknown(memory);
	if (read->pages_present != BYTES_UNKNOWN && read->pages_reserved <= read->pages_present)
		memory->total_bytes =
			page_bytes(episode, read->pages_present - read->pages_reserved);
	memory->free_bytes = page_bytes(episode, read->pages_free);
	memory->swap_total_bytes = read->swap_total;
	memory->swap_free_bytes = read->swap_free;
	for (unsigned int use = 0; use < USE_MAX; use++)
		memory->use_bytes[use] = page_bytes(episode, read->pages_use[use]);
	memcpy(memory->zones, report->zones, sizeof(report->zones));
	memory->n_zones = report->n_zones;
	memory->zones_cut = report->zones_cut;
	episode->known |= EPISODE_KNOWS_MEMORY;
	make_memcg(report, episode);
}

/*
 * Fact: since 2.6.36, and in RHEL 6, points are relative to all the memory that the kernel manages
 *       and all swap (constrained_alloc() of mm/oom_kill.c).
 */
static bool has_totalpages(const struct logreport *report)
{
	struct release release;

	return !release_parse(report->release, &release) &&
	       (release.el6 || release_compare(&release, 2, 6, 36) >= 0);
}

/*
 * Fact: mem_cgroup_get_max() adds to a memcg's limit what it may swap, as far as there is swap,
 * which its report does not say. constrained_alloc() adds all the swap to all the memory. So:   of
 * a memcg it is known where it may not swap.
 */
static void make_totalpages(const struct logreport *report, struct episode *episode)
{
	const struct klog_memory *read = &report->memory;
	uint64_t bytes = BYTES_UNKNOWN, no_swap = read->is_v1 ? read->memory.limit : 0;

	if (!episode->page_size)
		return;
	if (episode->constraint == CONSTRAINT_MEMCG_ && read->memory.limit != BYTES_UNKNOWN &&
	    read->swap.limit == no_swap)
		bytes = read->memory.limit;
	else if (episode->constraint == CONSTRAINT_NONE_ && has_totalpages(report) &&
		 episode->memory.total_bytes != BYTES_UNKNOWN && read->swap_total != BYTES_UNKNOWN)
		bytes = episode->memory.total_bytes + read->swap_total;
	if (bytes == BYTES_UNKNOWN)
		return;
	episode->totalpages = bytes / episode->page_size;
	episode->known |= EPISODE_KNOWS_TOTALPAGES;
}

static void hash(uint64_t *sum, uint64_t value)
{
	*sum = hash_number(*sum, value, sizeof(value));
}

/* Numbers only, for names are written in as many ways as there are logs. */
static uint64_t content_of(const struct logreport *report)
{
	const struct logreport_victim *victim = &report->victims[0];
	uint64_t sum = HASH_BEGIN;

	hash(&sum, victim->pid);
	hash(&sum, victim->total_vm_kib);
	hash(&sum, victim->anon_kib);
	hash(&sum, victim->file_kib);
	hash(&sum, victim->shmem_kib);
	hash(&sum, victim->pgtables_kib);
	for (uint32_t i = 0; i < report->n_rows; i++) {
		hash(&sum, report->rows[i].pid);
		hash(&sum, report->rows[i].total_vm);
		hash(&sum, report->rows[i].rss);
	}
	return sum;
}

/*
 * What tells one kill from all others, the same in every wrapping that has it and whatever of the
 * report is lost: when it was said who dies, and the numbers of that line. A log without the
 * uptime, which is to the microsecond, has the numbers of the table instead.
 */
static uint64_t name_of(const struct logreport *report, uint64_t content)
{
	const struct logreport_victim *victim = &report->victims[0];
	uint64_t sum = HASH_BEGIN;

	if (!report->killed_at.has_uptime)
		return content;
	hash(&sum, report->killed_at.uptime_ns / 1000);
	hash(&sum, victim->total_vm_kib);
	hash(&sum, victim->anon_kib);
	hash(&sum, victim->file_kib);
	return sum;
}

static void make_victims(struct logreport *report, struct logepisode *ret)
{
	struct episode *episode = &ret->episode;

	for (uint32_t i = 0; i < report->n_victims; i++)
		make_victim(report, episode, &report->victims[i], &ret->victims[i]);
	name_victim(report, episode, &ret->victims[0]);
	episode->victim = ret->victims[0];
	episode->victims = ret->victims;
	episode->n_victims = report->n_victims;
	/* Groups there are since 4.19; where no line tells of one, that line may have been lost. */
	episode->group = report->group;
	if (report->group || (release_of(report) && release_of(report) < 4018))
		episode->known |= EPISODE_KNOWS_SCOPE;
	episode->loss[LOSS_VICTIM_TABLE] = report->victims_over;
	if (report->cause == LOGLINE_CAUSE_ALLOCATING_TASK)
		episode->selection = SELECTION_ALLOCATING_TASK;
	else if (report->cause == LOGLINE_CAUSE_GLOBAL || report->cause == LOGLINE_CAUSE_MEMCG)
		episode->selection = SELECTION_BADNESS;
	ret->content = content_of(report);
	convert_id("", report->victims[0].pid, name_of(report, ret->content), episode->id);
}

void logepisode_make(struct logreport *report, const struct logclock *clock, const char *source,
		     struct logepisode *ret)
{
	struct episode *episode = &ret->episode;

	memset(episode, 0, sizeof(*episode));
	episode->source = source;
	episode->backend = WIRE_BACKENDS; /* none */
	episode->boot_ns = report->at.has_uptime ? report->at.uptime_ns : 0;
	episode->began_ns = episode->boot_ns;
	episode->real_ns = logclock_real(clock, &report->at);
	episode->time_text = report->at.time_text[0] ? report->at.time_text : NULL;
	episode->no_kill = report->no_kill;
	episode->sysrq = report->sysrq;
	episode->page_size = page_size_of(report);
	memset(&episode->sysctls, 0xff, sizeof(episode->sysctls));
	episode->sysctls.panic_on_oom = report->panic_on_oom;
	if (release_before(report->release, RULE_SINCE_MAJOR, RULE_SINCE_MINOR))
		episode->known |= EPISODE_OLDER_RULE;
	make_constraint(report, episode);
	make_invoker(report, episode);
	make_memory(report, episode);
	make_totalpages(report, episode);
	if (!episode->no_kill)
		make_victims(report, ret);
	make_candidates(report, ret);
	episode->loss[LOSS_LOG_LINE] = report->damaged;
	/* Either the line that says who is killed, or one before it, begins with why. */
	if (!episode->no_kill && !report->cause && !report->damaged)
		episode->loss[LOSS_LOG_LINE] = 1;
}
