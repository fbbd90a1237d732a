/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Talk for a person, on stderr; stdout carries data only. Each line is written
 * at once and whole, and allocates nothing.
 */
#ifndef OOMTRACE_LIB_LOG_H
#define OOMTRACE_LIB_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_QUIET,  /* warnings and errors */
	LOG_NORMAL, /* and notes */
	LOG_VERBOSE /* and details */
};

/* What is told from here on. */
void log_set_level(enum log_level level);

/* Whether each line begins with its level, as the journal wants it: "<4>" for a warning. */
void log_levels(bool on);

/* From here on a line that stderr does not take at once is dropped; how many, a later one says. */
void log_never_wait(void);

/* A whole line as it is, without the program's name in front: the banner, the totals. */
void log_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something worth knowing; hidden by -q. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something that only explains; shown by -v. */
void log_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something that makes the result less than what was asked for. */
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something that ends the run. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* OOMTRACE_LIB_LOG_H */
