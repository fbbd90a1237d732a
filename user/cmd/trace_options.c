/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/trace_options.h"

#include <linux/oom.h>
#include <string.h>
#include <unistd.h>

#include "cmd/verbs.h"
#include "cmd/words.h"
#include "lib/parse.h"

#define RING_SIZE_MAX (1ULL << 30) /* far beyond any use, and well within 32 bits */

#define DEFAULT_USER_KILLERS "systemd-oomd,earlyoom,nohang,oomd"

enum {
	KEY_BACKEND = 0x200,
	KEY_BACKFILL,
	KEY_RING_SIZE,
	KEY_OOM_SCORE_ADJ,
	KEY_METRICS,
	KEY_NO_STACK,
	KEY_NO_CMDLINE,
	KEY_USER_KILLERS,
	KEY_NO_USER_KILLS,
	KEY_USER,
	KEY_HOST
};

static const struct argp_option options[] = {
	{0, 0, 0, 0, "Tracing:", 3},
	{"duration", 'd', "TIME", 0, "End after TIME: 5, 90s, 2m, 1h", 3},
	{"record", 'r', "FILE", 0, "Keep what the kernel said in FILE, for oomtrace replay", 3},
	{"backfill", KEY_BACKFILL, "FILE", OPTION_ARG_OPTIONAL,
	 "First give the kills that the kernel log still tells of, and before these those of FILE, "
	 "a log as import takes it; may be repeated",
	 3},
	{"metrics", KEY_METRICS, "FILE", 0,
	 "Keep counts in FILE as Prometheus reads them, written anew on news and every 15 s", 3},
	{"backend", KEY_BACKEND, "BACKEND", 0,
	 "fentry, kprobe, tracepoint or auto: the first that works (default: auto)", 3},
	{"ring-size", KEY_RING_SIZE, "BYTES", 0,
	 "Size of the ring buffer, a power of two; K and M are understood", 3},
	{"oom-score-adj", KEY_OOM_SCORE_ADJ, "N", 0,
	 "Set oomtrace's own oom_score_adj to N (default: -1000, it is never chosen)", 3},
	{"user-killers", KEY_USER_KILLERS, "NAME,...", 0,
	 "Tell SIGTERM and SIGKILL by these (default: " DEFAULT_USER_KILLERS ")", 3},
	{"no-user-kills", KEY_NO_USER_KILLS, 0, 0, "Tell no signals by user-space OOM killers", 3},
	{"user", KEY_USER, "NAME", 0,
	 "Be this user, and leave all capabilities behind, once it is attached", 3},
	{"host", KEY_HOST, "NAME", 0,
	 "Call this host so (default: as it calls itself, in a container as that is called)", 3},
	{"no-cmdline", KEY_NO_CMDLINE, 0, 0, "Do not read the victim's command line", 3},
	{"no-stack", KEY_NO_STACK, 0, 0, "Leave the invoker's kernel stack without names", 3},
	{0},
};

static const struct argp_child children[] = {{&outputs_argp, 0, NULL, 0}, {0}};

static enum backend parse_backend(const char *text, struct argp_state *state)
{
	static const char *const names[] = {
		[BACKEND_FENTRY] = "fentry",
		[BACKEND_KPROBE] = "kprobe",
		[BACKEND_TRACEPOINT] = "tracepoint",
		[BACKEND_AUTO] = "auto",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(text, names[i]) == 0)
			return (enum backend)i;
	argp_error(state, "'%s' is no backend: auto, fentry, kprobe or tracepoint", text);
	return BACKEND_AUTO;
}

/* Names separated by commas, as the kernel keeps them: 15 bytes. */
static void parse_user_killers(const char *text, struct trace_options *trace,
			       struct argp_state *state)
{
	unsigned int count = 0;

	memset(trace->user_killers, 0, sizeof(trace->user_killers));
	while (*text) {
		size_t len = strcspn(text, ","), kept = len;

		if (!len)
			argp_error(state, "an empty name among the user-space OOM killers");
		if (count == USER_KILLERS_MAX)
			argp_error(state, "more than %d user-space OOM killers", USER_KILLERS_MAX);
		if (kept >= WIRE_COMM_LEN)
			kept = WIRE_COMM_LEN - 1;
		memcpy(trace->user_killers[count++], text, kept);
		text += len + (text[len] == ',');
	}
}

