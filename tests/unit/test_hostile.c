/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names that processes and cgroups give themselves, through every output: none acts on what reads
 * it. A new output is a row of the table, with what renders it and what it is written in.
 */
#include "tests/unit/sample.h"

#include <jansson.h>

#include "lib/utf8.h"
#include "sink/explain.h"
#include "sink/listing.h"
#include "sink/metrics.h"
#include "sink/ranking.h"
#include "sink/report.h"
#include "tests/unit/storegen.h"

#define BUFFER   (64 * KIB)
#define HARMLESS "harmless"

/* Beside hostile_names: what acts on readers of other kinds. At most 64 bytes. */
static const char *const more_names[] = {
	"x\nKilled",
	"<0>panic",
	"\n<0>panic",
	"\nroot:x:0:0::/:",
	"1;\r\nSet: 1",
	"'); DROP TABLE--",
	"\" OR \"\"=\"",
	"a\"} 1\noom_kill 7",
	"<script>alert(1)",
	"<img src=x onerr",
	"\"onload=\"x",
	"]]>-->",
	"{\"type\":\"lost\"}",
	"\",\"type\":\"lost\"",
	"\\u0022",
	"\\",
	"$(reboot)`id`",
	"%n%n%n%n",
	"../../etc/passwd",
	"\xf0\x9d\x94\xa5\xe2\x80\xa8x",
	"\033]0;title\007",
	"\033P+q544e\033\\",
	"\xc2\x9d"
	"0;t\xc2\x9c",
};

/* Everything that a process or a cgroup can be called, in everything that is told. */
struct told {
	struct sample sample;
	struct outcome outcome;
	struct user_kill user_kill;
	char path[128];
};

static void name_task(struct task *task, const char *name, const char *path)
{
	snprintf(task->comm, sizeof(task->comm), "%s", name);
	task->cmdline = name;
	task->known |= TASK_KNOWS_CGROUP;
	task->cgroup = path;
}

static void fill(struct told *told, const char *name)
{
	struct episode *episode = &told->sample.episode;

	memset(told, 0, sizeof(*told));
	sample_fill(&told->sample);
	sample_fill_memory(episode);
	snprintf(told->path, sizeof(told->path), "/%s/%s.service", name, name);
	for (uint32_t i = 0; i < episode->n_tasks; i++)
		name_task(&told->sample.tasks[i], name, told->path);
	name_task(&told->sample.victims[0], name, told->path);
	name_task(&episode->victim, name, told->path);
	snprintf(episode->invoker.comm, sizeof(episode->invoker.comm), "%s", name);
	snprintf(episode->invoker.cpuset, sizeof(episode->invoker.cpuset), "%s", name);
	episode->invoker.cgroup = told->path;
	episode->memcg.path = told->path;
	told->outcome = (struct outcome){
		.pid = 4242,
		.boot_ns = SAMPLE_BOOT_NS,
		.real_ns = SAMPLE_REAL_NS,
		.has_exited = true,
		.exited_ns = 8400000,
	};
	memcpy(told->outcome.id, episode->id, sizeof(told->outcome.id));
	snprintf(told->outcome.comm, sizeof(told->outcome.comm), "%s", name);
	snprintf(told->outcome.cmdline, sizeof(told->outcome.cmdline), "%s", name);
	told->user_kill = (struct user_kill){
		.boot_ns = SAMPLE_BOOT_NS,
		.real_ns = SAMPLE_REAL_NS,
		.signal = 9,
		.sender_pid = 88,
		.target = told->sample.tasks[0],
	};
	snprintf(told->user_kill.sender_comm, sizeof(told->user_kill.sender_comm), "%s", name);
}

/* --- what renders: each writes all that it can of @told --- */

static void hand(struct sink *sink, const struct told *told)
{
	const struct host *host = sample_host();
	const struct sink_ops *ops = sink->ops;

	assert_int_equal(ops->episode(sink, host, &told->sample.episode), 0);
	if (ops->outcome)
		assert_int_equal(ops->outcome(sink, host, &told->outcome), 0);
	if (ops->user_kill)
		assert_int_equal(ops->user_kill(sink, host, &told->user_kill), 0);
}

static struct sink_options sink_options(int fd)
{
	return (struct sink_options){
		.fd = fd,
		.candidates = CANDIDATES_ALL,
		.today_real_ns = SAMPLE_REAL_NS,
	};
}

static void hand_and_destroy(struct sink *sink, const struct told *told)
{
	assert_non_null(sink);
	hand(sink, told);
	sink->ops->destroy(sink);
}

static void render_text(int fd, const struct told *told)
{
	struct sink_options options = sink_options(fd);

	hand_and_destroy(sink_text_new(&options), told);
}

