/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace explain: why this one, what had changed it, and who dies under other kernels' rules. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/input.h"
#include "cmd/outputs.h"
#include "cmd/stored.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "cmd/words.h"
#include "core/release.h"
#include "core/rules.h"
#include "core/whatif.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "sink/explain.h"

#define OUT_BYTES   (64 * 1024)
#define MODELS_MAX  32
#define CHANGES_MAX 256

struct explain {
	struct outputs look; /* its color, candidates and json are used */
	struct stored stored;
	bool json;
	const char *argument; /* an id, "last" or a file */
	const char *model_names[MODELS_MAX];
	struct model models[MODELS_MAX];
	size_t n_models;
	struct rule_change changes[CHANGES_MAX];
	size_t n_changes;
	uint64_t limit_bytes; /* 0: as it was */
	bool spoken;          /* one was explained already */
	uint64_t explained, not_by_choice;
	int error; /* of writing */
	struct outbuf out;
	struct rule_score *scores;
	size_t n_scores;
	/* Of the episode that is being explained: */
	struct model own; /* its kernel's rule */
	bool unnamed;     /* which is not known, as its log does not name the kernel */
};

enum { OPTION_MODEL = 0x100, OPTION_SET, OPTION_WITHOUT, OPTION_LIMIT, OPTION_COLOR };

static const struct argp_option options[] = {
	{"model", OPTION_MODEL, "RELEASE", 0,
	 "Choose again by the rule of this kernel, 2.4 to 7.2, as uname -r writes it; "
	 "2.4-goodness, "
	 "current, or all; repeatable",
	 0},
	{"set", OPTION_SET, "PID:ADJ", 0,
	 "Choose again as if this process had that oom_score_adj; repeatable", 0},
	{"without", OPTION_WITHOUT, "PID", 0,
	 "Choose again as if this process had not been there; repeatable", 0},
	{"limit", OPTION_LIMIT, "BYTES", 0,
	 "Choose again as if the cgroup had had this limit: 512M, 2G", 0},
	{"candidates", 'k', "N|all", 0, "Show the arithmetic of N candidates (default: 10)", 0},
	{"json", 'j', 0, 0, "One JSON object per kill", 0},
	{"color", OPTION_COLOR, "WHEN", 0, "Colours: auto, always or never (default: auto)", 0},
	{0},
};

static void add_model(struct explain *explain, const char *text, struct argp_state *state)
{
	enum model_error error;

	if (explain->n_models == MODELS_MAX)
		argp_error(state, "more than %d models", MODELS_MAX);
	error = model_parse(text, &explain->models[explain->n_models]);
	if (error)
		argp_error(state, "'%s': %s", text, model_error_words(error));
	explain->model_names[explain->n_models++] = text;
}

static struct rule_change *next_change(struct explain *explain, struct argp_state *state)
{
	if (explain->n_changes == CHANGES_MAX)
		argp_error(state, "more than %d changes", CHANGES_MAX);
	return &explain->changes[explain->n_changes++];
}

/* "4242:-500" */
static void add_set(struct explain *explain, const char *text, struct argp_state *state)
{
	const char *colon = strchr(text, ':');
	struct rule_change *change = next_change(explain, state);
	bool minus = colon && colon[1] == '-';
	char pid_text[16] = "";
	uint64_t pid = 0, adj = 0;

	if (colon && (size_t)(colon - text) < sizeof(pid_text))
		memcpy(pid_text, text, (size_t)(colon - text));
	if (parse_number(pid_text, INT32_MAX, &pid) || !pid ||
	    parse_number(colon + 1 + minus, 1000, &adj))
		argp_error(state, "'%s' is no PID:ADJ: 4242:-500, from -1000 to 1000", text);
	change->pid = (uint32_t)pid;
	change->adj = minus ? -(int)adj : (int)adj;
}

static void add_without(struct explain *explain, const char *text, struct argp_state *state)
{
	struct rule_change *change = next_change(explain, state);
	uint64_t pid = 0;

	if (parse_number(text, INT32_MAX, &pid) || !pid)
		argp_error(state, "'%s' is no process id", text);
	change->pid = (uint32_t)pid;
	change->remove = true;
}

static void set_most(struct explain *explain, const char *text, struct argp_state *state)
{
	if (candidates_parse(text, &explain->look.candidates))
		argp_error(state, "'%s' is no number of candidates: N or all", text);
	explain->look.candidates_given = true;
}

