/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/tap.h"

#include <errno.h>

#include "lib/log.h"

/* One event on to the handler of its kind, if there is one. */
#define GIVE(tap, handler, host, ...)                                                         \
	do {                                                                                  \
		if ((tap)->to->handler)                                                       \
			(tap)->to->handler((tap)->to_ctx, redact_host((tap)->redactor, host), \
					   ##__VA_ARGS__);                                    \
	} while (0)

static void on_attached(void *ctx, const struct host *host)
{
	struct tap *tap = ctx;

	GIVE(tap, attached, host);
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	struct tap *tap = ctx;

	GIVE(tap, episode, host, redact_episode(tap->redactor, host, episode));
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	struct tap *tap = ctx;

	GIVE(tap, no_kill, host, redact_episode(tap->redactor, host, episode));
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	struct tap *tap = ctx;

	GIVE(tap, outcome, host, redact_outcome(tap->redactor, host, outcome));
}

static void on_user_kill(void *ctx, const struct host *host, const struct user_kill *kill)
{
	struct tap *tap = ctx;

	GIVE(tap, user_kill, host, redact_user_kill(tap->redactor, host, kill));
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	struct tap *tap = ctx;

	GIVE(tap, lost, host, lost);
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	struct tap *tap = ctx;

	GIVE(tap, detached, host, totals);
}

static const struct assembler_ops tap_ops = {
	.attached = on_attached,
	.episode = on_episode,
	.no_kill = on_no_kill,
	.outcome = on_outcome,
	.user_kill = on_user_kill,
	.lost = on_lost,
	.detached = on_detached,
};

int tap_redactor(bool redact, struct redactor **ret_redactor)
{
	*ret_redactor = redact ? redactor_new() : NULL;
	if (!redact || *ret_redactor)
		return 0;
	log_error("not enough memory for pseudonyms");
	return -ENOMEM;
}

int tap_open(struct tap *ret_tap, bool redact, const struct assembler_ops *ops, void *ctx)
{
	struct redactor *redactor;
	int error = tap_redactor(redact, &redactor);

	if (error)
		return error;
	*ret_tap = (struct tap){
		.ops = redact ? &tap_ops : ops,
		.ctx = redact ? ret_tap : ctx,
		.redactor = redactor,
		.to = ops,
		.to_ctx = ctx,
	};
	return 0;
}

void tap_close(struct tap *tap)
{
	redactor_free(tap->redactor);
	tap->redactor = NULL;
}
