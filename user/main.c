/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stands first on the command line, to its verb. */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/verbs.h"
#include "cmd/words.h"
#include "lib/journal.h"
#include "lib/log.h"
#include "lib/parse.h"

const char *argp_program_version = "oomtrace " OOMTRACE_VERSION;

static char ask_help[] = "--help";

static int help(void)
{
	printf("Usage: oomtrace [VERB] [OPTION...]\n"
	       "Traces OOM kills of the Linux kernel: who died, why that one, what would have\n"
	       "changed it.\n\n");
	for (size_t i = 0; i < n_verbs; i++)
		printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
	printf("\n'oomtrace help VERB' lists the options of one verb; without a verb, options are\n"
	       "those of trace. Manual: oomtrace(8).\n");
	return printed_status();
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < n_verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const char *word)
{
	const char *names[VERBS_MAX + 1], *nearest;

	for (size_t i = 0; i < n_verbs; i++)
		names[i] = verbs[i].name;
	names[n_verbs] = "help";
	nearest = strcmp(word, "version") ? nearest_name(word, names, n_verbs + 1) : "--version";
	if (nearest)
		log_error("there is no verb '%s'; did you mean '%s'?", word, nearest);
	else
		log_error("there is no verb '%s'; 'oomtrace help' lists them", word);
	return EXIT_USAGE;
}

/* @name is what messages begin with, and what is said to be typed for help. */
static int run_verb(const struct verb *verb, const char *name, int argc, char **argv)
{
	static char full_name[64];

	snprintf(full_name, sizeof(full_name), "oomtrace%s%s", *name ? " " : "", name);
	argv[0] = full_name;
	if (argc == 2 && strcmp(argv[1], "-h") == 0)
		argv[1] = ask_help;
	return verb->run(argc, argv);
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	argp_err_exit_status = EXIT_USAGE;
	log_levels(journal_reads(STDERR_FILENO));
	if (argc < 1)
		return EXIT_USAGE;
	if (argc < 2)
		return run_verb(&verbs[0], "", argc, argv);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	if (strcmp(argv[1], "help") == 0) {
		char *help_argv[] = {NULL, ask_help, NULL};

		if (argc == 2)
			return help();
		verb = find_verb(argv[2]);
		return verb ? run_verb(verb, verb->name, 2, help_argv) : unknown_verb(argv[2]);
	}
	if (argv[1][0] == '-')
		return run_verb(&verbs[0], "", argc, argv);
	verb = find_verb(argv[1]);
	return verb ? run_verb(verb, verb->name, argc - 1, argv + 1) : unknown_verb(argv[1]);
}
