/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a person can do about an error. */
#ifndef OOMTRACE_LIB_REMEDY_H
#define OOMTRACE_LIB_REMEDY_H

/*
 * About @error, an errno of opening a file for writing (EEXIST: another user has put it where all
 * can): ": create its directory first", or "" where nothing is to be said.
 */
const char *remedy_of_open(int error);

/* The same of opening or reading one: ": read it as root". */
const char *remedy_of_read(int error);

#endif /* OOMTRACE_LIB_REMEDY_H */
