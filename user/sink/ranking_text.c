// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who the kernel would kill now, for a person: the head, the table, the limits that are near. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/container.h"
#include "lib/flow.h"
#include "lib/units.h"
#include "lib/utf8.h"
#include "sink/ranking.h"

#define COLUMNS      80
#define COMM_COLUMNS 15
#define HEAD_COLUMNS 60 /* of a table's row before what it ends with */
#define LIMITS_MOST  5
#define LIMIT_INDENT 10

#define SGR_NONE  ""
#define SGR_BOLD  "1"
#define SGR_ALARM "1;31"
#define SGR_FAINT "2"

static void show_title(struct flow *flow, const struct ranking *ranking)
{
	const struct memcg *memcg = &ranking->memcg;
	units_text size;

	flow_begin(flow, "", 0);
	flow->indent = 2;
	flow_color(flow, SGR_BOLD);
	flow_words(flow, "who the kernel would kill now");
	if (!ranking->has_memcg) {
		flow_words(flow, "if the machine ran out of memory");
	} else {
		flow_words(flow, "if");
		flow_parts(flow, memcg->path, '/');
		if (memcg->limit_is_max && !ranking->limit_is_given)
			flow_words(flow, "had a limit and met it");
		else
			flow_words(flow, "met its limit of %s",
				   units_bytes(size, memcg->limit_bytes));
	}
	flow_color(flow, SGR_NONE);
	flow_end(flow);
}

static void show_seen(struct flow *flow, const struct ranking *ranking)
{
	units_text total;

	flow_begin(flow, "  ", 2);
	flow_words(flow,
		   "%" PRIu32 " process%s, %" PRIu32 " of them can be chosen; scores are of %s",
		   ranking->n_tasks, ranking->n_tasks == 1 ? "" : "es", ranking->eligible,
		   units_bytes(total, ranking->totalpages * ranking->page_size));
	flow_end(flow);
	if (ranking->oom_kill_disabled) {
		flow_begin(flow, "  ", 2);
		flow_color(flow, SGR_ALARM);
		flow_words(flow,
			   "nobody: memory.oom_control has the OOM killer disabled here, who asks "
			   "for memory would hang");
		flow_color(flow, SGR_NONE);
		flow_end(flow);
	}
	if (ranking->denied) {
		flow_begin(flow, "  ", 2);
		flow_words(flow,
			   "%" PRIu32 " more may not be looked at by this user: sudo oomtrace rank",
			   ranking->denied);
		flow_end(flow);
	}
	if (ranking->rss_differs) {
		flow_begin(flow, "  ", 2);
		flow_words(flow,
			   "/proc shows swap by other counters than the kernel scores by: points "
			   "may be a few pages off");
		flow_end(flow);
	}
}

/* Where a process belongs: its container, its unit, else its cgroup. */
static void show_place(struct flow *flow, const struct task *task)
{
	char text[UTF8_ESCAPED_LEN(WIRE_PATH_NAME)];
	struct container container;
	const char *name = task->cgroup;
	size_t len;

	if (!(task->known & TASK_KNOWS_CGROUP) || !name)
		return;
	container_of_path(name, &container);
	if (container.known & CONTAINER_KNOWS_ID)
		name = container.id;
	else if (container.known & CONTAINER_KNOWS_UNIT)
		name = container.unit;
	len = container.known & CONTAINER_KNOWS_ID && container.id_is_hex ? CONTAINER_SHORT
									  : strlen(name);
	utf8_escape(text, sizeof(text), name, len, COLUMNS - HEAD_COLUMNS - 1);
	flow_word(flow, "%s", text);
}

static void show_row(struct flow *flow, const struct ranking *ranking, const struct task *task,
		     bool first)
{
	char comm[UTF8_ESCAPED_LEN(WIRE_COMM_LEN)];
	char points[24] = "adj -1000", share[16] = "-";
	unsigned int width = utf8_escape(comm, sizeof(comm), task->comm,
					 strnlen(task->comm, WIRE_COMM_LEN), COMM_COLUMNS);
	units_text memory;

	if (task->eligible) {
		snprintf(points, sizeof(points), "%" PRId64, task->points);
		snprintf(share, sizeof(share), "%.1f%%",
			 100.0 * (double)task->points / (double)ranking->totalpages);
	}
	flow_begin(flow, "", 0);
	flow_color(flow, first ? SGR_ALARM : task->eligible ? SGR_NONE : SGR_FAINT);
	flow_word(flow, "%2s%8" PRIu32 " %s%*s %9s %6s %5d %8s", first ? "*" : "", task->pid, comm,
		  (int)(COMM_COLUMNS - width), "", points, share, task->oom_score_adj,
		  units_bytes_cell(memory, task->rss_anon_bytes + task->rss_file_bytes +
						   task->rss_shmem_bytes + task->swap_bytes +
						   task->pgtables_bytes));
	show_place(flow, task);
	flow_color(flow, SGR_NONE);
	flow_end(flow);
}

