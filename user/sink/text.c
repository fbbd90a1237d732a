// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* For a person at three in the morning: who died, where, and why that one. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/container.h"
#include "core/episode.h"
#include "core/why.h"
#include "lib/flow.h"
#include "lib/outbuf.h"
#include "lib/units.h"
#include "lib/utf8.h"
#include "sink/sink.h"
#include "sink/table.h"

#define COLUMNS     80
#define INDENT      14 /* where what stands behind a label begins */
#define BUFFER_SIZE (32 * 1024)
#define NAMED_MOST  8 /* victims of a group that are named */
#define STACK_MOST  6 /* frames: down to what the invoker was doing, not how that began */

#define SGR_NONE  ""
#define SGR_BOLD  "1"
#define SGR_ALARM "1;31"
#define SGR_FAINT "2"

struct text {
	struct sink sink;
	struct sink_options options;
	struct outbuf out;
	struct flow flow;
};

/* "java[4242]", as it may be shown. */
typedef char process_text[UTF8_ESCAPED_LEN(WIRE_COMM_LEN) + 16];

static const char *process_name(process_text out, const char *comm, uint32_t pid)
{
	char name[UTF8_ESCAPED_LEN(WIRE_COMM_LEN)];

	utf8_escape(name, sizeof(name), comm, strnlen(comm, WIRE_COMM_LEN), COLUMNS);
	snprintf(out, sizeof(process_text), "%s[%" PRIu32 "]", name, pid);
	return out;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static int64_t now_real_ns(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_REALTIME, &now))
		return 0;
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Begins an event's first line with its time: local, or since boot where that is all there is. */
static void event_begin(struct text *text, const struct host *host, int64_t real_ns,
			uint64_t boot_ns)
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
	else
		flow_word(flow, "[%5" PRIu64 ".%06" PRIu64 "] ", boot_ns / 1000000000,
			  boot_ns / 1000 % 1000000);
	flow_color(flow, SGR_NONE);
	flow->indent = INDENT;
}

static void show_limit(struct flow *flow, const char *what, uint64_t bytes, bool is_max,
		       const char *after)
{
	units_text limit;

	if (is_max)
		flow_word(flow, "%s unlimited%s", what, after);
	else
		flow_word(flow, "%s %s%s", what, units_bytes(limit, bytes), after);
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
		show_limit(flow, "(limit", memcg->limit_bytes, memcg->limit_is_max,
			   swap ? "," : ")");
	if ((memcg->known & MEMCG_KNOWS_USAGE) && swap)
		show_limit(flow, memcg->v1 ? "memory+swap" : "swap", memcg->swap_limit_bytes,
			   memcg->swap_limit_is_max, ")");
}

static void show_title(struct text *text, const struct host *host, const struct episode *episode)
{
	struct flow *flow = &text->flow;
	bool constrained = episode->known & EPISODE_KNOWS_CONSTRAINT;

	event_begin(text, host, episode->real_ns, episode->boot_ns);
	flow_color(flow, SGR_BOLD);
	if (episode->sysrq)
		flow_words(flow, "OOM kill asked for by SysRq-f,");
	if (constrained && episode->constraint == CONSTRAINT_MEMCG_)
		show_memcg_title(flow, &episode->memcg);
	else if (constrained && episode->constraint == CONSTRAINT_CPUSET_)
		flow_words(flow, "out of memory on the nodes of a cpuset");
	else if (constrained && episode->constraint == CONSTRAINT_MEMORY_POLICY_)
		flow_words(flow, "out of memory on the nodes of a memory policy");
	else if (constrained && episode->constraint == CONSTRAINT_NONE_)
		flow_words(flow, episode->sysrq ? "on the whole machine"
						: "out of memory on the whole machine");
	else
		flow_words(flow, "out of memory, whether of a cgroup or the machine is not known");
	flow_color(flow, SGR_NONE);
	flow_end(flow);
}

