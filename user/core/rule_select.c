// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who is chosen by a rule, and who dies. What one task has by it is in rule_points.c. */
#include <string.h>

#include "core/rule_points.h"
#include "core/score.h"

#define ADJ_MIN   (-1000) /* OOM_SCORE_ADJ_MIN, include/uapi/linux/oom.h */
#define NO_SCAN   UINT32_MAX
#define NOT_FOUND SIZE_MAX

int rules_oom_adj(int oom_score_adj)
{
	/* oom_adj_read() of fs/proc/base.c: no more than OOM_ADJUST_MAX. */
	int oom_adj = oom_score_adj * 17 / 1000;

	return oom_adj > 15 ? 15 : oom_adj;
}

struct rule_input rules_input(const struct episode *episode)
{
	uint64_t totalpages = episode->known & EPISODE_KNOWS_TOTALPAGES ? episode->totalpages : 0;

	return (struct rule_input){
		.tasks = episode->tasks,
		.n_tasks = episode->n_tasks,
		.totalpages = totalpages,
		.was_totalpages = totalpages,
		.page_size = episode->page_size,
		.constraint = episode->known & EPISODE_KNOWS_CONSTRAINT ? episode->constraint
									: CONSTRAINT_UNKNOWN,
		.rss_counters = episode->rss_counters,
		.whole = episode->candidates_source != SOURCE_NONE && !episode->lost &&
			 !episode->truncated,
		.invoker_pid = episode->known & EPISODE_KNOWS_INVOKER ? episode->invoker.pid : 0,
	};
}

static bool same_mm(const struct task *a, const struct task *b)
{
	return a->mm_id && a->mm_id == b->mm_id;
}

/* --- finding tasks: a permutation over the scores, sorted on a heap --- */

typedef uint32_t task_key(const struct task *task);

static uint32_t pid_key(const struct task *task)
{
	return task->pid;
}

static uint32_t mm_key(const struct task *task)
{
	return task->mm_id;
}

static uint32_t key_at(const struct rule_score *scores, size_t place, task_key *key)
{
	return key(scores[scores[place].order].task);
}

static void swap_places(struct rule_score *scores, size_t a, size_t b)
{
	uint32_t held = scores[a].order;

	scores[a].order = scores[b].order;
	scores[b].order = held;
}

static void sink_key(struct rule_score *scores, size_t root, size_t count, task_key *key)
{
	size_t child;

	for (; (child = 2 * root + 1) < count; root = child) {
		if (child + 1 < count &&
		    key_at(scores, child, key) < key_at(scores, child + 1, key))
			child++;
		if (key_at(scores, root, key) >= key_at(scores, child, key))
			return;
		swap_places(scores, root, child);
	}
}

static void sort_by(struct rule_score *scores, size_t count, task_key *key)
{
	for (size_t i = 0; i < count; i++)
		scores[i].order = (uint32_t)i;
	for (size_t i = count / 2; i-- > 0;)
		sink_key(scores, i, count, key);
	for (size_t end = count; end-- > 1;) {
		swap_places(scores, 0, end);
		sink_key(scores, 0, end, key);
	}
}

static size_t find_pid(const struct rule_score *scores, size_t count, uint32_t pid)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (key_at(scores, middle, pid_key) < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && key_at(scores, low, pid_key) == pid ? scores[low].order : NOT_FOUND;
}

/* --- what the tasks are, before they are scored --- */

/*
 * oom_score_adj is one value for all processes that share their memory: writing it for one writes
 * it for the others too (__set_oom_adj of fs/proc/base.c, since 4.8).
 */
static void change_adj(const struct rule_input *input, struct rule_score *scores,
		       const struct rule_change *change)
{
	size_t at = find_pid(scores, input->n_tasks, change->pid);

	if (at == NOT_FOUND)
		return;
	scores[at].adj = change->adj;
	for (size_t i = 0; i < input->n_tasks; i++) {
		if (same_mm(scores[i].task, scores[at].task))
			scores[i].adj = change->adj;
	}
}

