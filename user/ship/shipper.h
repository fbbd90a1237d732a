/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From a store to a topic: one loop, one thread, and the watermark behind it. */
#ifndef OOMTRACE_SHIP_SHIPPER_H
#define OOMTRACE_SHIP_SHIPPER_H

#include "ship/options.h"

/* Ships until all is confirmed, or with follow until a signal. Returns the exit status. */
int shipper_run(const struct ship_options *options);

#endif /* OOMTRACE_SHIP_SHIPPER_H */
