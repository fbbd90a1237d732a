// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every spelling of a report's lines, each with the release whose source has it (mm/oom_kill.c,
 * mm/memcontrol.c, kernel/cpuset.c, drivers/tty/sysrq.c), or where it was seen.
 */
#include "sample.h"

#include "core/logline.h"

#define NONE LOGLINE_NO_NUMBER

static struct logline parse(const char *text)
{
	struct logline line;

	if (!logline_parse(span_of(text), &line))
		fail_msg("not read: %s", text);
	if (line.damaged)
		fail_msg("read as damaged: %s", text);
	return line;
}

static void assert_text(struct span span, const char *text, const char *what)
{
	if (!text && !span.at)
		return;
	if (!text || !span.at || span.len != strlen(text) || memcmp(span.at, text, span.len) != 0)
		fail_msg("'%.*s' instead of '%s' in: %s", (int)span.len, span.at ? span.at : "",
			 text ? text : "nothing", what);
}

static const struct {
	const char *release, *text, *comm, *gfp, *nodemask;
	uint32_t gfp_mask;
	bool has_order;
	int32_t order;
} headers[] = {
	{"2.6.11", "oom-killer: gfp_mask=0x1d2", NULL, NULL, NULL, 0x1d2, false, 0},
	{"2.6.15", "oom-killer: gfp_mask=0x201d2, order=0", NULL, NULL, NULL, 0x201d2, true, 0},
	{"2.6.24", "a b invoked oom-killer: gfp_mask=0x201d2, order=0, oomkilladj=0", "a b", NULL,
	 NULL, 0x201d2, true, 0},
	{"2.6.24", "x invoked oom-killer: gfp_mask=0xd0, order=1, oomkilladj=-17", "x", NULL, NULL,
	 0xd0, true, 1},
	{"2.6.32", "x invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=15", "x", NULL, NULL,
	 0x280da, true, 0},
	{"2.6.36", "x invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0, oom_score_adj=0",
	 "x", NULL, NULL, 0x280da, true, 0},
	{"3.10", "x invoked oom-killer: gfp_mask=0x201da, order=3, oom_score_adj=-998", "x", NULL,
	 NULL, 0x201da, true, 3},
	{"4.6",
	 "x invoked oom-killer: gfp_mask=0x24280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), "
	 "order=0, oom_score_adj=0",
	 "x", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO", NULL, 0x24280ca, true, 0},
	{"4.10",
	 "x invoked oom-killer: gfp_mask=0x24201ca(GFP_HIGHUSER_MOVABLE|__GFP_COLD), "
	 "nodemask=0-1,3, order=0, oom_score_adj=0",
	 "x", "GFP_HIGHUSER_MOVABLE|__GFP_COLD", "0-1,3", 0x24201ca, true, 0},
	{"4.14",
	 "x invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null),  "
	 "order=0, oom_score_adj=939",
	 "x", "GFP_KERNEL", "", 0x14000c0, true, 0},
	{"4.19",
	 "x invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, "
	 "oom_score_adj=0",
	 "x", "GFP_KERNEL", "", 0x6000c0, true, 0},
	{"5.0",
	 "kworker/0:1 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, "
	 "oom_score_adj=0",
	 "kworker/0:1", "GFP_KERNEL", NULL, 0xcc0, true, -1},
	{"6.1, any name",
	 " invoked oom-ki invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), "
	 "order=0, oom_score_adj=0",
	 " invoked oom-ki", "GFP_KERNEL", NULL, 0xcc0, true, 0},
	{"6.1, a flag without a name",
	 "x invoked oom-killer: gfp_mask=0x8000cc0(GFP_KERNEL|"
	 "0x8000000), order=0, oom_score_adj=0",
	 "x", "GFP_KERNEL|0x8000000", NULL, 0x8000cc0, true, 0},
};

static void headers_of_every_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const char *text = headers[i].text;
		struct logline line = parse(text);

		assert_int_equal(line.kind, LOGLINE_HEADER);
		assert_text(line.comm, headers[i].comm, text);
		assert_text(line.gfp_text, headers[i].gfp, text);
		assert_text(line.nodemask, headers[i].nodemask, text);
		assert_int_equal(line.gfp_mask, headers[i].gfp_mask);
		assert_int_equal(line.has_order, headers[i].has_order);
		assert_int_equal(line.order, headers[i].order);
	}
}

