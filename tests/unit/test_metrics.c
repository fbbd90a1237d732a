/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tests/unit/sample.h"

#include <errno.h>

#include "lib/utf8.h"
#include "sink/metrics.h"
#include "sink/tally.h"

#define POD  "/kubepods/burstable/pod8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab/"
#define ID_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char page[METRICS_BYTES + 1];

static const struct metrics_now now = {
	.real_ns = SAMPLE_REAL_NS,
	.kernel_kills = 20,
	.kernel_kills_attached = 17,
};

static struct sink *counting(void)
{
	struct sink *sink = sink_metrics_new();

	assert_non_null(sink);
	sink->ops->attached(sink, sample_host());
	return sink;
}

static const char *render(const struct sink *sink, const struct metrics_now *moment)
{
	int64_t len = metrics_render(sink, moment, page, sizeof(page) - 1);

	assert_true(len > 0);
	page[len] = '\0';
	return page;
}

/* The value of the series of that name and labels; fails where there is none. */
static double value_of(const char *series)
{
	size_t len = strlen(series);

	for (const char *line = page; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, series, len) == 0 && line[len] == ' ')
			return strtod(line + len, NULL);
	}
	fail_msg("no %s in:\n%s", series, page);
	return -1;
}

static void kill_in(struct sink *sink, const char *cgroup, const char *id)
{
	struct sample sample;

	sample_fill(&sample);
	sample.victims[0].known |= TASK_KNOWS_CGROUP;
	sample.victims[0].cgroup = cgroup;
	sample.episode.n_victims = 1;
	snprintf(sample.episode.id, sizeof(sample.episode.id), "%s", id);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), 0);
}

static void kills_are_counted_by_what_they_were(void **state)
{
	struct sink *sink = counting();
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.episode.known |= EPISODE_KNOWS_CONSTRAINT;
	sample.episode.constraint = CONSTRAINT_MEMCG_;
	sample.episode.selection = SELECTION_BADNESS;
	sample.episode.n_victims = 1;
	sink->ops->episode(sink, sample_host(), &sample.episode);
	sample.episode.group = true;
	sample.episode.n_victims = 3;
	sample.victims[1] = sample.victims[2] = sample.victims[0];
	sample.victims[2].killed_as = KILLED_AS_SHARED_MM;
	sink->ops->episode(sink, sample_host(), &sample.episode);
	sample.episode.constraint = CONSTRAINT_UNKNOWN;
	sample.episode.group = false;
	sample.episode.n_victims = 1;
	sink->ops->episode(sink, sample_host(), &sample.episode);
	render(sink, &now);
	assert_true(value_of("oomtrace_kills_total{scope=\"process\",constraint=\"memcg\","
			     "selection=\"select_bad_process\"}") == 1);
	assert_true(value_of("oomtrace_kills_total{scope=\"group\",constraint=\"memcg\","
			     "selection=\"select_bad_process\"}") == 2);
	assert_true(value_of("oomtrace_kills_total{scope=\"process\",constraint=\"unknown\","
			     "selection=\"select_bad_process\"}") == 1);
	assert_true(value_of("oomtrace_kills_total{scope=\"process\",constraint=\"none\","
			     "selection=\"select_bad_process\"}") == 0);
	/* java of the sample: anon, file and page tables, four times */
	assert_true(value_of("oomtrace_killed_bytes_total") ==
		    4.0 * (519988019 + 1153434 + 1258291));
	assert_true(value_of("oomtrace_kernel_kills_total") == 20);
	assert_true(value_of("oomtrace_unseen_kills") == 0);
	sink->ops->destroy(sink);
}

static void what_the_kernel_counts_and_nobody_saw_is_told(void **state)
{
	struct metrics_now moment = now;
	struct sink *sink = counting();

	(void)state;
	kill_in(sink, "/a", "1");
	render(sink, &moment);
	assert_true(value_of("oomtrace_unseen_kills") == 2);
	moment.kernel_kills = WIRE_NONE_U64;
	assert_null(strstr(render(sink, &moment), "oomtrace_unseen_kills"));
	assert_null(strstr(page, "oomtrace_kernel_kills_total"));
	sink->ops->destroy(sink);
}

static void owners_are_named_and_bounded(void **state)
{
	struct sink *sink = counting();

	(void)state;
	for (unsigned int i = 0; i < TALLY_OWNERS + 7; i++) {
		char cgroup[64];

		snprintf(cgroup, sizeof(cgroup), "/system.slice/app-%u.service", i);
		kill_in(sink, cgroup, "1");
	}
	kill_in(sink, "/system.slice/app-3.service", "1");
	render(sink, &now);
	assert_true(value_of("oomtrace_unit_kills_total{unit=\"app-3.service\"}") == 2);
	assert_true(value_of("oomtrace_unit_kills_total{unit=\"other\"}") == 7);
	assert_null(strstr(page, "app-50.service"));
	assert_true(value_of("oomtrace_unit_killed_bytes_total{unit=\"other\"}") > 0);
	sink->ops->destroy(sink);
}

