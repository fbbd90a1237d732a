/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* oomtrace rank: who the kernel would kill now. Reads /proc and the cgroups, attaches nothing. */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/hostrecord.h"
#include "cmd/outputs.h"
#include "cmd/tap.h"
#include "cmd/verbs.h"
#include "cmd/words.h"
#include "core/path.h"
#include "core/ranking.h"
#include "core/redact.h"
#include "core/text.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/parse.h"
#include "proc/cgroup.h"
#include "proc/host.h"
#include "proc/memcg.h"
#include "proc/process.h"
#include "sink/ranking.h"

#define OUT_BYTES      (64 * 1024)
#define WATCH_NS       2000000000ULL
#define HOME_AND_CLEAR "\033[H\033[J" /* ECMA-48: written over in place, without a flash */

struct rank {
	bool json, watch, most_given, redact;
	uint32_t most;
	bool limit_given;
	uint64_t limit_bytes;
	uint64_t every_ns;
	struct outputs colors;       /* its color is all that is used */
	char cgroup[PATH_MAX];       /* "": the whole machine */
	char shown_cgroup[PATH_MAX]; /* the same as it is shown */
	struct redactor *redactor;   /* or NULL: nothing is redacted */

	struct host_facts facts;
	char v1_point[PATH_MAX], v2_point[PATH_MAX];
	struct memcg_mount mount; /* point NULL: no memory controller is mounted */
	enum rss_reading reading;
	bool status_sums; /* /proc/PID/status was seen to count otherwise than /proc/PID/stat */
	struct outbuf out;
	struct loop *loop;
	int timer;
	size_t tasks_size, limits_size;
	struct ranking ranking;
};

enum { OPTION_LIMIT = 0x100, OPTION_WATCH, OPTION_COLOR, OPTION_REDACT };

static const struct argp_option options[] = {
	{"cgroup", 'c', "PATH", 0,
	 "Within this memory cgroup, by its path in the hierarchy or in the file system", 0},
	{"number", 'n', "N|all", 0, "Show N processes (default: text 10, json all)", 0},
	{"limit", OPTION_LIMIT, "BYTES", 0,
	 "Suppose that the cgroup had this limit: 512M, 2G (with --cgroup)", 0},
	{"watch", OPTION_WATCH, "TIME", OPTION_ARG_OPTIONAL,
	 "Repeat it in place, every 2 s or every TIME, until Ctrl-C", 0},
	{"json", 'j', 0, 0, "One JSON object a line instead of a table", 0},
	{"redact", OPTION_REDACT, 0, 0, TAP_REDACT_DOC, 0},
	{"color", OPTION_COLOR, "WHEN", 0, "Colours: auto, always or never (default: auto)", 0},
	{0},
};

