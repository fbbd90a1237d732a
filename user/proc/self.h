/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Living through what is watched: this process asks to be spared. */
#ifndef OOMTRACE_PROC_SELF_H
#define OOMTRACE_PROC_SELF_H

/* What self_spare() writes to, opened while this process is root's: a descriptor or an errno. */
int self_spare_open(void);

/*
 * Sets this process's oom_score_adj (-1000: it is never chosen), and closes @fd, of
 * self_spare_open(). Not before attaching, which learns from this process's own score. Returns 0,
 * or a negative errno: less than it was begun with needs privilege.
 */
int self_spare(int fd, int adj);

/*
 * Before any thread is started: all allocate from one heap. glibc would give one that has to wait
 * for another 64 MiB of addresses of its own, all of which count as locked.
 */
void self_share_heap(void);

/*
 * Keeps every page of this process in memory, and of later ones, those that it is allowed to.
 * Returns 0, or a negative errno: it needs privilege.
 */
int self_lock_memory(void);

#endif /* OOMTRACE_PROC_SELF_H */
