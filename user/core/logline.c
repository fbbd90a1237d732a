// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The lines of a report, but for those about who is killed (logline_kill.c). */
#include "core/logline.h"

#include <string.h>

#include "bpf/wire.h"
#include "core/logline_parts.h"

static struct span between(const char *from, const char *to)
{
	return (struct span){from, (size_t)(to - from)};
}

/* 0xcc0(GFP_KERNEL): the names of the flags hold letters and bars, and bits without a name. */
static bool gfp_text_valid(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '|'))
			return false;
	}
	return text.len > 0;
}

/* A list of nodes, "0-3,8"; "(null)" is an empty one. */
static bool take_nodes(struct span span, struct span *ret_nodes)
{
	if (span.len == 6 && span_begins(span, "(null)"))
		span.len = 0;
	for (size_t i = 0; i < span.len; i++) {
		if (digit_of(span.at[i], 10) < 0 && span.at[i] != '-' && span.at[i] != ',')
			return false;
	}
	*ret_nodes = span;
	return true;
}

/*
 * Fact:  the invoker's own adjustment ends the line, under the name it had then: oomkilladj since
 *        2.6.19, oom_adj since 2.6.30, both of them since 2.6.36, oom_score_adj alone since 3.7.
 * Until: 2.6.19 there was none, nor a name before it.
 */
static bool drop_adjustment(struct span *line)
{
	static const char *const names[] = {", oom_score_adj=", ", oom_adj=", ", oomkilladj="};
	int64_t adj;
	bool any = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		any |= span_drop_number(line, names[i], 10, &adj);
	return any;
}

/* ", nodemask=0-1", 4.9 to 4.20; 4.11 to 4.18 have two blanks behind it. */
static void drop_nodemask(struct span *line, struct span *ret_nodes)
{
	const char *key = ", nodemask=", *at = span_find_last(*line, key);
	struct span nodes;

	if (!at)
		return;
	nodes = between(at + strlen(key), line->at + line->len);
	if (take_nodes(nodes, ret_nodes))
		line->len = (size_t)(at - line->at);
}

/* 0xcc0(GFP_KERNEL), or a bare number until 4.5. Leaves what stands before the number. */
static bool drop_gfp(struct span *line, struct logline *ret_line)
{
	struct span rest = *line;
	const char *paren;
	int64_t gfp;

	if (span_drop(&rest, ")")) {
		paren = memrchr(rest.at, '(', rest.len);
		if (!paren)
			return false;
		ret_line->gfp_text = between(paren + 1, rest.at + rest.len);
		rest.len = (size_t)(paren - rest.at);
		if (!gfp_text_valid(ret_line->gfp_text))
			return false;
	}
	if (!span_drop_number(&rest, "oom-killer: gfp_mask=0x", 16, &gfp) || gfp < 0)
		return false;
	ret_line->gfp_mask = (uint32_t)gfp;
	*line = rest;
	return true;
}

static bool take_header(struct span line, struct logline *ret_line)
{
	bool adjusted = drop_adjustment(&line);
	int64_t order;

	ret_line->has_order = span_drop_number(&line, ", order=", 10, &order) ||
			      span_drop_number(&line, ",  order=", 10, &order);
	if (ret_line->has_order && (order > INT32_MAX || order < INT32_MIN))
		return false;
	ret_line->order = ret_line->has_order ? (int32_t)order : 0;
	drop_nodemask(&line, &ret_line->nodemask);
	if (!drop_gfp(&line, ret_line))
		return false;
	if (!line.len && !adjusted) /* 2.6.11 to 2.6.18 */
		return true;
	if (!adjusted || !span_drop(&line, " invoked ") || line.len >= WIRE_COMM_LEN)
		return false;
	ret_line->comm = line;
	return true;
}

