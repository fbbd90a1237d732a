// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "lib/utf8.h"
#include "sink/listing.h"

#define NOW SAMPLE_REAL_NS /* 2026-11-22 22:10:08 UTC */
#define DAY (86400 * 1000000000LL)

static struct listing_options options;
static struct listing listing;
static int fd = -1;

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "CET-1", 1);
	tzset();
	options = (struct listing_options){.letters = 8, .now_ns = NOW};
	return 0;
}

static struct store_episode java(void)
{
	return (struct store_episode){
		.id = "00112233aabbccdd",
		.host = "web-14",
		.time_ns = NOW,
		.constraint_name = "memcg",
		.memcg = "/system.slice/app.service",
		.pid = 4242,
		.comm = "java",
		.cgroup = "/system.slice/app.service",
		.unit = "app.service",
		.bytes = 498LL * 1024 * 1024,
		.victims = 1,
	};
}

static void start(void)
{
	fd = sample_fd();
	assert_int_equal(listing_init(&listing, fd, &options), 0);
}

/* What was written, to be freed. */
static char *ended(void)
{
	char *text;

	assert_int_equal(listing_end(&listing), 0);
	text = sample_read(fd, NULL);
	close(fd);
	return text;
}

static void is_line(const struct store_episode *episode, const char *expected)
{
	char *text;

	start();
	assert_int_equal(listing_row(&listing, episode), 0);
	text = ended();
	assert_string_equal(text, expected);
	free(text);
}

static void a_kill_is_one_line(void **state)
{
	struct store_episode episode = java();

	(void)state;
	is_line(&episode, "Nov 22 23:10:08 00112233 java[4242]                    498MiB memcg   "
			  "app.service\n");
	options.columns = 80;
	is_line(&episode,
		"Nov 22 23:10:08 00112233 java[4242]             498MiB memcg   app.service\n");
	options.letters = 10;
	episode.victims = 3;
	episode.time_ns = NOW - 20 * DAY;
	is_line(&episode,
		"Nov  2 23:10:08 00112233aa java[4242] +2          498MiB memcg   app.service\n");
	options.hosts = true;
	options.columns = 0;
	is_line(&episode, "Nov  2 23:10:08 00112233aa java[4242] +2                 498MiB memcg   "
			  "web-14 app.service\n");
}

static void times_of_other_years_have_theirs(void **state)
{
	struct store_episode episode = java();

	(void)state;
	options.columns = 80;
	episode.time_ns = NOW - 400 * DAY;
	is_line(&episode,
		"2025-10-18 23:10 00112233 java[4242]             498MiB memcg   app.service\n");
	/* It is the local year that counts. */
	options.now_ns = 1798758000000000000LL; /* 2027-01-01 00:00 in this zone */
	episode.time_ns = options.now_ns - 1;
	is_line(&episode,
		"2026-12-31 23:59 00112233 java[4242]             498MiB memcg   app.service\n");
	episode.time_ns = options.now_ns;
	is_line(&episode,
		"Jan  1 00:00:00 00112233 java[4242]             498MiB memcg   app.service\n");
	episode.time_ns = 0;
	episode.time_text = "[12345.678901]";
	is_line(&episode,
		"[12345.678901]  00112233 java[4242]             498MiB memcg   app.service\n");
	episode.time_text = NULL;
	is_line(&episode,
		"-               00112233 java[4242]             498MiB memcg   app.service\n");
}

static void what_nobody_died_of_is_said(void **state)
{
	struct store_episode episode = java();

	(void)state;
	options.columns = 80;
	episode.no_kill = true;
	episode.pid = 0;
	episode.comm = NULL;
	episode.reason = "panic_on_oom";
	episode.constraint_name = "none";
	episode.memcg = episode.cgroup = episode.unit = NULL;
	is_line(&episode, "Nov 22 23:10:08 00112233 nobody: panic               - machine -\n");
	episode.reason = "oom_kill_disabled";
	episode.constraint_name = "mempolicy";
	is_line(&episode, "Nov 22 23:10:08 00112233 nobody: waits               - policy  -\n");
	episode.reason = "nothing_killable";
	episode.constraint_name = NULL;
	is_line(&episode, "Nov 22 23:10:08 00112233 nobody killable             - -       -\n");
	options.color = true;
	is_line(&episode,
		"\033[2mNov 22 23:10:08 00112233 nobody killable             - -       -\033[m\n");
}

