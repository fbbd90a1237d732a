/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options that say what is given, where and in which shape: of every verb
 * that gives episodes.
 */
#ifndef OOMTRACE_CMD_OUTPUTS_H
#define OOMTRACE_CMD_OUTPUTS_H

#include <argp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/storage.h"
#include "core/episode.h"
#include "core/filter.h"
#include "sink/sink.h"

#define OUTPUTS_MAX             8
#define TEXT_DEFAULT_CANDIDATES 10

enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_FORMATS };

/* What is particular to a format. The table is the one place that knows them all. */
struct output_kind {
	const char *name; /* as it is typed */
	struct sink *(*make)(const struct sink_options *options);
	uint32_t candidates;  /* that are shown where --candidates does not say how many */
	uint32_t queue_bytes; /* of lines that wait for their reader */
};

/* By enum output_format. */
extern const struct output_kind output_kinds[OUTPUT_FORMATS];

struct output_spec {
	enum output_format format;
	const char *file; /* NULL: stdout */
};

enum choice { CHOICE_AUTO, CHOICE_ALWAYS, CHOICE_NEVER };

struct outputs {
	struct output_spec specs[OUTPUTS_MAX];
	unsigned int n_specs; /* at least 1 once parsed */
	struct storage_options storage;
	bool candidates_given;
	uint32_t candidates;
	enum choice color;
	enum choice levels;
	bool quiet;
	bool redact;          /* outputs are for strangers: no names */
	unsigned int verbose; /* how often it was said */
	uint64_t count;       /* episodes to give; 0: all */
	struct filter filter;
	char cgroup[PATH_MAX]; /* what filter.cgroup points at */
};

/* A child of a verb's argp; its input is a struct outputs, zeroed. */
extern const struct argp outputs_argp;

/* "json" or "text:FILE" ("-" is stdout). Returns 0, or -EINVAL. */
int output_spec_parse(const char *text, struct output_spec *ret_spec);

/* "10" or "all" (CANDIDATES_ALL). Returns 0, -EINVAL or -ERANGE. */
int candidates_parse(const char *text, uint32_t *ret_count);

/* "auto", "always" or "never". Returns 0, or -EINVAL; of --color and --level-prefix. */
int choice_parse(const char *text, enum choice *ret_choice);

/* How many candidates @spec shows: -k shapes stdout only. */
uint32_t output_candidates(const struct outputs *outputs, const struct output_spec *spec);

/* Whether stdout gets colours, by --color, NO_COLOR, TERM and whether it is a terminal. */
bool output_color(const struct outputs *outputs, bool is_terminal);

/*
 * Whether text on stdout has levels in front of its lines, by --level-prefix and whether the
 * journal reads it.
 */
bool output_levels(const struct outputs *outputs, bool is_journal);

/*
 * Opens @path for writing, mode 0600 if it is new, and no symbolic link, nor what somebody else
 * has put into a directory for everybody. With
 * @truncate what it held is gone, else lines are added. Returns a file
 * descriptor, or a negative errno after having said what to do about it.
 */
int output_open(const char *path, bool truncate);

#endif /* OOMTRACE_CMD_OUTPUTS_H */
