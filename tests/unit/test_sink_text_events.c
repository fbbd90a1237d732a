// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Outcomes, losses and decisions without a victim as text. */
#include "tests/unit/textaid.h"

static char *render_no_kill(const struct episode *episode)
{
	struct sink_options options = plain;
	struct sink *sink;
	char *text;

	options.fd = sample_fd();
	sink = sink_text_new(&options);
	assert_non_null(sink);
	assert_int_equal(sink->ops->no_kill(sink, sample_host(), episode), 0);
	sink->ops->destroy(sink);
	text = sample_read(options.fd, NULL);
	close(options.fd);
	check_lines(text);
	return text;
}

static void nobody_is_killed(void **state)
{
	struct sample sample;
	char *text;

	(void)state;
	sample_fill(&sample);
	sample.episode.n_tasks = sample.episode.total = 0;
	sample.episode.no_kill = NO_KILL_DISABLED;
	sample.episode.repeated = 41;
	text = render_no_kill(&sample.episode);
	assert_string_equal(
		text,
		"23:10:08.412  memcg OOM in /system.slice/app.service (limit 512 MiB, swap 0)\n"
		"  nobody      is killed: memory.oom_control has the OOM killer switched off here\n"
		"              (and 41 times more since the last report)\n"
		"  waiting     java[4242], until the limit is raised, something in the group ends\n"
		"              or is killed, or 0 is written to its memory.oom_control\n"
		"  memory      512 of 512 MiB used\n");
	free(text);
	sample.episode.no_kill = NO_KILL_PANIC;
	sample.episode.repeated = 0;
	text = render_no_kill(&sample.episode);
	assert_non_null(strstr(text,
			       "  nobody      is killed: vm.panic_on_oom, the kernel panics next\n"
			       "  invoked by  java[4242] asking"));
	free(text);
	sample.episode.sysctls.panic_on_oom = 2;
	text = render_no_kill(&sample.episode);
	assert_non_null(strstr(text, "is killed: vm.panic_on_oom is 2, the kernel panics next\n"));
	free(text);
	sample.episode.no_kill = NO_KILL_NOTHING_KILLABLE;
	text = render_no_kill(&sample.episode);
	assert_non_null(strstr(text, "  nobody      can be killed: the request fails\n"));
	free(text);
}

static void losses_of_an_episode_are_shown_in_it(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.episode.loss[LOSS_RING_CANDIDATE] = 12;
	sample.episode.loss[LOSS_WALK_CANDIDATE] = 1;
	check_contains(
		&sample.episode,
		"  lost        12 candidates: no room in the ring (ring_candidate); a larger\n"
		"              --ring-size helps\n"
		"  lost        1 walk of the task list: given up at the bound "
		"(walk_candidate)\n");
}

static void every_reason_of_a_loss_has_words(void **state)
{
	(void)state;
	for (uint8_t reason = 0; reason <= LOSS_MAX; reason++) {
		struct lost lost = {.real_ns = SAMPLE_REAL_NS, .reason = reason, .count = 2};
		char *text = render(plain, NULL, NULL, &lost);

		assert_memory_equal(text, "23:10:08.412  lost 2 ", 21);
		assert_non_null(strstr(text, loss_name(reason)));
		assert_true(reason == LOSS_MAX || !strstr(text, "not known here"));
		check_lines(text);
		free(text);
	}
}

static void check_outcome(const struct outcome *outcome, const char *want)
{
	char *text = render(plain, NULL, outcome, NULL);

	assert_string_equal(text, want);
	check_lines(text);
	free(text);
}

