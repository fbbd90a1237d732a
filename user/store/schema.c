/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A step that was ever released is never changed: a new version is a new step. The views read the
 * detail out of the JSON lines, so that nothing is kept twice.
 */
#include "store/schema.h"

/* A member of the task that json_each() gives. */
#define TASK(key) "j.value ->> '$." key "' AS " key

#define TASK_COLUMNS                                                                                                                                                                              \
	"e.id, e.seq, j.key AS place, " TASK("pid") ", " TASK("tid") ", " TASK(                                                                                                                   \
		"ns_pid") ", " TASK("ppid") ", " TASK("comm") ", " TASK("cmdline") ", " TASK("ui"                                                                                                 \
											     "d") ", " TASK("cgroup") ", j.value ->> '$.container.unit' AS unit, "                                \
														      "j.value ->> '$.container.id' AS container, "                               \
														      "j.value ->> '$.container.pod_uid' AS pod_uid, " TASK("threads") ", " TASK( \
															      "age_ms") ", " TASK("cpu_ms") ", " TASK("nice") ", " TASK("total_vm_bytes") ", " TASK("rss_bytes") ", " TASK("rss_anon_bytes") ", " TASK("rss_file_bytes") ", " TASK("rss_shmem_bytes") ", " TASK("swap_bytes") ", " TASK("pgtables_bytes") ", " TASK("oom_score_adj") ", " TASK("points") ", " TASK("points_source") ", " TASK("oom_score") ", " TASK("eligible") ", " TASK("skipped") ", " TASK("killed_as") " "

static const char version_1[] =
	"CREATE TABLE host("
	"  host_id INTEGER PRIMARY KEY,"
	"  name TEXT NOT NULL,"
	"  boot_id TEXT NOT NULL,"
	"  UNIQUE(name, boot_id)"
	") STRICT;"

	"CREATE TABLE run("
	"  run_id INTEGER PRIMARY KEY,"
	"  host_id INTEGER NOT NULL,"
	"  kind TEXT NOT NULL,"
	"  version TEXT,"
	"  backend TEXT,"
	"  kernel TEXT,"
	"  attached_ns INTEGER,"
	"  seen_until_ns INTEGER,"
	"  detached_ns INTEGER,"
	"  kernel_kills_start INTEGER,"
	"  kernel_kills_seen INTEGER,"
	"  line TEXT,"
	"  detached_line TEXT"
	") STRICT;"

	"CREATE TABLE episode("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  id TEXT NOT NULL UNIQUE,"
	"  run_id INTEGER NOT NULL,"
	"  host_id INTEGER NOT NULL,"
	"  type TEXT NOT NULL,"
	"  source TEXT NOT NULL,"
	"  sort_ns INTEGER NOT NULL,"
	"  time_ns INTEGER,"
	"  time_text TEXT,"
	"  boot_ns INTEGER,"
	"  constraint_name TEXT,"
	"  selection TEXT,"
	"  memcg TEXT,"
	"  pid INTEGER,"
	"  comm TEXT,"
	"  uid INTEGER,"
	"  cgroup TEXT,"
	"  unit TEXT,"
	"  container TEXT,"
	"  pod TEXT,"
	"  pod_uid TEXT,"
	"  namespace TEXT,"
	"  bytes INTEGER,"
	"  victims INTEGER NOT NULL,"
	"  candidates INTEGER,"
	"  lost INTEGER NOT NULL"
	") STRICT;"
	"CREATE INDEX episode_by_time ON episode(sort_ns, seq);"
	"CREATE INDEX episode_by_pid ON episode(pid);"
	/* Apart, since a line is a hundred times what the columns are: a list reads none of them.
	 */
	"CREATE TABLE episode_line("
	"  seq INTEGER PRIMARY KEY,"
	"  line TEXT NOT NULL"
	") STRICT;"

	"CREATE TABLE outcome("
	"  id TEXT NOT NULL,"
	"  pid INTEGER NOT NULL,"
	"  time_ns INTEGER,"
	"  exited_ms REAL,"
	"  freed_ms REAL,"
	"  reaped_ms REAL,"
	"  line TEXT NOT NULL,"
	"  PRIMARY KEY(id, pid)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER episode_deleted AFTER DELETE ON episode"
	"  BEGIN"
	"    DELETE FROM episode_line WHERE seq = OLD.seq;"
	"    DELETE FROM outcome WHERE id = OLD.id;"
	"  END;"

	"CREATE TABLE user_kill("
	"  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  run_id INTEGER NOT NULL,"
	"  host_id INTEGER NOT NULL,"
	"  time_ns INTEGER,"
	"  boot_ns INTEGER NOT NULL,"
	"  signal INTEGER NOT NULL,"
	"  sender_pid INTEGER NOT NULL,"
	"  sender_comm TEXT,"
	"  pid INTEGER NOT NULL,"
	"  comm TEXT,"
	"  line TEXT NOT NULL,"
	"  UNIQUE(host_id, boot_ns, pid, signal)"
	") STRICT;"

	"CREATE TABLE loss("
	"  seq INTEGER PRIMARY KEY,"
	"  run_id INTEGER NOT NULL,"
	"  time_ns INTEGER,"
	"  reason TEXT NOT NULL,"
	"  count INTEGER NOT NULL,"
	"  line TEXT"
	") STRICT;"

	/* clang-format off */
	"CREATE VIEW kill AS"
	"  SELECT e.seq, e.id, coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', e.time_ns / 1000000000,"
	"           'unixepoch'), e.time_text) AS time,"
	"         h.name AS host, e.comm, e.pid, e.uid, e.bytes, e.constraint_name, e.memcg,"
	"         e.cgroup, e.unit, e.container, e.namespace, e.pod, e.pod_uid, e.victims,"
	"         e.candidates, e.lost, e.source"
	"  FROM episode e JOIN host h USING (host_id) WHERE e.type = 'oom_kill';"
	"CREATE VIEW task AS"
	"  SELECT 'victim' AS role, " TASK_COLUMNS
	"  FROM episode e JOIN episode_line l USING (seq), json_each(l.line, '$.victims') j"
	"  UNION ALL"
	"  SELECT 'candidate', " TASK_COLUMNS
	"  FROM episode e JOIN episode_line l USING (seq), json_each(l.line, '$.candidates.tasks') j;"
	/* clang-format on */
	;

const char *const store_migrations[STORE_SCHEMA_VERSION] = {version_1};
