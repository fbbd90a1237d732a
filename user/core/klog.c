// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "core/klog.h"

#include <string.h>

#include "core/span.h"
#include "core/text.h"

/* A place for a report: a free one, else the oldest that says no more than who was killed. */
static struct klog_report *klog_slot(struct klog *klog, bool for_summary)
{
	struct klog_report *oldest = NULL, *oldest_bare = NULL;

	for (size_t i = 0; i < KLOG_REPORTS; i++) {
		struct klog_report *report = &klog->reports[i];

		if (!report->pid)
			return report;
		if (!oldest || report->order_fed < oldest->order_fed)
			oldest = report;
		if (!report->has_summary &&
		    (!oldest_bare || report->order_fed < oldest_bare->order_fed))
			oldest_bare = report;
	}
	return oldest_bare || !for_summary ? oldest_bare : oldest;
}

static struct klog_report *klog_find(struct klog *klog, uint32_t pid)
{
	struct klog_report *found = NULL;

	for (size_t i = 0; i < KLOG_REPORTS; i++) {
		struct klog_report *report = &klog->reports[i];

		if (report->pid == pid && (!found || report->order_fed > found->order_fed))
			found = report;
	}
	return found;
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

/* X invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0 */
static bool take_header(struct klog *klog, struct span line, uint64_t fed_ns)
{
	struct klog_report report = {.fed_ns = fed_ns, .has_gfp = true};
	int64_t adj, order, gfp;
	struct span flags;
	const char *paren;

	if (!span_drop_number(&line, ", oom_score_adj=", 10, &adj) ||
	    !span_drop_number(&line, "), order=", 10, &order) || order > INT32_MAX ||
	    order < INT32_MIN)
		return false;
	paren = memrchr(line.at, '(', line.len);
	if (!paren)
		return false;
	flags = (struct span){paren + 1, (size_t)(line.at + line.len - paren - 1)};
	line.len = (size_t)(paren - line.at);
	if (!gfp_text_valid(flags) ||
	    !span_drop_number(&line, " invoked oom-killer: gfp_mask=0x", 16, &gfp) || gfp < 0 ||
	    line.len >= WIRE_COMM_LEN)
		return false;

	report.gfp_mask = (uint32_t)gfp;
	report.order = (int32_t)order;
	report.has_gfp_text = flags.len < sizeof(report.gfp_text);
	if (report.has_gfp_text)
		text_copy(report.gfp_text, sizeof(report.gfp_text), flags.at, flags.len);
	text_copy(report.invoker_comm, sizeof(report.invoker_comm), line.at, line.len);
	klog_memory_init(&report.memory);
	klog->open = report;
	klog->is_open = true;
	return true;
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
 * after which a path at or below the first begins, as every victim's does.
 */
static bool split_memcg(struct span line, struct span *ret_oom_memcg)
{
	const char *key = ",task_memcg=", *at;
	struct span rest = line;

	while ((at = span_find(rest, key))) {
		struct span memcg = {line.at, (size_t)(at - line.at)};
		size_t len = memcg.len;

		rest.at = at + strlen(key);
		rest.len = (size_t)(line.at + line.len - rest.at);
		if (len == 1) /* the root: everything is below it */
			len = 0;
		if (rest.len > len && !memcmp(rest.at, memcg.at, len) &&
		    (rest.at[len] == '/' || rest.at[len] == ',')) {
			*ret_oom_memcg = memcg;
			return true;
		}
	}
	return false;
}

/* A list of nodes, "0-3,8". */
static bool take_nodes(struct span span, char *ret_text, size_t size)
{
	for (size_t i = 0; i < span.len; i++) {
		if (digit_of(span.at[i], 10) < 0 && span.at[i] != '-' && span.at[i] != ',')
			return false;
	}
	return text_copy(ret_text, size, span.at, span.len) == span.len;
}

/*
 * "MEMCG,nodemask=<list>,cpuset=<name>,mems_allowed=<list>": a list has no letters, so that the
 * name, whatever it is, lies between the first and the last of these keys.
 */
static void split_nodes(struct span line, struct klog_report *report)
{
	const char *cpuset = span_find(line, ",cpuset=");
	const char *mems = span_find_last(line, ",mems_allowed=");
	const char *mask = span_find(line, ",nodemask=");
	struct span nodemask, name, allowed;

	if (!mask || !cpuset || !mems || mask > cpuset || mems < cpuset)
		return;
	nodemask = (struct span){mask, (size_t)(cpuset - mask)};
	name = (struct span){cpuset, (size_t)(mems - cpuset)};
	allowed = (struct span){mems, (size_t)(line.at + line.len - mems)};
	if (!span_take(&nodemask, ",nodemask=") || !span_take(&name, ",cpuset=") ||
	    !span_take(&allowed, ",mems_allowed=") || name.len >= sizeof(report->cpuset))
		return;
	if (nodemask.len == 6 && span_begins(nodemask, "(null)"))
		nodemask.len = 0;
	report->has_nodes = take_nodes(nodemask, report->nodemask, sizeof(report->nodemask)) &&
			    take_nodes(allowed, report->mems_allowed, sizeof(report->mems_allowed));
	text_copy(report->cpuset, sizeof(report->cpuset), name.at, name.len);
}

/*
 * oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=<name>,mems_allowed=0,
 * oom_memcg=<path>,task_memcg=<path>,task=<comm>,pid=1,uid=0. A cpuset is a name and holds no
 * slash, so the first key that a path follows is the kernel's own.
 */
static bool take_summary(struct klog *klog, struct span line, uint64_t fed_ns)
{
	struct klog_report report = {.fed_ns = fed_ns};
	const char *memcg, *global, *domain;
	struct klog_report *slot;
	struct span path;
	int64_t uid, pid;

	if (!span_take(&line, "oom-kill:constraint=CONSTRAINT_") ||
	    !span_drop_number(&line, ",uid=", 10, &uid) ||
	    !span_drop_number(&line, ",pid=", 10, &pid) || pid <= 0)
		return false;
	klog_memory_init(&report.memory);
	if (klog->is_open)
		report = klog->open;
	klog->is_open = false;
	memcg = span_find(line, ",oom_memcg=/");
	global = span_find(line, ",global_oom,task_memcg=/");
	if (memcg && (!global || memcg < global)) {
		path = span_of(",oom_memcg=");
		path.at = memcg + path.len;
		path.len = (size_t)(line.at + line.len - path.at);
		report.has_memcg = split_memcg(path, &path) && path.len < sizeof(report.oom_memcg);
		if (report.has_memcg)
			text_copy(report.oom_memcg, sizeof(report.oom_memcg), path.at, path.len);
	}
	domain = memcg && (!global || memcg < global) ? memcg : global;
	if (domain)
		split_nodes((struct span){line.at, (size_t)(domain - line.at)}, &report);
	report.constraint = constraint_of(line);
	report.has_summary = true;
	report.pid = (uint32_t)pid;
	report.fed_ns = fed_ns;
	report.order_fed = ++klog->fed;
	slot = klog_find(klog, report.pid);
	if (!slot)
		slot = klog_slot(klog, true);
	*slot = report;
	return true;
}

/* Out of memory: Killed process 1 (comm) total-vm:1kB, ... */
static bool take_killed(struct klog *klog, struct span line, uint64_t fed_ns)
{
	static const struct {
		const char *text;
		uint8_t kill;
	} prefixes[] = {
		{"Memory cgroup out of memory", KLOG_KILL_MEMCG},
		{"Out of memory (oom_kill_allocating_task)", KLOG_KILL_ALLOCATING_TASK},
		{"Out of memory", KLOG_KILL_GLOBAL},
	};
	struct klog_report *report;
	uint8_t kill = KLOG_KILL_UNSEEN;
	uint64_t pid = 0;
	int64_t adj;

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !kill; i++) {
		if (span_take(&line, prefixes[i].text))
			kill = prefixes[i].kill;
	}
	if (!kill || !span_take(&line, ": Killed process ") ||
	    !span_drop_number(&line, " oom_score_adj:", 10, &adj))
		return false;
	for (; line.len && digit_of(line.at[0], 10) >= 0 && pid <= INT32_MAX; line.at++, line.len--)
		pid = pid * 10 + (unsigned int)digit_of(line.at[0], 10);
	if (!pid || pid > INT32_MAX || !span_begins(line, " ("))
		return false;

	/* A header that got no summary was of a call that killed nobody. */
	klog->is_open = false;
	report = klog_find(klog, (uint32_t)pid);
	if (!report) {
		report = klog_slot(klog, false);
		if (!report)
			return true;
		memset(report, 0, sizeof(*report));
		klog_memory_init(&report->memory);
		report->pid = (uint32_t)pid;
		report->order_fed = ++klog->fed;
	}
	report->fed_ns = fed_ns;
	if (!report->kill) /* a killed group's first victim is killed, and told, twice */
		report->kill = kill;
	return true;
}

/* A call that found nobody to kill: its header is nobody's. */
static bool take_no_kill(struct klog *klog, struct span line, uint64_t fed_ns)
{
	(void)fed_ns;
	if (!span_begins(line, "Out of memory and no killable processes") &&
	    !span_begins(line, "OOM request ignored. No task eligible"))
		return false;
	klog->is_open = false;
	return true;
}

/* The lines of a report, each with the words without which it is not worth a closer look. */
static const struct klog_shape {
	const char *words;
	bool (*take)(struct klog *klog, struct span line, uint64_t fed_ns);
} shapes[] = {
	{"oom-kill:constraint=", take_summary}, {": Killed process ", take_killed},
	{"No task eligible", take_no_kill},     {"no killable processes", take_no_kill},
	{" invoked oom-killer: ", take_header},
};

/*
 * Takes the "prio,seq,time,flags;" off a record of /dev/kmsg. Returns -1 when there is none, and
 * the priority, which holds the facility above its low three bits, when there is.
 */
static int take_prefix(struct span *record)
{
	struct span rest = *record;
	uint32_t prio = 0;
	int field = 0;

	for (; rest.len && field < 3; rest.at++, rest.len--) {
		int digit = digit_of(rest.at[0], 10);

		if (digit < 0 && rest.at[0] != ',')
			return -1;
		if (digit < 0)
			field++;
		else if (field == 0 && prio < 100000)
			prio = prio * 10 + (uint32_t)digit;
	}
	for (; rest.len && rest.at[0] != ';'; rest.at++, rest.len--) {
		if (rest.at[0] == '\n' || rest.at[0] == ' ')
			return -1;
	}
	if (!span_take(&rest, ";"))
		return -1;
	*record = rest;
	return (int)prio;
}

/* Undoes the \xNN that /dev/kmsg writes for what is not printable, up to the record's newline. */
static size_t unescape(char *ret_text, size_t size, struct span text)
{
	size_t out = 0;

	for (size_t i = 0; i < text.len && text.at[i] != '\n' && out < size; i++) {
		int high, low;

		if (text.at[i] == '\\' && text.len - i >= 4 && text.at[i + 1] == 'x') {
			high = digit_of(text.at[i + 2], 16);
			low = digit_of(text.at[i + 3], 16);
			if (high >= 0 && low >= 0) {
				ret_text[out++] = (char)(high << 4 | low);
				i += 3;
				continue;
			}
		}
		ret_text[out++] = text.at[i];
	}
	return out;
}

void klog_init(struct klog *klog)
{
	memset(klog, 0, sizeof(*klog));
}

/*
 * The text of @record, in @text of WIRE_KMSG_LEN bytes where it has to be unescaped. Returns false
 * when user space wrote it.
 */
static bool line_of(const char *record, size_t len, char *text, struct span *ret_line)
{
	struct span line = {record, len};
	int prio = take_prefix(&line);

	if (prio > 7) /* a facility other than the kernel's */
		return false;
	if (prio >= 0)
		line = (struct span){text, unescape(text, WIRE_KMSG_LEN, line)};
	else if (line.len && line.at[line.len - 1] == '\n')
		line.len--;
	*ret_line = line;
	return true;
}

bool klog_wants(const char *record, size_t len)
{
	char text[WIRE_KMSG_LEN];
	struct span line;

	return line_of(record, len, text, &line) && klog_memory_wants(line);
}

void klog_feed(struct klog *klog, const char *record, size_t len, uint64_t fed_ns)
{
	char text[WIRE_KMSG_LEN];
	struct span line;

	if (!line_of(record, len, text, &line))
		return;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (span_find(line, shapes[i].words) && shapes[i].take(klog, line, fed_ns))
			return;
	}
	if (klog->is_open)
		klog_memory_feed(&klog->open.memory, line);
}

const struct klog_report *klog_take(struct klog *klog, uint32_t pid, uint64_t since_ns)
{
	struct klog_report *report = pid ? klog_find(klog, pid) : NULL;

	if (!report)
		return NULL;
	report->pid = 0;
	return report->fed_ns >= since_ns ? report : NULL;
}
