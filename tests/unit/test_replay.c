/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings made on real kernels, replayed: each line must be the one that the
 * tracer gave live on that kernel, but for where it comes from. The fixtures in
 * tests/data/wire are what tests/vm/run left in build/vm; see tests/README.md.
 */
#include <dirent.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/assemble.h"
#include "core/recording.h"
#include "sink/fanout.h"
#include "sink/sink.h"
#include "tests/unit/sample.h"

#define FIXTURES "tests/data/wire"
/* Of any recording that is kept: 5.10 to 7.2, three backends each. */
#define KERNELS  4
#define BACKENDS 3

static void on_attached(void *ctx, const struct host *host)
{
	fanout_attached(ctx, host);
}

static void on_episode(void *ctx, const struct host *host, const struct episode *episode)
{
	fanout_episode(ctx, host, episode);
}

static void on_no_kill(void *ctx, const struct host *host, const struct episode *episode)
{
	fanout_no_kill(ctx, host, episode);
}

static void on_user_kill(void *ctx, const struct host *host, const struct user_kill *kill)
{
	fanout_user_kill(ctx, host, kill);
}

static void on_outcome(void *ctx, const struct host *host, const struct outcome *outcome)
{
	fanout_outcome(ctx, host, outcome);
}

static void on_lost(void *ctx, const struct host *host, const struct lost *lost)
{
	fanout_lost(ctx, 0, host, lost);
}

static void on_detached(void *ctx, const struct host *host, const struct totals *totals)
{
	fanout_detached(ctx, host, totals);
}

static const struct assembler_ops ops = {
	.attached = on_attached,
	.episode = on_episode,
	.no_kill = on_no_kill,
	.user_kill = on_user_kill,
	.outcome = on_outcome,
	.lost = on_lost,
	.detached = on_detached,
};

static char *read_whole(const char *directory, const char *name, size_t *ret_len)
{
	char path[512];
	FILE *file;
	char *bytes;

	snprintf(path, sizeof(path), FIXTURES "/%s/%s", directory, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*ret_len = (size_t)ftell(file);
	rewind(file);
	bytes = malloc(*ret_len + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *ret_len, file), *ret_len);
	bytes[*ret_len] = '\0';
	fclose(file);
	return bytes;
}

static void feed_recording(struct assembler *assembler, const char *bytes, size_t len)
{
	size_t offset, size;
	const void *record;
	int more;

	assert_int_equal(recording_open(bytes, len, &offset), 0);
	while ((more = recording_next(bytes, len, &offset, &record, &size)) == 1)
		assert_int_equal(assembler_feed(assembler, record, size), 0);
	assert_int_equal(more, 0);
}

/* What a replay of @directory's recording writes as JSON lines. */
static char *replay(const char *directory, size_t *ret_len)
{
	struct sink_options options = {
		.fd = sample_fd(),
		.candidates = CANDIDATES_ALL,
	};
	struct fanout fanout = {0};
	struct assembler_config config = {
		.ops = &ops,
		.ctx = &fanout,
		.max_candidates = 4096,
		.source = "replay",
	};
	struct assembler *assembler = assembler_new(&config);
	size_t len;
	char *bytes = read_whole(directory, "record", &len), *text;

	assert_non_null(assembler);
	assert_int_equal(fanout_add(&fanout, sink_jsonl_new(&options)), 0);
	feed_recording(assembler, bytes, len);
	text = sample_read(options.fd, ret_len);
	assembler_free(assembler);
	fanout_destroy(&fanout);
	close(options.fd);
	free(bytes);
	return text;
}

/* The next line as JSON, NULL at the end. */
static json_t *next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');
	json_t *parsed;

	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	parsed = json_loads(line, 0, NULL);
	assert_non_null(parsed);
	return parsed;
}

static void check_same_but_source(json_t *live, json_t *again)
{
	char *one, *other;

	if (json_object_get(live, "source")) {
		assert_string_equal(json_string_value(json_object_get(live, "source")), "live");
		assert_string_equal(json_string_value(json_object_get(again, "source")), "replay");
		json_object_del(live, "source");
		json_object_del(again, "source");
	}
	one = json_dumps(live, JSON_SORT_KEYS);
	other = json_dumps(again, JSON_SORT_KEYS);
	assert_string_equal(one, other);
	free(one);
	free(other);
}

/* Returns how many kills the fixture tells. */
static unsigned int check_fixture(const char *directory)
{
	size_t len;
	char *live_text = read_whole(directory, "stdout", &len);
	char *again_text = replay(directory, &len);
	char *live_at = live_text, *again_at = again_text;
	json_t *live, *again;
	unsigned int kills = 0;

	while ((live = next_line(&live_at))) {
		again = next_line(&again_at);
		assert_non_null(again);
		kills += !strcmp(json_string_value(json_object_get(live, "type")), "oom_kill");
		check_same_but_source(live, again);
		json_decref(live);
		json_decref(again);
	}
	assert_null(next_line(&again_at));
	free(live_text);
	free(again_text);
	return kills;
}

static void a_recording_of_a_real_kernel_replays_to_what_was_said_live(void **state)
{
	DIR *fixtures = opendir(FIXTURES);
	struct dirent *entry;
	unsigned int checked = 0;

	(void)state;
	assert_non_null(fixtures);
	while ((entry = readdir(fixtures))) {
		if (entry->d_name[0] == '.')
			continue;
		print_message("%s\n", entry->d_name);
		assert_true(check_fixture(entry->d_name) >= 2);
		checked++;
	}
	closedir(fixtures);
	assert_true(checked >= KERNELS * BACKENDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_of_a_real_kernel_replays_to_what_was_said_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
