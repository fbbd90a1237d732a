/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Messages on their way to the brokers. The only part that knows librdkafka. */
#ifndef OOMTRACE_SHIP_PRODUCER_H
#define OOMTRACE_SHIP_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>

#include "ship/message.h"
#include "ship/options.h"

#define PRODUCER_ERROR_LEN 512

struct producer;

/* Called from within producer_serve(). */
struct producer_ops {
	/* The brokers have @number, on as many of them as the topic asks for. */
	void (*confirmed)(void *ctx, int64_t number);
	/* @number did not arrive, or it is not known whether; @too_large: no broker takes it. */
	void (*failed)(void *ctx, int64_t number, const char *name, bool too_large);
	/*
	 * Something that is no message's: @name as librdkafka calls it, and in @words. @fatal: this
	 * producer does nothing more.
	 */
	void (*trouble)(void *ctx, const char *name, const char *words, bool fatal);
};

/*
 * Starts one, which has @event_fd, an eventfd of the caller's, be readable when producer_serve()
 * has something to do. Returns 0 and sets *@ret_producer; or a negative errno with the reason in
 * @ret_error: -EINVAL a setting is wrong, or no broker is named.
 */
int producer_new(const struct ship_options *options, int event_fd, const struct producer_ops *ops,
		 void *ctx, struct producer **ret_producer, char ret_error[PRODUCER_ERROR_LEN]);

/* Calls the ops for what has happened since. Never waits. */
void producer_serve(struct producer *producer);

/*
 * Takes a copy of @message. Returns 0; -EAGAIN where it has to wait for others to be confirmed;
 * -EMSGSIZE where it is too large; another negative errno, with its name in *@ret_name.
 */
int producer_send(struct producer *producer, const struct message *message, const char **ret_name);

/* Throws away what is still on its way, and ends it. NULL is fine. */
void producer_free(struct producer *producer);

/* The library's version. */
const char *producer_library(void);

#endif /* OOMTRACE_SHIP_PRODUCER_H */