static uint32_t parse_ring_size(const char *text, struct argp_state *state)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), size;

	if (parse_size(text, &size))
		argp_error(state, "'%s' is no size: 65536, 256K or 1M", text);
	if (size < page || size > RING_SIZE_MAX || (size & (size - 1)))
		argp_error(state, "a ring of %s: not a power of two from %luK to %lluM", text,
			   (unsigned long)page >> 10, RING_SIZE_MAX >> 20);
	return (uint32_t)size;
}

static int parse_adj(const char *text, struct argp_state *state)
{
	bool negative = *text == '-';
	uint64_t value;

	if (parse_number(text + negative, OOM_SCORE_ADJ_MAX, &value))
		argp_error(state, "'%s' is no oom_score_adj: -1000 to 1000", text);
	return negative ? -(int)value : (int)value;
}

static const char *parse_host(const char *name, struct argp_state *state)
{
	if (!*name || strlen(name) >= WIRE_TEXT_LEN)
		argp_error(state, "'%s' is no name of a host: 1 to %d bytes", name,
			   WIRE_TEXT_LEN - 1);
	return name;
}

static void add_backfill(const char *file, struct trace_options *trace, struct argp_state *state)
{
	trace->backfill = true;
	if (!file)
		return;
	if (trace->n_backfill_files == BACKFILL_FILES_MAX)
		argp_error(state, "more than %d logs", BACKFILL_FILES_MAX);
	trace->backfill_files[trace->n_backfill_files++] = file;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct trace_options *trace = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &trace->outputs;
		return 0;
	case 'd':
		if (parse_duration(arg, &trace->duration_ns))
			argp_error(state, "'%s' is no duration: 5, 90s, 2m or 1h", arg);
		return 0;
	case 'r':
		file_expected(arg, "--record", state);
		trace->record = arg;
		return 0;
	case KEY_BACKFILL:
		add_backfill(arg, trace, state);
		return 0;
	case KEY_METRICS:
		trace->metrics = arg;
		return 0;
	case KEY_BACKEND:
		trace->backend = parse_backend(arg, state);
		return 0;
	case KEY_RING_SIZE:
		trace->ring_size = parse_ring_size(arg, state);
		return 0;
	case KEY_USER_KILLERS:
		parse_user_killers(arg, trace, state);
		return 0;
	case KEY_NO_USER_KILLS:
		memset(trace->user_killers, 0, sizeof(trace->user_killers));
		return 0;
	case KEY_OOM_SCORE_ADJ:
		trace->oom_score_adj = parse_adj(arg, state);
		return 0;
	case KEY_USER:
		trace->user = arg;
		return 0;
	case KEY_HOST:
		trace->host = parse_host(arg, state);
		return 0;
	case KEY_NO_CMDLINE:
		trace->no_cmdline = true;
		return 0;
	case KEY_NO_STACK:
		trace->no_stack = true;
		return 0;
	case ARGP_KEY_ARG:
		word_too_many(arg, "", state);
		return 0;
	case ARGP_KEY_END:
		if (trace->outputs.redact && trace->record)
			argp_error(state, "--redact is for outputs; a recording keeps names, and "
					  "'oomtrace replay --redact' gives it without");
		if (trace->outputs.redact && trace->metrics)
			argp_error(state, "--redact is for outputs; metrics name units and pods");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp trace_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.doc = "Stream every OOM kill until Ctrl-C: who died, why that one, what would have "
	       "changed it."
	       "\vData goes to stdout, everything else to stderr. Exit status: 0 done, 1 failed at "
	       "run time, 2 wrong usage, 3 this host or this user cannot trace "
	       "(see oomtrace doctor).",
};

void trace_options_parse(int argc, char **argv, struct trace_options *ret_options)
{
	memset(ret_options, 0, sizeof(*ret_options));
	ret_options->backend = BACKEND_AUTO;
	ret_options->oom_score_adj = OOM_SCORE_ADJ_MIN;
	parse_user_killers(DEFAULT_USER_KILLERS, ret_options, NULL);
	argp_parse(&trace_argp, argc, argv, 0, NULL, ret_options);
}
