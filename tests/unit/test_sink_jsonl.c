// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/jsonaid.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static const char whole_line[] =
	"{\"schema\":1,\"type\":\"oom_kill\",\"time\":\"2026-11-22T22:10:08.412345678Z\","
	"\"uptime_ms\":100000412.345,\"host\":\"web-14\","
	"\"boot_id\":\"5c2a4e0e-0000-4000-8000-000000000000\",\"id\":\"00112233aabbccdd\","
	"\"source\":\"live\",\"backend\":\"kprobe\",\"constraint\":\"memcg\","
	"\"selection\":\"select_bad_process\",\"scope\":\"process\",\"sysrq\":false,"
	"\"totalpages\":131072,\"page_size\":4096,\"rss_counters\":\"atomic\","
	"\"invoker\":{\"pid\":4242,\"tid\":4244,\"comm\":\"java\",\"uid\":1000,"
	"\"cgroup\":\"/system.slice/app.service\","
	"\"container\":{\"unit\":\"app.service\",\"slice\":\"system.slice\"},\"gfp_mask\":"
	"\"0xcc0\","
	"\"gfp_flags\":[\"GFP_KERNEL\",\"__GFP_COMP\"],\"order\":0},"
	"\"memcg\":{\"path\":\"/system.slice/app.service\",\"usage_bytes\":536870912,"
	"\"limit_bytes\":536870912,\"swap_bytes\":0,\"swap_limit_bytes\":0,\"oom_group\":false},"
	"\"victim\":{\"pid\":88,\"ppid\":1,\"comm\":\"redis-server\",\"uid\":1000,\"threads\":3,"
	"\"age_ms\":61500.000,\"cpu_ms\":1.234,\"nice\":0,\"total_vm_bytes\":176370484,"
	"\"rss_anon_bytes\":88185242,\"rss_file_bytes\":0,\"rss_shmem_bytes\":0,\"swap_bytes\":0,"
	"\"pgtables_bytes\":314573,\"oom_score_adj\":0,\"points\":22067,"
	"\"points_source\":\"kernel\",\"eligible\":true},"
	"\"victims\":[{\"pid\":88,\"ppid\":1,\"comm\":\"redis-server\",\"uid\":1000,"
	"\"threads\":3,\"age_ms\":61500.000,\"cpu_ms\":1.234,\"nice\":0,"
	"\"total_vm_bytes\":176370484,\"rss_anon_bytes\":88185242,\"rss_file_bytes\":0,"
	"\"rss_shmem_bytes\":0,\"swap_bytes\":0,\"pgtables_bytes\":314573,\"oom_score_adj\":0,"
	"\"points\":22067,\"points_source\":\"kernel\",\"eligible\":true,"
	"\"killed_as\":\"chosen\"}],"
	"\"candidates\":{\"total\":1,\"eligible\":1,\"listed\":0,\"lost\":1,\"truncated\":false,"
	"\"source\":\"selection\",\"passed_over\":{\"kernel_thread\":60,\"other_memcg\":90},"
	"\"tasks\":[]},\"why\":{\"largest_part\":\"anon\",\"shares\":{\"anon\":0.996,"
	"\"page_tables\":0.003}},\"loss\":{\"ring_candidate\":1}}\n";

static void a_line_is_what_the_contract_says(void **state)
{
	struct sink_options options = everything;
	struct sample sample;
	struct sink *sink;
	char *text;

	(void)state;
	sample_fill(&sample);
	sample.episode.victim = sample.victims[0] = sample.tasks[1];
	sample.episode.n_tasks = 0;
	sample.episode.total = sample.episode.eligible = sample.episode.lost = 1;
	sample.episode.loss[LOSS_RING_CANDIDATE] = 1;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), 0);
	text = take_line(sink, options.fd);
	assert_string_equal(text, whole_line);
	free(text);
}

