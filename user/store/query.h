/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked of a store. Answers come row by row, while a tracer may be writing. */
#ifndef OOMTRACE_STORE_QUERY_H
#define OOMTRACE_STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum store_types {
	STORE_TYPE_KILL = 1 << 0,    /* oom_kill */
	STORE_TYPE_NO_KILL = 1 << 1, /* oom_no_kill */
};

/* NULL and 0: not asked. */
struct store_filter {
	unsigned int types; /* enum store_types; 0: kills */
	/* CLOCK_REALTIME; what has no known time is left out where either is asked. */
	int64_t since_ns, until_ns;
	const char *cgroup;    /* in it or below: of the victim or the memcg that ran out */
	const char *comm;      /* of the victim */
	const char *unit;      /* with its suffix, or a service's without */
	const char *pod;       /* its name, or its uid */
	const char *container; /* its name, or how its id begins */
	const char *host;
	const char *id_prefix;
	uint64_t last_n; /* the newest of them; 0: all */
	bool lines;      /* line is wanted: a hundred times what the rest is */
};

/* One episode. The texts hold until the callback returns; NULL where not known. */
struct store_episode {
	const char *id, *type, *source;
	const char *host, *boot_id;
	int64_t seq;
	int64_t time_ns; /* 0: not known */
	const char *time_text;
	const char *constraint_name, *memcg;
	int64_t pid; /* 0: not known */
	const char *comm, *cgroup, *unit, *container, *pod, *pod_uid, *namespace_name;
	int64_t bytes; /* -1: not known */
	int64_t victims, candidates, lost;
	const char *line; /* as the stream gave it, without its newline; NULL unless asked for */
	size_t len;
};

/* Returns 0 to go on; anything else ends the query, which returns it. */
typedef int (*store_episode_fn)(void *ctx, const struct store_episode *episode);

/* The episodes that @filter asks for, the oldest first. Returns 0 or a negative errno. */
int store_each_episode(struct store *store, const struct store_filter *filter, store_episode_fn fn,
		       void *ctx);

enum store_by { STORE_BY_CGROUP, STORE_BY_COMM, STORE_BY_UNIT, STORE_BY_POD };

/* Kills of one place or name together. */
struct store_group {
	const char *name;          /* NULL: it is not known */
	int64_t count;             /* kills */
	int64_t victims;           /* processes */
	int64_t bytes;             /* of those whose size is known */
	int64_t first_ns, last_ns; /* 0: no time known */
};

typedef int (*store_group_fn)(void *ctx, const struct store_group *group);

/* The groups of what @filter asks for, those with the most kills first. Returns likewise. */
int store_each_group(struct store *store, const struct store_filter *filter, enum store_by by,
		     store_group_fn fn, void *ctx);

typedef int (*store_line_fn)(void *ctx, const char *line, size_t len);

/* The lines of what became of the victims of episode @id, in the order of their pids. */
int store_each_outcome(struct store *store, const char *id, store_line_fn fn, void *ctx);

#endif /* OOMTRACE_STORE_QUERY_H */
