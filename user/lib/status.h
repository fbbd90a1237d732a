/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a program ends with; docs/FORMATS.md promises it. */
#ifndef OOMTRACE_LIB_STATUS_H
#define OOMTRACE_LIB_STATUS_H

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,       /* at run time */
	EXIT_USAGE = 2,        /* argp_err_exit_status */
	EXIT_CANNOT_TRACE = 3, /* this host or this user cannot */
};

#endif /* OOMTRACE_LIB_STATUS_H */
