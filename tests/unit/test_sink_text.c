// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/unit/sample.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "lib/utf8.h"

static const struct sink_options plain = {.candidates = 10, .today_real_ns = SAMPLE_REAL_NS};

/* What the text sink makes of one event; to be freed. */
static char *render(struct sink_options options, const struct episode *episode,
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

/* Every line is printable UTF-8 and at most 80 columns wide. */
static void check_lines(const char *text)
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

static void check_render(struct sink_options options, const struct episode *episode,
			 const char *want)
{
	char *text = render(options, episode, NULL, NULL);

	assert_string_equal(text, want);
	assert_null(strstr(text, " \n"));
	check_lines(text);
	free(text);
}

static void check_contains(const struct episode *episode, const char *want)
{
	char *text = render(plain, episode, NULL, NULL);

	if (!strstr(text, want))
		fail_msg("no '%s' in:\n%s", want, text);
	check_lines(text);
	free(text);
}

static void check_lacks(const struct episode *episode, const char *word)
{
	char *text = render(plain, episode, NULL, NULL);

	if (strstr(text, word))
		fail_msg("'%s' in:\n%s", word, text);
	check_lines(text);
	free(text);
}

static void a_memcg_kill(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	check_render(
		plain, &sample.episode,
		"23:10:08.412  memcg OOM in /system.slice/app.service (limit 512 MiB, swap 0)\n"
		"  killed      java[4242] uid 1000, oom_score_adj 0\n"
		"              498.2 MiB: anon 495.9, file 1.1, shmem 0, swap 0, page tables 1.2\n"
		"  invoked by  java[4242] asking for 2^0 pages, GFP_KERNEL|__GFP_COMP\n"
		"  why         largest of 4 candidates, 412 MiB ahead of redis-server[88];\n"
		"              oom_score_adj -806 would have spared it: redis-server[88] dies\n"
		"  memory      512 of 512 MiB used\n"
		"  candidates     PID COMM               POINTS   ADJ     ANON     SWAP PGTABLES\n"
		"            *   4242 java               127539     0 495.9MiB        0   1.2MiB\n"
		"                  88 redis-server        22067     0  84.1MiB        0   0.3MiB\n"
		"                4250 sh                  -1200   -10   0.4MiB        0        0\n"
		"                   7 agent           adj -1000 -1000     8MiB        0        "
		"0\n");
}

static void a_global_kill(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill_global(&sample);
	check_render(
		plain, &sample.episode,
		"23:10:08.412  out of memory on the whole machine\n"
		"  killed      java[4242] uid 1000, oom_score_adj 0\n"
		"              498.2 MiB: anon 495.9, file 1.1, shmem 0, swap 0, page tables 1.2\n"
		"              in /system.slice/app.service\n"
		"  invoked by  redis-server[88] asking for 2^0 pages,\n"
		"              GFP_HIGHUSER_MOVABLE|__GFP_ZERO\n"
		"  why         largest of 4 candidates, 412 MiB ahead of redis-server[88];\n"
		"              oom_score_adj -806 would have spared it: redis-server[88] dies\n"
		"  candidates     PID COMM               POINTS   ADJ     ANON     SWAP PGTABLES\n"
		"            *   4242 java               127539     0 495.9MiB        0   1.2MiB\n"
		"                  88 redis-server        22067     0  84.1MiB        0   0.3MiB\n"
		"                4250 sh                  -1200   -10   0.4MiB        0        0\n"
		"                   7 agent           adj -1000 -1000     8MiB        0        0\n"
		"                 read right after the choice\n");
}

static void the_table_shows_as_many_as_asked_and_the_victim(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	char *text;

	(void)state;
	sample_fill(&sample);
	options.candidates = 1;
	text = render(options, &sample.episode, NULL, NULL);
	assert_non_null(strstr(text, "* "));
	assert_null(strstr(text, "sh  "));
	assert_non_null(strstr(text, "\n                 3 more, 1 of them not eligible\n"));
	free(text);

	sample.episode.victim = sample.tasks[2];
	sample.victims[0] = sample.tasks[2];
	text = render(options, &sample.episode, NULL, NULL);
	assert_non_null(strstr(text, "            *   4250 sh "));
	assert_non_null(strstr(text, "2 more, 1 of them not eligible"));
	assert_non_null(strstr(text, "number 3 by score of 4 candidates,"));
	free(text);

	sample_fill(&sample);
	sample.episode.n_tasks = 3;
	sample.episode.lost = 1;
	check_contains(&sample.episode, "1 more, not eligible; 1 lost\n");
	options.quiet = true;
	text = render(options, &sample.episode, NULL, NULL);
	assert_null(strstr(text, "candidates     PID"));
	assert_null(strstr(text, "more"));
	free(text);
}

static void every_constraint_has_its_words(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill_global(&sample);
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	check_contains(&sample.episode, "  out of memory on the nodes of a cpuset\n");
	sample.episode.constraint = CONSTRAINT_MEMORY_POLICY_;
	check_contains(&sample.episode, "  out of memory on the nodes of a memory policy\n");
	sample.episode.known &= ~(uint32_t)EPISODE_KNOWS_CONSTRAINT;
	check_contains(&sample.episode,
		       "  out of memory, whether of a cgroup or the machine is not known\n");
	sample_fill_global(&sample);
	sample.episode.sysrq = true;
	sample.episode.invoker.order = -1;
	check_contains(&sample.episode, "  OOM kill asked for by SysRq-f, on the whole machine\n");
	check_contains(&sample.episode, "  invoked by  SysRq-f, in redis-server[88]\n");
}

static void limits_of_a_memcg(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.episode.memcg.swap_limit_is_max = true;
	sample.episode.memcg.swap_bytes = 3 * MIB;
	check_contains(&sample.episode, "(limit 512 MiB,\n              swap unlimited)");
	check_contains(&sample.episode,
		       "  memory      512 of 512 MiB used; swap 3 MiB of unlimited\n");
	sample.episode.memcg.swap_bytes = 0;
	check_contains(&sample.episode, "  memory      512 of 512 MiB used\n");
	sample.episode.memcg.v1 = true;
	sample.episode.memcg.path = "/a";
	sample.episode.memcg.swap_bytes = 515 * MIB;
	check_contains(&sample.episode, "(limit 512 MiB, memory+swap unlimited)");
	check_contains(&sample.episode, "512 of 512 MiB used; memory+swap 515 MiB of unlimited\n");
	sample.episode.memcg.limit_is_max = true;
	check_contains(&sample.episode,
		       "512 MiB used, no limit; memory+swap 515 MiB of unlimited\n");
	sample.episode.memcg.limit_is_max = false;
	sample.episode.memcg.swap_bytes = 512 * MIB;
	check_contains(&sample.episode, "  memory      512 of 512 MiB used\n");
	sample.episode.memcg.known = MEMCG_KNOWS_PATH;
	check_contains(&sample.episode, "  memcg OOM in /a\n");
	check_lacks(&sample.episode, "  memory ");
	sample.episode.memcg.known = 0;
	check_contains(&sample.episode, "  memcg OOM\n");
}

static void what_the_memory_was_used_for(void **state)
{
	struct sample sample;
	uint64_t *uses = sample.episode.memory.memcg_use_bytes;

	(void)state;
	sample_fill(&sample);
	sample_fill_memory(&sample.episode);
	check_contains(&sample.episode,
		       "  memory      512 of 512 MiB used: anon 501, slab 3\n"
		       "              the candidates hold 98 % of it\n  candidates ");
	uses[USE_KERNEL] = 40 * MIB;
	uses[USE_PAGE_TABLES] = 11 * MIB;
	uses[USE_SLAB_UNRECLAIMABLE] = 13 * MIB + 300 * KIB;
	sample.episode.memcg.swap_bytes = 3 * MIB;
	sample.episode.memcg.swap_limit_bytes = 4 * MIB;
	check_contains(
		&sample.episode,
		"  memory      512 of 512 MiB used: anon 501, other kernel 14.7, slab 13.3,\n"
		"              page tables 11; swap 3 MiB of 4 MiB\n");
	/* Nothing of the machine: its zones and its waiting are not why. */
	check_lacks(&sample.episode, "Normal");
	check_lacks(&sample.episode, "waiting for memory");
	sample.episode.memory.memcg_psi.some[0] = 4 * WIRE_PSI_UNIT;
	check_lacks(&sample.episode, "waiting for memory");
	sample.episode.memory.memcg_psi.some[0] = 99 * WIRE_PSI_UNIT + WIRE_PSI_UNIT / 2;
	check_contains(&sample.episode, "\n              waiting for memory in the last 10 s: "
					"somebody 100 %\n");
	sample.episode.memory.memcg_psi.full[0] = 12 * WIRE_PSI_UNIT;
	check_contains(&sample.episode, "somebody 100 %,\n              everybody 12 %\n");
}

static void what_no_kill_frees_is_said_to_be_so(void **state)
{
	struct sample sample;
	uint64_t *uses = sample.episode.memory.memcg_use_bytes;

	(void)state;
	sample_fill(&sample);
	sample_fill_memory(&sample.episode);
	uses[USE_ANON] = 100 * MIB;
	uses[USE_FILE] = 410 * MIB;
	uses[USE_SHMEM] = 409 * MIB + 600 * KIB;
	sample.tasks[0].rss_anon_bytes = 10 * MIB;
	check_contains(
		&sample.episode,
		"  memory      512 of 512 MiB used: shmem 409.6, anon 100, slab 3\n"
		"              the candidates hold 20 % of it; 80 % is files in memory (tmpfs,\n"
		"              shmem), which no kill frees\n");
	/* Mapped by those who can be killed, it may well be freed. */
	sample.tasks[1].rss_shmem_bytes = 300 * MIB;
	check_lacks(&sample.episode, "no kill frees");
	uses[USE_SHMEM] = 0;
	uses[USE_FILE] = 10 * MIB;
	uses[USE_SLAB_UNRECLAIMABLE] = 400 * MIB;
	check_contains(&sample.episode, "78 % is the kernel's own objects\n              (slab), "
					"which no kill frees\n");
	/* Of what was lost, nobody knows what it held. */
	sample.episode.lost = 1;
	check_contains(
		&sample.episode,
		"\n              78 % is the kernel's own objects (slab), which no kill frees\n");
	uses[USE_ANON] = 401 * MIB;
	check_lacks(&sample.episode, "no kill frees");
}

static void what_the_machine_was_used_for(void **state)
{
	struct sample sample;
	struct memory *memory = &sample.episode.memory;

	(void)state;
	sample_fill_global(&sample);
	sample_fill_memory(&sample.episode);
	memory->use_bytes[USE_SWAPCACHED] = 0;
	check_contains(&sample.episode,
		       "  memory      3900 of 4000 MiB used: anon 3000, shmem 500, slab 150,\n"
		       "              page cache 100, reclaimable slab 50; swap 1000 of 1024 MiB\n"
		       "              the candidates hold 15 % of it\n"
		       "              Normal on node 1: 11.2 MiB free, min 44\n"
		       "              waiting for memory in the last 10 s: somebody 46 %, "
		       "everybody 30 %\n");
	memory->swap_total_bytes = memory->swap_free_bytes = 0;
	check_contains(&sample.episode, "reclaimable slab 50; no swap\n");
	memory->swap_total_bytes = BYTES_UNKNOWN;
	check_contains(&sample.episode, "reclaimable slab 50\n");
	memory->total_bytes = BYTES_UNKNOWN;
	check_contains(&sample.episode, "  memory      Normal on node 1: 11.2 MiB free, min 44\n");
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	check_contains(&sample.episode, "  memory      Normal on node 1: 11.2 MiB free, min 44\n");
	memory->zones[1].free_bytes = memory->zones[1].min_bytes;
	check_contains(&sample.episode, "  memory      waiting for memory in the last 10 s:");
	sample_no_memory(memory);
	check_lacks(&sample.episode, "  memory ");
}

static void many_low_zones_and_the_largest_numbers(void **state)
{
	struct sample sample;
	struct memory *memory = &sample.episode.memory;

	(void)state;
	sample_fill_global(&sample);
	sample_fill_memory(&sample.episode);
	memory->n_zones = WIRE_ZONES;
	for (uint32_t i = 0; i < WIRE_ZONES; i++) {
		memory->zones[i] = memory->zones[1];
		memory->zones[i].node = i;
	}
	memset(memory->zones[0].name, '\033', WIRE_ZONE_NAME);
	check_contains(&sample.episode, "\\x1b\\x1b");
	check_contains(&sample.episode, "min 44\n              and 12 more zones below min\n");
	for (unsigned int use = 0; use < USE_MAX; use++)
		memory->use_bytes[use] = memory->memcg_use_bytes[use] = BYTES_UNKNOWN - 1;
	memory->total_bytes = memory->swap_total_bytes = BYTES_UNKNOWN - 1;
	memory->free_bytes = memory->swap_free_bytes = 0;
	memory->psi.some[0] = memory->psi.full[0] = PSI_UNKNOWN - 1;
	memory->zones[1].free_bytes = BYTES_UNKNOWN - 2;
	memory->zones[1].min_bytes = BYTES_UNKNOWN - 1;
	memory->zones[1].node = UINT32_MAX;
	check_contains(&sample.episode, "Normal on node 4294967295: 16.0 EiB free, min 16.0\n");
	memory->free_bytes = memory->total_bytes;
	check_contains(&sample.episode, "  memory      0 of 16.0 EiB used: ");
}

static void nodes_of_a_cpuset_and_of_a_policy(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill_global(&sample);
	sample.episode.constraint = CONSTRAINT_CPUSET_;
	strcpy(sample.episode.invoker.mems_allowed, "1");
	strcpy(sample.episode.invoker.cpuset, "jobs\033[31m");
	check_contains(&sample.episode, "  out of memory on the nodes of a cpuset\n");
	sample.episode.known |= EPISODE_KNOWS_NODES;
	check_contains(&sample.episode,
		       "  out of memory on node 1, all that cpuset jobs\\x1b[31m may use\n");
	*sample.episode.invoker.cpuset = '\0';
	strcpy(sample.episode.invoker.mems_allowed, "0-3,8");
	check_contains(&sample.episode,
		       "  out of memory on nodes 0-3,8, all that its cpuset may use\n");
	memset(sample.episode.invoker.cpuset, 'c', sizeof(sample.episode.invoker.cpuset));
	memset(sample.episode.invoker.mems_allowed, ',', EPISODE_NODES_TEXT - 1);
	check_contains(&sample.episode, "ccc... may use\n");
	sample.episode.constraint = CONSTRAINT_MEMORY_POLICY_;
	check_contains(&sample.episode, "  out of memory on the nodes of a memory policy\n");
	strcpy(sample.episode.invoker.nodemask, "1");
	check_contains(&sample.episode,
		       "  out of memory on node 1, all that a memory policy allows\n");
}

static void kills_that_come_again_and_again(void **state)
{
	static const struct {
		uint32_t count;
		uint64_t span_ns;
		const char *want;
	} cases[] = {
		{5, 250400000000, "\n  again       5th kill in this cgroup within 4 min 10 s\n"},
		{21, 600000000000, " 21st kill in this cgroup within 10 min 0 s\n"},
		{12, 59600000000, " 12th kill in this cgroup within 1 min 0 s\n"},
		{102, 320000000, " 102nd kill in this cgroup within 320.0 ms\n"},
		{113, 7260000000000, " 113th kill in this cgroup within 2 h 1 min\n"},
		{UINT32_MAX, UINT64_MAX,
		 " 4294967295th kill in this cgroup within 5124095 h 34 min\n"},
	};
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	check_lacks(&sample.episode, "  again ");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample.episode.recent_kills = cases[i].count;
		sample.episode.recent_span_ns = cases[i].span_ns;
		check_contains(&sample.episode, cases[i].want);
	}
	sample_fill_global(&sample);
	sample.episode.recent_kills = 6;
	check_contains(&sample.episode,
		       "\n  again       6th kill in the victim's cgroup within 0.0 ms\n");
}

