/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows into their tables. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/parts.h"

/*
 * The same kill out of another source: the same process on the same host (or one of them does not
 * say where), at about the same moment by any clock that both know.
 */
#define TWIN_NS "3000000000"
#define IS_TWIN                                                                               \
	"pid = :pid AND comm = :comm AND type = :type AND id <> :id"                          \
	" AND EXISTS (SELECT 1 FROM host h WHERE h.host_id = episode.host_id"                 \
	"  AND (h.name = :host OR h.name = '' OR :host = '')"                                 \
	"  AND (h.boot_id = :boot_id OR h.boot_id = '' OR :boot_id = ''))"                    \
	" AND (abs(time_ns - :time_ns) <= " TWIN_NS                                           \
	"  OR ((time_ns IS NULL OR :time_ns IS NULL) AND abs(boot_ns - :boot_ns) <= " TWIN_NS \
	"   AND :boot_id <> '' AND EXISTS (SELECT 1 FROM host h"                              \
	"    WHERE h.host_id = episode.host_id AND h.boot_id = :boot_id)))"

static const char *const statements[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_FIND_HOST] = "SELECT host_id FROM host WHERE name = :host AND boot_id = :boot_id",
	[SQL_ADD_HOST] = "INSERT INTO host(name, boot_id) VALUES(:host, :boot_id)",
	[SQL_ADD_RUN] = "INSERT INTO run(host_id, kind, version, backend, kernel, attached_ns,"
			" seen_until_ns, kernel_kills_start, kernel_kills_seen, line)"
			" VALUES(:host_id, :kind, :version, :backend, :kernel, :time_ns,"
			" :time_ns, :kernel_kills, :kernel_kills, :line)",
	[SQL_SEEN] = "UPDATE run SET seen_until_ns = :time_ns,"
		     " kernel_kills_seen = coalesce(:kernel_kills, kernel_kills_seen)"
		     " WHERE run_id = :run_id",
	[SQL_END_RUN] = "UPDATE run SET detached_ns = :time_ns, detached_line = :line"
			" WHERE run_id = :run_id",
	[SQL_FIND_ID] = "SELECT 1 FROM episode WHERE id = :id",
	[SQL_FIND_TWIN] = "SELECT 1 FROM episode WHERE " IS_TWIN,
	[SQL_RETIRE_TWINS] = "UPDATE event SET type = 'replaced' WHERE seq IN (SELECT seq FROM"
			     " episode WHERE source IN ('log', 'kmsg') AND " IS_TWIN
			     ") AND type IN ('oom_kill', 'oom_no_kill', 'oom_outcome')",
	[SQL_DROP_TWINS] = "DELETE FROM episode WHERE source IN ('log', 'kmsg') AND " IS_TWIN,
	[SQL_ADD_EPISODE] =
		"INSERT INTO episode(id, run_id, host_id, type, source, sort_ns, time_ns,"
		" time_text, boot_ns, constraint_name, selection, memcg, pid, comm, uid, cgroup,"
		" unit, container, pod, pod_uid, namespace, bytes, victims, candidates, lost)"
		" VALUES(:id, :run_id, :host_id, :type, :source,"
		" coalesce(:time_ns, CAST(strftime('%s', 'now') AS INTEGER) * 1000000000),"
		" :time_ns, :time_text, :boot_ns, :constraint_name, :selection, :memcg, :pid,"
		" :comm, :uid, :cgroup, :unit, :container, :pod, :pod_uid, :namespace, :bytes,"
		" coalesce(:victims, 0), :candidates, coalesce(:lost, 0))",
	[SQL_ADD_LINE] = "INSERT INTO episode_line(seq, line) VALUES(last_insert_rowid(), :line)",
	[SQL_ADD_OUTCOME] =
		"INSERT OR REPLACE INTO outcome(id, pid, time_ns, exited_ms, freed_ms, reaped_ms,"
		" line) SELECT :id, :pid, :time_ns, :exited_ns / 1e6, :freed_ns / 1e6,"
		" :reaped_ns / 1e6, :line WHERE EXISTS (SELECT 1 FROM episode WHERE id = :id)",
	[SQL_NAME_POD] = "UPDATE episode SET pod = coalesce(pod, :pod),"
			 " namespace = coalesce(namespace, :namespace) WHERE id = :id",
	[SQL_ADD_USER_KILL] =
		"INSERT OR IGNORE INTO user_kill(run_id, host_id, time_ns, boot_ns, signal,"
		" sender_pid, sender_comm, pid, comm, line) VALUES(:run_id, :host_id, :time_ns,"
		" :boot_ns, :signal, :sender_pid, :sender_comm, :pid, :comm, :line)",
	[SQL_ADD_LOSS] = "INSERT INTO loss(run_id, time_ns, reason, count, line)"
			 " VALUES(:run_id, :time_ns, :reason, :count, :line)",
	[SQL_OLDEST] = "SELECT seq, sort_ns FROM episode ORDER BY sort_ns, seq LIMIT 1",
	[SQL_DROP_EPISODE] = "DELETE FROM episode WHERE seq = :seq",
	[SQL_DROP_USER_KILLS] = "DELETE FROM user_kill WHERE time_ns < :before_ns",
	[SQL_DROP_LOSSES] = "DELETE FROM loss WHERE time_ns < :before_ns",
	[SQL_DROP_RUNS] = "DELETE FROM run WHERE seen_until_ns < :before_ns AND run_id <> :run",
	[SQL_LAST_WATCH] = "SELECT coalesce(seen_until_ns, attached_ns, 0), kernel_kills_seen,"
			   " h.boot_id = :boot_id FROM run JOIN host h USING (host_id)"
			   /* It may have had another name. */
			   " WHERE kind = 'trace' AND (h.name = :host"
			   "  OR (h.boot_id = :boot_id AND :boot_id <> ''))"
			   " ORDER BY run_id DESC LIMIT 1",
	[SQL_VACUUM] = "PRAGMA incremental_vacuum(64)",
};

