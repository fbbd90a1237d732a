// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Why this one, for a person who wants to follow the arithmetic. */
#include "sink/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/flow.h"
#include "lib/units.h"
#include "lib/utf8.h"
#include "sink/explain_findings.h"
#include "sink/sink.h"

#define MARGIN       2
#define TERMS_INDENT 7 /* of a candidate's arithmetic, below its name */

static void show_head(struct flow *flow, const char *words)
{
	outbuf_putc(flow->out, '\n');
	flow_begin(flow, "", 0);
	flow_color(flow, SGR_BOLD);
	flow_words(flow, "%s", words);
	flow_color(flow, SGR_NONE);
	flow_end(flow);
}

static void show_constraint(struct flow *flow, uint8_t constraint)
{
	if (constraint == CONSTRAINT_NONE_)
		flow_words(flow, "when the machine ran out of memory");
	else if (constraint == CONSTRAINT_CPUSET_ || constraint == CONSTRAINT_MEMORY_POLICY_)
		flow_words(flow, "when some memory nodes ran out");
}

static void show_title(struct flow *flow, const struct explanation *explanation, int64_t today)
{
	const struct episode *episode = explanation->episode;
	process_text name;
	units_text clock;

	flow_begin(flow, "", 0);
	flow->indent = MARGIN;
	flow_color(flow, SGR_BOLD);
	flow_words(flow, "why");
	flow_word(flow, "%s", text_process(name, episode->victim.comm, episode->victim.pid));
	flow_words(flow, "died");
	flow_color(flow, SGR_NONE);
	if (episode->real_ns)
		flow_word(flow, "at %s", units_clock(clock, episode->real_ns, today, 0));
	if (episode->memcg.path) {
		flow_words(flow, "when");
		flow_parts(flow, episode->memcg.path, '/');
		flow_words(flow, "met its limit");
	} else if (episode->known & EPISODE_KNOWS_CONSTRAINT) {
		show_constraint(flow, episode->constraint);
	}
	flow_end(flow);
}

/* "126,953 anon + 281 file + ... = 127,539; adj 0 x 131 = 0" */
static void show_terms(struct flow *flow, const struct arithmetic *sums, bool eligible)
{
	const struct {
		const char *name;
		uint64_t pages;
	} terms[] = {
		{"anon", sums->anon},
		{"file", sums->file},
		{"shmem", sums->shmem},
		{"swap", sums->swap},
		{"page tables", sums->pgtables},
	};
	grouped_text number, product;

	flow_begin(flow, "", TERMS_INDENT);
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		flow_word(flow, "%s%s %s", i ? "+ " : "", grouped(number, (int64_t)terms[i].pages),
			  terms[i].name);
	flow_word(flow, "= %s;", grouped(number, (int64_t)sums->sum));
	if (eligible)
		flow_word(flow, "adj %d x %s (totalpages / 1000) = %s", sums->adj,
			  grouped(number, (int64_t)sums->unit), grouped(product, sums->adjusted));
	else
		flow_word(flow, "adj %d", sums->adj);
	if (sums->drift)
		flow_word(flow, "(the kernel's counters had moved by %s)",
			  grouped(number, sums->drift));
	flow_end(flow);
}

static void show_candidate(struct flow *flow, const struct episode *episode,
			   const struct task *task, uint32_t rank)
{
	bool victim = task->pid == episode->victim.pid;
	struct arithmetic sums;
	grouped_text points;
	process_text name;

	flow_begin(flow, "", 0);
	flow_color(flow, victim ? SGR_ALARM : task->eligible ? SGR_NONE : SGR_FAINT);
	if (task->eligible)
		flow_word(flow, "%5" PRIu32 "  %s", rank,
			  text_process(name, task->comm, task->pid));
	else
		flow_word(flow, "%5s  %s", "-", text_process(name, task->comm, task->pid));
	if (!task->eligible)
		flow_words(flow, "cannot be chosen: %s", skip_words(task->skip));
	else if (task->known & TASK_KNOWS_POINTS)
		flow_word(flow, "%s points%s", grouped(points, task->points),
			  task->points_from_kernel ? "" : " (computed)");
	flow_color(flow, SGR_NONE);
	flow_end(flow);
	if (!explain_arithmetic(episode, task, &sums))
		show_terms(flow, &sums, task->eligible);
}

static void show_ranking(struct flow *flow, const struct episode *episode, uint32_t most)
{
	uint32_t rank = 0, shown = 0;

	if (!episode->n_tasks)
		return;
	show_head(flow, "the ranking, in pages");
	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];

		rank += task->eligible;
		if (i >= most && task->pid != episode->victim.pid)
			continue;
		show_candidate(flow, episode, task, rank);
		shown++;
	}
	if (shown < episode->n_tasks) {
		flow_begin(flow, "", TERMS_INDENT);
		flow_words(flow, "%" PRIu32 " more", episode->n_tasks - shown);
		flow_end(flow);
	}
}

static void show_findings(struct flow *flow, const struct explanation *explanation)
{
	show_head(flow, "what stands out");
	flow_begin(flow, "  ", MARGIN);
	spared_show(flow, &explanation->spared);
	flow_end(flow);
	for (size_t i = 0; i < explanation->n_findings; i++) {
		flow_begin(flow, "  ", MARGIN);
		finding_show(flow, explanation->episode, &explanation->findings[i]);
		flow_end(flow);
	}
}

static void show_points_of(struct flow *flow, const struct rule_verdict *verdict)
{
	const struct rule *rule = verdict->rule;
	grouped_text points;

	if (rule->traits & RULE_SIGNED || verdict->chosen_points <= INT64_MAX)
		flow_word(flow, "(%s%s)", grouped(points, (int64_t)verdict->chosen_points),
			  verdict->tied ? ", level with another" : "");
}

