/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"
#include "store/parts.h"
#include "store/schema.h"

/* What every connection is told first; the file's own choices are in made_as. */
static const char connection_settings[] = "PRAGMA trusted_schema = OFF;"
					  "PRAGMA mmap_size = 0;"
					  "PRAGMA temp_store = MEMORY;"
					  "PRAGMA cache_size = -1024;";

static const char writer_settings[] =
	"PRAGMA synchronous = FULL;"
	"PRAGMA secure_delete = FAST;"
	"PRAGMA recursive_triggers = OFF;"
	/* A log that has grown beside a reader is cut when it is begun anew. */
	"PRAGMA journal_size_limit = 4194304;";

/* Before anything is in it. */
static const char made_as[] = "PRAGMA page_size = 4096;"
			      "PRAGMA auto_vacuum = INCREMENTAL;";

static int errno_of(sqlite3 *db, int code)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_TOOBIG:
		return -EFBIG;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return -EINVAL;
	case SQLITE_CANTOPEN:
		return system ? -system : -ENOENT;
	default:
		if (code == SQLITE_IOERR_NOMEM)
			return -ENOMEM;
		return system ? -system : -EIO;
	}
}

int store_failed(struct store *store, int code)
{
	int error = errno_of(store->db, code);
	int system = store->db ? sqlite3_system_errno(store->db) : 0;
	const char *words = store->db ? sqlite3_errmsg(store->db) : sqlite3_errstr(code);
	bool has_cause =
		system && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN);

	snprintf(store->error, sizeof(store->error), "%s%s%s", words, has_cause ? ": " : "",
		 has_cause ? strerror(system) : "");
	return error;
}

int store_run_sql(struct store *store, const char *sql)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_failed(store, code);
}

int store_ask_number(struct store *store, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
	int error = 0;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	else
		error = store_failed(store, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
	sqlite3_finalize(statement);
	return error;
}

/* The file itself, its log, and what its readers and writers share. */
static const char *const suffixes[STORE_FILES] = {"", "-wal", "-shm"};

static ino_t inode_of(const struct store *store, int which)
{
	char name[PATH_MAX + 8];
	struct stat st;

	snprintf(name, sizeof(name), "%s%s", store->path, suffixes[which]);
	return stat(name, &st) ? 0 : st.st_ino;
}

/* Which files are open, by their numbers: SQLite goes on with those whose names are gone. */
static void remember_files(struct store *store)
{
	ino_t inode = inode_of(store, 0);

	/* Another file has none of what was put into the one before. */
	if (inode != store->inodes[0])
		store->run_id = 0;
	for (int i = 0; i < STORE_FILES; i++)
		store->inodes[i] = inode_of(store, i);
}

bool store_is_gone(const struct store *store)
{
	for (int i = 0; i < STORE_FILES; i++) {
		if (store->inodes[i] && inode_of(store, i) != store->inodes[i])
			return true;
	}
	return false;
}

/* Whose file it is, and of which version. Returns 0, or a negative errno for what is no store. */
static int read_version(struct store *store, int64_t *ret_version)
{
	int64_t version, application = 0, tables = 0;
	int error = store_ask_number(store, "PRAGMA user_version", &version);

	if (!error)
		error = store_ask_number(store, "PRAGMA application_id", &application);
	if (!error)
		error = store_ask_number(store, "SELECT count(*) FROM sqlite_schema", &tables);
	if (error)
		return error;
	if (application != STORE_APPLICATION_ID && (application || version || tables)) {
		snprintf(store->error, sizeof(store->error),
			 "it is a database of another program, and left alone; name another file");
		return -EBADMSG;
	}
	if (version > STORE_SCHEMA_VERSION) {
		snprintf(store->error, sizeof(store->error),
			 "a newer oomtrace made it (schema %" PRId64 ", this one knows up to %d): "
			 "use that one, or another file",
			 version, STORE_SCHEMA_VERSION);
		return -EPROTO;
	}
	*ret_version = version;
	return 0;
}

/* Another program may have done it since the version was read: it is read again under the lock. */
static int migrate(struct store *store)
{
	int64_t version;
	char sql[96];
	int error = store_run_sql(store, "BEGIN IMMEDIATE");

	if (error)
		return error;
	error = read_version(store, &version);
	for (; !error && version < STORE_SCHEMA_VERSION; version++)
		error = store_run_sql(store, store_migrations[version]);
	if (!error) {
		snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
			 STORE_APPLICATION_ID, STORE_SCHEMA_VERSION);
		error = store_run_sql(store, sql);
	}
	if (!error)
		error = store_run_sql(store, "COMMIT");
	if (error)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

/* What holds for this connection alone. It may be the first that looks into the file. */
static int configure(struct store *store)
{
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, (int)store->options.wait_ms);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return store_run_sql(store, connection_settings);
}

static int open_for_writing(struct store *store)
{
	int64_t version = 0;
	int error = configure(store);

	if (!error)
		error = read_version(store, &version);
	if (!error && version == 0)
		error = store_run_sql(store, made_as);
	/* It answers with the mode: where the file system cannot do it, with the old one. */
	if (!error)
		error = store_run_sql(store, "PRAGMA journal_mode = WAL");
	if (!error)
		error = store_run_sql(store, writer_settings);
	if (!error && version < STORE_SCHEMA_VERSION)
		error = migrate(store);
	if (!error)
		error = store_prepare(store);
	return error;
}

