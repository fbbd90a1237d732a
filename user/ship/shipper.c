// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ship/shipper.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/loop.h"
#include "lib/status.h"
#include "lib/units.h"
#include "ship/feed.h"
#include "ship/large.h"
#include "ship/news.h"
#include "ship/producer.h"
#include "ship/tally.h"
#include "ship/watermark.h"
#include "ship/window.h"
#include "sink/metricsfile.h"

#define NS_PER_S     1000000000ULL
#define BUSY_NS      200000000ULL    /* between two looks while something is on its way */
#define IDLE_NS      (5 * NS_PER_S)  /* while nothing is: what no news had told of is found then */
#define HEARTBEAT_NS (15 * NS_PER_S) /* of metrics */
#define RETRY_NS     (NS_PER_S / 2)  /* after a failure, twice as long each time */
#define RETRY_MOST   (30 * NS_PER_S)
#define FLUSH_MOST   (5 * NS_PER_S) /* what a signal waits for */
#define PAGE_BYTES   16384          /* of metrics */

struct shipper {
	const struct ship_options *options;
	struct loop *loop;
	int timer, event_fd;
	struct producer *producer;
	struct feed feed;
	struct window window;
	struct large large;
	struct ship_tally tally;
	struct watermark_file *file;
	struct watermark mark; /* as it was written last */
	bool noted;            /* it was, for this store */
	struct news *news;
	struct metricsfile *metrics;
	uint64_t metrics_ns;
	bool fresh;         /* nothing of this store was ever shipped */
	bool unread;        /* the store may hold what was not read yet */
	int64_t read;       /* all up to it was read */
	int64_t gone_until; /* what is gone was told up to there */
	bool troubled;      /* and that was told */
	bool waits_for_store;
	bool dead; /* the producer does nothing more */
	bool ending;
	uint64_t deadline_ns;          /* of ending */
	uint64_t progress_ns;          /* when something was confirmed, or nothing was left */
	uint64_t retry_ns, backoff_ns; /* when what has failed is sent again */
};

static int64_t real_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

/* Events that are stored and not confirmed, as far as the store was looked into. */
static uint64_t left(const struct shipper *ship)
{
	return ship->feed.last > ship->window.low ? (uint64_t)(ship->feed.last - ship->window.low)
						  : 0;
}

static void end(struct shipper *ship, int status)
{
	loop_end(ship->loop, status);
}

/* --- what the producer tells --- */

static void on_confirmed(void *ctx, int64_t number)
{
	struct shipper *ship = ctx;

	window_done(&ship->window, number);
	large_forget(&ship->large, number);
	ship->tally.confirmed++;
	ship->tally.confirmed_ns = real_now();
	ship->progress_ns = loop_now();
	ship->backoff_ns = 0;
	if (ship->troubled)
		log_note("the brokers confirm again");
	ship->troubled = false;
}

static void tell_trouble(struct shipper *ship, const char *name, const char *words)
{
	ship_tally_error(&ship->tally, name);
	if (ship->troubled)
		log_detail("%s: %s", name, words);
	else
		log_warn("%s (%s); it goes on as soon as the brokers do", words, name);
	ship->troubled = true;
}

static void on_failed(void *ctx, int64_t number, const char *name, bool too_large)
{
	struct shipper *ship = ctx;

	window_fail(&ship->window, number);
	if (too_large)
		large_note(&ship->large, number);
	if (too_large)
		ship_tally_error(&ship->tally, name);
	else
		tell_trouble(ship, name, "an event was not taken");
}

static void on_trouble(void *ctx, const char *name, const char *words, bool fatal)
{
	struct shipper *ship = ctx;

	tell_trouble(ship, name, words);
	if (fatal)
		ship->dead = true;
}

static const struct producer_ops producer_ops = {
	.confirmed = on_confirmed,
	.failed = on_failed,
	.trouble = on_trouble,
};

/* Returns 0, or the exit status after having said why. */
static int start_producer(struct shipper *ship)
{
	char why[PRODUCER_ERROR_LEN];
	int error = producer_new(ship->options, ship->event_fd, &producer_ops, ship,
				 &ship->producer, why);

	if (!error)
		return 0;
	log_error("%s", why);
	return error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
}

/* The promise of one producer ends with its first fatal error; the next makes it anew. */
static void replace_producer(struct shipper *ship)
{
	int status;

	producer_free(ship->producer);
	ship->producer = NULL;
	ship->dead = false;
	window_fail_all(&ship->window);
	status = start_producer(ship);
	if (status)
		end(ship, status);
}

/* --- out of the store --- */

