// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cmd/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/verbs.h"
#include "lib/log.h"

/* Whether @argp or a child has the option @name with an argument that may be left out. */
static bool is_optional(const struct argp *argp, const char *name)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++)
		if (o->name && o->flags & OPTION_ARG_OPTIONAL && strcmp(o->name, name) == 0)
			return true;
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		if (is_optional(c->argp, name))
			return true;
	return false;
}

void word_too_many(const char *word, const char *hint, const struct argp_state *state)
{
	for (int i = 1; i < state->argc && strcmp(state->argv[i], "--"); i++) {
		const char *option = state->argv[i];

		if (strncmp(option, "--", 2) == 0 && is_optional(state->root_argp, option + 2))
			argp_error(state, "'%s' is one word too many; if it belongs to %s: %s=%s",
				   word, option, option, word);
	}
	argp_error(state, "'%s' is one word too many%s", word, hint);
}

void file_expected(const char *file, const char *option, const struct argp_state *state)
{
	if (file[0] == '-' && file[1])
		argp_error(state,
			   "%s takes a file, and '%s' looks like an option; a file of that name is "
			   "./%s",
			   option, file, file);
}

int printed_status(void)
{
	/* What fails is remembered without its reason: the last write has to be seen to fail. */
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	log_error("cannot write: %s", errno ? strerror(errno) : "not all was taken");
	return EXIT_FAILED;
}
