// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "logs.h"

#include "core/logread.h"
#include "sample.h"

static int64_t as_utc(void *ctx, const struct logtime *civil)
{
	(void)ctx;
	return logtime_utc(civil) * 1000000000 + civil->nanosecond;
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct sink *sink = ctx;

	assert_int_equal(sink->ops->episode(sink, host, episode), 0);
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct sink *sink = ctx;

	assert_int_equal(sink->ops->no_kill(sink, host, episode), 0);
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct sink *sink = ctx;

	assert_int_equal(sink->ops->outcome(sink, host, outcome), 0);
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	struct sink *sink = ctx;

	assert_int_equal(sink->ops->lost(sink, host, lost), 0);
}

static const struct assembler_ops ops = {
	.episode = on_episode,
	.no_kill = on_no_kill,
	.outcome = on_outcome,
	.lost = on_lost,
};

/* In pieces of @step bytes; 0: as large as there is room. */
static void feed(struct logread *reader, const char *bytes, size_t len, size_t step)
{
	for (size_t at = 0, room; at < len; at += room) {
		char *to = logread_room(reader, &room);

		room = step && step < room ? step : room;
		room = room < len - at ? room : len - at;
		memcpy(to, bytes + at, room);
		logread_took(reader, room);
	}
}

char *logs_import(const char *bytes, size_t len, size_t step, int year)
{
	struct sink_options options = {.candidates = CANDIDATES_ALL};
	struct logread_config config = {.ops = &ops,
					.source = "log",
					.max_candidates = LOGS_ROWS,
					.clock = {.year = year, .real_of = year ? as_utc : NULL}};
	struct logread *reader;
	char *json;
	size_t out;

	options.fd = sample_fd();
	config.ctx = sink_jsonl_new(&options);
	assert_non_null(config.ctx);
	reader = logread_new(&config);
	assert_non_null(reader);
	feed(reader, bytes, len, step);
	logread_end(reader);
	logread_free(reader);
	((struct sink *)config.ctx)->ops->destroy(config.ctx);
	json = sample_read(options.fd, &out);
	close(options.fd);
	return json;
}
