// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An explanation as text and as JSON. */
#include "tests/unit/jsonaid.h"

#include "lib/utf8.h"
#include "sink/explain.h"

#define RUNS_MAX 32

struct asked {
	struct explanation is;
	struct explain_options look;
	struct explain_run runs[RUNS_MAX];
	struct rule_score scores[8];
};

/* What explain makes of @episode when it is asked for nothing more. */
static void ask(struct asked *asked, const struct episode *episode)
{
	memset(asked, 0, sizeof(*asked));
	asked->is.host = sample_host();
	asked->is.episode = episode;
	asked->is.spared = whatif_spared(episode);
	asked->is.n_findings = explain_findings(episode, asked->is.findings);
	asked->is.runs = asked->runs;
	asked->look = (struct explain_options){.most = 10, .today_real_ns = SAMPLE_REAL_NS};
}

static void ask_model(struct asked *asked, const char *name)
{
	struct rule_input input = rules_input(asked->is.episode);
	struct explain_run *run = &asked->runs[asked->is.n_runs++];
	struct model model;

	assert_true(asked->is.n_runs <= RUNS_MAX);
	assert_int_equal(model_parse(name, &model), MODEL_OK);
	run->asked = name;
	run->vendor = model.vendor;
	rules_select(model.kind == MODEL_CURRENT ? rules_current() : model.rule, &input,
		     asked->scores, &run->verdict);
}

static void ask_all_models(struct asked *asked)
{
	for (size_t i = 0; rules_named(i); i++)
		ask_model(asked, rules_named(i)->name);
}

static void suppose(struct asked *asked, const struct rule_change *changes, size_t n_changes)
{
	struct rule_input input = rules_input(asked->is.episode);

	input.changes = asked->is.changes = changes;
	input.n_changes = asked->is.n_changes = n_changes;
	asked->is.supposed = true;
	rules_select(rules_current(), &input, asked->scores, &asked->is.supposition);
}

typedef int (*put_fn)(struct outbuf *out, const struct explanation *explanation,
		      const struct explain_options *options);

/* What @put writes; to be freed. */
static char *written(const struct asked *asked, put_fn put)
{
	int fd = sample_fd();
	struct outbuf out;
	char *text;

	assert_int_equal(outbuf_init(&out, fd, -1, 64 * KIB), 0);
	assert_int_equal(put(&out, &asked->is, &asked->look), 0);
	outbuf_free(&out);
	text = sample_read(fd, NULL);
	close(fd);
	return text;
}

static unsigned int line_width(const char *line, size_t len)
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

/* Every line is printable UTF-8, at most 80 columns wide and without blanks at its end. */
static void check_lines(const char *text)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		if (line_width(line, len) > 80 || (len && line[len - 1] == ' '))
			fail_msg("line: '%.*s' in:\n%s", (int)len, line, text);
		line += len;
		assert_int_equal(*line, '\n');
		line++;
	}
}

static char *shown(const struct asked *asked)
{
	char *text = written(asked, explain_show);

	check_lines(text);
	return text;
}

static void check_shows(const struct asked *asked, const char *want)
{
	char *text = shown(asked);

	if (!strstr(text, want))
		fail_msg("no '%s' in:\n%s", want, text);
	free(text);
}

static void check_hides(const struct asked *asked, const char *word)
{
	char *text = shown(asked);

	if (strstr(text, word))
		fail_msg("'%s' in:\n%s", word, text);
	free(text);
}

static json_t *parsed(const struct asked *asked)
{
	char *text = written(asked, explain_put);
	json_error_t error;
	/* Numbers beyond 63 bits are numbers still. */
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);

	if (!root)
		fail_msg("%s in:\n%s", error.text, text);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	return root;
}

