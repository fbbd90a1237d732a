/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands before the kernel's own text in a line of a log: times, hosts, tags, levels, the
 * wrappings of containers' logs and of mail, in any order and number. Taken off one by one.
 */
#ifndef OOMTRACE_CORE_LOGPREFIX_H
#define OOMTRACE_CORE_LOGPREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/logtime.h"
#include "core/span.h"

#define LOGPREFIX_TIME_LEN   48
#define LOGPREFIX_HOST_LEN   64
#define LOGPREFIX_CALLER_LEN 16
#define LOGPREFIX_BOOT_LEN   40
/* A line, unwrapped: longer ones are cut. */
#define LOGPREFIX_LINE_LEN 16384

/* What the prefix of one line says. */
struct logprefix {
	bool any; /* there was one */
	bool has_uptime;
	uint64_t uptime_ns;
	struct logtime civil;
	bool has_real; /* the log counts from the epoch */
	int64_t real_ns;
	bool has_sequence; /* /dev/kmsg: the number of the record */
	uint64_t sequence;
	char time_text[LOGPREFIX_TIME_LEN]; /* the outermost time, as it stands there; "" for none
					     */
	char host[LOGPREFIX_HOST_LEN];
	char caller[LOGPREFIX_CALLER_LEN]; /* printk's: "T123", "C1" */
	char boot_id[LOGPREFIX_BOOT_LEN];
};

/* Room to undo escapes in, and what is known of the log's lines. */
struct logprefix_scratch {
	char text[2][LOGPREFIX_LINE_LEN];
	bool host_follows; /* "[12345.678901] host kernel: ": journalctl -o short-monotonic */
};

/* Whether @line, one of a log, has a host and who wrote it behind seconds in brackets. */
bool logprefix_is_monotonic(struct span line);

/*
 * Takes the prefix off *@line, a line without its newline. *@line then is within what it was, or
 * within @scratch; @ret_prefix is set. Returns false where the line is not the kernel's.
 */
bool logprefix_take(struct span *line, struct logprefix *ret_prefix,
		    struct logprefix_scratch *scratch);

/* A prefix of a journal's fields: takes one, "NAME" and its value. True for one that it knows. */
bool logprefix_field(struct logprefix *prefix, struct span name, struct span value,
		     bool *ret_foreign);

#endif /* OOMTRACE_CORE_LOGPREFIX_H */
