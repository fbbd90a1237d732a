/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines about who is killed, for the table of shapes in logline.c. Each returns false for
 * others. */
#ifndef OOMTRACE_CORE_LOGLINE_PARTS_H
#define OOMTRACE_CORE_LOGLINE_PARTS_H

#include "core/logline.h"

bool logline_take_killed(struct span line, struct logline *ret_line);
bool logline_take_choice(struct span line, struct logline *ret_line);
bool logline_take_exiting(struct span line, struct logline *ret_line);
bool logline_take_sharer(struct span line, struct logline *ret_line);
bool logline_take_nobody(struct span line, struct logline *ret_line);
bool logline_take_panic(struct span line, struct logline *ret_line);
bool logline_take_reaped(struct span line, struct logline *ret_line);
bool logline_take_group(struct span line, struct logline *ret_line);

#endif /* OOMTRACE_CORE_LOGLINE_PARTS_H */
