// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Nov 20 14:05:09 3f9a2c1b java[4242]           498.2MiB memcg   app.service
 *
 * A terminal of 80 columns leaves 17 to the place, which stands last and has what is left; written
 * to anything else, it is not cut.
 */
#include "sink/listing.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/container.h"
#include "lib/json.h"
#include "lib/units.h"
#include "lib/utf8.h"

#define BUFFER_SIZE    (256 * 1024)
#define DATE_COLUMNS   15 /* "Nov 20 14:05:09" */
#define DATED_COLUMNS  16 /* "2025-11-20 14:05" */
#define WHO_COLUMNS    20 /* "java[4242]", and of a terminal that has room for it: */
#define WHO_WIDE       27 /* any name, the longest PID and two more that died with it */
#define WIDE           100
#define NUMBER_COLUMNS 8 /* "498.2MiB" */
#define LIMIT_COLUMNS  7 /* "machine" */
#define MIN_PLACE      8
#define UNCUT          1024 /* columns of a place that is not cut: longer ones are nobody's */
#define PLACE_LEN      4096

#define SGR_BOLD  "1"
#define SGR_FAINT "2"

/* One line while it is made. */
struct row {
	char text[256 + UTF8_ESCAPED_LEN(UNCUT)];
	size_t len;
	unsigned int columns;
};

int listing_init(struct listing *listing, int fd, const struct listing_options *options)
{
	*listing = (struct listing){.options = *options};
	units_prepare();
	return outbuf_init(&listing->out, fd, -1, BUFFER_SIZE);
}

int listing_end(struct listing *listing)
{
	int error = outbuf_end(&listing->out);

	outbuf_free(&listing->out);
	return error;
}

/* --- cells --- */

static void add_bytes_of(struct row *row, const char *text, size_t len)
{
	size_t room = sizeof(row->text) - row->len;

	len = len < room ? len : room;
	memcpy(row->text + row->len, text, len);
	row->len += len;
}

/* Appends what is printable and @columns wide, and blanks up to @width, and one. */
static void add_shown(struct row *row, const char *text, size_t len, unsigned int columns,
		      unsigned int width)
{
	static const char blanks[] = "                                ";
	unsigned int missing = (width > columns ? width - columns : 0) + 1;

	add_bytes_of(row, text, len);
	add_bytes_of(row, blanks, missing < sizeof(blanks) ? missing : sizeof(blanks) - 1);
	row->columns += columns + missing;
}

/* A text of ours. */
static void add_words(struct row *row, const char *words, unsigned int width)
{
	size_t len = strlen(words);

	add_shown(row, words, len, (unsigned int)len, width);
}

/* How many characters @text begins with of which each is one column and harmless. */
static size_t plain_length(const char *text)
{
	size_t len = 0;

	while (text[len] >= ' ' && text[len] <= '~')
		len++;
	return len;
}

/* The same of any bytes, cut to @most columns. */
static void add_any(struct row *row, const char *text, unsigned int width, unsigned int most)
{
	char shown[UTF8_ESCAPED_LEN(UNCUT)];
	size_t len = plain_length(text);
	unsigned int columns;

	/* As nearly all names are. */
	if (!text[len] && len <= most) {
		add_shown(row, text, len, (unsigned int)len, width);
		return;
	}
	columns = utf8_escape(shown, sizeof(shown), text, strlen(text), most);
	add_shown(row, shown, strlen(shown), columns, width);
}

static void put_row(struct listing *listing, struct row *row, const char *sgr)
{
	bool color = listing->options.color && *sgr;

	while (row->len && row->text[row->len - 1] == ' ')
		row->len--;
	if (color) {
		outbuf_puts(&listing->out, "\033[");
		outbuf_puts(&listing->out, sgr);
		outbuf_putc(&listing->out, 'm');
	}
	outbuf_put(&listing->out, row->text, row->len);
	outbuf_puts(&listing->out, color ? "\033[m\n" : "\n");
}

static void local_time(int64_t ns, struct tm *ret_tm)
{
	time_t seconds = (time_t)(ns / 1000000000 - (ns % 1000000000 < 0));

	memset(ret_tm, 0, sizeof(*ret_tm));
	localtime_r(&seconds, ret_tm);
}

