/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/tap.h"
#include "cmd/words.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/remedy.h"
#include "proc/cgroup.h"

enum {
	KEY_COMM = 0x100,
	KEY_UNIT,
	KEY_CONTAINER,
	KEY_POD,
	KEY_COLOR,
	KEY_LEVEL_PREFIX,
	KEY_STORE,
	KEY_STORE_GROUP,
	KEY_KEEP,
	KEY_REDACT,
};

static const struct argp_option options[] = {
	{0, 0, 0, 0, "Output:", 1},
	{"output", 'o', "FORMAT[:FILE]", 0,
	 "Give text or json, to stdout or appended to FILE; repeatable (default: text)", 1},
	{"json", 'j', 0, 0, "The same as -o json: one JSON object a line", 1},
	{"store", KEY_STORE, "FILE", OPTION_ARG_OPTIONAL,
	 "Keep them in FILE, an SQLite database (default: " STORE_DEFAULT_PATH ")", 1},
	{0, 's', "FILE", 0, "The same as --store=FILE", 1},
	{"store-group", KEY_STORE_GROUP, "NAME", 0, "Let this group read what is stored", 1},
	{"keep", KEY_KEEP, "BOUND", 0,
	 "Keep so long (90d), so many (10000) or so much (500MiB), the newest; repeatable "
	 "(default: 1GiB)",
	 1},
	{"candidates", 'k', "N|all", 0,
	 "Show N candidates of each kill on stdout (default: text 10, json all)", 1},
	{"redact", KEY_REDACT, 0, 0, TAP_REDACT_DOC, 1},
	{"color", KEY_COLOR, "WHEN", 0, "Colours on stdout: auto, always or never (default: auto)",
	 1},
	{"level-prefix", KEY_LEVEL_PREFIX, "WHEN", 0,
	 "Each line's level before it, as the journal wants it: auto, always or never (default: "
	 "auto)",
	 1},
	{"quiet", 'q', 0, 0, "No banner, no notes, and no table of candidates in text", 1},
	{"verbose", 'v', 0, 0,
	 "Say more on stderr about what is done; twice: libbpf's words too; three times: how much "
	 "the kernel had to verify",
	 1},
	{0, 0, 0, 0, "Which kills:", 2},
	{"pid", 'p', "PID", 0, "Only those with this process among the victims", 2},
	{"cgroup", 'c', "PATH", 0,
	 "Only those in this cgroup and below, by its path in the hierarchy or in the file system",
	 2},
	{"comm", KEY_COMM, "NAME", 0, "Only those with a victim of this name", 2},
	{"unit", KEY_UNIT, "NAME", 0, "Only those in this systemd service, scope or slice", 2},
	{"container", KEY_CONTAINER, "ID", 0,
	 "Only those in this container, by its name or by how its id begins", 2},
	{"pod", KEY_POD, "UID", 0, "Only those in this Kubernetes pod", 2},
	{"count", 'n', "N", 0, "End after N of them and what became of their victims", 2},
	{0},
};

/* A few hundred kills as text wait for their reader, as JSON those of a few dozens. */
const struct output_kind output_kinds[OUTPUT_FORMATS] = {
	[OUTPUT_TEXT] = {"text", sink_text_new, TEXT_DEFAULT_CANDIDATES, 256 * 1024},
	[OUTPUT_JSON] = {"json", sink_jsonl_new, CANDIDATES_ALL, 1024 * 1024},
};

int output_spec_parse(const char *text, struct output_spec *ret_spec)
{
	size_t len = strcspn(text, ":");
	struct output_spec spec = {0};

	while (spec.format < OUTPUT_FORMATS &&
	       (strncmp(text, output_kinds[spec.format].name, len) ||
		output_kinds[spec.format].name[len]))
		spec.format++;
	if (spec.format == OUTPUT_FORMATS)
		return -EINVAL;
	if (text[len] == ':') {
		spec.file = text + len + 1;
		if (!*spec.file)
			return -EINVAL;
		if (strcmp(spec.file, "-") == 0)
			spec.file = NULL;
	}
	*ret_spec = spec;
	return 0;
}

