// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A kill as text: its head, its table, its reasons. */
#include "tests/unit/textaid.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static void a_memcg_kill(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	check_render(
		plain, &sample.episode,
		"23:10:08.412  memcg OOM in /system.slice/app.service (limit 512 MiB, swap 0)\n"
		"  killed      java[4242] uid 1000, oom_score_adj 0\n"
		"              498.2 MiB: anon 495.9, file 1.1, shmem 0, swap 0, page tables 1.2\n"
		"  invoked by  java[4242] asking for 2^0 pages, GFP_KERNEL|__GFP_COMP\n"
		"  why         largest of 4 candidates, 412 MiB ahead of redis-server[88];\n"
		"              oom_score_adj -806 would have spared it: redis-server[88] dies\n"
		"  memory      512 of 512 MiB used\n"
		"  candidates     PID COMM               POINTS   ADJ     ANON     SWAP PGTABLES\n"
		"            *   4242 java               127539     0 495.9MiB        0   1.2MiB\n"
		"                  88 redis-server        22067     0  84.1MiB        0   0.3MiB\n"
		"                4250 sh                  -1200   -10   0.4MiB        0        0\n"
		"                   7 agent           adj -1000 -1000     8MiB        0        "
		"0\n");
}

static void a_global_kill(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill_global(&sample);
	check_render(
		plain, &sample.episode,
		"23:10:08.412  out of memory on the whole machine\n"
		"  killed      java[4242] uid 1000, oom_score_adj 0\n"
		"              498.2 MiB: anon 495.9, file 1.1, shmem 0, swap 0, page tables 1.2\n"
		"              in /system.slice/app.service\n"
		"  invoked by  redis-server[88] asking for 2^0 pages,\n"
		"              GFP_HIGHUSER_MOVABLE|__GFP_ZERO\n"
		"  why         largest of 4 candidates, 412 MiB ahead of redis-server[88];\n"
		"              oom_score_adj -806 would have spared it: redis-server[88] dies\n"
		"  candidates     PID COMM               POINTS   ADJ     ANON     SWAP PGTABLES\n"
		"            *   4242 java               127539     0 495.9MiB        0   1.2MiB\n"
		"                  88 redis-server        22067     0  84.1MiB        0   0.3MiB\n"
		"                4250 sh                  -1200   -10   0.4MiB        0        0\n"
		"                   7 agent           adj -1000 -1000     8MiB        0        0\n"
		"                 read right after the choice\n");
}

static void the_table_shows_as_many_as_asked_and_the_victim(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	char *text;

	(void)state;
	sample_fill(&sample);
	options.candidates = 1;
	text = render(options, &sample.episode, NULL, NULL);
	assert_non_null(strstr(text, "* "));
	assert_null(strstr(text, "sh  "));
	assert_non_null(strstr(text, "\n                 3 more, 1 of them not eligible\n"));
	free(text);

	sample.episode.victim = sample.tasks[2];
	sample.victims[0] = sample.tasks[2];
	text = render(options, &sample.episode, NULL, NULL);
	assert_non_null(strstr(text, "            *   4250 sh "));
	assert_non_null(strstr(text, "2 more, 1 of them not eligible"));
	assert_non_null(strstr(text, "number 3 by score of 4 candidates,"));
	free(text);

	sample_fill(&sample);
	sample.episode.n_tasks = 3;
	sample.episode.lost = 1;
	check_contains(&sample.episode, "1 more, not eligible; 1 lost\n");
	options.quiet = true;
	text = render(options, &sample.episode, NULL, NULL);
	assert_null(strstr(text, "candidates     PID"));
	assert_null(strstr(text, "more"));
	free(text);
}

static void every_constraint_has_its_words(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill_global(&sample);
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	check_contains(&sample.episode, "  out of memory on the nodes of a cpuset\n");
	sample.episode.constraint = CONSTRAINT_MEMORY_POLICY_;
	check_contains(&sample.episode, "  out of memory on the nodes of a memory policy\n");
	sample.episode.known &= ~(uint32_t)EPISODE_KNOWS_CONSTRAINT;
	check_contains(&sample.episode,
		       "  out of memory, whether of a cgroup or the machine is not known\n");
	sample_fill_global(&sample);
	sample.episode.sysrq = true;
	sample.episode.invoker.order = -1;
	check_contains(&sample.episode, "  OOM kill asked for by SysRq-f, on the whole machine\n");
	check_contains(&sample.episode, "  invoked by  SysRq-f, in redis-server[88]\n");
}

