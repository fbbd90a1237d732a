/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A store with kills in it that never were. Aborts when that fails. */
#ifndef OOMTRACE_TESTS_STOREGEN_H
#define OOMTRACE_TESTS_STOREGEN_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

/* NULL and 0: not known. What a cgroup's path names is taken from it, as the writer does. */
struct gen_kill {
	const char *id;
	int64_t time_ns;
	const char *time_text;
	const char *host; /* default: web-14 */
	const char *comm; /* any bytes; NULL: a decision without a victim */
	uint32_t pid;     /* default: 4242 */
	const char *cgroup, *memcg;
	uint64_t bytes;
	const char *pod, *namespace_name;
	const char *others[4]; /* comms of those that died with it, in its cgroup */
	bool whole_machine;
};

/* Made anew in @path. */
struct store *gen_store(const char *path);

/* Puts one, in a transaction of its own unless @store is in one already. */
void gen_put(struct store *store, const struct gen_kill *kill);

/* That the victim @pid of @id was gone @exited_ms after the kill, at @time_ns. */
void gen_outcome(struct store *store, const char *id, uint32_t pid, int64_t time_ns, int exited_ms);

#endif /* OOMTRACE_TESTS_STOREGEN_H */