static void candidates_and_why(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	root = render(everything, &sample.episode);
	check_number(root, "candidates.total", 4);
	check_number(root, "candidates.eligible", 3);
	check_number(root, "candidates.listed", 4);
	assert_int_equal(json_array_size(at(root, "candidates.tasks")), 4);
	check_string(root, "candidates.tasks.0.cgroup", "/system.slice/app.service");
	check_absent(root, "candidates.tasks.0.skipped");
	check_absent(root, "candidates.tasks.1.cgroup");
	check_number(root, "candidates.tasks.2.points", -1200);
	check_number(root, "candidates.tasks.2.oom_score_adj", -10);
	check_bool(root, "candidates.tasks.3.eligible", false);
	check_string(root, "candidates.tasks.3.skipped", "adj_min");
	check_absent(root, "candidates.tasks.3.points");
	check_absent(root, "candidates.tasks.3.points_source");
	check_number(root, "why.rank", 1);
	check_number(root, "why.runner_up.pid", 88);
	check_string(root, "why.runner_up.comm", "redis-server");
	check_number(root, "why.margin_bytes", (127539.0 - 22067) * 4096);
	check_string(root, "why.largest_part", "anon");
	check_number(root, "why.shares.anon", 0.995); /* 519988019 of 522399744 */
	check_number(root, "why.shares.file", 0.002);
	check_number(root, "why.shares.page_tables", 0.002);
	check_absent(root, "why.shares.swap");
	check_absent(root, "why.shares.oom_score_adj");
	check_number(root, "why.spared_at_oom_score_adj", -806);
	check_number(root, "why.spared_then.pid", 88);
	check_string(root, "why.spared_then.comm", "redis-server");
	check_absent(root, "loss");
	json_decref(root);
}

static void what_would_have_spared_it_is_told_where_it_is_known(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample.tasks[1].eligible = sample.tasks[2].eligible = false;
	sample.episode.eligible = 1;
	root = render(everything, &sample.episode);
	check_number(root, "why.spared_at_oom_score_adj", -1000);
	check_absent(root, "why.spared_then"); /* nobody is left */
	json_decref(root);

	sample_fill(&sample);
	sample.episode.memcg.oom_group = true;
	root = render(everything, &sample.episode);
	check_absent(root, "why.spared_at_oom_score_adj");
	check_absent(root, "why.spared_then");
	check_number(root, "why.shares.anon", 0.995);
	json_decref(root);

	sample_fill(&sample);
	sample.episode.victim.oom_score_adj = 1000;
	sample.tasks[0].oom_score_adj = 1000;
	root = render(everything, &sample.episode); /* 127539 pages and 131 * 1000 */
	check_string(root, "why.largest_part", "oom_score_adj");
	check_number(root, "why.shares.oom_score_adj", 0.506);
	json_decref(root);
}

static void fewer_candidates_where_fewer_are_asked_for(void **state)
{
	struct sink_options options = everything;
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	options.candidates = 2;
	root = render(options, &sample.episode);
	check_number(root, "candidates.total", 4);
	check_number(root, "candidates.listed", 2);
	check_number(root, "candidates.lost", 0);
	assert_int_equal(json_array_size(at(root, "candidates.tasks")), 2);
	json_decref(root);
}

#define CONTAINER "3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860"
#define POD       "8d5c5e1c_4c1f_4d2a_9d5b_0123456789ab"

static void where_a_task_lived_is_told_of_each(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample.tasks[0].cgroup =
		"/kubepods.slice/kubepods-pod" POD ".slice/crio-" CONTAINER ".scope";
	sample.victims[0] = sample.episode.victim = sample.tasks[0];
	sample.episode.invoker.cgroup = "/user.slice/user-1000.slice/session-3.scope";
	root = render(everything, &sample.episode);
	check_string(root, "victim.container.runtime", "cri-o");
	check_string(root, "victim.container.id", CONTAINER);
	check_string(root, "victim.container.pod_uid", "8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab");
	check_string(root, "victim.container.qos", "guaranteed");
	check_string(root, "victim.container.unit", "crio-" CONTAINER ".scope");
	check_string(root, "victim.container.slice", "kubepods-pod" POD ".slice");
	check_absent(root, "victim.container.user");
	check_string(root, "victims.0.container.id", CONTAINER);
	check_string(root, "candidates.tasks.0.container.id", CONTAINER);
	check_absent(root, "candidates.tasks.1.container");
	check_absent(root, "invoker.container.id");
	check_string(root, "invoker.container.unit", "session-3.scope");
	check_string(root, "invoker.container.session", "3");
	check_number(root, "invoker.container.user", 1000);
	json_decref(root);

	sample.episode.victim.cgroup = sample.victims[0].cgroup = "/";
	sample.episode.invoker.cgroup = NULL;
	root = render(everything, &sample.episode);
	check_string(root, "victim.cgroup", "/");
	check_absent(root, "victim.container");
	check_absent(root, "invoker.container");
	json_decref(root);
}

