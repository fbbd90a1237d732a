// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The log of this host's own kernel: whose it is and when is known, and what is missing. */
#include "sample.h"

#include "core/logread.h"

#define S 1000000000ULL

/* What was told of the last one, and how many there were. */
struct told {
	unsigned int episodes, outcomes;
	char id[EPISODE_ID_LEN], host[WIRE_TEXT_LEN];
	struct episode episode;
	struct outcome outcome;
	uint64_t killed_ns;
	const struct logread *reader;
};

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct told *told = ctx;

	told->episodes++;
	told->episode = *episode;
	memcpy(told->id, episode->id, sizeof(told->id));
	memcpy(told->host, host->wire->host, sizeof(told->host));
	told->killed_ns = logread_killed_ns(told->reader);
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct told *told = ctx;

	(void)host;
	told->outcomes++;
	told->outcome = *outcome;
}

static const struct assembler_ops ops = {.episode = on_episode, .outcome = on_outcome};

/* Its clock is 2 s behind, and was so from the beginning of what it stamped. */
static const struct bootclock clock_behind = {
	.printk_ns = 1000 * S,
	.boot_ns = 1002 * S,
	.real_minus_boot_ns = SAMPLE_REAL_NS,
	.slept = true,
};

static struct logread *open_own(struct told *told)
{
	struct logread_config config = {
		.ops = &ops,
		.ctx = told,
		.source = "kmsg",
		.max_candidates = 8,
		.host = sample_host()->wire,
		.bootclock = &clock_behind,
	};

	memset(told, 0, sizeof(*told));
	told->reader = logread_new(&config);
	assert_non_null(told->reader);
	return (struct logread *)told->reader;
}

static void feed(struct logread *reader, const char *text)
{
	size_t room, len = strlen(text);

	memcpy(logread_room(reader, &room), text, len);
	logread_took(reader, len);
}

#define HEADER                                                                           \
	"4,10,100000001,-;app invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, " \
	"oom_score_adj=7\n"
#define TABLE                                                                               \
	"6,11,100000101,-;[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents " \
	"oom_score_adj name\n"
#define ROW                                                                                       \
	"6,12,100000102,-;[     31]     0    31     4000     3000    65536        0             " \
	"7 app\n"
#define SUMMARY                                                                          \
	"6,13,100000150,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/," \
	"mems_allowed=0,global_oom,task_memcg=/a,task=app,pid=31,uid=0\n"
#define KILLED                                                                       \
	"3,14,100000200,-;Out of memory: Killed process 31 (app) total-vm:16000kB, " \
	"anon-rss:11000kB, file-rss:1000kB, shmem-rss:0kB, UID:0 pgtables:64kB oom_score_adj:7\n"
#define REAPED                                                                                   \
	"6,15,100500001,-;oom_reaper: reaped process 31 (app), now anon-rss:0kB, file-rss:0kB, " \
	"shmem-rss:0kB\n"

static void host_and_times_are_known(void **state)
{
	struct told told;
	struct logread *reader = open_own(&told);

	(void)state;
	feed(reader, HEADER TABLE ROW SUMMARY KILLED REAPED);
	logread_end(reader);
	assert_int_equal(told.episodes, 1);
	assert_string_equal(told.host, "web-14");
	assert_string_equal(told.episode.source, "kmsg");
	assert_int_equal(told.episode.page_size, 4096);
	assert_int_equal(told.episode.boot_ns, 102 * S + 1000);
	assert_int_equal(told.episode.real_ns, SAMPLE_REAL_NS + 102 * (int64_t)S + 1000);
	assert_int_equal(told.killed_ns, 100 * S + 200000);
	assert_int_equal(told.outcomes, 1);
	assert_int_equal(told.outcome.boot_ns, 102 * S + 500001000);
	assert_int_equal(told.outcome.real_ns, SAMPLE_REAL_NS + 102 * (int64_t)S + 500001000);
	logread_free(reader);
}

static void its_name_stays_when_the_top_of_the_report_is_gone(void **state)
{
	struct told told;
	struct logread *reader = open_own(&told);
	char id[EPISODE_ID_LEN];

	(void)state;
	feed(reader, HEADER TABLE ROW SUMMARY KILLED);
	logread_end(reader);
	memcpy(id, told.id, sizeof(id));
	logread_free(reader);
	reader = open_own(&told);
	feed(reader, KILLED);
	logread_end(reader);
	assert_string_equal(told.id, id);
	assert_int_equal(told.episode.loss[LOSS_LOG_HEADER], 1);
	logread_free(reader);
}

static void what_is_missing_within_a_report_is_its_loss(void **state)
{
	struct told told;
	struct logread *reader = open_own(&told);

	(void)state;
	logread_missed(reader, 9); /* before it: of another one, if at all */
	feed(reader, HEADER TABLE);
	assert_true(logread_is_open(reader));
	logread_missed(reader, 4);
	feed(reader, SUMMARY KILLED);
	assert_false(logread_is_open(reader));
	logread_missed(reader, 9); /* behind it */
	logread_end(reader);
	assert_int_equal(told.episodes, 1);
	assert_int_equal(told.episode.loss[LOSS_LOG_LINE], 4);
	assert_true(told.episode.loss[LOSS_LOG_TABLE]);
	logread_free(reader);
}

/* Of an address space as large as @vm. */
#define MEMBER(pid, vm, pgtables)                                                               \
	"3,14,100000200,-;Memory cgroup out of memory: Killed process " pid " (w) total-vm:" vm \
	"kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:" pgtables "kB "         \
	"oom_score_adj:0\n"

static void a_member_told_again_as_another_thread_is_one(void **state)
{
	struct told told;
	struct logread *reader = open_own(&told);

	(void)state;
	feed(reader, HEADER TABLE ROW
	     "6,12,100000102,-;[     33]     0    33     1000      300    40960        0  0 w\n"
	     "6,12,100000102,-;[     35]     0    35     2000      300    40960        0  0 "
	     "w\n" SUMMARY KILLED "6,14,100000210,-;Tasks in /a are going to be killed due to "
	     "memory.oom.group set\n");
	feed(reader,
	     MEMBER("33", "4000", "40") MEMBER("34", "4000", "40") MEMBER("35", "8000", "40"));
	logread_end(reader);
	assert_int_equal(told.episodes, 1);
	assert_int_equal(told.episode.n_victims, 3);
	logread_free(reader);

	/* What has another size is somebody else, who has come since. */
	reader = open_own(&told);
	feed(reader, HEADER TABLE ROW SUMMARY KILLED
	     "6,14,100000210,-;Tasks in /a are going to be killed due to memory.oom.group set\n");
	feed(reader, MEMBER("34", "4004", "40"));
	logread_end(reader);
	assert_int_equal(told.episodes, 2);
	logread_free(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_and_times_are_known),
		cmocka_unit_test(its_name_stays_when_the_top_of_the_report_is_gone),
		cmocka_unit_test(what_is_missing_within_a_report_is_its_loss),
		cmocka_unit_test(a_member_told_again_as_another_thread_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
