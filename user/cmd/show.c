/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace show: everything that a store has of one kill. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/outputs.h"
#include "cmd/stored.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "cmd/words.h"
#include "lib/log.h"
#include "sink/listing.h"
#include "sink/sink.h"

struct show {
	struct stored stored;
	struct outputs look; /* its color and candidates are used */
	bool json;
	const char *argument;
	struct store *store;
	struct sink *sink;
	struct listing listing; /* JSON as it was stored */
	int error;              /* of writing */
};

enum { OPTION_COLOR = 0x100 };

static const struct argp_option options[] = {
	{"candidates", 'k', "N|all", 0, "Show N candidates in text (default: 10)", 0},
	{"json", 'j', 0, 0, "The very line that the stream gave, then those of its outcomes", 0},
	{"color", OPTION_COLOR, "WHEN", 0, "Colours: auto, always or never (default: auto)", 0},
	{0},
};

static const struct argp_child children[] = {{&stored_argp, 0, NULL, 0}, {0}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct show *show = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &show->stored;
		return 0;
	case 'k':
		if (candidates_parse(arg, &show->look.candidates))
			argp_error(state, "'%s' is no number of candidates: N or all", arg);
		show->look.candidates_given = true;
		return 0;
	case 'j':
		show->json = true;
		return 0;
	case OPTION_COLOR:
		if (choice_parse(arg, &show->look.color))
			argp_error(state, "'%s' is no choice of colours: auto, always or never",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		if (show->argument)
			word_too_many(arg, ": one kill at a time", state);
		show->argument = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp show_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.args_doc = "[ID|last]",
	.doc = "Show everything that was stored of one kill: the one whose id begins with ID, or "
	       "the last one; with --since or --until and no ID, of each kill between them."
	       "\vExit status: 0 done, 1 there is no such kill or more than one, or the store "
	       "cannot be read, 2 wrong usage.",
};

/* --- rendered: text, and JSON that is not what was stored --- */

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct show *show = ctx;

	if (!show->error)
		show->error = show->sink->ops->episode(show->sink, host, episode);
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct show *show = ctx;

	if (!show->error)
		show->error = show->sink->ops->no_kill(show->sink, host, episode);
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct show *show = ctx;

	if (!show->error)
		show->error = show->sink->ops->outcome(show->sink, host, outcome);
}

static int show_rendered(struct show *show)
{
	static const struct assembler_ops ops = {
		.episode = on_episode,
		.no_kill = on_no_kill,
		.outcome = on_outcome,
	};
	struct output_spec spec = {.format = show->json ? OUTPUT_JSON : OUTPUT_TEXT};
	struct sink_options look = {
		.fd = STDOUT_FILENO,
		.candidates = show->json ? CANDIDATES_ALL : output_candidates(&show->look, &spec),
		.color = output_color(&show->look, isatty(STDOUT_FILENO)),
	};
	int status = EXIT_FAILED;
	struct tap tap;

	show->sink = show->json ? sink_jsonl_new(&look) : sink_text_new(&look);
	if (!show->sink) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	if (!tap_open(&tap, show->stored.redact, &ops, show)) {
		status = stored_give(&show->stored, show->argument, tap.ops, tap.ctx);
		tap_close(&tap);
	}
	show->sink->ops->destroy(show->sink);
	return status;
}

/* --- JSON, byte for byte --- */

static int put_outcome(void *ctx, const char *line, size_t len)
{
	struct show *show = ctx;

	show->error = listing_put_line(&show->listing, line, len);
	return show->error;
}

static int put_episode(void *ctx, const struct store_episode *episode)
{
	struct show *show = ctx;

	show->error = listing_put_line(&show->listing, episode->line, episode->len);
	if (!show->error && store_each_outcome(show->store, episode->id, put_outcome, show) &&
	    !show->error)
		return stored_failed(&show->stored, show->store);
	return show->error ? EXIT_FAILED : 0;
}

static int show_json(struct show *show)
{
	static const struct listing_options as_they_are;
	int status, error;

	show->store = stored_open(&show->stored);
	if (!show->store)
		return EXIT_FAILED;
	if (listing_init(&show->listing, STDOUT_FILENO, &as_they_are)) {
		log_error("not enough memory");
		status = EXIT_FAILED;
	} else {
		status = stored_each(&show->stored, show->store, show->argument, put_episode, show);
		error = listing_end(&show->listing);
		show->error = show->error ? show->error : error;
	}
	store_close(show->store);
	return status;
}

int cmd_show(int argc, char **argv)
{
	static struct show show;
	int status;

	argp_parse(&show_argp, argc, argv, 0, NULL, &show);
	signal(SIGPIPE, SIG_IGN);
	show.stored.filter.types = STORE_TYPE_KILL | STORE_TYPE_NO_KILL;
	status = show.json && !show.stored.redact ? show_json(&show) : show_rendered(&show);
	if (show.error == -EPIPE)
		return EXIT_DONE;
	if (show.error) {
		log_error("cannot write: %s", strerror(-show.error));
		return EXIT_FAILED;
	}
	return status;
}
