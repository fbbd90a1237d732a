/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who ships: nobody who could do anything else. */
#ifndef OOMTRACE_SHIP_IDENTITY_H
#define OOMTRACE_SHIP_IDENTITY_H

#include "ship/options.h"

/*
 * Leaves root, if this is root, for the user that @options name, and gives up all capabilities for
 * good; makes the default directory for the watermark before that. Returns 0, or the exit status
 * after having said why.
 */
int identity_become(const struct ship_options *options);

#endif /* OOMTRACE_SHIP_IDENTITY_H */