static const char *const number_names[STORE_NUMBERS] = {
	[STORE_TIME_NS] = "time_ns",
	[STORE_BOOT_NS] = "boot_ns",
	[STORE_PID] = "pid",
	[STORE_UID] = "uid",
	[STORE_BYTES] = "bytes",
	[STORE_VICTIMS] = "victims",
	[STORE_CANDIDATES] = "candidates",
	[STORE_LOST] = "lost",
	[STORE_EXITED_NS] = "exited_ns",
	[STORE_FREED_NS] = "freed_ns",
	[STORE_REAPED_NS] = "reaped_ns",
	[STORE_SIGNAL] = "signal",
	[STORE_SENDER_PID] = "sender_pid",
	[STORE_COUNT] = "count",
	[STORE_KERNEL_KILLS] = "kernel_kills",
};

static const char *const text_names[STORE_TEXTS] = {
	[STORE_HOST] = "host",
	[STORE_BOOT_ID] = "boot_id",
	[STORE_LINE] = "line",
	[STORE_ID] = "id",
	[STORE_TYPE] = "type",
	[STORE_SOURCE] = "source",
	[STORE_TIME_TEXT] = "time_text",
	[STORE_CONSTRAINT] = "constraint_name",
	[STORE_SELECTION] = "selection",
	[STORE_MEMCG] = "memcg",
	[STORE_COMM] = "comm",
	[STORE_CGROUP] = "cgroup",
	[STORE_UNIT] = "unit",
	[STORE_CONTAINER] = "container",
	[STORE_POD] = "pod",
	[STORE_POD_UID] = "pod_uid",
	[STORE_NAMESPACE] = "namespace",
	[STORE_SENDER_COMM] = "sender_comm",
	[STORE_REASON] = "reason",
	[STORE_KIND] = "kind",
	[STORE_VERSION] = "version",
	[STORE_BACKEND] = "backend",
	[STORE_KERNEL] = "kernel",
};

int store_prepare(struct store *store)
{
	for (int i = 0; i < SQL_STATEMENTS; i++) {
		int code =
			sqlite3_prepare_v3(store->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
					   &store->statement[i], NULL);

		if (code != SQLITE_OK)
			return store_failed(store, code);
	}
	return 0;
}