static void show_victim_of(struct flow *flow, const struct rule_verdict *verdict)
{
	process_text name;

	if (!verdict->victim) {
		flow_words(flow, verdict->lacks & (1U << LACK_CANDIDATES | 1U << LACK_MEMORY |
						   1U << LACK_TOTALPAGES)
					 ? "who would die cannot be said"
					 : "nobody can be killed");
		return;
	}
	flow_word(flow, "%s dies", text_process(name, verdict->victim->comm, verdict->victim->pid));
	show_points_of(flow, verdict);
	if (verdict->victim != verdict->chosen)
		flow_word(flow, "in place of its parent %s",
			  text_process(name, verdict->chosen->comm, verdict->chosen->pid));
}

static void show_unnamed(struct flow *flow, unsigned int indent)
{
	flow_begin(flow, "", indent);
	flow_words(flow, "the log does not name its kernel: this is the rule of 5.9 and newer");
	flow_end(flow);
}

static void show_supposition(struct flow *flow, const struct explanation *explanation)
{
	units_text limit;

	if (!explanation->supposed)
		return;
	show_head(flow, "if it had been so");
	for (size_t i = 0; i < explanation->n_changes; i++) {
		const struct rule_change *change = &explanation->changes[i];

		flow_begin(flow, "  ", MARGIN);
		if (change->remove)
			flow_words(flow, "process %" PRIu32 " not there", change->pid);
		else
			flow_words(flow, "oom_score_adj %d for process %" PRIu32, change->adj,
				   change->pid);
		flow_end(flow);
	}
	if (explanation->limit_bytes) {
		flow_begin(flow, "  ", MARGIN);
		flow_words(flow, "a limit of %s%s", units_bytes(limit, explanation->limit_bytes),
			   explanation->limit_fits
				   ? ": more than was in use, nobody had died at this moment"
				   : "");
		flow_end(flow);
	}
	flow_begin(flow, "  ", MARGIN);
	flow_color(flow, SGR_BOLD);
	show_victim_of(flow, &explanation->supposition);
	flow_color(flow, SGR_NONE);
	flow_end(flow);
	if (explanation->unnamed)
		show_unnamed(flow, MARGIN);
}

/* What the rules asked for and the snapshot lacks, a line each. */
static void show_lacks(struct flow *flow, const struct rule_verdict *verdict, unsigned int indent)
{
	for (unsigned int i = 0; i < LACK_MAX; i++) {
		if (!(verdict->lacks >> i & 1))
			continue;
		flow_begin(flow, "", indent);
		flow_word(flow, "-");
		flow->indent = indent + 2;
		flow_words(flow, "%s", lack_words(i));
		if (verdict->tasks_lacking[i])
			flow_words(flow, "(%" PRIu32 " process%s)", verdict->tasks_lacking[i],
				   verdict->tasks_lacking[i] == 1 ? "" : "es");
		flow_end(flow);
	}
}

static void show_run(struct flow *flow, const struct explain_run *run, bool with_lacks)
{
	flow_begin(flow, "", 0);
	flow_word(flow, "  %-12s", run->asked);
	flow->indent = MARGIN + 13;
	show_victim_of(flow, &run->verdict);
	flow_end(flow);
	if (run->verdict.rule->family == RULE_GOODNESS) {
		flow_begin(flow, "", MARGIN + 13);
		flow_words(flow, "the scheduler's choice of whom to run next: no OOM rule");
		flow_end(flow);
	}
	if (run->unnamed)
		show_unnamed(flow, MARGIN + 13);
	if (!with_lacks)
		return;
	flow_begin(flow, "", MARGIN + 13);
	flow_words(flow, "the rule of %s: %s", run->verdict.rule->name, run->verdict.rule->words);
	flow_end(flow);
	if (run->vendor) {
		flow_begin(flow, "", MARGIN + 13);
		flow_words(flow,
			   "a distributor's kernel, which may hold patches of later releases");
		flow_end(flow);
	}
	show_lacks(flow, &run->verdict, MARGIN + 13);
}

/* What no snapshot of today holds for all those rules, said once. */
static void show_all_lacks(struct flow *flow, const struct explanation *explanation)
{
	struct rule_verdict all = {0};

	for (size_t i = 0; i < explanation->n_runs; i++)
		all.lacks |= explanation->runs[i].verdict.lacks;
	if (!all.lacks)
		return;
	flow_begin(flow, "  ", MARGIN);
	flow_words(flow, "Left out by some of them, and not made up:");
	flow_end(flow);
	show_lacks(flow, &all, MARGIN);
}

static void show_models(struct flow *flow, const struct explanation *explanation)
{
	bool few = explanation->n_runs <= 3;

	if (!explanation->n_runs)
		return;
	show_head(flow, explanation->supposed ? "and by the rules of other kernels"
					      : "by the rules of other kernels");
	for (size_t i = 0; i < explanation->n_runs; i++)
		show_run(flow, &explanation->runs[i], few);
	if (!few)
		show_all_lacks(flow, explanation);
}

int explain_show(struct outbuf *out, const struct explanation *explanation,
		 const struct explain_options *options)
{
	struct flow flow = {.out = out, .columns = COLUMNS, .color = options->color};

	show_title(&flow, explanation, options->today_real_ns);
	show_ranking(&flow, explanation->episode, options->most);
	show_findings(&flow, explanation);
	show_supposition(&flow, explanation);
	show_models(&flow, explanation);
	return outbuf_end(out);
}
