/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/delivery.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/destination.h"
#include "cmd/tap.h"
#include "core/filter.h"
#include "core/redact.h"
#include "lib/journal.h"
#include "lib/log.h"
#include "lib/pool.h"
#include "sink/fanout.h"
#include "sink/store.h"

/* Victims that can be dying at once and still be recognised; the oldest is forgotten. */
#define GIVEN_MAX 1024

struct delivery {
	const struct outputs *outputs;
	const struct host *host;   /* the assembler's, once there was an event */
	struct sink *watch;        /* or NULL: sees what is filtered, too */
	struct redactor *redactor; /* or NULL: nothing is redacted */
	struct fanout fanout;
	struct destination destinations[OUTPUTS_MAX + 1]; /* beside fanout.outputs */
	uint64_t unsettled;                               /* lines that an output could not take */
	uint64_t given; /* episodes, of those that --count counts */
	uint64_t named; /* in given_ids, of all that were given */
	uint64_t last_decision_ns;
	bool selective; /* some episodes are not given: their outcomes must not be either */
	char given_ids[GIVEN_MAX][EPISODE_ID_LEN];
};

/* Takes what the fan-out returned, and tells what is new about its outputs. */
static void account(struct delivery *delivery, unsigned int failed)
{
	struct fanout *fanout = &delivery->fanout;

	delivery->unsettled += failed;
	for (unsigned int i = 0; i < fanout->count; i++)
		delivery->unsettled += destination_notice(&delivery->destinations[i],
							  &fanout->outputs[i], fanout->count == 1);
}

static const struct host *shown(const struct delivery *delivery, const struct host *host)
{
	return redact_host(delivery->redactor, host);
}

/* What could not be told before comes first. */
static void pay(struct delivery *delivery, const struct host *host)
{
	delivery->host = host;
	host = shown(delivery, host);
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		delivery->unsettled +=
			destination_pay(&delivery->destinations[i], &delivery->fanout, i, host);
}

static void on_attached(void *ctx, const struct host *host)
{
	struct delivery *delivery = ctx;

	delivery->host = host;
	if (delivery->watch)
		delivery->watch->ops->attached(delivery->watch, host);
	account(delivery, fanout_attached(&delivery->fanout, shown(delivery, host)));
}

static bool is_full(const struct delivery *delivery)
{
	return delivery->outputs->count && delivery->given >= delivery->outputs->count;
}

static void name_given(struct delivery *delivery, const struct episode *episode)
{
	memcpy(delivery->given_ids[delivery->named++ % GIVEN_MAX], episode->id, EPISODE_ID_LEN);
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct delivery *delivery = ctx;

	if (delivery->watch)
		delivery->watch->ops->episode(delivery->watch, host, episode);
	if (is_full(delivery) || !filter_matches(&delivery->outputs->filter, episode))
		return;
	name_given(delivery, episode);
	delivery->given++;
	delivery->last_decision_ns = episode->boot_ns;
	pay(delivery, host);
	account(delivery, fanout_episode(&delivery->fanout, shown(delivery, host),
					 redact_episode(delivery->redactor, host, episode)));
}

/* No victim that a filter could be about, but a memcg. */
static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct delivery *delivery = ctx;

	if (delivery->watch)
		delivery->watch->ops->no_kill(delivery->watch, host, episode);
	if (is_full(delivery) || !filter_matches_memcg(&delivery->outputs->filter, episode))
		return;
	pay(delivery, host);
	account(delivery, fanout_no_kill(&delivery->fanout, shown(delivery, host),
					 redact_episode(delivery->redactor, host, episode)));
}

static bool was_given(const struct delivery *delivery, const char *id)
{
	uint64_t n = delivery->named < GIVEN_MAX ? delivery->named : GIVEN_MAX;

	for (uint64_t i = 0; i < n; i++)
		if (strcmp(delivery->given_ids[i], id) == 0)
			return true;
	return false;
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct delivery *delivery = ctx;

	if (delivery->watch)
		delivery->watch->ops->outcome(delivery->watch, host, outcome);
	if (delivery->selective && !was_given(delivery, outcome->id))
		return;
	pay(delivery, host);
	account(delivery, fanout_outcome(&delivery->fanout, shown(delivery, host),
					 redact_outcome(delivery->redactor, host, outcome)));
}

