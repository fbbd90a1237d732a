// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS  5000 /* for who has it locked: a tracer recovering what a crash left */
#define ATTEMPTS 5    /* at a store that somebody has just begun to write to */

void feed_init(struct feed *feed, const char *path)
{
	memset(feed, 0, sizeof(*feed));
	feed->path = path;
	if (gethostname(feed->host, sizeof(feed->host) - 1))
		strcpy(feed->host, "unknown");
}

void feed_clear(struct feed *feed)
{
	while (feed_head(feed))
		feed_pop(feed);
	feed->next = feed->count = 0;
	feed->bytes = 0;
}

struct message *feed_head(struct feed *feed)
{
	return feed->next < feed->count ? &feed->messages[feed->next] : NULL;
}

void feed_pop(struct feed *feed)
{
	message_free(&feed->messages[feed->next++]);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void add(struct feed *feed, const struct message *message)
{
	feed->messages[feed->count++] = *message;
	feed->bytes += message->len;
	feed->passed = message->number;
}

/* All behind what was passed and up to @last is no longer there. */
static int add_gap(struct feed *feed, int64_t last)
{
	struct message message;
	int64_t first = feed->passed + 1;
	int error = message_of_gap(first, last, feed->identity, feed->host, now_ns(), &message);

	if (error)
		return error;
	add(feed, &message);
	return 0;
}

static bool is_full(const struct feed *feed)
{
	return feed->count >= FEED_MOST - 2 || feed->bytes >= FEED_BYTES;
}

static bool has_nothing(const struct store_event *event)
{
	return !event->line && strcmp(event->type, "lost") != 0 &&
	       strcmp(event->type, "replaced") != 0;
}

static int on_event(void *ctx, const struct store_event *event)
{
	struct feed *feed = ctx;
	struct message message;

	if (is_full(feed))
		return 1;
	if (feed->passed < 0)
		feed->passed = event->number - 1;
	if (event->number > feed->passed + 1)
		feed->error = add_gap(feed, event->number - 1);
	if (!feed->error && has_nothing(event))
		feed->error = add_gap(feed, event->number);
	else if (!feed->error)
		feed->error = message_of_event(event, feed->identity, &message);
	if (feed->error)
		return 1;
	if (!has_nothing(event))
		add(feed, &message);
	return 0;
}

/* Returns 0 or a negative errno. */
static int look_into(struct feed *feed, struct store *store)
{
	struct store_extent extent = {0};
	int error = store_extent(store, &extent);

	if (error)
		return error;
	strcpy(feed->identity, extent.identity);
	feed->last = extent.last;
	return 0;
}

/* What @after is negative for: from the first that is there. */
static int read_from(struct feed *feed, struct store *store, int64_t after)
{
	int error;

	feed_clear(feed);
	feed->passed = after;
	feed->error = 0;
	/* Before the events: what was numbered by then and is not among them has been deleted. */
	error = look_into(feed, store);
	if (!error)
		error = store_each_event(store, after < 0 ? 0 : after, on_event, feed);
	if (error < 0)
		return error;
	if (!error && !feed->error && feed->passed >= 0 && feed->passed < feed->last)
		feed->error = add_gap(feed, feed->last);
	return feed->error;
}

/*
 * Does @what with the store open. Returns what it returned, or a negative errno, with the reason in
 * @ret_error.
 */
static int with_store(struct feed *feed, int (*what)(struct feed *, struct store *, int64_t),
		      int64_t after, char ret_error[STORE_ERROR_LEN])
{
	const struct store_options options = {.wait_ms = WAIT_MS};
	int error = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && error == -EAGAIN; i++) {
		struct store *store = NULL;

		error = access(feed->path, R_OK) ? -errno : 0;
		if (error) {
			snprintf(ret_error, STORE_ERROR_LEN, "%s", strerror(-error));
			return error;
		}
		error = store_open(feed->path, 0, &options, &store, ret_error);
		if (error)
			return error;
		error = what(feed, store, after);
		if (error)
			snprintf(ret_error, STORE_ERROR_LEN, "%s", store_error(store));
		if (!store_was_still(store))
			error = -EAGAIN;
		store_close(store);
	}
	return error;
}

static int look(struct feed *feed, struct store *store, int64_t after)
{
	(void)after;
	return look_into(feed, store);
}

int feed_look(struct feed *feed, char ret_error[STORE_ERROR_LEN])
{
	return with_store(feed, look, 0, ret_error);
}

int feed_read(struct feed *feed, int64_t after, bool fresh, char ret_error[STORE_ERROR_LEN])
{
	int error = with_store(feed, read_from, fresh ? -1 : after, ret_error);

	if (error) {
		feed_clear(feed);
		return error;
	}
	return (int)feed->count;
}
