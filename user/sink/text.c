// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* For a person at three in the morning: who died, where, and why that one. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "core/episode.h"
#include "core/why.h"
#include "lib/flow.h"
#include "lib/outbuf.h"
#include "lib/pool.h"
#include "lib/units.h"
#include "sink/sink.h"
#include "sink/table.h"
#include "sink/text_parts.h"

#define BUFFER_SIZE (32 * 1024)

struct text {
	struct sink sink;
	struct sink_options options;
	struct outbuf out;
	struct flow flow;
};

static int64_t now_real_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now))
		return 0;
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/*
 * Of what is told next. A kill is what the kernel's own line of it is, an error: pr_err() of
 * __oom_kill_process() in mm/oom_kill.c.
 */
static void set_level(struct text *text, int level)
{
	if (text->options.levels)
		outbuf_level(&text->out, level);
}

/* Begins an event's first line with its time: local, or since boot where that is all there is. */
static void event_begin(struct text *text, const struct host *host, int64_t real_ns,
			uint64_t boot_ns, const char *time_text)
{
	int64_t today = text->options.today_real_ns;
	struct flow *flow = &text->flow;
	units_text clock;

	flow_begin(flow, "", 0);
	flow_color(flow, SGR_FAINT);
	if (real_ns)
		flow_word(flow, "%s ",
			  units_clock(clock, real_ns, today ? today : now_real_ns(),
				      host ? host->attached_real_ns : 0));
	else if (time_text) /* without a year or a zone, as its log has it */
		text_name(flow, time_text, strlen(time_text), " ");
	else if (boot_ns)
		flow_word(flow, "[%5" PRIu64 ".%06" PRIu64 "] ", boot_ns / 1000000000,
			  boot_ns / 1000 % 1000000);
	flow_color(flow, SGR_NONE);
	flow->indent = INDENT;
}

static void show_memcg_title(struct flow *flow, const struct memcg *memcg)
{
	bool swap = memcg->known & MEMCG_KNOWS_SWAP;

	flow_words(flow, "memcg OOM");
	if ((memcg->known & MEMCG_KNOWS_PATH) && memcg->path) {
		flow_words(flow, "in");
		flow_parts(flow, memcg->path, '/');
	}
	if (memcg->known & MEMCG_KNOWS_USAGE)
		text_limit(flow, "(limit", memcg->limit_bytes, memcg->limit_is_max,
			   swap ? "," : ")");
	if ((memcg->known & MEMCG_KNOWS_USAGE) && swap)
		text_limit(flow, memcg->v1 ? "memory+swap" : "swap", memcg->swap_limit_bytes,
			   memcg->swap_limit_is_max, ")");
}

/* "out of memory on node 1,", or nothing where the nodes are not known. */
static bool show_nodes_title(struct flow *flow, const char *nodes)
{
	if (!*nodes)
		return false;
	flow_words(flow, "out of memory on node%s", strpbrk(nodes, "-,") ? "s" : "");
	text_name(flow, nodes, EPISODE_NODES_TEXT, ",");
	return true;
}

static void show_cpuset_title(struct flow *flow, const struct episode *episode)
{
	bool known = episode->known & EPISODE_KNOWS_NODES;
	const char *cpuset = episode->invoker.cpuset;

	if (!known || !show_nodes_title(flow, episode->invoker.mems_allowed)) {
		flow_words(flow, "out of memory on the nodes of a cpuset");
		return;
	}
	if (*cpuset) {
		flow_words(flow, "all that cpuset");
		text_name(flow, cpuset, sizeof(episode->invoker.cpuset), "");
		flow_words(flow, "may use");
	} else {
		flow_words(flow, "all that its cpuset may use");
	}
}

static void show_policy_title(struct flow *flow, const struct episode *episode)
{
	if (show_nodes_title(flow, episode->invoker.nodemask))
		flow_words(flow, "all that a memory policy allows");
	else
		flow_words(flow, "out of memory on the nodes of a memory policy");
}

void text_title(struct flow *flow, const struct episode *episode)
{
	bool constrained = episode->known & EPISODE_KNOWS_CONSTRAINT;

	if (episode->sysrq)
		flow_words(flow, "OOM kill asked for by SysRq-f,");
	if (constrained && episode->constraint == CONSTRAINT_MEMCG_)
		show_memcg_title(flow, &episode->memcg);
	else if (constrained && episode->constraint == CONSTRAINT_CPUSET_)
		show_cpuset_title(flow, episode);
	else if (constrained && episode->constraint == CONSTRAINT_MEMORY_POLICY_)
		show_policy_title(flow, episode);
	else if (constrained && episode->constraint == CONSTRAINT_NONE_)
		flow_words(flow, episode->sysrq ? "on the whole machine"
						: "out of memory on the whole machine");
	else
		flow_words(flow, "out of memory, whether of a cgroup or the machine is not known");
}

