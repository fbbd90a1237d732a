/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink/store.h"

#include <errno.h>

#include "lib/pool.h"
#include "sink/store_rows.h"
#include "store/pack.h"

/* How long room is waited for before it is looked whether the keeper is still at it. */
#define LOOK_NS 1000000000ULL

struct store_sink {
	struct sink sink;
	struct sink *json; /* appends its lines to the queue's open record */
	struct keeper *keeper;
	struct queue *queue;
	bool wait;
	struct store_row row;
	struct row_texts texts;
};

/* After a row that had no room. Returns whether to try again. */
static bool await_room(struct store_sink *store)
{
	struct keeper_state state;

	do {
		keeper_state(store->keeper, &state);
		if (state.failed)
			return false;
	} while (!queue_await_release(store->queue, LOOK_NS) && queue_waiting(store->queue));
	return true;
}

/* What a row that was refused comes to. Of losses, who gives them knows better. */
static int refuse(struct store_sink *store)
{
	if (store->row.kind != STORE_LOSS)
		keeper_refused(store->keeper);
	return store->wait ? -EIO : -EAGAIN;
}

/* The row that was made, and the line that @handler of the JSON sink makes of the same event. */
#define PUT(store, handler, ...)                                                          \
	({                                                                                \
		struct sink *json_ = (store)->json;                                       \
		bool alone_, again_;                                                      \
		int error_;                                                               \
                                                                                          \
		do {                                                                      \
			alone_ = !queue_waiting((store)->queue);                          \
			error_ = store_pack((store)->queue, &(store)->row);               \
			if (!error_)                                                      \
				error_ = json_->ops->handler(json_, __VA_ARGS__);         \
			if (!error_)                                                      \
				error_ = queue_commit((store)->queue, (store)->row.kind); \
			else                                                              \
				queue_abort((store)->queue);                              \
			again_ = error_ && (store)->wait && !alone_ && await_room(store); \
		} while (again_);                                                         \
		error_ ? refuse(store) : 0;                                               \
	})

static int store_attached(struct sink *sink, const struct host *host)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_host(host, &store->texts, &store->row);
	return PUT(store, attached, host);
}

static int store_episode(struct sink *sink, const struct host *host, const struct episode *episode)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_episode(host, episode, &store->texts, &store->row);
	return PUT(store, episode, host, episode);
}

static int store_no_kill(struct sink *sink, const struct host *host, const struct episode *episode)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_episode(host, episode, &store->texts, &store->row);
	return PUT(store, no_kill, host, episode);
}

static int store_outcome(struct sink *sink, const struct host *host, const struct outcome *outcome)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_outcome(host, outcome, &store->texts, &store->row);
	return PUT(store, outcome, host, outcome);
}

static int store_user_kill(struct sink *sink, const struct host *host, const struct user_kill *kill)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_user_kill(host, kill, &store->texts, &store->row);
	return PUT(store, user_kill, host, kill);
}

static int store_lost(struct sink *sink, const struct host *host, const struct lost *lost)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_lost(host, lost, &store->texts, &store->row);
	return PUT(store, lost, host, lost);
}

static int store_detached(struct sink *sink, const struct host *host, const struct totals *totals)
{
	struct store_sink *store = (struct store_sink *)sink;

	row_of_totals(host, totals, &store->texts, &store->row);
	return PUT(store, detached, host, totals);
}

static void store_destroy(struct sink *sink)
{
	struct store_sink *store = (struct store_sink *)sink;

	store->json->ops->destroy(store->json);
	pool_free(store);
}

static const struct sink_ops store_ops = {
	.name = "store",
	.attached = store_attached,
	.episode = store_episode,
	.no_kill = store_no_kill,
	.outcome = store_outcome,
	.user_kill = store_user_kill,
	.lost = store_lost,
	.detached = store_detached,
	.destroy = store_destroy,
};

struct sink *sink_store_new(struct keeper *keeper, bool wait)
{
	struct sink_options options = {
		.queue = keeper_queue(keeper),
		.fd = -1,
		.candidates = CANDIDATES_ALL,
	};
	struct store_sink *store = pool_take(sizeof(*store));

	if (!store)
		return NULL;
	store->json = sink_jsonl_new(&options);
	if (!store->json) {
		pool_free(store);
		return NULL;
	}
	store->sink.ops = &store_ops;
	store->keeper = keeper;
	store->queue = options.queue;
	store->wait = wait;
	return &store->sink;
}
