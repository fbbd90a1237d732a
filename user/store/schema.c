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

/*
 * One sequence over all tables that hold lines, without gaps but for what is no longer there: what
 * somebody has read up to a number is read for good. An episode's outcomes go by its seq. What is
 * already there is numbered in orders that need no sorting, for which a tracer has no memory.
 */
static const char version_2[] =
	"CREATE TABLE identity(store TEXT NOT NULL) STRICT;"
	"INSERT INTO identity VALUES(lower(hex(randomblob(16))));"

	"CREATE TABLE event("
	"  number INTEGER PRIMARY KEY AUTOINCREMENT,"
	"  type TEXT NOT NULL,"
	"  seq INTEGER NOT NULL,"
	"  pid INTEGER"
	") STRICT;"
	/* Before there are rows: to make it of them all would take sorting. */
	"CREATE INDEX event_by_seq ON event(seq);"
	"INSERT INTO event(type, seq)"
	"  SELECT 'attached', run_id FROM run WHERE line IS NOT NULL ORDER BY run_id;"
	"INSERT INTO event(type, seq, pid)"
	"  SELECT type, seq, NULL FROM episode"
	"  UNION ALL"
	"  SELECT 'oom_outcome', e.seq, o.pid FROM episode e CROSS JOIN outcome o ON o.id = e.id"
	"  ORDER BY 2, 1, 3;"
	"INSERT INTO event(type, seq) SELECT 'killed_by_user', seq FROM user_kill ORDER BY seq;"
	"INSERT INTO event(type, seq) SELECT 'lost', seq FROM loss ORDER BY seq;"
	"INSERT INTO event(type, seq)"
	"  SELECT 'detached', run_id FROM run WHERE detached_line IS NOT NULL ORDER BY run_id;"

	"CREATE TRIGGER episode_event AFTER INSERT ON episode"
	"  BEGIN INSERT INTO event(type, seq) VALUES(NEW.type, NEW.seq); END;"
	"CREATE TRIGGER outcome_event AFTER INSERT ON outcome"
	"  BEGIN"
	"    INSERT INTO event(type, seq, pid)"
	"      SELECT 'oom_outcome', seq, NEW.pid FROM episode WHERE id = NEW.id;"
	"  END;"
	"CREATE TRIGGER user_kill_event AFTER INSERT ON user_kill"
	"  BEGIN INSERT INTO event(type, seq) VALUES('killed_by_user', NEW.seq); END;"
	"CREATE TRIGGER loss_event AFTER INSERT ON loss"
	"  BEGIN INSERT INTO event(type, seq) VALUES('lost', NEW.seq); END;"
	"CREATE TRIGGER run_event AFTER INSERT ON run WHEN NEW.line IS NOT NULL"
	"  BEGIN INSERT INTO event(type, seq) VALUES('attached', NEW.run_id); END;"
	"CREATE TRIGGER run_ended_event AFTER UPDATE OF detached_line ON run"
	"  WHEN NEW.detached_line IS NOT NULL AND OLD.detached_line IS NULL"
	"  BEGIN INSERT INTO event(type, seq) VALUES('detached', NEW.run_id); END;"

	/* A row that is replaced by a better one of the same kill stays, as 'replaced'. */
	"CREATE TRIGGER episode_event_deleted AFTER DELETE ON episode"
	"  BEGIN"
	"    DELETE FROM event WHERE seq = OLD.seq"
	"      AND type IN ('oom_kill', 'oom_no_kill', 'oom_outcome');"
	"  END;"
	"CREATE TRIGGER user_kill_event_deleted AFTER DELETE ON user_kill"
	"  BEGIN DELETE FROM event WHERE seq = OLD.seq AND type = 'killed_by_user'; END;"
	"CREATE TRIGGER loss_event_deleted AFTER DELETE ON loss"
	"  BEGIN DELETE FROM event WHERE seq = OLD.seq AND type = 'lost'; END;"
	"CREATE TRIGGER run_event_deleted AFTER DELETE ON run"
	"  BEGIN"
	"    DELETE FROM event WHERE seq = OLD.run_id AND type IN ('attached', 'detached');"
	"  END;";

const char *const store_migrations[STORE_SCHEMA_VERSION] = {version_1, version_2};
