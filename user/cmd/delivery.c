/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/delivery.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/filter.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "sink/fanout.h"

/* Victims that can be dying at once and still be recognised; the oldest is forgotten. */
#define GIVEN_MAX 1024

struct destination {
	int fd; /* to be closed, or -1 */
	const char *name;
	/* What has been told of it: */
	uint64_t failed;
	bool gone;
	bool broken; /* a write failed; not: was given up because the run is to end */
};

struct delivery {
	const struct outputs *outputs;
	struct fanout fanout;
	struct destination destinations[OUTPUTS_MAX]; /* beside fanout.outputs */
	uint64_t unsettled;                           /* lines that an output could not take */
	uint64_t given;                               /* episodes, of those that --count counts */
	uint64_t named;                               /* in given_ids, of all that were given */
	uint64_t last_decision_ns;
	bool selective; /* some episodes are not given: their outcomes must not be either */
	char given_ids[GIVEN_MAX][EPISODE_ID_LEN];
};

/* Takes what the fan-out returned, and tells what is new about its outputs. */
static void account(struct delivery *delivery, unsigned int failed)
{
	delivery->unsettled += failed;
	for (unsigned int i = 0; i < delivery->fanout.count; i++) {
		const struct fanout_output *output = &delivery->fanout.outputs[i];
		struct destination *destination = &delivery->destinations[i];
		bool news = output->failed != destination->failed;
		bool broken = news && output->error != -ECANCELED;

		if (broken && !destination->broken)
			log_warn("cannot write to %s: %s; lines are missing there",
				 destination->name, strerror(-output->error));
		else if (news && !destination->failed)
			log_note("%s is not read: what was left for it is lost", destination->name);
		destination->broken |= broken;
		if (output->gone && !destination->gone && delivery->fanout.count > 1)
			log_note("nobody reads %s any more", destination->name);
		destination->failed = output->failed;
		destination->gone = output->gone;
	}
}

static void on_attached(void *ctx, const struct host *host)
{
	struct delivery *delivery = ctx;

	account(delivery, fanout_attached(&delivery->fanout, host));
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

	if (is_full(delivery) || !filter_matches(&delivery->outputs->filter, episode))
		return;
	name_given(delivery, episode);
	delivery->given++;
	delivery->last_decision_ns = episode->boot_ns;
	account(delivery, fanout_episode(&delivery->fanout, host, episode));
}

/* No victim that a filter could be about, but a memcg. */
static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct delivery *delivery = ctx;

	if (!is_full(delivery) && filter_matches_memcg(&delivery->outputs->filter, episode))
		account(delivery, fanout_no_kill(&delivery->fanout, host, episode));
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

	if (delivery->selective && !was_given(delivery, outcome->id))
		return;
	account(delivery, fanout_outcome(&delivery->fanout, host, outcome));
}

static void on_user_kill(void *ctx, const struct host *host, const struct user_kill *kill)
{
	struct delivery *delivery = ctx;

	if (!is_full(delivery) && filter_matches_task(&delivery->outputs->filter, &kill->target))
		account(delivery, fanout_user_kill(&delivery->fanout, host, kill));
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	struct delivery *delivery = ctx;

	account(delivery, fanout_lost(&delivery->fanout, host, lost));
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	struct delivery *delivery = ctx;

	account(delivery, fanout_detached(&delivery->fanout, host, totals));
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
	account(delivery, fanout_episode(&delivery->fanout, host, episode));
}

static void on_past_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct delivery *delivery = ctx;

	if (was_given(delivery, outcome->id))
		account(delivery, fanout_outcome(&delivery->fanout, host, outcome));
}

const struct assembler_ops delivery_past_ops = {
	.episode = on_past_episode,
	.no_kill = on_no_kill,
	.outcome = on_past_outcome,
};

/* Opens the next output. Returns 0 or a negative errno after having said why. */
static int open_output(struct delivery *delivery, const struct output_spec *spec, int cancel_fd)
{
	const struct outputs *outputs = delivery->outputs;
	struct destination destination = {.fd = -1, .name = spec->file ? spec->file : "stdout"};
	struct sink_options options = {
		.fd = STDOUT_FILENO,
		.cancel_fd = cancel_fd,
		.candidates = output_candidates(outputs, spec),
		.quiet = outputs->quiet,
	};
	struct sink *sink;

	if (spec->file) {
		destination.fd = options.fd = output_open(spec->file, false);
		if (destination.fd < 0)
			return destination.fd;
	} else {
		options.color = output_color(outputs, isatty(STDOUT_FILENO));
	}
	sink = spec->format == OUTPUT_JSON ? sink_jsonl_new(&options) : sink_text_new(&options);
	if (!sink) {
		log_error("not enough memory for the output to %s", destination.name);
		if (destination.fd >= 0)
			close(destination.fd);
		return -ENOMEM;
	}
	delivery->destinations[delivery->fanout.count] = destination;
	return fanout_add(&delivery->fanout, sink) < 0 ? -ENOSPC : 0;
}

int delivery_new(const struct outputs *outputs, int cancel_fd, struct delivery **ret_delivery)
{
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!delivery) {
		log_error("not enough memory");
		return -ENOMEM;
	}
	delivery->outputs = outputs;
	delivery->selective = outputs->count || filter_is_set(&outputs->filter);
	for (unsigned int i = 0; i < outputs->n_specs; i++) {
		int error = open_output(delivery, &outputs->specs[i], cancel_fd);

		if (error) {
			delivery_free(delivery);
			return error;
		}
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
		if (delivery->destinations[i].fd >= 0)
			close(delivery->destinations[i].fd);
	free(delivery);
}

void delivery_settle(struct delivery *delivery, struct assembler *assembler)
{
	uint64_t count = delivery->unsettled;

	/* Telling of the loss may fail as well; that one is counted the next time. */
	delivery->unsettled = 0;
	if (count)
		assembler_count_loss(assembler, LOSS_OUTPUT, count);
}

bool delivery_failed(const struct delivery *delivery)
{
	for (unsigned int i = 0; i < delivery->fanout.count; i++)
		if (delivery->destinations[i].broken)
			return true;
	return false;
}

bool delivery_deserted(const struct delivery *delivery)
{
	return !fanout_alive(&delivery->fanout);
}

uint64_t delivery_full_until(const struct delivery *delivery)
{
	return is_full(delivery) ? delivery->last_decision_ns + OUTCOME_DEADLINE_NS : 0;
}