/* "498.2 MiB: anon 495.9, file 1.1, ...", all in the unit of the sum. */
static void show_memory_of(struct flow *flow, const struct task *task)
{
	const struct {
		const char *name;
		uint64_t bytes;
	} parts[] = {
		{"anon", task->rss_anon_bytes},        {"file", task->rss_file_bytes},
		{"shmem", task->rss_shmem_bytes},      {"swap", task->swap_bytes},
		{"page tables", task->pgtables_bytes},
	};
	const unsigned int count = sizeof(parts) / sizeof(parts[0]);
	uint64_t sum = 0;
	unsigned int scale;
	units_text number;

	for (unsigned int i = 0; i < count; i++)
		sum += parts[i].bytes;
	scale = units_scale(sum, 0);
	flow_begin(flow, "", INDENT);
	flow_words(flow, "%s:", units_bytes(number, sum));
	for (unsigned int i = 0; i < count; i++)
		flow_word(flow, "%s %s%s", parts[i].name,
			  units_bytes_in(number, parts[i].bytes, scale), i + 1 < count ? "," : "");
	flow_end(flow);
}

/*
 * "docker 0123456789ab, pod 8d5c... (burstable)": what a cgroup's path names. @unnamed stands for a
 * runtime that it does not tell.
 */
static void show_container(struct flow *flow, const struct container *container,
			   const char *unnamed)
{
	bool pod = container->known & CONTAINER_KNOWS_POD;
	bool runtime = container->known & CONTAINER_KNOWS_RUNTIME;
	char id[UTF8_ESCAPED_LEN(WIRE_PATH_NAME)];
	size_t len = container->id_is_hex ? CONTAINER_SHORT : strlen(container->id);

	utf8_escape(id, sizeof(id), container->id, len, COLUMNS / 2);
	if (container->known & CONTAINER_KNOWS_ID) {
		flow_words(flow, "%s", runtime ? container->runtime : unnamed);
		flow_word(flow, "%s%s", id, pod ? "," : "");
	}
	if (pod)
		flow_words(flow, "pod %s (%s)", container->pod_uid, container->qos);
}

/* Whose it was, where the cgroup's path says more than a unit. */
static void show_container_of(struct flow *flow, const char *cgroup)
{
	struct container container;

	container_of_path(cgroup, &container);
	if (!container_is_one(&container))
		return;
	flow_begin(flow, "  container", INDENT);
	show_container(flow, &container, "id");
	flow_end(flow);
}

static void show_killed(struct text *text, const struct episode *episode)
{
	const struct task *victim = &episode->victim;
	struct flow *flow = &text->flow;
	process_text name;

	flow_begin(flow, "  killed", INDENT);
	flow_color(flow, SGR_ALARM);
	flow_word(flow, "%s", process_name(name, victim->comm, victim->pid));
	flow_color(flow, SGR_NONE);
	if (victim->uid != WIRE_NONE_U32)
		flow_word(flow, "uid %" PRIu32 ",", victim->uid);
	flow_word(flow, "oom_score_adj %d", victim->oom_score_adj);
	flow_end(flow);
	if (victim->known & TASK_KNOWS_MEMORY)
		show_memory_of(flow, victim);
	if (victim->cmdline) {
		flow_begin(flow, "  command", INDENT);
		flow_parts(flow, victim->cmdline, ' ');
		if (victim->cmdline_truncated)
			flow_word(flow, "...");
		flow_end(flow);
	}
	/* Told where the title has not told it already. */
	if ((victim->known & TASK_KNOWS_CGROUP) && victim->cgroup &&
	    !(episode->memcg.path && !strcmp(episode->memcg.path, victim->cgroup))) {
		flow_begin(flow, "", INDENT);
		flow_words(flow, "in");
		flow_parts(flow, victim->cgroup, '/');
		/* Whose limit? The question of everybody who looked at the victim's own first. */
		if (episode->memcg.path)
			flow_words(flow, "(the limit met is further up)");
		flow_end(flow);
	}
	show_container_of(flow, victim->cgroup);
}