/* By how much the first is ahead, which is what the second would have to grow. */
static void show_margin(struct flow *flow, const struct ranking *ranking)
{
	const struct task *first = &ranking->tasks[0], *second = &ranking->tasks[1];
	char name[UTF8_ESCAPED_LEN(WIRE_COMM_LEN)];
	uint64_t pages;
	units_text margin;

	if (ranking->eligible < 2)
		return;
	pages = (uint64_t)first->points - (uint64_t)second->points;
	utf8_escape(name, sizeof(name), second->comm, strnlen(second->comm, WIRE_COMM_LEN),
		    COLUMNS / 2);
	flow_begin(flow, "  ", 2);
	if (pages)
		flow_words(flow, "%s ahead of", units_bytes(margin, pages * ranking->page_size));
	else
		flow_words(flow, "level with");
	flow_word(flow, "%s[%" PRIu32 "]", name, second->pid);
	flow_end(flow);
}

static void show_table(struct flow *flow, const struct ranking *ranking, uint32_t most)
{
	uint32_t shown = ranking->n_tasks < most ? ranking->n_tasks : most;

	if (!ranking->n_tasks)
		return;
	flow_begin(flow, "", 0);
	flow_color(flow, SGR_BOLD);
	flow_word(flow, "%10s %-15s %9s %6s %5s %8s %s", "PID", "COMM", "POINTS", "SHARE", "ADJ",
		  "MEMORY", "WHERE");
	flow_color(flow, SGR_NONE);
	flow_end(flow);
	for (uint32_t i = 0; i < shown; i++)
		show_row(flow, ranking, &ranking->tasks[i],
			 i == 0 && ranking->tasks[0].eligible && !ranking->oom_kill_disabled);
	if (shown < ranking->n_tasks) {
		flow_begin(flow, "", LIMIT_INDENT + 1);
		flow_words(flow, "%" PRIu32 " more", ranking->n_tasks - shown);
		flow_end(flow);
	}
	show_margin(flow, ranking);
}

static void show_limit(struct flow *flow, const struct ranking_limit *limit)
{
	const struct memcg *memcg = &limit->memcg;
	units_text used, of;

	flow_begin(flow, "", 0);
	if (memcg->limit_is_max)
		flow_word(flow, "%9s", "-");
	else
		flow_word(flow, "%8.1f%%", 100.0 * ranking_share(memcg));
	flow->indent = LIMIT_INDENT;
	flow_parts(flow, memcg->path, '/');
	if (!memcg->limit_is_max)
		flow_words(flow, "%s of %s", units_bytes(used, memcg->usage_bytes),
			   units_bytes(of, memcg->limit_bytes));
	if (limit->oom_kill_disabled) {
		flow_color(flow, SGR_ALARM);
		flow_words(flow, "(OOM killer disabled%s)",
			   limit->under_oom ? ", tasks hang in it now" : "");
		flow_color(flow, SGR_NONE);
	}
	flow_end(flow);
}

static void show_limits(struct flow *flow, const struct ranking *ranking)
{
	size_t shown = ranking->n_limits < LIMITS_MOST ? ranking->n_limits : LIMITS_MOST;

	if (!shown)
		return;
	flow_begin(flow, "", 0);
	flow_color(flow, SGR_BOLD);
	flow_words(flow, "nearest to their limits");
	flow_color(flow, SGR_NONE);
	flow_end(flow);
	for (size_t i = 0; i < shown; i++)
		show_limit(flow, &ranking->limits[i]);
	if (shown < ranking->n_limits) {
		flow_begin(flow, "", LIMIT_INDENT);
		flow_words(flow, "%zu more have one", ranking->n_limits - shown);
		flow_end(flow);
	}
}

int ranking_show(struct outbuf *out, const struct ranking *ranking,
		 const struct ranking_options *options)
{
	struct flow flow = {.out = out, .columns = COLUMNS, .color = options->color};

	show_title(&flow, ranking);
	show_seen(&flow, ranking);
	outbuf_putc(out, '\n');
	show_table(&flow, ranking, options->most);
	outbuf_putc(out, '\n');
	show_limits(&flow, ranking);
	return outbuf_end(out);
}
