// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lines that came in pieces, put together again. Two things break a line: the kernel, which prints
 * some of them piece by piece, so that another CPU's words or an old /dev/kmsg come in between; and
 * people, whose mails and terminals wrap long lines, the rest of which then has no prefix.
 */
#include <string.h>

#include "core/logread_parts.h"

#define PIECES_MOST 10
#define OTHERS_MOST 8 /* lines of others between two pieces */

/*
 * The lines that are printed in pieces (pr_cont), and the words one of them begins with behind the
 * first. What is a path or a key begins with its own sign.
 */
static const struct {
	const char *begins, *then;
} printed[] = {
	{"Task in ", "killed"},
	{"Task in ", "as a result of limit of"},
	{"Memory limit reached of cgroup ", "/"},
	{"Tasks in ", "are going to be killed"},
	{"oom-kill:constraint=CONSTRAINT_", ","},
};

#define PRINTED (sizeof(printed) / sizeof(printed[0]))

static struct span skip_blanks(struct span text)
{
	while (span_take(&text, " "))
		;
	return text;
}

static bool is_whole_line(struct span text)
{
	struct logline line;

	return logline_parse(text, &line) && !line.damaged;
}

static bool is_printed_in_pieces(struct span text)
{
	for (size_t i = 0; i < PRINTED; i++) {
		if (span_begins(text, printed[i].begins))
			return !is_whole_line(text);
	}
	return false;
}

static bool is_table_head(struct span text)
{
	return span_take(&text, "[") && (text = skip_blanks(text), span_begins(text, "pid "));
}

/* Whether @text is a row of @report's table, and one that lacks its end. */
static bool is_half_row(const struct logreport *report, struct span text, bool *ret_whole)
{
	struct logline_row row;
	bool damaged;

	if (!report || !report->has_table)
		return false;
	*ret_whole = logline_row(text, &report->table, &row, &damaged);
	return damaged;
}

static bool is_wrapped(const struct logreport *report, struct span text)
{
	struct logline line;
	bool whole;

	if (logline_parse(text, &line)) /* until 2.6.32 no memory was told of who was killed */
		return line.damaged ||
		       (line.kind == LOGLINE_KILLED && line.total_vm_kib == LOGLINE_NO_NUMBER);
	return is_table_head(text) || is_half_row(report, text, &whole) ||
	       span_drop(&text, "ill process") || span_drop(&text, "illed process");
}

static bool is_whole(const struct logreport *report, struct span text)
{
	bool whole = false;

	is_half_row(report, text, &whole);
	return whole || is_whole_line(text);
}

/* Whether @text, which has a prefix of its own, is the next piece. */
static bool is_piece(const struct logread_broken *broken, struct span text)
{
	struct span kept = {broken->text, broken->len}, bare = skip_blanks(text);

	if (!broken->in_pieces || !text.len)
		return false;
	if (text.at[0] == ',' || text.at[0] == '/' || kept.at[kept.len - 1] == '=')
		return true;
	for (size_t i = 0; i < PRINTED; i++) {
		if (span_begins(kept, printed[i].begins) && span_begins(bare, printed[i].then))
			return true;
	}
	return false;
}

static size_t glue(struct logread_broken *broken, const char *between, struct span text)
{
	size_t len = strlen(between);

	memcpy(broken->text + broken->len, between, len);
	memcpy(broken->text + broken->len + len, text.at, text.len);
	return broken->len + len + text.len;
}

/* Whether a blank stands between what is kept and @text: some logs leave out those of a line's
 * beginning. */
static const char *blank_before(const struct logread_broken *broken, struct span text)
{
	char last = broken->text[broken->len - 1], first = text.at[0];

	return last == ' ' || first == ' ' || first == ',' || last == '=' || first == '/' ? ""
											  : " ";
}

/* Glues @text on, and says whether the line is whole then. */
static bool fits(struct logread *reader, const char *between, struct span text, size_t *ret_len)
{
	struct logread_broken *broken = &reader->broken;

	*ret_len = glue(broken, between, text);
	return is_whole(logread_report_of(reader), (struct span){broken->text, *ret_len});
}

/*
 * Adds @text, which has no prefix. A line is wrapped at a blank, which is gone, or anywhere: what
 * fits either way was wrapped within a name, which is not to be told.
 */
static bool join_wrapped(struct logread *reader, struct span text, bool *ret_whole)
{
	struct logread_broken *broken = &reader->broken;
	bool head = is_table_head((struct span){broken->text, broken->len});
	size_t tight_len, len;
	bool tight = !head && fits(reader, "", text, &tight_len);
	bool loose = fits(reader, " ", text, &len);

	if (tight && loose)
		return false;
	if (tight)
		len = glue(broken, "", text);
	*ret_whole = tight || loose;
	broken->len = len;
	return true;
}

/* Adds @text to what is kept. Returns false where it is no part of it. */
static bool join(struct logread *reader, struct span text, bool continued, bool *ret_whole)
{
	struct logread_broken *broken = &reader->broken;

	*ret_whole = false;
	if (!text.len || broken->pieces == PIECES_MOST ||
	    broken->len + text.len + 1 > sizeof(broken->text) ||
	    !logread_same_source(&broken->prefix, &reader->prefix) ||
	    is_whole(logread_report_of(reader), text))
		return false;
	broken->pieces++;
	if (continued)
		return join_wrapped(reader, text, ret_whole);
	if (!is_piece(broken, text))
		return false;
	*ret_whole = fits(reader, blank_before(broken, text), text, &broken->len);
	return true;
}

static void keep(struct logread *reader, struct span text, bool in_pieces)
{
	struct logread_broken *broken = &reader->broken;

	broken->open = true;
	broken->in_pieces = in_pieces;
	broken->pieces = 1;
	broken->others = 0;
	broken->prefix = reader->prefix;
	broken->len = text.len;
	memcpy(broken->text, text.at, text.len);
}

/* Whether @text may be what broke the line: nothing that a report has behind it. */
static bool is_between(struct logread_broken *broken, struct span text)
{
	struct logline line;

	return broken->in_pieces && broken->others++ < OTHERS_MOST && !logline_parse(text, &line) &&
	       !is_table_head(text) && !klog_memory_wants(text);
}

void logread_put_all(struct logread *reader)
{
	struct logread_broken *broken = &reader->broken;
	struct logprefix prefix = reader->prefix;

	if (!broken->open)
		return;
	broken->open = false;
	reader->prefix = broken->prefix;
	logread_line(reader, (struct span){broken->text, broken->len}, false);
	reader->prefix = prefix;
}

void logread_put(struct logread *reader, struct span text, bool continued)
{
	struct logread_broken *broken = &reader->broken;
	bool whole, in_pieces;

	if (broken->open && join(reader, text, continued, &whole)) {
		if (whole)
			logread_put_all(reader);
		return;
	}
	if (broken->open && is_between(broken, text)) {
		logread_line(reader, text, continued);
		return;
	}
	logread_put_all(reader);
	in_pieces = is_printed_in_pieces(text);
	if (!continued && text.len && text.len < sizeof(broken->text) &&
	    (in_pieces || is_wrapped(logread_report_of(reader), text))) {
		keep(reader, text, in_pieces);
		return;
	}
	logread_line(reader, text, continued);
}