/* Binds what @row has under the parameter's @name. Returns SQLite's code. */
static int bind_named(sqlite3_stmt *statement, int at, const char *name,
		      const struct store_row *row)
{
	for (int i = 0; i < STORE_NUMBERS; i++) {
		if (strcmp(name, number_names[i]))
			continue;
		return row->known & 1U << i ? sqlite3_bind_int64(statement, at, row->number[i])
					    : sqlite3_bind_null(statement, at);
	}
	for (int i = 0; i < STORE_TEXTS; i++) {
		const struct store_bytes *bytes = &row->text[i];

		if (strcmp(name, text_names[i]))
			continue;
		/* A host that is not known has the name "": NULL equals nothing. */
		if (!bytes->text && (i == STORE_HOST || i == STORE_BOOT_ID))
			return sqlite3_bind_text(statement, at, "", 0, SQLITE_STATIC);
		if (!bytes->text)
			return sqlite3_bind_null(statement, at);
		return sqlite3_bind_text64(statement, at, bytes->text, bytes->len, SQLITE_STATIC,
					   SQLITE_UTF8);
	}
	return SQLITE_OK; /* one that the caller binds */
}

static int bind_row(sqlite3_stmt *statement, const struct store_row *row)
{
	int count = sqlite3_bind_parameter_count(statement), code = SQLITE_OK;

	for (int at = 1; at <= count && code == SQLITE_OK; at++)
		code = bind_named(statement, at, sqlite3_bind_parameter_name(statement, at) + 1,
				  row);
	return code;
}

static int bind_number(sqlite3_stmt *statement, const char *name, int64_t value)
{
	int at = sqlite3_bind_parameter_index(statement, name);

	return at ? sqlite3_bind_int64(statement, at, value) : SQLITE_OK;
}

/* Done with it; what was bound is not ours to keep. */
static void release(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

/*
 * Runs @which with what @row (or NULL) has. Returns 1 and sets *@ret_number (unless NULL) when it
 * gave a row, 0 when it gave none, or a negative errno.
 */
static int run(struct store *store, enum statement which, const struct store_row *row,
	       int64_t host_id, int64_t *ret_number)
{
	sqlite3_stmt *statement = store->statement[which];
	int code = row ? bind_row(statement, row) : SQLITE_OK;
	int result;

	if (code == SQLITE_OK)
		code = bind_number(statement, ":run_id", store->run_id);
	if (code == SQLITE_OK)
		code = bind_number(statement, ":host_id", host_id);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW && ret_number)
		*ret_number = sqlite3_column_int64(statement, 0);
	/* Before the reset, which would overwrite the words. */
	result = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : store_failed(store, code);
	release(statement);
	return result;
}

/* Runs what changes rows. Returns how many it changed, or a negative errno. */
static int change(struct store *store, enum statement which, const struct store_row *row,
		  int64_t host_id)
{
	int error = run(store, which, row, host_id, NULL);

	return error < 0 ? error : sqlite3_changes(store->db);
}

int store_begin(struct store *store)
{
	return run(store, SQL_BEGIN, NULL, 0, NULL);
}

int store_commit(struct store *store)
{
	int error = run(store, SQL_COMMIT, NULL, 0, NULL);

	if (error)
		store_rollback(store);
	return error;
}

void store_rollback(struct store *store)
{
	char words[STORE_ERROR_LEN];

	/* Some errors have undone it already. What went wrong before is what is worth telling. */
	if (sqlite3_get_autocommit(store->db))
		return;
	memcpy(words, store->error, sizeof(words));
	run(store, SQL_ROLLBACK, NULL, 0, NULL);
	memcpy(store->error, words, sizeof(words));
}

/* Returns the host's number, or a negative errno. */
static int64_t host_of(struct store *store, const struct store_row *row)
{
	int64_t host_id = 0;
	int found = run(store, SQL_FIND_HOST, row, 0, &host_id);

	if (found)
		return found < 0 ? found : host_id;
	found = change(store, SQL_ADD_HOST, row, 0);
	return found < 0 ? found : sqlite3_last_insert_rowid(store->db);
}

