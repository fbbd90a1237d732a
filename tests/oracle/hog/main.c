// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * hog: provokes one well-defined out-of-memory situation, says what it started, and cleans up.
 *
 * Nothing here waits for time to pass. Workers say through a pipe that their memory is touched.
 * The one that grows asks for each step; it gets one only while the kernel's own count of OOM
 * kills stands still, so a scenario kills exactly as many as it is meant to, on any speed of
 * machine. Everything ends by end-of-file: if this program dies, so do its workers.
 *
 * One JSON object a line on stdout: {"hog":"start",…} before the provocation and {"hog":"end",…}
 * after it. Names are given and printed so that hostile bytes survive: %XX in, hex out.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hog.h"

/* A global OOM takes the whole machine: only where this file says that it is a throw-away one. */
#define VM_MARKER "/vm-marker"

void die(const char *format, ...)
{
	int error = errno;
	va_list ap;

	fprintf(stderr, "hog: ");
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, error ? ": %s\n" : "\n", strerror(error));
	exit(1);
}

static const char usage[] =
	"usage: hog [--cgroup DIR [--limit SIZE] [--swap SIZE] [--shrink SIZE] [--oom-group]]\n"
	"           [--global [--sysrq]]\n"
	"           [--storm N [--room SIZE]] [--dir DIR] [--name NAME] [--keep] [--gate] "
	"[--nobody] "
	"[--no-kill] [--own-pids]\n"
	"           [-p PROCESS]...\n"
	"       hog kmsg [--after SEQ | --last]\n"
	"       hog run COMMAND...   as from a terminal: with SIGINT and SIGQUIT at their "
	"defaults\n"
	"PROCESS: name=TEXT,anon=SIZE,file=SIZE,shmem=SIZE,adj=N,threads=N,uid=N,sub=CGROUP,\n"
	"         node=N,count=N,leader-exits,grow,exits,hungry,held,fails=N,kin=vfork|clone\n"
	"         (name and sub with %XX for any byte)\n"
	"  --swap SIZE    what the cgroup may use of the swap (0)\n"
	"  --room SIZE    lower the limit to what is used and so much more, once all are there\n"
	"  --shrink SIZE  provoke by lowering the limit from outside, not by growth\n"
	"  --storm N      N victims one after the other, beside the idle processes given with -p\n"
	"  --global       the whole machine; refused unless " VM_MARKER " exists\n"
	"  --name NAME    of this program itself (the invoker when a limit is written)\n"
	"  --keep         leave the cgroup behind\n"
	"  --sysrq        provoke by SysRq-f\n"
	"  --nobody       nobody can be killed\n"
	"  --no-kill      disable the cgroup's OOM killer (version 1), until somebody waits for\n"
	"                 memory and then a byte, or the end, comes on stdin\n"
	"  --own-pids     in a pid namespace of its own\n"
	"  exits          is on its way out, and chosen\n"
	"  hungry         is on its way out, and needs memory for it\n"
	"  fails=N        makes system calls until N failed for want of memory\n"
	"  held           cannot die when it is killed, until a byte, or the end, comes on stdin\n"
	"  kin=HOW        starts a process that shares its memory\n"
	"  --gate         provoke only when a byte, or the end, comes on stdin\n";

/* The option without a value that @arg is, or NULL. */
static bool *flag_of(const char *arg)
{
	const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"--global", &opt.global}, {"--oom-group", &opt.oom_group},
		{"--keep", &opt.keep},     {"--gate", &opt.gate},
		{"--nobody", &opt.nobody}, {"--own-pids", &opt.own_pids},
		{"--sysrq", &opt.sysrq},   {"--no-kill", &opt.no_kill},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(arg, flags[i].name))
			return flags[i].flag;
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "run")) {
		/* A shell starts its background jobs deaf to Ctrl-C. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(argv[2], argv + 2);
		die("cannot run %s", argv[2]);
	}
	if (argc > 1 && !strcmp(argv[1], "kmsg")) {
		bool last = argc > 2 && !strcmp(argv[2], "--last");

		return dump_kmsg(argc > 3 && !strcmp(argv[2], "--after") ? atoll(argv[3]) : -1,
				 last);
	}
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;

		bool *flag = flag_of(arg);

		if (flag) {
			*flag = true;
			continue;
		} else if (!value) {
			fputs(usage, stderr);
			return 2;
		}
		i++;
		if (!strcmp(arg, "--cgroup")) {
			opt.cgroup = value;
		} else if (!strcmp(arg, "--limit")) {
			opt.limit = parse_size(value);
		} else if (!strcmp(arg, "--swap")) {
			opt.swap = parse_size(value);
		} else if (!strcmp(arg, "--shrink")) {
			opt.shrink = parse_size(value);
		} else if (!strcmp(arg, "--room")) {
			opt.room = parse_size(value);
		} else if (!strcmp(arg, "--storm")) {
			opt.storm = atoi(value);
		} else if (!strcmp(arg, "--dir")) {
			opt.dir = value;
		} else if (!strcmp(arg, "--name")) {
			opt.name = value;
		} else if (!strcmp(arg, "-p")) {
			parse_proc(argv[i]);
		} else {
			fputs(usage, stderr);
			return 2;
		}
	}
	errno = 0;
	if (opt.global == !!opt.cgroup)
		die("either --cgroup or --global");
	if (opt.global && access(VM_MARKER, F_OK)) {
		errno = 0;
		die("refused: a global OOM only where %s says that it is a virtual machine",
		    VM_MARKER);
	}
	if (opt.cgroup && opt.limit < 0)
		die("--cgroup needs --limit");
	return opt.own_pids ? run_in_own_pids() : run();
}
