// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the two hooks in busy places cost while nobody dies: every signal passes signal_generate,
 * every exit of a thread sched_process_exit. One line per figure: name, a tab, value.
 *
 *     hooks SIGNALS TURNS TRACER...    how to start oomtrace; it must write to stdout when it is
 * attached
 *
 * Times of a run are the kernel's own (BPF_STATS_RUN_TIME), those of an empty program in the same
 * place beside them: SIGNALS signals of each kind, a hundredth as many exits, a tenth as many reads
 * of oom_score. What a fork and exit takes is measured by TURNS with and without oomtrace. At the
 * end the runs of every program that is loaded, "program NAME".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURNS_MAX 99

static int nr_signals, nr_forks, nr_turns;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

/* ---- what the kernel counts of a program ---- */

struct runs {
	uint64_t count, ns;
};

/* The program of this name that was loaded last; false when there is none. */
static bool runs_of(const char *name, struct runs *ret_runs)
{
	uint32_t id = 0;
	bool found = false;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    !strncmp(info.name, name, sizeof(info.name) - 1)) {
			*ret_runs = (struct runs){info.run_cnt, info.run_time_ns};
			found = true;
		}
		if (fd >= 0)
			close(fd);
	}
	return found;
}

/* An empty program at the tracepoint; where it is attached, until it is closed. */
static int attach_empty(const char *name, const char *tracepoint)
{
	struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, name, "GPL", insns, 2, NULL);
	int link = program < 0 ? -1 : bpf_raw_tracepoint_open(tracepoint, program);

	if (link < 0)
		die("an empty program");
	close(program);
	return link;
}

/* ---- storms ---- */

static void storm_of_signals(int number)
{
	sigset_t set;

	/* Blocked, so that all it costs is the sending. */
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < nr_signals; i++)
		kill(getpid(), number);
	signal(number, SIG_IGN); /* takes back what is pending */
	signal(number, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void storm_of_exits(void)
{
	for (int i = 0; i < nr_forks; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			die("fork");
	}
}

static void print_runs(const char *what, const char *program, const struct runs *before)
{
	struct runs after;

	if (!runs_of(program, &after) || after.count == before->count)
		die(program);
	printf("%s\t%.0f\n", what,
	       (double)(after.ns - before->ns) / (double)(after.count - before->count));
}

static void measure_runs(const char *what, const char *program, const char *empty, int number)
{
	struct runs ours, its;
	char name[64];

	if (!runs_of(program, &ours) || !runs_of(empty, &its))
		die(program);
	if (number)
		storm_of_signals(number);
	else
		storm_of_exits();
	print_runs(what, program, &ours);
	snprintf(name, sizeof(name), "%s, empty program", what);
	print_runs(name, empty, &its);
}

/* ---- with and without ---- */

static pid_t tracer_start(char **command)
{
	int out[2];
	char c;
	pid_t pid;

	if (pipe(out))
		die("pipe");
	pid = fork();
	if (!pid) {
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		execvp(command[0], command);
		_exit(127);
	}
	close(out[1]);
	if (pid < 0 || read(out[0], &c, 1) != 1)
		die(command[0]);
	return pid;
}

static void tracer_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double us_per_exit(void)
{
	uint64_t began = now();

	storm_of_exits();
	return (double)(now() - began) / 1000.0 / nr_forks;
}

static void measure_exits(char **command)
{
	double without[TURNS_MAX], with[TURNS_MAX], ratio[TURNS_MAX];
	size_t turns = (size_t)nr_turns;

	us_per_exit(); /* warm */
	for (int i = 0; i < nr_turns; i++) {
		pid_t tracer;

		without[i] = us_per_exit();
		tracer = tracer_start(command);
		with[i] = us_per_exit();
		tracer_stop(tracer);
		ratio[i] = with[i] / without[i];
	}
	qsort(without, turns, sizeof(*without), compare);
	qsort(with, turns, sizeof(*with), compare);
	qsort(ratio, turns, sizeof(*ratio), compare);
	printf("fork and exit, without oomtrace (us)\t%.1f\n", without[turns / 2]);
	printf("fork and exit, with oomtrace (us)\t%.1f\n", with[turns / 2]);
	printf("with by without, median of %d turns\t%.3f\n", nr_turns, ratio[turns / 2]);
}

/* What earlyoom and its like do all day: it goes through oom_badness(). */
static void storm_of_reads(void)
{
	char text[32];

	for (int i = 0; i < nr_signals / 10; i++) {
		int fd = open("/proc/self/oom_score", O_RDONLY | O_CLOEXEC);

		if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
			die("oom_score");
		close(fd);
	}
}

static void print_programs(void)
{
	uint32_t id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    strncmp(info.name, "empty", 5) != 0)
			printf("program %s\t%llu\t%.0f\n", info.name,
			       (unsigned long long)info.run_cnt,
			       info.run_cnt ? (double)info.run_time_ns / (double)info.run_cnt : 0);
		if (fd >= 0)
			close(fd);
	}
}

int main(int argc, char **argv)
{
	int stats, signals, exits;
	pid_t tracer;

	if (argc < 4)
		return 2;
	nr_signals = atoi(argv[1]);
	nr_forks = nr_signals / 100;
	nr_turns = atoi(argv[2]) < TURNS_MAX ? atoi(argv[2]) : TURNS_MAX;
	if (nr_turns)
		measure_exits(argv + 3);
	signals = attach_empty("empty_signal", "signal_generate");
	exits = attach_empty("empty_exit", "sched_process_exit");
	tracer = tracer_start(argv + 3);
	/* From here on: what was run while attaching is no matter here. */
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats < 0)
		die("the kernel's counting of runs");
	measure_runs("a run on SIGUSR1 (ns)", "signal_generate", "empty_signal", SIGUSR1);
	measure_runs("a run on SIGCHLD (ns)", "signal_generate", "empty_signal", SIGCHLD);
	measure_runs("a run on SIGTERM (ns)", "signal_generate", "empty_signal", SIGTERM);
	measure_runs("a run on an exit (ns)", "sched_process_e", "empty_exit", 0);
	storm_of_reads();
	print_programs();
	tracer_stop(tracer);
	close(exits);
	close(signals);
	close(stats);
	return 0;
}