static void the_arithmetic_and_what_stands_out(void **state)
{
	struct sample sample;
	struct asked asked;
	char *text;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	text = shown(&asked);
	assert_string_equal(
		text,
		"why java[4242] died at 23:10:08.412 when /system.slice/app.service met its limit\n"
		"\nthe ranking, in pages\n"
		"    1  java[4242] 127,539 points\n"
		"       126,950 anon + 281 file + 0 shmem + 0 swap + 307 page tables = 127,538;\n"
		"       adj 0 x 131 (totalpages / 1000) = 0\n"
		"       (the kernel's counters had moved by 1)\n"
		"    2  redis-server[88] 22,067 points\n"
		"       21,529 anon + 0 file + 0 shmem + 0 swap + 76 page tables = 21,605;\n"
		"       adj 0 x 131 (totalpages / 1000) = 0\n"
		"       (the kernel's counters had moved by 462)\n"
		"    3  sh[4250] -1,200 points\n"
		"       100 anon + 0 file + 0 shmem + 0 swap + 0 page tables = 100;\n"
		"       adj -10 x 131 (totalpages / 1000) = -1,310\n"
		"       (the kernel's counters had moved by 10)\n"
		"    -  agent[7] cannot be chosen: oom_score_adj -1000 forbids it\n"
		"       2,048 anon + 0 file + 0 shmem + 0 swap + 0 page tables = 2,048; adj -1000\n"
		"\nwhat stands out\n"
		"  oom_score_adj -806 or below would have spared it: redis-server[88] dies\n"
		"  oom_score_adj -1000 protects 1 process holding 8 MiB, most of it in agent[7]\n");
	free(text);
}

static void what_ran_out(void **state)
{
	struct sample sample;
	struct asked asked;

	(void)state;
	sample_fill_global(&sample);
	ask(&asked, &sample.episode);
	check_shows(&asked,
		    "why java[4242] died at 23:10:08.412 when the machine ran out of memory\n");
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	check_shows(&asked, "died at 23:10:08.412 when some memory nodes ran out\n");
	sample.episode.constraint = CONSTRAINT_MEMORY_POLICY_;
	check_shows(&asked, "died at 23:10:08.412 when some memory nodes ran out\n");
	sample.episode.known &= ~(uint32_t)EPISODE_KNOWS_CONSTRAINT;
	check_shows(&asked, "why java[4242] died at 23:10:08.412\n");
}

static void as_many_as_asked_for_and_the_victim(void **state)
{
	struct sample sample;
	struct asked asked;

	(void)state;
	sample_fill(&sample);
	sample.episode.victim = sample.tasks[2];
	ask(&asked, &sample.episode);
	asked.look.most = 1;
	check_shows(&asked, "    1  java[4242]");
	check_hides(&asked, "    2  redis-server[88]");
	check_shows(&asked, "    3  sh[4250]"); /* with its own place */
	check_shows(&asked, "\n       2 more\n");
	check_hides(&asked, "agent[7] cannot");
}

/* What would have spared it is always said, or why not. */
static void every_state_of_being_spared_has_words(void **state)
{
	static const struct {
		uint8_t state;
		const char *words, *json;
	} cases[] = {
		{SPARED_BY_NONE, "no oom_score_adj would have spared it: it asked", "none"},
		{SPARED_NO_CHOICE, "it was not chosen by points", "not_chosen_by_points"},
		{SPARED_GROUP, "it dies with its group,", "oom_group"},
		{SPARED_INCOMPLETE, "candidates or their", "candidates_missing"},
		{SPARED_UNEXPLAINED, "cannot be said", "points_do_not_explain"},
	};
	struct sample sample;
	struct asked asked;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		asked.is.spared = (struct spared){.state = cases[i].state};
		check_shows(&asked, cases[i].words);
		root = parsed(&asked);
		check_string(root, "spared.not_said", cases[i].json);
		check_absent(root, "spared.at_oom_score_adj");
		json_decref(root);
	}
	asked.is.spared = (struct spared){.state = SPARED_BY_ADJ, .adj = -1000};
	check_shows(&asked, "oom_score_adj -1000 would have spared it: nobody can be killed");
	root = parsed(&asked);
	check_number(root, "spared.at_oom_score_adj", -1000);
	check_absent(root, "spared.then");
	check_absent(root, "spared.not_said");
	json_decref(root);
}