/* The last word of the line of @episode on 80 columns. */
static void is_place(const struct store_episode *episode, const char *expected)
{
	char *text, *place;

	options.columns = 80;
	start();
	listing_row(&listing, episode);
	text = ended();
	assert_true(strlen(text) <= 81);
	text[strlen(text) - 1] = '\0';
	place = strstr(text, "memcg   ");
	assert_non_null(place);
	assert_string_equal(place + 8, expected);
	free(text);
}

static void the_place_is_the_nearest_name(void **state)
{
	struct store_episode episode = java();

	(void)state;
	episode.unit = "docker-x.scope";
	episode.container = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	is_place(&episode, "0123456789ab");
	episode.container = "debian-12";
	is_place(&episode, "debian-12");
	episode.pod_uid = "8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab";
	is_place(&episode, "8d5c5e1c-4c1f-...");
	episode.pod = "web-0";
	is_place(&episode, "web-0");
	episode.namespace_name = "shop";
	is_place(&episode, "shop/web-0");
	episode = java();
	episode.unit = NULL;
	is_place(&episode, ".../app.service");
	episode.memcg = "/a/b";
	is_place(&episode, "/a/b");
	episode.memcg = "/a-first/a-second/third";
	is_place(&episode, ".../third");
	episode.memcg = "/a-first/one-that-is-far-too-long-for-it";
	is_place(&episode, ".../one-that-i...");
	episode.memcg = NULL;
	episode.cgroup = NULL;
	is_place(&episode, "-");
}

/* Of every line the columns, and that nothing in it acts on a terminal. */
static void is_harmless(const char *text, unsigned int most)
{
	while (*text) {
		unsigned int columns = 0;

		while (*text != '\n') {
			uint32_t code;
			size_t taken = utf8_decode(text, strlen(text), &code);

			assert_true(taken > 0);
			assert_false(utf8_is_hostile(code));
			columns += utf8_width(code);
			text += taken;
		}
		if (columns > most)
			fail_msg("a line of %u columns, before: %.200s", columns, text);
		text++;
	}
}

/* Every name a hostile one or a long one, and numbers as large as they can be. */
static void no_name_breaks_the_line(void **state)
{
	char is_long[6000];

	(void)state;
	memset(is_long, '/', sizeof(is_long));
	for (size_t i = 0; i < sizeof(is_long) - 1; i += 2)
		is_long[i + 1] = 'x';
	is_long[sizeof(is_long) - 1] = '\0';
	options.hosts = true;
	options.head = true;
	options.columns = 80;
	start();
	for (size_t i = 0; i <= HOSTILE_NAMES; i++) {
		const char *name = i < HOSTILE_NAMES ? hostile_names[i] : is_long;
		struct store_episode episode = {
			.id = name,
			.host = i % 2 ? name : "h",
			.time_text = name,
			.constraint_name = name,
			.memcg = name,
			.pid = INT64_MAX,
			.comm = name,
			.bytes = INT64_MAX,
			.victims = INT64_MAX,
		};
		struct store_group group = {.name = name, .kills = 1, .bytes = 1};

		listing_row(&listing, &episode);
		episode.pid = 4194304;
		episode.victims = 1;
		listing_row(&listing, &episode);
		episode.unit = name;
		listing_row(&listing, &episode);
		episode.pod = episode.namespace_name = name;
		listing_row(&listing, &episode);
		episode.no_kill = true;
		episode.reason = name;
		listing_row(&listing, &episode);
		listing_group_row(&listing, STORE_BY_CGROUP, &group);
		listing_group_row(&listing, STORE_BY_COMM, &group);
		group.pod = group.namespace_name = group.pod_uid = name;
		listing_group_row(&listing, STORE_BY_POD, &group);
	}
	{
		char *text = ended();

		/* Numbers that no kernel gives and hosts as long as a line may make it longer. */
		is_harmless(text, 200);
		free(text);
	}
}

