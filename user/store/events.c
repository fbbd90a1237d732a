// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "store/events.h"

#include <errno.h>
#include <stdio.h>

#include "store/parts.h"

/* In the order of event_of(). */
static const char each_sql[] =
	"SELECT v.number, v.type, e.id, h.name, h.boot_id,"
	" coalesce(o.time_ns, e.time_ns, u.time_ns, l.time_ns,"
	"  CASE v.type WHEN 'detached' THEN r.detached_ns ELSE r.attached_ns END),"
	" coalesce(v.pid, u.pid, e.pid), u.boot_ns, u.signal, l.reason, l.count,"
	" CASE v.type WHEN 'attached' THEN r.line WHEN 'detached' THEN r.detached_line"
	"  ELSE coalesce(el.line, o.line, u.line, l.line) END"
	" FROM event v"
	" LEFT JOIN episode e ON v.type IN ('oom_kill', 'oom_no_kill', 'oom_outcome')"
	"  AND e.seq = v.seq"
	" LEFT JOIN episode_line el ON v.type IN ('oom_kill', 'oom_no_kill') AND el.seq = v.seq"
	" LEFT JOIN outcome o ON v.type = 'oom_outcome' AND o.id = e.id AND o.pid = v.pid"
	" LEFT JOIN user_kill u ON v.type = 'killed_by_user' AND u.seq = v.seq"
	" LEFT JOIN loss l ON v.type = 'lost' AND l.seq = v.seq"
	" LEFT JOIN run r ON r.run_id = CASE WHEN v.type IN ('attached', 'detached') THEN v.seq"
	"  ELSE coalesce(l.run_id, u.run_id, e.run_id) END"
	" LEFT JOIN host h ON h.host_id = coalesce(e.host_id, u.host_id, r.host_id)"
	" WHERE v.number > ? ORDER BY v.number";

/* A store of the schema before this has no such table. */
static int check(struct store *store)
{
	int64_t version = 0;
	int error = store_ask_number(store, "PRAGMA user_version", &version);

	if (error || version >= 2)
		return error;
	snprintf(
		store->error, sizeof(store->error),
		"it is of an older schema: oomtrace trace -s or import -s, once, brings it to this "
		"one's");
	return -ENODATA;
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text && *text ? text : NULL;
}

static void event_of(sqlite3_stmt *statement, struct store_event *ret_event)
{
	const char *type = text_at(statement, 1);

	*ret_event = (struct store_event){
		.number = sqlite3_column_int64(statement, 0),
		.type = type ? type : "",
		.id = text_at(statement, 2),
		.host = text_at(statement, 3),
		.boot_id = text_at(statement, 4),
		.time_ns = sqlite3_column_int64(statement, 5),
		.pid = sqlite3_column_int64(statement, 6),
		.boot_ns = sqlite3_column_int64(statement, 7),
		.signal = sqlite3_column_int64(statement, 8),
		.reason = text_at(statement, 9),
		.count = sqlite3_column_int64(statement, 10),
		.line = text_at(statement, 11),
		.len = (size_t)sqlite3_column_bytes(statement, 11),
	};
}

int store_each_event(struct store *store, int64_t after, store_event_fn fn, void *ctx)
{
	sqlite3_stmt *statement = NULL;
	int result = check(store), code;

	if (result)
		return result;
	code = sqlite3_prepare_v2(store->db, each_sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_bind_int64(statement, 1, after);
	while (code == SQLITE_OK && !result) {
		struct store_event event;

		code = sqlite3_step(statement);
		if (code != SQLITE_ROW)
			break;
		code = SQLITE_OK;
		event_of(statement, &event);
		result = fn(ctx, &event);
	}
	if (code != SQLITE_OK && code != SQLITE_DONE)
		result = store_failed(store, code);
	sqlite3_finalize(statement);
	return result;
}

int store_extent(struct store *store, struct store_extent *ret_extent)
{
	static const char sql[] =
		"SELECT (SELECT store FROM identity),"
		" coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0)";
	sqlite3_stmt *statement = NULL;
	int error = check(store), code;
	const char *identity;

	if (error)
		return error;
	code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		identity = text_at(statement, 0);
		snprintf(ret_extent->identity, sizeof(ret_extent->identity), "%s",
			 identity ? identity : "");
		ret_extent->last = sqlite3_column_int64(statement, 1);
	} else {
		error = store_failed(store, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
	}
	sqlite3_finalize(statement);
	return error;
}