static void render_colors(int fd, const struct told *told)
{
	struct sink_options options = sink_options(fd);

	options.color = true;
	hand_and_destroy(sink_text_new(&options), told);
}

static void render_levels(int fd, const struct told *told)
{
	struct sink_options options = sink_options(fd);

	options.levels = true;
	hand_and_destroy(sink_text_new(&options), told);
}

static void render_jsonl(int fd, const struct told *told)
{
	struct sink_options options = sink_options(fd);

	hand_and_destroy(sink_jsonl_new(&options), told);
}

static void render_report(int fd, const struct told *told)
{
	static const struct report_options options = {.candidates = CANDIDATES_ALL,
						      .details_bytes = REPORT_DETAILS_BYTES};
	struct sink *sink = sink_report_new(&options);
	struct outbuf out;

	assert_non_null(sink);
	hand(sink, told);
	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	assert_int_equal(report_write(sink, &out), 0);
	assert_int_equal(outbuf_end(&out), 0);
	outbuf_free(&out);
	sink->ops->destroy(sink);
}

static void explain(int fd, const struct told *told,
		    int (*put)(struct outbuf *, const struct explanation *,
			       const struct explain_options *))
{
	static const struct explain_options options = {.most = CANDIDATES_ALL,
						       .today_real_ns = SAMPLE_REAL_NS};
	struct explanation explanation = {
		.host = sample_host(),
		.episode = &told->sample.episode,
		.spared = whatif_spared(&told->sample.episode),
	};
	struct outbuf out;

	explanation.n_findings = explain_findings(&told->sample.episode, explanation.findings);
	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	assert_int_equal(put(&out, &explanation, &options), 0);
	outbuf_free(&out);
}

static void render_explain_text(int fd, const struct told *told)
{
	explain(fd, told, explain_show);
}

static void render_explain_json(int fd, const struct told *told)
{
	explain(fd, told, explain_put);
}

static void rank(int fd, const struct told *told,
		 int (*put)(struct outbuf *, const struct ranking *,
			    const struct ranking_options *))
{
	static const struct ranking_options options = {
		.most = CANDIDATES_ALL,
		.host = "web-14",
		.boot_id = "",
		.kernel = "6.1.0",
	};
	struct sample sample = told->sample;
	struct ranking ranking = {
		.boot_ns = SAMPLE_BOOT_NS,
		.real_ns = SAMPLE_REAL_NS,
		.page_size = 4096,
		.totalpages = 131072,
		.has_memcg = true,
		.memcg = sample.episode.memcg,
		.tasks = sample.tasks,
		.n_tasks = sample.episode.n_tasks,
		.eligible = sample.episode.eligible,
	};
	struct outbuf out;

	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	assert_int_equal(put(&out, &ranking, &options), 0);
	outbuf_free(&out);
}

static void render_ranking_text(int fd, const struct told *told)
{
	rank(fd, told, ranking_show);
}

static void render_ranking_json(int fd, const struct told *told)
{
	rank(fd, told, ranking_put);
}

struct stored {
	const struct told *told;
	struct listing *listing;
	int episodes, drops;
};

static int list_episode(void *ctx, const struct store_episode *episode)
{
	struct stored *stored = ctx;

	stored->episodes++;
	return listing_row(stored->listing, episode);
}

static int list_group(void *ctx, const struct store_group *group)
{
	struct stored *stored = ctx;

	stored->drops++;
	return listing_group_row(stored->listing, STORE_BY_COMM, group);
}

/* Into a store and out of it: found again by its own name, and with it all that was there before.
 */
static void render_store(int fd, const struct told *told)
{
	static const struct listing_options options = {.letters = 8, .now_ns = SAMPLE_REAL_NS};
	const char *comm = told->sample.victims[0].comm;
	struct gen_kill before = {.id = "00000000000000aa", .time_ns = 1, .comm = HARMLESS};
	struct gen_kill kill = {
		.id = "00000000000000bb",
		.time_ns = SAMPLE_REAL_NS,
		.comm = comm,
		.cgroup = told->path,
		.memcg = told->path,
	};
	struct store_filter all = {0}, of_comm = {.comm = comm}, of_cgroup = {.cgroup = told->path};
	char directory[] = "/tmp/oomtrace-hostile-XXXXXX", path[64];
	struct listing listing;
	struct stored stored = {.told = told, .listing = &listing};
	struct store *store;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/store", directory);
	store = gen_store(path);
	gen_put(store, &before);
	gen_put(store, &kill);
	assert_int_equal(listing_init(&listing, fd, &options), 0);
	assert_int_equal(store_each_episode(store, &all, list_episode, &stored), 0);
	assert_int_equal(stored.episodes, 2);
	assert_int_equal(store_each_episode(store, &of_comm, list_episode, &stored), 0);
	assert_int_equal(store_each_episode(store, &of_cgroup, list_episode, &stored), 0);
	assert_int_equal(store_each_group(store, &all, STORE_BY_COMM, list_group, &stored), 0);
	assert_int_equal(listing_end(&listing), 0);
	store_close(store);
	assert_int_equal(unlink(path), 0);
	rmdir(directory);
}

