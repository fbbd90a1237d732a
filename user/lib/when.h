/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments as people name them: a date, a time of day, or how long ago. */
#ifndef OOMTRACE_LIB_WHEN_H
#define OOMTRACE_LIB_WHEN_H

#include <stdint.h>

enum when_error {
	WHEN_FINE,
	WHEN_UNKNOWN, /* none of the forms below */
	WHEN_NO_UNIT, /* a number of what? */
	WHEN_NO_ZONE, /* what stands behind the time is no zone */
	WHEN_NO_DATE, /* the 30th of February, 25:00 */
	WHEN_TOO_FAR, /* before 1677 or after 2262 */
};

/*
 * Reads all of @text as a moment, blanks around it and upper case allowed:
 *
 *	2026-11-20T14:05:00.5Z   RFC 3339; seconds may be absent, a blank may stand for the T,
 *	2026-11-20 14:05 +0100   UTC for the Z, and without a zone it is local time
 *	2026-11-20               the first moment of the day
 *	14:05                    today; also "yesterday 14:05"
 *	now, today, yesterday    the latter two are the first moments of these days
 *	2h ago, 30 min, 1d 12h   before @now_ns, with "ago", a minus in front, or neither
 *	@1795183500              seconds since 1970
 *
 * Days and weeks that something is ago have 24 hours. A local time that comes twice is the first of
 * the two; one that the clock skips is as much later as the clock was put forward. @now_ns and
 * *@ret_ns are nanoseconds of CLOCK_REALTIME, and the local zone is what tzset() took from TZ.
 * Returns WHEN_FINE and sets *@ret_ns, or what is wrong.
 */
enum when_error when_parse(const char *text, int64_t now_ns, int64_t *ret_ns);

/* What is wrong and what to write instead, to stand behind "'...': ". */
const char *when_error_words(enum when_error error);

#endif /* OOMTRACE_LIB_WHEN_H */