/*
 * The file's name as a URI for a file that nobody changes: where a reader may neither write the
 * files that readers and writers share nor finds them there, nobody has it open.
 */
static int reopen_immutable(struct store *store)
{
	char uri[3 * PATH_MAX + 32] = "file:", *to = uri + strlen(uri);
	char log[PATH_MAX + 8];
	struct stat st;
	int code;

	snprintf(log, sizeof(log), "%s-wal", store->path);
	if (stat(log, &st) == 0 && st.st_size) {
		snprintf(store->error, sizeof(store->error),
			 "its newest kills are in the file beside it whose name ends with -wal: "
			 "copy both to where this user may write, or read it as root");
		return -EROFS;
	}
	for (const char *from = store->path; *from; from++)
		to += sprintf(to, strchr("%?#", *from) ? "%%%02x" : "%c", (unsigned char)*from);
	strcpy(to, "?immutable=1");
	sqlite3_close(store->db);
	code = sqlite3_open_v2(uri, &store->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	store->immutable = true;
	return code == SQLITE_OK ? 0 : store_failed(store, code);
}

static int begin_reading(struct store *store, int64_t *ret_version)
{
	int error = configure(store);

	return error ? error : read_version(store, ret_version);
}

static int open_for_reading(struct store *store)
{
	int64_t version = 0;
	int error = begin_reading(store, &version);

	if (error && error != -EBADMSG && error != -EPROTO && error != -EBUSY) {
		error = reopen_immutable(store);
		if (!error)
			error = begin_reading(store, &version);
	}
	if (!error && version < STORE_SCHEMA_READABLE) {
		snprintf(store->error, sizeof(store->error), "it is empty: nothing was stored yet");
		error = -ENODATA;
	}
	return error;
}

/* @path with its directory resolved: what a link in it points at is settled once. */
static int resolve(const char *path, char ret_path[PATH_MAX])
{
	char directory[PATH_MAX], name[PATH_MAX];
	scope_free char *resolved = NULL;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(directory, path);
	strcpy(name, path);
	resolved = realpath(dirname(directory), NULL);
	if (!resolved)
		return -errno;
	if (snprintf(ret_path, PATH_MAX, "%s/%s", strcmp(resolved, "/") ? resolved : "",
		     basename(name)) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static int open_connection(struct store *store)
{
	bool can_write = store->flags & STORE_WRITE;
	int how = can_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW : SQLITE_OPEN_READONLY;
	int code = sqlite3_open_v2(store->path, &store->db, how | SQLITE_OPEN_NOMUTEX, NULL);

	return code == SQLITE_OK ? 0 : store_failed(store, code);
}

/* Returns 0, or a negative errno with the reason in store->error. */
static int connect_store(struct store *store)
{
	int error = 0;

	if (store->flags & STORE_WRITE)
		error = store_make_file(store->path, &store->options, store->flags & STORE_CREATE,
					store->error);
	if (!error)
		error = open_connection(store);
	if (!error)
		error = store->flags & STORE_WRITE ? open_for_writing(store)
						   : open_for_reading(store);
	if (!error)
		remember_files(store);
	return error;
}

int store_open(const char *path, unsigned int flags, const struct store_options *options,
	       struct store **ret_store, char ret_error[STORE_ERROR_LEN])
{
	struct store *store = calloc(1, sizeof(*store));
	int error;

	if (!store) {
		snprintf(ret_error, STORE_ERROR_LEN, "not enough memory");
		return -ENOMEM;
	}
	store->flags = flags;
	if (options)
		store->options = *options;
	error = resolve(path, store->path);
	if (error)
		snprintf(store->error, sizeof(store->error), "%s%s", strerror(-error),
			 error == -ENOENT ? ": create its directory first" : "");
	else
		error = connect_store(store);
	if (error) {
		snprintf(ret_error, STORE_ERROR_LEN, "%s", store->error);
		store_close(store);
		return error;
	}
	*ret_store = store;
	return 0;
}

/* Leaves @store without a connection. */
static void disconnect(struct store *store)
{
	int persist = 1;

	for (int i = 0; i < SQL_STATEMENTS; i++) {
		sqlite3_finalize(store->statement[i]);
		store->statement[i] = NULL;
	}
	if (store->db && store->flags & STORE_WRITE && store_is_gone(store)) {
		/* What is in a log without a name is nowhere else. */
		if (inode_of(store, 0) == store->inodes[0])
			sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						  NULL);
		/* Closing removes the log by its name, which may be another's by now. */
		sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
		sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	sqlite3_close(store->db);
	store->db = NULL;
	store->immutable = false;
}

int store_reopen(struct store *store)
{
	disconnect(store);
	return connect_store(store);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	disconnect(store);
	free(store);
}

bool store_was_still(const struct store *store)
{
	char log[PATH_MAX + 8];
	struct stat st;

	if (!store->immutable)
		return true;
	/* Whoever writes to it puts it there first, and into the file itself after that. */
	snprintf(log, sizeof(log), "%s-wal", store->path);
	return inode_of(store, 0) == store->inodes[0] && stat(log, &st) && errno == ENOENT;
}

bool store_has_run(const struct store *store)
{
	return store->run_id;
}

const char *store_error(const struct store *store)
{
	return store->error;
}
