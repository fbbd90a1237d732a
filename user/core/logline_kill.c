// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The lines about who is killed, in all their spellings. */
#include <string.h>

#include "bpf/wire.h"
#include "core/logline_parts.h"

/* "Out of memory: " and the like, before who is killed; none at all where a line of its own had it.
 */
static uint8_t take_cause(struct span *line)
{
	static const struct {
		const char *text;
		uint8_t cause;
	} causes[] = {
		{"Memory cgroup out of memory: ", LOGLINE_CAUSE_MEMCG},
		{"Out of memory (oom_kill_allocating_task): ", LOGLINE_CAUSE_ALLOCATING_TASK},
		{"Out of memory: ", LOGLINE_CAUSE_GLOBAL},
		{"Out of Memory: ", LOGLINE_CAUSE_GLOBAL},                 /* until 2.6.18 */
		{"No available memory in cpuset: ", LOGLINE_CAUSE_CPUSET}, /* 2.6.18 */
		{"No available memory (MPOL_BIND): ", LOGLINE_CAUSE_POLICY},
	};

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		if (span_take(line, causes[i].text))
			return causes[i].cause;
	}
	return LOGLINE_CAUSE_UNSEEN;
}

static bool take_pid(struct span *line, uint32_t *ret_pid)
{
	struct span rest = *line;
	uint64_t pid;

	if (!span_take_u64(&rest, &pid) || !pid || pid > INT32_MAX)
		return false;
	*ret_pid = (uint32_t)pid;
	*line = rest;
	return true;
}

/* "(comm)" that fills @text. */
static bool take_comm(struct span text, struct span *ret_comm)
{
	if (!span_take(&text, "(") || !span_drop(&text, ")") || text.len >= WIRE_COMM_LEN)
		return false;
	*ret_comm = text;
	return true;
}

/* @key, digits and @unit off the right end. */
static bool drop_u64(struct span *line, const char *key, const char *unit, uint64_t *ret_value)
{
	struct span rest = *line, digits;
	uint64_t value;

	if (!span_drop(&rest, unit))
		return false;
	digits = rest;
	while (digits.len && digit_of(digits.at[digits.len - 1], 10) >= 0)
		digits.len--;
	rest.at += digits.len;
	rest.len -= digits.len;
	if (!span_take_u64(&rest, &value) || !span_drop(&digits, key))
		return false;
	*ret_value = value;
	*line = digits;
	return true;
}

/*
 * Who a "Killed process" is, between its number and its memory: " (comm)", ", UID 0, (comm)" (RHEL
 * 6), " (comm), UID 0," (RHEL 7), and " (comm)." (until 2.6.18).
 */
static bool take_who(struct span line, struct logline *ret_line)
{
	struct span rest = line;
	uint64_t uid;

	if (span_take(&rest, ", UID ") && span_take_u64(&rest, &uid) && span_take(&rest, ", ")) {
		span_drop(&rest, ".");
	} else {
		rest = line;
		if (!span_take(&rest, " "))
			return false;
		span_drop(&rest, ",");
		uid = UINT64_MAX;
		if (!drop_u64(&rest, ", UID ", "", &uid))
			span_drop(&rest, ".");
	}
	if (!take_comm(rest, &ret_line->comm))
		return false;
	if (uid < UINT32_MAX)
		ret_line->uid = (uint32_t)uid;
	return true;
}

/*
 * Its memory, off the right end. Which of them there are has grown: none until 2.6.32, vsz: to
 * file-rss: until 2.6.35, shmem-rss: since 4.5, and UID: to oom_score_adj: since 5.4.
 */
static void drop_memory(struct span *line, struct logline *ret_line)
{
	uint64_t uid;
	int64_t adj;

	if (span_drop_number(line, " oom_score_adj:", 10, &adj)) {
		ret_line->has_oom_score_adj = true;
		ret_line->oom_score_adj = (int32_t)adj;
	}
	drop_u64(line, " pgtables:", "kB", &ret_line->pgtables_kib);
	if (drop_u64(line, ", UID:", "", &uid) && uid < UINT32_MAX)
		ret_line->uid = (uint32_t)uid;
	drop_u64(line, ", shmem-rss:", "kB", &ret_line->shmem_kib);
	drop_u64(line, ", file-rss:", "kB", &ret_line->file_kib);
	drop_u64(line, ", anon-rss:", "kB", &ret_line->anon_kib);
	if (!drop_u64(line, " total-vm:", "kB", &ret_line->total_vm_kib))
		drop_u64(line, " vsz:", "kB", &ret_line->total_vm_kib);
}

