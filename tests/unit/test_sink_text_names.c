// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names and paths of any bytes and any length in the text. */
#include "tests/unit/textaid.h"

static void a_long_path_is_shown_whole(void **state)
{
	static const char path[] =
		"/kubepods.slice/kubepods-burstable.slice/"
		"kubepods-burstable-pod0d3e5a0c_92f2_4b07_9d5b_6a7c6a4c4f11.slice/"
		"cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		".scope";
	struct sample sample;
	char *text, *to;

	(void)state;
	sample_fill(&sample);
	sample.episode.memcg.path = path;
	text = render(plain, &sample.episode, NULL, NULL);
	check_lines(text);
	/* Without the breaks it is there in one piece. */
	to = text;
	for (const char *from = text; *from; from++) {
		if (*from != '\n' && *from != ' ')
			*to++ = *from;
	}
	*to = '\0';
	assert_non_null(strstr(text, path));
	free(text);
}

static void a_container_is_told_briefly(void **state)
{
	const char *id = "3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860";
	char docker[256], pod[256];
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	check_lacks(&sample.episode, "  container ");
	snprintf(docker, sizeof(docker), "/system.slice/docker-%s.scope", id);
	snprintf(pod, sizeof(pod), "/kubepods/burstable/pod8d5c5e1c-4c1f-4d2a-9d5b-0123456789ab/%s",
		 id);
	sample.episode.victim.cgroup = docker;
	check_contains(&sample.episode, "\n  container   docker 3726184226f5\n");
	sample.episode.victim.ns_pid = sample.episode.victim.pid;
	check_contains(&sample.episode, "\n  container   docker 3726184226f5\n");
	sample.episode.victim.ns_pid = 7;
	check_contains(&sample.episode, "\n  container   docker 3726184226f5 (pid 7 there)\n");
	sample.episode.victim.ns_pid = 0;
	check_contains(&sample.episode, "java[4242] in app.service asking for");
	sample.episode.invoker.cgroup = pod;
	check_contains(&sample.episode, "java[4242] in container 3726184226f5, pod\n");
	sample.episode.invoker.cgroup = docker;
	check_contains(&sample.episode, "java[4242] asking for");
	sample.episode.victim.cgroup = pod;
	check_contains(&sample.episode, "\n  container   id 3726184226f5, pod 8d5c5e1c");
	check_contains(&sample.episode, "-9d5b-0123456789ab\n              (burstable)\n");
	sample.episode.victim.cgroup = "/machine.slice/systemd-nspawn@my\\x1b[31m.service";
	check_contains(&sample.episode, "\n  container   systemd-nspawn my\\x1b[31m\n");
	sample.episode.victim.cgroup = "/lxc.payload.\xff\033]0;";
	check_contains(&sample.episode, "\n  container   lxc \\xff\\x1b]0;\n");
}

static void set_names(struct sample *sample, const char *name)
{
	struct episode *episode = &sample->episode;

	for (unsigned int i = 0; i < 4; i++) {
		memset(sample->tasks[i].comm, 0, sizeof(sample->tasks[i].comm));
		strncpy(sample->tasks[i].comm, name, WIRE_COMM_LEN);
		sample->tasks[i].known |= TASK_KNOWS_CGROUP;
		sample->tasks[i].cgroup = name;
	}
	episode->victim = sample->tasks[0];
	sample->victims[0] = sample->tasks[0];
	sample->victims[1] = sample->tasks[1];
	episode->n_victims = 2;
	memcpy(episode->invoker.comm, sample->tasks[0].comm, sizeof(episode->invoker.comm));
	episode->memcg.path = name;
	snprintf(episode->invoker.gfp_text, sizeof(episode->invoker.gfp_text), "%s", name);
}

static void hostile_names_never_reach_the_terminal(void **state)
{
	struct sample sample;

	(void)state;
	for (size_t i = 0; i < HOSTILE_NAMES; i++) {
		char *text;

		sample_fill(&sample);
		set_names(&sample, hostile_names[i]);
		text = render(plain, &sample.episode, NULL, NULL);
		check_lines(text);
		free(text);
	}
	sample_fill(&sample);
	set_names(&sample, "\033[2J\xe2\x80\xae");
	check_contains(&sample.episode, "  killed      \\x1b[2J\\u202e[4242] uid");
	check_contains(&sample.episode, " memcg OOM in \\x1b[2J\\u202e (limit");
}

static void hostile_bytes_never_reach_the_terminal(void **state)
{
	uint64_t seed = 4711;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		struct sample sample;
		char name[WIRE_PATH_LEN + 1];
		size_t len = sample_random(&seed) % WIRE_PATH_LEN;
		char *text;

		for (size_t i = 0; i < len; i++)
			name[i] = (char)(1 + sample_random(&seed) % 255);
		name[len] = '\0';
		sample_fill(&sample);
		set_names(&sample, name);
		text = render(plain, &sample.episode, NULL, NULL);
		check_lines(text);
		free(text);
	}
}

static void a_command_line_is_broken_between_its_arguments(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.episode.victim.cmdline = "/usr/lib/jvm/bin/java -Xmx512m -jar /opt/application.jar "
					"--port 8080";
	check_contains(&sample.episode,
		       "  command     /usr/lib/jvm/bin/java -Xmx512m -jar /opt/application.jar "
		       "--port\n              8080\n");
	sample.episode.victim.cmdline_truncated = true;
	sample.episode.victim.cmdline = "a b";
	check_contains(&sample.episode, "  command     a b ...\n");
}

static void the_largest_numbers_keep_to_the_width(void **state)
{
	struct sample sample;
	struct task *task = &sample.tasks[0];

	(void)state;
	sample_fill(&sample);
	task->pid = 4194304;
	task->uid = UINT32_MAX - 1;
	task->points = INT64_MIN + 1;
	task->oom_score_adj = -1000;
	task->rss_anon_bytes = task->rss_file_bytes = task->rss_shmem_bytes = UINT64_MAX / 8;
	task->swap_bytes = task->pgtables_bytes = UINT64_MAX / 8;
	snprintf(task->comm, sizeof(task->comm), "123456789012345");
	sample.episode.victim = *task;
	sample.episode.total = sample.episode.eligible = UINT32_MAX;
	sample.episode.loss[LOSS_RING_CANDIDATE] = UINT64_MAX;
	check_contains(&sample.episode, "*4194304 123456789012345 ");
	task->points = -400000000;
	check_contains(&sample.episode,
		       "            *4194304 123456789012345 -400000000 -1000   2.0EiB   2.0EiB   "
		       "2.0EiB\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_path_is_shown_whole),
		cmocka_unit_test(a_container_is_told_briefly),
		cmocka_unit_test(hostile_names_never_reach_the_terminal),
		cmocka_unit_test(hostile_bytes_never_reach_the_terminal),
		cmocka_unit_test(a_command_line_is_broken_between_its_arguments),
		cmocka_unit_test(the_largest_numbers_keep_to_the_width),
	};

	setenv("TZ", "XXX-1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
