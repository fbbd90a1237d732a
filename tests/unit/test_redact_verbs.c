// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the verbs tell strangers of what real kernels said: no name that is in it. */
#include "tests/unit/sample.h"

#include <ctype.h>
#include <jansson.h>
#include <sys/prctl.h>

#include "tests/unit/verbaid.h"

#define RECORD "tests/data/wire/6.12-fentry/record"
#define LOG    "tests/data/klog/kmsg-6.12.log"
#define NAMES  256

static struct {
	char texts[NAMES][256];
	size_t count;
} names;

static bool is_pseudonym(const char *text)
{
	size_t at = strcspn(text, "-");

	return text[at] == '-' && isdigit((unsigned char)text[at + 1]) &&
	       !text[at + 1 + strspn(text + at + 1, "0123456789")];
}

static void note(const char *text)
{
	/* Shorter ones are parts of words; a name that is a word of the page's says nothing. */
	if (strlen(text) < 4 || !strcmp(text, "init") || !strcmp(text, "threads") ||
	    names.count == NAMES)
		return;
	for (size_t i = 0; i < names.count; i++)
		if (!strcmp(names.texts[i], text))
			return;
	snprintf(names.texts[names.count++], sizeof(names.texts[0]), "%s", text);
}

/* Notes the names in a value of JSON that was not redacted. */
static void collect(const char *key, const json_t *value)
{
	const char *member, *text = json_string_value(value);
	static const char *const keys[] = {"comm", "cmdline", "host", "boot_id"};
	json_t *item;
	size_t i;

	for (i = 0; text && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcmp(key, keys[i]))
			note(text);
	if (text && (!strcmp(key, "cgroup") || !strcmp(key, "path"))) {
		char path[2048], *rest = path, *part;

		snprintf(path, sizeof(path), "%s", text);
		while ((part = strsep(&rest, "/")))
			note(part);
	}
	json_array_foreach(value, i, item) collect(key, item);
	json_object_foreach((json_t *)(uintptr_t)value, member, item) collect(member, item);
}

static void collect_names(void)
{
	char *rest = out, *line;

	names.count = 0;
	while ((line = strsep(&rest, "\n")) && *line) {
		json_t *object = json_loads(line, 0, NULL);

		assert_non_null(object);
		collect("", object);
		json_decref(object);
	}
	assert_true(names.count > 5);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static void expect_no_name(const char *what)
{
	assert_true(strlen(out) > 100);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.texts[i];
		size_t len = strlen(name);

		for (const char *at = out; (at = strstr(at, name)); at++)
			if ((at == out || !is_word(at[-1])) && !is_word(at[len]))
				fail_msg("%s tells of '%s': %.80s", what, name,
					 at - out > 40 ? at - 40 : at);
	}
}