static void outcomes(void **state)
{
	struct outcome outcome = {
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS + 9000000,
		.has_exited = true,
		.has_freed = true,
		.exited_ns = 8400000,
		.freed_ns = 9000000,
	};

	(void)state;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, memory freed after 9.0 ms\n");
	outcome.has_aborted = true;
	outcome.aborted_selections = 312;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, memory freed after 9.0 ms\n"
		      "              312 more OOMs waited for it instead of killing another\n");
	outcome.has_aborted = false;
	outcome.has_reaped = true;
	outcome.reaped_ns = 2500000;
	outcome.has_freed = false;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, reaped after 2.5 ms\n");
	outcome.watched_ns = 5000000000;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, reaped after 2.5 ms, "
		      "memory still\n              in use 5.0 s after the kill\n");
	outcome = (struct outcome){
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.watched_ns = 5000000000,
	};
	check_outcome(&outcome, "23:10:08.412  java[4242] is still alive 5.0 s after the kill, "
				"memory not seen to\n              be freed\n");
	outcome.watched_ns = 0;
	check_outcome(&outcome, "23:10:08.412  java[4242] was not seen to exit, memory not seen to "
				"be freed\n");
}

static void what_the_reaper_did(void **state)
{
	struct outcome outcome = {
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.watched_ns = 5000000000,
		.has_reaped = true,
		.has_reaped_bytes = true,
		.reaped_ns = 2100000000,
		.reaped_bytes = 498 * MIB,
	};

	(void)state;
	check_outcome(&outcome, "23:10:08.412  java[4242] is still alive 5.0 s after the kill, the "
				"oom_reaper\n              took 498 MiB after 2.1 s\n");
	outcome.has_reaped = outcome.has_reaped_bytes = false;
	outcome.has_reap_skipped = true;
	outcome.reap_skipped_ns = 2000000000;
	check_outcome(&outcome,
		      "23:10:08.412  java[4242] is still alive 5.0 s after the kill, the "
		      "oom_reaper\n              could not get at its memory after 2.0 s, "
		      "memory not seen to be\n              freed\n");
	outcome.watched_ns = 0;
	outcome.has_exited = outcome.has_freed = true;
	outcome.exited_ns = 61200000000;
	outcome.freed_ns = 61300000000;
	check_outcome(&outcome,
		      "23:10:08.412  java[4242] has gone at last: exited after 61.2 s, "
		      "passed by the\n              oom_reaper after 2.0 s, memory freed after "
		      "61.3 s\n");
	outcome.has_reaped = outcome.has_reaped_bytes = true;
	outcome.exited_ns = outcome.freed_ns = outcome.reaped_ns = INT64_MAX;
	outcome.reaped_bytes = UINT64_MAX;
	check_outcome(&outcome,
		      "23:10:08.412  java[4242] has gone at last: exited after 9223372036.9 s, "
		      "the\n              oom_reaper took 16.0 EiB after 9223372036.9 s, memory "
		      "freed after\n              9223372036.9 s\n");
}

static void what_was_looked_up_while_it_died(void **state)
{
	struct outcome outcome = {
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.has_exited = true,
		.has_freed = true,
		.exited_ns = 8400000,
		.freed_ns = 9000000,
		.cmdline = "java -Xmx512m \033]0;",
		.pod = "web-0",
	};
	static const char first[] =
		"23:10:08.412  java[4242] exited after 8.4 ms, memory freed after 9.0 ms\n";
	char want[512];

	(void)state;
	snprintf(want, sizeof(want),
		 "%s  command     java -Xmx512m \\x1b]0;\n  pod         web-0\n", first);
	check_outcome(&outcome, want);
	*outcome.cmdline = '\0';
	strcpy(outcome.pod_namespace, "shop\n");
	snprintf(want, sizeof(want), "%s  pod         shop\\n/web-0\n", first);
	check_outcome(&outcome, want);
	memset(outcome.cmdline, 'a', sizeof(outcome.cmdline) - 1);
	outcome.cmdline_truncated = true;
	memset(outcome.pod, 'p', sizeof(outcome.pod));
	memset(outcome.pod_namespace, 'n', sizeof(outcome.pod_namespace));
	free(render(plain, NULL, &outcome, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_killed),
		cmocka_unit_test(losses_of_an_episode_are_shown_in_it),
		cmocka_unit_test(every_reason_of_a_loss_has_words),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(what_the_reaper_did),
		cmocka_unit_test(what_was_looked_up_while_it_died),
	};

	setenv("TZ", "XXX-1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
