// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/explain.h"

#include <errno.h>
#include <string.h>

#include "core/score.h"

#define ADJ_MIN (-1000) /* OOM_SCORE_ADJ_MIN, include/uapi/linux/oom.h */

/* From which share on something is worth a sentence, in 1/1000. */
#define PAGE_TABLES_MUCH 100
#define SHMEM_MUCH       100
#define SWAP_FULL        980
#define CANDIDATES_FEW   500

int explain_arithmetic(const struct episode *episode, const struct task *task,
		       struct arithmetic *ret_arithmetic)
{
	uint64_t page = episode->page_size;
	struct arithmetic sums = {.adj = task->oom_score_adj};

	if (!(task->known & TASK_KNOWS_MEMORY) || !(episode->known & EPISODE_KNOWS_TOTALPAGES) ||
	    !page)
		return -ENODATA;
	sums.anon = task->rss_anon_bytes / page;
	sums.file = task->rss_file_bytes / page;
	sums.shmem = task->rss_shmem_bytes / page;
	sums.swap = task->swap_bytes / page;
	sums.pgtables = task->pgtables_bytes / page;
	sums.sum = sums.anon + sums.file + sums.shmem + sums.swap + sums.pgtables;
	sums.unit = episode->totalpages / 1000;
	sums.adjusted = score_adjustment(sums.adj, episode->totalpages);
	sums.points = (int64_t)(sums.sum + (uint64_t)sums.adjusted);
	if ((task->known & TASK_KNOWS_POINTS) && task->points_from_kernel)
		sums.drift = (int64_t)((uint64_t)task->points - (uint64_t)sums.points);
	*ret_arithmetic = sums;
	return 0;
}

/* @part of @whole in 1/1000, rounded down; 0 of nothing. */
static uint32_t permille_of(uint64_t part, uint64_t whole)
{
	if (!whole)
		return 0;
	/* A double carries 53 bits, which are bytes enough for any machine. */
	return part >= whole ? 1000 : (uint32_t)((double)part * 1000 / (double)whole);
}

void explain_shares(const struct episode *episode, uint32_t ret_shares[PART_MAX])
{
	uint64_t parts[PART_MAX] = {0}, whole = 0;
	struct arithmetic sums;

	memset(ret_shares, 0, PART_MAX * sizeof(*ret_shares));
	if (explain_arithmetic(episode, &episode->victim, &sums))
		return;
	parts[PART_ANON] = sums.anon;
	parts[PART_FILE] = sums.file;
	parts[PART_SHMEM] = sums.shmem;
	parts[PART_SWAP] = sums.swap;
	parts[PART_PAGE_TABLES] = sums.pgtables;
	parts[PART_OOM_SCORE_ADJ] = sums.adjusted > 0 ? (uint64_t)sums.adjusted : 0;
	for (unsigned int part = PART_ANON; part < PART_MAX; part++)
		whole += parts[part];
	for (unsigned int part = PART_ANON; part < PART_MAX; part++)
		ret_shares[part] = permille_of(parts[part], whole);
}

static bool same_task(const struct task *a, const struct task *b)
{
	return a->pid == b->pid && a->start_ns == b->start_ns;
}

/* What @task adds to the choice without its oom_score_adj. */
static uint64_t memory_of(const struct task *task)
{
	return task->rss_anon_bytes + task->rss_file_bytes + task->rss_shmem_bytes +
	       task->swap_bytes + task->pgtables_bytes;
}

static bool has_memory(const struct task *task)
{
	return task->known & TASK_KNOWS_MEMORY;
}

static bool chosen_by_points(const struct episode *episode)
{
	return !episode->no_kill && episode->candidates_source != SOURCE_NONE &&
	       episode->selection != SELECTION_ALLOCATING_TASK &&
	       episode->selection != SELECTION_EXITING_TASK;
}

