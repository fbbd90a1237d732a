/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The incident page: what is escaped, what is filled in, what is kept, and what failing looks like.
 */
#include "tests/unit/sample.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/outbuf.h"
#include "sink/report.h"
#include "sink/report_parts.h"

#define BUFFER 4096

static const struct report_options all = {.candidates = CANDIDATES_ALL,
					  .details_bytes = REPORT_DETAILS_BYTES};

/* What @put writes of @text. */
static char *written(void (*put)(struct outbuf *out, const char *text, size_t len),
		     const char *text, size_t len)
{
	int fd = sample_fd();
	struct outbuf out;
	char *result;

	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	put(&out, text, len);
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_free(&out);
	result = sample_read(fd, NULL);
	close(fd);
	return result;
}

static void check_written(void (*put)(struct outbuf *out, const char *text, size_t len),
			  const char *text, size_t len, const char *want)
{
	char *result = written(put, text, len);

	assert_string_equal(result, want);
	free(result);
}

static void text_is_no_markup(void **state)
{
	(void)state;
	check_written(report_put_html, "plain", 5, "plain");
	check_written(report_put_html, "", 0, "");
	check_written(report_put_html, "</script><img src='x' onerror=\"a\">&lt;", 38,
		      "&lt;/script&gt;&lt;img src=&#39;x&#39; onerror=&quot;a&quot;&gt;&amp;lt;");
	check_written(report_put_html, "a\0b", 3,
		      "a\xef\xbf\xbd"
		      "b");
	/* Only as much as is given. */
	check_written(report_put_html, "ab<", 2, "ab");
}

static void data_cannot_end_its_element(void **state)
{
	(void)state;
	check_written(report_put_json, "{\"a\":\"</script><!--]]>&amp;\"}", 29,
		      "{\"a\":\"\\u003c/script\\u003e\\u003c!--]]\\u003e\\u0026amp;\"}");
	check_written(report_put_json, "\xe2\x80\xa8|\xe2\x80\xa9|\xe2\x80\xaa", 11,
		      "\\u2028|\\u2029|\xe2\x80\xaa");
	/* What merely begins like one of those, cut off. */
	check_written(report_put_json, "\xe2\x80\xa8", 2, "\xe2\x80");
}

static int fill_name(struct outbuf *out, const char *name, size_t len, void *ctx)
{
	int *left = ctx;

	if (!(*left)--)
		return -ENOMEM;
	outbuf_putc(out, '[');
	outbuf_put(out, name, len);
	outbuf_puts(out, "<!--fill:again-->]");
	return 0;
}

static int fill_page(const char *page, int fills, char **ret_text)
{
	int fd = sample_fd(), err;
	struct outbuf out;

	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	err = report_fill_page(&out, page, strlen(page), fill_name, &fills);
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_free(&out);
	*ret_text = sample_read(fd, NULL);
	close(fd);
	return err;
}

static void marks_are_filled_and_what_fills_them_is_not(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(fill_page("a<!--fill:one-->b<!-- c --><!--fill:two-->", 9, &text), 0);
	assert_string_equal(text, "a[one<!--fill:again-->]b<!-- c -->[two<!--fill:again-->]");
	free(text);
	assert_int_equal(fill_page("no marks", 9, &text), 0);
	assert_string_equal(text, "no marks");
	free(text);
	assert_int_equal(fill_page("<!--fill:open", 9, &text), -EINVAL);
	free(text);
	assert_int_equal(fill_page("<!--fill:a--><!--fill:b-->", 1, &text), -ENOMEM);
	free(text);
}

static void check_words(const char *words, const char *want)
{
	char *html = written(report_put_words, words, strlen(words));

	if (!strstr(html, want))
		fail_msg("no '%s' in:\n%s", want, html);
	free(html);
}