static const struct {
	const char *release, *text;
	uint8_t cause;
	uint32_t pid, uid;
	const char *comm;
	uint64_t vm, anon, file, shmem, pgtables;
	bool has_adj;
	int32_t adj;
} kills[] = {
	{"2.6.11", "Out of Memory: Killed process 2811 (mozilla-bin).", LOGLINE_CAUSE_GLOBAL, 2811,
	 WIRE_NONE_U32, "mozilla-bin", NONE, NONE, NONE, NONE, NONE, false, 0},
	{"RHEL 5", "Out of memory: Killed process 3030, UID 48, (httpd).", LOGLINE_CAUSE_GLOBAL,
	 3030, 48, "httpd", NONE, NONE, NONE, NONE, NONE, false, 0},
	{"2.6.18", "No available memory in cpuset: Killed process 2592 (mysqld).",
	 LOGLINE_CAUSE_CPUSET, 2592, WIRE_NONE_U32, "mysqld", NONE, NONE, NONE, NONE, NONE, false,
	 0},
	{"2.6.24", "Killed process 2300 (a.out)", LOGLINE_CAUSE_UNSEEN, 2300, WIRE_NONE_U32,
	 "a.out", NONE, NONE, NONE, NONE, NONE, false, 0},
	{"2.6.34", "Killed process 1 (a) vsz:1050632kB, anon-rss:227120kB, file-rss:8kB",
	 LOGLINE_CAUSE_UNSEEN, 1, WIRE_NONE_U32, "a", 1050632, 227120, 8, NONE, NONE, false, 0},
	{"3.10", "Killed process 1 (a) total-vm:1050632kB, anon-rss:227120kB, file-rss:8kB",
	 LOGLINE_CAUSE_UNSEEN, 1, WIRE_NONE_U32, "a", 1050632, 227120, 8, NONE, NONE, false, 0},
	{"RHEL 6", "Killed process 9, UID 0, (a) total-vm:5kB, anon-rss:4kB, file-rss:3kB",
	 LOGLINE_CAUSE_UNSEEN, 9, 0, "a", 5, 4, 3, NONE, NONE, false, 0},
	{"RHEL 7",
	 "Killed process 9 (a), UID 7, total-vm:5kB, anon-rss:4kB, file-rss:3kB, "
	 "shmem-rss:2kB",
	 LOGLINE_CAUSE_UNSEEN, 9, 7, "a", 5, 4, 3, 2, NONE, false, 0},
	{"4.5", "Killed process 9 (a) total-vm:5kB, anon-rss:4kB, file-rss:3kB, shmem-rss:2kB",
	 LOGLINE_CAUSE_UNSEEN, 9, WIRE_NONE_U32, "a", 5, 4, 3, 2, NONE, false, 0},
	{"5.1",
	 "Memory cgroup out of memory: Killed process 9 (a) total-vm:5kB, anon-rss:4kB, "
	 "file-rss:3kB, shmem-rss:2kB",
	 LOGLINE_CAUSE_MEMCG, 9, WIRE_NONE_U32, "a", 5, 4, 3, 2, NONE, false, 0},
	{"5.4",
	 "Out of memory: Killed process 9 (a) total-vm:5kB, anon-rss:4kB, file-rss:3kB, "
	 "shmem-rss:2kB, UID:7 pgtables:1kB oom_score_adj:-1000",
	 LOGLINE_CAUSE_GLOBAL, 9, 7, "a", 5, 4, 3, 2, 1, true, -1000},
	{"5.10",
	 "Out of memory (oom_kill_allocating_task): Killed process 9 (a) total-vm:5kB, "
	 "anon-rss:4kB, file-rss:3kB, shmem-rss:2kB, UID:7 pgtables:1kB oom_score_adj:3",
	 LOGLINE_CAUSE_ALLOCATING_TASK, 9, 7, "a", 5, 4, 3, 2, 1, true, 3},
	{"any name", "Killed process 9 (UID 1, (a), UI) total-vm:5kB, anon-rss:4kB, file-rss:3kB",
	 LOGLINE_CAUSE_UNSEEN, 9, WIRE_NONE_U32, "UID 1, (a), UI", 5, 4, 3, NONE, NONE, false, 0},
};

