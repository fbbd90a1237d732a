/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace list: the kills of a store, a line each, or who is killed again and again. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cmd/outputs.h"
#include "cmd/stored.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "sink/listing.h"
#include "sink/sink.h"

#define LEAST_COLUMNS 80
#define LEAST_LETTERS 8 /* of an id: what was noted today should do in a year */
#define N_BY          (STORE_BY_POD + 1)

struct list {
	struct stored stored;
	struct outputs look; /* its color is used */
	bool json, grouped;
	bool damaged; /* a line could not be read */
	enum store_by by;
	struct store *store;
	struct listing listing;
	struct tap tap;    /* its redactor is NULL where nothing is redacted */
	struct sink *sink; /* JSON that is not what was stored */
	uint64_t count, most;
	int written; /* the error of writing, if one came */
};

enum { OPTION_BY = 0x100, OPTION_COLOR };

static const struct argp_option options[] = {
	{"number", 'n', "N", 0,
	 "Only the last N of them; with --by those N with the most kills (default: all)", 0},
	{"by", OPTION_BY, "WHAT", 0,
	 "Together by cgroup, comm, unit or pod: how often, how much, since when; most kills first",
	 0},
	{"json", 'j', 0, 0, "The lines as the stream gave them; with --by one object per group", 0},
	{"color", OPTION_COLOR, "WHEN", 0, "Colours: auto, always or never (default: auto)", 0},
	{0},
};

static const struct argp_child children[] = {{&stored_argp, 0, NULL, 0}, {0}};

static void set_by(struct list *list, const char *text, struct argp_state *state)
{
	for (list->by = 0; list->by < N_BY; list->by++) {
		if (strcmp(text, listing_by_name(list->by)) == 0) {
			list->grouped = true;
			return;
		}
	}
	argp_error(state, "'%s': kills are put together by cgroup, comm, unit or pod", text);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct list *list = state->input;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &list->stored;
		return 0;
	case 'n':
		if (parse_number(arg, UINT64_MAX, &list->most) || !list->most)
			argp_error(state, "'%s' is no number of lines: 1 or more", arg);
		return 0;
	case OPTION_BY:
		set_by(list, arg, state);
		return 0;
	case 'j':
		list->json = true;
		return 0;
	case OPTION_COLOR:
		if (choice_parse(arg, &list->look.color))
			argp_error(state, "'%s' is no choice of colours: auto, always or never",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state,
			   "'%s' is one word too many; one kill is shown by: oomtrace show %s", arg,
			   arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp list_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.doc = "List the kills that were stored, the newest last, or with --by who is killed again "
	       "and again."
	       "\vExit status: 0 done, 1 there is none, or the store cannot be read, 2 wrong "
	       "usage.",
};

static unsigned int terminal_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < LEAST_COLUMNS)
		return LEAST_COLUMNS;
	return size.ws_col;
}

/* --- redacted --- */

static void render_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct list *list = ctx;

	list->written = list->sink->ops->episode(list->sink, host, episode);
}

static void render_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct list *list = ctx;

	list->written = list->sink->ops->no_kill(list->sink, host, episode);
}

static const struct assembler_ops renders = {.episode = render_episode, .no_kill = render_no_kill};

/* The same row with pseudonyms, which hold until the next. */
static struct store_episode redact_row(struct redactor *redactor, const struct store_episode *row)
{
	struct store_episode copy = *row;

	redact_begin(redactor);
	copy.host = redact_name(redactor, PSEUDONYM_HOST, row->host);
	copy.time_text = redact_time_text(row->time_text);
	copy.comm = redact_name(redactor, PSEUDONYM_COMM, row->comm);
	copy.memcg = redact_cgroup(redactor, row->memcg);
	copy.cgroup = redact_cgroup(redactor, row->cgroup);
	copy.unit = redact_name(redactor, PSEUDONYM_UNIT, row->unit);
	copy.container = redact_name(redactor, PSEUDONYM_CONTAINER, row->container);
	copy.pod_uid = redact_name(redactor, PSEUDONYM_POD_UID, row->pod_uid);
	copy.pod = redact_name(redactor, PSEUDONYM_POD, row->pod);
	copy.namespace_name = redact_name(redactor, PSEUDONYM_NAMESPACE, row->namespace_name);
	return copy;
}

static struct store_group redact_group(struct redactor *redactor, enum store_by by,
				       const struct store_group *group)
{
	static const enum pseudonym_kind kinds[] = {
		[STORE_BY_CGROUP] = PSEUDONYM_CGROUP,
		[STORE_BY_COMM] = PSEUDONYM_COMM,
		[STORE_BY_UNIT] = PSEUDONYM_UNIT,
		[STORE_BY_POD] = PSEUDONYM_POD_UID,
	};
	struct store_group copy = *group;

	redact_begin(redactor);
	copy.name = by == STORE_BY_CGROUP ? redact_cgroup(redactor, group->name)
					  : redact_name(redactor, kinds[by], group->name);
	copy.pod_uid = redact_name(redactor, PSEUDONYM_POD_UID, group->pod_uid);
	copy.pod = redact_name(redactor, PSEUDONYM_POD, group->pod);
	copy.namespace_name = redact_name(redactor, PSEUDONYM_NAMESPACE, group->namespace_name);
	return copy;
}