static void words_become_elements_by_their_labels(void **state)
{
	static const char words[] = "  headline    <b> was killed\n"
				    "  why         largest of 4 candidates\n"
				    "              and more\n"
				    "  spared      oom_score_adj -5\n"
				    "  stands out  swap was full\n"
				    "  stands out  java[4] has 3 points more\n"
				    "  killed      <b>[1]\n"
				    "              100 MiB\n"
				    "  group       two\n";
	size_t len = 0;
	const char *found = report_find_words(words, sizeof(words) - 1, "why", &len);

	(void)state;
	assert_int_equal(len, strlen("largest of 4 candidates"));
	assert_memory_equal(found, "largest of 4 candidates", len);
	assert_null(report_find_words(words, sizeof(words) - 1, "nobody", &len));
	check_words(words, "<h2>&lt;b&gt; was killed</h2>");
	check_words(words, "<dt>Why this one</dt><dd>Largest of 4 candidates</dd><dd>And more</dd>"
			   "</div>\n<div><dt>What would have spared it</dt>"
			   "<dd>oom_score_adj -5</dd></div>");
	check_words(words, "<li>Swap was full</li>\n<li>java[4] has 3 points more</li>");
	check_words(words, "<div><dt>killed</dt><dd>&lt;b&gt;[1]</dd><dd>100 MiB</dd></div>\n"
			   "<div><dt>group</dt><dd>two</dd></div>");
}

/* The page of what @sink has collected; the sink is gone then. */
static char *page_of(struct sink *sink)
{
	int fd = sample_fd();
	struct outbuf out;
	char *text;

	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	assert_int_equal(report_write(sink, &out), 0);
	outbuf_free(&out);
	sink->ops->destroy(sink);
	text = sample_read(fd, NULL);
	close(fd);
	return text;
}

static struct sink *new_report(const struct report_options *options)
{
	struct sink *sink = sink_report_new(options);

	assert_non_null(sink);
	return sink;
}

static void give(struct sink *sink, struct sample *sample, const char *id, int64_t real_ns)
{
	strcpy(sample->episode.id, id);
	sample->episode.real_ns = real_ns;
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample->episode), 0);
}

static struct outcome outcome_of(const struct sample *sample)
{
	struct outcome outcome = {
		.pid = sample->episode.victim.pid,
		.real_ns = SAMPLE_REAL_NS + 9000000,
		.has_exited = true,
		.exited_ns = 8400000,
		.has_freed = true,
		.freed_ns = 9000000,
	};

	strcpy(outcome.id, sample->episode.id);
	strcpy(outcome.comm, sample->episode.victim.comm);
	return outcome;
}

/* The data element of @page, read back. */
static json_t *data_of(const char *page)
{
	static const char opening[] = "<script type=\"application/json\" id=\"data\">";
	const char *begin = strstr(page, opening), *end;
	json_error_t error;
	json_t *data;

	assert_non_null(begin);
	begin += strlen(opening);
	end = strstr(begin, "</script>");
	assert_non_null(end);
	data = json_loadb(begin, (size_t)(end - begin), 0, &error);
	if (!data)
		fail_msg("data: %s at %d", error.text, error.position);
	return data;
}

static json_t *kill_at(json_t *data, size_t i)
{
	return json_array_get(json_object_get(data, "kills"), i);
}

static void a_page_says_it_without_scripts_and_holds_the_lines(void **state)
{
	struct sink *sink = new_report(&all);
	struct sample sample;
	struct outcome outcome;
	json_t *data, *lines;
	char *page;

	(void)state;
	sample_fill(&sample);
	sink->ops->attached(sink, sample_host());
	give(sink, &sample, "00112233aabbccdd", SAMPLE_REAL_NS);
	outcome = outcome_of(&sample);
	assert_int_equal(sink->ops->outcome(sink, sample_host(), &outcome), 0);
	page = page_of(sink);
	assert_non_null(strstr(page, "<title>OOM kill: java[4242] was killed when the cgroup "
				     "/system.slice/app.service ran out of memory</title>"));
	assert_non_null(
		strstr(page, "<p class=\"when\">2026-11-22 22:10:08.412 UTC on web-14</p>"));
	assert_non_null(strstr(page, "<dd>oom_score_adj -806 or below would have spared it: "
				     "redis-server[88] dies</dd>"));
	assert_non_null(strstr(page, "<dt>afterwards</dt><dd>java[4242] exited after 8.4 ms, "
				     "memory freed after 9.0 ms</dd>"));
	assert_non_null(strstr(page, "<noscript><pre>"));
	assert_null(strstr(page, "<!--fill:"));
	data = data_of(page);
	lines = json_object_get(kill_at(data, 0), "lines");
	assert_int_equal(json_array_size(lines), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(lines, 1), "type")),
			    "oom_outcome");
	assert_int_equal(json_array_size(json_object_get(data, "others")), 1);
	json_decref(data);
	free(page);
}

