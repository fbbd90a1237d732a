// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What strangers may see: no name of anybody's through any output, and what a report is about as
 * it was. The fields are compared with the headers: one that is new and not looked at fails.
 */
#include "tests/unit/sample.h"

#include "core/redact.h"
#include "sink/explain.h"
#include "sink/report.h"
#include "sink/text_parts.h"

#define BUFFER      (64 * KIB)
#define MARK        "Zq" /* no word of ours has it */
#define MARKS_MAX   256
#define FIELDS_MAX  64
#define CANDIDATES  4
#define SOME_KERNEL "6.1.0-acme"

/* --- marks in every text that an event has --- */

/* Where a text is: an array of @size, or a pointer that is set. */
struct place {
	const char *of, *field; /* struct and member */
	char *array;
	size_t size;
	const char **pointer;
	const char *form; /* of its mark */
	bool kept;        /* it is the kernel's or ours, and nobody's name */
};

struct told {
	struct sample sample;
	struct outcome outcome;
	struct user_kill user_kill;
	struct wire_host wire_host;
	struct host host;
	struct place places[MARKS_MAX];
	size_t n_places;
	char marks[MARKS_MAX][128];
};

#define PLAIN "%s" /* a mark alone */
#define PATH  "/%s/%s.service/docker-%s"

static void add(struct told *told, struct place place)
{
	assert_true(told->n_places < MARKS_MAX);
	told->places[told->n_places++] = place;
}

#define ARRAY(of_, object, member, kept_)                         \
	add(told, (struct place){.of = (of_),                     \
				 .field = #member,                \
				 .array = (object).member,        \
				 .size = sizeof((object).member), \
				 .form = PLAIN,                   \
				 .kept = (kept_)})