static char *render_no_kill(const struct episode *episode)
{
	struct sink_options options = plain;
	struct sink *sink;
	char *text;

	options.fd = sample_fd();
	sink = sink_text_new(&options);
	assert_non_null(sink);
	assert_int_equal(sink->ops->no_kill(sink, sample_host(), episode), 0);
	sink->ops->destroy(sink);
	text = sample_read(options.fd, NULL);
	close(options.fd);
	check_lines(text);
	return text;
}

static void nobody_is_killed(void **state)
{
	struct sample sample;
	char *text;

	(void)state;
	sample_fill(&sample);
	sample.episode.n_tasks = sample.episode.total = 0;
	sample.episode.no_kill = NO_KILL_DISABLED;
	sample.episode.repeated = 41;
	text = render_no_kill(&sample.episode);
	assert_string_equal(
		text,
		"23:10:08.412  memcg OOM in /system.slice/app.service (limit 512 MiB, swap 0)\n"
		"  nobody      is killed: memory.oom_control has the OOM killer switched off here\n"
		"              (and 41 times more since the last report)\n"
		"  waiting     java[4242], until the limit is raised, something in the group ends\n"
		"              or is killed, or 0 is written to its memory.oom_control\n"
		"  memory      512 of 512 MiB used\n");
	free(text);
	sample.episode.no_kill = NO_KILL_PANIC;
	sample.episode.repeated = 0;
	text = render_no_kill(&sample.episode);
	assert_non_null(strstr(text,
			       "  nobody      is killed: vm.panic_on_oom, the kernel panics next\n"
			       "  invoked by  java[4242] asking"));
	free(text);
	sample.episode.sysctls.panic_on_oom = 2;
	text = render_no_kill(&sample.episode);
	assert_non_null(strstr(text, "is killed: vm.panic_on_oom is 2, the kernel panics next\n"));
	free(text);
	sample.episode.no_kill = NO_KILL_NOTHING_KILLABLE;
	text = render_no_kill(&sample.episode);
	assert_non_null(strstr(text, "  nobody      can be killed: the request fails\n"));
	free(text);
}

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

