/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A store in a directory of its own, rows made up for it, and a second look at what it holds. */
#ifndef OOMTRACE_TESTS_UNIT_STOREAID_H
#define OOMTRACE_TESTS_UNIT_STOREAID_H

#include "tests/unit/sample.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "store/row.h"
#include "store/store.h"

#define ON_A_STORE(test) \
	cmocka_unit_test_setup_teardown(test, store_aid_make_directory, store_aid_remove_directory)

static char store_directory[64], store_path[96];

static int store_aid_make_directory(void **state)
{
	(void)state;
	strcpy(store_directory, "/dev/shm/oomtrace-store-XXXXXX");
	if (!mkdtemp(store_directory))
		return -1;
	snprintf(store_path, sizeof(store_path), "%s/s.db", store_directory);
	return 0;
}

static int store_aid_remove_directory(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", store_directory);
	return system(command);
}

/* The one value that @sql gives, by a connection of its own. */
static inline const char *ask(const char *sql)
{
	static char answer[65536];
	sqlite3_stmt *statement;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(store_path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
		snprintf(answer, sizeof(answer), "%s",
			 (const char *)sqlite3_column_text(statement, 0));
	else
		strcpy(answer, "(none)");
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return answer;
}

static inline void set_text(struct store_row *row, enum store_text which, const char *value)
{
	store_row_text(row, which, value, strlen(value));
}

static inline struct store_row row_of(enum store_row_kind kind)
{
	struct store_row row = {.kind = kind};

	set_text(&row, STORE_HOST, "h");
	set_text(&row, STORE_BOOT_ID, "b");
	set_text(&row, STORE_LINE, "{}");
	return row;
}

static inline struct store_row run_of(const char *kind)
{
	struct store_row row = row_of(STORE_RUN);

	set_text(&row, STORE_KIND, kind);
	store_row_number(&row, STORE_TIME_NS, 1000);
	store_row_number(&row, STORE_KERNEL_KILLS, 10);
	return row;
}

static inline struct store_row episode_of(const char *id, const char *source, int64_t pid,
					  int64_t time_ns)
{
	struct store_row row = row_of(STORE_EPISODE);

	set_text(&row, STORE_ID, id);
	set_text(&row, STORE_TYPE, "oom_kill");
	set_text(&row, STORE_SOURCE, source);
	set_text(&row, STORE_COMM, "java");
	store_row_number(&row, STORE_PID, pid);
	store_row_number(&row, STORE_TIME_NS, time_ns);
	store_row_number(&row, STORE_VICTIMS, 1);
	store_row_number(&row, STORE_KERNEL_KILLS, 1);
	return row;
}

#endif /* OOMTRACE_TESTS_UNIT_STOREAID_H */