static void an_explanation_for_programs(void **state)
{
	struct rule_change changes[] = {{.pid = 4242, .adj = -900}, {.pid = 88, .remove = true}};
	struct sample sample;
	struct asked asked;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	suppose(&asked, changes, 2);
	ask_model(&asked, "2.6.11");
	ask_model(&asked, "2.4-goodness");
	root = parsed(&asked);
	check_string(root, "type", "explain");
	check_string(root, "host", "web-14");
	check_string(root, "id", "00112233aabbccdd");
	check_number(root, "victim.pid", 4242);
	check_number(root, "totalpages", 131072);
	assert_int_equal(json_array_size(at(root, "ranking")), 4);
	check_number(root, "ranking.0.anon", 126950);
	check_number(root, "ranking.0.sum", 127538);
	check_number(root, "ranking.0.points", 127539);
	check_number(root, "ranking.0.drift", 1);
	check_number(root, "ranking.2.adjusted", -1310);
	check_number(root, "ranking.2.adj_unit", 131);
	check_string(root, "ranking.3.skipped", "adj_min");
	check_absent(root, "ranking.3.points");
	check_number(root, "spared.at_oom_score_adj", -806);
	check_string(root, "spared.then.comm", "redis-server");
	check_string(root, "findings.0.finding", "protected");
	check_number(root, "findings.0.count", 1);
	check_number(root, "findings.0.task.pid", 7);
	check_number(root, "supposed.changes.0.oom_score_adj", -900);
	assert_true(json_is_true(at(root, "supposed.changes.1.removed")));
	check_absent(root, "supposed.limit_bytes");
	check_number(root, "supposed.victim.pid", 4242); /* 127539 - 900 * 131 against -1200 */
	check_number(root, "supposed.points", 9639);
	check_string(root, "models.0.model", "2.6.11");
	check_string(root, "models.0.rule", "2.6.11");
	assert_true(json_is_true(at(root, "models.0.oom_rule")));
	assert_true(json_is_object(at(root, "models.0.lacks")));
	assert_true(json_is_false(at(root, "models.1.oom_rule")));
	json_decref(root);
	asked.look.most = 2;
	root = parsed(&asked);
	assert_int_equal(json_array_size(at(root, "ranking")), 2);
	json_decref(root);
}

static void who_cannot_be_chosen_and_why(void **state)
{
	struct sample sample;
	struct asked asked;

	(void)state;
	for (uint8_t skip = SKIP_NOT_IN_NODEMASK; skip < SKIP_MAX; skip++) {
		sample_fill(&sample);
		sample.tasks[3].skip = skip;
		ask(&asked, &sample.episode);
		check_shows(&asked, "agent[7] cannot be chosen: ");
		/* In words, and not in those of programs. */
		if (strchr(skip_name(skip), '_'))
			check_hides(&asked, skip_name(skip));
	}
}

static void what_if(void **state)
{
	struct rule_change changes[] = {{.pid = 4242, .adj = -806}, {.pid = 88, .remove = true}};
	struct sample sample;
	struct asked asked;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	check_hides(&asked, "if it had been so");
	suppose(&asked, changes, 1);
	check_shows(&asked, "\nif it had been so\n"
			    "  oom_score_adj -806 for process 4242\n"
			    "  redis-server[88] dies (22,067)\n");
	changes[0].adj = -805; /* one step more, and it is java again */
	suppose(&asked, changes, 1);
	check_shows(&asked, "  java[4242] dies (22,084)\n"); /* 127539 - 805 * 131 */
	suppose(&asked, changes + 1, 1);
	check_shows(&asked, "  process 88 not there\n  java[4242] dies (127,539)\n");
	asked.is.limit_bytes = 256 * MIB;
	check_shows(&asked, "  a limit of 256 MiB\n");
	asked.is.limit_fits = true;
	check_shows(&asked, "  a limit of 256 MiB: more than was in use, nobody had died at this");
}

