// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/logprefix.h"

#include <string.h>

#include "core/logprefix_parts.h"
#include "core/text.h"

#define PREFIX_PARTS 16 /* of one line; more of them are text */
#define TAG_LEN      48

/* What a part of a prefix turned out to be. */
enum part { PART_NOT, PART_TAKEN, PART_FOREIGN };

struct work {
	struct logprefix *prefix;
	struct logprefix_scratch *scratch;
	unsigned int buffers; /* of the scratch, in use */
	bool stamped;         /* by the clock on the wall: a host and a tag may follow */
};

static void note_time(struct logprefix *prefix, const char *from, const char *to)
{
	prefix->any = true;
	if (!prefix->time_text[0] && to > from)
		text_copy(prefix->time_text, sizeof(prefix->time_text), from, (size_t)(to - from));
}

static void note_civil(struct logprefix *prefix, const struct logtime *civil)
{
	/* Of two, the one that says more: a syslog's own may have been wrapped again. */
	if (!prefix->civil.known || (!prefix->civil.has_year && civil->has_year) ||
	    (!prefix->civil.has_zone && civil->has_zone && civil->has_year))
		prefix->civil = *civil;
}

void logprefix_note_uptime(struct logprefix *prefix, uint64_t ns)
{
	prefix->any = true;
	prefix->has_uptime = true;
	prefix->uptime_ns = ns;
}

/* Behind a time came a word's end. */
static enum part took_time(struct work *work, struct span *line, struct span rest,
			   const struct logtime *time)
{
	note_time(work->prefix, line->at, rest.at);
	note_civil(work->prefix, time);
	work->stamped = true;
	span_take(&rest, " ");
	*line = rest;
	return PART_TAKEN;
}

static enum part take_iso(struct work *work, struct span *line)
{
	struct span rest = *line;
	struct logtime time;

	return logtime_take_iso(&rest, &time) ? took_time(work, line, rest, &time) : PART_NOT;
}

static enum part take_syslog(struct work *work, struct span *line)
{
	struct span rest = *line;
	struct logtime time;

	return logtime_take_syslog(&rest, &time) ? took_time(work, line, rest, &time) : PART_NOT;
}

/* "05-07 03:13:03.123  root     0     0 I " and then "[123.4: 0] ": Android's logcat */
static enum part take_logcat(struct work *work, struct span *line)
{
	struct span rest = *line, word;
	struct logtime time;
	const char *end;

	if (!logtime_take_logcat(&rest, &time))
		return PART_NOT;
	end = rest.at;
	for (unsigned int words = 0; words < 4; words++) { /* user, process, thread, level */
		span_skip(&rest, ' ');
		if (!span_next(&rest, ' ', &word, NULL))
			return PART_NOT;
		if (word.len == 1 && memchr("VDIWEF", word.at[0], 6)) {
			note_time(work->prefix, line->at, end);
			note_civil(work->prefix, &time);
			span_skip(&rest, ' ');
			span_take(&rest, ": "); /* of no tag */
			*line = rest;
			return PART_TAKEN;
		}
	}
	return PART_NOT;
}

/* "1772355600.123456 ": journalctl -o short-unix */
static enum part take_unix(struct work *work, struct span *line)
{
	struct span rest = *line;
	const char *point = memchr(rest.at, '.', rest.len < 11 ? rest.len : 11);
	uint64_t ns;

	if (work->prefix->any || !point || point - rest.at < 9 ||
	    !logtime_take_seconds(&rest, &ns) || rest.at - point != 7 || !span_begins(rest, " "))
		return PART_NOT;
	note_time(work->prefix, line->at, rest.at);
	work->prefix->has_real = true;
	work->prefix->real_ns = (int64_t)ns;
	work->stamped = true;
	span_take(&rest, " ");
	*line = rest;
	return PART_TAKEN;
}

/* What may stand between the time and the bracket: "<    0.000003>", ": 0" (a CPU), "T123" */
static void take_inner(struct work *work, struct span inner)
{
	span_skip(&inner, ' ');
	span_take(&inner, "@");
	if (inner.len > 1 && inner.len < LOGPREFIX_CALLER_LEN &&
	    (inner.at[0] == 'T' || inner.at[0] == 'C') && digit_of(inner.at[1], 10) >= 0)
		text_copy(work->prefix->caller, sizeof(work->prefix->caller), inner.at, inner.len);
}

