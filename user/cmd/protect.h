/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tracer against what it watches, and the host against the tracer: what trace does of both. */
#ifndef OOMTRACE_CMD_PROTECT_H
#define OOMTRACE_CMD_PROTECT_H

#include <stdbool.h>

#include "cmd/trace_options.h"

/*
 * Before anything is opened and any thread is started: what was inherited is closed, this process
 * becomes the user that was asked for, and gets ready to give up its privileges.
 * Returns 0, or a negative errno after having said why.
 */
int protect_begin(const struct trace_options *options);

/* Once it is attached: the OOM killer is asked to spare this process, as far as is wanted. */
void protect_spare(const struct trace_options *options);

/* Once all is attached, opened and started: memory is locked, and privileges are given up. */
void protect_now(const struct trace_options *options);

#endif /* OOMTRACE_CMD_PROTECT_H */