static bool take_cpuset(struct span line, struct logline *ret_line)
{
	const char *cpuset = span_find(line, " cpuset=");
	const char *mems = span_find_last(line, " mems_allowed=");

	if (!cpuset || !mems || mems < cpuset || cpuset - line.at >= WIRE_COMM_LEN)
		return false;
	ret_line->comm = between(line.at, cpuset);
	ret_line->cpuset = between(cpuset + strlen(" cpuset="), mems);
	return take_nodes(between(mems + strlen(" mems_allowed="), line.at + line.len),
			  &ret_line->mems_allowed);
}

/* "5.10.0-46-cloud-amd64" of "... Not tainted 5.10.0-46-cloud-amd64 #1 Debian 5.10.262-1". */
static void take_release(struct span rest, struct span *ret_release)
{
	const char *end = span_find(rest, " #");
	const char *at = end;

	while (at && at > rest.at && at[-1] != ' ')
		at--;
	if (at && at < end && digit_of(*at, 10) >= 0)
		*ret_release = between(at, end);
}

/* CPU: 1 UID: 0 PID: 2 Comm: app Not tainted 6.12.0 #1; until 3.9 Pid: 2, comm: app Not tainted */
static bool take_cpu(struct span line, struct logline *ret_line)
{
	static const char *const ends[] = {" Not tainted ", " Tainted: ", " Kdump: loaded "};
	const char *end = NULL;
	uint64_t number;
	bool old = span_take(&line, "Pid: ");

	if (!old && (!span_take(&line, "CPU: ") || !span_take_u64(&line, &number)))
		return false;
	if (!old && span_take(&line, " UID: ") && span_take_u64(&line, &number) &&
	    number < UINT32_MAX)
		ret_line->uid = (uint32_t)number;
	if (!old && !span_take(&line, " PID: "))
		return false;
	if (!span_take_u64(&line, &number) || number > INT32_MAX ||
	    !span_take(&line, old ? ", comm: " : " Comm: "))
		return false;
	ret_line->pid = (uint32_t)number;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		const char *at = span_find(line, ends[i]);

		if (at && at - line.at < WIRE_COMM_LEN && (!end || at < end))
			end = at;
	}
	if (!end)
		return false;
	ret_line->comm = between(line.at, end);
	take_release(between(end, line.at + line.len), &ret_line->release);
	return true;
}

/*
 * "Task in <task_memcg> killed as a result of limit of <oom_memcg>": of the places where the words
 * stand, those before a path that the first one lies in.
 */
static bool take_task_in(struct span line, struct logline *ret_line)
{
	const char *words = " killed as a result of limit of /", *at;
	struct span rest;

	if (span_take(&line, "Memory limit reached of cgroup ")) {
		ret_line->oom_memcg = line;
		return span_begins(line, "/");
	}
	if (!span_take(&line, "Task in ") || !span_begins(line, "/"))
		return false;
	rest = line;
	while ((at = span_find(rest, words))) {
		struct span task = between(line.at, at);
		struct span oom = between(at + strlen(words) - 1, line.at + line.len);
		size_t len = oom.len == 1 ? 0 : oom.len; /* the root: everything is below it */

		if (task.len >= len && !memcmp(task.at, oom.at, len) &&
		    (task.len == len || task.at[len] == '/')) {
			ret_line->task_memcg = task;
			ret_line->oom_memcg = oom;
			return true;
		}
		rest = between(at + 1, line.at + line.len);
	}
	return false;
}

static uint8_t constraint_of(struct span line)
{
	static const char *const words[] = {
		[CONSTRAINT_NONE_] = "NONE,",
		[CONSTRAINT_CPUSET_] = "CPUSET,",
		[CONSTRAINT_MEMORY_POLICY_] = "MEMORY_POLICY,",
		[CONSTRAINT_MEMCG_] = "MEMCG,",
	};

	for (uint8_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (span_begins(line, words[i]))
			return i;
	}
	return CONSTRAINT_UNKNOWN;
}

/*
 * Splits "<oom_memcg>,task_memcg=<task_memcg>,task=<comm>". A cgroup may be named so that it
 * looks like the comma and the key: of the places where the line could be split, it is the one
 * after which a path at or below the first begins, as every victim's does. Where there are several
 * of those it is the first, and in doubt.
 */
