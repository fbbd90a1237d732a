/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a decision carries beside its victim, and decisions without one, from wire to JSON. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/assemble.h"
#include "sink/sink.h"
#include "tests/unit/sample.h"
#include "tests/unit/wiregen.h"

#define T0 1000000000ULL

/* A stream to one JSON sink. */
struct stream {
	struct sink *sink;
	struct assembler *assembler;
	int fd;
};

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct stream *stream = ctx;

	assert_int_equal(stream->sink->ops->episode(stream->sink, host, episode), 0);
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct stream *stream = ctx;

	assert_int_equal(stream->sink->ops->no_kill(stream->sink, host, episode), 0);
}

static void on_user_kill(void *ctx, const struct host *host, const struct user_kill *kill)
{
	struct stream *stream = ctx;

	assert_int_equal(stream->sink->ops->user_kill(stream->sink, host, kill), 0);
}

static const struct assembler_ops ops = {
	.episode = on_episode,
	.no_kill = on_no_kill,
	.user_kill = on_user_kill,
};

static void feed(struct stream *stream, const void *record)
{
	const struct wire_head *head = record;

	assert_int_equal(assembler_feed(stream->assembler, record, head->size), 0);
}

static void stream_open(struct stream *stream, uint32_t backend)
{
	struct sink_options options = {.candidates = CANDIDATES_ALL};
	struct assembler_config config = {
		.ops = &ops,
		.ctx = stream,
		.max_candidates = 16,
		.source = "replay",
	};
	struct wire_host host = gen_host(backend);

	options.fd = stream->fd = sample_fd();
	stream->sink = sink_jsonl_new(&options);
	stream->assembler = assembler_new(&config);
	assert_non_null(stream->sink);
	assert_non_null(stream->assembler);
	feed(stream, &host);
}

/* Closes @stream. Returns its only line. */
static json_t *stream_close(struct stream *stream)
{
	size_t len;
	char *text = sample_read(stream->fd, &len);
	json_t *line = json_loads(text, 0, NULL);

	assert_non_null(line);
	free(text);
	assembler_free(stream->assembler);
	stream->sink->ops->destroy(stream->sink);
	close(stream->fd);
	return line;
}

/* The line that @decision and its end make. */
static json_t *told_of(const struct wire_decision *decision)
{
	struct wire_end end = gen_end(decision->head.episode, decision->head.boot_ns + 1);
	struct stream stream;

	stream_open(&stream, 0);
	feed(&stream, decision);
	feed(&stream, &end);
	return stream_close(&stream);
}

static const char *string_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void ancestors_have_the_memcgs_path_cut_level_by_level(void **state)
{
	struct wire_decision decision = gen_decision(1, T0);
	json_t *line, *ancestors;

	(void)state;
	decision.ancestors_count = 2;
	decision.ancestors[0] = (struct wire_ancestor){.usage = 10, .limit = 20, .swap_limit = 30};
	decision.ancestors[1] = (struct wire_ancestor){.usage = 40, .limit = WIRE_UNLIMITED};
	line = told_of(&decision);
	ancestors = json_object_get(json_object_get(line, "memcg"), "ancestors");
	assert_int_equal(json_array_size(ancestors), 2);
	assert_string_equal(string_at(json_array_get(ancestors, 0), "path"), "/system.slice");
	assert_string_equal(string_at(json_array_get(ancestors, 1), "path"), "/");
	assert_string_equal(string_at(json_array_get(ancestors, 1), "limit_bytes"), "max");
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(ancestors, 0), "limit_bytes")),
		20 * GEN_PAGE);
	json_decref(line);
}

static void more_ancestors_than_fit_are_refused(void **state)
{
	struct wire_decision decision = gen_decision(1, T0);
	struct stream stream;

	(void)state;
	stream_open(&stream, 0);
	decision.ancestors_count = WIRE_ANCESTORS + 1;
	assert_true(assembler_feed(stream.assembler, &decision, sizeof(decision)) < 0);
	decision.ancestors_count = 0;
	decision.cmdline_len = WIRE_CMDLINE_LEN + 1;
	assert_true(assembler_feed(stream.assembler, &decision, sizeof(decision)) < 0);
	decision.cmdline_len = 0;
	feed(&stream, &decision);
	assembler_finish(stream.assembler, T0 + 1);
	json_decref(stream_close(&stream));
}

static void a_command_line_is_its_arguments_with_blanks_between(void **state)
{
	struct wire_decision decision = gen_decision(1, T0);
	json_t *line, *victim;

	(void)state;
	decision.cmdline_len = 12;
	memcpy(decision.cmdline, "java\0-Xmx1g\0", 12);
	line = told_of(&decision);
	victim = json_object_get(line, "victim");
	assert_string_equal(string_at(victim, "cmdline"), "java -Xmx1g");
	assert_null(json_object_get(victim, "cmdline_truncated"));
	json_decref(line);
}