static void set_most(struct rank *rank, const char *text, struct argp_state *state)
{
	if (candidates_parse(text, &rank->most))
		argp_error(state, "'%s' is no number of processes: N or all", text);
	rank->most_given = true;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct rank *rank = state->input;

	switch (key) {
	case 'c':
		if (cgroup_path(arg, rank->cgroup))
			argp_error(
				state,
				"'%s' is no cgroup's path: /system.slice, or where it is mounted",
				arg);
		return 0;
	case 'n':
		set_most(rank, arg, state);
		return 0;
	case OPTION_LIMIT:
		if (parse_size(arg, &rank->limit_bytes))
			argp_error(state, "'%s' is no size: 512M, 2G", arg);
		rank->limit_given = true;
		return 0;
	case OPTION_WATCH:
		rank->watch = true;
		rank->every_ns = WATCH_NS;
		if (arg && parse_duration(arg, &rank->every_ns))
			argp_error(state, "'%s' is no time: 2s, 500ms", arg);
		return 0;
	case 'j':
		rank->json = true;
		return 0;
	case OPTION_REDACT:
		rank->redact = true;
		return 0;
	case OPTION_COLOR:
		if (choice_parse(arg, &rank->colors.color))
			argp_error(state, "'%s' is no choice of colours: auto, always or never",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		word_too_many(arg, "", state);
		return 0;
	case ARGP_KEY_END:
		if (rank->limit_given && !*rank->cgroup)
			argp_error(state,
				   "--limit needs --cgroup: the machine's memory is what it is");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp rank_argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Say who the kernel would kill now, on the whole machine or in a memory cgroup, by "
	       "how "
	       "much, and which cgroups are near their limits. Attaches nothing; without root it "
	       "says what it may not see."
	       "\vExit status: 0 done, 1 the cgroup or /proc cannot be read, 2 wrong usage.",
};

/* Makes room for one more of @size bytes. Returns it, or NULL. */
static void *grown(void *items, size_t count, size_t *size, size_t item_size)
{
	size_t more = *size ? *size * 2 : 256;
	void *grown_items;

	if (count < *size)
		return items;
	grown_items = realloc(items, more * item_size);
	if (grown_items)
		*size = more;
	return grown_items;
}

static void forget(struct rank *rank)
{
	struct ranking *ranking = &rank->ranking;

	for (uint32_t i = 0; i < ranking->n_tasks; i++)
		free((void *)(uintptr_t)ranking->tasks[i].cgroup);
	for (size_t i = 0; i < ranking->n_limits; i++)
		free((void *)(uintptr_t)ranking->limits[i].memcg.path);
	ranking->n_tasks = 0;
	ranking->n_limits = 0;
	ranking->gone = ranking->denied = 0;
	memset(ranking->passed_over, 0, sizeof(ranking->passed_over));
}

static int take_process(void *ctx, const struct process *process)
{
	struct rank *rank = ctx;
	struct ranking *ranking = &rank->ranking;
	const struct task *task = &process->task;
	struct task *tasks, *kept;

	if (rank->reading == RSS_OF_STAT &&
	    process->scored_rss_bytes !=
		    task->rss_anon_bytes + task->rss_file_bytes + task->rss_shmem_bytes)
		rank->status_sums = true;
	if (*rank->cgroup && (!task->cgroup || !path_within(task->cgroup, rank->cgroup))) {
		ranking->passed_over[SKIP_OTHER_MEMCG]++;
		return 0;
	}
	tasks = grown(ranking->tasks, ranking->n_tasks, &rank->tasks_size, sizeof(*tasks));
	if (!tasks)
		return -ENOMEM;
	ranking->tasks = tasks;
	kept = &tasks[ranking->n_tasks];
	*kept = *task;
	redact_begin(rank->redactor);
	redact_task(rank->redactor, kept);
	kept->cgroup = kept->cgroup ? strdup(kept->cgroup) : NULL;
	if (task->cgroup && !kept->cgroup)
		return -ENOMEM;
	ranking_score(kept, process->scored_rss_bytes, ranking->page_size, ranking->totalpages);
	ranking->n_tasks++;
	return 0;
}

static int take_limit(void *ctx, const struct memcg_state *state)
{
	struct rank *rank = ctx;
	struct ranking *ranking = &rank->ranking;
	struct ranking_limit *limits;
	char *path;

	if (*rank->cgroup && !path_within(state->memcg.path, rank->cgroup))
		return 0;
	limits = grown(ranking->limits, ranking->n_limits, &rank->limits_size, sizeof(*limits));
	redact_begin(rank->redactor);
	path = limits ? strdup(redact_cgroup(rank->redactor, state->memcg.path)) : NULL;
	if (limits)
		ranking->limits = limits;
	if (!path)
		return -ENOMEM;
	limits[ranking->n_limits++] = (struct ranking_limit){
		.memcg = state->memcg,
		.oom_kill_disabled = state->oom_kill_disabled,
		.under_oom = state->under_oom,
	};
	limits[ranking->n_limits - 1].memcg.path = path;
	return 0;
}

/* What the scores are relative to. Returns 0, or a negative errno after having said why. */
static int set_domain(struct rank *rank)
{
	struct ranking *ranking = &rank->ranking;
	uint64_t swap =
		rank->facts.swap_total_bytes == WIRE_NONE_U64 ? 0 : rank->facts.swap_total_bytes;
	struct memcg_state state;
	const char *shown;
	int error;

	ranking->totalpages = (rank->facts.mem_total_bytes + swap) / ranking->page_size;
	if (!*rank->cgroup)
		return 0;
	error = rank->mount.point ? memcg_read(&rank->mount, rank->cgroup, &state) : -ENODEV;
	if (error) {
		log_error("cannot look at the memory cgroup %s: %s%s%s", rank->cgroup,
			  error == -ENODEV ? "no memory controller is mounted" : strerror(-error),
			  error == -ENOENT ? ": name one as it lies below " : "",
			  error == -ENOENT ? rank->mount.point : "");
		return error;
	}
	ranking->has_memcg = true;
	ranking->memcg = state.memcg;
	redact_begin(rank->redactor);
	shown = redact_cgroup(rank->redactor, rank->cgroup);
	text_copy(rank->shown_cgroup, sizeof(rank->shown_cgroup), shown, strlen(shown));
	ranking->memcg.path = rank->shown_cgroup;
	ranking->oom_kill_disabled = state.oom_kill_disabled;
	if (rank->limit_given) {
		ranking->limit_is_given = true;
		ranking->memcg.limit_is_max = false;
		ranking->memcg.limit_bytes = rank->limit_bytes;
	}
	/* Without a limit it is never its own memory that runs out: what is scored is the
	 * machine's. */
	if (!ranking->memcg.limit_is_max)
		ranking->totalpages = ranking_memcg_totalpages(
			&ranking->memcg, swap,
			state.has_swappiness ? state.swappiness : rank->facts.vm_swappiness,
			ranking->page_size);
	return 0;
}

/* Looks at everything. Returns 0, or a negative errno after having said why. */
static int collect(struct rank *rank)
{
	struct ranking *ranking = &rank->ranking;
	struct process_unseen unseen = {0};
	int error;

	forget(rank);
	host_read(&rank->facts);
	ranking->page_size = rank->facts.page_size;
	ranking->boot_ns = loop_now();
	ranking->real_ns = (int64_t)ranking->boot_ns + clock_offset();
	error = set_domain(rank);
	if (error)
		return error;
	error = process_scan("/proc", rank->reading, take_process, rank, ranking->passed_over,
			     &unseen);
	if (!error && rank->mount.point)
		error = memcg_walk(&rank->mount, take_limit, rank);
	if (error) {
		log_error("cannot look at the processes: %s", strerror(-error));
		return error;
	}
	ranking->gone = unseen.gone;
	ranking->denied = unseen.denied;
	ranking->rss_differs = rank->status_sums && rank->facts.swap_total_bytes != WIRE_NONE_U64 &&
			       rank->facts.swap_total_bytes > 0;
	ranking_sort(ranking);
	ranking_sort_limits(ranking);
	return 0;
}

/* Returns 0 or a negative errno. */
static int render(struct rank *rank)
{
	struct ranking_options look = {
		.most = rank->most_given ? rank->most
			: rank->json     ? CANDIDATES_ALL
					 : TEXT_DEFAULT_CANDIDATES,
		.color = output_color(&rank->colors, isatty(STDOUT_FILENO)),
		.kernel = rank->facts.kernel,
		.redacted = rank->redact,
	};

	redact_begin(rank->redactor);
	look.host = redact_name(rank->redactor, PSEUDONYM_HOST, rank->facts.host);
	look.boot_id = redact_name(rank->redactor, PSEUDONYM_BOOT, rank->facts.boot_id);
	if (rank->json)
		return ranking_put(&rank->out, &rank->ranking, &look);
	if (rank->watch && isatty(STDOUT_FILENO))
		outbuf_puts(&rank->out, HOME_AND_CLEAR);
	return ranking_show(&rank->out, &rank->ranking, &look);
}

/* Looks and shows once. Returns the exit status. */
static int look_once(struct rank *rank)
{
	int error = collect(rank);

	if (error)
		return EXIT_FAILED;
	error = render(rank);
	if (error && error != -EPIPE && error != -ECANCELED) {
		log_error("cannot write: %s", strerror(-error));
		return EXIT_FAILED;
	}
	/* Nobody reads any more, or somebody wants to end: that is all, then. */
	if (error && rank->loop)
		loop_end(rank->loop, EXIT_DONE);
	return EXIT_DONE;
}

static void on_timer(void *ctx, uint64_t now_boot_ns)
{
	struct rank *rank = ctx;
	int status = look_once(rank);

	if (status != EXIT_DONE)
		loop_end(rank->loop, status);
	loop_set_timer(rank->loop, rank->timer, now_boot_ns + rank->every_ns);
}

static void on_signal(void *ctx, int signo)
{
	struct rank *rank = ctx;

	(void)signo;
	loop_end(rank->loop, EXIT_DONE);
}

/* Repeats it until a signal. Returns the exit status. */
static int watch(struct rank *rank)
{
	sigset_t signals;
	int error = loop_new(&rank->loop);

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	if (!error)
		error = loop_add_signals(rank->loop, &signals, on_signal, rank);
	if (!error) {
		rank->timer = loop_add_timer(rank->loop, on_timer, rank);
		error = rank->timer < 0 ? rank->timer
					: loop_set_timer(rank->loop, rank->timer, loop_now());
	}
	if (!error) {
		rank->out.cancel_fd = loop_signal_fd(rank->loop);
		error = loop_run(rank->loop);
	}
	if (error < 0)
		log_error("cannot wait: %s", strerror(-error));
	return error < 0 ? EXIT_FAILED : error;
}

/* Which counters this kernel scores by; /proc does not say, so its release does. */
static void choose_reading(struct rank *rank)
{
	host_read(&rank->facts);
	rank->ranking.rss_counters = ranking_rss_counters(rank->facts.kernel);
	rank->reading = rank->ranking.rss_counters == RSS_PRECISE ? RSS_OF_STATUS : RSS_OF_STAT;
}

static void find_mount(struct rank *rank)
{
	enum cgroup_version version = cgroup_memory_version();

	cgroup_mounts(rank->v1_point, rank->v2_point);
	rank->mount.v1 = version == CGROUP_V1;
	if (version != CGROUP_NONE)
		rank->mount.point = rank->mount.v1 ? rank->v1_point : rank->v2_point;
}

int cmd_rank(int argc, char **argv)
{
	static struct rank rank;
	int status;

	argp_parse(&rank_argp, argc, argv, 0, NULL, &rank);
	signal(SIGPIPE, SIG_IGN);
	choose_reading(&rank);
	find_mount(&rank);
	if (tap_redactor(rank.redact, &rank.redactor))
		return EXIT_FAILED;
	if (outbuf_init(&rank.out, STDOUT_FILENO, -1, OUT_BYTES)) {
		log_error("no memory");
		return EXIT_FAILED;
	}
	status = rank.watch ? watch(&rank) : look_once(&rank);
	forget(&rank);
	free(rank.ranking.tasks);
	free(rank.ranking.limits);
	redactor_free(rank.redactor);
	loop_free(rank.loop);
	outbuf_free(&rank.out);
	return status;
}