static bool is_removed(const struct rule_input *input, uint32_t pid)
{
	for (size_t i = 0; i < input->n_changes; i++) {
		if (input->changes[i].remove && input->changes[i].pid == pid)
			return true;
	}
	return false;
}

/* Says of every task whether a process that shares its memory may not be killed. */
static void find_disabled(const struct rule_input *input, struct rule_score *scores)
{
	size_t end;

	sort_by(scores, input->n_tasks, mm_key);
	for (size_t i = 0; i < input->n_tasks; i = end) {
		uint32_t mm = key_at(scores, i, mm_key);
		bool disabled = false;

		for (end = i; end < input->n_tasks && key_at(scores, end, mm_key) == mm; end++)
			disabled |= scores[scores[end].order].adj == ADJ_MIN;
		for (size_t j = i; mm && j < end; j++)
			scores[scores[j].order].disabled = disabled;
	}
	sort_by(scores, input->n_tasks, pid_key);
}

static bool can_be_chosen(const struct rule *rule, const struct rule_input *input,
			  const struct rule_score *scores, size_t at)
{
	const struct task *task = scores[at].task;

	if (is_removed(input, task->pid))
		return false;
	switch (task->skip) {
	case SKIP_NONE:
		if (!task->eligible && task->oom_score_adj != ADJ_MIN)
			return false; /* from a source that does not say why not */
		break;
	case SKIP_ADJ_MIN:
		break; /* asked below, for this rule and this adj */
	case SKIP_IN_VFORK:
		if (rule->traits & RULE_PASSES_VFORK)
			return false;
		break;
	case SKIP_NOT_IN_NODEMASK:
		if (rule->cpuset == CPUSET_SKIPS || rule->cpuset == CPUSET_GLOBAL)
			return false;
		break;
	default:
		return false;
	}
	/* An origin was selected before its oom_score_adj was looked at. */
	if (rule->origin == ORIGIN_SELECT && task->origin)
		return true;
	if (!(rule->traits & RULE_DISABLE))
		return true;
	if (scores[at].adj == ADJ_MIN)
		return false;
	return !scores[at].disabled;
}

static void prepare(const struct rule *rule, const struct rule_input *input,
		    struct rule_score *scores)
{
	memset(scores, 0, input->n_tasks * sizeof(*scores));
	for (size_t i = 0; i < input->n_tasks; i++) {
		scores[i].task = &input->tasks[i];
		scores[i].adj = input->tasks[i].oom_score_adj;
	}
	sort_by(scores, input->n_tasks, pid_key);
	for (size_t i = 0; i < input->n_changes; i++) {
		if (!input->changes[i].remove)
			change_adj(input, scores, &input->changes[i]);
	}
	if (rule->traits & RULE_DISABLE_SHARED)
		find_disabled(input, scores);
	for (size_t i = 0; i < input->n_tasks; i++) {
		const struct task *child = scores[i].task;
		size_t parent;

		scores[i].candidate = can_be_chosen(rule, input, scores, i);
		if (!(rule->traits & (RULE_CHILDREN_WHOLE | RULE_CHILDREN_HALF)) || !child->ppid ||
		    is_removed(input, child->pid))
			continue;
		parent = find_pid(scores, input->n_tasks, child->ppid);
		if (parent != NOT_FOUND && !same_mm(child, scores[parent].task))
			scores[parent].children += rule_child_pages(rule, child, input->page_size);
	}
}

/* --- what is not known --- */

static void lacks(struct rule_verdict *verdict, unsigned int lack)
{
	verdict->lacks |= 1U << lack;
}

static void lacks_of_task(struct rule_verdict *verdict, unsigned int lack, bool is_lacking)
{
	if (!is_lacking)
		return;
	lacks(verdict, lack);
	verdict->tasks_lacking[lack]++;
}

