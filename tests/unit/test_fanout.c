// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/sample.h"

#include <errno.h>

#include "sink/fanout.h"

struct fake {
	struct sink sink;
	int result;
	unsigned int attached, episodes, outcomes, losses, detached;
	const struct episode *episode;
	unsigned int destroyed;
};

static int fake_attached(struct sink *sink, const struct host *host)
{
	(void)host;
	((struct fake *)sink)->attached++;
	return ((struct fake *)sink)->result;
}

static int fake_episode(struct sink *sink, const struct host *host, const struct episode *episode)
{
	(void)host;
	((struct fake *)sink)->episodes++;
	((struct fake *)sink)->episode = episode;
	return ((struct fake *)sink)->result;
}

static int fake_outcome(struct sink *sink, const struct host *host, const struct outcome *outcome)
{
	(void)host;
	(void)outcome;
	((struct fake *)sink)->outcomes++;
	return ((struct fake *)sink)->result;
}

static int fake_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	(void)host;
	(void)lost;
	((struct fake *)sink)->losses++;
	return ((struct fake *)sink)->result;
}

static int fake_detached(struct sink *sink, const struct host *host, const struct totals *totals)
{
	(void)host;
	(void)totals;
	((struct fake *)sink)->detached++;
	return ((struct fake *)sink)->result;
}

static void fake_destroy(struct sink *sink)
{
	((struct fake *)sink)->destroyed++;
}

static const struct sink_ops fake_ops = {
	.name = "fake",
	.attached = fake_attached,
	.episode = fake_episode,
	.outcome = fake_outcome,
	.lost = fake_lost,
	.detached = fake_detached,
	.destroy = fake_destroy,
};
static const struct sink_ops deaf_ops = {.name = "deaf"};

static void every_event_reaches_every_sink(void **state)
{
	struct fake fakes[3] = {
		{.sink.ops = &fake_ops}, {.sink.ops = &deaf_ops}, {.sink.ops = &fake_ops}};
	struct fanout fanout = {0};
	struct host *host = sample_host();
	struct episode episode = {0};
	struct outcome outcome = {0};
	struct lost lost = {0};
	struct totals totals = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(fanout_add(&fanout, &fakes[i].sink), i);
	assert_int_equal(fanout_attached(&fanout, host), 0);
	assert_int_equal(fanout_episode(&fanout, host, &episode), 0);
	assert_int_equal(fanout_outcome(&fanout, host, &outcome), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(fanout_lost(&fanout, i, host, &lost), 0);
	assert_int_equal(fanout_detached(&fanout, host, &totals), 0);
	for (int i = 0; i < 3; i += 2) {
		assert_int_equal(fakes[i].attached, 1);
		assert_int_equal(fakes[i].episodes, 1);
		assert_ptr_equal(fakes[i].episode, &episode);
		assert_int_equal(fakes[i].outcomes, 1);
		assert_int_equal(fakes[i].losses, 1);
		assert_int_equal(fakes[i].detached, 1);
	}
	fanout_destroy(&fanout);
	assert_int_equal(fakes[0].destroyed, 1);
	assert_int_equal(fakes[2].destroyed, 1);
	assert_int_equal(fanout_alive(&fanout), 0);
}

static void a_failing_sink_starves_no_other(void **state)
{
	struct fake broken = {.sink.ops = &fake_ops, .result = -ENOSPC};
	struct fake gone = {.sink.ops = &fake_ops, .result = -EPIPE};
	struct fake good = {.sink.ops = &fake_ops};
	struct fanout fanout = {0};
	struct episode episode = {0};

	(void)state;
	fanout_add(&fanout, &broken.sink);
	fanout_add(&fanout, &gone.sink);
	fanout_add(&fanout, &good.sink);
	assert_int_equal(fanout_alive(&fanout), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fanout_episode(&fanout, NULL, &episode), 1);
	assert_int_equal(good.episodes, 3);
	/* What is full may have room again; who has gone does not come back. */
	assert_int_equal(broken.episodes, 3);
	assert_int_equal(gone.episodes, 1);
	assert_int_equal(fanout_alive(&fanout), 2);
	assert_int_equal(fanout.outputs[0].failed, 3);
	assert_int_equal(fanout.outputs[0].error, -ENOSPC);
	assert_false(fanout.outputs[0].gone);
	assert_int_equal(fanout.outputs[1].failed, 0);
	assert_true(fanout.outputs[1].gone);
	assert_int_equal(fanout.outputs[2].error, 0);
	broken.result = 0;
	assert_int_equal(fanout_episode(&fanout, NULL, &episode), 0);
	fanout_destroy(&fanout);
}

static void there_is_an_end_to_the_outputs(void **state)
{
	struct fake fakes[FANOUT_SINKS + 1];
	struct fanout fanout = {0};

	(void)state;
	for (int i = 0; i < FANOUT_SINKS; i++) {
		fakes[i] = (struct fake){.sink.ops = &fake_ops};
		assert_int_equal(fanout_add(&fanout, &fakes[i].sink), i);
	}
	assert_int_equal(fanout_add(&fanout, &fakes[FANOUT_SINKS].sink), -ENOSPC);
	fanout_destroy(&fanout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_reaches_every_sink),
		cmocka_unit_test(a_failing_sink_starves_no_other),
		cmocka_unit_test(there_is_an_end_to_the_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
