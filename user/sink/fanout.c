// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "sink/fanout.h"

#include <errno.h>

int fanout_add(struct fanout *fanout, struct sink *sink)
{
	if (fanout->count == FANOUT_SINKS)
		return -ENOSPC;
	fanout->outputs[fanout->count] = (struct fanout_output){.sink = sink};
	return (int)fanout->count++;
}

/* Returns 1 when the event is lost to this output. */
static unsigned int output_account(struct fanout_output *output, int err)
{
	if (!err)
		return 0;
	output->error = err;
	if (err == -EPIPE) {
		output->gone = true;
		return 0;
	}
	output->failed++;
	return 1;
}

/* The same for every kind of event: @handler of each output that is still read. */
#define HAND_OUT(fanout, handler, ...)                                                     \
	({                                                                                 \
		unsigned int failed_ = 0;                                                  \
                                                                                           \
		for (unsigned int i_ = 0; i_ < (fanout)->count; i_++) {                    \
			struct fanout_output *output_ = &(fanout)->outputs[i_];            \
			struct sink *sink_ = output_->sink;                                \
                                                                                           \
			if (!output_->gone && sink_->ops->handler)                         \
				failed_ += output_account(                                 \
					output_, sink_->ops->handler(sink_, __VA_ARGS__)); \
		}                                                                          \
		failed_;                                                                   \
	})

unsigned int fanout_attached(struct fanout *fanout, const struct host *host)
{
	return HAND_OUT(fanout, attached, host);
}

unsigned int fanout_episode(struct fanout *fanout, const struct host *host,
			    const struct episode *episode)
{
	return HAND_OUT(fanout, episode, host, episode);
}

unsigned int fanout_no_kill(struct fanout *fanout, const struct host *host,
			    const struct episode *episode)
{
	return HAND_OUT(fanout, no_kill, host, episode);
}

unsigned int fanout_outcome(struct fanout *fanout, const struct host *host,
			    const struct outcome *outcome)
{
	return HAND_OUT(fanout, outcome, host, outcome);
}

unsigned int fanout_user_kill(struct fanout *fanout, const struct host *host,
			      const struct user_kill *kill)
{
	return HAND_OUT(fanout, user_kill, host, kill);
}

int fanout_lost(struct fanout *fanout, unsigned int index, const struct host *host,
		const struct lost *lost)
{
	struct fanout_output *output = &fanout->outputs[index];
	int err;

	if (output->gone || !output->sink->ops->lost)
		return 0;
	err = output->sink->ops->lost(output->sink, host, lost);
	if (err == -EAGAIN)
		return err;
	return output_account(output, err) ? err : 0;
}

unsigned int fanout_detached(struct fanout *fanout, const struct host *host,
			     const struct totals *totals)
{
	return HAND_OUT(fanout, detached, host, totals);
}

unsigned int fanout_alive(const struct fanout *fanout)
{
	unsigned int alive = 0;

	for (unsigned int i = 0; i < fanout->count; i++)
		alive += !fanout->outputs[i].gone;
	return alive;
}

void fanout_destroy(struct fanout *fanout)
{
	for (unsigned int i = 0; i < fanout->count; i++) {
		struct sink *sink = fanout->outputs[i].sink;

		if (sink->ops->destroy)
			sink->ops->destroy(sink);
	}
	*fanout = (struct fanout){0};
}