static void every_hostile_name_stays_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE_NAMES; i++) {
		struct sink *sink = new_report(&all);
		struct sample sample;
		const char *at;
		unsigned int scripts = 0;
		json_t *data;
		char *page;

		sample_fill(&sample);
		snprintf(sample.tasks[0].comm, sizeof(sample.tasks[0].comm), "%s",
			 hostile_names[i]);
		sample.tasks[0].cgroup = "/</script><!--fill:data-->/\xe2\x80\xa8<img src=x>";
		sample.episode.memcg.path = sample.tasks[0].cgroup;
		sample.episode.victim = sample.victims[0] = sample.tasks[0];
		give(sink, &sample, "00112233aabbccdd", SAMPLE_REAL_NS);
		page = page_of(sink);
		for (at = page; (at = strstr(at, "</script")); at++)
			scripts++;
		assert_int_equal(scripts, 2); /* the data's and the page's own */
		assert_null(strstr(page, "<img"));
		assert_null(strstr(page, "\xe2\x80\xa8"));
		assert_null(strstr(page, "\xe2\x80\xae"));
		assert_null(strchr(page, '\033'));
		data = data_of(page);
		json_decref(data);
		free(page);
	}
}

static void one_kill_of_many_is_found_by_its_id(void **state)
{
	static const char *const ids[] = {"aa00000000000000", "ab00000000000000",
					  "ab00000000000001"};
	static const struct {
		const char *id;
		bool last;
		size_t kills;
		bool ambiguous;
		const char *first;
	} cases[] = {
		{NULL, false, 3, false, "aa00000000000000"},
		{NULL, true, 1, false, "ab00000000000001"},
		{"AA", false, 1, false, "aa00000000000000"},
		{"ab", false, 2, true, "ab00000000000000"},
		{"ab00000000000001", false, 1, false, "ab00000000000001"},
		{"ff", false, 0, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report_options options = all;
		struct report_extent extent;
		struct sample sample;
		struct sink *sink;
		json_t *data;
		char *page;

		options.id = cases[i].id;
		options.last = cases[i].last;
		sink = new_report(&options);
		sample_fill(&sample);
		for (size_t k = 0; k < 3; k++)
			give(sink, &sample, ids[k], SAMPLE_REAL_NS + (int64_t)k);
		extent = report_extent(sink);
		assert_int_equal(extent.kills, cases[i].kills);
		assert_int_equal(extent.ambiguous, cases[i].ambiguous);
		if (!cases[i].kills) {
			struct outbuf out = {.fd = -1};

			assert_int_equal(report_write(sink, &out), -ENODATA);
			sink->ops->destroy(sink);
			continue;
		}
		page = page_of(sink);
		data = data_of(page);
		assert_string_equal(json_string_value(json_object_get(
					    json_object_get(kill_at(data, 0), "row"), "id")),
				    cases[i].first);
		json_decref(data);
		free(page);
	}
}

static void only_what_happened_within_the_span(void **state)
{
	struct report_options options = all;
	struct sample sample;
	struct sink *sink;

	(void)state;
	options.since_ns = SAMPLE_REAL_NS;
	options.until_ns = SAMPLE_REAL_NS + 11;
	sink = new_report(&options);
	sample_fill(&sample);
	give(sink, &sample, "a", SAMPLE_REAL_NS - 1);
	give(sink, &sample, "b", SAMPLE_REAL_NS);
	give(sink, &sample, "c", SAMPLE_REAL_NS + 10);
	give(sink, &sample, "d", SAMPLE_REAL_NS + 11);
	give(sink, &sample, "e", 0);
	assert_int_equal(report_extent(sink).kills, 2);
	sink->ops->destroy(sink);
}

static void beyond_the_room_the_latest_are_kept_in_full(void **state)
{
	struct report_options options = all;
	struct report_extent extent;
	struct sample sample;
	struct sink *sink;
	json_t *data;
	char *page, id[EPISODE_ID_LEN];

	(void)state;
	options.details_bytes = 20000;
	sink = new_report(&options);
	sample_fill(&sample);
	for (int i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "%016x", (unsigned int)i);
		give(sink, &sample, id, SAMPLE_REAL_NS + i);
	}
	extent = report_extent(sink);
	assert_int_equal(extent.kills, 50);
	assert_in_range(extent.detailed, 2, 10);
	page = page_of(sink);
	data = data_of(page);
	assert_int_equal(json_array_size(json_object_get(data, "kills")), 50);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(json_array_size(json_object_get(kill_at(data, i), "lines")),
				 i >= 50 - extent.detailed);
	assert_null(strstr(page, "id=\"kill-1\""));
	assert_non_null(strstr(page, "id=\"kill-50\""));
	assert_non_null(strstr(page, "<title>50 OOM kills</title>"));
	json_decref(data);
	free(page);
	/* One that is larger than the room is not left out. */
	options.details_bytes = 1;
	sink = new_report(&options);
	give(sink, &sample, id, SAMPLE_REAL_NS);
	assert_int_equal(report_extent(sink).detailed, 1);
	sink->ops->destroy(sink);
}