static void groups_and_sharers(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.victims[1] = sample.tasks[1];
	sample.victims[2] = sample.tasks[2];
	sample.victims[1].killed_as = sample.victims[2].killed_as = KILLED_AS_GROUP;
	sample.episode.n_victims = 3;
	sample.episode.group = true;
	check_contains(&sample.episode,
		       "  group       killed as a group (memory.oom.group): 3 processes\n"
		       "              java[4242], redis-server[88], sh[4250]\n");
	check_contains(&sample.episode, "            *     88 redis-server ");
	sample.victims[2].killed_as = KILLED_AS_SHARED_MM;
	check_contains(&sample.episode,
		       "  group       killed as a group (memory.oom.group): 2 processes\n"
		       "              java[4242], redis-server[88]\n"
		       "  and killed  sh[4250] (sharing their memory)\n");
	sample.episode.group = false;
	sample.episode.n_victims = 2;
	sample.victims[1].killed_as = KILLED_AS_SHARED_MM;
	check_contains(&sample.episode, "  and killed  redis-server[88] (sharing its memory)\n");
	sample.episode.n_victims = 1;
	check_lacks(&sample.episode, "and killed");
}

static void a_large_group_names_the_first(void **state)
{
	enum { COUNT = 64 };
	struct task victims[COUNT];
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	for (uint32_t i = 0; i < COUNT; i++)
		victims[i] = sample_task(1000 + i, "worker", MIB, 256);
	sample.episode.victims = victims;
	sample.episode.n_victims = COUNT;
	sample.episode.group = true;
	check_contains(&sample.episode, "(memory.oom.group): 64 processes\n");
	check_contains(&sample.episode, "worker[1007],\n              and 56 more\n");
	check_lacks(&sample.episode, "worker[1008]");
	for (uint32_t i = 0; i < COUNT; i += 2)
		victims[i].killed_as = KILLED_AS_SHARED_MM;
	check_contains(&sample.episode, "(memory.oom.group): 32 processes\n");
	check_contains(&sample.episode, "worker[1015],\n              and 24 more\n"
					"  and killed  worker[1000], worker[1002],");
	check_contains(&sample.episode, "and 24 more (sharing their memory)\n");
}