bool logline_take_killed(struct span line, struct logline *ret_line)
{
	struct span rest;

	ret_line->cause = take_cause(&line);
	if (!span_take(&line, "Killed process ") || !take_pid(&line, &ret_line->pid))
		return false;
	rest = line;
	drop_memory(&rest, ret_line);
	if (take_who(rest, ret_line))
		return true;
	/* Cut, or grown again: the number is whole, as something follows it. */
	ret_line->damaged = true;
	return span_begins(line, " (") || span_begins(line, ", ");
}

/* " score 999"; until 2.6.35 a long that oom_adj shifted, which may be of any size and sign. */
static bool drop_score(struct span *line, int64_t *ret_score)
{
	uint64_t score;

	if (span_drop_number(line, " score ", 10, ret_score))
		return true;
	if (!drop_u64(line, " score ", "", &score) || score > INT64_MAX)
		return false;
	*ret_score = (int64_t)score;
	return true;
}

bool logline_take_choice(struct span line, struct logline *ret_line)
{
	static const char *const ends[] = {" or sacrifice child", " or a child", " and children."};
	bool ended = false;

	ret_line->cause = take_cause(&line);
	if (!ret_line->cause ||
	    (!span_take(&line, "Kill process ") && !span_take(&line, "kill process ")) ||
	    !take_pid(&line, &ret_line->pid) || !span_take(&line, " "))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && !ended; i++)
		ended = span_drop(&line, ends[i]);
	ret_line->has_score = ended && drop_score(&line, &ret_line->score);
	ret_line->damaged = !ret_line->has_score || !take_comm(line, &ret_line->comm);
	return ret_line->damaged ? span_begins(line, "(") : true;
}

bool logline_take_exiting(struct span line, struct logline *ret_line)
{
	ret_line->cause = take_cause(&line);
	return ret_line->cause && span_take(&line, "OOM victim ") &&
	       take_pid(&line, &ret_line->pid) && span_take(&line, " ") &&
	       span_drop(&line, " is already exiting. Skip killing the task") &&
	       take_comm(line, &ret_line->comm);
}

bool logline_take_sharer(struct span line, struct logline *ret_line)
{
	return span_take(&line, "Kill process ") && take_pid(&line, &ret_line->pid) &&
	       span_take(&line, " ") && span_drop(&line, " sharing same memory") &&
	       take_comm(line, &ret_line->comm);
}

/*
 * Fact: until 4.18 the panic's own words say it. Since 4.19 "Out of memory and no killable
 *       processes..." comes first, and behind it that the machine panics, or SysRq finds nobody.
 */
bool logline_take_nobody(struct span line, struct logline *ret_line)
{
	span_take(&line, "Kernel panic - not syncing: ");
	ret_line->follows = span_begins(line, "System is deadlocked on memory") ||
			    span_begins(line, "OOM request ignored. No task eligible");
	return ret_line->follows || span_begins(line, "Out of memory and no killable processes") ||
	       span_begins(line, "OOM request ignored because killer is disabled");
}

bool logline_take_panic(struct span line, struct logline *ret_line)
{
	if (!span_take(&line, "Kernel panic - not syncing: "))
		return false;
	if (!span_take(&line, "Out of memory: ") && !span_take(&line, "out of memory. "))
		return false;
	ret_line->compulsory = span_take(&line, "compulsory ") || span_take(&line, "Compulsory ");
	if (!ret_line->compulsory)
		span_take(&line, "system-wide ");
	return span_begins(line, "panic_on_oom is ");
}

/* "oom_reaper: reaped process 1 (app), now ..."; ":1 (app) ..." in 4.6 */
bool logline_take_reaped(struct span line, struct logline *ret_line)
{
	if (!span_take(&line, "oom_reaper: reaped process ") &&
	    !span_take(&line, "oom_reaper: unable to reap pid"))
		return false;
	span_take(&line, ":");
	return take_pid(&line, &ret_line->pid) && span_begins(line, " (");
}

bool logline_take_group(struct span line, struct logline *ret_line)
{
	if (!span_take(&line, "Tasks in ") ||
	    !span_drop(&line, " are going to be killed due to memory.oom.group set") ||
	    !span_begins(line, "/"))
		return false;
	ret_line->oom_memcg = line;
	return true;
}