static bool asks_for_children(const struct rule *rule)
{
	return rule->child != CHILD_SPARED ||
	       (rule->traits & (RULE_CHILDREN_WHOLE | RULE_CHILDREN_HALF));
}

static bool asks_for_credentials(const struct rule *rule)
{
	return rule->family == RULE_BADNESS || rule->family == RULE_PERMILLE ||
	       (rule->traits & (RULE_ROOT_30 | RULE_ROOT_SHARE));
}

static bool asks_for_identity(const struct rule *rule)
{
	return rule->family == RULE_BADNESS || rule->family == RULE_GOODNESS ||
	       asks_for_children(rule);
}

static bool lacks_parts(const struct rule *rule, const struct task *task)
{
	bool tables = rule->traits & (RULE_PTES | RULE_PAGE_TABLES);

	if ((rule->family != RULE_PERMILLE && rule->family != RULE_PAGES) ||
	    (task->known & TASK_KNOWS_POINTS))
		return false;
	return !task_knows(task, TASK_KNOWS_SWAP) ||
	       (tables && !task_knows(task, TASK_KNOWS_PGTABLES));
}

static void find_task_lacks(const struct rule *rule, const struct rule_input *input,
			    const struct rule_score *score, struct rule_verdict *verdict)
{
	const struct task *task = score->task;
	bool identified = task->known & TASK_KNOWS_IDENTITY;
	bool old = rule->family == RULE_BADNESS;

	lacks_of_task(verdict, LACK_MEMORY,
		      !score->has_points && (rule->family != RULE_PERMILLE || input->totalpages));
	lacks_of_task(verdict, LACK_IDENTITY, asks_for_identity(rule) && !identified);
	lacks_of_task(verdict, LACK_CREDENTIALS,
		      asks_for_credentials(rule) && !(task->known & TASK_KNOWS_CREDENTIALS));
	lacks_of_task(verdict, LACK_CPU, old && !(task->known & TASK_KNOWS_CPU));
	lacks_of_task(verdict, LACK_THREADS,
		      old && (rule->traits & RULE_PER_THREAD) && task->threads > 1);
	lacks_of_task(verdict, LACK_PTES,
		      (rule->traits & RULE_PTES) && task->pgtables_bytes && !input->lowest_tables);
	lacks_of_task(verdict, LACK_PARTS, score->has_points && lacks_parts(rule, task));
	lacks_of_task(verdict, LACK_ORIGIN, rule->origin != ORIGIN_NOT_ASKED && !identified);
	lacks_of_task(verdict, LACK_MM, asks_for_children(rule) && identified && !task->mm_id);
	if (rule->family == RULE_PERMILLE ||
	    (rule->family == RULE_PAGES &&
	     (score->adj || ((rule->traits & RULE_ROOT_30) && rule_is_root(rule, task)))))
		lacks_of_task(verdict, LACK_TOTALPAGES, !input->totalpages);
}

/* A child was its thread's, and that was the one which had to be chosen. */
static void find_child_lacks(const struct rule *rule, const struct rule_input *input,
			     const struct rule_score *scores, struct rule_verdict *verdict)
{
	if (rule->family != RULE_BADNESS || !asks_for_children(rule))
		return;
	for (size_t i = 0; i < input->n_tasks; i++) {
		size_t parent = find_pid(scores, input->n_tasks, input->tasks[i].ppid);

		lacks_of_task(verdict, LACK_CHILD_THREADS,
			      parent != NOT_FOUND && scores[parent].task->threads > 1);
	}
	if (input->constraint == CONSTRAINT_MEMCG_)
		lacks(verdict, LACK_CHILDREN);
}