static void reasons(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.tasks[0].oom_score_adj = sample.episode.victim.oom_score_adj = 1000;
	check_contains(&sample.episode, "  why         highest score of 4 candidates,");
	check_contains(&sample.episode, "most of its score is its oom_score_adj of 1000\n");
	sample_fill(&sample);
	sample.tasks[1].points = sample.tasks[0].points;
	check_contains(&sample.episode, "4 candidates, level with redis-server[88];\n"
					"              oom_score_adj -1 would have spared it: "
					"redis-server[88] dies\n");
	sample.tasks[1].eligible = sample.tasks[2].eligible = false;
	sample.episode.eligible = 1;
	check_contains(&sample.episode,
		       "  why         the only one of 4 candidates that could be chosen;\n"
		       "              oom_score_adj -1000 would have spared it: nobody else can "
		       "be\n              killed\n");
	sample.episode.n_tasks = sample.episode.total = 1;
	check_contains(&sample.episode, "  why         the only candidate;\n");
	sample.episode.selection = SELECTION_ALLOCATING_TASK;
	check_contains(&sample.episode, "asked for the memory (vm.oom_kill_allocating_task)\n");
	sample.episode.selection = SELECTION_EXITING_TASK;
	check_contains(&sample.episode, "it was exiting already");
	sample_fill(&sample);
	sample.episode.lost = 2;
	sample.episode.n_tasks = 2;
	sample.episode.has_runner_up = true;
	sample.episode.runner_up = sample.tasks[1];
	check_contains(&sample.episode,
		       "  why         chosen of 4 candidates, 412 MiB ahead of redis-server[88]\n");
}