static void a_command_line_of_nothing_is_not_told(void **state)
{
	struct wire_decision decision = gen_decision(1, T0);
	json_t *line;

	(void)state;
	decision.cmdline_len = 3; /* a title that was cleared */
	line = told_of(&decision);
	assert_null(json_object_get(json_object_get(line, "victim"), "cmdline"));
	json_decref(line);
}

static struct wire_decision without_victim(uint8_t source, uint8_t constraint)
{
	struct wire_decision decision = gen_decision(1, T0);

	memset(&decision.victim, 0, sizeof(decision.victim));
	decision.flags |= DECISION_NO_VICTIM;
	decision.source = source;
	decision.constraint = constraint;
	return decision;
}

static void a_decision_without_a_victim_is_no_kill(void **state)
{
	struct wire_decision decision = without_victim(SOURCE_SELECTION, CONSTRAINT_MEMCG_);
	json_t *line;

	(void)state;
	decision.repeated = 7;
	line = told_of(&decision);
	assert_string_equal(string_at(line, "type"), "oom_no_kill");
	assert_string_equal(string_at(line, "reason"), "nothing_killable");
	assert_int_equal(json_integer_value(json_object_get(line, "repeated")), 7);
	assert_null(json_object_get(line, "victim"));
	assert_null(json_object_get(line, "id"));
	assert_null(json_object_get(line, "why"));
	assert_non_null(json_object_get(line, "memcg"));
	json_decref(line);
}

static void nobody_evaluated_is_a_panic_but_not_within_a_memcg(void **state)
{
	struct wire_decision machine = without_victim(SOURCE_NONE, CONSTRAINT_NONE_);
	struct wire_decision memcg = without_victim(SOURCE_NONE, CONSTRAINT_MEMCG_);
	json_t *line = told_of(&machine);

	(void)state;
	assert_string_equal(string_at(line, "reason"), "panic_on_oom");
	json_decref(line);
	line = told_of(&memcg);
	assert_string_equal(string_at(line, "reason"), "nothing_killable");
	json_decref(line);
}

static void scores_of_the_whole_machine_do_not_hold_within_a_cpuset(void **state)
{
	struct wire_decision decision = gen_decision(1, T0);
	struct wire_kmsg line =
		gen_kmsg(T0, "3,1,1,-;oom-kill:constraint=CONSTRAINT_CPUSET,"
			     "nodemask=(null),cpuset=batch,mems_allowed=1,global_oom,"
			     "task_memcg=/,task=victim,pid=100,uid=0");
	struct wire_end end = gen_end(1, T0 + 1);
	struct stream stream;
	json_t *told;

	(void)state;
	memset(&decision.memcg, 0, sizeof(decision.memcg));
	decision.flags = DECISION_TOTALPAGES;
	decision.constraint = CONSTRAINT_UNKNOWN;
	decision.victim.flags &= ~TASK_POINTS_KERNEL;
	decision.victim.flags |= TASK_POINTS_COMPUTED;
	stream_open(&stream, 2);
	feed(&stream, &line);
	feed(&stream, &decision);
	feed(&stream, &end);
	told = stream_close(&stream);
	assert_string_equal(string_at(told, "constraint"), "cpuset");
	assert_string_equal(string_at(told, "completed_from"), "kmsg");
	assert_null(json_object_get(told, "totalpages"));
	assert_null(json_object_get(json_object_get(told, "victim"), "points"));
	json_decref(told);
}

static void a_user_space_killers_signal_names_both_sides(void **state)
{
	struct wire_signal signal = {
		.head = gen_head(WIRE_SIGNAL, sizeof(signal), 0, T0),
		.start_ns = T0 / 2,
		.signal = 9,
		.sender_pid = 300,
		.pid = 400,
		.ppid = 1,
		.uid = 1000,
		.oom_score_adj = 200,
		.sender_comm = "earlyoom",
		.comm = "java",
	};
	struct stream stream;
	json_t *line, *target;

	(void)state;
	stream_open(&stream, 0);
	feed(&stream, &signal);
	line = stream_close(&stream);
	target = json_object_get(line, "target");
	assert_string_equal(string_at(line, "type"), "killed_by_user");
	assert_string_equal(string_at(json_object_get(line, "sender"), "comm"), "earlyoom");
	assert_string_equal(string_at(target, "comm"), "java");
	assert_int_equal(json_integer_value(json_object_get(target, "oom_score_adj")), 200);
	assert_null(json_object_get(target, "rss_anon_bytes"));
	json_decref(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ancestors_have_the_memcgs_path_cut_level_by_level),
		cmocka_unit_test(more_ancestors_than_fit_are_refused),
		cmocka_unit_test(a_command_line_is_its_arguments_with_blanks_between),
		cmocka_unit_test(a_command_line_of_nothing_is_not_told),
		cmocka_unit_test(a_decision_without_a_victim_is_no_kill),
		cmocka_unit_test(nobody_evaluated_is_a_panic_but_not_within_a_memcg),
		cmocka_unit_test(scores_of_the_whole_machine_do_not_hold_within_a_cpuset),
		cmocka_unit_test(a_user_space_killers_signal_names_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