/* Another store than before, or the same as it was long ago: its numbers mean something else. */
static void adopt(struct shipper *ship)
{
	bool another = strcmp(ship->feed.identity, ship->mark.store) != 0;

	if (*ship->mark.store)
		log_warn("%s is %s: it is shipped from its beginning", ship->options->store,
			 another ? "another store than the one that was shipped before"
				 : "an earlier state of what was shipped before");
	ship->mark = (struct watermark){.confirmed_ns = ship->mark.confirmed_ns};
	strcpy(ship->mark.store, ship->feed.identity);
	ship->fresh = true;
	ship->noted = false;
	ship->read = ship->gone_until = 0;
	window_begin(&ship->window, 0);
}

static bool is_another(const struct shipper *ship)
{
	return strcmp(ship->feed.identity, ship->mark.store) != 0 ||
	       ship->feed.last < ship->mark.number;
}

static const char *remedy(int error)
{
	switch (error) {
	case -ENOENT:
		return ": 'oomtrace trace -s' makes one; another one is named with -s";
	case -EACCES:
	case -EPERM:
		return ": 'oomtrace trace -s --store-group GROUP' lets a group read it, of which "
		       "this user has to be one, and its directory too";
	default:
		return "";
	}
}

/* Returns whether it may come right by itself. */
static bool is_passing(int error)
{
	return error == -ENOENT || error == -ENODATA || error == -EBUSY || error == -EAGAIN;
}

static void store_failed_to(struct shipper *ship, int error, const char *why)
{
	ship_tally_error(&ship->tally, "store");
	if (ship->options->follow && is_passing(error)) {
		if (!ship->waits_for_store)
			log_note("waiting for the store %s: %s", ship->options->store, why);
		ship->waits_for_store = true;
		ship->unread = false; /* until there are news of it, or the next look */
		return;
	}
	log_error("cannot read the store %s: %s%s", ship->options->store, why, remedy(error));
	end(ship, EXIT_FAILED);
}

/* Reads on. Returns whether there is something to send. */
static bool read_on(struct shipper *ship)
{
	char why[STORE_ERROR_LEN] = "";
	int count = feed_look(&ship->feed, why);

	if (!count && is_another(ship)) {
		/* What is on its way is confirmed by the numbers of the one before. */
		if (!window_is_clear(&ship->window))
			return false;
		adopt(ship);
	}
	if (!count)
		count = feed_read(&ship->feed, ship->read, ship->fresh, why);
	if (count < 0) {
		store_failed_to(ship, count, why);
		return false;
	}
	if (ship->fresh)
		window_begin(&ship->window,
			     count ? feed_head(&ship->feed)->number - 1 : ship->feed.last);
	if (ship->fresh)
		ship->read = ship->window.low;
	ship->fresh = ship->waits_for_store = false;
	if (!count)
		ship->unread = false;
	else
		ship->read = ship->feed.messages[count - 1].number;
	return count;
}

/* --- into the producer --- */

/* That events were deleted before they were shipped is told once, however often it is read. */
static void tell_gone(struct shipper *ship, const struct message *message)
{
	if (!message->gone || message->number <= ship->gone_until)
		return;
	ship->gone_until = message->number;
	ship->tally.gone += (uint64_t)message->gone;
	log_warn("%" PRId64 " events had been deleted from the store before they were shipped: it "
		 "keeps too little, or it was not shipped for too long",
		 message->gone);
}

/* Makes @message what the brokers take, as far as they have said. */
static void shrink(struct shipper *ship, struct message *message)
{
	enum large_step step = large_step(&ship->large, message->number);
	enum large_step taken = large_shrink(message, step, ship->feed.identity, ship->feed.host);

	if (taken == LARGE_WHOLE)
		return;
	if (taken == LARGE_CUT || taken == LARGE_BARE)
		ship->tally.cut++;
	else
		ship->tally.refused++;
	if (taken == LARGE_TOLD || taken == LARGE_DROPPED)
		log_warn("the brokers do not take %s, however small: message.max.bytes of the "
			 "topic is too small",
			 message->id);
}

/* Returns 0, or a negative errno as producer_send() does. */
static int send_one(struct shipper *ship, struct message *message)
{
	const char *name = NULL;
	int error;

	if (message->line && !window_was_done(&ship->window, message->number))
		shrink(ship, message);
	if (!message->line || window_was_done(&ship->window, message->number)) {
		window_add(&ship->window, message->number, message->time_ns, true);
		return 0;
	}
	error = producer_send(ship->producer, message, &name);
	/* Alone it has all the room that there is. */
	if (error == -EAGAIN && !ship->window.flying)
		error = -EMSGSIZE;
	if (!error)
		window_add(&ship->window, message->number, message->time_ns, false);
	else if (error == -EMSGSIZE)
		large_note(&ship->large, message->number);
	else if (error != -EAGAIN)
		tell_trouble(ship, name, "an event was not taken");
	return error;
}