static void find_lacks(const struct rule *rule, const struct rule_input *input,
		       const struct rule_score *scores, struct rule_verdict *verdict)
{
	bool in_memcg = input->constraint == CONSTRAINT_MEMCG_;

	for (size_t i = 0; i < input->n_tasks; i++) {
		if (scores[i].candidate)
			find_task_lacks(rule, input, &scores[i], verdict);
	}
	find_child_lacks(rule, input, scores, verdict);
	if (!input->whole)
		lacks(verdict, LACK_CANDIDATES);
	if (rule->family == RULE_GOODNESS)
		lacks(verdict, LACK_SLICE);
	if (in_memcg && (rule->cpuset == CPUSET_SKIPS || rule->cpuset == CPUSET_EIGHTH))
		lacks(verdict, LACK_CPUSET);
	if (in_memcg && rule->family != RULE_GOODNESS && !(rule->traits & RULE_MEMCG))
		lacks(verdict, LACK_MEMCG);
	if (rule->traits & RULE_INIT)
		lacks(verdict, LACK_INIT);
	if (rule->rss != RSS_UNKNOWN && input->rss_counters != RSS_UNKNOWN &&
	    rule->rss != input->rss_counters)
		lacks(verdict, LACK_COUNTERS);
}

/* --- choosing --- */

/*
 * The place of tasks in this rule's scan: below 0 when @a is before @b. Until 3.5 the task list
 * was walked within a memory cgroup too, and that is in the order in which they were forked.
 */
