/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace replay: a recording through the assembler to the outputs, without the host. */
#include <signal.h>
#include <string.h>

#include "cmd/delivery.h"
#include "cmd/input.h"
#include "cmd/outputs.h"
#include "cmd/verbs.h"
#include "cmd/words.h"
#include "core/assemble.h"
#include "core/recording.h"
#include "lib/log.h"

struct replay {
	struct outputs outputs;
	const char *file;
	struct input input;
	struct delivery *delivery;
	struct assembler *assembler;
	uint64_t last_boot_ns;
	uint64_t malformed;
	bool detached; /* the recording has its own end */
};

static const struct argp_child children[] = {{&outputs_argp, 0, NULL, 0}, {0}};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct replay *replay = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &replay->outputs;
		return 0;
	case ARGP_KEY_ARG:
		if (replay->file)
			word_too_many(arg, ": one recording at a time", state);
		replay->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!replay->file)
			argp_error(state, "which recording? FILE, or - for stdin");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp replay_argp = {
	.parser = parse_option,
	.children = children,
	.args_doc = "FILE",
	.doc = "Give a recording made with oomtrace --record again, to any output; FILE - is stdin."
	       "\vNeeds no privilege and nothing of the host that was recorded. Exit status: 0 "
	       "done, 1 the recording is damaged or could not be read, 2 wrong usage.",
};

static struct wire_head head_of(const void *record)
{
	struct wire_head head;

	memcpy(&head, record, sizeof(head));
	return head;
}

/* Whether nothing more is wanted, @boot_ns being the time that the recording has reached. */
static bool is_enough(const struct replay *replay, uint64_t boot_ns)
{
	uint64_t full_until = delivery_full_until(replay->delivery);

	if (delivery_deserted(replay->delivery))
		return true;
	return full_until &&
	       (boot_ns >= full_until || !assembler_pending_outcomes(replay->assembler));
}

/* Feeds every record from @offset on. Returns the exit status. */
static int feed_all(struct replay *replay, size_t offset)
{
	uint64_t cancelled_ns = 0;
	const void *record;
	size_t size;
	int more = 1;

	while (!is_enough(replay, replay->last_boot_ns)) {
		more = recording_next(replay->input.bytes, replay->input.len, &offset, &record,
				      &size);
		if (more <= 0)
			break;
		replay->last_boot_ns = head_of(record).boot_ns;
		replay->detached |= head_of(record).kind == WIRE_DETACH;
		if (assembler_feed(replay->assembler, record, size))
			replay->malformed++;
		delivery_settle(replay->delivery, replay->assembler);
	}
	if (!replay->detached)
		assembler_finish(replay->assembler, replay->last_boot_ns);
	delivery_settle(replay->delivery, replay->assembler);
	delivery_close(replay->delivery);
	delivery_finish(replay->delivery, -1, &cancelled_ns);
	if (replay->malformed)
		log_error("%s: %lu records in it are malformed and were left out",
			  replay->input.name, (unsigned long)replay->malformed);
	if (more < 0)
		log_error("%s: damaged from byte %zu of %zu on; all before it was given",
			  replay->file, offset, replay->input.len);
	if (more < 0 || replay->malformed || delivery_failed(replay->delivery))
		return EXIT_FAILED;
	return EXIT_DONE;
}

static int run(struct replay *replay)
{
	struct assembler_config config = {.ops = &delivery_ops, .source = "replay"};
	size_t offset;

	if (input_read(replay->file, &replay->input))
		return EXIT_FAILED;
	if (recording_open(replay->input.bytes, replay->input.len, &offset)) {
		log_error("%s is no recording of oomtrace but %s", replay->input.name,
			  replay->input.kind == INPUT_LINES
				  ? "its JSON lines: oomtrace explain, or report, reads them"
				  : "a kernel's log: oomtrace import reads it");
		return EXIT_FAILED;
	}
	if (delivery_new(&replay->outputs, STORAGE_REPLAY, -1, &replay->delivery) ||
	    delivery_start(replay->delivery))
		return EXIT_FAILED;
	config.ctx = replay->delivery;
	config.max_candidates =
		recording_most_candidates(replay->input.bytes, replay->input.len, offset);
	replay->assembler = assembler_new(&config);
	if (!replay->assembler) {
		log_error("not enough memory for %u candidates", config.max_candidates);
		return EXIT_FAILED;
	}
	return feed_all(replay, offset);
}

int cmd_replay(int argc, char **argv)
{
	static struct replay replay;
	int status;

	argp_parse(&replay_argp, argc, argv, 0, NULL, &replay);
	signal(SIGPIPE, SIG_IGN);
	status = run(&replay);
	if (replay.assembler)
		assembler_free(replay.assembler);
	delivery_free(replay.delivery);
	input_free(&replay.input);
	return status;
}
