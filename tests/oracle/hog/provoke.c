// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Makes memory run out, in each of the ways that there are. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hog.h"

/* Nothing here takes this long, even emulated; it only keeps a broken run from hanging. */
#define GIVE_UP_SECONDS 400

int ready_pipe[2], quit_pipe[2], grant_pipe[2], done_pipe[2], go_pipe[2];
volatile pid_t *outer_pids;

/*
 * The pages that "file" processes map. Written here, outside of the scenario's cgroup, so that they
 * are charged elsewhere and no reclaim of the scenario takes them away.
 */
static void make_file(void)
{
	size_t size = 0;
	char path[PATH_MAX], page[PAGE];

	for (int i = 0; i < nr_procs; i++)
		if (procs[i].file > size)
			size = procs[i].file;
	if (!size)
		return;
	snprintf(path, sizeof(path), "%s/hog.XXXXXX", opt.dir);
	opt.file_fd = mkstemp(path);
	if (opt.file_fd < 0)
		die("cannot make a file in %s", opt.dir);
	unlink(path);
	memset(page, 'x', sizeof(page));
	for (size_t done = 0; done < size; done += PAGE)
		if (write(opt.file_fd, page, PAGE) != (ssize_t)PAGE)
			die("cannot fill a file in %s", opt.dir);
}

static struct proc *find_exiting(void)
{
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].exits)
			return &procs[i];
	return NULL;
}

/* Hands out steps until the kernel has killed somebody; returns how many it counted. */
static long long feed_grower(long long before)
{
	long long kills;
	char c;

	for (;;) {
		/* End of file: the one that grows was itself the victim. */
		if (read(done_pipe[0], &c, 1) != 1)
			return scenario_kills() - before;
		kills = scenario_kills() - before;
		if (kills > 0)
			return kills;
		if (write(grant_pipe[1], "g", 1) != 1)
			return scenario_kills() - before;
	}
}

/*
 * Hands out steps until somebody waits for memory where the OOM killer is disabled; enables it when
 * the gate opens. It is version 1 that has this.
 */
static void feed_until_waiting(void)
{
	struct pollfd pfd = {.fd = done_pipe[0], .events = POLLIN};
	char path[PATH_MAX], c;

	snprintf(path, sizeof(path), "%s/memory.oom_control", opt.cgroup);
	while (key_in_file(path, "under_oom") != 1) {
		/* The timeout only bounds how late it is noticed. */
		if (poll(&pfd, 1, 1) > 0 &&
		    (read(done_pipe[0], &c, 1) != 1 || write(grant_pipe[1], "g", 1) != 1))
			die("the one that grows has gone");
	}
	snprintf(path, sizeof(path), "%s/memory.usage_in_bytes", opt.cgroup);
	printf("{\"hog\":\"waiting\",\"usage\":%lld}\n", number_in_file(path));
	fflush(stdout);
	await_gate();
	if (write_in_cgroup("", "memory.oom_control", "0"))
		die("cannot enable the OOM killer of %s", opt.cgroup);
}

/*
 * Hands out steps until memory has run out and the kernel has made its choice. That is when it ran
 * out again: the event is counted before the choice, and only one process asks. Nobody is killed:
 * the one chosen is exiting, and now may.
 */
static void feed_until_out(struct proc *exiting)
{
	long long before = scenario_ooms();
	struct pollfd pfd = {.fd = done_pipe[0], .events = POLLIN};
	char c;

	while (scenario_ooms() < before + 2) {
		/* The timeout only bounds how late it is noticed that the grower is stuck. */
		if (poll(&pfd, 1, 1) > 0 &&
		    (read(done_pipe[0], &c, 1) != 1 || write(grant_pipe[1], "g", 1) != 1))
			die("the one that grows has gone");
	}
	/* Room for the grower, before the memory of the other one is back: or it is next. */
	cgroup_set_limit(opt.limit * 2);
	exit_go_on(exiting->pid);
}

/* Leaves a process that exits less than it needs for that. */
static void starve_exiting(struct proc *exiting)
{
	char path[PATH_MAX];
	long long usage;

	snprintf(path, sizeof(path), "%s/memory.current", opt.cgroup);
	usage = number_in_file(path);
	cgroup_set_limit(usage + EXIT_PAGES * PAGE / 4);
	exit_go_on(exiting->pid);
}

/* What the kernel does not do at once, it has counted when it is done. */
static long long await_kill(long long before)
{
	while (scenario_kills() == before)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return scenario_kills() - before;
}

/* Lets those fail that are to; returns when they have. */
static void let_fail(void)
{
	char c;

	if (write(go_pipe[1], "g", 1) != 1 || read(done_pipe[0], &c, 1) != 1)
		die("the one that was to fail has gone");
}

static bool has_failing(void)
{
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].fails)
			return true;
	return false;
}