static void kills_of_every_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kills) / sizeof(kills[0]); i++) {
		struct logline line = parse(kills[i].text);

		assert_int_equal(line.kind, LOGLINE_KILLED);
		assert_int_equal(line.cause, kills[i].cause);
		assert_int_equal(line.pid, kills[i].pid);
		assert_int_equal(line.uid, kills[i].uid);
		assert_text(line.comm, kills[i].comm, kills[i].text);
		assert_true(line.total_vm_kib == kills[i].vm && line.anon_kib == kills[i].anon);
		assert_true(line.file_kib == kills[i].file && line.shmem_kib == kills[i].shmem);
		assert_true(line.pgtables_kib == kills[i].pgtables);
		assert_int_equal(line.has_oom_score_adj, kills[i].has_adj);
		assert_int_equal(line.oom_score_adj, kills[i].adj);
	}
}

static const struct {
	const char *release, *text;
	uint8_t cause;
	uint32_t pid;
	const char *comm;
	int64_t score;
} choices[] = {
	{"2.6.18", "Out of Memory: Kill process 2263 (a b) score 1402 and children.",
	 LOGLINE_CAUSE_GLOBAL, 2263, "a b", 1402},
	{"2.6.24", "Out of memory: kill process 2263 (x) score 9007199254740992 or a child",
	 LOGLINE_CAUSE_GLOBAL, 2263, "x", 9007199254740992},
	{"2.6.24, ULONG_MAX", "Out of memory: kill process 2263 (x) score -1 or a child",
	 LOGLINE_CAUSE_GLOBAL, 2263, "x", -1},
	{"2.6.24", "No available memory (MPOL_BIND): kill process 1 (x) score 0 or a child",
	 LOGLINE_CAUSE_POLICY, 1, "x", 0},
	{"2.6.28", "Memory cgroup out of memory: kill process 1 (x) score 77 or a child",
	 LOGLINE_CAUSE_MEMCG, 1, "x", 77},
	{"3.10", "Out of memory: Kill process 1 (x) score 956 or sacrifice child",
	 LOGLINE_CAUSE_GLOBAL, 1, "x", 956},
	{"4.19", "Memory cgroup out of memory: Kill process 1 () score 1718 or sacrifice child",
	 LOGLINE_CAUSE_MEMCG, 1, "", 1718},
};

static void choices_of_every_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		struct logline line = parse(choices[i].text);

		assert_int_equal(line.kind, LOGLINE_CHOICE);
		assert_int_equal(line.cause, choices[i].cause);
		assert_int_equal(line.pid, choices[i].pid);
		assert_text(line.comm, choices[i].comm, choices[i].text);
		assert_true(line.has_score && line.score == choices[i].score);
	}
}

static const struct {
	const char *release, *text;
	uint32_t has; /* besides tgid, total_vm and rss */
	const char *row;
	uint32_t pid;
	int64_t tgid, rss, swap;
	const char *comm;
} tables[] = {
	{"2.6.27", "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name", 1U << COLUMN_OOM_ADJ,
	 "[  418]     0   417      728        1   0     -17 udevd", 418, 417, 1, 0, "udevd"},
	{"2.6.36", "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name",
	 1U << COLUMN_OOM_ADJ | 1U << COLUMN_OOM_SCORE_ADJ,
	 "[  418]     0   418      728        2   3     -17         -1000 a b", 418, 418, 2, 0,
	 "a b"},
	{"3.7", "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name",
	 1U << COLUMN_NR_PTES | 1U << COLUMN_SWAPENTS | 1U << COLUMN_OOM_SCORE_ADJ,
	 "[  477]     0   477    11645        0      25      524         -1000 systemd-udevd", 477,
	 477, 0, 524, "systemd-udevd"},
	{"4.1", "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
	 1U << COLUMN_NR_PTES | 1U << COLUMN_NR_PMDS | 1U << COLUMN_SWAPENTS |
		 1U << COLUMN_OOM_SCORE_ADJ,
	 "[  442]     0   442    15414      276      31       3       89             0 a", 442, 442,
	 276, 89, "a"},
	{"4.15", "[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
	 1U << COLUMN_PGTABLES_BYTES | 1U << COLUMN_SWAPENTS | 1U << COLUMN_OOM_SCORE_ADJ,
	 "[  442]     0   442    15414      276   126976       89             0 a", 442, 442, 276,
	 89, "a"},
	{"4.19",
	 "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
	 1U << COLUMN_PGTABLES_BYTES | 1U << COLUMN_SWAPENTS | 1U << COLUMN_OOM_SCORE_ADJ,
	 "[2799999] 65534 2799999    15414      276   126976       89          1000 ]", 2799999,
	 2799999, 276, 89, "]"},
	{"6.8",
	 "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes "
	 "swapents oom_score_adj name",
	 1U << COLUMN_RSS_ANON | 1U << COLUMN_RSS_FILE | 1U << COLUMN_RSS_SHMEM |
		 1U << COLUMN_PGTABLES_BYTES | 1U << COLUMN_SWAPENTS | 1U << COLUMN_OOM_SCORE_ADJ,
	 "[    204]     0   204     2154     1437       16      909       512    53248        0    "
	 "         5 mapper",
	 204, 204, 1437, 0, "mapper"},
};