/* Those who died with the chosen one. */
static void show_others(struct flow *flow, const struct episode *episode)
{
	uint32_t named = episode->n_victims < NAMED_MOST ? episode->n_victims : NAMED_MOST;
	uint32_t left = episode->n_victims - named;
	process_text name;

	if (!episode->group && episode->n_victims < 2)
		return;
	if (episode->group) {
		flow_begin(flow, "  group", INDENT);
		flow_words(flow, "killed as a group (memory.oom.group): %" PRIu32 " process%s",
			   episode->n_victims, episode->n_victims == 1 ? "" : "es");
		flow_end(flow);
		flow_begin(flow, "", INDENT);
	} else {
		flow_begin(flow, "  and killed", INDENT);
	}
	for (uint32_t i = episode->group ? 0 : 1; i < named; i++)
		flow_word(flow, "%s%s",
			  process_name(name, episode->victims[i].comm, episode->victims[i].pid),
			  i + 1 < named || left ? "," : "");
	if (left)
		flow_word(flow, "and %" PRIu32 " more", left);
	if (!episode->group)
		flow_words(flow, "(sharing its memory)");
	flow_end(flow);
}

/* How the kernel came to it, which tells a page fault from a read, a write from a fork. */
static void show_stack(struct flow *flow, const struct episode *episode)
{
	size_t shown =
		episode->invoker.stack_len < STACK_MOST ? episode->invoker.stack_len : STACK_MOST;

	if (!shown)
		return;
	flow_begin(flow, "", INDENT);
	flow_word(flow, "%s", episode->invoker.stack[0]);
	for (size_t i = 1; i < shown; i++)
		flow_word(flow, "< %s", episode->invoker.stack[i]);
	flow_end(flow);
}

/* The invoker's container or unit, where it is another one than the victim's. */
static void show_elsewhere(struct flow *flow, const struct episode *episode)
{
	const char *cgroup = episode->invoker.cgroup, *other = episode->victim.cgroup;
	struct container container;
	char unit[UTF8_ESCAPED_LEN(WIRE_PATH_NAME)];

	if (!cgroup || episode->no_kill || !other || !strcmp(cgroup, other))
		return;
	container_of_path(cgroup, &container);
	if (container_is_one(&container)) {
		flow_words(flow, "in");
		show_container(flow, &container, "container");
	} else if (container.known & CONTAINER_KNOWS_UNIT) {
		utf8_escape(unit, sizeof(unit), container.unit, strlen(container.unit),
			    COLUMNS / 2);
		flow_word(flow, "in %s", unit);
	}
}

static void show_invoker(struct flow *flow, const struct episode *episode)
{
	bool gfp = episode->known & EPISODE_KNOWS_GFP;
	process_text name;

	if (!(episode->known & EPISODE_KNOWS_INVOKER) && !gfp)
		return;
	flow_begin(flow, "  invoked by", INDENT);
	if (episode->sysrq)
		flow_words(flow, "SysRq-f%s", episode->known & EPISODE_KNOWS_INVOKER ? ", in" : "");
	if (episode->known & EPISODE_KNOWS_INVOKER)
		flow_word(flow, "%s",
			  process_name(name, episode->invoker.comm, episode->invoker.pid));
	else if (!episode->sysrq)
		flow_words(flow, "somebody");
	show_elsewhere(flow, episode);
	if (gfp && !episode->sysrq) {
		flow_words(flow, "asking for 2^%" PRId32 " pages,", episode->invoker.order);
		if ((episode->known & EPISODE_KNOWS_GFP_TEXT) && *episode->invoker.gfp_text)
			flow_parts(flow, episode->invoker.gfp_text, '|');
		else
			flow_word(flow, "gfp_mask 0x%" PRIx32, episode->invoker.gfp_mask);
	}
	flow_end(flow);
}

static void show_standing(struct flow *flow, const struct episode *episode, const struct why *why,
			  const char *after)
{
	bool adjusted = why->largest_part == PART_OOM_SCORE_ADJ;

	if (episode->selection == SELECTION_ALLOCATING_TASK)
		flow_words(flow, "it asked for the memory (vm.oom_kill_allocating_task)%s", after);
	else if (why->rank == 1 && episode->total == 1)
		flow_words(flow, "the only candidate%s", after);
	else if (why->rank == 1)
		flow_words(flow, "%s of %" PRIu32 " candidates%s",
			   adjusted ? "highest score" : "largest", episode->total, after);
	else if (why->rank)
		flow_words(flow, "number %" PRIu32 " by score of %" PRIu32 " candidates%s",
			   why->rank, episode->total, after);
	else if (episode->total)
		flow_words(flow, "chosen of %" PRIu32 " candidates%s", episode->total, after);
}