static bool split_memcg(struct span line, struct logline *ret_line, struct span *ret_rest)
{
	const char *key = ",task_memcg=", *at;
	struct span rest = line;
	bool found = false;

	while ((at = span_find(rest, key))) {
		struct span memcg = between(line.at, at);
		size_t len = memcg.len;

		rest = between(at + strlen(key), line.at + line.len);
		if (len == 1) /* the root: everything is below it */
			len = 0;
		if (rest.len <= len || memcmp(rest.at, memcg.at, len) ||
		    (rest.at[len] != '/' && rest.at[len] != ','))
			continue;
		ret_line->has_doubt = found;
		if (found)
			break;
		found = true;
		ret_line->oom_memcg = memcg;
		*ret_rest = rest;
	}
	return found;
}

/* "<task_memcg>,task=<comm>": a comm has at most 15 bytes, so the split is one of the last ones. */
static void split_task(struct span rest, struct logline *ret_line)
{
	const char *key = ",task=", *at, *found = NULL;
	struct span left = rest;

	/* The first one that leaves a comm: a cgroup's name may end in what looks like one. */
	while ((at = span_find(left, key))) {
		left = between(at + strlen(key), rest.at + rest.len);
		if (left.len < WIRE_COMM_LEN) {
			if (found) /* which of them is the kernel's own is not to be told */
				return;
			found = at;
		}
	}
	if (!found)
		return;
	if (span_begins(rest, "/"))
		ret_line->task_memcg = between(rest.at, found);
	ret_line->comm = between(found + strlen(key), rest.at + rest.len);
}

/*
 * "MEMCG,nodemask=<list>,cpuset=<name>,mems_allowed=<list>": a list has no letters, so that the
 * name, whatever it is, lies between the first and the last of these keys.
 */
static void split_nodes(struct span line, struct logline *ret_line)
{
	const char *cpuset = span_find(line, ",cpuset=");
	const char *mems = span_find_last(line, ",mems_allowed=");
	const char *mask = span_find(line, ",nodemask=");
	struct span nodemask, name, allowed, mask_list, allowed_list;

	if (!mask || !cpuset || !mems || mask > cpuset || mems < cpuset)
		return;
	nodemask = between(mask, cpuset);
	name = between(cpuset, mems);
	allowed = between(mems, line.at + line.len);
	if (!span_take(&nodemask, ",nodemask=") || !span_take(&name, ",cpuset=") ||
	    !span_take(&allowed, ",mems_allowed=") || name.len >= WIRE_PATH_NAME)
		return;
	if (!take_nodes(nodemask, &mask_list) || !take_nodes(allowed, &allowed_list))
		return;
	ret_line->nodemask = mask_list;
	ret_line->mems_allowed = allowed_list;
	ret_line->cpuset = name;
}

/*
 * oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=<name>,mems_allowed=0,
 * oom_memcg=<path>,task_memcg=<path>,task=<comm>,pid=1,uid=0. A cpuset is a name and holds no
 * slash, so the first key that a path follows is the kernel's own.
 */
static bool take_summary(struct span line, struct logline *ret_line)
{
	const char *memcg, *global, *domain;
	struct span rest;
	int64_t uid, pid;

	if (!span_take(&line, "oom-kill:constraint=CONSTRAINT_") ||
	    !span_drop_number(&line, ",uid=", 10, &uid) ||
	    !span_drop_number(&line, ",pid=", 10, &pid) || pid <= 0 || uid < 0)
		return false;
	ret_line->pid = (uint32_t)pid;
	ret_line->uid = (uint32_t)uid;
	ret_line->constraint = constraint_of(line);
	memcg = span_find(line, ",oom_memcg=/");
	global = span_find(line, ",global_oom,task_memcg=/");
	domain = memcg && (!global || memcg < global) ? memcg : global;
	ret_line->is_global = domain && domain == global;
	if (!domain)
		return true;
	split_nodes(between(line.at, domain), ret_line);
	rest = between(domain, line.at + line.len);
	if (ret_line->is_global) {
		span_take(&rest, ",global_oom,task_memcg=");
		split_task(rest, ret_line);
	} else {
		span_take(&rest, ",oom_memcg=");
		if (split_memcg(rest, ret_line, &rest))
			split_task(rest, ret_line);
	}
	return true;
}