/* The two lines of why, in each of the states that what would have spared it can be in. */
static void what_would_have_spared_it(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.tasks[0].origin = sample.episode.victim.origin = true;
	check_contains(&sample.episode,
		       "  why         largest of 4 candidates, 412 MiB ahead of redis-server[88];\n"
		       "              no oom_score_adj would have spared it\n");
	sample_fill(&sample);
	sample.episode.totalpages = 999; /* no value counts, but that which forbids it */
	check_contains(&sample.episode, "oom_score_adj -1000 would have spared it: redis");
	sample_fill(&sample);
	sample.episode.memcg.oom_group = true;
	check_lacks(&sample.episode, "spared");
	check_contains(&sample.episode, "412 MiB ahead of redis-server[88]\n");
	sample_fill(&sample);
	sample.episode.known &= ~(uint32_t)EPISODE_KNOWS_TOTALPAGES;
	check_lacks(&sample.episode, "spared");
	sample_fill(&sample);
	sample.tasks[1].points = sample.tasks[0].points + 1; /* the points choose another one */
	check_lacks(&sample.episode, "spared");
	check_contains(&sample.episode, "behind redis-server[88]\n");
	sample_fill(&sample);
	sample.episode.selection = SELECTION_ALLOCATING_TASK;
	check_lacks(&sample.episode, "spared");
}

