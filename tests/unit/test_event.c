// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A line read back and written again is the same line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/event.h"
#include "sink/sink.h"

/* Writes @event as a line of JSON again. */
static char *rendered(const struct event *event)
{
	int fd = memfd_create("line", 0);
	struct sink_options options = {.fd = fd, .candidates = CANDIDATES_ALL};
	struct sink *sink = sink_jsonl_new(&options);
	const struct sink_ops *ops = sink->ops;
	char *text;
	off_t size;

	switch (event->type) {
	case EVENT_ATTACHED:
		ops->attached(sink, &event->host);
		break;
	case EVENT_OOM_KILL:
		ops->episode(sink, &event->host, &event->episode);
		break;
	case EVENT_OOM_NO_KILL:
		ops->no_kill(sink, &event->host, &event->episode);
		break;
	case EVENT_OOM_OUTCOME:
		ops->outcome(sink, &event->host, &event->outcome);
		break;
	case EVENT_KILLED_BY_USER:
		ops->user_kill(sink, &event->host, &event->user_kill);
		break;
	case EVENT_LOST:
		ops->lost(sink, &event->host, &event->lost);
		break;
	case EVENT_DETACHED:
		ops->detached(sink, &event->host, &event->totals);
		break;
	default:
		break;
	}
	ops->destroy(sink);
	size = lseek(fd, 0, SEEK_END);
	text = calloc((size_t)size + 1, 1);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	close(fd);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void comes_back(const char *line)
{
	char error[EVENT_ERROR_LEN] = "";
	struct event event;
	char *again;

	if (event_read(line, strlen(line), &event, error))
		fail_msg("%s: %s", error, line);
	again = rendered(&event);
	for (size_t i = 0; again[i] || line[i]; i++) {
		if (again[i] != line[i])
			fail_msg("written: ...%.120s\nread:    ...%.120s",
				 again + (i > 40 ? i - 40 : 0), line + (i > 40 ? i - 40 : 0));
	}
	free(again);
	event_free(&event);
}

static void every_line_of_every_recording_comes_back(void **state)
{
	static const char *const fixtures[] = {
#define OF(kernel)                                                                              \
	"tests/data/wire/" kernel "-fentry/stdout", "tests/data/wire/" kernel "-kprobe/stdout", \
		"tests/data/wire/" kernel "-tracepoint/stdout"
		OF("5.10"),
		OF("6.1"),
		OF("6.12"),
		OF("7.2"),
	};
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		FILE *file = fopen(fixtures[i], "r");
		char *line = NULL;
		size_t size = 0;
		ssize_t len;

		if (!file)
			fail_msg("%s: %s", fixtures[i], strerror(errno));
		while ((len = getline(&line, &size, file)) > 0) {
			line[len - (line[len - 1] == '\n')] = '\0';
			comes_back(line);
			lines++;
		}
		free(line);
		fclose(file);
	}
	assert_true(lines > 50);
}

static void damage_is_refused_with_a_reason(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"7",
		"\"x\"",
		"{}",
		"{\"schema\":1}",
		"{\"type\":\"oom_kill\"}",
		"{\"schema\":2,\"type\":\"oom_kill\"}",
		"{\"schema\":\"1\",\"type\":\"oom_kill\"}",
		"{\"schema\":1,\"type\":\"oom_kill\"} trailing",
		"\xff\xfe",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char error[EVENT_ERROR_LEN] = "";
		struct event event;

		assert_int_equal(event_read(bad[i], strlen(bad[i]), &event, error), -EBADMSG);
		assert_true(strlen(error) > 0);
	}
}

/* Members of wrong types are as good as absent. */
static void wrong_types_are_not_believed(void **state)
{
	static const char *const odd[] = {
		"{\"schema\":1,\"type\":\"oom_kill\",\"victim\":7,\"victims\":{},\"candidates\":[]"
		"}",
		"{\"schema\":1,\"type\":\"oom_kill\",\"uptime_ms\":-5,\"totalpages\":-1,\"memcg\":["
		"1]}",
		"{\"schema\":1,\"type\":\"oom_kill\",\"uptime_ms\":1e300,\"victim\":{\"pid\":"
		"99999999999}}",
		"{\"schema\":1,\"type\":\"oom_kill\",\"candidates\":{\"tasks\":[1,null,{}]}}",
		"{\"schema\":1,\"type\":\"oom_outcome\",\"exited_ms\":\"x\",\"container\":1}",
		"{\"schema\":1,\"type\":\"lost\",\"reason\":\"of another version\",\"count\":3}",
		"{\"schema\":1,\"type\":\"attached\",\"refused\":[1,{\"backend\":\"x\"}]}",
		"{\"schema\":1,\"type\":\"rank\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		char error[EVENT_ERROR_LEN] = "";
		struct event event;
		char *again;

		assert_int_equal(event_read(odd[i], strlen(odd[i]), &event, error), 0);
		again = rendered(&event);
		free(again);
		event_free(&event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_of_every_recording_comes_back),
		cmocka_unit_test(damage_is_refused_with_a_reason),
		cmocka_unit_test(wrong_types_are_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
