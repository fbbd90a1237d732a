/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lines of JSON as the sink writes them, and what is asked of any JSON. */
#ifndef OOMTRACE_TESTS_UNIT_JSONAID_H
#define OOMTRACE_TESTS_UNIT_JSONAID_H

#include "tests/unit/sample.h"

#include <jansson.h>

static const struct sink_options everything = {.candidates = CANDIDATES_ALL};

/* The bytes of the line that @sink has written to @fd; both are used up. */
static inline char *take_line(struct sink *sink, int fd)
{
	size_t len;
	char *text;

	sink->ops->destroy(sink);
	text = sample_read(fd, &len);
	close(fd);
	assert_true(len);
	assert_ptr_equal(strchr(text, '\n'), text + len - 1);
	return text;
}

static inline json_t *parse_line(char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		fail_msg("%s in:\n%s", error.text, text);
	free(text);
	assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
	return root;
}

static inline json_t *render(struct sink_options options, const struct episode *episode)
{
	struct sink *sink;

	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_non_null(sink);
	assert_int_equal(sink->ops->episode(sink, sample_host(), episode), 0);
	return parse_line(take_line(sink, options.fd));
}

/* The value at "memcg.limit_bytes" or "ranking.0.points"; NULL where there is none. */
static inline json_t *at(json_t *value, const char *path)
{
	while (value && *path) {
		size_t len = strcspn(path, ".");
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		value = json_is_array(value) ? json_array_get(value, (size_t)atoi(key))
					     : json_object_get(value, key);
		path += len;
		path += *path == '.';
	}
	return value;
}

static inline void check_string(json_t *root, const char *path, const char *want)
{
	const char *got = json_string_value(at(root, path));

	if (!got || strcmp(got, want))
		fail_msg("%s: '%s', not '%s'", path, got ? got : "(absent)", want);
}

static inline void check_number(json_t *root, const char *path, double want)
{
	json_t *got = at(root, path);

	if (!json_is_number(got) || json_number_value(got) != want)
		fail_msg("%s: %f, not %f", path, json_number_value(got), want);
}

static inline void check_bool(json_t *root, const char *path, bool want)
{
	json_t *got = at(root, path);

	if (!json_is_boolean(got) || json_is_true(got) != want)
		fail_msg("%s is not %d", path, want);
}

static inline void check_absent(json_t *root, const char *path)
{
	if (at(root, path))
		fail_msg("%s is there", path);
}

#endif /* OOMTRACE_TESTS_UNIT_JSONAID_H */