/* Where nothing is named: the last kill that was stored, or what is piped in. */
static void check_argument(struct explain *explain, struct argp_state *state)
{
	if (explain->argument || stored_is_meant(&explain->stored, NULL))
		return;
	if (isatty(STDIN_FILENO))
		argp_error(state, "explain what? the ID of a kill that was stored, or FILE: a "
				  "recording, JSON lines or a kernel's log, or - for stdin");
	explain->argument = "-";
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct explain *explain = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &explain->stored;
		return 0;
	case OPTION_MODEL:
		add_model(explain, arg, state);
		return 0;
	case OPTION_SET:
		add_set(explain, arg, state);
		return 0;
	case OPTION_WITHOUT:
		add_without(explain, arg, state);
		return 0;
	case OPTION_LIMIT:
		if (parse_size(arg, &explain->limit_bytes) || !explain->limit_bytes)
			argp_error(state, "'%s' is no size: 512M, 2G", arg);
		return 0;
	case 'k':
		set_most(explain, arg, state);
		return 0;
	case 'j':
		explain->json = true;
		return 0;
	case OPTION_COLOR:
		if (choice_parse(arg, &explain->look.color))
			argp_error(state, "'%s' is no choice of colours: auto, always or never",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		if (explain->argument)
			word_too_many(arg, ": one kill or file at a time", state);
		explain->argument = arg;
		return 0;
	case ARGP_KEY_END:
		check_argument(explain, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{&stored_argp, 0, NULL, 0}, {0}};

const struct argp explain_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.args_doc = "[ID|last|FILE|-]",
	.doc = "Explain a kill that was stored, or each one of a recording, of JSON lines or of a "
	       "kernel's log: the ranking with its arithmetic, what stands out, what would have "
	       "spared the victim, and who dies under the rules of another kernel."
	       "\vA file that exists is taken as one, unless an option chooses from a store. Exit "
	       "status: 0 done, 1 the input is damaged, cannot be read or holds no such kill, 2 "
	       "wrong usage.",
};

/* Room for the scores of one run. Returns false when memory is not to be had. */
static bool has_room(struct explain *explain, size_t count)
{
	struct rule_score *scores;

	if (count <= explain->n_scores)
		return true;
	scores = realloc(explain->scores, count * sizeof(*scores));
	if (!scores)
		return false;
	explain->scores = scores;
	explain->n_scores = count;
	return true;
}

/* A limit that this episode cannot be asked about is told, and left out. */
static void suppose_limit(struct explain *explain, struct explanation *explanation,
			  struct rule_input *input)
{
	const struct episode *episode = explanation->episode;
	struct whatif_limit limit;
	int error = whatif_limit(episode, explain->limit_bytes, &limit);

	if (error) {
		log_warn("%s: --limit is left out: %s", episode->id,
			 error == -EINVAL ? "version 1 refuses one above that of memory and swap"
					  : "no cgroup ran out, or its limits are not known");
		return;
	}
	explanation->limit_bytes = explain->limit_bytes;
	explanation->limit_fits = limit.fits;
	input->totalpages = limit.totalpages;
}

static const char *kernel_of(const struct host *host)
{
	return host && host->wire ? host->wire->kernel : "";
}

/* The choice as it was, with what is to be different. */
static struct rule_input suppose(struct explain *explain, struct explanation *explanation)
{
	const struct episode *episode = explanation->episode;
	struct rule_input input = rules_input(episode);

	input.lowest_tables = release_before(kernel_of(explanation->host), 4, 15);
	explanation->supposed = explain->n_changes || explain->limit_bytes;
	if (!explanation->supposed)
		return input;
	input.changes = explanation->changes = explain->changes;
	input.n_changes = explanation->n_changes = explain->n_changes;
	for (size_t i = 0; i < explain->n_changes; i++) {
		uint32_t at = 0;

		while (at < episode->n_tasks && episode->tasks[at].pid != explain->changes[i].pid)
			at++;
		if (at == episode->n_tasks)
			log_warn("%s: no process %u is among its candidates", episode->id,
				 explain->changes[i].pid);
	}
	if (explain->limit_bytes)
		suppose_limit(explain, explanation, &input);
	rules_select(explain->own.rule, &input, explain->scores, &explanation->supposition);
	return input;
}

static size_t add_run(struct explain *explain, const struct rule_input *input, const char *asked,
		      const struct model *model, const struct rule *rule,
		      struct explain_run *ret_run)
{
	bool own = model && model->kind == MODEL_CURRENT;

	ret_run->asked = asked;
	ret_run->vendor =
		own ? explain->own.vendor && rule != rules_current() : model && model->vendor;
	ret_run->unnamed = own && explain->unnamed;
	rules_select(rule, input, explain->scores, &ret_run->verdict);
	return 1;
}

/* Runs every model asked for; @runs has room. Returns how many. */
static size_t run_models(struct explain *explain, const struct rule_input *input,
			 struct explain_run *runs, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < explain->n_models; i++) {
		const struct model *model = &explain->models[i];

		if (model->kind != MODEL_ALL && n < room)
			n += add_run(explain, input, explain->model_names[i], model,
				     model->kind == MODEL_CURRENT ? explain->own.rule : model->rule,
				     &runs[n]);
		for (size_t k = 0; model->kind == MODEL_ALL && rules_named(k) && n < room; k++)
			n += add_run(explain, input, rules_named(k)->name, NULL, rules_named(k),
				     &runs[n]);
	}
	return n;
}