#define EXPECT_NONE(...)                                        \
	do {                                                    \
		if (RUN(__VA_ARGS__) != EXIT_DONE)              \
			fail_msg("%s: %s", #__VA_ARGS__, said); \
		expect_no_name(#__VA_ARGS__);                   \
	} while (0)

static void no_verb_tells_a_name(void **state)
{
	static char directory[] = "/dev/shm/oomtrace-redact-XXXXXX", path[64], command[96];

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s.db", directory);
	verb_store = path;
	assert_int_equal(RUN("replay", "-q", "-j", "-s", "%", RECORD), EXIT_DONE);
	collect_names();
	EXPECT_NONE("replay", "--redact", "-k", "all", RECORD);
	EXPECT_NONE("replay", "--redact", "-j", RECORD);
	EXPECT_NONE("explain", "--redact", RECORD);
	EXPECT_NONE("explain", "--redact", "-j", RECORD);
	EXPECT_NONE("report", "--redact", RECORD);
	EXPECT_NONE("show", "--redact", "-s", "%", "--since", "2020-01-01", "-k", "all");
	EXPECT_NONE("show", "--redact", "-s", "%", "--since", "2020-01-01", "-j");
	EXPECT_NONE("list", "--redact", "-s", "%");
	EXPECT_NONE("list", "--redact", "-s", "%", "-j");
	EXPECT_NONE("list", "--redact", "-s", "%", "--by", "comm", "-j");
	EXPECT_NONE("list", "--redact", "-s", "%", "--by", "cgroup");
	EXPECT_NONE("explain", "--redact", "-s", "%", "--since", "2020-01-01");
	EXPECT_NONE("report", "--redact", "-s", "%", "--since", "2020-01-01");
	assert_int_equal(RUN("import", "-q", "-j", LOG), EXIT_DONE);
	collect_names();
	EXPECT_NONE("import", "--redact", "-k", "all", LOG);
	EXPECT_NONE("import", "--redact", "-j", LOG);
	EXPECT_NONE("report", "--redact", LOG);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	assert_int_equal(system(command), 0);
}

/* The two verbs that look at this host: this process is on it, by a name that nothing else has. */
static void nor_do_those_that_look_at_this_host(void **state)
{
	json_t *line;

	(void)state;
	assert_int_equal(prctl(PR_SET_NAME, "ours-by-name"), 0);
	assert_int_equal(RUN("rank", "-j"), EXIT_DONE);
	assert_non_null(strstr(out, "\"ours-by-name\""));
	assert_null(strstr(out, "redacted"));
	line = json_loads(out, 0, NULL);
	names.count = 0;
	note("ours-by-name");
	note(json_string_value(json_object_get(line, "host")));
	note(json_string_value(json_object_get(line, "boot_id")));
	json_decref(line);
	EXPECT_NONE("rank", "--redact", "-n", "all");
	EXPECT_NONE("rank", "--redact", "-j");
	assert_non_null(strstr(out, "\"redacted\":true"));
	RUN("doctor", "--redact"); /* its status says what can be traced here */
	expect_no_name("doctor --redact");
	assert_non_null(strstr(out, "host-1"));
	RUN("doctor", "--redact", "-j");
	expect_no_name("doctor --redact -j");
	assert_non_null(strstr(out, "\"redacted\":true"));
}

/* A line that has pseudonyms says so, is read back so, and what a filter is asked is the name. */
static void lines_say_that_they_are_redacted(void **state)
{
	json_t *line;
	char *copy;

	(void)state;
	assert_int_equal(RUN("replay", "-j", "--redact", RECORD), EXIT_DONE);
	for (char *rest = copy = strdup(out), *at; (at = strsep(&rest, "\n")) && *at;) {
		line = json_loads(at, 0, NULL);
		assert_true(json_is_true(json_object_get(line, "redacted")));
		assert_true(is_pseudonym(json_string_value(json_object_get(line, "host"))));
		json_decref(line);
	}
	free(copy);
	assert_int_equal(RUN("report", "--redact", RECORD), EXIT_DONE);
	assert_non_null(strstr(out, "<footer><p>Pseudonyms stand for"));
	assert_int_equal(RUN("report", RECORD), EXIT_DONE);
	assert_null(strstr(out, "Pseudonyms"));
	assert_int_equal(RUN("replay", "-j", RECORD), EXIT_DONE);
	assert_null(strstr(out, "redacted"));
	line = json_loads(strchr(out, '\n') + 1, JSON_DISABLE_EOF_CHECK, NULL);
	copy = strdup(json_string_value(json_object_get(json_object_get(line, "victim"), "comm")));
	assert_int_equal(RUN("replay", "-j", "--redact", "--comm", copy, RECORD), EXIT_DONE);
	assert_non_null(strstr(out, "\"type\":\"oom_kill\""));
	free(copy);
	json_decref(line);
}

/* What keeps names is not to be had with what gives none. */
static void what_keeps_names_is_refused_beside_it(void **state)
{
	(void)state;
	assert_int_equal(RUN("replay", "--redact", "-s", "/nowhere/s.db", RECORD), EXIT_USAGE);
	assert_non_null(strstr(said, "show --redact"));
	assert_int_equal(RUN("trace", "--redact", "-r", "/nowhere/r"), EXIT_USAGE);
	assert_non_null(strstr(said, "replay --redact"));
	assert_int_equal(RUN("trace", "--redact", "--metrics", "/nowhere/m.prom"), EXIT_USAGE);
	assert_non_null(strstr(said, "--redact"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_verb_tells_a_name),
		cmocka_unit_test(nor_do_those_that_look_at_this_host),
		cmocka_unit_test(lines_say_that_they_are_redacted),
		cmocka_unit_test(what_keeps_names_is_refused_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