static void what_is_not_known_is_left_out(void **state)
{
	struct episode bare = {
		.id = "00112233aabbccdd",
		.boot_ns = 12345678901ULL,
		.victim = {.pid = 5, .uid = WIRE_NONE_U32, .comm = "x", .eligible = true},
	};

	(void)state;
	check_render(plain, &bare,
		     "[   12.345678]  out of memory, whether of a cgroup or the machine is not "
		     "known\n"
		     "  killed      x[5] oom_score_adj 0\n");
}

static void losses_of_an_episode_are_shown_in_it(void **state)
{
	struct sample sample;

	(void)state;
	sample_fill(&sample);
	sample.episode.loss[LOSS_RING_CANDIDATE] = 12;
	sample.episode.loss[LOSS_WALK_CANDIDATE] = 1;
	check_contains(
		&sample.episode,
		"  lost        12 candidates: no room in the ring (ring_candidate); a larger\n"
		"              --ring-size helps\n"
		"  lost        1 walk of the task list: given up at the bound "
		"(walk_candidate)\n");
}

static void every_reason_of_a_loss_has_words(void **state)
{
	(void)state;
	for (uint8_t reason = 0; reason <= LOSS_MAX; reason++) {
		struct lost lost = {.real_ns = SAMPLE_REAL_NS, .reason = reason, .count = 2};
		char *text = render(plain, NULL, NULL, &lost);

		assert_memory_equal(text, "23:10:08.412  lost 2 ", 21);
		assert_non_null(strstr(text, loss_name(reason)));
		assert_true(reason == LOSS_MAX || !strstr(text, "not known here"));
		check_lines(text);
		free(text);
	}
}

static void check_outcome(const struct outcome *outcome, const char *want)
{
	char *text = render(plain, NULL, outcome, NULL);

	assert_string_equal(text, want);
	check_lines(text);
	free(text);
}

