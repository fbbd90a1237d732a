/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The options and arguments that say which kills of which store: of every verb that reads one. */
#ifndef OOMTRACE_CMD_STORED_H
#define OOMTRACE_CMD_STORED_H

#include <argp.h>
#include <limits.h>
#include <stdbool.h>

#include "core/assemble.h"
#include "store/query.h"

struct stored {
	const char *file; /* NULL: the default one */
	bool spanned;     /* --since or --until was given */
	bool redact;      /* for strangers: no names. Its verbs do it */
	bool filtered;    /* any of the options that choose */
	/* The verb sets types; the rest the options do. */
	struct store_filter filter;
	char cgroup[PATH_MAX]; /* what filter.cgroup points at */
};

/*
 * A child of a verb's argp: -s, --since, --until, -c, --comm, --unit, --pod, --container, --host.
 * Its input is a struct stored, zeroed.
 */
extern const struct argp stored_argp;

/*
 * Whether a verb that takes "[ID|last|FILE|-]" is given kills of a store, not a file: where an
 * option above names one or chooses from one; where @argument is no file that exists, and "last" or
 * the digits of an id; and where there is none (NULL), if the default store is there and nothing
 * is piped in.
 */
bool stored_is_meant(const struct stored *stored, const char *argument);

/* Opens the store for reading. Returns NULL after having said why it cannot be, and what to do. */
struct store *stored_open(const struct stored *stored);

/* Says that @store could not be read. Returns EXIT_FAILED. */
int stored_failed(const struct stored *stored, const struct store *store);

/* Says that it holds no kill that was asked for. Returns EXIT_FAILED. */
int stored_none(const struct stored *stored);

/*
 * Calls @fn for each episode that @argument means, the oldest first, with its line: the one whose
 * id it is or begins, if there is no other; for "last" the newest that the filter asks for; for
 * NULL all of them where a span is given, else the newest. Returns EXIT_DONE; EXIT_FAILED after
 * having said why: there is none, there are several, the store cannot be read; or what @fn
 * returned, if not 0.
 */
int stored_each(const struct stored *stored, struct store *store, const char *argument,
		store_episode_fn fn, void *ctx);

/*
 * Opens the store and gives each of these episodes, followed by what became of its victims, to
 * @ops, as input_give() does a file's. Returns the exit status.
 */
int stored_give(const struct stored *stored, const char *argument, const struct assembler_ops *ops,
		void *ctx);

/* Gives what one of its lines says. Returns EXIT_DONE, or EXIT_FAILED after having said why. */
int stored_give_line(const struct stored *stored, const char *line, size_t len,
		     const struct assembler_ops *ops, void *ctx);

#endif /* OOMTRACE_CMD_STORED_H */
