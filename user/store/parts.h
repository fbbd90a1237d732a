/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the store share. Within the store only. */
#ifndef OOMTRACE_STORE_PARTS_H
#define OOMTRACE_STORE_PARTS_H

#include <limits.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "store/store.h"

enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_FIND_HOST,
	SQL_ADD_HOST,
	SQL_ADD_RUN,
	SQL_SEEN,
	SQL_END_RUN,
	SQL_FIND_ID,
	SQL_FIND_TWIN,
	SQL_RETIRE_TWINS,
	SQL_DROP_TWINS,
	SQL_ADD_EPISODE,
	SQL_ADD_LINE,
	SQL_ADD_OUTCOME,
	SQL_NAME_POD,
	SQL_ADD_USER_KILL,
	SQL_ADD_LOSS,
	SQL_OLDEST,
	SQL_DROP_EPISODE,
	SQL_DROP_USER_KILLS,
	SQL_DROP_LOSSES,
	SQL_DROP_RUNS,
	SQL_LAST_WATCH,
	SQL_VACUUM,
	SQL_STATEMENTS,
};

#define STORE_FILES 3

struct store {
	sqlite3 *db;
	char path[PATH_MAX];       /* its directory resolved */
	ino_t inodes[STORE_FILES]; /* of those that are open; 0: not known */
	unsigned int flags;
	bool immutable; /* read as a file that nobody writes to */
	struct store_options options;
	bool knows_places;                       /* SQL functions of queries */
	sqlite3_stmt *statement[SQL_STATEMENTS]; /* prepared when opened for writing */
	int64_t run_id;                          /* 0: none yet */
	char error[STORE_ERROR_LEN];
};

/* The negative errno for SQLite's @code; the words are kept in @store. */
int store_failed(struct store *store, int code);

/* Prepares what writing takes. Returns 0 or a negative errno. */
int store_prepare(struct store *store);

/* Runs @sql, which gives no rows. Returns 0 or a negative errno. */
int store_run_sql(struct store *store, const char *sql);

/* The one number that @sql gives. Returns 0 or a negative errno. */
int store_ask_number(struct store *store, const char *sql, int64_t *ret_number);

/* Creates or opens the file of @store, which is then no symbolic link. Within opening. */
int store_make_file(const char *path, const struct store_options *options, bool create,
		    char ret_error[STORE_ERROR_LEN]);

#endif /* OOMTRACE_STORE_PARTS_H */