static void add_output(struct outputs *outputs, const char *text, struct argp_state *state)
{
	struct output_spec spec;

	if (output_spec_parse(text, &spec))
		argp_error(state, "'%s' is no output: text or json, or one of them with :FILE",
			   text);
	if (outputs->n_specs == OUTPUTS_MAX)
		argp_error(state, "more than %d outputs", OUTPUTS_MAX);
	for (unsigned int i = 0; i < outputs->n_specs; i++) {
		const char *other = outputs->specs[i].file;

		if (!spec.file && !other)
			argp_error(state, "two outputs on stdout: give one of them a file");
		if (spec.file && other && strcmp(spec.file, other) == 0)
			argp_error(state, "two outputs in '%s'", other);
	}
	outputs->specs[outputs->n_specs++] = spec;
}

int candidates_parse(const char *text, uint32_t *ret_count)
{
	uint64_t n = CANDIDATES_ALL;
	int error = strcmp(text, "all") == 0 ? 0 : parse_number(text, CANDIDATES_ALL - 1, &n);

	if (!error)
		*ret_count = (uint32_t)n;
	return error;
}

static void set_candidates(struct outputs *outputs, const char *text, struct argp_state *state)
{
	if (candidates_parse(text, &outputs->candidates))
		argp_error(state, "'%s' is no number of candidates: N or all", text);
	outputs->candidates_given = true;
}

int choice_parse(const char *text, enum choice *ret_choice)
{
	static const char *const words[] = {
		[CHOICE_AUTO] = "auto",
		[CHOICE_ALWAYS] = "always",
		[CHOICE_NEVER] = "never",
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_choice = i;
			return 0;
		}
	}
	return -EINVAL;
}

static void set_color(struct outputs *outputs, const char *text, struct argp_state *state)
{
	if (choice_parse(text, &outputs->color))
		argp_error(state, "'%s' is no choice of colours: auto, always or never", text);
}

static void set_levels(struct outputs *outputs, const char *text, struct argp_state *state)
{
	if (choice_parse(text, &outputs->levels))
		argp_error(state, "'%s' is no choice of levels: auto, always or never", text);
	if (outputs->levels != CHOICE_AUTO)
		log_levels(outputs->levels == CHOICE_ALWAYS);
}

static void set_cgroup(struct outputs *outputs, const char *text, struct argp_state *state)
{
	if (cgroup_path(text, outputs->cgroup))
		argp_error(state, "'%s' is no cgroup's path: /system.slice, or where it is mounted",
			   text);
	outputs->filter.cgroup = outputs->cgroup;
}

static void set_pid(struct outputs *outputs, const char *text, struct argp_state *state)
{
	uint64_t pid;

	if (parse_number(text, INT32_MAX, &pid) || !pid)
		argp_error(state, "'%s' is no process id", text);
	outputs->filter.pid = (uint32_t)pid;
}

/* @text, which says where a kill must have been. */
static const char *place_of(const char *text, const char *what, struct argp_state *state)
{
	if (!*text || strchr(text, '/'))
		argp_error(state, "'%s' is no name of a %s", text, what);
	return text;
}

static void set_count(struct outputs *outputs, const char *text, struct argp_state *state)
{
	if (parse_number(text, UINT64_MAX, &outputs->count) || !outputs->count)
		argp_error(state, "'%s' is no number of kills: 1 or more", text);
}

static void set_store(struct outputs *outputs, const char *file, struct argp_state *state)
{
	if (!*file)
		argp_error(state, "which file is the store?");
	file_expected(file, "-s", state);
	if (outputs->storage.file)
		argp_error(state, "one store at a time: '%s', or '%s'?", outputs->storage.file,
			   file);
	outputs->storage.file = file;
}

static void set_store_group(struct outputs *outputs, const char *name, struct argp_state *state)
{
	if (storage_group_parse(name, &outputs->storage.group))
		argp_error(state, "'%s' is no group of this host", name);
	outputs->storage.has_group = true;
}

static void set_keep(struct outputs *outputs, const char *text, struct argp_state *state)
{
	if (storage_keep_parse(text, &outputs->storage.keep))
		argp_error(state,
			   "'%s' is nothing to keep by: an age (90d), a number of kills (10000) "
			   "or a size, 1MiB or more (500MiB)",
			   text);
}