/* Whether times, of which @first_ns is the first, are told with their year. */
static void begin(struct listing *listing, int64_t first_ns)
{
	struct tm first, now;

	if (listing->options.oldest_ns)
		first_ns = listing->options.oldest_ns;
	local_time(first_ns, &first);
	local_time(listing->options.now_ns, &now);
	listing->dated = first_ns && first.tm_year != now.tm_year;
	listing->begun = true;
}

static unsigned int time_width(const struct listing *listing)
{
	return listing->dated ? DATED_COLUMNS : DATE_COLUMNS;
}

/* @value as @digits digits, filled with @fill. Returns what is behind them. */
static char *put_digits(char *to, int value, int digits, char fill)
{
	for (int i = digits - 1; i >= 0; i--) {
		to[i] = value || i == digits - 1 ? (char)('0' + value % 10) : fill;
		value /= 10;
	}
	return to + digits;
}

/* Returns how many digits it took. */
static unsigned int put_number(char *to, uint64_t value)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (unsigned int i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

/* "Nov 20 14:05:09", "2025-11-20 14:05" */
static void add_time(const struct listing *listing, struct row *row, int64_t ns,
		     const char *otherwise)
{
	static const char months[12][5] = {"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
					   "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
	unsigned int width = time_width(listing);
	char text[64], *to = text;
	struct tm tm;

	if (!ns) {
		add_any(row, otherwise, width, width);
		return;
	}
	local_time(ns, &tm);
	if (listing->dated) {
		to = put_digits(to, tm.tm_year + 1900, 4, '0');
		*to++ = '-';
		to = put_digits(to, tm.tm_mon + 1, 2, '0');
		*to++ = '-';
		to = put_digits(to, tm.tm_mday, 2, '0');
	} else {
		memcpy(to, months[tm.tm_mon % 12], 4);
		to = put_digits(to + 4, tm.tm_mday, 2, ' ');
	}
	*to++ = ' ';
	to = put_digits(to, tm.tm_hour, 2, '0');
	*to++ = ':';
	to = put_digits(to, tm.tm_min, 2, '0');
	if (!listing->dated) {
		*to++ = ':';
		to = put_digits(to, tm.tm_sec, 2, '0');
	}
	add_shown(row, text, (size_t)(to - text), (unsigned int)(to - text), width);
}

/* To the right of its column. */
static void add_right(struct row *row, const char *text, unsigned int width)
{
	static const char blanks[] = "        ";
	unsigned int len = (unsigned int)strlen(text);

	if (len < width) {
		add_bytes_of(row, blanks, width - len);
		row->columns += width - len;
	}
	add_words(row, text, 0);
}

static void add_bytes(struct row *row, int64_t bytes)
{
	units_text size;

	add_right(row, bytes < 0 ? "-" : units_bytes_cell(size, (uint64_t)bytes), NUMBER_COLUMNS);
}

/* What is left of the line for its last cell. */
static unsigned int columns_left(const struct listing *listing, const struct row *row)
{
	unsigned int columns = listing->options.columns;

	if (!columns)
		return UNCUT;
	return columns > row->columns + MIN_PLACE ? columns - row->columns : MIN_PLACE;
}

/* The end of a path says more than its beginning: whole directories are left out in front. */
static void add_path(struct row *row, const char *path, unsigned int most)
{
	char shown[UTF8_ESCAPED_LEN(UNCUT)];
	const char *from = path;

	while (strlen(from) + (from == path ? 0 : 3) > most &&
	       utf8_escape(shown, sizeof(shown), from, strlen(from), UNCUT) +
			       (from == path ? 0 : 3) >
		       most) {
		const char *next = strchr(from + 1, '/');

		if (!next)
			break;
		from = next;
	}
	if (from != path) {
		add_bytes_of(row, "...", 3);
		row->columns += 3;
		most = most > 3 ? most - 3 : 0;
	}
	add_any(row, from, 0, most);
}

/* --- kills --- */

/* "java[4242] +2": who died, and how many with it; the name gives way to what tells which. */
static void add_who(struct row *row, const struct store_episode *episode, unsigned int width,
		    bool cut)
{
	const char *comm = episode->comm ? episode->comm : "?";
	char rest[64];
	unsigned int len = 0, columns = row->columns;

	if (episode->pid) {
		rest[len++] = '[';
		len += put_number(rest + len, (uint64_t)episode->pid);
		rest[len++] = ']';
	}
	if (episode->victims > 1) {
		memcpy(rest + len, " +", 2);
		len += 2 + put_number(rest + len + 2, (uint64_t)episode->victims - 1);
	}
	add_any(row, comm, 0, !cut ? UNCUT : width > len ? width - len : 0);
	row->len--; /* no blank between them */
	row->columns--;
	columns = row->columns - columns;
	add_shown(row, rest, len, len, width > columns ? width - columns : 0);
}

/* Why nobody died. */
static const char *nobody_words(const char *reason)
{
	if (reason && strcmp(reason, "panic_on_oom") == 0)
		return "nobody: panic";
	if (reason && strcmp(reason, "oom_kill_disabled") == 0)
		return "nobody: waits";
	return "nobody killable";
}

/* Whose limit was met. */
static const char *limit_words(const char *constraint)
{
	if (!constraint)
		return "-";
	if (strcmp(constraint, "none") == 0)
		return "machine";
	return strcmp(constraint, "mempolicy") == 0 ? "policy" : constraint;
}

/* A pod by its name, else by its uid. Written to @out, of PLACE_LEN bytes. */
static const char *pod_words(char *out, const char *namespace_name, const char *pod,
			     const char *pod_uid)
{
	if (!pod)
		return pod_uid;
	if (!namespace_name)
		return pod;
	snprintf(out, PLACE_LEN, "%s/%s", namespace_name, pod);
	return out;
}

/* The pod, the container, the unit, else the cgroup. */
static void add_place(struct row *row, const struct store_episode *episode, unsigned int most)
{
	char text[PLACE_LEN];
	const char *path = episode->memcg ? episode->memcg : episode->cgroup;
	const char *container = episode->container;
	const char *place =
		pod_words(text, episode->namespace_name, episode->pod, episode->pod_uid);

	if (!place && container && strlen(container) == CONTAINER_HEX_LEN) {
		snprintf(text, sizeof(text), "%.*s", CONTAINER_SHORT, container);
		place = text;
	} else if (!place) {
		place = container ? container : episode->unit;
	}
	if (place)
		add_any(row, place, 0, most);
	else if (path)
		add_path(row, path, most);
	else
		add_words(row, "-", 0);
}

static unsigned int who_width(const struct listing *listing)
{
	unsigned int columns = listing->options.columns;

	return columns && columns < WIDE ? WHO_COLUMNS : WHO_WIDE;
}

static void put_head(struct listing *listing)
{
	struct row row = {.len = 0};

	add_words(&row, "TIME", time_width(listing));
	add_words(&row, "ID", (unsigned int)listing->options.letters);
	add_words(&row, "KILLED", who_width(listing));
	add_right(&row, "MEMORY", NUMBER_COLUMNS);
	add_words(&row, "OOM OF", LIMIT_COLUMNS);
	add_words(&row, listing->options.hosts ? "HOST, WHERE" : "WHERE", 0);
	put_row(listing, &row, SGR_BOLD);
}

int listing_row(struct listing *listing, const struct store_episode *episode)
{
	const struct listing_options *options = &listing->options;
	struct row row = {.len = 0};
	size_t id_len = strnlen(episode->id, (size_t)options->letters);
	char id[32];

	if (!listing->begun) {
		begin(listing, episode->time_ns);
		if (options->head)
			put_head(listing);
	}
	add_time(listing, &row, episode->time_ns, episode->time_text ? episode->time_text : "-");
	id_len = id_len < sizeof(id) ? id_len : sizeof(id) - 1;
	memcpy(id, episode->id, id_len);
	id[id_len] = '\0';
	add_any(&row, id, (unsigned int)options->letters, sizeof(id));
	if (episode->no_kill)
		add_any(&row, nobody_words(episode->reason), who_width(listing),
			who_width(listing));
	else
		add_who(&row, episode, who_width(listing), options->columns != 0);
	add_bytes(&row, episode->no_kill ? -1 : episode->bytes);
	add_any(&row, limit_words(episode->constraint_name), LIMIT_COLUMNS, LIMIT_COLUMNS);
	if (options->hosts)
		add_any(&row, episode->host && *episode->host ? episode->host : "-", 0,
			columns_left(listing, &row));
	add_place(&row, episode, columns_left(listing, &row));
	put_row(listing, &row, episode->no_kill ? SGR_FAINT : "");
	return listing->out.error;
}

/* --- groups --- */

static const struct {
	const char *name, *head, *unknown;
} by_words[] = {
	[STORE_BY_CGROUP] = {"cgroup", "CGROUP", "(in no cgroup that is known)"},
	[STORE_BY_COMM] = {"comm", "NAME", "(of a name not known)"},
	[STORE_BY_UNIT] = {"unit", "UNIT", "(in no unit)"},
	[STORE_BY_POD] = {"pod", "POD", "(in no pod)"},
};

const char *listing_by_name(enum store_by by)
{
	return by_words[by].name;
}

static void put_group_head(struct listing *listing, enum store_by by)
{
	struct row row = {.len = 0};

	add_right(&row, "KILLS", NUMBER_COLUMNS);
	add_right(&row, "MEMORY", NUMBER_COLUMNS);
	add_words(&row, "FIRST", time_width(listing));
	add_words(&row, "LAST", time_width(listing));
	add_words(&row, by_words[by].head, 0);
	put_row(listing, &row, SGR_BOLD);
}

int listing_group_row(struct listing *listing, enum store_by by, const struct store_group *group)
{
	struct row row = {.len = 0};
	char kills[32] = "", text[PLACE_LEN];
	const char *name = by == STORE_BY_POD ? pod_words(text, group->namespace_name, group->pod,
							  group->pod_uid)
					      : group->name;

	if (!listing->begun) {
		begin(listing, group->first_ns);
		if (listing->options.head)
			put_group_head(listing, by);
	}
	put_number(kills, (uint64_t)group->kills);
	add_right(&row, kills, NUMBER_COLUMNS);
	add_bytes(&row, group->bytes);
	add_time(listing, &row, group->first_ns, "-");
	add_time(listing, &row, group->last_ns, "-");
	if (!name)
		add_any(&row, by_words[by].unknown, 0, columns_left(listing, &row));
	else if (by == STORE_BY_CGROUP)
		add_path(&row, name, columns_left(listing, &row));
	else
		add_any(&row, name, 0, columns_left(listing, &row));
	put_row(listing, &row, name ? "" : SGR_FAINT);
	return listing->out.error;
}

static void put_text(struct json *json, const char *key, const char *text)
{
	if (text)
		json_put_string(json, key, text);
}

int listing_put_group(struct listing *listing, enum store_by by, const struct store_group *group)
{
	struct json json;
	units_text time;

	json_init(&json, &listing->out);
	json_open_object(&json, NULL);
	json_put_u64(&json, "schema", 1);
	json_put_string(&json, "type", "kill_group");
	if (listing->options.redacted)
		json_put_bool(&json, "redacted", true);
	json_put_string(&json, "by", by_words[by].name);
	if (by != STORE_BY_POD)
		put_text(&json, by_words[by].name, group->name);
	put_text(&json, "pod_uid", group->pod_uid);
	put_text(&json, "pod", group->pod);
	put_text(&json, "namespace", group->namespace_name);
	json_put_s64(&json, "kills", group->kills);
	json_put_s64(&json, "victims", group->victims);
	json_put_s64(&json, "bytes", group->bytes);
	if (group->first_ns)
		json_put_string(&json, "first", units_rfc3339(time, group->first_ns));
	if (group->last_ns)
		json_put_string(&json, "last", units_rfc3339(time, group->last_ns));
	json_close(&json);
	return json_end(&json);
}

int listing_put_line(struct listing *listing, const char *line, size_t len)
{
	outbuf_put(&listing->out, line, len);
	outbuf_putc(&listing->out, '\n');
	return listing->out.error;
}
