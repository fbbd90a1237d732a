/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Logs as the tests have them, and what is told of them. */
#ifndef OOMTRACE_TESTS_UNIT_LOGS_H
#define OOMTRACE_TESTS_UNIT_LOGS_H

#include <stddef.h>

#define LOGS_ROWS 64 /* of one report */

/*
 * What is told of a log, as JSON lines; to be freed. It is fed in pieces of @step bytes, 0: as
 * large as there is room. With a @year times that have none are of it, and those without a zone
 * are UTC's; 0: neither is known.
 */
char *logs_import(const char *bytes, size_t len, size_t step, int year);

#endif /* OOMTRACE_TESTS_UNIT_LOGS_H */