static void tables_of_every_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct logline line = parse(tables[i].text);
		struct logline_row row;
		uint32_t always = 1U << COLUMN_TGID | 1U << COLUMN_TOTAL_VM | 1U << COLUMN_RSS |
				  1U << COLUMN_UID;
		bool damaged;

		assert_int_equal(line.kind, LOGLINE_TABLE);
		assert_true(logline_row(span_of(tables[i].row), &line.table, &row, &damaged));
		assert_int_equal(row.has & ~(1U << COLUMN_OTHER), always | tables[i].has);
		assert_int_equal(row.pid, tables[i].pid);
		assert_int_equal(row.values[COLUMN_TGID], tables[i].tgid);
		assert_int_equal(row.values[COLUMN_RSS], tables[i].rss);
		if (row.has & 1U << COLUMN_SWAPENTS)
			assert_int_equal(row.values[COLUMN_SWAPENTS], tables[i].swap);
		assert_text(row.comm, tables[i].comm, tables[i].row);
	}
}

static const struct {
	const char *release, *text;
	uint8_t kind;
} others[] = {
	{"2.6.24", "SysRq : Manual OOM execution", LOGLINE_SYSRQ},
	{"4.4", "sysrq: SysRq : Manual OOM execution", LOGLINE_SYSRQ},
	{"5.0", "sysrq: Manual OOM execution", LOGLINE_SYSRQ},
	{"2.6.34", "big cpuset=/ mems_allowed=0", LOGLINE_CPUSET},
	{"3.16", "ld cpuset=build mems_allowed=0-1,3", LOGLINE_CPUSET},
	{"2.6.32", "Pid: 18906, comm: stress Not tainted 2.6.32-358.6.1.el6.i686 #1", LOGLINE_CPU},
	{"3.10", "CPU: 2 PID: 27583 Comm: java Not tainted 3.10.0-693.21.1.el7.x86_64 #1",
	 LOGLINE_CPU},
	{"RHEL 7, kdump",
	 "CPU: 2 PID: 1 Comm: a Kdump: loaded Tainted: G          I    "
	 "------------ T 3.10.0-862.11.6.el7.x86_64 #1",
	 LOGLINE_CPU},
	{"6.12", "CPU: 1 UID: 0 PID: 205 Comm: (grow er) Not tainted 6.12.0 #1 PREEMPT(lazy)",
	 LOGLINE_CPU},
	{"2.6.32", "Task in /LXC/a killed as a result of limit of /LXC", LOGLINE_TASK_IN},
	{"4.19, no victim", "Memory limit reached of cgroup /a", LOGLINE_TASK_IN},
	{"5.10", "Out of memory: OOM victim 78 (late) is already exiting. Skip killing the task",
	 LOGLINE_EXITING},
	{"3.10", "Kill process 502 (ld worker) sharing same memory", LOGLINE_SHARER},
	{"4.19", "Tasks in /job are going to be killed due to memory.oom.group set", LOGLINE_GROUP},
	{"4.19", "Out of memory and no killable processes...", LOGLINE_NOBODY},
	{"4.19", "Kernel panic - not syncing: System is deadlocked on memory", LOGLINE_NOBODY},
	{"2.6.11", "Kernel panic - not syncing: Out of memory and no killable processes...",
	 LOGLINE_NOBODY},
	{"4.4", "OOM request ignored because killer is disabled", LOGLINE_NOBODY},
	{"4.19", "OOM request ignored. No task eligible", LOGLINE_NOBODY},
	{"2.6.24", "Kernel panic - not syncing: out of memory. panic_on_oom is selected",
	 LOGLINE_PANIC},
	{"2.6.24",
	 "Kernel panic - not syncing: out of memory. Compulsory panic_on_oom is selected.",
	 LOGLINE_PANIC},
	{"3.10", "Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled",
	 LOGLINE_PANIC},
	{"3.10", "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom is enabled",
	 LOGLINE_PANIC},
	{"4.6",
	 "oom_reaper: reaped process :7267 (a.out) anon-rss:0kB, file-rss:0kB, "
	 "shmem-rss:0lB",
	 LOGLINE_REAPED},
	{"4.7",
	 "oom_reaper: reaped process 7267 (a.out), now anon-rss:0kB, file-rss:0kB, "
	 "shmem-rss:0kB",
	 LOGLINE_REAPED},
	{"4.7", "oom_reaper: unable to reap pid:7268 (b)", LOGLINE_NOT_REAPED},
};

