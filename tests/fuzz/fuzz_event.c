// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as JSON lines of oomtrace's, each read back and, where that succeeds, asked all that
 * explain asks of an episode: its arithmetic, what stands out, what if, and every rule there is.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/explain.h"
#include "core/rules.h"
#include "core/whatif.h"

#define TASKS_MAX 256 /* the rules are quick for many more; the fuzzer is not */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void read_text(const char *text)
{
	if (text)
		sink += strlen(text);
}

static void read_task(const struct episode *episode, const struct task *task)
{
	struct arithmetic sums;

	sink += task->pid + strnlen(task->comm, sizeof(task->comm));
	read_text(task->cgroup);
	if (!explain_arithmetic(episode, task, &sums))
		sink += sums.sum + (uint64_t)sums.drift;
}

static void read_findings(const struct episode *episode)
{
	struct finding findings[FINDING_MAX];
	size_t count = explain_findings(episode, findings);

	if (count > FINDING_MAX)
		abort();
	for (size_t i = 0; i < count; i++) {
		if (!finding_name(findings[i].what) || findings[i].permille > 1000)
			abort();
		if (findings[i].task)
			read_task(episode, findings[i].task);
		read_text(findings[i].path);
		read_text(findings[i].other_path);
	}
}

static void run_rules(const struct episode *episode)
{
	static struct rule_score scores[TASKS_MAX];
	struct rule_change changes[] = {{.pid = episode->victim.pid, .adj = 1000},
					{.pid = 1, .remove = true}};
	struct rule_input input = rules_input(episode);
	struct rule_verdict verdict;

	input.changes = changes;
	for (size_t i = 0; rules_all(i); i++) {
		input.n_changes = i % 3;
		rules_select(rules_all(i), &input, scores, &verdict);
		if (verdict.victim && !verdict.chosen)
			abort();
		rules_rank(rules_all(i), &input, scores, episode->n_tasks);
	}
}

/* What is said to spare the victim spares it: asked as a change, another one dies. */
static void check_spared(const struct episode *episode)
{
	struct spared spared = whatif_spared(episode);

	if (spared.state != SPARED_BY_ADJ)
		return;
	if (spared.adj < -1000 || spared.adj > 1000)
		abort();
	if (spared.then && spared.then->pid == episode->victim.pid &&
	    spared.then->start_ns == episode->victim.start_ns)
		abort();
}

static void read_episode(const struct episode *episode)
{
	struct whatif_limit limit;

	for (uint32_t i = 0; i < episode->n_tasks; i++)
		read_task(episode, &episode->tasks[i]);
	for (uint32_t i = 0; i < episode->n_victims; i++)
		read_task(episode, &episode->victims[i]);
	read_findings(episode);
	check_spared(episode);
	if (!whatif_limit(episode, 1 << 20, &limit))
		sink += limit.totalpages;
	if (episode->n_tasks <= TASKS_MAX)
		run_rules(episode);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size;

	while (line < end) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		char why[EVENT_ERROR_LEN] = "";
		struct event event;

		if (!eol)
			eol = end;
		if (event_read(line, (size_t)(eol - line), &event, why)) {
			if (!*why || strnlen(why, sizeof(why)) == sizeof(why))
				abort();
		} else {
			if (event.type == EVENT_OOM_KILL || event.type == EVENT_OOM_NO_KILL)
				read_episode(&event.episode);
			event_free(&event);
		}
		line = eol + 1;
	}
	return 0;
}