static void every_model_in_one_table(void **state)
{
	struct sample sample;
	struct asked asked;
	char *text;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	ask_all_models(&asked);
	text = shown(&asked);
	for (size_t i = 0; rules_named(i); i++) {
		char row[32];

		snprintf(row, sizeof(row), "\n  %-12s ", rules_named(i)->name);
		if (!strstr(text, row))
			fail_msg("no '%s' in:\n%s", row, text);
	}
	/* What they lack is said once for all of them. */
	assert_non_null(strstr(text, "Left out by some of them"));
	assert_null(strstr(strstr(text, "Left out by some of them") + 1, "Left out"));
	assert_non_null(strstr(text, "no OOM rule"));
	free(text);
	ask(&asked, &sample.episode);
	ask_model(&asked, "2.6.32-358.el6");
	check_shows(&asked, "\n  2.6.32-358.el6 ");
	check_shows(&asked, "a distributor's kernel");
	check_shows(&asked, "the rule of ");
}

/* No name reaches a terminal as it is, wherever it stands. */
static void hostile_names_never_reach_the_terminal(void **state)
{
	struct rule_change change = {.pid = 4242, .adj = -1000};
	struct sample sample;
	struct asked asked;

	(void)state;
	for (size_t i = 0; i < HOSTILE_NAMES; i++) {
		sample_fill(&sample);
		for (int k = 0; k < 4; k++) {
			memset(sample.tasks[k].comm, 0, sizeof(sample.tasks[k].comm));
			memcpy(sample.tasks[k].comm, hostile_names[i],
			       strnlen(hostile_names[i], sizeof(sample.tasks[k].comm)));
		}
		sample.episode.victim = sample.tasks[0];
		sample.episode.memcg.path = hostile_names[i];
		sample.episode.victim.cgroup = sample.episode.invoker.cgroup = hostile_names[i];
		ask(&asked, &sample.episode);
		suppose(&asked, &change, 1);
		ask_all_models(&asked);
		free(shown(&asked));
		json_decref(parsed(&asked));
	}
}

/* Sixteen bytes of a name without an end, each of which takes four columns. */
static void names_of_full_length(void **state)
{
	struct rule_change change = {.pid = UINT32_MAX, .adj = -1000};
	struct sample sample;
	struct asked asked;

	(void)state;
	sample_fill(&sample);
	for (int i = 0; i < 4; i++) {
		memset(sample.tasks[i].comm, '\001', sizeof(sample.tasks[i].comm));
		sample.tasks[i].pid = UINT32_MAX - (uint32_t)i;
	}
	sample.episode.victim = sample.tasks[0];
	ask(&asked, &sample.episode);
	suppose(&asked, &change, 1);
	ask_all_models(&asked);
	free(shown(&asked));
	json_decref(parsed(&asked));
}

static void numbers_at_their_bounds(void **state)
{
	static const uint64_t bounds[] = {0, 1, 4096, INT64_MAX, UINT64_MAX};
	static const int64_t points[] = {0, -1, INT64_MIN, INT64_MIN + 1, INT64_MAX};
	static const int adjs[] = {-1000, 0, 1000};
	struct sample sample;
	struct asked asked;

	(void)state;
	for (int i = 0; i < 5 * 5 * 3; i++) {
		sample_fill(&sample);
		sample_fill_memory(&sample.episode);
		for (int k = 0; k < 4; k++) {
			struct task *task = &sample.tasks[k];

			task->rss_anon_bytes = task->swap_bytes = bounds[i % 5];
			task->rss_file_bytes = task->rss_shmem_bytes = bounds[i % 5];
			task->pgtables_bytes = task->total_vm_bytes = bounds[i % 5];
			task->points = points[i / 5 % 5];
			task->oom_score_adj = adjs[i / 25];
		}
		sample.episode.victim = sample.tasks[0];
		sample.episode.totalpages = bounds[(i + 2) % 5];
		sample.episode.memcg.limit_bytes = bounds[i % 5];
		sample.episode.recent_kills = UINT32_MAX;
		sample.episode.recent_span_ns = UINT64_MAX / 2;
		sample.episode.lost = UINT32_MAX;
		ask(&asked, &sample.episode);
		asked.is.supposed = true;
		asked.is.limit_bytes = UINT64_MAX;
		suppose(&asked, NULL, 0);
		ask_all_models(&asked);
		free(shown(&asked));
		json_decref(parsed(&asked));
	}
}

