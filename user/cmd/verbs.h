/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verbs. Each parses its own arguments through its argp table, argv[0]
 * being what is typed to reach it ("oomtrace show"), and returns the exit status.
 */
#ifndef OOMTRACE_CMD_VERBS_H
#define OOMTRACE_CMD_VERBS_H

#include <argp.h>
#include <stddef.h>

#include "lib/status.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const struct argp *argp;
	const char *summary;
};

#define VERBS_MAX 16

/*
 * In the order in which they are listed, the first one being meant where none is named. The table
 * is the one place that knows them all: help, completions and the tests of the manual follow it.
 */
extern const struct verb verbs[];
extern const size_t n_verbs;

extern const struct argp completion_argp, doctor_argp, explain_argp, import_argp, list_argp,
	rank_argp, replay_argp, report_argp, ship_argp, show_argp, trace_argp;

int cmd_completion(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_rank(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_ship(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_trace(int argc, char **argv);

#endif /* OOMTRACE_CMD_VERBS_H */
