// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/klog.h"

#define HEADER \
	"app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL|__GFP_COMP), order=2, oom_score_adj=-5"
#define SUMMARY_BEGINS \
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0-1,3"
#define SUMMARY SUMMARY_BEGINS ",oom_memcg=/a.slice,task_memcg=/a.slice/b,task=java,pid=42,uid=1000"
#define KILLED                                                                               \
	"Memory cgroup out of memory: Killed process 42 (java) total-vm:9kB, anon-rss:8kB, " \
	"file-rss:7kB, shmem-rss:0kB, UID:1000 pgtables:44kB oom_score_adj:0"

static struct klog *fresh(void)
{
	static struct klog klog;

	klog_init(&klog);
	return &klog;
}

/* From memory of exactly its size, so that a read beyond it is seen. */
static void feed(struct klog *klog, const char *text)
{
	size_t len = strlen(text);
	char *bytes = malloc(len ? len : 1);

	memcpy(bytes, text, len);
	klog_feed(klog, bytes, len, 1000);
	free(bytes);
}

static void assert_whole(const struct klog_report *report)
{
	assert_non_null(report);
	assert_true(report->has_gfp && report->has_gfp_text && report->has_summary);
	assert_int_equal(report->gfp_mask, 0xcc0);
	assert_string_equal(report->gfp_text, "GFP_KERNEL|__GFP_COMP");
	assert_int_equal(report->order, 2);
	assert_string_equal(report->invoker_comm, "app");
	assert_int_equal(report->constraint, CONSTRAINT_MEMCG_);
	assert_true(report->has_memcg);
	assert_string_equal(report->oom_memcg, "/a.slice");
}

static void a_report_is_found_by_its_victim_and_once(void **state)
{
	struct klog *klog = fresh();
	const struct klog_report *report;

	(void)state;
	feed(klog, HEADER);
	feed(klog, "CPU: 1 PID: 77 Comm: app Not tainted");
	feed(klog, SUMMARY);
	assert_null(klog_take(klog, 43, 0));
	assert_null(klog_take(klog, 0, 0));
	report = klog_take(klog, 42, 0);
	assert_whole(report);
	assert_int_equal(report->cause, LOGLINE_CAUSE_UNSEEN);
	assert_null(klog_take(klog, 42, 0));
}

static void raw_records_are_the_same_as_their_text(void **state)
{
	struct klog *klog = fresh();
	const struct klog_report *report;

	(void)state;
	feed(klog, "4,1234,5678901,-;" HEADER "\n SUBSYSTEM=x\n DEVICE=y\n");
	feed(klog, "6,1235,5678902,c,more;" SUMMARY "\n");
	feed(klog, "3,1236,5678903,-;" KILLED "\n");
	report = klog_take(klog, 42, 0);
	assert_whole(report);
	assert_int_equal(report->cause, LOGLINE_CAUSE_MEMCG);
}