static void a_decision_without_a_victim_is_on_the_page(void **state)
{
	struct sink *sink = new_report(&all);
	struct sample sample;
	char *page;

	(void)state;
	sample_fill(&sample);
	sample.episode.no_kill = NO_KILL_NOTHING_KILLABLE;
	assert_int_equal(sink->ops->no_kill(sink, sample_host(), &sample.episode), 0);
	page = page_of(sink);
	assert_non_null(strstr(page, "<h2>Nobody was killed when the cgroup"));
	assert_null(strstr(page, "<dt>killed</dt>"));
	free(page);
}

/* Memory for the pieces runs out when @bytes have been taken. */
static void a_full_memory_fails_as_a_whole(void **state)
{
	struct rlimit before, small;
	unsigned int failed = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	for (small.rlim_cur = 0; small.rlim_cur < 12000; small.rlim_cur += 500) {
		struct sink *sink = new_report(&all);
		struct sample sample;
		struct outcome outcome;
		struct outbuf out;
		int err, fd = sample_fd();

		sample_fill(&sample);
		outcome = outcome_of(&sample);
		assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		err = sink->ops->episode(sink, sample_host(), &sample.episode);
		if (!err)
			err = sink->ops->outcome(sink, sample_host(), &outcome);
		if (!err)
			err = report_write(sink, &out);
		else
			assert_int_equal(report_write(sink, &out), err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_true(err == -EFBIG);
		failed++;
		outbuf_free(&out);
		close(fd);
		sink->ops->destroy(sink);
	}
	assert_int_equal(failed, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_no_markup),
		cmocka_unit_test(data_cannot_end_its_element),
		cmocka_unit_test(marks_are_filled_and_what_fills_them_is_not),
		cmocka_unit_test(words_become_elements_by_their_labels),
		cmocka_unit_test(a_page_says_it_without_scripts_and_holds_the_lines),
		cmocka_unit_test(every_hostile_name_stays_text),
		cmocka_unit_test(one_kill_of_many_is_found_by_its_id),
		cmocka_unit_test(only_what_happened_within_the_span),
		cmocka_unit_test(beyond_the_room_the_latest_are_kept_in_full),
		cmocka_unit_test(a_decision_without_a_victim_is_on_the_page),
		cmocka_unit_test(a_full_memory_fails_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