static void every_victim_of_a_group(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	sample_fill(&sample);
	sample.episode.group = true;
	sample.episode.n_victims = 3;
	sample.victims[1] = sample.tasks[1];
	sample.victims[1].killed_as = KILLED_AS_GROUP;
	sample.victims[2] = sample.tasks[2];
	sample.victims[2].killed_as = KILLED_AS_SHARED_MM;
	root = render(everything, &sample.episode);
	check_string(root, "scope", "group");
	assert_int_equal(json_array_size(at(root, "victims")), 3);
	check_string(root, "victims.0.killed_as", "chosen");
	check_string(root, "victims.1.killed_as", "group");
	check_string(root, "victims.2.killed_as", "shared_mm");
	json_decref(root);
}

static void what_is_not_known_is_absent(void **state)
{
	static const char *const known[] = {"schema",     "type", "uptime_ms", "host",
					    "boot_id",    "id",   "victim",    "victims",
					    "candidates", "why"};
	struct episode bare = {
		.id = "00112233aabbccdd",
		.boot_ns = 12345678901ULL,
		.backend = WIRE_BACKENDS,
		.constraint = CONSTRAINT_UNKNOWN,
		.sysctls = {WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32, WIRE_NONE_U32},
		.victim = {.pid = 5, .uid = WIRE_NONE_U32, .comm = "x", .eligible = true},
	};
	json_t *root, *value;
	const char *key;

	(void)state;
	root = render(everything, &bare);
	json_object_foreach(root, key, value)
	{
		bool expected = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			expected |= !strcmp(key, known[i]);
		if (!expected)
			fail_msg("'%s' is not known", key);
	}
	assert_int_equal(json_object_size(at(root, "victim")), 4);
	assert_int_equal(json_array_size(at(root, "victims")), 1);
	check_string(root, "candidates.source", "none");
	check_absent(root, "candidates.total");
	assert_true(json_is_array(at(root, "candidates.tasks")));
	assert_int_equal(json_object_size(at(root, "why")), 0);
	json_decref(root);
}