static void outcomes(void **state)
{
	struct outcome outcome = {
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS + 9000000,
		.has_exited = true,
		.has_freed = true,
		.exited_ns = 8400000,
		.freed_ns = 9000000,
	};

	(void)state;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, memory freed after 9.0 ms\n");
	outcome.has_aborted = true;
	outcome.aborted_selections = 312;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, memory freed after 9.0 ms\n"
		      "              312 more OOMs waited for it instead of killing another\n");
	outcome.has_aborted = false;
	outcome.has_reaped = true;
	outcome.reaped_ns = 2500000;
	outcome.has_freed = false;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, reaped after 2.5 ms\n");
	outcome.watched_ns = 5000000000;
	check_outcome(&outcome,
		      "23:10:08.421  java[4242] exited after 8.4 ms, reaped after 2.5 ms, "
		      "memory still\n              in use 5.0 s after the kill\n");
	outcome = (struct outcome){
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.watched_ns = 5000000000,
	};
	check_outcome(&outcome, "23:10:08.412  java[4242] is still alive 5.0 s after the kill, "
				"memory not seen to\n              be freed\n");
	outcome.watched_ns = 0;
	check_outcome(&outcome, "23:10:08.412  java[4242] was not seen to exit, memory not seen to "
				"be freed\n");
}

static void what_the_reaper_did(void **state)
{
	struct outcome outcome = {
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.watched_ns = 5000000000,
		.has_reaped = true,
		.has_reaped_bytes = true,
		.reaped_ns = 2100000000,
		.reaped_bytes = 498 * MIB,
	};

	(void)state;
	check_outcome(&outcome, "23:10:08.412  java[4242] is still alive 5.0 s after the kill, the "
				"oom_reaper\n              took 498 MiB after 2.1 s\n");
	outcome.has_reaped = outcome.has_reaped_bytes = false;
	outcome.has_reap_skipped = true;
	outcome.reap_skipped_ns = 2000000000;
	check_outcome(&outcome,
		      "23:10:08.412  java[4242] is still alive 5.0 s after the kill, the "
		      "oom_reaper\n              could not get at its memory after 2.0 s, "
		      "memory not seen to be\n              freed\n");
	outcome.watched_ns = 0;
	outcome.has_exited = outcome.has_freed = true;
	outcome.exited_ns = 61200000000;
	outcome.freed_ns = 61300000000;
	check_outcome(&outcome,
		      "23:10:08.412  java[4242] has gone at last: exited after 61.2 s, "
		      "passed by the\n              oom_reaper after 2.0 s, memory freed after "
		      "61.3 s\n");
	outcome.has_reaped = outcome.has_reaped_bytes = true;
	outcome.exited_ns = outcome.freed_ns = outcome.reaped_ns = INT64_MAX;
	outcome.reaped_bytes = UINT64_MAX;
	check_outcome(&outcome,
		      "23:10:08.412  java[4242] has gone at last: exited after 9223372036.9 s, "
		      "the\n              oom_reaper took 16.0 EiB after 9223372036.9 s, memory "
		      "freed after\n              9223372036.9 s\n");
}

static void what_was_looked_up_while_it_died(void **state)
{
	struct outcome outcome = {
		.pid = 4242,
		.comm = "java",
		.real_ns = SAMPLE_REAL_NS,
		.has_exited = true,
		.has_freed = true,
		.exited_ns = 8400000,
		.freed_ns = 9000000,
		.cmdline = "java -Xmx512m \033]0;",
		.pod = "web-0",
	};
	static const char first[] =
		"23:10:08.412  java[4242] exited after 8.4 ms, memory freed after 9.0 ms\n";
	char want[512];

	(void)state;
	snprintf(want, sizeof(want),
		 "%s  command     java -Xmx512m \\x1b]0;\n  pod         web-0\n", first);
	check_outcome(&outcome, want);
	*outcome.cmdline = '\0';
	strcpy(outcome.pod_namespace, "shop\n");
	snprintf(want, sizeof(want), "%s  pod         shop\\n/web-0\n", first);
	check_outcome(&outcome, want);
	memset(outcome.cmdline, 'a', sizeof(outcome.cmdline) - 1);
	outcome.cmdline_truncated = true;
	memset(outcome.pod, 'p', sizeof(outcome.pod));
	memset(outcome.pod_namespace, 'n', sizeof(outcome.pod_namespace));
	free(render(plain, NULL, &outcome, NULL));
}