static void show_margin(struct flow *flow, const struct why *why)
{
	bool behind = why->margin_bytes < 0;
	uint64_t bytes = behind ? -(uint64_t)why->margin_bytes : (uint64_t)why->margin_bytes;
	process_text name;
	units_text margin;

	process_name(name, why->runner_up->comm, why->runner_up->pid);
	if (!why->has_margin)
		flow_words(flow, "next would have been");
	else if (!bytes)
		flow_words(flow, "level with");
	else
		flow_words(flow, "%s %s", units_bytes(margin, bytes),
			   behind ? "behind" : "ahead of");
	flow_word(flow, "%s", name);
}

static void show_why(struct flow *flow, const struct episode *episode)
{
	struct why why = why_explain(episode);
	bool exiting = episode->selection == SELECTION_EXITING_TASK;

	if (!exiting && !why.runner_up && !episode->total &&
	    episode->selection != SELECTION_ALLOCATING_TASK)
		return;
	flow_begin(flow, "  why", INDENT);
	if (exiting) {
		flow_words(flow, "it was exiting already: marked without a selection");
	} else {
		show_standing(flow, episode, &why, why.runner_up ? "," : "");
		if (why.runner_up)
			show_margin(flow, &why);
	}
	flow_end(flow);
	if (!exiting && why.largest_part == PART_OOM_SCORE_ADJ) {
		flow_begin(flow, "", INDENT);
		flow_words(flow, "most of its score is its oom_score_adj of %d",
			   episode->victim.oom_score_adj);
		flow_end(flow);
	}
}

static void show_usage(struct flow *flow, const struct episode *episode)
{
	const struct memcg *memcg = &episode->memcg;
	bool swap = memcg->known & MEMCG_KNOWS_SWAP;
	units_text used;

	if (!(episode->known & EPISODE_KNOWS_MEMCG) || !(memcg->known & MEMCG_KNOWS_USAGE))
		return;
	flow_begin(flow, "  memory", INDENT);
	flow_words(flow, "%s", units_bytes(used, memcg->usage_bytes));
	show_limit(flow, "of", memcg->limit_bytes, memcg->limit_is_max, " used");
	if (swap) {
		flow_words(flow, "%s %s", memcg->v1 ? "(memory+swap" : "(swap",
			   units_bytes(used, memcg->swap_bytes));
		show_limit(flow, "of", memcg->swap_limit_bytes, memcg->swap_limit_is_max, ")");
	}
	flow_end(flow);
}

/* What each loss means to the reader, and what helps. */
static const struct loss_words {
	const char *what, *why, *remedy;
} loss_words[LOSS_MAX] = {
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
};

static void show_loss(struct flow *flow, unsigned int loss, uint64_t count)
{
	static const struct loss_words unknown = {"record", "for a reason not known here", NULL};
	const struct loss_words *words = loss < LOSS_MAX ? &loss_words[loss] : &unknown;

	if (!words->what)
		words = &unknown;
	flow_words(flow, "%" PRIu64 " %s%s: %s (%s)%s", count, words->what, plural(count),
		   words->why, loss_name(loss), words->remedy ? ";" : "");
	if (words->remedy)
		flow_words(flow, "%s", words->remedy);
}

static void show_losses(struct flow *flow, const struct episode *episode)
{
	for (unsigned int i = 0; i < LOSS_MAX; i++) {
		if (!episode->loss[i])
			continue;
		flow_begin(flow, "  lost", INDENT);
		show_loss(flow, i, episode->loss[i]);
		flow_end(flow);
	}
}