static void other_lines_of_every_release(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct logline line = parse(others[i].text);

		if (line.kind != others[i].kind)
			fail_msg("%u instead of %u: %s", line.kind, others[i].kind, others[i].text);
	}
}

static void the_release_is_told(void **state)
{
	struct logline line;

	(void)state;
	line = parse("CPU: 3 PID: 1 Comm: a Tainted: P           OE     5.2.14-arch2-1-ARCH #1");
	assert_text(line.release, "5.2.14-arch2-1-ARCH", "");
	line = parse("Pid: 1, comm: a b Not tainted 2.6.26-2-amd64 #1");
	assert_text(line.release, "2.6.26-2-amd64", "");
	assert_text(line.comm, "a b", "");
	line = parse("CPU: 1 UID: 7 PID: 2 Comm:  Not tainted  Not tainted 6.12.9+deb13 #1 SMP");
	assert_text(line.release, "6.12.9+deb13", "");
	assert_int_equal(line.uid, 7);
}

static const struct {
	const char *text, *oom_memcg, *task_memcg, *comm, *cpuset;
	uint8_t constraint;
} summaries[] = {
	{"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"
	 "task_memcg=/user.slice/a,task=chromium,pid=27368,uid=1000",
	 NULL, "/user.slice/a", "chromium", "/", CONSTRAINT_NONE_},
	{"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=cri-1.scope,"
	 "mems_allowed=0-1,3,oom_memcg=/a,task_memcg=/a/b,task=a,b,pid=1,uid=0",
	 "/a", "/a/b", "a,b", "cri-1.scope", CONSTRAINT_MEMCG_},
	{"oom-kill:constraint=CONSTRAINT_CPUSET,nodemask=0,cpuset=a b,mems_allowed=0,global_oom,"
	 "task_memcg=/x,task=late,pid=78,uid=5",
	 NULL, "/x", "late", "a b", CONSTRAINT_CPUSET_},
	{"oom-kill:constraint=CONSTRAINT_MEMORY_POLICY,nodemask=1,cpuset=/,mems_allowed=0-1,"
	 "global_oom,task_memcg=/,task=x,pid=78,uid=5",
	 NULL, "/", "x", "/", CONSTRAINT_MEMORY_POLICY_},
};

static void the_summary_is_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++) {
		struct logline line = parse(summaries[i].text);

		assert_int_equal(line.kind, LOGLINE_SUMMARY);
		assert_int_equal(line.constraint, summaries[i].constraint);
		assert_text(line.oom_memcg, summaries[i].oom_memcg, summaries[i].text);
		assert_text(line.task_memcg, summaries[i].task_memcg, summaries[i].text);
		assert_text(line.comm, summaries[i].comm, summaries[i].text);
		assert_text(line.cpuset, summaries[i].cpuset, summaries[i].text);
	}
}

static void what_is_like_them_is_not_taken(void **state)
{
	static const char *const texts[] = {
		"",
		"Out of memory in the pool of connection 7",
		"oom-killer: gfp_mask=",
		"x invoked oom-killer: gfp_mask=0x, order=0, oom_score_adj=0",
		"sixteen bytes or more invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0",
		"Killed process 0 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB",
		"Killed process x (x)",
		"earlyoom: Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:1kB",
		"Tasks in a are going to be killed due to memory.oom.group set",
		"[ pid ]   uid  tgid name",
		"Task in /a killed as a result of limit of /b", /* it is not below it */
	};
	struct logline line;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (logline_parse(span_of(texts[i]), &line))
			fail_msg("read as %u: %s", line.kind, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_of_every_release),
		cmocka_unit_test(kills_of_every_release),
		cmocka_unit_test(choices_of_every_release),
		cmocka_unit_test(tables_of_every_release),
		cmocka_unit_test(other_lines_of_every_release),
		cmocka_unit_test(the_release_is_told),
		cmocka_unit_test(the_summary_is_taken_apart),
		cmocka_unit_test(what_is_like_them_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
