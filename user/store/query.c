// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "store/query.h"

#include <string.h>

#include "core/container.h"
#include "core/path.h"
#include "lib/utf8.h"
#include "store/parts.h"

#define SQL_LEN     4096
#define ID_COMPARED 64 /* longer than any id */

/* A statement put together of fixed parts; what people asked for is bound to it, never in it. */
struct sql {
	char text[SQL_LEN];
	size_t len;
	const char *joint; /* before the next condition */
};

static void sql_add(struct sql *sql, const char *part)
{
	size_t len = strlen(part);

	/* All parts together are far from it. */
	if (sql->len + len >= sizeof(sql->text))
		return;
	memcpy(sql->text + sql->len, part, len + 1);
	sql->len += len;
}

static void sql_condition(struct sql *sql, const char *condition)
{
	sql_add(sql, sql->joint);
	sql_add(sql, condition);
	sql->joint = " AND ";
}

/* --- places, as the filters of the live stream know them --- */

typedef bool (*place_holds)(const char *path, const char *name);

/* place(PATH, NAME); a path that is not known lies nowhere. */
static void on_place(sqlite3_context *context, int count, sqlite3_value **values)
{
	place_holds holds = (place_holds)sqlite3_user_data(context);
	const char *path = (const char *)sqlite3_value_text(values[0]);
	const char *name = (const char *)sqlite3_value_text(values[1]);

	(void)count;
	sqlite3_result_int(context, path && name && holds(path, name));
}

static const struct place {
	const char *function;
	place_holds holds;
} places[] = {
	{"in_cgroup", path_within},
	{"in_unit", container_in_unit},
	{"in_container", container_in},
	{"in_pod", container_in_pod},
};

/* Makes them known to the store's connection, once. Returns 0 or a negative errno. */
static int add_places(struct store *store)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !store->knows_places; i++) {
		int code = sqlite3_create_function_v2(
			store->db, places[i].function, 2,
			SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
			(void *)places[i].holds, on_place, NULL, NULL, NULL);

		if (code != SQLITE_OK)
			return store_failed(store, code);
	}
	store->knows_places = true;
	return 0;
}

/* --- conditions --- */

/*
 * What is asked of one victim, the chosen one or one of those that the line lists, or of the memcg
 * that ran out.
 */
static void add_victim(struct sql *sql, const struct store_filter *filter, bool listed)
{
	static const struct {
		const char *chosen, *listed;
	} conditions[] = {
		{"e.comm = :comm", "v.value ->> '$.comm' = :comm"},
		{"(in_cgroup(e.memcg, :cgroup) OR in_cgroup(e.cgroup, :cgroup))",
		 "(in_cgroup(e.memcg, :cgroup) OR in_cgroup(v.value ->> '$.cgroup', :cgroup))"},
		{"(in_unit(e.memcg, :unit) OR in_unit(e.cgroup, :unit))",
		 "(in_unit(e.memcg, :unit) OR in_unit(v.value ->> '$.cgroup', :unit))"},
		{"(in_container(e.memcg, :container) OR in_container(e.cgroup, :container))",
		 "(in_container(e.memcg, :container) OR"
		 " in_container(v.value ->> '$.cgroup', :container))"},
		{"(in_pod(e.memcg, :pod) OR in_pod(e.cgroup, :pod) OR e.pod = :pod OR"
		 " e.namespace || '/' || e.pod = :pod)",
		 "(in_pod(e.memcg, :pod) OR in_pod(v.value ->> '$.cgroup', :pod))"},
	};
	const char *const asked[] = {filter->comm, filter->cgroup, filter->unit, filter->container,
				     filter->pod};

	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		if (asked[i])
			sql_condition(sql, listed ? conditions[i].listed : conditions[i].chosen);
	}
}

/* All that is asked of a victim holds of the chosen one, or of another of those killed with it. */
static void add_victims(struct sql *sql, const struct store_filter *filter)
{
	if (!filter->comm && !filter->cgroup && !filter->unit && !filter->container && !filter->pod)
		return;
	sql_condition(sql, "((");
	sql->joint = "";
	add_victim(sql, filter, false);
	sql_add(sql, ") OR (e.victims > 1 AND EXISTS (SELECT 1 FROM episode_line l,"
		     " json_each(l.line, '$.victims') v WHERE l.seq = e.seq");
	sql->joint = " AND ";
	add_victim(sql, filter, true);
	sql_add(sql, ")))");
}