static int text_episode(struct sink *sink, const struct host *host, const struct episode *episode)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;

	show_title(text, host, episode);
	show_killed(text, episode);
	show_others(flow, episode);
	show_invoker(flow, episode);
	show_stack(flow, episode);
	show_why(flow, episode);
	show_usage(flow, episode);
	show_losses(flow, episode);
	if (!text->options.quiet)
		table_show(flow, episode, text->options.candidates);
	return outbuf_end(&text->out);
}

static int text_no_kill(struct sink *sink, const struct host *host, const struct episode *episode)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;

	show_title(text, host, episode);
	flow_begin(flow, "  nobody", INDENT);
	flow_words(flow, episode->no_kill == NO_KILL_PANIC
				 ? "is killed: vm.panic_on_oom, the kernel panics next"
				 : "can be killed: the request fails");
	if (episode->repeated)
		flow_words(flow, "(and %" PRIu32 " times more since the last report)",
			   episode->repeated);
	flow_end(flow);
	show_invoker(flow, episode);
	show_stack(flow, episode);
	show_usage(flow, episode);
	show_losses(flow, episode);
	if (!text->options.quiet)
		table_show(flow, episode, text->options.candidates);
	return outbuf_end(&text->out);
}

static void show_fate(struct flow *flow, const struct outcome *outcome)
{
	units_text time;

	if (outcome->has_exited)
		flow_words(flow, "exited after %s,", units_duration(time, outcome->exited_ns));
	else if (outcome->watched_ns > 0)
		flow_words(flow, "is still alive %s after the kill,",
			   units_duration(time, outcome->watched_ns));
	else
		flow_words(flow, "was not seen to exit,");
	if (outcome->has_reaped)
		flow_words(flow, "reaped after %s,", units_duration(time, outcome->reaped_ns));
	if (outcome->has_freed)
		flow_words(flow, "memory freed after %s", units_duration(time, outcome->freed_ns));
	else
		flow_words(flow, "memory not seen to be freed");
}

static int text_outcome(struct sink *sink, const struct host *host, const struct outcome *outcome)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;
	process_text name;

	event_begin(text, host, outcome->real_ns, outcome->boot_ns);
	if (!outcome->has_exited)
		flow_color(flow, SGR_ALARM);
	flow_word(flow, "%s", process_name(name, outcome->comm, outcome->pid));
	show_fate(flow, outcome);
	if (!outcome->has_exited)
		flow_color(flow, SGR_NONE);
	flow_end(flow);
	if (outcome->has_aborted && outcome->aborted_selections) {
		flow_begin(flow, "", INDENT);
		flow_words(flow, "%" PRIu32 " more OOM%s waited for it instead of killing another",
			   outcome->aborted_selections, plural(outcome->aborted_selections));
		flow_end(flow);
	}
	return outbuf_end(&text->out);
}

static int text_user_kill(struct sink *sink, const struct host *host, const struct user_kill *kill)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;
	process_text name;

	event_begin(text, host, kill->real_ns, kill->boot_ns);
	flow_word(flow, "%s", process_name(name, kill->target.comm, kill->target.pid));
	flow_words(flow, "got %s from",
		   kill->signal == SIGKILL   ? "SIGKILL"
		   : kill->signal == SIGTERM ? "SIGTERM"
					     : "a signal");
	flow_word(flow, "%s,", process_name(name, kill->sender_comm, kill->sender_pid));
	flow_words(flow, "not from the kernel");
	flow_end(flow);
	return outbuf_end(&text->out);
}

static int text_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	struct text *text = (struct text *)sink;
	struct flow *flow = &text->flow;

	event_begin(text, host, lost->real_ns, lost->boot_ns);
	flow_color(flow, SGR_ALARM);
	flow_words(flow, "lost");
	show_loss(flow, lost->reason, lost->count);
	flow_color(flow, SGR_NONE);
	flow_end(flow);
	return outbuf_end(&text->out);
}

static void text_destroy(struct sink *sink)
{
	struct text *text = (struct text *)sink;

	outbuf_free(&text->out);
	free(text);
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
	struct text *text = calloc(1, sizeof(*text));

	if (!text)
		return NULL;
	if (outbuf_init(&text->out, options->fd, options->cancel_fd, BUFFER_SIZE)) {
		free(text);
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
