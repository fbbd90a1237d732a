// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink/table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/score.h"
#include "lib/units.h"
#include "lib/utf8.h"

#define COMM_COLUMNS 15
#define REST_INDENT  17 /* of the line below the rows */

/*
 *   candidates     PID COMM               POINTS   ADJ     ANON     SWAP PGTABLES
 *             *   4242 java               127539     0 495.9MiB        0   1.2MiB
 *
 * The widest row there can be, a PID of 7 digits and points of 10, has 80 columns.
 */

/* Why a task has no score, in the width of one. */
static const char *skip_text(uint8_t skip)
{
	static const char *const texts[SKIP_MAX] = {
		[SKIP_KERNEL_THREAD] = "kthread", [SKIP_INIT] = "init",
		[SKIP_OTHER_MEMCG] = "elsewhere", [SKIP_NOT_IN_NODEMASK] = "off nodes",
		[SKIP_REAPED] = "reaped",         [SKIP_DYING] = "dying",
		[SKIP_NO_MM] = "no memory",       [SKIP_ADJ_MIN] = "adj -1000",
		[SKIP_IN_VFORK] = "in vfork",
	};
	const char *text = skip < SKIP_MAX ? texts[skip] : NULL;

	return text ? text : "-";
}

static bool was_killed(const struct episode *episode, const struct task *task)
{
	if (task->pid == episode->victim.pid)
		return true;
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		if (task->pid == episode->victims[i].pid)
			return true;
	}
	return false;
}

static const char *cell(units_text out, const struct task *task, uint32_t bit, uint64_t bytes)
{
	return task_knows(task, bit) ? units_bytes_cell(out, bytes) : "-";
}

static void show_row(struct flow *flow, const struct episode *episode, const struct task *task)
{
	char comm[UTF8_ESCAPED_LEN(WIRE_COMM_LEN)];
	unsigned int width;
	units_text anon, swap, pgtables;
	char points[24] = "-";
	bool killed = was_killed(episode, task);

	width = utf8_escape(comm, sizeof(comm), task->comm, strnlen(task->comm, WIRE_COMM_LEN),
			    COMM_COLUMNS);
	if (!task->eligible)
		snprintf(points, sizeof(points), "%s", skip_text(task->skip));
	else if (task->known & TASK_KNOWS_POINTS)
		snprintf(points, sizeof(points), "%" PRId64, task->points);
	flow_begin(flow, "", 0);
	flow_color(flow, killed ? "1;31" : task->eligible ? "" : "2");
	flow_word(flow, "%13s%7" PRIu32 " %s%*s %9s %5d %8s %8s %8s", killed ? "*" : "", task->pid,
		  comm, (int)(COMM_COLUMNS - width), "", points, task->oom_score_adj,
		  cell(anon, task, TASK_KNOWS_RSS_PARTS, task->rss_anon_bytes),
		  cell(swap, task, TASK_KNOWS_SWAP, task->swap_bytes),
		  cell(pgtables, task, TASK_KNOWS_PGTABLES, task->pgtables_bytes));
	flow_color(flow, "");
	flow_end(flow);
}

struct shown {
	uint32_t rows, not_eligible;
};

static struct shown show_rows(struct flow *flow, const struct episode *episode, uint32_t most)
{
	struct shown shown = {0};

	for (uint32_t i = 0; i < episode->n_tasks; i++) {
		const struct task *task = &episode->tasks[i];

		/* The chosen one is shown wherever it stands. */
		if (i >= most && task->pid != episode->victim.pid)
			continue;
		show_row(flow, episode, task);
		shown.rows++;
		shown.not_eligible += !task->eligible;
	}
	return shown;
}

static void show_more(struct flow *flow, const struct episode *episode, uint32_t more,
		      uint32_t not_eligible, const char *after)
{
	const char *least = episode->truncated ? "at least " : "";

	if (more == 1 && not_eligible)
		flow_words(flow, "%s1 more, not eligible%s", least, after);
	else if (not_eligible)
		flow_words(flow, "%s%" PRIu32 " more, %" PRIu32 " of them not eligible%s", least,
			   more, not_eligible, after);
	else
		flow_words(flow, "%s%" PRIu32 " more%s", least, more, after);
}

/* How many are not shown, and how far what is shown can be trusted. */
static void show_rest(struct flow *flow, const struct episode *episode, struct shown shown)
{
	uint32_t more = episode->total > shown.rows ? episode->total - shown.rows : 0;
	uint32_t seen = episode->eligible + shown.not_eligible;
	uint32_t not_eligible = episode->total > seen ? episode->total - seen : 0;
	bool snapshot = episode->candidates_source == SOURCE_SNAPSHOT;

	if (!more && !episode->lost && !snapshot)
		return;
	flow_begin(flow, "", REST_INDENT);
	if (more)
		show_more(flow, episode, more, not_eligible < more ? not_eligible : more,
			  episode->lost || snapshot ? ";" : "");
	if (episode->lost)
		flow_words(flow, "%" PRIu32 " lost%s", episode->lost, snapshot ? ";" : "");
	if (snapshot)
		flow_words(flow, "read right after the choice");
	flow_end(flow);
}

void table_show(struct flow *flow, const struct episode *episode, uint32_t most)
{
	struct shown shown;

	if (!episode->n_tasks)
		return;
	flow_begin(flow, "", 0);
	flow_color(flow, "1");
	flow_word(flow, "  %-10s %7s %-15s %9s %5s %8s %8s %8s", "candidates", "PID", "COMM",
		  "POINTS", "ADJ", "ANON", "SWAP", "PGTABLES");
	flow_color(flow, "");
	flow_end(flow);
	shown = show_rows(flow, episode, most);
	show_rest(flow, episode, shown);
}
