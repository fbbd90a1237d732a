/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "guard/guard.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/prctl.h>

#include "guard/calls.h"
#include "guard/paths.h"
#include "guard/rights.h"

static struct {
	struct rights rights[THREAD_DUTIES];
	struct calls calls[THREAD_DUTIES];
	int paths; /* a Landlock ruleset, or a negative errno */
	_Atomic int errors[GUARD_MEASURES];
} guard = {.paths = -ENODATA};

/* The first reason stays. */
static void note(enum guard_measure measure, int error)
{
	int none = 0;

	if (error)
		atomic_compare_exchange_strong(&guard.errors[measure], &none, error);
}

/*
 * Fact: Landlock refuses a confined thread every look into processes that are not,
 * /proc/PID/pagemap among them: hook_ptrace_access_check(), security/landlock/task.c. So:   who
 * looks up other processes is confined by its system calls alone, which open for reading.
 */
static bool is_for_paths(enum thread_duty duty)
{
	return duty != THREAD_LOOKUP;
}

int guard_prepare(const struct guard_plan *plan)
{
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++) {
		bool looks = duty == THREAD_LOOKUP && !plan->no_capabilities;
		int error = rights_prepare(&guard.rights[duty], looks);

		if (error)
			return error;
		note(GUARD_SECCOMP, calls_prepare(&guard.calls[duty], duty, plan->n_written > 0));
	}
	guard.paths = paths_prepare(plan->written, plan->n_written);
	thread_set_hook(guard_enter);
	return 0;
}

void guard_enter(enum thread_duty duty)
{
	/* What was read of others is not to be left in a core dump, nor for others to read. */
	if (duty == THREAD_LOOP)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Without it, the two that follow need a capability. */
	note(GUARD_NEW_PRIVS, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0);
	if (is_for_paths(duty))
		note(GUARD_LANDLOCK, paths_enter(guard.paths));
	note(GUARD_CAPABILITIES, rights_enter(&guard.rights[duty]));
	note(GUARD_SECCOMP, calls_enter(&guard.calls[duty]));
}

void guard_finish(void)
{
	thread_set_hook(NULL);
	for (enum thread_duty duty = 0; duty < THREAD_DUTIES; duty++) {
		rights_free(&guard.rights[duty]);
		calls_free(&guard.calls[duty]);
	}
	paths_free(guard.paths);
	guard.paths = -ENODATA;
}

int guard_error(enum guard_measure measure)
{
	return atomic_load(&guard.errors[measure]);
}

const char *guard_measure_name(enum guard_measure measure)
{
	static const char *const names[GUARD_MEASURES] = {
		[GUARD_CAPABILITIES] = "capabilities",
		[GUARD_NEW_PRIVS] = "no_new_privs",
		[GUARD_SECCOMP] = "seccomp",
		[GUARD_LANDLOCK] = "landlock",
	};

	return names[measure];
}

int guard_offered(enum guard_measure measure)
{
	switch (measure) {
	case GUARD_SECCOMP:
		return calls_offered();
	case GUARD_LANDLOCK:
		return paths_offered();
	case GUARD_NEW_PRIVS:
		return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) < 0 ? -errno : 0;
	default:
		return 0;
	}
}
