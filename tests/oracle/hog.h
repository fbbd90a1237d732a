/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of hog share. */
#ifndef HOG_H
#define HOG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PAGE     4096UL
#define COMM_LEN 16

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
/* Writes to, or reads from, each page of @memory. */
void touch(volatile char *memory, size_t size, bool dirty);
/* mmap or die. */
void *map(size_t size, int prot, int flags, int fd);
/* A worker's word that its memory is touched. */
void report_ready(void);
/* A worker's end: when the scenario is over. Does not return. */
void wait_for_quit(void) __attribute__((noreturn));

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
