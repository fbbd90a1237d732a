/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every verb says alike: of a word that it has no use for, and at its end. */
#ifndef OOMTRACE_CMD_WORDS_H
#define OOMTRACE_CMD_WORDS_H

#include <argp.h>

/*
 * Ends with wrong usage because of @word, for which the verb has no place. Where an option stands
 * on the command line that takes what belongs to it behind an equals sign only, that is said; else
 * @hint, which may be "".
 */
void word_too_many(const char *word, const char *hint, const struct argp_state *state);

/*
 * Ends with wrong usage where @file, the argument of @option, begins as an option does: what was
 * meant is the option without one, or next to it.
 */
void file_expected(const char *file, const char *option, const struct argp_state *state);

/* Writes out what was printed to stdout. Returns the exit status, after having said what failed. */
int printed_status(void);

#endif /* OOMTRACE_CMD_WORDS_H */