/* "[12345.678901] ", also with what dmesg -d, printk_time's callers and vendors put there */
static enum part take_printk(struct work *work, struct span *line)
{
	struct span rest = *line;
	const char *from, *to, *close;
	uint64_t ns;

	if (!span_take(&rest, "["))
		return PART_NOT;
	span_skip(&rest, ' ');
	from = rest.at;
	if (!logtime_take_seconds(&rest, &ns))
		return PART_NOT;
	to = rest.at;
	close = memchr(rest.at, ']', rest.len < 40 ? rest.len : 40);
	if (!close || (close > to && *to != ' ' && *to != ':' && *to != '@'))
		return PART_NOT;
	take_inner(work, (struct span){to, (size_t)(close - to)});
	rest.len -= (size_t)(close + 1 - rest.at);
	rest.at = close + 1;
	note_time(work->prefix, from, to);
	logprefix_note_uptime(work->prefix, ns);
	work->stamped |= work->scratch->host_follows;
	span_take(&rest, " ");
	*line = rest;
	return PART_TAKEN;
}

/* "[ T123] ", "[   C1] ", "[1:  swapper/1:  0] ": who printed it, behind the time */
static enum part take_caller(struct work *work, struct span *line)
{
	struct span rest = *line, inner;
	const char *close;

	if (!work->prefix->has_uptime || !span_take(&rest, "["))
		return PART_NOT;
	close = memchr(rest.at, ']', rest.len < 40 ? rest.len : 40);
	if (!close)
		return PART_NOT;
	inner = (struct span){rest.at, (size_t)(close - rest.at)};
	span_skip(&inner, ' ');
	if (inner.len < 2)
		return PART_NOT;
	if ((inner.at[0] == 'T' || inner.at[0] == 'C') && digit_of(inner.at[1], 10) >= 0)
		take_inner(work, inner);
	else if (digit_of(inner.at[0], 10) < 0 || !memchr(inner.at, ':', inner.len))
		return PART_NOT;
	rest.len -= (size_t)(close + 1 - rest.at);
	rest.at = close + 1;
	span_take(&rest, " ");
	*line = rest;
	return PART_TAKEN;
}

/* "[Tue May  7 03:13:03 2013] ": dmesg -T, in any language; "[May 7 03:13] ", "[  +0.000005] ": -e
 */
static enum part take_bracket(struct work *work, struct span *line)
{
	struct span rest = *line, inner;
	struct logtime time;
	const char *close;

	if (!span_take(&rest, "["))
		return PART_NOT;
	close = memchr(rest.at, ']', rest.len < 64 ? rest.len : 64);
	if (!close || close - rest.at < 7)
		return PART_NOT;
	inner = (struct span){rest.at, (size_t)(close - rest.at)};
	if (span_find(inner, "<") || !span_find(inner, " "))
		return PART_NOT;
	if (!span_begins(inner, " ") && span_find(inner, ":") && inner.len >= 10) {
		if (logtime_of_ctime(inner, &time))
			note_civil(work->prefix, &time);
	} else {
		span_skip(&inner, ' ');
		if (!span_begins(inner, "+"))
			return PART_NOT;
	}
	note_time(work->prefix, rest.at, close);
	rest.len -= (size_t)(close + 1 - rest.at);
	rest.at = close + 1;
	span_take(&rest, " ");
	*line = rest;
	return PART_TAKEN;
}

/* "<6>": a level; with a facility above it another's than the kernel's */
static enum part take_level(struct work *work, struct span *line)
{
	struct span rest = *line;
	uint64_t level;

	if (!span_take(&rest, "<") || !span_take_u64(&rest, &level) || level > 191 ||
	    !span_take(&rest, ">"))
		return PART_NOT;
	work->prefix->any = true;
	if (level > 7)
		return PART_FOREIGN;
	span_skip(&rest, ' ');
	*line = rest;
	return PART_TAKEN;
}

