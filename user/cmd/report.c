/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace report: kills as a page for a browser, for a ticket or for paper. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/input.h"
#include "cmd/outputs.h"
#include "cmd/stored.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "sink/report.h"

#define OUT_BYTES (256 * 1024)

struct report_args {
	struct report_options page;
	struct stored stored;
	const char *file, *kill; /* an id, or "last" */
	bool is_stored;
};

static const struct argp_option options[] = {
	{"candidates", 'k', "N|all", 0, "Keep N candidates of each kill (default: all)", 0},
	{0},
};

/* The kill, where it is one; else the file it is in. */
static void add_word(struct report_args *args, const char *word, struct argp_state *state)
{
	static const struct stored anywhere;

	/* A file of that name comes first. */
	if (!args->kill && stored_is_meant(&anywhere, word))
		args->kill = word;
	else if (!args->file)
		args->file = word;
	else
		argp_error(state, "'%s' is one word too many: FILE and a kill's ID, or last", word);
}

/* Whether kills are to be chosen by what only a store is asked for. */
static bool asks_a_store(const struct stored *stored)
{
	const struct store_filter *filter = &stored->filter;

	return stored->file || filter->cgroup || filter->comm || filter->unit || filter->pod ||
	       filter->container || filter->host;
}

/* A kill that no file is named for is one of the store; what is not named at all is piped in. */
static void check_words(struct report_args *args, struct argp_state *state)
{
	bool is_last = args->kill && strcmp(args->kill, "last") == 0;

	args->is_stored = !args->file && (args->kill || stored_is_meant(&args->stored, NULL));
	if (args->file && asks_a_store(&args->stored))
		argp_error(state,
			   "'%s' is no id of a kill and not 'last', and the options choose "
			   "from a store: one or the other",
			   args->file);
	if (!args->file && !args->is_stored && isatty(STDIN_FILENO))
		argp_error(state, "report what? the ID of a kill that was stored, or FILE: a "
				  "recording, JSON lines or a kernel's log, or - for stdin");
	if (args->is_stored)
		return;
	if (!args->file)
		args->file = "-";
	args->page.last = is_last;
	args->page.id = is_last ? NULL : args->kill;
	args->page.since_ns = args->stored.filter.since_ns;
	args->page.until_ns = args->stored.filter.until_ns;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct report_args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->stored;
		return 0;
	case 'k':
		if (candidates_parse(arg, &args->page.candidates))
			argp_error(state, "'%s' is no number of candidates: N or all", arg);
		return 0;
	case ARGP_KEY_ARG:
		add_word(args, arg, state);
		return 0;
	case ARGP_KEY_END:
		check_words(args, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&stored_argp, 0, NULL, 0}, {0}};

const struct argp report_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.args_doc = "[FILE|-] [ID|last]",
	.doc = "Write kills that were stored, or those of a recording, of JSON lines or of a "
	       "kernel's log, as one HTML page to stdout: it needs no network and nothing beside "
	       "it. With an ID, or its beginning, or last, of one kill only; with --since or "
	       "--until of a span."
	       "\vExit status: 0 done, 1 the input is damaged, cannot be read or holds no such "
	       "kill, 2 wrong usage.",
};

/* From the way the assembler calls to the way sinks are called: what fails, the sink remembers. */
static void on_attached(void *ctx, const struct host *host)
{
	struct sink *sink = ctx;

	sink->ops->attached(sink, host);
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct sink *sink = ctx;

	sink->ops->episode(sink, host, episode);
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct sink *sink = ctx;

	sink->ops->outcome(sink, host, outcome);
}

static void on_user_kill(void *ctx, const struct host *host, const struct user_kill *kill)
{
	struct sink *sink = ctx;

	sink->ops->user_kill(sink, host, kill);
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	struct sink *sink = ctx;

	sink->ops->lost(sink, host, lost);
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	struct sink *sink = ctx;

	sink->ops->detached(sink, host, totals);
}

static const struct assembler_ops to_sink = {
	.attached = on_attached,
	.episode = on_episode,
	.no_kill = on_episode,
	.outcome = on_outcome,
	.user_kill = on_user_kill,
	.lost = on_lost,
	.detached = on_detached,
};

/* Whether there is something to write; says why not. */
static bool is_something(const struct report_args *args, const char *name,
			 const struct report_extent *extent)
{
	if (extent->ambiguous)
		log_error("'%s' is the beginning of several kills' ids: a few digits more tell "
			  "them apart",
			  args->page.id);
	else if (!extent->kills && args->page.id)
		log_error("%s holds no kill whose id begins with '%s'", name, args->page.id);
	else if (!extent->kills)
		log_error("%s holds no kill%s", name, args->stored.spanned ? " of that time" : "");
	return extent->kills && !extent->ambiguous;
}

static int write_page(const struct report_args *args, const char *name, struct sink *sink)
{
	struct report_extent extent = report_extent(sink);
	struct outbuf out;
	int err;

	if (!is_something(args, name, &extent))
		return EXIT_FAILED;
	if (extent.detailed < extent.kills)
		log_warn("the page has %zu kills, the latest %zu of them in full: -k keeps fewer "
			 "candidates of each, an ID one kill alone",
			 extent.kills, extent.detailed);
	err = outbuf_init(&out, STDOUT_FILENO, -1, OUT_BYTES);
	if (err) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	err = report_write(sink, &out);
	outbuf_free(&out);
	if (err && err != -EPIPE) {
		log_error("cannot write the page: %s", strerror(-err));
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int write_file(const struct report_args *args, struct sink *sink, const struct tap *tap)
{
	struct input input;
	int status, written;

	if (input_read(args->file, &input))
		return EXIT_FAILED;
	status = input_give(&input, tap->ops, tap->ctx);
	written = write_page(args, input.name, sink);
	input_free(&input);
	return written ? written : status;
}

static int write_stored(const struct report_args *args, struct sink *sink, const struct tap *tap)
{
	int status = stored_give(&args->stored, args->kill, tap->ops, tap->ctx);

	return status ? status : write_page(args, "the store", sink);
}

static int run(const struct report_args *args)
{
	struct sink *sink = sink_report_new(&args->page);
	int status = EXIT_FAILED;
	struct tap tap;

	if (!sink) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	if (!tap_open(&tap, args->stored.redact, &to_sink, sink)) {
		status = args->is_stored ? write_stored(args, sink, &tap)
					 : write_file(args, sink, &tap);
		tap_close(&tap);
	}
	sink->ops->destroy(sink);
	return status;
}

int cmd_report(int argc, char **argv)
{
	static struct report_args args = {
		.page = {.candidates = CANDIDATES_ALL, .details_bytes = REPORT_DETAILS_BYTES},
		.stored = {.filter = {.types = STORE_TYPE_KILL | STORE_TYPE_NO_KILL}},
	};

	argp_parse(&report_argp, argc, argv, 0, NULL, &args);
	if (isatty(STDOUT_FILENO)) {
		log_error("a page is nothing for a terminal: oomtrace report ... > incident.html");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	return run(&args);
}