static uint8_t column_of(struct span word)
{
	static const char *const names[COLUMN_MAX] = {
		[COLUMN_UID] = "uid",
		[COLUMN_TGID] = "tgid",
		[COLUMN_TOTAL_VM] = "total_vm",
		[COLUMN_RSS] = "rss",
		[COLUMN_RSS_ANON] = "rss_anon",
		[COLUMN_RSS_FILE] = "rss_file",
		[COLUMN_RSS_SHMEM] = "rss_shmem",
		[COLUMN_NR_PTES] = "nr_ptes",
		[COLUMN_NR_PMDS] = "nr_pmds",
		[COLUMN_NR_PUDS] = "nr_puds",
		[COLUMN_PGTABLES_BYTES] = "pgtables_bytes",
		[COLUMN_SWAPENTS] = "swapents",
		[COLUMN_OOM_ADJ] = "oom_adj",
		[COLUMN_OOM_SCORE_ADJ] = "oom_score_adj",
	};

	for (uint8_t i = 0; i < COLUMN_MAX; i++) {
		if (names[i] && strlen(names[i]) == word.len && span_begins(word, names[i]))
			return i;
	}
	return COLUMN_OTHER;
}

static void skip_blanks(struct span *line)
{
	while (line->len && (line->at[0] == ' ' || line->at[0] == '\t')) {
		line->at++;
		line->len--;
	}
}

static bool take_table(struct span line, struct logline *ret_line)
{
	struct logline_table table = {.count = 0};
	uint32_t seen = 0, needed = 1U << COLUMN_TGID | 1U << COLUMN_TOTAL_VM | 1U << COLUMN_RSS;
	struct span word;

	if (!span_take(&line, "["))
		return false;
	skip_blanks(&line);
	if (!span_take(&line, "pid"))
		return false;
	skip_blanks(&line);
	if (!span_take(&line, "]"))
		return false;
	for (skip_blanks(&line); span_next(&line, ' ', &word, NULL); skip_blanks(&line)) {
		if (word.len == 4 && span_begins(word, "name")) {
			ret_line->table = table;
			ret_line->damaged = line.len || (seen & needed) != needed;
			return !ret_line->damaged;
		}
		if (table.count == LOGLINE_COLUMNS)
			return false;
		table.columns[table.count] = column_of(word);
		seen |= 1U << table.columns[table.count++];
	}
	return false;
}

/* Blanks and a number, which a blank ends. */
static bool take_cell(struct span *line, int64_t *ret_value)
{
	uint64_t value;
	bool minus;

	skip_blanks(line);
	minus = span_take(line, "-");
	if (!span_take_u64(line, &value) || value > INT64_MAX || !span_take(line, " "))
		return false;
	*ret_value = minus ? -(int64_t)value : (int64_t)value;
	return true;
}

bool logline_row(struct span text, const struct logline_table *table, struct logline_row *ret_row,
		 bool *ret_damaged)
{
	struct logline_row row = {.has = 0};
	uint64_t pid;

	*ret_damaged = false;
	if (!table->count || !span_take(&text, "["))
		return false;
	skip_blanks(&text);
	if (!span_take_u64(&text, &pid) || !span_take(&text, "] "))
		return false;
	*ret_damaged = true;
	for (uint8_t i = 0; i < table->count; i++) {
		uint8_t column = table->columns[i];

		if (!take_cell(&text, &row.values[column]))
			return false;
		row.has |= 1U << column;
	}
	if (!pid || pid > INT32_MAX || text.len >= WIRE_COMM_LEN)
		return false;
	row.pid = (uint32_t)pid;
	row.comm = text;
	*ret_damaged = false;
	*ret_row = row;
	return true;
}

