// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* oomtrace import: the OOMs that kernel logs tell of, to the outputs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/delivery.h"
#include "cmd/input.h"
#include "cmd/outputs.h"
#include "cmd/unpack.h"
#include "cmd/verbs.h"
#include "core/logread.h"
#include "core/recording.h"
#include "lib/log.h"
#include "lib/parse.h"
#include "lib/remedy.h"

#define IDLE_MS 200 /* after which a stream's report is taken to be complete */

enum { KEY_YEAR = 0x200, KEY_TZ };

static const struct argp_option options[] = {
	{0, 0, 0, 0, "Times:", 3},
	{"year", KEY_YEAR, "YEAR", 0,
	 "The year of times that have none, as a syslog's: that of each LOG's first line", 3},
	{"tz", KEY_TZ, "ZONE", 0,
	 "The zone of times that have none: local, UTC, +02:00, or a name such as Europe/Berlin",
	 3},
	{0},
};

static const struct argp_child children[] = {{&outputs_argp, 0, NULL, 0}, {0}};

struct import {
	struct outputs outputs;
	char **files;
	int n_files;
	struct logclock clock;
	struct logtime zone;   /* its zone_minutes, where it is an offset */
	const char *zone_name; /* for TZ, else */
	struct delivery *delivery;
	struct logread *reader;
	bool failed;
};

/* A time in a zone that the C library knows by name; NULL is this host's. */
static int64_t real_by_name(void *ctx, const struct logtime *civil)
{
	const struct import *import = ctx;
	struct tm tm = {
		.tm_year = civil->year - 1900,
		.tm_mon = civil->month - 1,
		.tm_mday = civil->day,
		.tm_hour = civil->hour,
		.tm_min = civil->minute,
		.tm_sec = civil->second,
		.tm_isdst = -1,
	};
	const char *own = getenv("TZ");
	char *saved = own && import->zone_name ? strdup(own) : NULL;
	time_t seconds;

	if (import->zone_name)
		setenv("TZ", import->zone_name, 1);
	seconds = mktime(&tm);
	if (import->zone_name) {
		if (saved)
			setenv("TZ", saved, 1);
		else
			unsetenv("TZ");
		tzset();
	}
	free(saved);
	return (int64_t)seconds * 1000000000 + civil->nanosecond;
}

static int64_t real_by_offset(void *ctx, const struct logtime *civil)
{
	const struct import *import = ctx;
	struct logtime in_zone = *civil;

	in_zone.zone_minutes = import->zone.zone_minutes;
	return logtime_utc(&in_zone) * 1000000000 + civil->nanosecond;
}

/* "+02:00", "-0330", "UTC", "local", "Europe/Berlin" */
static void set_zone(struct import *import, const char *text, struct argp_state *state)
{
	int hours, minutes = 0, used = 0;
	char path[256];

	import->clock.ctx = import;
	import->clock.real_of = real_by_name;
	if (strcmp(text, "local") == 0)
		return;
	import->clock.real_of = real_by_offset;
	if (strcmp(text, "UTC") == 0 || strcmp(text, "Z") == 0)
		return;
	if ((*text == '+' || *text == '-') &&
	    (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &used) == 2 ||
	     sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &used) == 2 ||
	     sscanf(text + 1, "%2d%n", &hours, &used) == 1) &&
	    !text[1 + used] && hours >= 0 && hours <= 14 && minutes >= 0 && minutes < 60) {
		import->zone.zone_minutes = (*text == '-' ? -1 : 1) * (hours * 60 + minutes);
		return;
	}
	import->clock.real_of = real_by_name;
	import->zone_name = text;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", text);
	if (!*text || strstr(text, "..") || access(path, R_OK))
		argp_error(state,
			   "'%s' is no time zone: local, UTC, +02:00, or one that "
			   "/usr/share/zoneinfo has",
			   text);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct import *import = state->input;
	uint64_t year;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &import->outputs;
		return 0;
	case KEY_YEAR:
		if (parse_number(arg, 9999, &year) || year < 1970)
			argp_error(state, "'%s' is no year", arg);
		import->clock.year = (int)year;
		return 0;
	case KEY_TZ:
		set_zone(import, arg, state);
		return 0;
	case ARGP_KEY_ARGS:
		import->files = state->argv + state->next;
		import->n_files = state->argc - state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp import_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.args_doc = "[LOG...|-]",
	.doc = "Give the OOM kills that kernel logs tell of, to any output: what dmesg, syslog, "
	       "journalctl, a container's log or a mail have of them, of any kernel since 2.6. A "
	       "LOG may be packed with gzip, xz or zstd; - is stdin, and so is none."
	       "\vWhat a log does not say is left out: of a syslog's times the year and the zone, "
	       "unless --year and --tz say them. Exit status: 0 done, also where a log tells of "
	       "none; 1 a log could not be read, 2 wrong usage.",
};

