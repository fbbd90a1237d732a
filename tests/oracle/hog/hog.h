/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of hog share. */
#ifndef HOG_H
#define HOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PAGE      4096UL
#define COMM_LEN  16
#define MAX_PROCS 16384

enum kin { KIN_NONE, KIN_VFORK, KIN_CLONE };

struct proc {
	pid_t pid;   /* as hog knows it */
	pid_t outer; /* as the kernel's log names it; another one with --own-pids */
	char comm[COMM_LEN];
	size_t anon, file, shmem;
	int adj;
	bool adj_set;
	int threads; /* besides the first */
	bool leader_exits;
	bool grows;
	long uid;
	int node;        /* its policy binds it there; -1: none does */
	const char *sub; /* child cgroup, may be several levels; empty for the scenario's own */
	int count;
	bool killed;
	enum kin kin; /* starts a process that shares its memory: the next one in the list */
	bool is_kin;
	bool exits;  /* stands at the door of exit(2) when memory runs out */
	bool hungry; /* and needs memory to get through it */
	bool held;   /* stays at that door when it is killed, until the gate opens */
	int fails;   /* system calls that are to fail for want of memory */
};

/* Ends hog, with the reason on stderr. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* ---- scenario.c: what is to be started ---- */

struct opt {
	const char *cgroup; /* NULL: the whole machine */
	long long limit, shrink, swap, room;
	bool global, oom_group, v1, keep, gate, nobody, no_kill, own_pids, sysrq, holds;
	const char *dir;
	int storm, file_fd;
	const char *name;
};

extern struct opt opt;
extern struct proc procs[MAX_PROCS];
extern int nr_procs;

/* "24M" in bytes, or dies. */
size_t parse_size(const char *text);
/* Adds what "name=x,anon=4M,..." says to procs[]. Writes into @spec. */
void parse_proc(char *spec);

/* ---- cgroup.c: its files, and what the kernel counts of it ---- */

/* Both return 0 or a negative errno. */
int write_file(const char *path, const char *text);
int write_in_cgroup(const char *sub, const char *file, const char *text);
/* All there is in a file of one line, or "". */
void line_of_file(const char *path, char *text, size_t size);
/* The number that is all there is in a file, or -1. */
long long number_in_file(const char *path);
/* The number after @key in a file of "key value" lines, or -1. */
long long key_in_file(const char *path, const char *key);

/* OOM kills since the machine booted; and what the kernel counted for this scenario: kills, and how
 * often it was out of memory (version 2). */
long long vmstat_kills(void);
long long scenario_kills(void);
long long scenario_ooms(void);

void cgroup_make(void);
void cgroup_remove(void);
void cgroup_set_limit(long long bytes);
/* Lowers the limit to what is used and some more. */
void cgroup_leave_room(void);

/* ---- worker.c: what a process does ---- */

/* Workers to hog: "ready", then each step that the one that grows asks for, or that a failure is
 * done. Hog to workers: the end of the scenario, a step, the word to go on. */
extern int ready_pipe[2], quit_pipe[2], grant_pipe[2], done_pipe[2], go_pipe[2];
/* What each process says of itself: its number as the kernel's log has it. By place in procs[]. */
extern volatile pid_t *outer_pids;

/* Is the process @proc, which has just been forked. */
void worker(struct proc *proc);
/* Writes to, or reads from, each page of @memory. */
void touch(volatile char *memory, size_t size, bool dirty);
/* mmap or die. */
void *map(size_t size, int prot, int flags, int fd);
/* A worker's word that its memory is touched. */
void report_ready(void);
/* A worker's end: when the scenario is over. Does not return. */
void wait_for_quit(void) __attribute__((noreturn));

/* ---- procs.c: starts them, and takes those that end ---- */

pid_t start(struct proc *proc);
/* Returns when each process has said that it is ready. */
void await_ready(void);
/* Once all are: how the kernel's log will name them. */
void learn_pids(void);
/* Whoever started this knows the processes now, and says when to go on. */
void await_gate(void);
/* Takes one child that ended; returns whether SIGKILL ended it, or -1 if there was none to take. */
int reap(bool block);

/* ---- say.c: a JSON object a line, on stdout ---- */

void print_start(const char *mode);
void print_end(int killed, long long memcg_kills, long long all_kills);

/* ---- provoke.c ---- */

/* The whole scenario. Returns the exit status. */
int run(void);
/* The same, with all that it starts, in a pid namespace of their own. */
int run_in_own_pids(void);

/* ---- kmsg.c ---- */

/* The records behind the one of number @after on stdout, or the number of the last. Returns 0. */
int dump_kmsg(long long after, bool last_only);

/* ---- odd.c: processes in states that ordinary programs are rarely seen in ---- */

/* Starts a process that shares this one's memory and tells its number through @ret_outer. Returns
 * when it runs (KIN_CLONE) or has ended (KIN_VFORK); that process says that it is ready. */
void kin_start(enum kin kin, const char *comm, volatile pid_t *ret_outer);

/* Reads a byte from @go, then ends this process; if @hungry so that the kernel needs EXIT_PAGES
 * pages on its behalf on the way out. */
void exit_when_told(int go, bool hungry) __attribute__((noreturn));
#define EXIT_PAGES 1024

/* Has @pid, which waits in exit_when_told(), stop where the kernel calls do_exit(): it is exiting,
 * and has its memory still. @go is the other end. */
void exit_halt(pid_t pid, int go);
/* Lets it end; returns when it has. */
void exit_go_on(pid_t pid);

/* Writes to a file in memory until @times of the calls failed for want of memory. */
void fail_to_write(int times);

/* ---- stuck.c: victims that cannot die ---- */

/* From now on each thread of the process @pid, when it is killed, stops before it gives up
 * anything. */
void hold(pid_t pid);
/* Whether a status from waitpid() says that this has happened. */
bool is_held(int status);
/* Lets such a thread end. */
void let_go(pid_t tid);

/* ---- */

/* This process as those see it who mounted /proc. */
pid_t outer_pid(void);

#endif