/* Hands over what there is room for. */
static void pump(struct shipper *ship)
{
	while (!ship->ending && !ship->dead && ship->producer && !ship->window.failed &&
	       !window_is_full(&ship->window)) {
		struct message *message = feed_head(&ship->feed);
		int error;

		if (!message) {
			if (!ship->unread || !read_on(ship))
				break;
			continue;
		}
		tell_gone(ship, message);
		error = send_one(ship, message);
		if (!error)
			feed_pop(&ship->feed);
		else if (error != -EMSGSIZE)
			break;
	}
}

/* What has failed is sent again, when all others have been told of. */
static void retry(struct shipper *ship, uint64_t now)
{
	if (!ship->window.failed || ship->window.flying || ship->ending)
		return;
	if (!ship->retry_ns) {
		ship->backoff_ns = ship->backoff_ns ? 2 * ship->backoff_ns : RETRY_NS;
		if (ship->backoff_ns > RETRY_MOST)
			ship->backoff_ns = RETRY_MOST;
		ship->retry_ns = now + ship->backoff_ns;
	}
	if (now < ship->retry_ns)
		return;
	ship->retry_ns = 0;
	window_again(&ship->window);
	feed_clear(&ship->feed);
	ship->read = ship->window.low;
	ship->unread = true;
}

/* --- what is noted --- */

static void note_watermark(struct shipper *ship)
{
	struct watermark mark = ship->mark;
	int error;

	mark.number = ship->window.low;
	mark.confirmed_ns =
		ship->tally.confirmed_ns ? ship->tally.confirmed_ns : ship->mark.confirmed_ns;
	if (!*mark.store || ship->fresh || (ship->noted && mark.number == ship->mark.number))
		return;
	error = watermark_write(ship->file, &mark);
	if (!error) {
		ship->mark = mark;
		ship->noted = true;
		return;
	}
	log_error("cannot write %s: %s; what was confirmed since will be sent again",
		  ship->options->watermark, strerror(-error));
	end(ship, EXIT_FAILED);
}

static void write_metrics(struct shipper *ship, uint64_t now, bool at_once)
{
	char text[PAGE_BYTES];
	const struct message *head = feed_head(&ship->feed);
	struct ship_now is = {
		.real_ns = real_now(),
		.waiting = left(ship),
		.oldest_ns = window_oldest_ns(&ship->window),
		.topic = ship->options->topic,
		.library = producer_library(),
	};
	int64_t len;

	if (!ship->metrics || (!at_once && now < ship->metrics_ns))
		return;
	if (!is.oldest_ns && head)
		is.oldest_ns = head->time_ns;
	ship->metrics_ns = now + (is.waiting ? NS_PER_S : HEARTBEAT_NS);
	len = ship_tally_render(&ship->tally, &is, text, sizeof(text));
	if (len > 0)
		metricsfile_put(ship->metrics, text, (size_t)len);
}

/* --- when it is over --- */

static void look_at_end(struct shipper *ship, uint64_t now)
{
	bool clear = window_is_clear(&ship->window);
	units_text span;

	if (ship->ending) {
		if (clear || (!ship->window.flying && ship->window.failed) ||
		    now >= ship->deadline_ns)
			end(ship, EXIT_DONE);
		return;
	}
	if (clear && !feed_head(&ship->feed) && !ship->unread) {
		ship->progress_ns = now;
		if (!ship->options->follow)
			end(ship, EXIT_DONE);
		return;
	}
	if (ship->options->follow || now < ship->progress_ns + ship->options->timeout_ns)
		return;
	log_error("no broker has confirmed anything for %s: %" PRIu64
		  " events are left; the next run goes on with them, and --follow waits",
		  units_span(span, ship->options->timeout_ns), left(ship));
	end(ship, EXIT_FAILED);
}

/* --- the loop --- */

static void work(struct shipper *ship)
{
	uint64_t now = loop_now(), pause;

	/* What was queued before the library was told of the descriptor makes it not readable. */
	if (ship->producer)
		producer_serve(ship->producer);
	if (ship->dead)
		replace_producer(ship);
	retry(ship, now);
	pump(ship);
	note_watermark(ship);
	write_metrics(ship, now, false);
	look_at_end(ship, now);
	pause = window_is_clear(&ship->window) && !feed_head(&ship->feed) &&
				!news_are_fresh(ship->news, now)
			? IDLE_NS
			: BUSY_NS;
	loop_set_timer(ship->loop, ship->timer, now + pause);
}

