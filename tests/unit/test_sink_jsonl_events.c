// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* JSON lines of what is no decision: outcomes, waits, losses, beginning and end. */
#include "tests/unit/jsonaid.h"

static void attached_tells_what_was_refused(void **state)
{
	struct sink_options options = everything;
	struct wire_host wire = *sample_host()->wire;
	struct host host = {.wire = &wire};
	struct sink *sink;
	json_t *root;

	(void)state;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->attached(sink, sample_host()), 0);
	root = parse_line(take_line(sink, options.fd));
	check_string(root, "type", "attached");
	check_string(root, "version", "0.1.0");
	check_string(root, "backend", "kprobe");
	check_string(root, "candidates_source", "selection");
	check_string(root, "kernel", "6.1.0");
	check_string(root, "arch", "x86_64");
	check_number(root, "attach_ms", 41);
	check_number(root, "uptime_ms", 41.5);
	assert_int_equal(json_array_size(at(root, "refused")), 1);
	check_string(root, "refused.0.backend", "fentry");
	check_string(root, "refused.0.reason", "no BTF");
	check_absent(root, "pid_namespace");
	json_decref(root);

	wire.flags = HOST_OWN_PIDS;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->attached(sink, &host), 0);
	root = parse_line(take_line(sink, options.fd));
	check_string(root, "pid_namespace", "own");
	json_decref(root);
}

static void outcomes(void **state)
{
	struct sink_options options = everything;
	struct outcome outcome = {
		.id = "00112233aabbccdd",
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.boot_ns = SAMPLE_BOOT_NS,
		.has_sigkill = true,
		.has_exited = true,
		.has_freed = true,
		.has_aborted = true,
		.sigkill_ns = -2000,
		.exited_ns = 8400000,
		.freed_ns = 9000000,
	};
	struct sink *sink;
	json_t *root;

	(void)state;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->outcome(sink, sample_host(), &outcome), 0);
	root = parse_line(take_line(sink, options.fd));
	check_string(root, "type", "oom_outcome");
	check_string(root, "id", "00112233aabbccdd");
	check_number(root, "pid", 4242);
	check_number(root, "sigkill_ms", -0.002);
	check_number(root, "exited_ms", 8.4);
	check_number(root, "freed_ms", 9);
	check_number(root, "aborted_selections", 0);
	check_absent(root, "reaped_ms");
	check_absent(root, "reaped_bytes");
	check_absent(root, "reap_skipped_ms");
	check_absent(root, "watched_ms");
	check_absent(root, "cmdline");
	check_absent(root, "container");
	json_decref(root);
}

static void outcomes_of_the_reaper_and_what_was_looked_up(void **state)
{
	struct sink_options options = everything;
	struct outcome outcome = {
		.id = "00112233aabbccdd",
		.pid = 4242,
		.has_reaped = true,
		.has_reaped_bytes = true,
		.has_reap_skipped = true,
		.reaped_ns = 2100000000,
		.reap_skipped_ns = 2200000000,
		.cmdline = "java -jar \xff",
		.cmdline_truncated = true,
		.pod = "web-0",
		.pod_namespace = "shop",
	};
	struct sink *sink;
	json_t *root;

	(void)state;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->outcome(sink, sample_host(), &outcome), 0);
	root = parse_line(take_line(sink, options.fd));
	check_number(root, "reaped_ms", 2100);
	check_number(root, "reaped_bytes", 0);
	check_number(root, "reap_skipped_ms", 2200);
	check_string(root, "cmdline", "java -jar \xef\xbf\xbd");
	check_bool(root, "cmdline_truncated", true);
	check_string(root, "container.pod", "web-0");
	check_string(root, "container.namespace", "shop");
	json_decref(root);

	memset(outcome.pod, 'p', sizeof(outcome.pod));
	*outcome.pod_namespace = '\0';
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->outcome(sink, sample_host(), &outcome), 0);
	root = parse_line(take_line(sink, options.fd));
	assert_int_equal(json_string_length(at(root, "container.pod")), WIRE_POD_LEN);
	check_absent(root, "container.namespace");
	json_decref(root);
}

static void tasks_that_wait_under_a_disabled_killer(void **state)
{
	struct sink_options options = everything;
	struct sample sample;
	struct sink *sink;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample.episode.no_kill = NO_KILL_DISABLED;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->no_kill(sink, sample_host(), &sample.episode), 0);
	root = parse_line(take_line(sink, options.fd));
	check_string(root, "type", "oom_no_kill");
	check_string(root, "reason", "oom_kill_disabled");
	check_number(root, "invoker.pid", 4242);
	check_string(root, "memcg.path", "/system.slice/app.service");
	check_absent(root, "victim");
	check_absent(root, "id");
	check_absent(root, "why");
	json_decref(root);
}

static void losses_and_totals(void **state)
{
	struct sink_options options = everything;
	struct lost lost = {.boot_ns = 5, .reason = LOSS_RING_FATE, .count = 12};
	struct totals totals = {.boot_ns = 5, .episodes = 3, .kills = 4, .candidates = 500};
	struct sink *sink;
	json_t *root;

	(void)state;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->lost(sink, sample_host(), &lost), 0);
	root = parse_line(take_line(sink, options.fd));
	check_string(root, "type", "lost");
	check_string(root, "reason", "ring_fate");
	check_number(root, "count", 12);
	check_absent(root, "time");
	json_decref(root);

	totals.lost[LOSS_OUTPUT] = 7;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->detached(sink, NULL, &totals), 0);
	root = parse_line(take_line(sink, options.fd));
	check_string(root, "type", "detached");
	check_number(root, "episodes", 3);
	check_number(root, "kills", 4);
	check_number(root, "candidates", 500);
	check_number(root, "lost.output", 7);
	assert_int_equal(json_object_size(at(root, "lost")), 1);
	check_absent(root, "host");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attached_tells_what_was_refused),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(outcomes_of_the_reaper_and_what_was_looked_up),
		cmocka_unit_test(tasks_that_wait_under_a_disabled_killer),
		cmocka_unit_test(losses_and_totals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