static void show_title(struct text *text, const struct host *host, const struct episode *episode)
{
	struct flow *flow = &text->flow;

	event_begin(text, host, episode->real_ns, episode->boot_ns, episode->time_text);
	flow_color(flow, SGR_BOLD);
	text_title(flow, episode);
	flow_color(flow, SGR_NONE);
	flow_end(flow);
}

/* What each loss means to the reader, and what helps. */
static const struct loss_words {
	const char *what, *why, *remedy;
} loss_words[EPISODE_LOSS_MAX] = {
	[LOSS_RING_DECISION] = {"episode", "no room in the ring", "a larger --ring-size helps"},
	[LOSS_RING_CANDIDATE] = {"candidate", "no room in the ring", "a larger --ring-size helps"},
	[LOSS_RING_MEMORY] = {"account of the memory", "no room in the ring",
			      "a larger --ring-size helps"},
	[LOSS_RING_VICTIM] = {"further victim", "no room in the ring",
			      "a larger --ring-size helps"},
	[LOSS_RING_END] = {"end mark", "no room in the ring", "a larger --ring-size helps"},
	[LOSS_RING_FATE] = {"outcome mark", "no room in the ring", "a larger --ring-size helps"},
	[LOSS_SCRATCH_CANDIDATE] = {"candidate", "more than one episode can hold", NULL},
	[LOSS_WALK_CANDIDATE] = {"walk of the task list", "given up at the bound", NULL},
	[LOSS_VICTIM_TABLE] = {"outcome", "too many victims dying at once", NULL},
	[LOSS_UNSCANNED] = {"episode", "its end was not seen", NULL},
	[LOSS_MALFORMED] = {"record", "damaged", NULL},
	[LOSS_STRAY] = {"record", "its episode never came", NULL},
	[LOSS_OUTPUT] = {"line", "an output could not take it", NULL},
	[LOSS_LOG_HEADER] = {"beginning", "the log has not the report's first lines", NULL},
	[LOSS_LOG_TABLE] = {"table of tasks", "the log has none of it, or none to be read", NULL},
	[LOSS_LOG_LINE] = {"line", "of the kernel's report, damaged or missing", NULL},
};

void text_loss(struct flow *flow, unsigned int loss, uint64_t count)
{
	static const struct loss_words unknown = {"record", "for a reason not known here", NULL};
	const struct loss_words *words = loss < EPISODE_LOSS_MAX ? &loss_words[loss] : &unknown;

	if (!words->what)
		words = &unknown;
	flow_words(flow, "%" PRIu64 " %s%s: %s (%s)%s", count, words->what, text_plural(count),
		   words->why, loss_name(loss), words->remedy ? ";" : "");
	if (words->remedy)
		flow_words(flow, "%s", words->remedy);
}

void text_losses(struct flow *flow, const struct episode *episode)
{
	for (unsigned int i = 0; i < EPISODE_LOSS_MAX; i++) {
		if (!episode->loss[i])
			continue;
		flow_begin(flow, "  lost", INDENT);
		text_loss(flow, i, episode->loss[i]);
		flow_end(flow);
	}
}

static int text_episode(struct sink *sink, const struct host *host, const struct episode *episode)
{
	struct text *text = (struct text *)sink;
	struct why why = why_explain(episode);
	struct flow *flow = &text->flow;

	set_level(text, LOG_ERR);
	show_title(text, host, episode);
	text_victim(flow, episode);
	text_command(flow, episode->victim.cmdline, episode->victim.cmdline_truncated);
	text_home(flow, episode);
	text_company(flow, episode);
	text_invoker(flow, episode);
	text_why(flow, episode, &why);
	text_memory(flow, episode, &why);
	text_again(flow, episode);
	text_losses(flow, episode);
	if (!text->options.quiet)
		table_show(flow, episode, text->options.candidates);
	return outbuf_end(&text->out);
}

static void show_repeated(struct flow *flow, const struct episode *episode)
{
	if (episode->repeated)
		flow_words(flow, "(and %" PRIu32 " times more since the last report)",
			   episode->repeated);
}

/*
 * Fact: writing 0 to memory.oom_control wakes those who wait, and so does a higher limit or memory
 *       that was freed: memcg_oom_recover() of mm/memcontrol.c. They try again.
 */