/* Every finding at once, with nothing in it and with everything. */
static void every_finding_fits(void **state)
{
	struct sample sample;
	struct asked asked;

	(void)state;
	for (int full = 0; full < 2; full++) {
		sample_fill(&sample);
		ask(&asked, &sample.episode);
		for (unsigned int what = 0; what < FINDING_MAX; what++)
			asked.is.findings[what] = (struct finding){
				.what = (uint8_t)what,
				.use = full ? USE_MAX - 1 : USE_MAX,
				.stays = full,
				.count = full ? UINT32_MAX : 0,
				.permille = full ? 1000 : 0,
				.bytes = full ? UINT64_MAX : 0,
				.of_bytes = full ? UINT64_MAX : 0,
				.points = full ? INT64_MAX : 0,
				.span_ns = full ? INT64_MAX : 0,
				.task = &sample.tasks[1],
				.path = "/kubepods.slice/kubepods-burstable.slice/"
					"pod0123456789.slice",
				.other_path = "/a",
			};
		asked.is.n_findings = FINDING_MAX;
		free(shown(&asked));
		json_decref(parsed(&asked));
	}
}

static void what_no_candidate_holds(void **state)
{
	struct sample sample;
	struct asked asked;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	asked.is.n_findings = 1;
	asked.is.findings[0] = (struct finding){
		.what = FINDING_UNEXPLAINED,
		.use = USE_SLAB_UNRECLAIMABLE,
		.stays = true,
		.permille = 250,
		.bytes = 300 * MIB,
		.of_bytes = 400 * MIB,
	};
	/* A quarter of 400 MiB is the candidates'; the 300 MiB are the slabs'. */
	check_shows(&asked, "candidates hold only 25.0 % of the 400 MiB in use");
	check_shows(&asked, "slab, 300 MiB");
	check_shows(&asked, "no kill frees");
	asked.is.findings[0].stays = false;
	check_hides(&asked, "no kill frees");
	asked.is.findings[0].use = USE_MAX;
	check_hides(&asked, "largest other use");
}

/* Nobody was listed: then who died is all that there is. */
static void without_candidates(void **state)
{
	struct episode bare = {
		.id = "00112233aabbccdd",
		.boot_ns = 12345678901ULL,
		.victim = {.pid = 5, .uid = WIRE_NONE_U32, .comm = "x", .eligible = true},
	};
	struct asked asked;
	json_t *root;

	(void)state;
	sample_no_memory(&bare.memory);
	ask(&asked, &bare);
	ask_all_models(&asked);
	check_shows(&asked, "why x[5] died\n");
	check_hides(&asked, "the ranking");
	check_hides(&asked, "met its limit");
	check_shows(&asked, "who would die cannot be said");
	root = parsed(&asked);
	assert_int_equal(json_array_size(at(root, "ranking")), 0);
	check_absent(root, "totalpages");
	check_absent(root, "models.0.victim");
	check_absent(root, "models.0.points");
	json_decref(root);
	asked.is.host = NULL;
	json_decref(parsed(&asked));
}

static void colours_only_where_asked(void **state)
{
	struct sample sample;
	struct asked asked;
	char *text;

	(void)state;
	sample_fill(&sample);
	ask(&asked, &sample.episode);
	check_hides(&asked, "\033");
	asked.look.color = true;
	text = written(&asked, explain_show);
	assert_non_null(strstr(text, "\033[1;31m"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_arithmetic_and_what_stands_out),
		cmocka_unit_test(what_ran_out),
		cmocka_unit_test(as_many_as_asked_for_and_the_victim),
		cmocka_unit_test(every_state_of_being_spared_has_words),
		cmocka_unit_test(an_explanation_for_programs),
		cmocka_unit_test(who_cannot_be_chosen_and_why),
		cmocka_unit_test(what_if),
		cmocka_unit_test(every_model_in_one_table),
		cmocka_unit_test(hostile_names_never_reach_the_terminal),
		cmocka_unit_test(names_of_full_length),
		cmocka_unit_test(numbers_at_their_bounds),
		cmocka_unit_test(every_finding_fits),
		cmocka_unit_test(what_no_candidate_holds),
		cmocka_unit_test(without_candidates),
		cmocka_unit_test(colours_only_where_asked),
	};

	/* Times of day are told in local time: one an hour ahead of UTC. */
	setenv("TZ", "XXX-1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
