/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the text sink makes of an event, and what all of its lines are. */
#ifndef OOMTRACE_TESTS_UNIT_TEXTAID_H
#define OOMTRACE_TESTS_UNIT_TEXTAID_H

#include "tests/unit/sample.h"

#include "lib/utf8.h"

static const struct sink_options plain = {.candidates = 10, .today_real_ns = SAMPLE_REAL_NS};

/* What the text sink makes of one event; to be freed. */
static inline char *render(struct sink_options options, const struct episode *episode,
			   const struct outcome *outcome, const struct lost *lost)
{
	struct host *host = sample_host();
	struct sink *sink;
	char *text;

	options.fd = sample_fd();
	sink = sink_text_new(&options);
	assert_non_null(sink);
	if (episode)
		assert_int_equal(sink->ops->episode(sink, host, episode), 0);
	if (outcome)
		assert_int_equal(sink->ops->outcome(sink, host, outcome), 0);
	if (lost)
		assert_int_equal(sink->ops->lost(sink, host, lost), 0);
	sink->ops->destroy(sink);
	text = sample_read(options.fd, NULL);
	close(options.fd);
	return text;
}

static inline unsigned int line_width(const char *line, size_t len)
{
	unsigned int columns = 0;

	while (len) {
		uint32_t code;
		size_t taken = utf8_decode(line, len, &code);

		assert_true(taken);
		assert_false(utf8_is_hostile(code));
		columns += utf8_width(code);
		line += taken;
		len -= taken;
	}
	return columns;
}

/* Every line is printable UTF-8 and at most 80 columns wide. */
static inline void check_lines(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (line_width(text, len) > 80 || !len)
			fail_msg("line: '%.*s'", (int)len, text);
		text += len;
		assert_int_equal(*text, '\n');
		text++;
	}
}

static inline void check_render(struct sink_options options, const struct episode *episode,
				const char *want)
{
	char *text = render(options, episode, NULL, NULL);

	assert_string_equal(text, want);
	assert_null(strstr(text, " \n"));
	check_lines(text);
	free(text);
}

static inline void check_contains(const struct episode *episode, const char *want)
{
	char *text = render(plain, episode, NULL, NULL);

	if (!strstr(text, want))
		fail_msg("no '%s' in:\n%s", want, text);
	check_lines(text);
	free(text);
}

static inline void check_lacks(const struct episode *episode, const char *word)
{
	char *text = render(plain, episode, NULL, NULL);

	if (strstr(text, word))
		fail_msg("'%s' in:\n%s", word, text);
	check_lines(text);
	free(text);
}

#endif /* OOMTRACE_TESTS_UNIT_TEXTAID_H */
