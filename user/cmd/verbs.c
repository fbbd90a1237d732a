/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/verbs.h"

static char trace_name[] = "oomtrace trace";
static char replay_name[] = "oomtrace replay";
static char doctor_name[] = "oomtrace doctor";
static char rank_name[] = "oomtrace rank";
static char explain_name[] = "oomtrace explain";
static char import_name[] = "oomtrace import";
static char report_name[] = "oomtrace report";
static char list_name[] = "oomtrace list";
static char show_name[] = "oomtrace show";
static char completion_name[] = "oomtrace completion";

const struct verb verbs[] = {
	{"trace", trace_name, cmd_trace, &trace_argp,
	 "stream every OOM kill until Ctrl-C (the default verb)"},
	{"list", list_name, cmd_list, &list_argp, "list the kills that were stored"},
	{"show", show_name, cmd_show, &show_argp, "show everything that was stored of one kill"},
	{"explain", explain_name, cmd_explain, &explain_argp,
	 "say why that one, and what would have changed it"},
	{"report", report_name, cmd_report, &report_argp, "write kills as a page for a browser"},
	{"rank", rank_name, cmd_rank, &rank_argp,
	 "say who the kernel would kill now, and by what margin"},
	{"import", import_name, cmd_import, &import_argp,
	 "give the OOM kills that kernel logs tell of"},
	{"replay", replay_name, cmd_replay, &replay_argp,
	 "give a recording made with --record again"},
	{"doctor", doctor_name, cmd_doctor, &doctor_argp,
	 "say what this host supports, and what to do about it"},
	{"completion", completion_name, cmd_completion, &completion_argp,
	 "write the completion of a shell"},
};

const size_t n_verbs = sizeof(verbs) / sizeof(*verbs);

_Static_assert(sizeof(verbs) / sizeof(*verbs) <= VERBS_MAX, "room for every verb's name");