static void groups_and_sharers(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.victims[1] = sample.tasks[1];
	sample.victims[2] = sample.tasks[2];
	sample.victims[1].killed_as = sample.victims[2].killed_as = KILLED_AS_GROUP;
	sample.episode.n_victims = 3;
	sample.episode.group = true;
	check_contains(&sample.episode,
		       "  group       killed as a group (memory.oom.group): 3 processes\n"
		       "              java[4242], redis-server[88], sh[4250]\n");
	check_contains(&sample.episode, "            *     88 redis-server ");
	sample.victims[2].killed_as = KILLED_AS_SHARED_MM;
	check_contains(&sample.episode,
		       "  group       killed as a group (memory.oom.group): 2 processes\n"
		       "              java[4242], redis-server[88]\n"
		       "  and killed  sh[4250] (sharing their memory)\n");
	sample.episode.group = false;
	sample.episode.n_victims = 2;
	sample.victims[1].killed_as = KILLED_AS_SHARED_MM;
	check_contains(&sample.episode, "  and killed  redis-server[88] (sharing its memory)\n");
	sample.episode.n_victims = 1;
	check_lacks(&sample.episode, "and killed");
}

static void a_large_group_names_the_first(void **state)
{
	enum { COUNT = 64 };
	struct task victims[COUNT];
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	for (uint32_t i = 0; i < COUNT; i++)
		victims[i] = sample_task(1000 + i, "worker", MIB, 256);
	sample.episode.victims = victims;
	sample.episode.n_victims = COUNT;
	sample.episode.group = true;
	check_contains(&sample.episode, "(memory.oom.group): 64 processes\n");
	check_contains(&sample.episode, "worker[1007],\n              and 56 more\n");
	check_lacks(&sample.episode, "worker[1008]");
	for (uint32_t i = 0; i < COUNT; i += 2)
		victims[i].killed_as = KILLED_AS_SHARED_MM;
	check_contains(&sample.episode, "(memory.oom.group): 32 processes\n");
	check_contains(&sample.episode, "worker[1015],\n              and 24 more\n"
					"  and killed  worker[1000], worker[1002],");
	check_contains(&sample.episode, "and 24 more (sharing their memory)\n");
}

static void reasons(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.tasks[0].oom_score_adj = sample.episode.victim.oom_score_adj = 1000;
	check_contains(&sample.episode, "  why         highest score of 4 candidates,");
	check_contains(&sample.episode, "most of its score is its oom_score_adj of 1000\n");
	sample_fill(&sample);
	sample.tasks[1].points = sample.tasks[0].points;
	check_contains(&sample.episode, "4 candidates, level with redis-server[88];\n"
					"              oom_score_adj -1 would have spared it: "
					"redis-server[88] dies\n");
	sample.tasks[1].eligible = sample.tasks[2].eligible = false;
	sample.episode.eligible = 1;
	check_contains(&sample.episode,
		       "  why         the only one of 4 candidates that could be chosen;\n"
		       "              oom_score_adj -1000 would have spared it: nobody else can "
		       "be\n              killed\n");
	sample.episode.n_tasks = sample.episode.total = 1;
	check_contains(&sample.episode, "  why         the only candidate;\n");
	sample.episode.selection = SELECTION_ALLOCATING_TASK;
	check_contains(&sample.episode, "asked for the memory (vm.oom_kill_allocating_task)\n");
	sample.episode.selection = SELECTION_EXITING_TASK;
	check_contains(&sample.episode, "it was exiting already");
	sample_fill(&sample);
	sample.episode.lost = 2;
	sample.episode.n_tasks = 2;
	sample.episode.has_runner_up = true;
	sample.episode.runner_up = sample.tasks[1];
	check_contains(&sample.episode,
		       "  why         chosen of 4 candidates, 412 MiB ahead of redis-server[88]\n");
}

