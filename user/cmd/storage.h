/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The store among the outputs: which one, who may read it, how much is kept. */
#ifndef OOMTRACE_CMD_STORAGE_H
#define OOMTRACE_CMD_STORAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/keeper.h"

#define STORAGE_KEEP_BYTES (1ULL << 30) /* where nothing else is asked for */

struct storage_options {
	const char *file; /* NULL: nothing is stored */
	bool has_group;
	gid_t group;
	struct store_keep keep; /* all 0: STORAGE_KEEP_BYTES */
	uint64_t processes;     /* of this host: how long a tracer's lines may become; 0: unknown */
};

/* What begins to store: by what it is called in the store. */
enum storage_run { STORAGE_TRACE, STORAGE_IMPORT, STORAGE_REPLAY };

/*
 * "90d", "10000" or "500MiB": adds one bound to *@keep. Returns 0, -EINVAL or -ERANGE; *@keep is
 * untouched then.
 */
int storage_keep_parse(const char *text, struct store_keep *keep);

/* A group of /etc/group, or its number. Returns 0, or -ENOENT. */
int storage_group_parse(const char *text, gid_t *ret_group);

/* Makes the directory of the default store: any other is somebody's. */
void storage_make_directory(const struct storage_options *options);

/*
 * Opens the store, whose directory is there. A tracer takes all the memory that
 * storing takes. Returns 0 and sets *@ret_keeper, or a negative errno after having said why.
 */
int storage_open(const struct storage_options *options, enum storage_run run,
		 struct keeper **ret_keeper);

#endif /* OOMTRACE_CMD_STORAGE_H */
