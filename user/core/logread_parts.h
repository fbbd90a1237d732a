/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reader of a log from within: for logread.c, which splits it, and logread_join.c. */
#ifndef OOMTRACE_CORE_LOGREAD_PARTS_H
#define OOMTRACE_CORE_LOGREAD_PARTS_H

#include "core/logread.h"
#include "core/logscan.h"

#define LOGREAD_REPORTS 4            /* open at once: of hosts, or of callers */
#define LOGREAD_GIVEN   128          /* of which it is known that they were given */
#define LOGREAD_BUFFER  (128 * 1024) /* the longest line that is read */

/* One that was given, for what comes later: it again, or that its victim was reaped. */
struct logread_given {
	uint64_t content;
	uint32_t pid;
	char id[EPISODE_ID_LEN];
	char comm[WIRE_COMM_LEN];
	struct logprefix at;
	bool reaped;
};

struct logread_entry {
	struct logprefix prefix;
	bool has_text, foreign;
	size_t len;
	char text[LOGPREFIX_LINE_LEN];
};

/* A line of which more must come: the kernel printed it in pieces, or it was wrapped. */
struct logread_broken {
	bool open;
	bool in_pieces;              /* the next piece has a prefix of its own */
	unsigned int pieces, others; /* others: lines between them */
	struct logprefix prefix;
	size_t len;
	char text[LOGPREFIX_LINE_LEN];
};

struct logread {
	struct logread_config config;
	struct logscan scan;
	struct logread_counts counts;
	uint64_t cut_told; /* of counts.cut */
	uint64_t order;    /* of the reports begun */
	struct logreport reports[LOGREAD_REPORTS];
	struct logepisode made;
	struct logread_given given[LOGREAD_GIVEN];
	uint64_t n_given;
	bool sysrq; /* SysRq has asked, then, and no header has come */
	struct logprefix sysrq_at;
	bool nobody; /* that nothing could be killed was said, then */
	struct logprefix nobody_at;
	uint64_t killed_ns; /* of the report that is being given */
	bool is_cut;        /* the line that is being taken has no newline */

	bool begun, is_export, skipping;
	struct logprefix prefix, last; /* of this line, and of the last one that had one */
	struct logprefix_scratch scratch;
	struct logread_entry entry;
	struct logread_broken broken;
	bool is_known;            /* the log's first line has been looked at */
	struct logtime last_year; /* the last time that was given a year */
	char unfolded[LOGPREFIX_LINE_LEN];
	size_t used;
	char buffer[LOGREAD_BUFFER];
};

/* Takes the text of one line, whose prefix is in @reader. A @continued one begins nothing. */
void logread_line(struct logread *reader, struct span text, bool continued);

/*
 * Takes the text of one line as logread_line() does, or keeps it: where it is a part of one that is
 * put together again here.
 */
void logread_put(struct logread *reader, struct span text, bool continued);

/* Gives what logread_put() has kept to logread_line(), as it is. */
void logread_put_all(struct logread *reader);

/* Whose words they are: one host, one caller, and one way into the log. */
bool logread_same_source(const struct logprefix *a, const struct logprefix *b);

/* The report that a line with the reader's prefix would be of, or NULL. Changes nothing. */
const struct logreport *logread_report_of(const struct logread *reader);

/* Gives @report, or counts it where it has nothing to give. */
void logread_close(struct logread *reader, struct logreport *report);

#endif /* OOMTRACE_CORE_LOGREAD_PARTS_H */