/* Whether nobody wants more. */
static bool is_enough(const struct import *import)
{
	return delivery_deserted(import->delivery) || delivery_full_until(import->delivery);
}

/* Reads @fd to its end. Returns 0 or a negative errno. */
static int read_log(struct import *import, int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	while (!is_enough(import)) {
		size_t room;
		char *to = logread_room(import->reader, &room);
		ssize_t n;

		if (logread_waits(import->reader) && poll(&ready, 1, IDLE_MS) == 0) {
			logread_idle(import->reader);
			continue;
		}
		n = read(fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		logread_took(import->reader, (size_t)n);
	}
	return 0;
}

/* What is of oomtrace's own making and begins so, with what reads it; NULL for anything else. */
static const char *own_making(const char *head, size_t len)
{
	static const struct {
		const char *begins, *what;
	} own[] = {
		{RECORDING_MAGIC, "a recording: oomtrace replay reads it"},
		{"{\"schema\":",
		 "oomtrace's own JSON lines: oomtrace explain, or report, reads them"},
	};

	for (size_t i = 0; len == UNPACK_MAGIC && i < sizeof(own) / sizeof(own[0]); i++) {
		if (!strncmp(head, own[i].begins, UNPACK_MAGIC))
			return own[i].what;
	}
	return NULL;
}

static void tell_none(struct import *import, const char *name, const char *own)
{
	if (own) {
		log_error("%s is no log but %s", name, own);
		import->failed = true;
		return;
	}
	log_note("%s tells of no OOM%s", name,
		 logread_counts(import->reader)->duplicates ? " that is new" : "");
}

static void import_log(struct import *import, const char *file)
{
	bool from_stdin = strcmp(file, "-") == 0;
	const char *name = from_stdin ? "stdin" : file;
	uint64_t before = logread_counts(import->reader)->reports;
	uint64_t cut = logread_counts(import->reader)->cut;
	int fd = from_stdin ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC), error;
	char head[UNPACK_MAGIC], *to;
	struct unpack unpack;
	size_t len, room;

	if (fd < 0) {
		log_error("cannot read %s: %s%s", name, strerror(errno), remedy_of_read(errno));
		import->failed = true;
		return;
	}
	if (unpack_open(fd, name, head, &len, &unpack)) {
		import->failed = true;
		return;
	}
	to = logread_room(import->reader, &room);
	memcpy(to, head, len);
	logread_took(import->reader, len);
	error = read_log(import, unpack.fd);
	if (error)
		log_error("cannot read %s: %s%s", name, strerror(-error), remedy_of_read(-error));
	if (!is_enough(import)) /* else what is open was not wanted */
		logread_end(import->reader);
	import->failed |= unpack_close(&unpack, name) || error;
	cut = logread_counts(import->reader)->cut - cut;
	if (cut)
		log_note("%s: %lu reports end, or are cut off, before they say who was killed",
			 name, (unsigned long)cut);
	else if (!error && logread_counts(import->reader)->reports == before && !is_enough(import))
		tell_none(import, name, own_making(head, len));
}

static int run(struct import *import)
{
	static char dash[] = "-", *only_stdin[] = {dash};
	uint64_t cancelled_ns = 0;
	struct logread_config config = {
		.ops = &delivery_ops,
		.clock = import->clock,
		.source = "log",
		.max_candidates = IMPORT_CANDIDATES,
	};

	if (!import->n_files) {
		import->files = only_stdin;
		import->n_files = 1;
	}
	if (delivery_new(&import->outputs, STORAGE_IMPORT, -1, &import->delivery) ||
	    delivery_start(import->delivery))
		return EXIT_FAILED;
	config.ctx = import->delivery;
	import->reader = logread_new(&config);
	if (!import->reader) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	for (int i = 0; i < import->n_files && !is_enough(import); i++)
		import_log(import, import->files[i]);
	delivery_close(import->delivery);
	delivery_finish(import->delivery, -1, &cancelled_ns);
	return import->failed || delivery_failed(import->delivery) ? EXIT_FAILED : EXIT_DONE;
}

int cmd_import(int argc, char **argv)
{
	static struct import import;
	int status;

	argp_parse(&import_argp, argc, argv, 0, NULL, &import);
	signal(SIGPIPE, SIG_IGN);
	status = run(&import);
	logread_free(import.reader);
	delivery_free(import.delivery);
	return status;
}