bool logline_frame(struct span text, struct span *ret_name)
{
	const char *plus;
	struct span name;

	skip_blanks(&text);
	if (span_take(&text, "[<") || span_take(&text, "[&lt")) { /* the latter: read from a page */
		const char *close = span_find(text, "] ");

		if (!close || close - text.at > 24)
			return false;
		text = between(close + 2, text.at + text.len);
		skip_blanks(&text);
	}
	plus = span_find(text, "+0x");
	if (!plus || span_begins(text, "? "))
		return false;
	name = between(text.at, plus);
	if (!name.len || name.len >= WIRE_SYMBOL_LEN)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '.'))
			return false;
	}
	*ret_name = name;
	return true;
}

static bool take_sysrq(struct span line, struct logline *ret_line)
{
	(void)ret_line;
	span_take(&line, "sysrq: ");
	span_take(&line, "SysRq : ");
	return span_begins(line, "Manual OOM execution");
}

/*
 * The lines, each with words that it has: without them it is not looked at. A line that begins so
 * has them nowhere else.
 */
static const struct shape {
	const char *words;
	bool begins;
	uint8_t kind;
	bool (*take)(struct span line, struct logline *ret_line);
} shapes[] = {
	{"oom-kill:constraint=", true, LOGLINE_SUMMARY, take_summary},
	{"Killed process ", false, LOGLINE_KILLED, logline_take_killed},
	{" is already exiting. Skip", false, LOGLINE_EXITING, logline_take_exiting},
	{" sharing same memory", false, LOGLINE_SHARER, logline_take_sharer},
	{"ill process ", false, LOGLINE_CHOICE, logline_take_choice},
	{"killable processes", false, LOGLINE_NOBODY, logline_take_nobody},
	{"OOM request ignored", true, LOGLINE_NOBODY, logline_take_nobody},
	{"System is deadlocked on memory", false, LOGLINE_NOBODY, logline_take_nobody},
	{"panic_on_oom is ", false, LOGLINE_PANIC, logline_take_panic},
	{"oom_reaper: reaped process ", true, LOGLINE_REAPED, logline_take_reaped},
	{"oom_reaper: unable to reap ", true, LOGLINE_NOT_REAPED, logline_take_reaped},
	{"are going to be killed", false, LOGLINE_GROUP, logline_take_group},
	{" killed as a result of limit of ", false, LOGLINE_TASK_IN, take_task_in},
	{"Memory limit reached of cgroup ", true, LOGLINE_TASK_IN, take_task_in},
	{"Manual OOM execution", false, LOGLINE_SYSRQ, take_sysrq},
	{"oom-killer: gfp_mask=", false, LOGLINE_HEADER, take_header},
	{"[", true, LOGLINE_TABLE, take_table},
	{" mems_allowed=", false, LOGLINE_CPUSET, take_cpuset},
	{"CPU: ", true, LOGLINE_CPU, take_cpu},
	{"Pid: ", true, LOGLINE_CPU, take_cpu},
};

bool logline_parse(struct span text, struct logline *ret_line)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct logline line = {
			.uid = WIRE_NONE_U32,
			.constraint = CONSTRAINT_UNKNOWN,
			.total_vm_kib = LOGLINE_NO_NUMBER,
			.anon_kib = LOGLINE_NO_NUMBER,
			.file_kib = LOGLINE_NO_NUMBER,
			.shmem_kib = LOGLINE_NO_NUMBER,
			.pgtables_kib = LOGLINE_NO_NUMBER,
		};

		if (!(shapes[i].begins ? span_begins(text, shapes[i].words)
				       : span_find(text, shapes[i].words) != NULL))
			continue;
		if (shapes[i].take(text, &line)) {
			line.kind = shapes[i].kind;
			*ret_line = line;
			return true;
		}
	}
	memset(ret_line, 0, sizeof(*ret_line));
	return false;
}