static void on_user_kill(void *ctx, const struct host *host, const struct user_kill *kill)
{
	struct delivery *delivery = ctx;

	if (delivery->watch)
		delivery->watch->ops->user_kill(delivery->watch, host, kill);
	if (is_full(delivery) || !filter_matches_task(&delivery->outputs->filter, &kill->target))
		return;
	pay(delivery, host);
	account(delivery, fanout_user_kill(&delivery->fanout, shown(delivery, host),
					   redact_user_kill(delivery->redactor, host, kill)));
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	struct delivery *delivery = ctx;

	if (delivery->watch)
		delivery->watch->ops->lost(delivery->watch, host, lost);
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		destination_owe(&delivery->destinations[i], lost);
	pay(delivery, host);
	account(delivery, 0);
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	struct delivery *delivery = ctx;

	pay(delivery, host);
	account(delivery, fanout_detached(&delivery->fanout, shown(delivery, host), totals));
}

const struct assembler_ops delivery_ops = {
	.attached = on_attached,
	.episode = on_episode,
	.no_kill = on_no_kill,
	.outcome = on_outcome,
	.user_kill = on_user_kill,
	.lost = on_lost,
	.detached = on_detached,
};

static void on_past_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct delivery *delivery = ctx;

	if (!filter_matches(&delivery->outputs->filter, episode))
		return;
	name_given(delivery, episode);
	account(delivery, fanout_episode(&delivery->fanout, shown(delivery, host),
					 redact_episode(delivery->redactor, host, episode)));
}

static void on_past_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct delivery *delivery = ctx;

	if (filter_matches_memcg(&delivery->outputs->filter, episode))
		account(delivery,
			fanout_no_kill(&delivery->fanout, shown(delivery, host),
				       redact_episode(delivery->redactor, host, episode)));
}

static void on_past_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct delivery *delivery = ctx;

	if (was_given(delivery, outcome->id))
		account(delivery,
			fanout_outcome(&delivery->fanout, shown(delivery, host),
				       redact_outcome(delivery->redactor, host, outcome)));
}

const struct assembler_ops delivery_past_ops = {
	.episode = on_past_episode,
	.no_kill = on_past_no_kill,
	.outcome = on_past_outcome,
};

/* Beyond its LineMax the journal makes several messages of a line, which are JSON no more. */
static void warn_of_journal(const struct outputs *outputs, const struct output_spec *spec)
{
	if (spec->format == OUTPUT_JSON && !outputs->candidates_given &&
	    journal_reads(STDOUT_FILENO))
		log_note("the journal breaks lines of more than %d KiB unless its LineMax= says "
			 "otherwise, and kills of many candidates have longer ones: -o json:FILE, "
			 "or fewer by -k",
			 JOURNAL_LINE_MAX / 1024);
}

/* Opens the next output. Returns 0 or a negative errno after having said why. */
static int open_output(struct delivery *delivery, const struct output_spec *spec, int news_fd)
{
	const struct outputs *outputs = delivery->outputs;
	struct destination *destination = &delivery->destinations[delivery->fanout.count];
	struct sink_options options = {
		.candidates = output_candidates(outputs, spec),
		.quiet = outputs->quiet,
	};
	struct sink *sink;
	int error = destination_open(destination, spec, news_fd);

	if (error)
		return error;
	options.writer = destination->writer;
	options.fd = spec->file ? destination->fd : STDOUT_FILENO;
	if (!spec->file) {
		options.color = output_color(outputs, isatty(STDOUT_FILENO));
		options.levels = output_levels(outputs, journal_reads(STDOUT_FILENO));
		warn_of_journal(outputs, spec);
	}
	sink = output_kinds[spec->format].make(&options);
	if (!sink) {
		log_error("not enough memory for the output to %s", destination->name);
		destination_close(destination);
		return -ENOMEM;
	}
	return fanout_add(&delivery->fanout, sink) < 0 ? -ENOSPC : 0;
}

/* Opens the store. Returns 0 or a negative errno after having said why. */
static int open_store(struct delivery *delivery, enum storage_run run)
{
	struct destination *destination = &delivery->destinations[delivery->fanout.count];
	int error = destination_open_store(destination, &delivery->outputs->storage, run);
	struct sink *sink;

	if (error)
		return error;
	sink = sink_store_new(destination->keeper, run != STORAGE_TRACE);
	if (!sink) {
		log_error("not enough memory for a store");
		destination_close(destination);
		return -ENOMEM;
	}
	return fanout_add(&delivery->fanout, sink) < 0 ? -ENOSPC : 0;
}