static void another_day_has_its_date(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	char *text;

	(void)state;
	sample_fill(&sample);
	options.today_real_ns += 86400LL * 1000000000;
	text = render(options, &sample.episode, NULL, NULL);
	assert_memory_equal(text, "2026-11-22 23:10:08.412  memcg OOM in ", 38);
	check_lines(text);
	free(text);
}

static void colours_only_where_asked(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	char *colored, *text, *to;

	(void)state;
	sample_fill(&sample);
	options.color = true;
	colored = render(options, &sample.episode, NULL, NULL);
	text = render(plain, &sample.episode, NULL, NULL);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(colored, "\033[1;31mjava[4242]\033[m"));
	to = colored;
	for (const char *from = colored; *from; from++) {
		if (*from == '\033')
			from += strcspn(from, "m");
		else
			*to++ = *from;
	}
	*to = '\0';
	assert_string_equal(colored, text);
	free(colored);
	free(text);
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

static void a_reader_that_went_away_is_told(void **state)
{
	struct sink_options options = plain;
	struct sample sample;
	struct sink *sink;
	int fds[2];

	(void)state;
	sample_fill(&sample);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	options.fd = fds[1];
	sink = sink_text_new(&options);
	assert_int_equal(sink->ops->episode(sink, sample_host(), &sample.episode), -EPIPE);
	sink->ops->destroy(sink);
	close(fds[1]);
}

static void a_thousand_candidates(void **state)
{
	enum { COUNT = 1000 };
	struct sink_options options = plain;
	struct task *tasks = calloc(COUNT, sizeof(*tasks));
	struct timespec from, to;
	struct sample sample;
	char *text;

	(void)state;
	assert_non_null(tasks);
	sample_fill(&sample);
	for (uint32_t i = 0; i < COUNT; i++)
		tasks[i] = sample_task(4242 + i, "worker", MIB * (COUNT - i), 256 * (COUNT - i));
	sample.episode.tasks = tasks;
	sample.episode.n_tasks = sample.episode.total = sample.episode.eligible = COUNT;
	options.candidates = CANDIDATES_ALL;
	clock_gettime(CLOCK_MONOTONIC, &from);
	text = render(options, &sample.episode, NULL, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("%u candidates: %.1f ms\n", COUNT,
		      (double)(to.tv_sec - from.tv_sec) * 1e3 +
			      (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	check_lines(text);
	assert_non_null(strstr(text, "                5241 worker "));
	free(text);
	free(tasks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_memcg_kill),
		cmocka_unit_test(a_global_kill),
		cmocka_unit_test(the_table_shows_as_many_as_asked_and_the_victim),
		cmocka_unit_test(every_constraint_has_its_words),
		cmocka_unit_test(limits_of_a_memcg),
		cmocka_unit_test(what_the_memory_was_used_for),
		cmocka_unit_test(what_no_kill_frees_is_said_to_be_so),
		cmocka_unit_test(what_the_machine_was_used_for),
		cmocka_unit_test(many_low_zones_and_the_largest_numbers),
		cmocka_unit_test(nodes_of_a_cpuset_and_of_a_policy),
		cmocka_unit_test(kills_that_come_again_and_again),
		cmocka_unit_test(nobody_is_killed),
		cmocka_unit_test(a_long_path_is_shown_whole),
		cmocka_unit_test(a_container_is_told_briefly),
		cmocka_unit_test(groups_and_sharers),
		cmocka_unit_test(a_large_group_names_the_first),
		cmocka_unit_test(reasons),
		cmocka_unit_test(what_would_have_spared_it),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(losses_of_an_episode_are_shown_in_it),
		cmocka_unit_test(every_reason_of_a_loss_has_words),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(what_the_reaper_did),
		cmocka_unit_test(what_was_looked_up_while_it_died),
		cmocka_unit_test(another_day_has_its_date),
		cmocka_unit_test(colours_only_where_asked),
		cmocka_unit_test(hostile_names_never_reach_the_terminal),
		cmocka_unit_test(hostile_bytes_never_reach_the_terminal),
		cmocka_unit_test(a_command_line_is_broken_between_its_arguments),
		cmocka_unit_test(the_largest_numbers_keep_to_the_width),
		cmocka_unit_test(a_reader_that_went_away_is_told),
		cmocka_unit_test(a_thousand_candidates),
	};

	signal(SIGPIPE, SIG_IGN);
	setenv("TZ", "XXX-1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
