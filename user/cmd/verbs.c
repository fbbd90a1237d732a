/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/verbs.h"

const struct verb verbs[] = {
	{"trace", cmd_trace, &trace_argp, "stream every OOM kill until Ctrl-C (the default verb)"},
	{"list", cmd_list, &list_argp, "list the kills that were stored"},
	{"show", cmd_show, &show_argp, "show everything that was stored of one kill"},
	{"explain", cmd_explain, &explain_argp, "say why that one, and what would have changed it"},
	{"report", cmd_report, &report_argp, "write kills as a page for a browser"},
	{"rank", cmd_rank, &rank_argp, "say who the kernel would kill now, and by what margin"},
	{"import", cmd_import, &import_argp, "give the OOM kills that kernel logs tell of"},
	{"replay", cmd_replay, &replay_argp, "give a recording made with --record again"},
	{"ship", cmd_ship, &ship_argp, "send what was stored to Kafka"},
	{"doctor", cmd_doctor, &doctor_argp,
	 "say what this host supports, and what to do about it"},
	{"completion", cmd_completion, &completion_argp, "write the completion of a shell"},
};

const size_t n_verbs = sizeof(verbs) / sizeof(*verbs);

_Static_assert(sizeof(verbs) / sizeof(*verbs) <= VERBS_MAX, "room for every verb's name");
