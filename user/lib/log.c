/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "lib/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
#define PREFIX         "oomtrace: "

static enum log_level level_now = LOG_NORMAL;
static atomic_bool never_wait, levels;
static atomic_uint dropped;

void log_set_level(enum log_level level)
{
	level_now = level;
}

void log_levels(bool on)
{
	atomic_store(&levels, on);
}

void log_never_wait(void)
{
	atomic_store(&never_wait, true);
}

/* O_NONBLOCK would be set for all who share the terminal or the pipe: it is asked each time. */
static bool takes_a_line(void)
{
	struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&fd, 1, 0) > 0;
}

/* Writes "<4>" into @out, or nothing, and returns how long that is. */
static size_t put_level(char *out, size_t size, int level)
{
	return atomic_load(&levels) ? (size_t)snprintf(out, size, "<%d>", level) : 0;
}

/* A stderr that cannot be written to has nobody to be told about it. */
static void write_out(const char *line, size_t len)
{
	unsigned int missing;
	char notice[80];
	size_t used;

	if (atomic_load(&never_wait) && !takes_a_line()) {
		atomic_fetch_add(&dropped, 1);
		return;
	}
	missing = atomic_exchange(&dropped, 0);
	used = put_level(notice, sizeof(notice), LOG_WARNING);
	used += (size_t)snprintf(notice + used, sizeof(notice) - used,
				 PREFIX "%u lines were not read in time\n", missing);
	if ((!missing || write(STDERR_FILENO, notice, used) >= 0) &&
	    write(STDERR_FILENO, line, len) < 0)
		return;
}

/* One write per line, so that two programs sharing a terminal do not mix theirs. */
static void write_line(int level, const char *prefix, const char *format, va_list args)
{
	int saved = errno;
	char line[LINE_MAX_BYTES];
	size_t used = put_level(line, sizeof(line), level);
	int n;

	memcpy(line + used, prefix, strlen(prefix));
	used += strlen(prefix);
	n = vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	if (n > 0)
		used += (size_t)n;
	if (used > sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	write_out(line, used);
	errno = saved;
}

#define TELL(wanted, level, prefix)                      \
	do {                                             \
		va_list args;                            \
		if (level_now < (wanted))                \
			return;                          \
		va_start(args, format);                  \
		write_line(level, prefix, format, args); \
		va_end(args);                            \
	} while (0)

void log_plain(const char *format, ...)
{
	TELL(LOG_NORMAL, LOG_INFO, "");
}

void log_note(const char *format, ...)
{
	TELL(LOG_NORMAL, LOG_INFO, PREFIX);
}

void log_detail(const char *format, ...)
{
	TELL(LOG_VERBOSE, LOG_DEBUG, PREFIX);
}

void log_warn(const char *format, ...)
{
	TELL(LOG_QUIET, LOG_WARNING, PREFIX "warning: ");
}

void log_error(const char *format, ...)
{
	TELL(LOG_QUIET, LOG_ERR, PREFIX);
}