static void words_of_the_enumerations(void **state)
{
	static const struct {
		uint8_t constraint, selection, rss;
		const char *constraint_word, *selection_word, *rss_word;
	} cases[] = {
		{CONSTRAINT_NONE_, SELECTION_BADNESS, RSS_ATOMIC, "none", "select_bad_process",
		 "atomic"},
		{CONSTRAINT_CPUSET_, SELECTION_ALLOCATING_TASK, RSS_APPROXIMATE, "cpuset",
		 "allocating_task", "approximate"},
		{CONSTRAINT_MEMORY_POLICY_, SELECTION_EXITING_TASK, RSS_PRECISE, "mempolicy",
		 "exiting_task", "precise"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample sample;
		json_t *root;

		sample_fill(&sample);
		sample.episode.constraint = cases[i].constraint;
		sample.episode.selection = cases[i].selection;
		sample.episode.rss_counters = cases[i].rss;
		root = render(everything, &sample.episode);
		check_string(root, "constraint", cases[i].constraint_word);
		check_string(root, "selection", cases[i].selection_word);
		check_string(root, "rss_counters", cases[i].rss_word);
		json_decref(root);
	}
}

static void set_names(struct sample *sample, const char *name)
{
	for (unsigned int i = 0; i < 4; i++) {
		memset(sample->tasks[i].comm, 0, sizeof(sample->tasks[i].comm));
		strncpy(sample->tasks[i].comm, name, WIRE_COMM_LEN);
		sample->tasks[i].known |= TASK_KNOWS_CGROUP;
		sample->tasks[i].cgroup = name;
	}
	sample->episode.victim = sample->victims[0] = sample->tasks[0];
	sample->episode.memcg.path = sample->episode.invoker.cgroup = name;
	memcpy(sample->episode.invoker.comm, sample->tasks[0].comm, WIRE_COMM_LEN);
	snprintf(sample->episode.invoker.gfp_text, sizeof(sample->episode.invoker.gfp_text), "%s",
		 name);
}

static void hostile_names_stay_inside_their_string(void **state)
{
	struct sample sample;
	json_t *root;

	(void)state;
	for (size_t i = 0; i < HOSTILE_NAMES; i++) {
		sample_fill(&sample);
		set_names(&sample, hostile_names[i]);
		root = render(everything, &sample.episode);
		assert_non_null(json_string_value(at(root, "victim.cgroup")));
		check_string(root, "victim.points_source", "kernel");
		json_decref(root);
	}
	sample_fill(&sample);
	set_names(&sample, "a\"\\\n\033\xff");
	root = render(everything, &sample.episode);
	check_string(root, "victim.comm", "a\"\\\n\033\xef\xbf\xbd");
	check_string(root, "memcg.path", "a\"\\\n\033\xef\xbf\xbd");
	json_decref(root);
}

static void any_bytes_make_valid_json(void **state)
{
	uint64_t seed = 20261122;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		struct sample sample;
		char name[WIRE_PATH_LEN + 1];
		size_t len = sample_random(&seed) % WIRE_PATH_LEN;

		for (size_t i = 0; i < len; i++)
			name[i] = (char)(1 + sample_random(&seed) % 255);
		name[len] = '\0';
		sample_fill(&sample);
		set_names(&sample, name);
		json_decref(render(everything, &sample.episode));
	}
}

static void a_reader_that_went_away_is_told(void **state)
{
	struct sink_options options = everything;
	struct sample sample;
	struct sink *sink;
	int fds[2];

	(void)state;
	sample_fill(&sample);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	options.fd = fds[1];
	sink = sink_jsonl_new(&options);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), -EPIPE);
	sink->ops->destroy(sink);
	close(fds[1]);
}

static void a_thousand_candidates(void **state)
{
	enum { COUNT = 1000 };
	struct sink_options options = everything;
	struct task *tasks = calloc(COUNT, sizeof(*tasks));
	struct timespec from, to;
	struct sample sample;
	struct sink *sink;
	json_t *root;

	(void)state;
	assert_non_null(tasks);
	sample_fill(&sample);
	for (uint32_t i = 0; i < COUNT; i++)
		tasks[i] = sample_task(4242 + i, "worker", MIB * (COUNT - i), 256 * (COUNT - i));
	sample.episode.tasks = tasks;
	sample.episode.n_tasks = sample.episode.total = sample.episode.eligible = COUNT;
	options.fd = sample_fd();
	sink = sink_jsonl_new(&options);
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("%u candidates: %.1f ms\n", COUNT,
		      (double)(to.tv_sec - from.tv_sec) * 1e3 +
			      (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	root = parse_line(take_line(sink, options.fd));
	assert_int_equal(json_array_size(at(root, "candidates.tasks")), COUNT);
	check_number(root, "candidates.tasks.999.pid", 5241);
	json_decref(root);
	free(tasks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_what_the_contract_says),
		cmocka_unit_test(candidates_and_why),
		cmocka_unit_test(what_would_have_spared_it_is_told_where_it_is_known),
		cmocka_unit_test(fewer_candidates_where_fewer_are_asked_for),
		cmocka_unit_test(where_a_task_lived_is_told_of_each),
		cmocka_unit_test(every_victim_of_a_group),
		cmocka_unit_test(what_is_not_known_is_absent),
		cmocka_unit_test(words_of_the_enumerations),
		cmocka_unit_test(hostile_names_stay_inside_their_string),
		cmocka_unit_test(any_bytes_make_valid_json),
		cmocka_unit_test(a_reader_that_went_away_is_told),
		cmocka_unit_test(a_thousand_candidates),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