/* Whether the cgroup @path lies within @parent, or is it. */
static bool is_within(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	if (len && parent[len - 1] == '/')
		len--;
	return !strncmp(path, parent, len) && (path[len] == '\0' || path[len] == '/');
}

/* The findings, being gathered. */
struct gathering {
	const struct episode *episode;
	struct finding *findings;
	size_t count;
};

static void add(struct gathering *gathering, const struct finding *finding)
{
	gathering->findings[gathering->count++] = *finding;
}

static void find_manner(struct gathering *gathering)
{
	const struct episode *episode = gathering->episode;
	struct finding group = {.what = FINDING_GROUP}, shared = {.what = FINDING_SHARED_MM};

	if (episode->selection == SELECTION_ALLOCATING_TASK)
		add(gathering, &(struct finding){.what = FINDING_ALLOCATING_TASK});
	if (episode->selection == SELECTION_EXITING_TASK)
		add(gathering, &(struct finding){.what = FINDING_EXITING_TASK});
	for (uint32_t i = 1; i < episode->n_victims; i++) {
		group.count += episode->victims[i].killed_as == KILLED_AS_GROUP;
		shared.count += episode->victims[i].killed_as == KILLED_AS_SHARED_MM;
	}
	if (group.count) {
		group.count++; /* the chosen one is of the group */
		if (episode->memcg.oom_group && (episode->memcg.known & MEMCG_KNOWS_PATH))
			group.path = episode->memcg.path;
		add(gathering, &group);
	}
	if (shared.count)
		add(gathering, &shared);
}

/* Somebody with more points, or as many, who lives. */
static void find_rival(struct gathering *gathering)
{
	const struct episode *episode = gathering->episode;
	const struct task *victim = &episode->victim, *rival = NULL;
	struct finding finding = {0};

	if (!chosen_by_points(episode) || !(victim->known & TASK_KNOWS_POINTS))
		return;
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];

		if (task->eligible && (task->known & TASK_KNOWS_POINTS) &&
		    !same_task(task, victim) && (!rival || task->points > rival->points))
			rival = task;
	}
	if (!rival || rival->points < victim->points)
		return;
	finding.what = rival->points > victim->points ? FINDING_NOT_HIGHEST : FINDING_TIE;
	finding.task = rival;
	finding.points = (int64_t)((uint64_t)rival->points - (uint64_t)victim->points);
	add(gathering, &finding);
}

/* What @task holds as a log's table has it, whatever it is made of. Returns false: not known. */
static bool held_by(const struct task *task, uint64_t *ret_bytes)
{
	if (!task_rss(task, ret_bytes) || !task_knows(task, TASK_KNOWS_SWAP) ||
	    !task_knows(task, TASK_KNOWS_PGTABLES))
		return false;
	*ret_bytes += task->swap_bytes + task->pgtables_bytes;
	return true;
}

/* Counts @task among those that cannot be chosen, and what it holds where that is known. */
static void guard(struct finding *guarded, const struct task *task)
{
	uint64_t bytes, most = 0;

	guarded->count++;
	if (!held_by(task, &bytes))
		return;
	guarded->bytes += bytes;
	if (!guarded->task || (held_by(guarded->task, &most) && bytes > most))
		guarded->task = task;
}