static void on_timer(void *ctx, uint64_t now)
{
	struct shipper *ship = ctx;

	(void)now;
	ship->unread = true;
	work(ship);
}

static void on_events(void *ctx, int fd)
{
	struct shipper *ship = ctx;
	uint64_t events;

	if (read(fd, &events, sizeof(events)) < 0 || !ship->producer)
		return;
	producer_serve(ship->producer);
	/* All that waits for the timer is done by it: confirmations come in great numbers. */
	if (ship->dead)
		work(ship);
	else
		pump(ship);
	if (window_is_clear(&ship->window))
		work(ship);
}

static void on_news(void *ctx)
{
	struct shipper *ship = ctx;

	loop_set_timer(ship->loop, ship->timer, loop_now() + BUSY_NS);
}

static void on_signal(void *ctx, int signo)
{
	struct shipper *ship = ctx;
	uint64_t most =
		ship->options->timeout_ns < FLUSH_MOST ? ship->options->timeout_ns : FLUSH_MOST;

	(void)signo;
	if (ship->ending)
		end(ship, EXIT_DONE);
	ship->ending = true;
	ship->deadline_ns = loop_now() + most;
	work(ship);
}

static int add_sources(struct shipper *ship)
{
	sigset_t signals;
	int error;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	error = loop_add_signals(ship->loop, &signals, on_signal, ship);
	if (!error)
		error = loop_add_fd(ship->loop, ship->event_fd, on_events, ship);
	if (!error)
		error = ship->timer = loop_add_timer(ship->loop, on_timer, ship);
	if (error >= 0 && ship->options->follow)
		error = news_watch(ship->options->store, ship->loop, on_news, ship, &ship->news);
	return error < 0 ? error : 0;
}

/* Takes the watermark. Returns 0, or the exit status after having said why. */
static int take_watermark(struct shipper *ship)
{
	const char *path = ship->options->watermark;
	char why[WATERMARK_ERROR_LEN];
	int error = watermark_open(path, ship->options->topic, &ship->file, why);

	if (!error)
		error = watermark_read(ship->file, &ship->mark, why);
	if (error) {
		log_error("cannot use the watermark %s: %s%s", path, why,
			  error == -ENOENT ? ": create its directory first, as this user's"
			  : error == -EACCES
				  ? ": name one with --watermark that this user may write"
				  : "");
		return EXIT_FAILED;
	}
	ship->read = ship->mark.number;
	window_begin(&ship->window, ship->mark.number);
	return 0;
}

/* Returns 0, or the exit status after having said why. */
static int begin(struct shipper *ship)
{
	int error, status = take_watermark(ship);

	if (status)
		return status;
	ship->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = ship->event_fd < 0 ? -errno : loop_new(&ship->loop);
	if (!error)
		error = add_sources(ship);
	if (error) {
		log_error("cannot begin: %s", strerror(-error));
		return EXIT_FAILED;
	}
	if (ship->options->metrics && metricsfile_new(ship->options->metrics, &ship->metrics))
		return EXIT_FAILED;
	return start_producer(ship);
}

static void tell_totals(const struct shipper *ship)
{
	log_plain("%" PRIu64 " events confirmed in %s, %" PRIu64 " left, %" PRIu64 " errors.",
		  ship->tally.confirmed, ship->options->topic, left(ship),
		  ship_tally_errors(&ship->tally));
}

static void finish(struct shipper *ship)
{
	if (ship->metrics)
		write_metrics(ship, loop_now(), true);
	metricsfile_free(ship->metrics);
	producer_free(ship->producer);
	feed_clear(&ship->feed);
	news_free(ship->news);
	loop_free(ship->loop);
	if (ship->event_fd >= 0)
		close(ship->event_fd);
	watermark_close(ship->file);
}

int shipper_run(const struct ship_options *options)
{
	static struct shipper ship;
	int status;

	ship.options = options;
	ship.event_fd = -1;
	feed_init(&ship.feed, options->store);
	status = begin(&ship);
	if (!status) {
		ship.unread = true;
		ship.progress_ns = loop_now();
		work(&ship);
		status = loop_run(ship.loop);
		note_watermark(&ship);
		tell_totals(&ship);
	}
	finish(&ship);
	return status < 0 ? EXIT_FAILED : status;
}