static void show_waiting(struct flow *flow, const struct episode *episode)
{
	process_text name;

	flow_begin(flow, "  nobody", INDENT);
	flow_words(flow, "is killed: memory.oom_control has the OOM killer switched off here");
	show_repeated(flow, episode);
	flow_end(flow);
	flow_begin(flow, "  waiting", INDENT);
	if (episode->known & EPISODE_KNOWS_INVOKER)
		flow_word(flow, "%s,",
			  text_process(name, episode->invoker.comm, episode->invoker.pid));
	flow_words(flow, "until the limit is raised, something in the group ends or is killed, or "
			 "0 is written to its memory.oom_control");
	flow_end(flow);
}

void text_nobody(struct flow *flow, const struct episode *episode)
{
	uint32_t panic = episode->sysctls.panic_on_oom;

	if (episode->no_kill == NO_KILL_DISABLED) {
		show_waiting(flow, episode);
		return;
	}
	flow_begin(flow, "  nobody", INDENT);
	if (episode->no_kill != NO_KILL_PANIC)
		flow_words(flow, "can be killed: the request fails");
	else if (panic == WIRE_NONE_U32)
		flow_words(flow, "is killed: vm.panic_on_oom, the kernel panics next");
	else
		flow_words(flow,
			   "is killed: vm.panic_on_oom is %" PRIu32 ", the kernel panics next",
			   panic);
	show_repeated(flow, episode);
	flow_end(flow);
}

static int text_no_kill(struct sink *sink, const struct host *host, const struct episode *episode)
{
	struct text *text = (struct text *)sink;
	struct why why = why_explain(episode);
	struct flow *flow = &text->flow;

	set_level(text, episode->no_kill == NO_KILL_PANIC ? LOG_CRIT : LOG_ERR);
	show_title(text, host, episode);
	text_nobody(flow, episode);
	if (episode->no_kill != NO_KILL_DISABLED) /* who waits has been told */
		text_invoker(flow, episode);
	text_memory(flow, episode, &why);
	text_losses(flow, episode);
	if (!text->options.quiet)
		table_show(flow, episode, text->options.candidates);
	return outbuf_end(&text->out);
}

static int text_outcome(struct sink *sink, const struct host *host, const struct outcome *outcome)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;
	process_text name;

	/* Only of one that holds its memory still it is said how long that was watched. */
	set_level(text, outcome->watched_ns > 0 ? LOG_WARNING : LOG_INFO);
	event_begin(text, host, outcome->real_ns, outcome->boot_ns, NULL);
	flow_word(flow, "%s", text_process(name, outcome->comm, outcome->pid));
	text_fate(flow, outcome);
	return outbuf_end(&text->out);
}

static int text_user_kill(struct sink *sink, const struct host *host, const struct user_kill *kill)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;
	process_text name;

	set_level(text, LOG_NOTICE);
	event_begin(text, host, kill->real_ns, kill->boot_ns, NULL);
	flow_word(flow, "%s", text_process(name, kill->target.comm, kill->target.pid));
	flow_words(flow, "got %s from",
		   kill->signal == SIGKILL   ? "SIGKILL"
		   : kill->signal == SIGTERM ? "SIGTERM"
					     : "a signal");
	flow_word(flow, "%s,", text_process(name, kill->sender_comm, kill->sender_pid));
	flow_words(flow, "not from the kernel");
	flow_end(flow);
	return outbuf_end(&text->out);
}

static int text_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;

	set_level(text, LOG_WARNING);
	event_begin(text, host, lost->real_ns, lost->boot_ns, NULL);
	flow_color(flow, SGR_ALARM);
	flow_words(flow, "lost");
	text_loss(flow, lost->reason, lost->count);
	flow_color(flow, SGR_NONE);
	flow_end(flow);
	return outbuf_end(&text->out);
}

static void text_destroy(struct sink *sink)
{
	struct text *text = (struct text *)sink;

	outbuf_free(&text->out);
	pool_free(text);
}

/* The banner and the totals are talk, not data: they are not told here. */
static const struct sink_ops text_ops = {
	.name = "text",
	.episode = text_episode,
	.no_kill = text_no_kill,
	.outcome = text_outcome,
	.user_kill = text_user_kill,
	.lost = text_lost,
	.destroy = text_destroy,
};

struct sink *sink_text_new(const struct sink_options *options)
{
	struct text *text = pool_take(sizeof(*text));

	if (!text)
		return NULL;
	if (options->writer) {
		outbuf_init_writer(&text->out, options->writer);
	} else if (outbuf_init(&text->out, options->fd, -1, BUFFER_SIZE)) {
		pool_free(text);
		return NULL;
	}
	text->sink.ops = &text_ops;
	text->options = *options;
	text->flow = (struct flow){
		.out = &text->out,
		.columns = COLUMNS,
		.color = options->color,
	};
	units_prepare();
	return &text->sink;
}
