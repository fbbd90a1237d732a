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
 * Keeps every page of this process in memory, and of later ones, those that it is allowed to.
 * Returns 0, or a negative errno: it needs privilege.
 */
int self_lock_memory(void);

#endif /* OOMTRACE_PROC_SELF_H */