static bool is_logged(const struct episode *episode)
{
	return episode->source &&
	       (!strcmp(episode->source, "log") || !strcmp(episode->source, "kmsg"));
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct explain *explain = ctx;
	struct explanation explanation = {.host = host, .episode = episode};
	struct explain_run runs[MODELS_MAX * 2];
	struct rule_input input;
	struct explain_options look = {
		.most = explain->look.candidates_given ? explain->look.candidates
			: explain->json                ? CANDIDATES_ALL
						       : TEXT_DEFAULT_CANDIDATES,
		.color = output_color(&explain->look, isatty(STDOUT_FILENO)),
	};

	if (explain->error)
		return;
	if (!has_room(explain, episode->n_tasks)) {
		explain->error = -ENOMEM;
		return;
	}
	explanation.spared = whatif_spared(episode);
	explanation.n_findings = explain_findings(episode, explanation.findings);
	explain->unnamed = !rules_of_kernel(kernel_of(host), &explain->own) && is_logged(episode);
	explanation.unnamed = explain->unnamed;
	input = suppose(explain, &explanation);
	explanation.runs = runs;
	explanation.n_runs = run_models(explain, &input, runs, sizeof(runs) / sizeof(runs[0]));
	if (!explain->json && explain->explained)
		outbuf_putc(&explain->out, '\n');
	explain->explained++;
	explain->error = explain->json ? explain_put(&explain->out, &explanation, &look)
				       : explain_show(&explain->out, &explanation, &look);
}

static const struct assembler_ops ops = {.episode = on_episode};

static int explain_file(struct explain *explain, const struct tap *tap)
{
	struct input input;
	int status;

	if (input_read(explain->argument, &input))
		return EXIT_FAILED;
	status = input_give(&input, tap->ops, tap->ctx);
	if (!explain->explained && status == EXIT_DONE) {
		log_error("%s holds no kill", input.name);
		status = EXIT_FAILED;
	}
	input_free(&input);
	return status;
}

static int run(struct explain *explain)
{
	bool is_stored = stored_is_meant(&explain->stored, explain->argument);
	struct tap tap;
	int status;

	if (tap_open(&tap, explain->stored.redact, &ops, explain))
		return EXIT_FAILED;
	status = is_stored ? stored_give(&explain->stored, explain->argument, tap.ops, tap.ctx)
			   : explain_file(explain, &tap);
	tap_close(&tap);
	if (explain->error && explain->error != -EPIPE) {
		log_error("cannot write: %s", strerror(-explain->error));
		status = EXIT_FAILED;
	}
	return status;
}

int cmd_explain(int argc, char **argv)
{
	static struct explain explain;
	int status;

	argp_parse(&explain_argp, argc, argv, 0, NULL, &explain);
	signal(SIGPIPE, SIG_IGN);
	if (outbuf_init(&explain.out, STDOUT_FILENO, -1, OUT_BYTES)) {
		log_error("no memory");
		return EXIT_FAILED;
	}
	status = run(&explain);
	outbuf_free(&explain.out);
	free(explain.scores);
	return status;
}
