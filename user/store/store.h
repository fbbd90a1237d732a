/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Kills kept in an SQLite file (its schema: docs/FORMATS.md). One thread at a time uses a store.
 *
 * Functions that can fail return a negative errno, and store_error() says what happened:
 * -EBUSY another program holds it locked; -ENOSPC the disk is full; -EROFS it cannot be written
 * to; -EBADMSG it is damaged, or no store; -EPROTO a newer oomtrace made it; -ENOMEM; -EFBIG a row
 * is larger than SQLite takes; -EINVAL a row that the schema refuses; others as the file system
 * gave them.
 */
#ifndef OOMTRACE_STORE_STORE_H
#define OOMTRACE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/row.h"

#define STORE_DEFAULT_PATH "/var/lib/oomtrace/oomtrace.db"
#define STORE_ERROR_LEN    256

struct store;

enum store_flags {
	STORE_WRITE = 1 << 0, /* else it is only read, beside whoever writes */
	STORE_CREATE = 1 << 1 /* with STORE_WRITE: made where it is not there */
};

struct store_options {
	bool has_group;
	gid_t group;          /* may read it: mode 0640; else 0600 */
	unsigned int wait_ms; /* for other programs' locks */
};

/*
 * Opens the store in @path, which for writing is no symbolic link itself. One of an earlier schema
 * is brought to this one's; for reading only, where it may be written to. @options may be NULL.
 * Returns 0 and sets *@ret_store, or a negative errno with the reason in @ret_error.
 */
int store_open(const char *path, unsigned int flags, const struct store_options *options,
	       struct store **ret_store, char ret_error[STORE_ERROR_LEN]);

/* Closes it; what was begun and not committed is undone. NULL is fine. */
void store_close(struct store *store);

/*
 * Closes and opens it again, as it was opened; after an error nothing else can be done with it but
 * this and closing it. Returns 0 or a negative errno.
 */
int store_reopen(struct store *store);

/* Whether the file of its name has been removed, or replaced by another. */
bool store_is_gone(const struct store *store);

/*
 * Whether what has been read so far was read rightly. A reader that may not write beside the file
 * reads it, where nobody else has it open, as one that does not change; false says that
 * somebody has begun to write: what was read is to be read again, after store_reopen().
 */
bool store_was_still(const struct store *store);

/* Whether the rows that are put belong to a run: STORE_RUN was put, and into this very file. */
bool store_has_run(const struct store *store);

/* What the last error was, in words. */
const char *store_error(const struct store *store);

/* --- writing: what is between these two is there whole or not at all --- */

int store_begin(struct store *store);

/* Durable when it returns 0. After an error everything since store_begin() is undone. */
int store_commit(struct store *store);

/* Undoes everything since store_begin(). */
void store_rollback(struct store *store);

/*
 * Puts one row. Returns 1; 0 when that kill (outcome, signal) is there already or its episode is
 * not; or a negative errno. STORE_RUN comes first: the rows after it belong to it, also in later
 * transactions.
 */
int store_put(struct store *store, const struct store_row *row);

/* Up to when the run has watched, and what the kernel's count of kills was. Part of a transaction.
 */
int store_put_seen(struct store *store, int64_t until_real_ns, bool kills_known, uint64_t kills);

/* How far a tracer of this boot, the last one in this store, has watched. */
struct store_watch {
	int64_t until_real_ns;
	bool kills_known;
	uint64_t kernel_kills; /* as of then */
	bool same_boot;        /* false: the last one of this host, before a reboot */
};

/* Returns 1 and sets *@ret_watch, 0 when this host was never watched, or a negative errno. */
int store_last_watch(struct store *store, const char *host, const char *boot_id,
		     struct store_watch *ret_watch);

/* --- keeping it small --- */

struct store_keep {
	uint64_t max_age_ns, max_episodes, max_bytes; /* 0: no bound */
};

/*
 * Deletes some of the oldest episodes beyond @keep, and gives pages back to the file system, in a
 * transaction of its own that is short. Returns 1 when there is more to do, 0 when there is not, or
 * a negative errno. Adds the number of episodes deleted to *@ret_deleted.
 */
int store_trim(struct store *store, const struct store_keep *keep, int64_t now_real_ns,
	       uint64_t *ret_deleted);

#endif /* OOMTRACE_STORE_STORE_H */