static void a_pod_gets_its_name_when_it_was_looked_up(void **state)
{
	struct outcome outcome = {.id = "abc", .has_freed = true, .freed_ns = 4000000};
	struct sink *sink = counting();

	(void)state;
	kill_in(sink, POD ID_A, "abc");
	render(sink, &now);
	assert_true(
		value_of(
			"oomtrace_pod_kills_total{pod_uid=\"8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab\","
			"namespace=\"\",pod=\"\"}") == 1);
	snprintf(outcome.pod, sizeof(outcome.pod), "web-0");
	snprintf(outcome.pod_namespace, sizeof(outcome.pod_namespace), "shop");
	sink->ops->outcome(sink, sample_host(), &outcome);
	render(sink, &now);
	assert_true(
		value_of(
			"oomtrace_pod_kills_total{pod_uid=\"8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab\","
			"namespace=\"shop\",pod=\"web-0\"}") == 1);
	assert_non_null(strstr(page, "oomtrace_container_kills_total{container=\"" ID_A "\""));
	sink->ops->destroy(sink);
}

static void times_fall_into_classic_buckets(void **state)
{
	static const int64_t freed_ns[] = {900000, 1000000, 4000000, 700000000, 20000000000};
	struct outcome outcome = {.id = "abc", .has_freed = true};
	struct sink *sink = counting();

	(void)state;
	for (size_t i = 0; i < sizeof(freed_ns) / sizeof(*freed_ns); i++) {
		outcome.freed_ns = freed_ns[i];
		sink->ops->outcome(sink, sample_host(), &outcome);
	}
	outcome.has_freed = false;
	sink->ops->outcome(sink, sample_host(), &outcome);
	render(sink, &now);
	assert_true(value_of("oomtrace_freed_seconds_bucket{le=\"0.001\"}") == 2);
	assert_true(value_of("oomtrace_freed_seconds_bucket{le=\"0.005\"}") == 3);
	assert_true(value_of("oomtrace_freed_seconds_bucket{le=\"0.5\"}") == 3);
	assert_true(value_of("oomtrace_freed_seconds_bucket{le=\"1\"}") == 4);
	assert_true(value_of("oomtrace_freed_seconds_bucket{le=\"10\"}") == 4);
	assert_true(value_of("oomtrace_freed_seconds_bucket{le=\"+Inf\"}") == 5);
	assert_true(value_of("oomtrace_freed_seconds_count") == 5);
	assert_true(value_of("oomtrace_freed_seconds_sum") > 20.7058);
	assert_true(value_of("oomtrace_overdue_victims_total") == 1);
	sink->ops->destroy(sink);
}

static void what_is_hostile_in_a_label_stays_in_it(void **state)
{
	struct user_kill kill = {.signal = 9, .sender_comm = "a\"} 9\n\\b\x1b\xff"};
	struct sink *sink = counting();

	(void)state;
	sink->ops->user_kill(sink, sample_host(), &kill);
	kill_in(sink, "/system.slice/x\"\n} 1\noomtrace_kills_total 7.service", "1");
	render(sink, &now);
	assert_true(value_of("oomtrace_user_kill_signals_total{killer=\"a\\\"} 9\\n\\\\b"
			     "\xef\xbf\xbd\xef\xbf\xbd\"}") == 1);
	assert_null(strstr(page, "\noomtrace_kills_total 7"));
	for (const char *at = page; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
	sink->ops->destroy(sink);
}

static void the_fullest_page_fits(void **state)
{
	struct sink *sink = counting();
	struct outcome outcome = {.id = "abc"};

	(void)state;
	memset(outcome.pod, '"', sizeof(outcome.pod) - 1);
	memset(outcome.pod_namespace, '"', sizeof(outcome.pod_namespace) - 1);
	for (unsigned int i = 0; i <= TALLY_OWNERS; i++) {
		char cgroup[1024], name[200], id[EPISODE_ID_LEN];

		memset(name, '"', sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		snprintf(id, sizeof(id), "%u", i);
		snprintf(cgroup, sizeof(cgroup),
			 "/%s%03u.service/kubepods/pod%08x-4c1f-4d2a-9d5b-0123456789ab/%061x%03u",
			 name, i, i, 10, i);
		kill_in(sink, cgroup, id);
		memcpy(outcome.id, id, sizeof(id));
		sink->ops->outcome(sink, sample_host(), &outcome);
	}
	render(sink, &now);
	assert_true(value_of("oomtrace_unit_kills_total{unit=\"other\"}") == 1);
	assert_int_equal(metrics_render(sink, &now, page, 1000), -ENOSPC);
	sink->ops->destroy(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kills_are_counted_by_what_they_were),
		cmocka_unit_test(what_the_kernel_counts_and_nobody_saw_is_told),
		cmocka_unit_test(owners_are_named_and_bounded),
		cmocka_unit_test(a_pod_gets_its_name_when_it_was_looked_up),
		cmocka_unit_test(times_fall_into_classic_buckets),
		cmocka_unit_test(what_is_hostile_in_a_label_stays_in_it),
		cmocka_unit_test(the_fullest_page_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