static void find_adj(struct gathering *gathering)
{
	const struct episode *episode = gathering->episode;
	struct finding decided = {.what = FINDING_ADJ_DECIDED};
	struct finding powerless = {.what = FINDING_ADJ_POWERLESS};
	struct finding guarded = {.what = FINDING_PROTECTED};

	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];
		bool can_be = task->eligible && has_memory(task);
		uint64_t bytes = has_memory(task) ? memory_of(task) : 0;

		if (task->oom_score_adj == ADJ_MIN && !task->eligible &&
		    !(task->known & TASK_LACKS_ADJ))
			guard(&guarded, task);
		powerless.count += task->eligible && task->oom_score_adj != 0;
		if (can_be && !same_task(task, &episode->victim) &&
		    (!decided.task || bytes > memory_of(decided.task)))
			decided.task = task;
	}
	if (chosen_by_points(episode) && decided.task && has_memory(&episode->victim) &&
	    memory_of(decided.task) > memory_of(&episode->victim) &&
	    decided.task->oom_score_adj < episode->victim.oom_score_adj) {
		decided.bytes = memory_of(decided.task) - memory_of(&episode->victim);
		add(gathering, &decided);
	}
	if (powerless.count && (episode->known & EPISODE_KNOWS_TOTALPAGES) &&
	    episode->totalpages < 1000)
		add(gathering, &powerless);
	if (guarded.count)
		add(gathering, &guarded);
}

static void find_place(struct gathering *gathering)
{
	const struct episode *episode = gathering->episode;
	const struct memcg *memcg = &episode->memcg;
	const char *of_victim = episode->victim.cgroup, *of_invoker = episode->invoker.cgroup;

	if ((episode->known & EPISODE_KNOWS_MEMCG) && (memcg->known & MEMCG_KNOWS_PATH) &&
	    !memcg->path_truncated) {
		if (!episode->no_kill && of_victim && !episode->victim.cgroup_truncated &&
		    is_within(of_victim, memcg->path) && strcmp(of_victim, memcg->path) != 0)
			add(gathering, &(struct finding){.what = FINDING_ANCESTOR_LIMIT,
							 .path = memcg->path,
							 .other_path = of_victim});
		if (of_invoker && !episode->invoker.cgroup_truncated &&
		    !is_within(of_invoker, memcg->path))
			add(gathering, &(struct finding){.what = FINDING_OUTSIDER,
							 .path = memcg->path,
							 .other_path = of_invoker});
	}
	if ((episode->known & EPISODE_KNOWS_CONSTRAINT) &&
	    (episode->constraint == CONSTRAINT_CPUSET_ ||
	     episode->constraint == CONSTRAINT_MEMORY_POLICY_) &&
	    (episode->known & EPISODE_KNOWS_MEMORY) && episode->memory.free_bytes != BYTES_UNKNOWN)
		add(gathering,
		    &(struct finding){.what = FINDING_NODES, .bytes = episode->memory.free_bytes});
}

static void find_swap(struct gathering *gathering)
{
	const struct episode *episode = gathering->episode;
	const struct memory *memory = &episode->memory;
	const struct memcg *memcg = &episode->memcg;
	bool in_memcg = episode->known & EPISODE_KNOWS_MEMCG;
	uint64_t total = memory->swap_total_bytes, left = memory->swap_free_bytes;
	uint64_t anon = in_memcg ? memory->memcg_use_bytes[USE_ANON] : memory->use_bytes[USE_ANON];
	struct finding finding = {.of_bytes = total};

	if (!(episode->known & EPISODE_KNOWS_MEMORY) || total == BYTES_UNKNOWN)
		return;
	if (!total) {
		finding.what = FINDING_NO_SWAP;
		finding.bytes = anon == BYTES_UNKNOWN ? 0 : anon;
		add(gathering, &finding);
		return;
	}
	if (in_memcg && (memcg->known & MEMCG_KNOWS_SWAP) && !memcg->swap_limit_is_max &&
	    memcg->swap_limit_bytes == (memcg->v1 ? memcg->limit_bytes : 0)) {
		finding.what = FINDING_SWAP_FORBIDDEN;
		add(gathering, &finding);
		return;
	}
	if (left == BYTES_UNKNOWN || left > total || permille_of(total - left, total) < SWAP_FULL)
		return;
	finding.what = FINDING_SWAP_FULL;
	finding.bytes = total - left;
	add(gathering, &finding);
}