static int scan_order(const struct rule *rule, const struct rule_input *input, const struct task *a,
		      const struct task *b)
{
	bool forked = input->constraint == CONSTRAINT_MEMCG_ && !(rule->traits & RULE_MEMCG_SCAN);

	if (!forked && a->scan != b->scan)
		return a->scan < b->scan ? -1 : 1;
	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static bool scan_known(const struct rule *rule, const struct rule_input *input,
		       const struct task *a, const struct task *b)
{
	if (input->constraint == CONSTRAINT_MEMCG_ && !(rule->traits & RULE_MEMCG_SCAN))
		return a->start_ns != b->start_ns;
	return a->scan != NO_SCAN && b->scan != NO_SCAN && a->scan != b->scan;
}

/* Whether the loop can take it at all: with no points most releases do not. */
static bool is_takeable(const struct rule *rule, const struct rule_score *score)
{
	if (!score->candidate || (!score->has_points && !score->first))
		return false;
	return score->first || score->points ||
	       (rule->traits & (RULE_SIGNED | RULE_FIRST_AT_LEAST)) ||
	       rule->family == RULE_GOODNESS;
}

/* Below 0 when @a has more, 0 when they are equals. */
static int points_order(const struct rule *rule, const struct rule_score *a,
			const struct rule_score *b)
{
	if (a->first != b->first)
		return a->first ? -1 : 1;
	if (a->first || a->points == b->points)
		return 0;
	if (rule->traits & RULE_SIGNED)
		return (int64_t)a->points > (int64_t)b->points ? -1 : 1;
	return a->points > b->points ? -1 : 1;
}

int rules_compare(const struct rule *rule, const struct rule_input *input,
		  const struct rule_score *a, const struct rule_score *b)
{
	bool takes_a = is_takeable(rule, a), takes_b = is_takeable(rule, b);
	bool last = rule->traits & RULE_LAST_WINS;
	int order;

	if (takes_a != takes_b)
		return takes_a ? -1 : 1;
	order = takes_a ? points_order(rule, a, b) : 0;
	if (order)
		return order;
	/* Of those that ask for it, the later releases take the last one. */
	if (a->first && b->first && takes_a)
		last = rule->origin == ORIGIN_SELECT;
	order = scan_order(rule, input, a->task, b->task);
	return last ? -order : order;
}

static void choose(const struct rule *rule, const struct rule_input *input,
		   const struct rule_score *scores, struct rule_verdict *verdict)
{
	const struct rule_score *best = NULL;

	for (size_t i = 0; i < input->n_tasks; i++) {
		if (is_takeable(rule, &scores[i]) &&
		    (!best || rules_compare(rule, input, &scores[i], best) < 0))
			best = &scores[i];
	}
	if (!best)
		return;
	verdict->chosen = verdict->victim = best->task;
	verdict->chosen_points = best->points;
	for (size_t i = 0; i < input->n_tasks; i++) {
		if (&scores[i] == best || !is_takeable(rule, &scores[i]) ||
		    points_order(rule, &scores[i], best))
			continue;
		verdict->tied = true;
		if (!scan_known(rule, input, scores[i].task, best->task))
			lacks(verdict, LACK_SCAN);
	}
}

/* Children hang on their parent in the order in which they were forked. */
static bool born_before(const struct task *a, const struct task *b)
{
	return a->start_ns != b->start_ns ? a->start_ns < b->start_ns : a->pid < b->pid;
}

static bool can_stand_in(const struct rule *rule, const struct rule_input *input,
			 const struct rule_score *score, const struct task *chosen)
{
	const struct task *child = score->task;

	if (child->ppid != chosen->pid || child == chosen || same_mm(child, chosen) ||
	    is_removed(input, child->pid))
		return false;
	if (rule->child == CHILD_WORST)
		return score->candidate && score->has_points && score->points;
	/* Whether it was one to choose was not asked: only that it had memory. */
	if (!task_knows(child, TASK_KNOWS_TOTAL_VM) || child->skip == SKIP_REAPED)
		return false;
	return !(rule->traits & RULE_SPARES_CHILD) || score->adj != ADJ_MIN;
}

static void sacrifice(const struct rule *rule, const struct rule_input *input,
		      const struct rule_score *scores, struct rule_verdict *verdict)
{
	const struct rule_score *best = NULL;

	if (rule->child == CHILD_SPARED || !verdict->chosen)
		return;
	for (size_t i = 0; i < input->n_tasks; i++) {
		const struct rule_score *score = &scores[i];
		bool more = rule->child == CHILD_WORST && best && score->points > best->points;
		bool less = rule->child == CHILD_WORST && best && score->points < best->points;

		if (can_stand_in(rule, input, score, verdict->chosen) &&
		    (!best || more || (!less && born_before(score->task, best->task))))
			best = score;
	}
	if (best)
		verdict->victim = best->task;
}

void rules_select(const struct rule *rule, const struct rule_input *input,
		  struct rule_score *scores, struct rule_verdict *ret_verdict)
{
	struct rule_verdict verdict = {.rule = rule};

	prepare(rule, input, scores);
	for (size_t i = 0; i < input->n_tasks; i++) {
		scores[i].has_points = rule_points(rule, input, &scores[i], &scores[i].points);
		scores[i].first = scores[i].task->origin && scores[i].candidate &&
				  (rule->origin == ORIGIN_AT_ONCE || rule->origin == ORIGIN_MAX ||
				   rule->origin == ORIGIN_SELECT);
	}
	find_lacks(rule, input, scores, &verdict);
	choose(rule, input, scores, &verdict);
	sacrifice(rule, input, scores, &verdict);
	*ret_verdict = verdict;
}

/* --- ranking --- */

static void sink_score(const struct rule *rule, const struct rule_input *input,
		       struct rule_score *scores, size_t root, size_t count)
{
	size_t child;

	for (; (child = 2 * root + 1) < count; root = child) {
		struct rule_score held = scores[root];

		if (child + 1 < count &&
		    rules_compare(rule, input, &scores[child], &scores[child + 1]) < 0)
			child++;
		if (rules_compare(rule, input, &scores[root], &scores[child]) >= 0)
			return;
		scores[root] = scores[child];
		scores[child] = held;
	}
}

void rules_rank(const struct rule *rule, const struct rule_input *input, struct rule_score *scores,
		size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sink_score(rule, input, scores, i, count);
	for (size_t end = count; end-- > 1;) {
		struct rule_score held = scores[0];

		scores[0] = scores[end];
		scores[end] = held;
		sink_score(rule, input, scores, 0, end);
	}
}