static bool is_from_log(const struct store_row *row)
{
	const struct store_bytes *source = &row->text[STORE_SOURCE];

	return source->text && ((source->len == 3 && !memcmp(source->text, "log", 3)) ||
				(source->len == 4 && !memcmp(source->text, "kmsg", 4)));
}

/* What was seen live, or recorded, holds more than what a log tells of it. */
static int put_episode(struct store *store, const struct store_row *row, int64_t host_id)
{
	int result = run(store, SQL_FIND_ID, row, 0, NULL);

	if (result)
		return result < 0 ? result : 0;
	if (row->known & 1U << STORE_PID) {
		if (is_from_log(row)) {
			result = run(store, SQL_FIND_TWIN, row, 0, NULL);
			if (result)
				return result < 0 ? result : 0;
		} else {
			result = change(store, SQL_RETIRE_TWINS, row, 0);
			if (result > 0)
				result = change(store, SQL_DROP_TWINS, row, 0);
		}
	}
	if (result >= 0)
		result = change(store, SQL_ADD_EPISODE, row, host_id);
	if (result >= 0)
		result = change(store, SQL_ADD_LINE, row, 0);
	return result;
}

static int put_outcome(struct store *store, const struct store_row *row)
{
	int result = change(store, SQL_ADD_OUTCOME, row, 0);

	if (result > 0 && (row->text[STORE_POD].text || row->text[STORE_NAMESPACE].text)) {
		int error = change(store, SQL_NAME_POD, row, 0);

		if (error < 0)
			return error;
	}
	return result;
}

int store_put(struct store *store, const struct store_row *row)
{
	int64_t host_id = host_of(store, row);
	int result = 0;

	if (host_id < 0)
		return (int)host_id;
	switch (row->kind) {
	case STORE_RUN:
		result = change(store, SQL_ADD_RUN, row, host_id);
		if (result > 0)
			store->run_id = sqlite3_last_insert_rowid(store->db);
		break;
	case STORE_EPISODE:
		result = put_episode(store, row, host_id);
		break;
	case STORE_OUTCOME:
		result = put_outcome(store, row);
		break;
	case STORE_USER_KILL:
		result = change(store, SQL_ADD_USER_KILL, row, host_id);
		break;
	case STORE_LOSS:
		result = change(store, SQL_ADD_LOSS, row, host_id);
		break;
	case STORE_DETACHED:
		result = change(store, SQL_END_RUN, row, host_id);
		break;
	default:
		return -EINVAL;
	}
	return result > 0 ? 1 : result;
}

int store_put_seen(struct store *store, int64_t until_real_ns, bool kills_known, uint64_t kills)
{
	struct store_row row = {0};
	int result;

	if (until_real_ns)
		store_row_number(&row, STORE_TIME_NS, until_real_ns);
	if (kills_known)
		store_row_number(&row, STORE_KERNEL_KILLS, (int64_t)kills);
	result = change(store, SQL_SEEN, &row, 0);
	return result < 0 ? result : 0;
}

int store_last_watch(struct store *store, const char *host, const char *boot_id,
		     struct store_watch *ret_watch)
{
	sqlite3_stmt *statement = store->statement[SQL_LAST_WATCH];
	struct store_row row = {0};
	int code, result;

	store_row_text(&row, STORE_HOST, host, strlen(host));
	store_row_text(&row, STORE_BOOT_ID, boot_id, strlen(boot_id));
	code = bind_row(statement, &row);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	result = code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : store_failed(store, code);
	if (result == 1)
		*ret_watch = (struct store_watch){
			.until_real_ns = sqlite3_column_int64(statement, 0),
			.kills_known = sqlite3_column_type(statement, 1) == SQLITE_INTEGER,
			.kernel_kills = (uint64_t)sqlite3_column_int64(statement, 1),
			.same_boot = sqlite3_column_int(statement, 2),
		};
	release(statement);
	return result;
}