/* Owners are named by their cgroups; a victim is told twice, so that its owner is found again. */
static void render_metrics(int fd, const struct told *told)
{
	static const struct metrics_now now = {.real_ns = SAMPLE_REAL_NS};
	struct sink *sink = sink_metrics_new();
	char *page = malloc(METRICS_BYTES);
	int64_t len;

	assert_non_null(sink);
	assert_non_null(page);
	hand(sink, told);
	hand(sink, told);
	len = metrics_render(sink, &now, page, METRICS_BYTES);
	assert_true(len > 0);
	assert_int_equal(write(fd, page, (size_t)len), len);
	free(page);
	sink->ops->destroy(sink);
}

/* --- what is checked: @text, and what it is where names are harmless --- */

/* A name that has a line in it has not begun one. */
static void check_lines(const char *text, const char *name)
{
	const char *rest = strpbrk(name, "\r\n");
	char line[80];

	if (!rest || !rest[1])
		return;
	snprintf(line, sizeof(line), "\n%s", rest + 1);
	if (strstr(text, line))
		fail_msg("a line of its own:\n%s", text);
}

/* Printable UTF-8 and newlines, nothing else. */
static void check_terminal(const char *text, const char *harmless, const char *name)
{
	size_t len = strlen(text);

	(void)harmless;
	check_lines(text, name);
	for (const char *at = text; len;) {
		uint32_t code;
		size_t taken = utf8_decode(at, len, &code);

		if (!taken || (code != '\n' && utf8_is_hostile(code)))
			fail_msg("byte 0x%02x at %td acts on a terminal:\n%s", (unsigned char)*at,
				 at - text, text);
		at += taken;
		len -= taken;
	}
}