/* "kern  :warn  : ": dmesg -x */
static enum part take_facility(struct work *work, struct span *line)
{
	static const char *const facilities[] = {"kern  ", "user  ", "mail  ",
						 "daemon", "auth  ", "syslog"};
	struct span rest = *line, level;

	for (unsigned int i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
		if (!span_take(&rest, facilities[i]))
			continue;
		if (!span_take(&rest, ":") || !span_next(&rest, ':', &level, NULL) || level.len > 8)
			return PART_NOT;
		work->prefix->any = true;
		if (i)
			return PART_FOREIGN;
		span_take(&rest, " ");
		*line = rest;
		return PART_TAKEN;
	}
	return PART_NOT;
}

/* "stdout F ": a container's log, behind its time (CRI) */
static enum part take_cri(struct work *work, struct span *line)
{
	if (!work->stamped || (!span_begins(*line, "stdout ") && !span_begins(*line, "stderr ")) ||
	    line->len < 9 || (line->at[7] != 'F' && line->at[7] != 'P') || line->at[8] != ' ')
		return PART_NOT;
	line->at += 9;
	line->len -= 9;
	work->stamped = false;
	return PART_TAKEN;
}

/* "kernel: ", "kernel[0]: ", "kernel: kernel: " */
static bool take_tag(struct span *line)
{
	static const char *const tags[] = {"kernel", "klogd", "vmunix", "Kernel", "kern"};
	struct span rest = *line;
	uint64_t pid;

	for (unsigned int i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		rest = *line;
		if (!span_take(&rest, tags[i]))
			continue;
		if (span_take(&rest, "[") &&
		    (!span_take_u64(&rest, &pid) || !span_take(&rest, "]")))
			continue;
		if (!span_take(&rest, ":"))
			continue;
		span_take(&rest, " ");
		*line = rest;
		return true;
	}
	return false;
}

/* "name[123]:" or, behind a host, "name:": a program's */
static bool is_program(struct span line)
{
	const char *colon = memchr(line.at, ':', line.len < TAG_LEN ? line.len : TAG_LEN);
	const char *blank = memchr(line.at, ' ', line.len < TAG_LEN ? line.len : TAG_LEN);

	return colon && (!blank || colon < blank) && colon > line.at;
}

/* "host kernel: ", or the kernel's tag alone */
static enum part take_host(struct work *work, struct span *line)
{
	struct span rest = *line, host;

	if (take_tag(line)) {
		work->prefix->any = true;
		work->stamped = false;
		return PART_TAKEN;
	}
	if (!work->stamped || span_begins(rest, "[") || span_begins(rest, "<"))
		return PART_NOT;
	work->stamped = false;
	if (!span_next(&rest, ' ', &host, NULL) || !host.len || host.len >= LOGPREFIX_HOST_LEN)
		return PART_NOT;
	if (take_tag(&rest)) {
		text_copy(work->prefix->host, sizeof(work->prefix->host), host.at, host.len);
		*line = rest;
		return PART_TAKEN;
	}
	/* "host sshd[12]: ..." is a program's, as is "sshd[12]: ..."; not so "Out of memory: ...".
	 */
	if (is_program(rest) && memchr(rest.at, '[', 32 < rest.len ? 32 : rest.len) &&
	    span_find(rest, "]:"))
		return PART_FOREIGN;
	if (host.at[host.len - 1] == ':' && host.len > 3 && host.at[host.len - 2] == ']')
		return PART_FOREIGN;
	return PART_NOT;
}

/* "> ", "| ": quoted in mail */
static enum part take_quote(struct work *work, struct span *line)
{
	(void)work;
	if (!span_take(line, "> ") && !span_take(line, "| ")) {
		struct span rest = *line;

		if (!span_take(&rest, ">") || !rest.len ||
		    !memchr(">[<\tJFMASOND0123456789", rest.at[0], 22))
			return PART_NOT;
		*line = rest;
	}
	return PART_TAKEN;
}

/* Blanks before what else is a prefix: an indented quotation. */
static enum part take_indent(struct work *work, struct span *line)
{
	struct span rest = *line;

