/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is given up once the kernel is watched, so that whoever takes the tracer over has gained
 * nothing: capabilities, system calls, files. Each thread gives up for itself, by its duty; no
 * thread keeps both a capability and the right to open anything for writing.
 *
 * What a host does not offer is left out and can be asked for afterwards; it is never an error.
 */
#ifndef OOMTRACE_GUARD_GUARD_H
#define OOMTRACE_GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/thread.h"

enum guard_measure {
	GUARD_CAPABILITIES, /* dropped, the bounding set too where that is allowed */
	GUARD_NEW_PRIVS,    /* none, whatever would be executed */
	GUARD_SECCOMP,      /* system calls that are not needed fail, the worst ones kill */
	GUARD_LANDLOCK,     /* files other than the ones named cannot be opened; Linux 5.13 */
	GUARD_MEASURES,
};

struct guard_plan {
	/* Files that may be opened for writing again, or get others beside them; they are there. */
	const char *const *written;
	size_t n_written;
	/* Other processes are looked at with this process's user alone, without capabilities. */
	bool no_capabilities;
};

/*
 * Makes everything ready that guard_enter() will need: it allocates nothing. From now on
 * thread_start() has each thread enter by itself. What could not be made ready is reported by
 * guard_error(). Returns 0 or -ENOMEM.
 */
int guard_prepare(const struct guard_plan *plan);

/* The calling thread gives up what its duty does not need. There is no way back. */
void guard_enter(enum thread_duty duty);

/* Closes what guard_enter() needed; no thread can enter any more. */
void guard_finish(void);

/* 0: in force in every thread that has entered; else why not, a negative errno. */
int guard_error(enum guard_measure measure);

/* The measure's name: "seccomp". */
const char *guard_measure_name(enum guard_measure measure);

/* What this host offers, for a person to know: 0 or a negative errno. Changes nothing. */
int guard_offered(enum guard_measure measure);

#endif /* OOMTRACE_GUARD_GUARD_H */
