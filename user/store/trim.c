/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Keeping a store small: the oldest go first, a few at a time. */
#include "store/parts.h"

/* Episodes in one transaction: what waits meanwhile waits some milliseconds. */
#define TRIM_BATCH 64
/* Free pages that stay in the file: the next episode takes them. */
#define SPARE_PAGES 256

struct usage {
	int64_t page_size, pages, free_pages, episodes;
};

static int read_usage(struct store *store, struct usage *ret_usage)
{
	int error = store_ask_number(store, "PRAGMA page_size", &ret_usage->page_size);

	if (!error)
		error = store_ask_number(store, "PRAGMA page_count", &ret_usage->pages);
	if (!error)
		error = store_ask_number(store, "PRAGMA freelist_count", &ret_usage->free_pages);
	return error;
}

/* Whether what is used is more than @keep has room for. */
static bool is_over(const struct usage *usage, const struct store_keep *keep)
{
	uint64_t used = (uint64_t)(usage->pages - usage->free_pages) * (uint64_t)usage->page_size;

	return (keep->max_bytes && used > keep->max_bytes) ||
	       (keep->max_episodes && (uint64_t)usage->episodes > keep->max_episodes);
}

static int drop(struct store *store, int64_t seq)
{
	sqlite3_stmt *statement = store->statement[SQL_DROP_EPISODE];
	int code;

	sqlite3_bind_int64(statement, 1, seq);
	code = sqlite3_step(statement);
	if (code == SQLITE_DONE) {
		sqlite3_reset(statement);
		return 0;
	}
	code = store_failed(store, code);
	sqlite3_reset(statement);
	return code;
}

/*
 * Drops the oldest while they are too many, too large or older than @before_ns. *@ret_newest_ns is
 * raised to the time of the last one dropped.
 */
static int drop_oldest(struct store *store, const struct store_keep *keep, int64_t before_ns,
		       uint64_t *ret_dropped, int64_t *ret_newest_ns)
{
	sqlite3_stmt *oldest = store->statement[SQL_OLDEST];
	struct usage usage = {0};
	int error = 0;

	*ret_dropped = 0;
	if (keep->max_episodes)
		error = store_ask_number(store, "SELECT count(*) FROM episode", &usage.episodes);
	while (!error && *ret_dropped < TRIM_BATCH) {
		int64_t seq, sort_ns;
		int code;

		error = read_usage(store, &usage);
		if (error)
			break;
		code = sqlite3_step(oldest);
		seq = sqlite3_column_int64(oldest, 0);
		sort_ns = sqlite3_column_int64(oldest, 1);
		if (code != SQLITE_ROW && code != SQLITE_DONE)
			error = store_failed(store, code);
		sqlite3_reset(oldest);
		if (code != SQLITE_ROW || (sort_ns >= before_ns && !is_over(&usage, keep)))
			break;
		error = drop(store, seq);
		usage.episodes--;
		++*ret_dropped;
		if (sort_ns > *ret_newest_ns)
			*ret_newest_ns = sort_ns;
	}
	return error;
}

/* What else is as old as the episodes that are gone. */
static int drop_before(struct store *store, int64_t before_ns)
{
	static const enum statement all[] = {SQL_DROP_USER_KILLS, SQL_DROP_LOSSES, SQL_DROP_RUNS};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sqlite3_stmt *statement = store->statement[all[i]];
		int code = sqlite3_bind_int64(statement, 1, before_ns);

		if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement) > 1)
			code = sqlite3_bind_int64(statement, 2, store->run_id);
		if (code == SQLITE_OK)
			code = sqlite3_step(statement);
		code = code == SQLITE_DONE ? 0 : store_failed(store, code);
		sqlite3_reset(statement);
		if (code)
			return code;
	}
	return 0;
}

/* Gives pages that nothing is in back to the file system, some at a time: one step a page. */
static int give_back(struct store *store)
{
	sqlite3_stmt *statement = store->statement[SQL_VACUUM];
	int code;

	do {
		code = sqlite3_step(statement);
	} while (code == SQLITE_ROW);
	code = code == SQLITE_DONE ? 0 : store_failed(store, code);
	sqlite3_reset(statement);
	return code;
}

/* Returns 1 when there is more to do. */
static int trim(struct store *store, const struct store_keep *keep, int64_t before_ns,
		uint64_t *ret_dropped)
{
	int64_t newest_ns = before_ns;
	struct usage usage = {0};
	int error = drop_oldest(store, keep, before_ns, ret_dropped, &newest_ns);

	if (!error && newest_ns != INT64_MIN)
		error = drop_before(store, newest_ns);
	if (!error)
		error = read_usage(store, &usage);
	if (!error && usage.free_pages > SPARE_PAGES)
		error = give_back(store);
	return error ? error : *ret_dropped == TRIM_BATCH || usage.free_pages > SPARE_PAGES;
}

int store_trim(struct store *store, const struct store_keep *keep, int64_t now_real_ns,
	       uint64_t *ret_deleted)
{
	int64_t before_ns = keep->max_age_ns && (uint64_t)now_real_ns > keep->max_age_ns
				    ? now_real_ns - (int64_t)keep->max_age_ns
				    : INT64_MIN;
	uint64_t dropped = 0;
	int more, error = store_begin(store);

	if (error)
		return error;
	more = trim(store, keep, before_ns, &dropped);
	if (more < 0) {
		store_rollback(store);
		return more;
	}
	error = store_commit(store);
	if (error)
		return error;
	*ret_deleted += dropped;
	return more;
}