static int on_redacted(struct list *list, const struct store_episode *episode)
{
	struct store_episode copy;

	if (!list->json) {
		copy = redact_row(list->tap.redactor, episode);
		return listing_row(&list->listing, &copy);
	}
	list->damaged |= stored_give_line(&list->stored, episode->line, episode->len, list->tap.ops,
					  list->tap.ctx) != EXIT_DONE;
	return list->written;
}

/* --- rows and lines --- */

static int on_episode(void *ctx, const struct store_episode *episode)
{
	struct list *list = ctx;

	list->count++;
	if (list->tap.redactor)
		list->written = on_redacted(list, episode);
	else if (list->json)
		list->written = listing_put_line(&list->listing, episode->line, episode->len);
	else
		list->written = listing_row(&list->listing, episode);
	return list->written;
}

static int on_group(void *ctx, const struct store_group *group)
{
	struct list *list = ctx;
	struct store_group copy;

	if (list->most && list->count == list->most)
		return 1;
	list->count++;
	if (list->tap.redactor) {
		copy = redact_group(list->tap.redactor, list->by, group);
		group = &copy;
	}
	list->written = list->json ? listing_put_group(&list->listing, list->by, group)
				   : listing_group_row(&list->listing, list->by, group);
	return list->written;
}

static int on_all(void *ctx, const struct store_group *group)
{
	struct list *list = ctx;
	list->listing.options.oldest_ns = group->first_ns;
	return 0;
}

static int query(struct list *list)
{
	struct store_filter *filter = &list->stored.filter;
	int error = 0;

	if (!list->grouped) {
		filter->types = STORE_TYPE_KILL | STORE_TYPE_NO_KILL;
		filter->lines = list->json;
		filter->last_n = list->most;
		return store_each_episode(list->store, filter, on_episode, list);
	}
	filter->types = STORE_TYPE_KILL;
	if (!list->json)
		error = store_each_group(list->store, filter, STORE_ALTOGETHER, on_all, list);
	return error ? error : store_each_group(list->store, filter, list->by, on_group, list);
}

/* What the lines look like. Returns 0 or a negative errno of the store. */
static int look(struct list *list, struct listing_options *ret_look)
{
	bool is_terminal = isatty(STDOUT_FILENO);
	struct timespec now = {0};
	int hosts = store_hosts(list->store);
	int letters = list->json || list->grouped ? LEAST_LETTERS
						  : store_id_letters(list->store, LEAST_LETTERS);

	clock_gettime(CLOCK_REALTIME, &now);
	*ret_look = (struct listing_options){
		.columns = terminal_columns(),
		.head = is_terminal,
		.color = output_color(&list->look, is_terminal),
		.hosts = hosts > 1,
		.redacted = list->stored.redact,
		.letters = letters,
		.now_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
	};
	return hosts < 0 ? hosts : letters < 0 ? letters : 0;
}

/* What redacts, where that was asked for. Returns 0 or -ENOMEM after having said so. */
static int open_renderer(struct list *list)
{
	static const struct sink_options look_of = {.fd = STDOUT_FILENO,
						    .candidates = CANDIDATES_ALL};

	if (!list->stored.redact)
		return 0;
	list->sink = sink_jsonl_new(&look_of);
	if (!list->sink)
		log_error("not enough memory");
	return list->sink ? tap_open(&list->tap, true, &renders, list) : -ENOMEM;
}

static void close_renderer(struct list *list)
{
	if (list->sink)
		list->sink->ops->destroy(list->sink);
	tap_close(&list->tap);
}

static int run(struct list *list)
{
	struct listing_options options_now;
	int error, written;

	if (look(list, &options_now))
		return stored_failed(&list->stored, list->store);
	if (listing_init(&list->listing, STDOUT_FILENO, &options_now)) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	error = open_renderer(list);
	if (error) {
		listing_end(&list->listing);
		return EXIT_FAILED;
	}
	error = query(list);
	close_renderer(list);
	written = listing_end(&list->listing);
	if (!list->written)
		list->written = written;
	if (list->written == -EPIPE)
		return EXIT_DONE;
	if (list->written) {
		log_error("cannot write: %s", strerror(-list->written));
		return EXIT_FAILED;
	}
	if (error < 0)
		return stored_failed(&list->stored, list->store);
	if (!list->count)
		return stored_none(&list->stored);
	return list->damaged ? EXIT_FAILED : EXIT_DONE;
}

int cmd_list(int argc, char **argv)
{
	static struct list list;
	int status;

	argp_parse(&list_argp, argc, argv, 0, NULL, &list);
	signal(SIGPIPE, SIG_IGN);
	list.store = stored_open(&list.stored);
	if (!list.store)
		return EXIT_FAILED;
	status = run(&list);
	store_close(list.store);
	return status;
}