static void escapes_of_raw_records_are_undone(void **state)
{
	struct klog *klog = fresh();
	const struct klog_report *report;

	(void)state;
	feed(klog, "6,1,2,-;\\x0a\\xe2\\x82\\xac\\x5c\\xzz\\"
		   " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	feed(klog, "6,1,2,-;" SUMMARY);
	report = klog_take(klog, 42, 0);
	assert_non_null(report);
	assert_string_equal(report->invoker_comm, "\n\xe2\x82\xac\\\\xzz\\");
}

static void what_user_space_wrote_is_not_the_kernels(void **state)
{
	struct klog *klog = fresh();

	(void)state;
	feed(klog, "12,1,2,-;" HEADER);
	feed(klog, "14,1,2,-;" SUMMARY);
	assert_null(klog_take(klog, 42, 0));
}

static void an_old_report_is_of_an_older_kill(void **state)
{
	struct klog *klog = fresh();

	(void)state;
	feed(klog, SUMMARY);
	assert_null(klog_take(klog, 42, 1001));
}

static void hostile_names_are_part_of_the_name(void **state)
{
	static const char *const comms[] = {
		"",          " ",           "a,pid=1,uid=0", ",task=x",
		"oom-kill:", "pid=7,uid=3", "invoked oom-k", "), order=9",
		"(X)",       "6,1,2,-;a b",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(comms) / sizeof(comms[0]); i++) {
		struct klog *klog = fresh();
		const struct klog_report *report;
		char line[512];

		snprintf(line, sizeof(line), "4,1,2,-;%s%s", comms[i], &HEADER[3]);
		feed(klog, line);
		snprintf(line, sizeof(line),
			 "4,1,2,-;%s,oom_memcg=/a.slice,task_memcg=/a.slice/b,task=%s,pid=42,uid=0",
			 SUMMARY_BEGINS, comms[i]);
		feed(klog, line);
		report = klog_take(klog, 42, 0);
		assert_non_null(report);
		assert_string_equal(report->invoker_comm, comms[i]);
		assert_int_equal(report->order, 2);
		assert_string_equal(report->oom_memcg, "/a.slice");
	}
}

static void a_header_within_a_longer_name_is_no_header(void **state)
{
	static const char *const lines[] = {
		/* a cgroup can be called this, a process not */
		"Memory cgroup stats for /a invoked oom-killer: gfp_mask=0x1(X), order=9, "
		"oom_score_adj=0:",
		"Tasks in /a invoked oom-killer: gfp_mask=0x1(X), order=9, oom_score_adj=0 are "
		"going "
		"to be killed due to memory.oom.group set",
		"sixteen bytes ab invoked oom-killer: gfp_mask=0x1(X), order=9, oom_score_adj=0",
		"a invoked oom-killer: gfp_mask=0x1(X), order=9",
		"a invoked oom-killer: gfp_mask=0x1(X, order=9, oom_score_adj=0",
		"a invoked oom-killer: gfp_mask=0x1(), order=9, oom_score_adj=0",
		"a invoked oom-killer: gfp_mask=0x(X), order=9, oom_score_adj=0",
		"a invoked oom-killer: gfp_mask=0x1ffffffff(X), order=9, oom_score_adj=0",
		" invoked oom-killer: ",
		"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct klog *klog = fresh();
		const struct klog_report *report;

		feed(klog, lines[i]);
		feed(klog, SUMMARY);
		report = klog_take(klog, 42, 0);
		assert_non_null(report);
		assert_false(report->has_gfp);
	}
}

static void a_header_twice_over_is_read_from_the_right(void **state)
{
	struct klog *klog = fresh();
	const struct klog_report *report;

	(void)state;
	feed(klog,
	     "a, order=9 invoked oom-killer: gfp_mask=0xdc0(GFP_KERNEL|__GFP_ZERO), order=-1, "
	     "oom_score_adj=0");
	feed(klog, SUMMARY);
	report = klog_take(klog, 42, 0);
	assert_string_equal(report->invoker_comm, "a, order=9");
	assert_int_equal(report->order, -1);
	assert_int_equal(report->gfp_mask, 0xdc0);
}

static void hostile_cgroups_are_part_of_the_path(void **state)
{
	static const struct {
		const char *middle, *memcg;
	} cases[] = {
		{"cpuset=x,oom_memcg=y,task_memcg=z,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b",
		 "/a"},
		{"cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/b,task_memcg=/a,task_memcg=/b/c",
		 "/a,task_memcg=/b"},
		{"cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=x", "/a"},
		{"cpuset=/,mems_allowed=0,oom_memcg=/,task_memcg=/a,oom_memcg=/b", "/"},
		{"cpuset=global_oom,mems_allowed=0,oom_memcg=/a,task_memcg=/a/"
		 ",global_oom,task_memcg=/b",
		 "/a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct klog *klog = fresh();
		const struct klog_report *report;
		char line[512];

		snprintf(line, sizeof(line),
			 "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),%s,task=j,pid=42,"
			 "uid=0",
			 cases[i].middle);
		feed(klog, line);
		report = klog_take(klog, 42, 0);
		assert_non_null(report);
		assert_true(report->has_memcg);
		assert_string_equal(report->oom_memcg, cases[i].memcg);
	}
}

static void a_global_report_has_no_memcg(void **state)
{
	struct klog *klog = fresh();
	const struct klog_report *report;

	(void)state;
	feed(klog, "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
		   "global_oom,task_memcg=/a,oom_memcg=/b,task_memcg=/b,task=j,pid=42,uid=0");
	report = klog_take(klog, 42, 0);
	assert_non_null(report);
	assert_false(report->has_memcg);
	assert_int_equal(report->constraint, CONSTRAINT_NONE_);
}

static void a_constraint_of_the_future_is_unknown(void **state)
{
	struct klog *klog = fresh();

	(void)state;
	feed(klog, "oom-kill:constraint=CONSTRAINT_BPF_X,nodemask=(null),cpuset=/,mems_allowed=0,"
		   "global_oom,task_memcg=/a,task=j,pid=42,uid=0");
	assert_int_equal(klog_take(klog, 42, 0)->constraint, CONSTRAINT_UNKNOWN);
}

static void a_rate_limited_kill_does_not_take_the_header_of_another(void **state)
{
	struct klog *klog = fresh();
	const struct klog_report *report;

	(void)state;
	feed(klog, HEADER); /* of a call that killed nobody */
	feed(klog, "Out of memory and no killable processes...");
	feed(klog, KILLED);
	report = klog_take(klog, 42, 0);
	assert_non_null(report);
	assert_false(report->has_gfp || report->has_summary);
	assert_int_equal(report->cause, LOGLINE_CAUSE_MEMCG);

	klog = fresh();
	feed(klog, HEADER);
	feed(klog, KILLED);
	feed(klog, SUMMARY);
	assert_false(klog_take(klog, 42, 0)->has_gfp);
}

static void how_the_victim_was_found_is_in_the_killed_line(void **state)
{
	struct klog *klog = fresh();

	(void)state;
	feed(klog,
	     "Out of memory (oom_kill_allocating_task): Killed process 7 (a) x oom_score_adj:0");
	feed(klog, "Out of memory: Killed process 8 (Memory cgroup) x oom_score_adj:0");
	feed(klog, "Out of memory: Killed process 0 (a) x oom_score_adj:0");
	feed(klog, "Out of memory: Killed process 99999999999 (a) x oom_score_adj:0");
	assert_int_equal(klog_take(klog, 7, 0)->cause, LOGLINE_CAUSE_ALLOCATING_TASK);
	assert_int_equal(klog_take(klog, 8, 0)->cause, LOGLINE_CAUSE_GLOBAL);
}

static void a_big_group_does_not_push_out_the_report_of_its_first(void **state)
{
	struct klog *klog = fresh();
	char line[256];

	(void)state;
	feed(klog, HEADER);
	feed(klog, SUMMARY);
	feed(klog, KILLED);
	for (int pid = 100; pid < 100 + 10 * KLOG_REPORTS; pid++) {
		snprintf(line, sizeof(line),
			 "Memory cgroup out of memory: Killed process %d (x) oom_score_adj:0", pid);
		feed(klog, line);
	}
	assert_whole(klog_take(klog, 42, 0));
}

static void the_most_recent_reports_are_kept(void **state)
{
	struct klog *klog = fresh();
	char line[256];

	(void)state;
	for (int pid = 1; pid <= KLOG_REPORTS + 5; pid++) {
		snprintf(line, sizeof(line), "%s,oom_memcg=/a,task_memcg=/a,task=j,pid=%d,uid=0",
			 SUMMARY_BEGINS, pid);
		feed(klog, line);
	}
	assert_null(klog_take(klog, 5, 0));
	for (uint32_t pid = 6; pid <= KLOG_REPORTS + 5; pid++)
		assert_non_null(klog_take(klog, pid, 0));
}

static void what_is_missing_is_counted_and_takes_its_header_along(void **state)
{
	struct klog *klog = fresh();
	char text[KLOG_MISSED_LEN + 1];

	(void)state;
	assert_int_equal(klog_take_missed(klog), 0);
	feed(klog, HEADER);
	text[klog_missed_text(120, text)] = '\0';
	feed(klog, text);
	text[klog_missed_text(UINT64_MAX, text)] = '\0';
	assert_string_equal(text, "missed 18446744073709551615");
	feed(klog, SUMMARY);
	assert_int_equal(klog_take_missed(klog), 120);
	assert_int_equal(klog_take_missed(klog), 0);
	/* The summary may be of another report than the header. */
	assert_false(klog_take(klog, 42, 0)->has_gfp);
	feed(klog, "6,1,2,-;missed 7"); /* a driver's */
	feed(klog, "missed 7 interrupts");
	assert_int_equal(klog_take_missed(klog), 0);
}

static void any_bytes_are_survived(void **state)
{
	static const char *const seeds[] = {"4,1,2,-;" HEADER, "6,1,2,-;" SUMMARY, KILLED, SUMMARY};
	struct klog *klog = fresh();
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 40000; i++) {
		char line[512];
		size_t len = strlen(seeds[i % 4]);

		memcpy(line, seeds[i % 4], len + 1);
		for (int flips = i % 5; flips > 0; flips--) {
			seed = seed * 1664525 + 1013904223;
			line[(seed >> 8) % len] = (char)(seed >> 24);
		}
		if (i % 3 == 0)
			line[(seed >> 4) % len] = '\0';
		feed(klog, line);
		klog_take(klog, 42, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_found_by_its_victim_and_once),
		cmocka_unit_test(raw_records_are_the_same_as_their_text),
		cmocka_unit_test(escapes_of_raw_records_are_undone),
		cmocka_unit_test(what_user_space_wrote_is_not_the_kernels),
		cmocka_unit_test(an_old_report_is_of_an_older_kill),
		cmocka_unit_test(hostile_names_are_part_of_the_name),
		cmocka_unit_test(a_header_within_a_longer_name_is_no_header),
		cmocka_unit_test(a_header_twice_over_is_read_from_the_right),
		cmocka_unit_test(hostile_cgroups_are_part_of_the_path),
		cmocka_unit_test(a_global_report_has_no_memcg),
		cmocka_unit_test(a_constraint_of_the_future_is_unknown),
		cmocka_unit_test(a_rate_limited_kill_does_not_take_the_header_of_another),
		cmocka_unit_test(how_the_victim_was_found_is_in_the_killed_line),
		cmocka_unit_test(a_big_group_does_not_push_out_the_report_of_its_first),
		cmocka_unit_test(the_most_recent_reports_are_kept),
		cmocka_unit_test(what_is_missing_is_counted_and_takes_its_header_along),
		cmocka_unit_test(any_bytes_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