/* Makes memory run out; returns how many will have died of it. */
static long long provoke(long long before)
{
	struct proc *exiting = find_exiting();
	long long expected;

	if (opt.no_kill)
		feed_until_waiting();
	if (exiting && exiting->hungry)
		starve_exiting(exiting);
	else if (exiting)
		feed_until_out(exiting);
	else if (opt.shrink >= 0)
		cgroup_set_limit(opt.shrink);
	else if (opt.sysrq && write_file("/proc/sysrq-trigger", "f"))
		die("cannot ask by SysRq");
	if (exiting || opt.nobody)
		return 0;
	if (opt.sysrq)
		expected = await_kill(before);
	else if (opt.shrink >= 0)
		expected = scenario_kills() - before;
	else
		expected = feed_grower(before);
	/* The kernel counts a group's first victim twice, and spares who asked for -1000. */
	if (opt.oom_group)
		expected = 0;
	for (int i = 0; i < nr_procs; i++)
		expected += opt.oom_group ? procs[i].adj != -1000 : procs[i].is_kin;
	return expected;
}

static int run_kill(long long before)
{
	long long expected = provoke(before);
	int killed = 0;

	while (killed < expected) {
		int was = reap(true);

		if (was < 0)
			break;
		killed += was;
	}
	return killed;
}

/* One victim after the other, each forked only when the last one is gone. */
static int run_storm(void)
{
	int killed = 0, idle = nr_procs;

	for (int i = 0; i < opt.storm; i++) {
		struct proc *proc = &procs[idle];
		int was;

		*proc = (struct proc){.uid = -1, .node = -1, .sub = ""};
		snprintf(proc->comm, sizeof(proc->comm), "storm-%u", (unsigned int)i % 100000);
		/* More than there is: this one never gets ready. */
		proc->anon = opt.limit + (64 << 20);
		start(proc);
		was = reap(true);
		if (was < 0)
			break;
		killed += was;
	}
	return killed;
}

static const char *mode(void)
{
	struct proc *exiting = find_exiting();

	if (opt.storm)
		return "storm";
	if (exiting)
		return exiting->hungry ? "exit" : "exiting";
	if (opt.nobody)
		return "nobody";
	if (opt.sysrq)
		return "global";
	return opt.shrink >= 0 ? "limit-write" : opt.global ? "global" : "memcg";
}

/* How many of the processes have to grow. */
static int growers_needed(void)
{
	struct proc *exiting = find_exiting();

	return !opt.storm && opt.shrink < 0 && !opt.sysrq && !opt.nobody &&
	       !(exiting && exiting->hungry);
}

static void prepare(void)
{
	prctl(PR_SET_NAME, opt.name);
	/* Whose parent was killed is left to this program. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGPIPE, SIG_IGN);
	/* A storm takes as long as it has victims. */
	alarm(GIVE_UP_SECONDS + (unsigned int)opt.storm / 5);
	/* This program must survive what it provokes; without the right to, it is merely small. */
	write_file("/proc/self/oom_score_adj", opt.global ? "-1000" : "0");
	if (pipe2(ready_pipe, 0) || pipe2(quit_pipe, 0) || pipe2(grant_pipe, 0) ||
	    pipe2(done_pipe, 0) || pipe2(go_pipe, 0))
		die("cannot make pipes");
	outer_pids = map(MAX_PROCS * sizeof(*outer_pids), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1);
	if (opt.cgroup)
		cgroup_make();
	make_file();
}

int run(void)
{
	long long memcg_before, all_before;
	int grows = 0, killed;
	struct proc *exiting;

	prepare();
	for (int i = 0; i < nr_procs; i++) {
		grows += procs[i].grows;
		if (!procs[i].is_kin)
			start(&procs[i]);
	}
	errno = 0;
	if (grows != growers_needed())
		die("one process must have \"grow\", or none where something else provokes");
	await_ready();
	learn_pids();
	for (int i = 0; i < nr_procs; i++)
		if (procs[i].held)
			hold(procs[i].pid);
	exiting = find_exiting();
	if (exiting)
		exit_halt(exiting->pid, go_pipe[1]);
	/* Kept open for a storm: its victims are forked from here. */
	close(grant_pipe[0]);
	close(done_pipe[1]);

	memcg_before = scenario_kills();
	all_before = vmstat_kills();
	if (has_failing())
		let_fail();
	print_start(mode());
	if (opt.gate)
		await_gate();
	if (opt.room >= 0)
		cgroup_leave_room();
	killed = opt.storm ? run_storm() : run_kill(memcg_before);
	print_end(killed, scenario_kills() - memcg_before, vmstat_kills() - all_before);

	close(quit_pipe[1]);
	close(grant_pipe[1]);
	close(done_pipe[0]);
	while (reap(true) >= 0)
		;
	if (opt.cgroup && !opt.keep)
		cgroup_remove();
	return (killed == 0) == (opt.nobody || exiting) ? 0 : 1;
}

int run_in_own_pids(void)
{
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		die("cannot have a pid namespace");
	pid = fork();
	if (!pid)
		exit(run());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("cannot fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