static void add_conditions(struct sql *sql, const struct store_filter *filter)
{
	unsigned int types = filter->types ? filter->types : STORE_TYPE_KILL;

	sql->joint = " WHERE ";
	if (types == STORE_TYPE_KILL)
		sql_condition(sql, "e.type = 'oom_kill'");
	else if (types == STORE_TYPE_NO_KILL)
		sql_condition(sql, "e.type = 'oom_no_kill'");
	if (filter->since_ns)
		sql_condition(sql, "e.time_ns >= :since_ns");
	if (filter->until_ns)
		sql_condition(sql, "e.time_ns < :until_ns");
	/* Of these two alone there is an index: an id begins so, and a kill is stored after it was.
	 */
	if (filter->id_prefix)
		sql_condition(sql, "e.id >= :id AND e.id < :id || char(0x10ffff)");
	if (filter->host)
		sql_condition(sql, "e.host_id IN (SELECT host_id FROM host WHERE name = :host)");
	add_victims(sql, filter);
	if (filter->last_n)
		sql_add(sql, " ORDER BY e.sort_ns DESC, e.seq DESC LIMIT :last_n");
}

/* Longer than any name or path that was stored. */
#define ASKED_LEN (3 * PATH_TEXT_LEN)

/* As texts are stored: a byte that is not UTF-8 is U+FFFD. @size bytes of it at most are taken. */
static size_t stored_text(char out[ASKED_LEN], const char *text, size_t size)
{
	size_t len = strnlen(text, size), used = 0;

	while (len && used + 4 < ASKED_LEN) {
		uint32_t code;
		size_t taken = utf8_decode(text, len, &code);

		memcpy(out + used, taken ? text : "\xef\xbf\xbd", taken ? taken : 3);
		used += taken ? taken : 3;
		text += taken ? taken : 1;
		len -= taken ? taken : 1;
	}
	return used;
}

static int bind_text(sqlite3_stmt *statement, const char *name, const char *text, size_t size)
{
	int at = sqlite3_bind_parameter_index(statement, name);
	char asked[ASKED_LEN];

	if (!at || !text)
		return SQLITE_OK;
	return sqlite3_bind_text(statement, at, asked, (int)stored_text(asked, text, size),
				 SQLITE_TRANSIENT);
}

static int bind_number(sqlite3_stmt *statement, const char *name, int64_t number)
{
	int at = sqlite3_bind_parameter_index(statement, name);

	return at ? sqlite3_bind_int64(statement, at, number) : SQLITE_OK;
}

static int bind_filter(sqlite3_stmt *statement, const struct store_filter *filter)
{
	const struct {
		const char *name, *text;
		size_t size;
	} texts[] = {
		{":comm", filter->comm, WIRE_COMM_LEN - 1},
		{":cgroup", filter->cgroup, PATH_TEXT_LEN},
		{":unit", filter->unit, PATH_TEXT_LEN},
		{":container", filter->container, PATH_TEXT_LEN},
		{":pod", filter->pod, PATH_TEXT_LEN},
		{":host", filter->host, PATH_TEXT_LEN},
		{":id", filter->id_prefix, PATH_TEXT_LEN},
	};
	int64_t most = filter->last_n > INT64_MAX ? INT64_MAX : (int64_t)filter->last_n;
	int code = bind_number(statement, ":since_ns", filter->since_ns);

	if (code == SQLITE_OK)
		code = bind_number(statement, ":until_ns", filter->until_ns);
	if (code == SQLITE_OK)
		code = bind_number(statement, ":last_n", most);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && code == SQLITE_OK; i++)
		code = bind_text(statement, texts[i].name, texts[i].text, texts[i].size);
	return code;
}

/* Returns 0 and sets *@ret_statement, to be finalized, or a negative errno. */
static int prepare(struct store *store, const struct sql *sql, const struct store_filter *filter,
		   sqlite3_stmt **ret_statement)
{
	int error = add_places(store), code;

	if (error)
		return error;
	code = sqlite3_prepare_v2(store->db, sql->text, -1, ret_statement, NULL);
	if (code == SQLITE_OK)
		code = bind_filter(*ret_statement, filter);
	if (code == SQLITE_OK)
		return 0;
	error = store_failed(store, code);
	sqlite3_finalize(*ret_statement);
	return error;
}

/* --- episodes --- */

/* In the order of row_of(). */
#define EPISODE_COLUMNS                                                                          \
	"e.seq, e.sort_ns, e.id, e.type, e.host_id, e.time_ns, e.time_text, e.constraint_name,"  \
	" e.memcg, e.pid, e.comm, e.cgroup, e.unit, e.container, e.pod, e.pod_uid, e.namespace," \
	" e.bytes, e.victims"