	if (work->prefix->any)
		return PART_NOT;
	while (rest.len && (rest.at[0] == ' ' || rest.at[0] == '\t'))
		span_take(&rest, rest.at[0] == ' ' ? " " : "\t");
	if (rest.at == line->at || rest.len < 8 ||
	    !memchr("[<>{JFMASOND0123456789", rest.at[0], 22))
		return PART_NOT;
	/* "  [<ffffffff81692515>] " is the kernel's own. */
	if (span_begins(rest, "[<"))
		return PART_NOT;
	*line = rest;
	return PART_TAKEN;
}

/* "4,1234,5678901,-,caller=T12;": /dev/kmsg */
static enum part take_kmsg(struct work *work, struct span *line)
{
	struct logprefix *prefix = work->prefix;
	struct span rest = *line, flags;
	uint64_t level, sequence, us;
	const char *caller;

	if (!span_take_u64(&rest, &level) || !span_take(&rest, ",") ||
	    !span_take_u64(&rest, &sequence) || !span_take(&rest, ",") ||
	    !span_take_u64(&rest, &us) || !span_take(&rest, ",") || us > UINT64_MAX / 1000)
		return PART_NOT;
	if (!memchr(rest.at, ';', rest.len < 64 ? rest.len : 64) ||
	    !span_next(&rest, ';', &flags, NULL))
		return PART_NOT;
	prefix->any = true;
	if (level > 7)
		return PART_FOREIGN;
	caller = span_find(flags, "caller=");
	if (caller)
		take_inner(work,
			   (struct span){caller + 7, (size_t)(flags.at + flags.len - caller - 7)});
	prefix->has_sequence = true;
	prefix->sequence = sequence;
	logprefix_note_uptime(prefix, us * 1000);
	if (!prefix->time_text[0])
		logprefix_uptime_text(prefix);
	if (memchr(rest.at, '\\', rest.len) && work->buffers < 2)
		rest = logprefix_unescape(rest, work->scratch->text[work->buffers++]);
	*line = rest;
	return PART_TAKEN;
}

static enum part take_json(struct work *work, struct span *line)
{
	bool foreign = false;

	if (!span_begins(*line, "{") || work->buffers == 2)
		return PART_NOT;
	if (!logprefix_json(line, work->prefix, work->scratch->text[work->buffers], &foreign))
		return foreign ? PART_FOREIGN : PART_NOT;
	work->buffers++;
	work->prefix->any = true;
	return PART_TAKEN;
}

/* In the order in which one is looked for; after each that was found, from the first again. */
static enum part (*const parts[])(struct work *work, struct span *line) = {
	take_printk,  take_caller, take_syslog,   take_iso,    take_cri,
	take_host,    take_kmsg,   take_level,    take_quote,  take_json,
	take_bracket, take_logcat, take_facility, take_indent, take_unix,
};

bool logprefix_is_monotonic(struct span line)
{
	struct span host, who;
	uint64_t ns;

	if (!span_take(&line, "["))
		return false;
	span_skip(&line, ' ');
	if (!logtime_take_seconds(&line, &ns) || !span_take(&line, "] ") ||
	    !span_next(&line, ' ', &host, NULL) || !host.len || host.at[host.len - 1] == ':')
		return false;
	who = line;
	return take_tag(&who) || (is_program(line) && span_next(&line, ':', &who, NULL) &&
				  span_drop(&who, "]") && memchr(who.at, '[', who.len));
}

bool logprefix_take(struct span *line, struct logprefix *ret_prefix,
		    struct logprefix_scratch *scratch)
{
	struct work work = {.prefix = ret_prefix, .scratch = scratch};
	unsigned int taken = 0;

	memset(ret_prefix, 0, sizeof(*ret_prefix));
	while (line->len && (line->at[line->len - 1] == '\r' || line->at[line->len - 1] == '\n'))
		line->len--;
	if (memchr(line->at, '\033', line->len))
		*line = logprefix_uncolour(*line, scratch->text[work.buffers++]);
	for (unsigned int i = 0; i < sizeof(parts) / sizeof(parts[0]) && line->len; i++) {
		enum part part = parts[i](&work, line);

		if (part == PART_FOREIGN)
			return false;
		if (part == PART_TAKEN) {
			if (++taken == PREFIX_PARTS)
				break;
			i = (unsigned int)-1; /* from the first again */
		}
	}
	return true;
}
