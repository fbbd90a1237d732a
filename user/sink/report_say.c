// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The page's words of one kill: those of the text output and of explain, a line for each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/explain.h"
#include "core/why.h"
#include "lib/units.h"
#include "sink/explain_findings.h"
#include "sink/report_parts.h"
#include "sink/text_parts.h"

#define NO_END (1U << 24) /* columns: a line is as long as what it says */

static struct flow flow_to(struct outbuf *out)
{
	return (struct flow){.out = out, .columns = NO_END};
}

/* What ran out, as a clause of a sentence. */
static void say_because(struct flow *flow, const struct episode *episode)
{
	bool known = episode->known & EPISODE_KNOWS_CONSTRAINT;
	const struct memcg *memcg = &episode->memcg;

	if (episode->sysrq)
		flow_words(flow, "SysRq-f asked for a kill");
	else if (!known)
		flow_words(flow, "memory ran out");
	else if (episode->constraint == CONSTRAINT_NONE_)
		flow_words(flow, "the machine ran out of memory");
	else if (episode->constraint != CONSTRAINT_MEMCG_)
		flow_words(flow, "some memory nodes ran out of memory");
	else if (memcg->known & MEMCG_KNOWS_PATH && memcg->path) {
		flow_words(flow, "the cgroup");
		flow_parts(flow, memcg->path, '/');
		flow_words(flow, "ran out of memory");
	} else
		flow_words(flow, "a cgroup ran out of memory");
}

static void say_headline(struct flow *flow, const struct episode *episode)
{
	uint32_t more = episode->n_victims > 1 ? episode->n_victims - 1 : 0;
	process_text name;

	flow_begin(flow, "  headline", INDENT);
	if (episode->no_kill)
		flow_words(flow, "Nobody was killed when");
	else
		flow_word(flow, "%s",
			  text_process(name, episode->victim.comm, episode->victim.pid));
	if (more)
		flow_words(flow, "and %" PRIu32 " more process%s were killed when", more,
			   more == 1 ? "" : "es");
	else if (!episode->no_kill)
		flow_words(flow, "was killed when");
	say_because(flow, episode);
	flow_end(flow);
}

/* "2026-11-22 22:10:08.412 UTC on web-14" */
static void say_when(struct flow *flow, const struct host *host, const struct episode *episode)
{
	const char *name = host && host->wire ? host->wire->host : "";
	units_text time;

	if (!episode->real_ns && !episode->time_text && !episode->boot_ns && !*name)
		return;
	flow_begin(flow, "  when", INDENT);
	if (episode->real_ns)
		flow_word(flow, "%.10s %.12s UTC", units_rfc3339(time, episode->real_ns),
			  time + strlen("2026-11-22T"));
	else if (episode->time_text)
		text_name(flow, episode->time_text, strlen(episode->time_text), "");
	else if (episode->boot_ns)
		flow_word(flow, "%s after the machine started", units_span(time, episode->boot_ns));
	if (*name) {
		flow_words(flow, "on");
		text_name(flow, name, WIRE_TEXT_LEN, "");
	}
	flow_end(flow);
}

static void say_where(struct flow *flow, const struct episode *episode)
{
	flow_begin(flow, "  where", INDENT);
	text_title(flow, episode);
	flow_end(flow);
}

static void say_why(struct flow *flow, const struct episode *episode, const struct why *why)
{
	if (text_knows_choice(episode, why)) {
		flow_begin(flow, "  why", INDENT);
		text_choice(flow, episode, why, "");
		flow_end(flow);
	}
	flow_begin(flow, "  spared", INDENT);
	spared_show(flow, &why->spared);
	flow_end(flow);
}

static void say_findings(struct flow *flow, const struct episode *episode)
{
	struct finding findings[FINDING_MAX];
	size_t count = explain_findings(episode, findings);

	for (size_t i = 0; i < count; i++) {
		flow_begin(flow, "  stands out", INDENT);
		finding_show(flow, episode, &findings[i]);
		flow_end(flow);
	}
}

void report_say_kill(struct outbuf *out, const struct host *host, const struct episode *episode)
{
	struct flow flow = flow_to(out);
	struct why why = why_explain(episode);

	say_headline(&flow, episode);
	say_when(&flow, host, episode);
	say_where(&flow, episode);
	if (episode->no_kill) {
		text_nobody(&flow, episode);
	} else {
		say_why(&flow, episode, &why);
		text_victim(&flow, episode);
		text_home(&flow, episode);
		text_command(&flow, episode->victim.cmdline, episode->victim.cmdline_truncated);
		text_company(&flow, episode);
	}
	text_memory(&flow, episode, &why);
	if (!episode->no_kill)
		say_findings(&flow, episode);
	text_invoker(&flow, episode);
	text_again(&flow, episode);
	text_losses(&flow, episode);
}

void report_say_outcome(struct outbuf *out, const struct outcome *outcome)
{
	struct flow flow = flow_to(out);
	process_text name;

	flow_begin(&flow, "  afterwards", INDENT);
	flow_word(&flow, "%s", text_process(name, outcome->comm, outcome->pid));
	text_fate(&flow, outcome);
}