static void what_a_kernel_gives_fits_80_columns(void **state)
{
	static const char *const places[] = {
		"/system.slice/an-uncommonly-long-name-for-a-service.service",
		"/a/b/c",
		"/",
		"x",
		"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97"
		"\xa5\xe6"
		"\x9c\xac\xe8\xaa\x9e",
		"/\033[2J\033[31m/\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
	};

	(void)state;
	options.columns = 80;
	options.head = true;
	options.letters = 10;
	for (int dated = 0; dated < 2; dated++) {
		char *text;

		start();
		for (size_t i = 0; i < HOSTILE_NAMES * 6; i++) {
			struct store_episode episode = java();

			episode.time_ns = NOW - dated * 400 * DAY;
			episode.comm = hostile_names[i % HOSTILE_NAMES];
			episode.pid = i % 2 ? 4194304 : 1;
			episode.victims = i % 3 ? 1 : 1024;
			episode.bytes = i % 5 ? 1023LL * 1024 * 1024 + 999999 : 0;
			episode.constraint_name = i % 4 ? "memcg" : "none";
			episode.unit = NULL;
			episode.memcg = places[i % 6];
			listing_row(&listing, &episode);
		}
		text = ended();
		is_harmless(text, 80);
		free(text);
	}
}

static void groups_are_lines_too(void **state)
{
	struct store_group group = {
		.name = "app.service",
		.kills = 17,
		.victims = 20,
		.bytes = 5LL << 30,
		.first_ns = NOW - 2 * DAY,
		.last_ns = NOW,
	};
	char *text;

	(void)state;
	options.head = true;
	options.columns = 80;
	start();
	listing_group_row(&listing, STORE_BY_UNIT, &group);
	group.name = NULL;
	group.first_ns = group.last_ns = 0;
	listing_group_row(&listing, STORE_BY_UNIT, &group);
	text = ended();
	assert_string_equal(text,
			    "   KILLS   MEMORY FIRST           LAST            UNIT\n"
			    "      17     5GiB Nov 20 23:10:08 Nov 22 23:10:08 app.service\n"
			    "      17     5GiB -               -               (in no unit)\n");
	free(text);
}

static void groups_are_objects(void **state)
{
	struct store_group group = {
		.name = "8d5c",
		.pod_uid = "8d5c",
		.pod = "web\"0\033",
		.kills = 17,
		.victims = 20,
		.bytes = 5,
		.first_ns = NOW,
		.last_ns = NOW + 1,
	};
	char *text;

	(void)state;
	start();
	listing_put_group(&listing, STORE_BY_POD, &group);
	group = (struct store_group){.name = "/a", .kills = 1};
	listing_put_group(&listing, STORE_BY_CGROUP, &group);
	group.name = NULL;
	listing_put_group(&listing, STORE_BY_COMM, &group);
	text = ended();
	assert_string_equal(
		text,
		"{\"schema\":1,\"type\":\"kill_group\",\"by\":\"pod\",\"pod_uid\":\"8d5c\",\"pod\":"
		"\"web\\\"0\\u001b\",\"kills\":17,\"victims\":20,\"bytes\":5,"
		"\"first\":\"2026-11-22T22:10:08.412345678Z\","
		"\"last\":\"2026-11-22T22:10:08.412345679Z\"}\n"
		"{\"schema\":1,\"type\":\"kill_group\",\"by\":\"cgroup\",\"cgroup\":\"/a\","
		"\"kills\":1,\"victims\":0,\"bytes\":0}\n"
		"{\"schema\":1,\"type\":\"kill_group\",\"by\":\"comm\",\"kills\":1,\"victims\":0,"
		"\"bytes\":0}\n");
	free(text);
}

static void a_full_disk_is_told(void **state)
{
	struct store_episode episode = java();
	int error = 0;

	(void)state;
	fd = open("/dev/full", O_WRONLY);
	assert_int_equal(listing_init(&listing, fd, &options), 0);
	for (int i = 0; i < 10000 && !error; i++)
		error = listing_row(&listing, &episode);
	assert_int_equal(error, -ENOSPC);
	listing_end(&listing);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_kill_is_one_line, begin),
		cmocka_unit_test_setup(times_of_other_years_have_theirs, begin),
		cmocka_unit_test_setup(what_nobody_died_of_is_said, begin),
		cmocka_unit_test_setup(the_place_is_the_nearest_name, begin),
		cmocka_unit_test_setup(no_name_breaks_the_line, begin),
		cmocka_unit_test_setup(what_a_kernel_gives_fits_80_columns, begin),
		cmocka_unit_test_setup(groups_are_lines_too, begin),
		cmocka_unit_test_setup(groups_are_objects, begin),
		cmocka_unit_test_setup(a_full_disk_is_told, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