#define POINTER(of_, object, member, form_) \
	add(told,                           \
	    (struct place){                 \
		    .of = (of_), .field = #member, .pointer = &(object).member, .form = (form_)})

static void add_task(struct told *told, struct task *task)
{
	ARRAY("task", *task, comm, false);
	POINTER("task", *task, cmdline, PLAIN);
	POINTER("task", *task, cgroup, PATH);
	task->known |= TASK_KNOWS_CGROUP;
}

static void add_invoker(struct told *told, struct episode *episode)
{
	ARRAY("episode", episode->invoker, comm, false);
	POINTER("episode", episode->invoker, cgroup, PATH);
	ARRAY("episode", episode->invoker, gfp_text, false);
	ARRAY("episode", episode->invoker, nodemask, false);
	ARRAY("episode", episode->invoker, mems_allowed, false);
	ARRAY("episode", episode->invoker, cpuset, false);
	for (size_t i = 0; i < 3; i++) {
		POINTER("episode", *episode, invoker.stack[i], PLAIN);
		told->places[told->n_places - 1].field = "stack";
	}
	episode->invoker.stack_len = 3;
	episode->known |= EPISODE_KNOWS_NODES;
}

static void add_episode(struct told *told, struct episode *episode)
{
	ARRAY("episode", *episode, id, false);
	POINTER("episode", *episode, time_text, PLAIN);
	POINTER("episode", *episode, source, PLAIN);
	POINTER("episode", *episode, completed_from, PLAIN);
	add_invoker(told, episode);
	POINTER("memcg", episode->memcg, path, PATH);
	episode->n_ancestors = 2;
	for (uint32_t i = 0; i < episode->n_ancestors; i++) {
		POINTER("memcg", episode->ancestors[i], path, PATH);
		episode->ancestors[i].known = MEMCG_KNOWS_PATH;
	}
	for (uint32_t i = 0; i < episode->memory.n_zones; i++)
		ARRAY("zone", episode->memory.zones[i], name, false);
	add_task(told, &episode->victim);
	episode->has_runner_up = true;
	episode->runner_up = told->sample.tasks[1];
	add_task(told, &episode->runner_up);
	episode->n_victims = 3;
	for (uint32_t i = 0; i < episode->n_victims; i++) {
		told->sample.victims[i] = told->sample.tasks[i];
		add_task(told, &told->sample.victims[i]);
	}
	for (uint32_t i = 0; i < episode->n_tasks; i++)
		add_task(told, &told->sample.tasks[i]);
}

static void add_host(struct told *told)
{
	told->wire_host = *sample_host()->wire;
	told->host = *sample_host();
	told->host.wire = &told->wire_host;
	ARRAY("wire_host", told->wire_host, host, false);
	ARRAY("wire_host", told->wire_host, boot_id, false);
	ARRAY("wire_host", told->wire_host, version, true);
	ARRAY("wire_host", told->wire_host, kernel, true);
	ARRAY("wire_host", told->wire_host, arch, true);
	ARRAY("wire_refusal", told->wire_host.refusals[0], reason, true);
}

static void fill(struct told *told)
{
	memset(told, 0, sizeof(*told));
	sample_fill(&told->sample);
	sample_fill_memory(&told->sample.episode);
	told->outcome =
		(struct outcome){.pid = 4242, .boot_ns = SAMPLE_BOOT_NS, .has_exited = true};
	told->user_kill = (struct user_kill){.signal = 9, .target = told->sample.tasks[0]};
	add_host(told);
	add_episode(told, &told->sample.episode);
	ARRAY("outcome", told->outcome, id, false);
	ARRAY("outcome", told->outcome, comm, false);
	ARRAY("outcome", told->outcome, cmdline, false);
	ARRAY("outcome", told->outcome, pod, false);
	ARRAY("outcome", told->outcome, pod_namespace, false);
	ARRAY("user_kill", told->user_kill, sender_comm, false);
	add_task(told, &told->user_kill.target);
	for (size_t i = 0; i < told->n_places; i++) {
		struct place *place = &told->places[i];
		char mark[32];

		snprintf(mark, sizeof(mark), MARK "!%zu!", i);
		if (place->kept)
			continue;
		snprintf(told->marks[i], sizeof(told->marks[i]),
			 strcmp(place->form, PATH) ? "%1$s" : "/%1$s/%1$s.service/docker-%1$s",
			 mark);
		if (place->pointer)
			*place->pointer = told->marks[i];
		else
			snprintf(place->array, place->size, "%s", told->marks[i]);
	}
}

/* --- the fields that there are, by the headers --- */

/* Whether @line of a struct declares texts; their names, split by blanks, go into @ret_names. */
static bool declares_texts(const char *line, char *ret_names, size_t size)
{
	const char *at = strstr(line, "char ");
	size_t len = 0;

	if (!at || strchr(line, '(') || (at > line && at[-1] != '\t' && at[-1] != ' '))
		return false;
	for (at += strlen("char "); *at && *at != ';'; at++) {
		size_t word = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");

		if (*at == '[')
			at += strcspn(at, "]");
		else if (word && len + word + 2 < size) {
			memcpy(ret_names + len, at, word);
			len += word;
			ret_names[len++] = ' ';
			at += word - 1;
		}
	}
	ret_names[len] = '\0';
	return len > 0;
}

static bool is_in_table(const struct told *told, const char *of, const char *field)
{
	for (size_t i = 0; i < told->n_places; i++)
		if (!strcmp(told->places[i].of, of) && !strcmp(told->places[i].field, field))
			return true;
	return false;
}

/* Looks at the members of @of in @file. Returns how many texts it has. */
static unsigned int look_at(const struct told *told, const char *file, const char *of)
{
	FILE *header = fopen(file, "r");
	char line[256], opening[64], names[256], *rest, *name;
	unsigned int count = 0;
	bool inside = false;

	assert_non_null(header);
	snprintf(opening, sizeof(opening), "struct %s {", of);
	while (fgets(line, sizeof(line), header)) {
		if (!strncmp(line, opening, strlen(opening)))
			inside = true;
		if (line[0] == '}')
			inside = false;
		if (!inside || !declares_texts(line, names, sizeof(names)))
			continue;
		for (rest = names; (name = strsep(&rest, " ")) && *name; count++)
			if (!is_in_table(told, of, name))
				fail_msg("%s: %s of struct %s is in no test: is it redacted?", file,
					 name, of);
	}
	fclose(header);
	return count;
}

static void every_text_of_an_event_is_in_the_table(void **state)
{
	static const struct {
		const char *file, *of;
		unsigned int least;
	} structs[] = {
		{"user/core/episode.h", "task", 3},    {"user/core/episode.h", "memcg", 1},
		{"user/core/episode.h", "zone", 1},    {"user/core/episode.h", "episode", 11},
		{"user/core/episode.h", "outcome", 5}, {"user/core/episode.h", "user_kill", 1},
		{"user/core/episode.h", "memory", 0},  {"user/core/episode.h", "host", 0},
		{"user/core/episode.h", "totals", 0},  {"user/core/episode.h", "lost", 0},
		{"bpf/wire.h", "wire_host", 5},        {"bpf/wire.h", "wire_refusal", 1},
	};
	struct told *told = calloc(1, sizeof(*told));

	(void)state;
	assert_non_null(told);
	fill(told);
	for (size_t i = 0; i < sizeof(structs) / sizeof(structs[0]); i++)
		if (look_at(told, structs[i].file, structs[i].of) < structs[i].least)
			fail_msg("struct %s has fewer texts than it had", structs[i].of);
	free(told);
}

/* --- what renders --- */

#define HAND(sink, handler, ...)                                                        \
	do {                                                                            \
		if ((sink)->ops->handler)                                               \
			assert_int_equal((sink)->ops->handler((sink), __VA_ARGS__), 0); \
	} while (0)

static void hand(struct sink *sink, const struct told *told, struct redactor *redactor)
{
	const struct host *of = &told->host, *host = redact_host(redactor, of);
	static const struct lost lost = {.count = 1};
	static const struct totals totals = {.kills = 1};
	struct episode nobody = told->sample.episode;

	assert_non_null(sink);
	nobody.no_kill = NO_KILL_NOTHING_KILLABLE;
	HAND(sink, attached, host);
	HAND(sink, episode, host, redact_episode(redactor, of, &told->sample.episode));
	HAND(sink, no_kill, host, redact_episode(redactor, of, &nobody));
	HAND(sink, outcome, host, redact_outcome(redactor, of, &told->outcome));
	HAND(sink, user_kill, host, redact_user_kill(redactor, of, &told->user_kill));
	HAND(sink, lost, host, &lost);
	HAND(sink, detached, host, &totals);
}

static void render_text(int fd, const struct told *told, struct redactor *redactor)
{
	struct sink_options options = {.fd = fd, .candidates = CANDIDATES_ALL};
	struct sink *sink = sink_text_new(&options);

	hand(sink, told, redactor);
	sink->ops->destroy(sink);
}

static void render_jsonl(int fd, const struct told *told, struct redactor *redactor)
{
	struct sink_options options = {.fd = fd, .candidates = CANDIDATES_ALL};
	struct sink *sink = sink_jsonl_new(&options);

	hand(sink, told, redactor);
	sink->ops->destroy(sink);
}

static void render_report(int fd, const struct told *told, struct redactor *redactor)
{
	static const struct report_options options = {.candidates = CANDIDATES_ALL,
						      .details_bytes = REPORT_DETAILS_BYTES};
	struct sink *sink = sink_report_new(&options);
	struct outbuf out;

	hand(sink, told, redactor);
	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	assert_int_equal(report_write(sink, &out), 0);
	outbuf_free(&out);
	sink->ops->destroy(sink);
}

static void render_explain(int fd, const struct told *told, struct redactor *redactor)
{
	static const struct explain_options options = {.most = CANDIDATES_ALL};
	const struct episode *episode =
		redact_episode(redactor, &told->host, &told->sample.episode);
	struct explanation explanation = {
		.host = redact_host(redactor, &told->host),
		.episode = episode,
		.spared = whatif_spared(episode),
	};
	struct outbuf out;

	explanation.n_findings = explain_findings(episode, explanation.findings);
	assert_int_equal(outbuf_init(&out, fd, -1, BUFFER), 0);
	assert_int_equal(explain_show(&out, &explanation, &options), 0);
	assert_int_equal(explain_put(&out, &explanation, &options), 0);
	outbuf_free(&out);
}

static const struct output {
	const char *name;
	void (*render)(int fd, const struct told *told, struct redactor *redactor);
} outputs[] = {
	{"text", render_text},
	{"JSON lines", render_jsonl},
	{"report", render_report},
	{"explain", render_explain},
};

static char *rendered(const struct output *output, const struct told *told,
		      struct redactor *redactor)
{
	int fd = sample_fd();
	char *text;

	output->render(fd, told, redactor);
	text = sample_read(fd, NULL);
	close(fd);
	return text;
}

/* Each mark is in some output, or nothing would be said by its absence. */
static void every_mark_shows_where_nothing_is_redacted(void **state)
{
	struct told *told = calloc(1, sizeof(*told));
	char *texts[sizeof(outputs) / sizeof(outputs[0])];

	(void)state;
	assert_non_null(told);
	fill(told);
	for (size_t o = 0; o < sizeof(outputs) / sizeof(outputs[0]); o++)
		texts[o] = rendered(&outputs[o], told, NULL);
	for (size_t i = 0; i < told->n_places; i++) {
		bool shows = told->places[i].kept;
		char mark[32];

		snprintf(mark, sizeof(mark), MARK "!%zu!", i);
		for (size_t o = 0; o < sizeof(outputs) / sizeof(outputs[0]); o++)
			shows |= strstr(texts[o], mark) != NULL;
		/* The whole of a runner-up, and paths above another, are never told. */
		if (!shows && strcmp(told->places[i].field, "cgroup") &&
		    strcmp(told->places[i].field, "cmdline"))
			fail_msg("%s of %s, mark %zu, is in no output", told->places[i].field,
				 told->places[i].of, i);
	}
	for (size_t o = 0; o < sizeof(outputs) / sizeof(outputs[0]); o++)
		free(texts[o]);
	free(told);
}

static void no_mark_is_in_any_output(void **state)
{
	struct told *told = calloc(1, sizeof(*told));
	struct redactor *redactor = redactor_new();

	(void)state;
	assert_non_null(told);
	assert_non_null(redactor);
	fill(told);
	for (size_t o = 0; o < sizeof(outputs) / sizeof(outputs[0]); o++) {
		char *text = rendered(&outputs[o], told, redactor);
		const char *mark = strstr(text, MARK "!");
		unsigned int at = 0;

		if (mark && sscanf(mark, MARK "!%u!", &at) == 1 && at < told->n_places)
			fail_msg("%s tells %s of struct %s: %.60s", outputs[o].name,
				 told->places[at].field, told->places[at].of, mark);
		if (mark)
			fail_msg("%s tells %.60s", outputs[o].name, mark);
		free(text);
	}
	redactor_free(redactor);
	free(told);
}

/* --- what stays --- */

static void what_is_the_same_stays_the_same(void **state)
{
	struct redactor *redactor = redactor_new();
	const struct episode *shown;
	struct sample sample;
	size_t len;

	(void)state;
	sample_fill(&sample);
	sample.episode.memcg.path = "/acme.slice/shop.slice";
	sample.episode.n_ancestors = 2;
	sample.episode.ancestors[0].path = "/acme.slice";
	sample.episode.ancestors[1].path = "/";
	sample.episode.victim.cgroup = "/acme.slice/shop.slice/web.service";
	sample.episode.invoker.cgroup = sample.episode.victim.cgroup;
	strcpy(sample.tasks[3].comm, "systemd");
	shown = redact_episode(redactor, sample_host(), &sample.episode);
	assert_string_equal(shown->victim.comm, "comm-1");
	assert_string_equal(shown->invoker.comm, "comm-1");
	assert_string_equal(shown->tasks[0].comm, "comm-1");
	assert_string_not_equal(shown->tasks[1].comm, "comm-1");
	assert_string_equal(shown->tasks[3].comm, "systemd");
	assert_string_equal(shown->victim.cgroup, shown->invoker.cgroup);
	/* What lies below what. */
	len = strlen(shown->memcg.path);
	assert_int_equal(strncmp(shown->victim.cgroup, shown->memcg.path, len), 0);
	assert_int_equal(shown->victim.cgroup[len], '/');
	len = strlen(shown->ancestors[0].path);
	assert_int_equal(strncmp(shown->memcg.path, shown->ancestors[0].path, len), 0);
	assert_string_equal(shown->ancestors[1].path, "/");
	assert_true(strstr(shown->victim.cgroup, ".service") != NULL);
	/* Who is a user, and who is the system's. */
	assert_int_equal(shown->victim.uid, shown->tasks[1].uid);
	assert_true(shown->victim.uid > 1000000000);
	sample.episode.victim.uid = 0;
	sample.episode.runner_up.uid = 65534;
	shown = redact_episode(redactor, sample_host(), &sample.episode);
	assert_int_equal(shown->victim.uid, 0);
	assert_int_equal(shown->runner_up.uid, 65534);
	/* All that is counted. */
	assert_int_equal(shown->victim.pid, 4242);
	assert_int_equal(shown->victim.rss_anon_bytes, sample.episode.victim.rss_anon_bytes);
	assert_int_equal(shown->totalpages, sample.episode.totalpages);
	assert_string_equal(shown->id, sample.episode.id);
	assert_string_equal(shown->invoker.gfp_text, sample.episode.invoker.gfp_text);
	assert_int_equal(shown->n_tasks, sample.episode.n_tasks);
	redactor_free(redactor);
}

static void times_of_logs_stay_and_nothing_else_beside_them(void **state)
{
	static const char *const times[] = {
		"Nov 20 14:05:09", "Fri Nov 20 14:05:09 2026",  "2026-11-20T14:05:09.123Z",
		"[ 1234.567890]",  "2026-11-20 14:05:09+01:00", "20/11/2026 14:05",
	};
	static const char *const others[] = {
		"Nov 20 14:05:09 web-14", "acme", "Novo 20", "14:05 CET", "\xff", "Nov 20; 1"};

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		assert_string_equal(redact_time_text(times[i]), times[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(redact_time_text(others[i]));
	assert_null(redact_time_text(NULL));
}

/* Who was told pseudonyms of what has pseudonyms would not find it again. */
static void what_is_redacted_is_not_redacted_again(void **state)
{
	struct redactor *redactor = redactor_new();
	struct host host = *sample_host();
	struct outcome outcome = {.comm = "comm-7"};
	struct user_kill kill = {.sender_comm = "comm-8"};
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	host.redacted = true;
	assert_ptr_equal(redact_host(redactor, &host), &host);
	assert_ptr_equal(redact_episode(redactor, &host, &sample.episode), &sample.episode);
	assert_ptr_equal(redact_outcome(redactor, &host, &outcome), &outcome);
	assert_ptr_equal(redact_user_kill(redactor, &host, &kill), &kill);
	redactor_free(redactor);
}

/* --- bounds --- */

static void a_full_table_has_one_pseudonym_for_what_comes_then(void **state)
{
	struct pseudonyms *names = pseudonyms_new();
	char name[32], text[PSEUDONYM_LEN];
	unsigned int unnumbered = 0;

	(void)state;
	for (int i = 0; i < PSEUDONYMS_MAX + 100; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		pseudonym_of(names, PSEUDONYM_COMM, name, strlen(name), text);
		unnumbered += !strcmp(text, "comm-x");
	}
	assert_int_equal(unnumbered, 100);
	pseudonym_of(names, PSEUDONYM_HOST, "web-14", 6, text);
	assert_string_equal(text, "host-x");
	assert_int_equal(pseudonym_uid(names, 1000), 1000000000);
	/* What was known before is known still. */
	pseudonym_of(names, PSEUDONYM_COMM, "name 0", 6, text);
	assert_string_equal(text, "comm-1");
	pseudonyms_free(names);
}

static void what_was_reserved_is_never_moved(void **state)
{
	struct redactor *redactor = redactor_new();
	struct task *tasks = calloc(5000, sizeof(*tasks));
	const struct task *first;
	struct sample sample;

	(void)state;
	assert_int_equal(redactor_reserve(redactor, 5000), 0);
	sample_fill(&sample);
	first = redact_episode(redactor, sample_host(), &sample.episode)->victims;
	for (uint32_t i = 0; i < 5000; i++)
		tasks[i] = sample_task(i + 1, "worker", MIB, 5000 - i);
	sample.episode.tasks = tasks;
	sample.episode.n_tasks = 5000;
	assert_ptr_equal(redact_episode(redactor, sample_host(), &sample.episode)->victims, first);
	free(tasks);
	redactor_free(redactor);
}

/* A group of a thousand, each in a place of its own that takes a thousand bytes. */
static void more_texts_than_there_is_room_for_lose_their_difference(void **state)
{
	enum { VICTIMS = 1000 };
	struct redactor *redactor = redactor_new();
	struct task *victims = calloc(VICTIMS, sizeof(*victims));
	char(*paths)[2048] = calloc(VICTIMS, sizeof(*paths));
	const struct episode *shown;
	struct sample sample;
	bool cut = false;

	(void)state;
	sample_fill(&sample);
	for (int i = 0; i < VICTIMS; i++) {
		victims[i] = sample_task((uint32_t)i + 1, "worker", MIB, 1);
		victims[i].known |= TASK_KNOWS_CGROUP;
		for (int k = 0; k < 200; k++)
			sprintf(paths[i] + strlen(paths[i]), "/%d", i + k);
		victims[i].cgroup = paths[i];
	}
	sample.episode.victims = victims;
	sample.episode.n_victims = VICTIMS;
	shown = redact_episode(redactor, sample_host(), &sample.episode);
	for (int i = 0; i < VICTIMS; i++)
		cut |= !strcmp(shown->victims[i].cgroup, "/cgroup-x");
	assert_true(cut);
	assert_true(strlen(shown->victims[0].cgroup) > 200);
	free(paths);
	free(victims);
	redactor_free(redactor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text_of_an_event_is_in_the_table),
		cmocka_unit_test(every_mark_shows_where_nothing_is_redacted),
		cmocka_unit_test(no_mark_is_in_any_output),
		cmocka_unit_test(what_is_the_same_stays_the_same),
		cmocka_unit_test(times_of_logs_stay_and_nothing_else_beside_them),
		cmocka_unit_test(what_is_redacted_is_not_redacted_again),
		cmocka_unit_test(a_full_table_has_one_pseudonym_for_what_comes_then),
		cmocka_unit_test(what_was_reserved_is_never_moved),
		cmocka_unit_test(more_texts_than_there_is_room_for_lose_their_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