int delivery_new(const struct outputs *outputs, enum storage_run run, int news_fd,
		 struct delivery **ret_delivery)
{
	struct delivery *delivery = pool_take(sizeof(*delivery));
	int error = 0;

	if (!delivery) {
		log_error("not enough memory");
		return -ENOMEM;
	}
	delivery->outputs = outputs;
	delivery->selective = outputs->count || filter_is_set(&outputs->filter);
	for (unsigned int i = 0; !error && i < outputs->n_specs; i++)
		error = open_output(delivery, &outputs->specs[i], news_fd);
	if (!error && outputs->storage.file)
		error = open_store(delivery, run);
	if (!error)
		error = tap_redactor(outputs->redact, &delivery->redactor);
	if (error) {
		delivery_free(delivery);
		return error;
	}
	*ret_delivery = delivery;
	return 0;
}

void delivery_free(struct delivery *delivery)
{
	unsigned int n;

	if (!delivery)
		return;
	n = delivery->fanout.count;
	fanout_destroy(&delivery->fanout);
	for (unsigned int i = 0; i < n; i++)
		destination_close(&delivery->destinations[i]);
	redactor_free(delivery->redactor);
	pool_free(delivery);
}

void delivery_watch(struct delivery *delivery, struct sink *sink)
{
	delivery->watch = sink;
}

int delivery_reserve(struct delivery *delivery, uint32_t candidates)
{
	return delivery->redactor ? redactor_reserve(delivery->redactor, candidates) : 0;
}

int delivery_start(struct delivery *delivery)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < delivery->fanout.count; i++)
		error = destination_start(&delivery->destinations[i]);
	return error;
}

int delivery_last_watch(struct delivery *delivery, const char *host, const char *boot_id,
			struct store_watch *ret_watch)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++) {
		struct keeper *keeper = delivery->destinations[i].keeper;

		if (keeper)
			return store_last_watch(keeper_store(keeper), host, boot_id, ret_watch);
	}
	return 0;
}

void delivery_unwatched(struct delivery *delivery, uint64_t kernel_kills)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		if (delivery->destinations[i].keeper)
			keeper_detached(delivery->destinations[i].keeper, kernel_kills);
}

void delivery_settle(struct delivery *delivery, struct assembler *assembler)
{
	uint64_t count;

	if (delivery->host)
		pay(delivery, delivery->host);
	account(delivery, 0);
	count = delivery->unsettled;
	delivery->unsettled = 0;
	if (count)
		assembler_count_loss(assembler, LOSS_OUTPUT, count);
}

bool delivery_reopen(struct delivery *delivery)
{
	bool any = false;

	for (unsigned int i = 0; i < delivery->fanout.count; i++) {
		struct destination *destination = &delivery->destinations[i];

		if (!destination->writer || !destination->file)
			continue;
		writer_reopen(destination->writer);
		any = true;
	}
	return any;
}

void delivery_close(struct delivery *delivery)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		destination_end(&delivery->destinations[i]);
}

void delivery_finish(struct delivery *delivery, int cancel_fd, uint64_t *cancelled_ns)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		delivery->unsettled +=
			destination_finish(&delivery->destinations[i], cancel_fd, cancelled_ns);
	account(delivery, 0);
}

bool delivery_failed(const struct delivery *delivery)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		if (delivery->destinations[i].broken)
			return true;
	return false;
}

bool delivery_has_room(const struct delivery *delivery)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++) {
		const struct writer *writer = delivery->destinations[i].writer;
		struct writer_state state = {0};

		if (writer)
			writer_state(writer, &state);
		if (writer && !state.gone && !writer_has_room(writer))
			return false;
	}
	return true;
}

bool delivery_deserted(const struct delivery *delivery)
{
	return !fanout_alive(&delivery->fanout);
}

uint64_t delivery_full_until(const struct delivery *delivery)
{
	return is_full(delivery) ? delivery->last_decision_ns + OUTCOME_DEADLINE_NS : 0;
}