/* The same beside the colours: escapes that are made of digits, and as many as there are always. */
static void check_colored(const char *text, const char *harmless, const char *name)
{
	char *plain = strdup(text), *to = plain;
	int colors = 0;

	assert_non_null(plain);
	for (const char *at = text; *at;) {
		size_t digits = strncmp(at, "\033[", 2) ? 0 : 2 + strspn(at + 2, "0123456789;");

		if (digits && at[digits] == 'm') {
			at += digits + 1;
			colors++;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
	check_terminal(plain, harmless, name);
	free(plain);
	for (const char *at = harmless; (at = strchr(at, '\033')); at++)
		colors--;
	assert_int_equal(colors, 0);
}

/* Each line has one level, a kill's, an outcome's or a signal's, and no name gives it another. */
static void check_levels(const char *text, const char *harmless, const char *name)
{
	check_terminal(text, harmless, name);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		if (line[0] != '<' || !strchr("356", line[1]) || line[2] != '>' || line[3] == '<')
			fail_msg("a level of its own:\n%s", line);
}

static json_t *next_line(const char **text)
{
	size_t len = strcspn(*text, "\n");
	json_error_t error;
	json_t *line = json_loadb(*text, len, JSON_REJECT_DUPLICATES, &error);

	if (!line)
		fail_msg("%s: %.*s", error.text, (int)len, *text);
	*text += len;
	assert_int_equal(**text, '\n');
	++*text;
	return line;
}

/* As many lines, each of the same type and with the same members, all of them valid UTF-8. */
static void check_json(const char *text, const char *harmless, const char *name)
{
	check_terminal(text, harmless, name);
	while (*text && *harmless) {
		json_t *ours = next_line(&text), *theirs = next_line(&harmless), *value;
		const char *key;

		assert_string_equal(json_string_value(json_object_get(ours, "type")),
				    json_string_value(json_object_get(theirs, "type")));
		json_object_foreach(ours, key, value) if (!json_object_get(theirs, key) &&
							  strcmp(key, "cmdline") != 0)
			fail_msg("a member of its own: %s", key);
		json_decref(ours);
		json_decref(theirs);
	}
	assert_int_equal(*text, *harmless);
}

static size_t count_of(const char *text, char c)
{
	size_t n = 0;

	for (; (text = strchr(text, c)); text++)
		n++;
	return n;
}

/* No mark-up more, or less. */
static void check_html(const char *text, const char *harmless, const char *name)
{
	(void)name;
	assert_int_equal(count_of(text, '<'), count_of(harmless, '<'));
	assert_int_equal(count_of(text, '>'), count_of(harmless, '>'));
	assert_int_equal(count_of(text, '\033'), 0);
	assert_int_equal(count_of(text, '\007'), 0);
}

/* What follows the labels that @at begins with, in Prometheus' text format; NULL where they are
 * none. */
static const char *after_labels(const char *at)
{
	for (at++;; at++) {
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		if (strncmp(at, "=\"", 2) != 0)
			return NULL;
		for (at += 2; *at && *at != '"' && *at != '\n'; at++)
			if (*at == '\\' && !strchr("\\\"n", *++at))
				return NULL;
		if (*at++ != '"')
			return NULL;
		if (*at == '}')
			return at + 1;
		if (*at != ',')
			return NULL;
	}
}

/* Each line a comment or one series and its number, and no more of them than there are always. */
static void check_metrics(const char *text, const char *harmless, const char *name)
{
	check_terminal(text, harmless, name);
	assert_true(count_of(text, '\n') <= count_of(harmless, '\n'));
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		const char *at = line;
		char *end = NULL;

		if (!strncmp(line, "# HELP ", 7) || !strncmp(line, "# TYPE ", 7))
			continue;
		if (!strncmp(line, "oomtrace_", 9))
			at += strspn(line, "abcdefghijklmnopqrstuvwxyz_");
		if (at > line && *at == '{')
			at = after_labels(at);
		if (at && at > line && *at == ' ')
			strtod(at + 1, &end);
		if (!end || *end != '\n')
			fail_msg("not a series: %.*s", (int)strcspn(line, "\n"), line);
	}
}

static const struct output {
	const char *name;
	void (*render)(int fd, const struct told *told);
	void (*check)(const char *text, const char *harmless, const char *name);
} outputs[] = {
	{"text", render_text, check_terminal},
	{"text in colours", render_colors, check_colored},
	{"text with levels", render_levels, check_levels},
	{"JSON lines", render_jsonl, check_json},
	{"explain", render_explain_text, check_terminal},
	{"explain -j", render_explain_json, check_json},
	{"rank", render_ranking_text, check_terminal},
	{"rank -j", render_ranking_json, check_json},
	{"a store, and list", render_store, check_terminal},
	{"report", render_report, check_html},
	{"metrics", render_metrics, check_metrics},
};

static char *rendered(const struct output *output, const char *name)
{
	struct told *told = malloc(sizeof(*told));
	int fd = sample_fd();
	char *text;
	size_t len;

	assert_non_null(told);
	fill(told, name);
	output->render(fd, told);
	text = sample_read(fd, &len);
	/* A NUL would hide what follows. */
	assert_int_equal(strlen(text), len);
	assert_true(len > 0);
	close(fd);
	free(told);
	return text;
}

static void try_names(const char *const *names, size_t n)
{
	for (size_t o = 0; o < sizeof(outputs) / sizeof(*outputs); o++) {
		char *harmless = rendered(&outputs[o], HARMLESS);

		assert_non_null(strstr(harmless, HARMLESS));
		for (size_t i = 0; i < n; i++) {
			char *text = rendered(&outputs[o], names[i]);

			print_message("%s: name %zu\n", outputs[o].name, i);
			outputs[o].check(text, harmless, names[i]);
			free(text);
		}
		free(harmless);
	}
}

static void no_name_acts_on_what_reads_it(void **state)
{
	(void)state;
	/* The first one is empty. */
	try_names(hostile_names + 1, HOSTILE_NAMES - 1);
	try_names(more_names, sizeof(more_names) / sizeof(*more_names));
}

/* One of each byte, and of each byte behind one that begins a character. */
static void nor_does_any_byte(void **state)
{
	static const char *const before[] = {"", "\xc2", "\xe2\x80", "\033["};
	char names[256][8];
	const char *pointers[256];

	(void)state;
	for (size_t b = 0; b < sizeof(before) / sizeof(*before); b++) {
		size_t n = 0;

		for (int byte = 1; byte < 256; byte += 1 + (b > 0) * 4) {
			snprintf(names[n], sizeof(names[n]), "a%s%cz", before[b], byte);
			pointers[n] = names[n];
			n++;
		}
		for (size_t o = 0; o < sizeof(outputs) / sizeof(*outputs); o++) {
			char *harmless;

			/* That takes a file each. */
			if (outputs[o].render == render_store)
				continue;
			harmless = rendered(&outputs[o], HARMLESS);
			for (size_t i = 0; i < n; i++) {
				char *text = rendered(&outputs[o], pointers[i]);

				outputs[o].check(text, harmless, pointers[i]);
				free(text);
			}
			free(harmless);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_name_acts_on_what_reads_it),
		cmocka_unit_test(nor_does_any_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
