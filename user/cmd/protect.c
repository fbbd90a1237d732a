/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/protect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guard/guard.h"
#include "guard/rights.h"
#include "kernel/tracer.h"
#include "lib/cold.h"
#include "lib/log.h"
#include "proc/self.h"
#include "sink/report.h"

static int spare_fd; /* from the one to the other: of self_spare_open() */

/* Nothing more is read from there. */
static void close_stdin(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fd != STDIN_FILENO) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
}

static int become(const char *name)
{
	struct rights_user user;
	int error = rights_find_user(name, &user);

	if (error == -ENOENT) {
		log_error("no user '%s' in /etc/passwd: a name, or UID[:GID]", name);
		return error;
	}
	if (!error)
		error = rights_become(&user);
	if (error)
		log_error("cannot become user '%s': %s", name, strerror(-error));
	return error;
}

int protect_begin(const struct trace_options *options)
{
	struct guard_plan plan = {.no_capabilities = options->user};
	const struct storage_options *storage = &options->outputs.storage;
	const char *written[OUTPUTS_MAX + 2];
	int error;

	self_share_heap();
	/* What else a starter left open is nobody's. */
	closefrom(STDERR_FILENO + 1);
	/* The file belongs to root, who this may not be for long. */
	spare_fd = self_spare_open();
	if (options->user) {
		error = become(options->user);
		if (error)
			return error;
	}
	for (unsigned int i = 0; i < options->outputs.n_specs; i++)
		if (options->outputs.specs[i].file)
			written[plan.n_written++] = options->outputs.specs[i].file;
	if (storage->file) {
		storage_make_directory(storage);
		written[plan.n_written++] = storage->file;
	}
	if (options->metrics)
		written[plan.n_written++] = options->metrics;
	plan.written = written;
	error = guard_prepare(&plan);
	if (error)
		log_error("cannot begin: %s", strerror(-error));
	return error;
}

static void tell(const struct trace_options *options)
{
	for (enum guard_measure measure = 0; measure < GUARD_MEASURES; measure++)
		if (guard_error(measure))
			log_detail("%s: not in force: %s", guard_measure_name(measure),
				   strerror(-guard_error(measure)));
	if (options->user && !options->no_cmdline)
		log_note("as another user, command lines that the kernel does not hand over stay "
			 "unknown");
}

void protect_spare(const struct trace_options *options)
{
	int error = self_spare(spare_fd, options->oom_score_adj);

	if (error)
		log_note(
			"the OOM killer may choose oomtrace itself: oom_score_adj cannot be set to "
			"%d: %s",
			options->oom_score_adj, strerror(-error));
}

void protect_now(const struct trace_options *options)
{
	int error = self_lock_memory();

	tracer_give_back();
	report_give_back();
	cold_give_back_libraries(options->outputs.storage.file);
	close_stdin();
	if (error)
		log_detail("oomtrace's memory is not locked: %s", strerror(-error));
	/* Read once, by the first local time that is told; later it could not be opened. */
	tzset();
	guard_enter(THREAD_LOOP);
	guard_finish();
	tell(options);
}
