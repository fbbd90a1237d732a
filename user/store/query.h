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

/*
 * Which episodes; all that is set must hold, NULL and 0 ask for nothing. Places and names mean what
 * they mean to core/filter.h; what is not known of an episode does not match.
 */
struct store_filter {
	unsigned int types; /* enum store_types; 0: kills */
	/* CLOCK_REALTIME, the former included, the latter not; what has no time matches neither. */
	int64_t since_ns, until_ns;
	const char *cgroup, *unit, *container; /* of a victim, or of the memcg that ran out */
	const char *pod;                       /* likewise; a uid, or "name" or "namespace/name" */
	const char *comm;                      /* of a victim */
	const char *host;
	const char *id_prefix;
	uint64_t last_n; /* the newest of them; 0: all */
	bool lines;      /* line is wanted: a hundred times what the rest is */
};

/* One episode. The texts hold until the callback returns; NULL where not known. */
struct store_episode {
	const char *id;
	bool no_kill;
	const char *reason; /* of an oom_no_kill */
	const char *host;
	int64_t time_ns; /* 0: not known */
	const char *time_text;
	const char *constraint_name, *memcg;
	int64_t pid; /* 0: not known */
	const char *comm, *cgroup, *unit, *container, *pod, *pod_uid, *namespace_name;
	int64_t bytes;    /* -1: not known */
	int64_t victims;  /* processes killed */
	const char *line; /* as the stream gave it, without its newline; NULL unless asked for */
	size_t len;
};

/* Returns 0 to go on; anything else ends the query, which returns it. */
typedef int (*store_episode_fn)(void *ctx, const struct store_episode *episode);

/*
 * The episodes that @filter asks for, the oldest first; where one has no time, that of its storing
 * says where it stands. Returns 0, what @fn returned, or a negative errno. @fn may ask more of the
 * same store.
 */
int store_each_episode(struct store *store, const struct store_filter *filter, store_episode_fn fn,
		       void *ctx);

enum store_by { STORE_BY_CGROUP, STORE_BY_COMM, STORE_BY_UNIT, STORE_BY_POD, STORE_ALTOGETHER };

/* Kills that have something in common. */
struct store_group {
	const char *name;                           /* NULL: those of which it is not known */
	const char *pod_uid, *pod, *namespace_name; /* by pod, where known */
	int64_t kills;
	int64_t victims;           /* processes */
	int64_t bytes;             /* theirs, as far as known */
	int64_t first_ns, last_ns; /* 0: no time known */
};

typedef int (*store_group_fn)(void *ctx, const struct store_group *group);

/*
 * What @filter asks for, together by the memcg that ran out (else the cgroup of the victim), the
 * name of the victim, its unit or its pod, or all as one; those with the most kills first, and last
 * those of which it is not known. Returns likewise.
 */
int store_each_group(struct store *store, const struct store_filter *filter, enum store_by by,
		     store_group_fn fn, void *ctx);

typedef int (*store_line_fn)(void *ctx, const char *line, size_t len);

/* The lines of what became of the victims of episode @id, in the order of time. Likewise. */
int store_each_outcome(struct store *store, const char *id, store_line_fn fn, void *ctx);

/* How many hosts, by name, it knows. Returns that, or a negative errno. */
int store_hosts(struct store *store);

/*
 * How many letters tell every id of the store from all others. Returns that, at least @least, or a
 * negative errno.
 */
int store_id_letters(struct store *store, int least);

#endif /* OOMTRACE_STORE_QUERY_H */
