/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/stored.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/input.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "cmd/words.h"
#include "core/event.h"
#include "lib/log.h"
#include "lib/units.h"
#include "lib/when.h"
#include "proc/cgroup.h"
#include "sink/listing.h"

#define WAIT_MS    5000 /* for who has it locked: a tracer recovering what a crash left */
#define NAMED_MOST 20   /* of the episodes that an id could mean */
#define TALK_BYTES (16 * 1024)
#define NAME_SHOWN 80 /* columns */

enum {
	KEY_SINCE = 0x200,
	KEY_UNTIL,
	KEY_COMM,
	KEY_UNIT,
	KEY_POD,
	KEY_CONTAINER,
	KEY_HOST,
	KEY_REDACT
};

static const struct argp_option options[] = {
	{0, 0, 0, 0, "Which kills:", 1},
	{"store", 's', "FILE", 0, "Those kept in FILE (default: " STORE_DEFAULT_PATH ")", 1},
	{"since", KEY_SINCE, "TIME", 0,
	 "Those since then: 2026-11-20, '2026-11-20 14:05', 14:05, yesterday, '2h ago', 30min", 1},
	{"until", KEY_UNTIL, "TIME", 0, "Those before then", 1},
	{"cgroup", 'c', "PATH", 0,
	 "Those in this cgroup and below, by its path in the hierarchy or in the file system", 1},
	{"comm", KEY_COMM, "NAME", 0, "Those with a victim of this name", 1},
	{"unit", KEY_UNIT, "NAME", 0, "Those in this systemd service, scope or slice", 1},
	{"pod", KEY_POD, "POD", 0, "Those in this Kubernetes pod, by its name or its uid", 1},
	{"container", KEY_CONTAINER, "ID", 0,
	 "Those in this container, by its name or by how its id begins", 1},
	{"host", KEY_HOST, "NAME", 0, "Those on this host", 1},
	{"redact", KEY_REDACT, 0, 0, TAP_REDACT_DOC, -2},
	{0},
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t time_of(const char *text, struct argp_state *state)
{
	enum when_error error;
	int64_t ns = 0;

	units_prepare();
	error = when_parse(text, now_ns(), &ns);
	if (error)
		argp_error(state, "'%s': %s", text, when_error_words(error));
	return ns ? ns : 1; /* 0 would ask for nothing */
}

static void set_cgroup(struct stored *stored, const char *text, struct argp_state *state)
{
	if (cgroup_path(text, stored->cgroup))
		argp_error(state, "'%s' is no cgroup's path: /system.slice, or where it is mounted",
			   text);
	stored->filter.cgroup = stored->cgroup;
}

/* @text, which is to name a @what. */
static const char *name_of(const char *text, const char *what, struct argp_state *state)
{
	if (!*text || (strchr(text, '/') && strcmp(what, "pod") != 0))
		argp_error(state, "'%s' is no name of a %s", text, what);
	return text;
}

/* Returns false for what is none of the options that choose. */
static bool parse_filter(struct stored *stored, int key, const char *arg, struct argp_state *state)
{
	struct store_filter *filter = &stored->filter;

	switch (key) {
	case KEY_SINCE:
		filter->since_ns = time_of(arg, state);
		stored->spanned = true;
		return true;
	case KEY_UNTIL:
		filter->until_ns = time_of(arg, state);
		stored->spanned = true;
		return true;
	case 'c':
		set_cgroup(stored, arg, state);
		return true;
	case KEY_COMM:
		filter->comm = arg;
		return true;
	case KEY_UNIT:
		filter->unit = name_of(arg, "unit", state);
		return true;
	case KEY_POD:
		filter->pod = name_of(arg, "pod", state);
		return true;
	case KEY_CONTAINER:
		filter->container = name_of(arg, "container", state);
		return true;
	case KEY_HOST:
		filter->host = name_of(arg, "host", state);
		return true;
	default:
		return false;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct stored *stored = state->input;
	const struct store_filter *filter = &stored->filter;

	switch (key) {
	case 's':
		if (!*arg)
			argp_error(state, "'' is no name of a store");
		file_expected(arg, "-s", state);
		stored->file = arg;
		return 0;
	case KEY_REDACT:
		stored->redact = true;
		return 0;
	case ARGP_KEY_END:
		if (filter->since_ns && filter->until_ns && filter->since_ns >= filter->until_ns)
			argp_error(state, "--until is not later than --since: nothing lies between "
					  "them");
		return 0;
	default:
		if (!parse_filter(stored, key, arg, state))
			return ARGP_ERR_UNKNOWN;
		stored->filtered = true;
		return 0;
	}
}

const struct argp stored_argp = {.options = options, .parser = parse_option};

static const char *path_of(const struct stored *stored)
{
	return stored->file ? stored->file : STORE_DEFAULT_PATH;
}

/* Whether @text may be an id or how one begins. */
static bool is_id(const char *text)
{
	size_t len = strlen(text);

	return len && len < EPISODE_ID_LEN && strspn(text, "0123456789abcdefABCDEF") == len;
}

static bool is_last(const char *argument)
{
	return strcmp(argument, "last") == 0;
}

bool stored_is_meant(const struct stored *stored, const char *argument)
{
	if (stored->file || stored->filtered)
		return true;
	if (!argument)
		return isatty(STDIN_FILENO) && access(STORE_DEFAULT_PATH, F_OK) == 0;
	return access(argument, F_OK) != 0 && (is_last(argument) || is_id(argument));
}

/* --- opening --- */

/* What a person can do about it, behind the reason; "" where the reason says it. */
static const char *remedy(int error)
{
	switch (error) {
	case -ENOENT:
		return ": 'oomtrace trace -s' keeps kills from now on, 'oomtrace import -s' those "
		       "that a log tells of; another one is named with -s";
	case -EACCES:
	case -EPERM:
		return ": read it as root, or as one of the group that --store-group names";
	case -EISDIR:
		return ": name the file in it";
	case -EBUSY:
		return ": another program holds it; try again when that has ended";
	case -EBADMSG:
		return ": if it was a store, 'sqlite3 FILE .recover' shows what is left of it";
	default:
		return "";
	}
}

static struct store *say_why(const char *path, const char *why, int error)
{
	log_error("cannot read the store %s: %s%s", path, why, remedy(error));
	return NULL;
}

struct store *stored_open(const struct stored *stored)
{
	const struct store_options store_options = {.wait_ms = WAIT_MS};
	const char *path = path_of(stored);
	char why[STORE_ERROR_LEN] = "";
	struct store *store = NULL;
	struct stat st;
	int error = stat(path, &st) ? -errno : 0;

	if (!error && S_ISDIR(st.st_mode))
		error = -EISDIR;
	if (!error && access(path, R_OK))
		error = -errno;
	if (error)
		return say_why(path, strerror(-error), error);
	error = store_open(path, 0, &store_options, &store, why);
	return error ? say_why(path, why, error) : store;
}

int stored_failed(const struct stored *stored, const struct store *store)
{
	log_error("cannot read the store %s: %s", path_of(stored), store_error(store));
	return EXIT_FAILED;
}

int stored_none(const struct stored *stored)
{
	log_error("%s holds no kill%s", path_of(stored),
		  stored->filtered ? " that was asked for" : " yet");
	return EXIT_FAILED;
}

/* --- choosing --- */

struct choice {
	const struct stored *stored;
	struct store *store;
	store_episode_fn fn;
	void *ctx;
	uint64_t count;
	int result; /* of fn */
	/* For those that an id could mean: */
	struct listing listing;
};

static int on_chosen(void *ctx, const struct store_episode *episode)
{
	struct choice *choice = ctx;

	choice->count++;
	choice->result = choice->fn(choice->ctx, episode);
	return choice->result;
}

static int on_counted(void *ctx, const struct store_episode *episode)
{
	struct choice *choice = ctx;

	(void)episode;
	choice->count++;
	return 0;
}

static int on_named(void *ctx, const struct store_episode *episode)
{
	struct choice *choice = ctx;

	if (choice->count++ < NAMED_MOST)
		listing_row(&choice->listing, episode);
	return 0;
}

/* An id that begins several: names them. */
static int say_several(struct choice *choice, struct store_filter filter, const char *argument)
{
	struct listing_options look = {
		.columns = NAME_SHOWN,
		.letters = EPISODE_ID_LEN - 1,
		.now_ns = now_ns(),
	};
	uint64_t more = choice->count > NAMED_MOST ? choice->count - NAMED_MOST : 0;

	log_error("%" PRIu64 " kills have an id that begins with %s; which one?", choice->count,
		  argument);
	if (listing_init(&choice->listing, STDERR_FILENO, &look))
		return EXIT_FAILED;
	filter.lines = false;
	choice->count = 0;
	if (store_each_episode(choice->store, &filter, on_named, choice))
		stored_failed(choice->stored, choice->store);
	listing_end(&choice->listing);
	if (more)
		log_error("and %" PRIu64 " more", more);
	return EXIT_FAILED;
}

/* Sets what @argument asks for in @filter. Returns EXIT_DONE, or EXIT_FAILED after having said why.
 */
static int choose(struct choice *choice, const char *argument, char id[EPISODE_ID_LEN],
		  struct store_filter *filter)
{
	size_t len = argument ? strlen(argument) : 0;

	if (!argument || is_last(argument)) {
		filter->last_n = argument || !choice->stored->spanned;
		return EXIT_DONE;
	}
	if (!is_id(argument)) {
		log_error("'%s' is no id of a kill, up to %d hexadecimal digits, and not 'last'; "
			  "'oomtrace list' has the ids",
			  argument, EPISODE_ID_LEN - 1);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i <= len; i++)
		id[i] = (char)tolower((unsigned char)argument[i]);
	filter->id_prefix = id;
	filter->lines = false;
	if (store_each_episode(choice->store, filter, on_counted, choice))
		return stored_failed(choice->stored, choice->store);
	if (choice->count > 1)
		return say_several(choice, *filter, argument);
	choice->count = 0;
	filter->lines = true;
	return EXIT_DONE;
}

static int say_none(const struct stored *stored, const char *argument)
{
	if (!argument || is_last(argument))
		return stored_none(stored);
	log_error("no kill in %s has an id that begins with %s%s", path_of(stored), argument,
		  stored->filtered ? " and is what was asked for" : "");
	return EXIT_FAILED;
}

int stored_each(const struct stored *stored, struct store *store, const char *argument,
		store_episode_fn fn, void *ctx)
{
	struct choice choice = {.stored = stored, .store = store, .fn = fn, .ctx = ctx};
	struct store_filter filter = stored->filter;
	char id[EPISODE_ID_LEN];
	int status, error;

	filter.lines = true;
	status = choose(&choice, argument, id, &filter);
	if (status)
		return status;
	error = store_each_episode(store, &filter, on_chosen, &choice);
	if (choice.result)
		return choice.result;
	if (error)
		return stored_failed(stored, store);
	return choice.count ? EXIT_DONE : say_none(stored, argument);
}

/* --- giving --- */

struct giving {
	const struct stored *stored;
	struct store *store;
	const struct assembler_ops *ops;
	void *ctx;
	int status;
};

int stored_give_line(const struct stored *stored, const char *line, size_t len,
		     const struct assembler_ops *ops, void *ctx)
{
	char why[EVENT_ERROR_LEN];
	struct event event;

	if (event_read(line, len, &event, why)) {
		log_error("%s: a line in it cannot be read: %s", path_of(stored), why);
		return EXIT_FAILED;
	}
	input_give_event(&event, ops, ctx);
	event_free(&event);
	return EXIT_DONE;
}

static int give_line(void *ctx, const char *line, size_t len)
{
	struct giving *giving = ctx;

	if (stored_give_line(giving->stored, line, len, giving->ops, giving->ctx))
		giving->status = EXIT_FAILED;
	return 0;
}

static int give_episode(void *ctx, const struct store_episode *episode)
{
	struct giving *giving = ctx;

	give_line(giving, episode->line, episode->len);
	if (store_each_outcome(giving->store, episode->id, give_line, giving))
		return stored_failed(giving->stored, giving->store);
	return 0;
}

int stored_give(const struct stored *stored, const char *argument, const struct assembler_ops *ops,
		void *ctx)
{
	struct giving giving = {.stored = stored, .ops = ops, .ctx = ctx, .status = EXIT_DONE};
	int status;

	giving.store = stored_open(stored);
	if (!giving.store)
		return EXIT_FAILED;
	status = stored_each(stored, giving.store, argument, give_episode, &giving);
	store_close(giving.store);
	return status ? status : giving.status;
}