/* What none of the options can know alone. */
static void check(const struct outputs *outputs, struct argp_state *state)
{
	const struct store_keep *keep = &outputs->storage.keep;

	if (outputs->quiet && outputs->verbose)
		argp_error(state, "-q and -v contradict each other");
	if (outputs->storage.file && outputs->redact)
		argp_error(state, "--redact is for outputs; a store keeps names, and 'oomtrace "
				  "show --redact' gives what is in it without");
	if (!outputs->storage.file && outputs->storage.has_group)
		argp_error(state, "--store-group is for a store: --store");
	if (!outputs->storage.file && (keep->max_age_ns || keep->max_bytes || keep->max_episodes))
		argp_error(state, "--keep is for a store: --store");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	static const struct output_spec text_to_stdout = {.format = OUTPUT_TEXT};
	struct outputs *outputs = state->input;

	switch (key) {
	case 'o':
		add_output(outputs, arg, state);
		return 0;
	case 'j':
		add_output(outputs, "json", state);
		return 0;
	case 's':
	case KEY_STORE:
		set_store(outputs, arg ? arg : STORE_DEFAULT_PATH, state);
		return 0;
	case KEY_STORE_GROUP:
		set_store_group(outputs, arg, state);
		return 0;
	case KEY_KEEP:
		set_keep(outputs, arg, state);
		return 0;
	case KEY_REDACT:
		outputs->redact = true;
		return 0;
	case 'k':
		set_candidates(outputs, arg, state);
		return 0;
	case KEY_COLOR:
		set_color(outputs, arg, state);
		return 0;
	case KEY_LEVEL_PREFIX:
		set_levels(outputs, arg, state);
		return 0;
	case 'q':
		outputs->quiet = true;
		log_set_level(LOG_QUIET);
		return 0;
	case 'v':
		outputs->verbose++;
		log_set_level(LOG_VERBOSE);
		return 0;
	case 'p':
		set_pid(outputs, arg, state);
		return 0;
	case 'c':
		set_cgroup(outputs, arg, state);
		return 0;
	case KEY_COMM:
		outputs->filter.comm = arg;
		return 0;
	case KEY_UNIT:
		outputs->filter.unit = place_of(arg, "unit", state);
		return 0;
	case KEY_CONTAINER:
		outputs->filter.container = place_of(arg, "container", state);
		return 0;
	case KEY_POD:
		outputs->filter.pod = place_of(arg, "pod", state);
		return 0;
	case 'n':
		set_count(outputs, arg, state);
		return 0;
	case ARGP_KEY_END:
		check(outputs, state);
		if (!outputs->n_specs)
			outputs->specs[outputs->n_specs++] = text_to_stdout;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp outputs_argp = {.options = options, .parser = parse_option};

uint32_t output_candidates(const struct outputs *outputs, const struct output_spec *spec)
{
	if (!spec->file && outputs->candidates_given)
		return outputs->candidates;
	return output_kinds[spec->format].candidates;
}

bool output_color(const struct outputs *outputs, bool is_terminal)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (outputs->color != CHOICE_AUTO)
		return outputs->color == CHOICE_ALWAYS;
	return is_terminal && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

bool output_levels(const struct outputs *outputs, bool is_journal)
{
	return outputs->levels == CHOICE_AUTO ? is_journal : outputs->levels == CHOICE_ALWAYS;
}

/*
 * Whether @fd is a file that somebody else has put at @path, where everybody can put files: who
 * waits for a name to be used there would read what is written.
 */
static bool is_planted(int fd, const char *path)
{
	char directory[PATH_MAX];
	struct stat file, around;

	snprintf(directory, sizeof(directory), "%s", path);
	return !fstat(fd, &file) && S_ISREG(file.st_mode) && file.st_uid != geteuid() &&
	       !stat(dirname(directory), &around) && (around.st_mode & S_ISVTX) &&
	       (around.st_mode & S_IWOTH);
}

int output_open(const char *path, bool truncate)
{
	int how = truncate ? O_TRUNC : O_APPEND;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | how, 0600);
	int error = errno;

	if (fd >= 0 && is_planted(fd, path)) {
		close(fd);
		fd = -1;
		error = EEXIST;
	}
	if (fd >= 0)
		return fd;
	log_error("cannot write to %s: %s%s", path, strerror(error), remedy_of_open(error));
	return -error;
}