static const char *text_at(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

/* Of a column that is not NULL, unless somebody else has made the store. */
static const char *known_text_at(sqlite3_stmt *statement, int column)
{
	const char *text = text_at(statement, column);

	return text ? text : "";
}

static void row_of(sqlite3_stmt *statement, struct store_episode *ret_row)
{
	*ret_row = (struct store_episode){
		.id = known_text_at(statement, 2),
		.no_kill = strcmp(known_text_at(statement, 3), "oom_kill") != 0,
		.time_ns = sqlite3_column_int64(statement, 5),
		.time_text = text_at(statement, 6),
		.constraint_name = text_at(statement, 7),
		.memcg = text_at(statement, 8),
		.pid = sqlite3_column_int64(statement, 9),
		.comm = text_at(statement, 10),
		.cgroup = text_at(statement, 11),
		.unit = text_at(statement, 12),
		.container = text_at(statement, 13),
		.pod = text_at(statement, 14),
		.pod_uid = text_at(statement, 15),
		.namespace_name = text_at(statement, 16),
		.bytes = sqlite3_column_type(statement, 17) == SQLITE_NULL
				 ? -1
				 : sqlite3_column_int64(statement, 17),
		.victims = sqlite3_column_int64(statement, 18),
		.reason = text_at(statement, 19),
	};
}

/* What is asked for one row at a time: there are few hosts, and lines are not always wanted. */
struct lookups {
	sqlite3_stmt *line, *host;
	int64_t host_id; /* that host stands at; 0: none yet */
};

static int prepare_lookups(struct store *store, struct lookups *lookups)
{
	static const char line[] = "SELECT line FROM episode_line WHERE seq = ?";
	static const char host[] = "SELECT name FROM host WHERE host_id = ?";
	int code = sqlite3_prepare_v2(store->db, line, -1, &lookups->line, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(store->db, host, -1, &lookups->host, NULL);
	return code == SQLITE_OK ? 0 : store_failed(store, code);
}

/* Asks @statement for the one row that @key has. Returns 0 or a negative errno. */
static int look_up(struct store *store, sqlite3_stmt *statement, int64_t key)
{
	int code;

	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, key);
	code = sqlite3_step(statement);
	return code == SQLITE_ROW
		       ? 0
		       : store_failed(store, code == SQLITE_DONE ? SQLITE_CORRUPT : code);
}

/* Sets the host of the episode that @of stands at, and its line if that @is_wanted. */
static int complete(struct store *store, struct lookups *lookups, sqlite3_stmt *of, bool is_wanted,
		    struct store_episode *row)
{
	int64_t host_id = sqlite3_column_int64(of, 4);
	int error = 0;

	if (host_id != lookups->host_id)
		error = look_up(store, lookups->host, host_id);
	lookups->host_id = error ? 0 : host_id;
	if (!error)
		row->host = text_at(lookups->host, 0);
	if (error || !is_wanted)
		return error;
	error = look_up(store, lookups->line, sqlite3_column_int64(of, 0));
	if (!error) {
		row->line = known_text_at(lookups->line, 0);
		row->len = (size_t)sqlite3_column_bytes(lookups->line, 0);
	}
	return error;
}

static int each_row(struct store *store, sqlite3_stmt *statement, struct lookups *lookups,
		    bool lines, store_episode_fn fn, void *ctx)
{
	int code, result = 0;

	while (!result && (code = sqlite3_step(statement)) != SQLITE_DONE) {
		struct store_episode row;

		if (code != SQLITE_ROW)
			return store_failed(store, code);
		row_of(statement, &row);
		result = complete(store, lookups, statement, lines, &row);
		if (!result)
			result = fn(ctx, &row);
	}
	return result;
}

int store_each_episode(struct store *store, const struct store_filter *filter, store_episode_fn fn,
		       void *ctx)
{
	struct sql sql = {.joint = ""};
	struct lookups lookups = {0};
	sqlite3_stmt *statement = NULL;
	int error;

	sql_add(&sql, "SELECT q.*, CASE WHEN q.type = 'oom_no_kill' THEN (SELECT l.line ->>"
		      " '$.reason' FROM episode_line l WHERE l.seq = q.seq) END"
		      " FROM (SELECT " EPISODE_COLUMNS " FROM episode e");
	add_conditions(&sql, filter);
	sql_add(&sql, ") q ORDER BY q.sort_ns, q.seq");
	error = prepare(store, &sql, filter, &statement);
	if (!error)
		error = prepare_lookups(store, &lookups);
	if (!error)
		error = each_row(store, statement, &lookups, filter->lines, fn, ctx);
	sqlite3_finalize(lookups.line);
	sqlite3_finalize(lookups.host);
	sqlite3_finalize(statement);
	return error;
}

/* --- groups --- */

static const char *const group_keys[] = {
	[STORE_BY_CGROUP] = "coalesce(q.memcg, q.cgroup)",
	[STORE_BY_COMM] = "q.comm",
	[STORE_BY_UNIT] = "q.unit",
	[STORE_BY_POD] = "coalesce(q.pod_uid, q.pod)",
	[STORE_ALTOGETHER] = "NULL",
};

static int each_group(struct store *store, sqlite3_stmt *statement, store_group_fn fn, void *ctx)
{
	int code, result = 0;

	while (!result && (code = sqlite3_step(statement)) != SQLITE_DONE) {
		struct store_group group;

		if (code != SQLITE_ROW)
			return store_failed(store, code);
		group = (struct store_group){
			.name = text_at(statement, 0),
			.pod_uid = text_at(statement, 1),
			.pod = text_at(statement, 2),
			.namespace_name = text_at(statement, 3),
			.kills = sqlite3_column_int64(statement, 4),
			.victims = sqlite3_column_int64(statement, 5),
			.bytes = sqlite3_column_int64(statement, 6),
			.first_ns = sqlite3_column_int64(statement, 7),
			.last_ns = sqlite3_column_int64(statement, 8),
		};
		result = fn(ctx, &group);
	}
	return result;
}

int store_each_group(struct store *store, const struct store_filter *filter, enum store_by by,
		     store_group_fn fn, void *ctx)
{
	struct sql sql = {.joint = ""};
	sqlite3_stmt *statement = NULL;
	int error;

	sql_add(&sql, "SELECT ");
	sql_add(&sql, group_keys[by]);
	sql_add(&sql, by == STORE_BY_POD ? ", max(q.pod_uid), max(q.pod), max(q.namespace)"
					 : ", NULL, NULL, NULL");
	sql_add(&sql, ", count(*), sum(q.victims), sum(q.bytes), min(q.time_ns), max(q.time_ns)"
		      " FROM (SELECT " EPISODE_COLUMNS " FROM episode e");
	add_conditions(&sql, filter);
	sql_add(&sql, ") q GROUP BY 1 ORDER BY ");
	sql_add(&sql, group_keys[by]);
	sql_add(&sql, " IS NULL, count(*) DESC, max(q.sort_ns) DESC, 1");
	error = prepare(store, &sql, filter, &statement);
	if (!error)
		error = each_group(store, statement, fn, ctx);
	sqlite3_finalize(statement);
	return error;
}

/* --- the rest --- */

int store_each_outcome(struct store *store, const char *id, store_line_fn fn, void *ctx)
{
	static const char sql[] = "SELECT line FROM outcome WHERE id = ? ORDER BY time_ns, pid";
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), result = 0;

	if (code == SQLITE_OK)
		code = sqlite3_bind_text(statement, 1, id, -1, SQLITE_TRANSIENT);
	while (code == SQLITE_OK && !result) {
		code = sqlite3_step(statement);
		if (code != SQLITE_ROW)
			break;
		code = SQLITE_OK;
		result = fn(ctx, known_text_at(statement, 0),
			    (size_t)sqlite3_column_bytes(statement, 0));
	}
	if (code != SQLITE_OK && code != SQLITE_DONE)
		result = store_failed(store, code);
	sqlite3_finalize(statement);
	return result;
}

int store_hosts(struct store *store)
{
	int64_t hosts = 0;
	int error = store_ask_number(store, "SELECT count(DISTINCT name) FROM host", &hosts);

	return error ? error : (int)hosts;
}

/* How many letters both begin with; @before becomes what @id begins with. */
static int alike(char before[ID_COMPARED], const char *id)
{
	int n = 0, same;

	while (n < ID_COMPARED - 1 && id[n] && id[n] == before[n])
		n++;
	same = n;
	for (; n < ID_COMPARED - 1 && id[n]; n++)
		before[n] = id[n];
	before[n] = '\0';
	return same;
}

int store_id_letters(struct store *store, int least)
{
	static const char sql[] = "SELECT id FROM episode ORDER BY id";
	sqlite3_stmt *statement = NULL;
	char before[ID_COMPARED] = "";
	int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL), most = 0;

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(statement);
		if (code == SQLITE_ROW) {
			int same = alike(before, known_text_at(statement, 0));

			most = same > most ? same : most;
		}
	}
	if (code != SQLITE_DONE)
		most = store_failed(store, code);
	sqlite3_finalize(statement);
	return most < 0 || most >= least ? most + (most >= 0) : least;
}
