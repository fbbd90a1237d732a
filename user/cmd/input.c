/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/verbs.h"
#include "core/event.h"
#include "core/logread.h"
#include "core/logscan.h"
#include "core/recording.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/remedy.h"

#define READ_STEP   (1024 * 1024)
#define SAID_DAMAGE 3 /* lines that cannot be read of which each one is told */

/* Reads @fd to its end. Returns 0 or a negative errno. */
static int read_all(int fd, char **ret_bytes, size_t *ret_len)
{
	scope_free char *bytes = NULL;
	size_t len = 0, size = 0;

	for (;;) {
		ssize_t n;

		if (len == size) {
			char *more = realloc(bytes, size + READ_STEP);

			if (!more)
				return -ENOMEM;
			bytes = more;
			size += READ_STEP;
		}
		n = read(fd, bytes + len, size - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			break;
		if (n > 0)
			len += (size_t)n;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	bytes = NULL;
	return 0;
}

/* Whether one of the lines that a report can begin with is anywhere in it. */
static bool is_log(const char *bytes, size_t len)
{
	static struct logscan scan;

	logscan_init(&scan);
	return logscan_find(&scan, bytes, len) < len;
}

/* The kind of what begins so, or -EBADMSG. */
static int kind_of(const char *bytes, size_t len)
{
	const char *eol = memchr(bytes, '\n', len);
	size_t offset, first = eol ? (size_t)(eol - bytes) : len;

	if (!recording_open(bytes, len, &offset))
		return INPUT_RECORDING;
	while (len && (*bytes == ' ' || *bytes == '\t' || *bytes == '\n' || *bytes == '\r')) {
		bytes++;
		len--;
	}
	/* Journals and containers' logs are objects too, of other members. */
	if (len && *bytes == '{' &&
	    (memmem(bytes, first < len ? first : len, "\"schema\"", 8) || !is_log(bytes, len)))
		return INPUT_LINES;
	return is_log(bytes, len) ? INPUT_LOG : -EBADMSG;
}

int input_read(const char *file, struct input *ret_input)
{
	bool from_stdin = strcmp(file, "-") == 0;
	scope_close int fd = from_stdin ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
	struct input input = {.name = from_stdin ? "stdin" : file};
	int error = fd < 0 ? -errno : read_all(fd, &input.bytes, &input.len), kind;

	if (error) {
		log_error("cannot read %s: %s%s", input.name, strerror(-error),
			  remedy_of_read(-error));
		return error;
	}
	kind = kind_of(input.bytes, input.len);
	if (kind < 0) {
		log_error("%s is neither a recording of oomtrace nor its JSON lines nor a kernel's "
			  "log with an OOM in it%s",
			  input.name, input.len ? "" : ": it is empty");
		input_free(&input);
		return kind;
	}
	input.kind = (enum input_kind)kind;
	*ret_input = input;
	return 0;
}

void input_free(struct input *input)
{
	free(input->bytes);
	input->bytes = NULL;
}

static int give_recording(const struct input *input, const struct assembler_ops *ops, void *ctx)
{
	struct assembler_config config = {.ops = ops, .ctx = ctx, .source = "replay"};
	struct assembler *assembler;
	uint64_t malformed = 0, last_boot_ns = 0;
	size_t offset, size;
	const void *record;
	int more;

	recording_open(input->bytes, input->len, &offset);
	config.max_candidates = recording_most_candidates(input->bytes, input->len, offset);
	assembler = assembler_new(&config);
	if (!assembler) {
		log_error("not enough memory for %u candidates", config.max_candidates);
		return EXIT_FAILED;
	}
	while ((more = recording_next(input->bytes, input->len, &offset, &record, &size)) > 0) {
		struct wire_head head;

		memcpy(&head, record, sizeof(head));
		last_boot_ns = head.boot_ns;
		malformed += assembler_feed(assembler, record, size) != 0;
	}
	assembler_finish(assembler, last_boot_ns);
	assembler_free(assembler);
	if (malformed)
		log_error("%s: %lu records in it are malformed and were left out", input->name,
			  (unsigned long)malformed);
	if (more < 0)
		log_error("%s: damaged from byte %zu of %zu on; all before it was given",
			  input->name, offset, input->len);
	return more < 0 || malformed ? EXIT_FAILED : EXIT_DONE;
}

void input_give_event(const struct event *event, const struct assembler_ops *ops, void *ctx)
{
	switch (event->type) {
	case EVENT_ATTACHED:
		if (ops->attached)
			ops->attached(ctx, &event->host);
		break;
	case EVENT_OOM_KILL:
		if (ops->episode)
			ops->episode(ctx, &event->host, &event->episode);
		break;
	case EVENT_OOM_NO_KILL:
		if (ops->no_kill)
			ops->no_kill(ctx, &event->host, &event->episode);
		break;
	case EVENT_OOM_OUTCOME:
		if (ops->outcome)
			ops->outcome(ctx, &event->host, &event->outcome);
		break;
	case EVENT_KILLED_BY_USER:
		if (ops->user_kill)
			ops->user_kill(ctx, &event->host, &event->user_kill);
		break;
	case EVENT_LOST:
		if (ops->lost)
			ops->lost(ctx, &event->host, &event->lost);
		break;
	case EVENT_DETACHED:
		if (ops->detached)
			ops->detached(ctx, &event->host, &event->totals);
		break;
	case EVENT_OTHER:
		break;
	}
}

static int give_lines(const struct input *input, const struct assembler_ops *ops, void *ctx)
{
	const char *line = input->bytes, *end = line + input->len;
	unsigned long number = 1, bad = 0;

	for (; line < end; number++) {
		const char *eol = memchr(line, '\n', (size_t)(end - line));
		char why[EVENT_ERROR_LEN];
		struct event event;

		if (!eol)
			eol = end;
		if (eol > line) {
			if (!event_read(line, (size_t)(eol - line), &event, why)) {
				input_give_event(&event, ops, ctx);
				event_free(&event);
			} else if (++bad <= SAID_DAMAGE) {
				log_error("%s: line %lu: %s", input->name, number, why);
			}
		}
		line = eol + 1;
	}
	if (bad > SAID_DAMAGE)
		log_error("%s: %lu more lines like these", input->name, bad - SAID_DAMAGE);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static int give_log(const struct input *input, const struct assembler_ops *ops, void *ctx)
{
	struct logread_config config = {
		.ops = ops,
		.ctx = ctx,
		.source = "log",
		.max_candidates = IMPORT_CANDIDATES,
	};
	struct logread *reader = logread_new(&config);

	if (!reader) {
		log_error("not enough memory");
		return EXIT_FAILED;
	}
	for (size_t at = 0, room; at < input->len; at += room) {
		char *to = logread_room(reader, &room);

		room = room < input->len - at ? room : input->len - at;
		memcpy(to, input->bytes + at, room);
		logread_took(reader, room);
	}
	logread_end(reader);
	logread_free(reader);
	return EXIT_DONE;
}

int input_give(const struct input *input, const struct assembler_ops *ops, void *ctx)
{
	static int (*const gives[])(const struct input *input, const struct assembler_ops *ops,
				    void *ctx) = {
		[INPUT_RECORDING] = give_recording,
		[INPUT_LINES] = give_lines,
		[INPUT_LOG] = give_log,
	};

	return gives[input->kind](input, ops, ctx);
}