static void find_victims_memory(struct gathering *gathering)
{
	const struct task *victim = &gathering->episode->victim;
	struct finding finding = {0};

	if (gathering->episode->no_kill || !has_memory(victim))
		return;
	finding.of_bytes = memory_of(victim);
	finding.what = FINDING_PAGE_TABLES;
	finding.bytes = victim->pgtables_bytes;
	finding.permille = permille_of(finding.bytes, finding.of_bytes);
	if (finding.permille >= PAGE_TABLES_MUCH)
		add(gathering, &finding);
	finding.what = FINDING_SHMEM_STAYS;
	finding.bytes = victim->rss_shmem_bytes;
	finding.permille = permille_of(finding.bytes, finding.of_bytes);
	if (finding.permille >= SHMEM_MUCH)
		add(gathering, &finding);
}

/* Memory in use that no candidate accounts for: killing may not free it. */
static void find_unexplained(struct gathering *gathering)
{
	struct finding finding = {.what = FINDING_UNEXPLAINED, .use = USE_MAX};
	struct why why = why_explain(gathering->episode);

	if (why.candidates_share < 0 || why.candidates_share >= CANDIDATES_FEW)
		return;
	finding.permille = (uint32_t)why.candidates_share;
	finding.of_bytes = why.used_bytes;
	for (uint32_t i = 0; i < why.n_uses; i++) {
		if (why.uses[i].use == USE_ANON)
			continue;
		finding.use = why.uses[i].use;
		finding.bytes = why.uses[i].bytes;
		finding.stays = why.uses[i].stays;
		break;
	}
	add(gathering, &finding);
}

static void find_history(struct gathering *gathering)
{
	const struct episode *episode = gathering->episode;

	if (episode->recent_kills)
		add(gathering, &(struct finding){.what = FINDING_REPEATED,
						 .count = episode->recent_kills,
						 .span_ns = episode->recent_span_ns,
						 .path = episode->memcg.path});
	if (episode->lost || episode->truncated)
		add(gathering,
		    &(struct finding){.what = FINDING_INCOMPLETE, .count = episode->lost});
}

size_t explain_findings(const struct episode *episode, struct finding ret_findings[FINDING_MAX])
{
	struct gathering gathering = {.episode = episode, .findings = ret_findings};

	find_manner(&gathering);
	find_rival(&gathering);
	find_adj(&gathering);
	find_place(&gathering);
	find_swap(&gathering);
	find_victims_memory(&gathering);
	find_unexplained(&gathering);
	find_history(&gathering);
	return gathering.count;
}

const char *finding_name(unsigned int what)
{
	static const char *const names[FINDING_MAX] = {
		[FINDING_ALLOCATING_TASK] = "allocating_task",
		[FINDING_EXITING_TASK] = "exiting_task",
		[FINDING_GROUP] = "oom_group",
		[FINDING_SHARED_MM] = "shared_mm",
		[FINDING_NOT_HIGHEST] = "not_highest",
		[FINDING_TIE] = "tie",
		[FINDING_ADJ_DECIDED] = "oom_score_adj_decided",
		[FINDING_ADJ_POWERLESS] = "oom_score_adj_without_effect",
		[FINDING_PROTECTED] = "protected",
		[FINDING_ANCESTOR_LIMIT] = "ancestor_limit",
		[FINDING_NODES] = "nodes",
		[FINDING_OUTSIDER] = "invoker_outside",
		[FINDING_NO_SWAP] = "no_swap",
		[FINDING_SWAP_FORBIDDEN] = "swap_forbidden",
		[FINDING_SWAP_FULL] = "swap_full",
		[FINDING_PAGE_TABLES] = "page_tables",
		[FINDING_SHMEM_STAYS] = "shmem_stays",
		[FINDING_UNEXPLAINED] = "not_of_candidates",
		[FINDING_REPEATED] = "repeated",
		[FINDING_INCOMPLETE] = "candidates_lost",
	};

	return what < FINDING_MAX ? names[what] : NULL;
}