/* The two lines of why, in each of the states that what would have spared it can be in. */
static void what_would_have_spared_it(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.tasks[0].origin = sample.episode.victim.origin = true;
	check_contains(&sample.episode,
		       "  why         largest of 4 candidates, 412 MiB ahead of redis-server[88];\n"
		       "              no oom_score_adj would have spared it\n");
	sample_fill(&sample);
	sample.episode.totalpages = 999; /* no value counts, but that which forbids it */
	check_contains(&sample.episode, "oom_score_adj -1000 would have spared it: redis");
	sample_fill(&sample);
	sample.episode.memcg.oom_group = true;
	check_lacks(&sample.episode, "spared");
	check_contains(&sample.episode, "412 MiB ahead of redis-server[88]\n");
	sample_fill(&sample);
	sample.episode.known &= ~(uint32_t)EPISODE_KNOWS_TOTALPAGES;
	check_lacks(&sample.episode, "spared");
	sample_fill(&sample);
	sample.tasks[1].points = sample.tasks[0].points + 1; /* the points choose another one */
	check_lacks(&sample.episode, "spared");
	check_contains(&sample.episode, "behind redis-server[88]\n");
	sample_fill(&sample);
	sample.episode.selection = SELECTION_ALLOCATING_TASK;
	check_lacks(&sample.episode, "spared");
}

static void what_is_not_known_is_left_out(void **state)
{
	struct episode bare = {
		.id = "00112233aabbccdd",
		.boot_ns = 12345678901ULL,
		.victim = {.pid = 5, .uid = WIRE_NONE_U32, .comm = "x", .eligible = true},
	};

	(void)state;
	check_render(plain, &bare,
		     "[   12.345678]  out of memory, whether of a cgroup or the machine is not "
		     "known\n"
		     "  killed      x[5] oom_score_adj 0\n");
}

static void another_day_has_its_date(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	char *text;

	(void)state;
	sample_fill(&sample);
	options.today_real_ns += 86400LL * 1000000000;
	text = render(options, &sample.episode, NULL, NULL);
	assert_memory_equal(text, "2026-11-22 23:10:08.412  memcg OOM in ", 38);
	check_lines(text);
	free(text);
}

static void colours_only_where_asked(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	char *colored, *text, *to;

	(void)state;
	sample_fill(&sample);
	options.color = true;
	colored = render(options, &sample.episode, NULL, NULL);
	text = render(plain, &sample.episode, NULL, NULL);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(colored, "\033[1;31mjava[4242]\033[m"));
	to = colored;
	for (const char *from = colored; *from; from++) {
		if (*from == '\033')
			from += strcspn(from, "m");
		else
			*to++ = *from;
	}
	*to = '\0';
	assert_string_equal(colored, text);
	free(colored);
	free(text);
}

static void a_reader_that_went_away_is_told(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	struct sink *sink;
	int fds[2];

	(void)state;
	sample_fill(&sample);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	options.fd = fds[1];
	sink = sink_text_new(&options);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), -EPIPE);
	sink->ops->destroy(sink);
	close(fds[1]);
}

static void a_thousand_candidates(void **state)
{
	enum { COUNT = 1000 };
	struct sink_options options = plain;
	struct task *tasks = calloc(COUNT, sizeof(*tasks));
	struct timespec from, to;
	struct sample sample;
	char *text;

	(void)state;
	assert_non_null(tasks);
	sample_fill(&sample);
	for (uint32_t i = 0; i < COUNT; i++)
		tasks[i] = sample_task(4242 + i, "worker", MIB * (COUNT - i), 256 * (COUNT - i));
	sample.episode.tasks = tasks;
	sample.episode.n_tasks = sample.episode.total = sample.episode.eligible = COUNT;
	options.candidates = CANDIDATES_ALL;
	clock_gettime(CLOCK_MONOTONIC, &from);
	text = render(options, &sample.episode, NULL, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("%u candidates: %.1f ms\n", COUNT,
		      (double)(to.tv_sec - from.tv_sec) * 1e3 +
			      (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	check_lines(text);
	assert_non_null(strstr(text, "                5241 worker "));
	free(text);
	free(tasks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_memcg_kill),
		cmocka_unit_test(a_global_kill),
		cmocka_unit_test(the_table_shows_as_many_as_asked_and_the_victim),
		cmocka_unit_test(every_constraint_has_its_words),
		cmocka_unit_test(groups_and_sharers),
		cmocka_unit_test(a_large_group_names_the_first),
		cmocka_unit_test(reasons),
		cmocka_unit_test(what_would_have_spared_it),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(another_day_has_its_date),
		cmocka_unit_test(colours_only_where_asked),
		cmocka_unit_test(a_reader_that_went_away_is_told),
		cmocka_unit_test(a_thousand_candidates),
	};

	signal(SIGPIPE, SIG_IGN);
	setenv("TZ", "XXX-1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
