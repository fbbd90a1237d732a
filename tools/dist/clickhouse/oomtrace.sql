-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- The JSON lines of all hosts, as they are, and what people filter by as columns. Lines come in by
--     jq -Rc '{line: .}' oomtrace.jsonl | clickhouse-client --query 'INSERT INTO oomtrace (line) FORMAT JSONEachRow'
-- and by any shipper that has them whole. One that comes twice is there once after a merge, and with FINAL.
--
-- A member is looked for behind the name of the object that it is in: a quote within a name is escaped, so
-- that no process can be called what is looked for. visitParamExtractRaw() would count its brackets.
CREATE TABLE oomtrace
(
    line String,
    type String MATERIALIZED visitParamExtractString(line, 'type'),
    id String MATERIALIZED visitParamExtractString(line, 'id'),
    host String MATERIALIZED visitParamExtractString(line, 'host'),
    time DateTime MATERIALIZED parseDateTimeBestEffort(visitParamExtractString(line, 'time')),
    victim String MATERIALIZED if(type = 'oom_kill', substring(line, position(line, '"victim":'),
        position(line, '"victims":') - position(line, '"victim":')), ''),
    over String MATERIALIZED if(position(line, '"memcg":') = 0, '', substring(line, position(line, '"memcg":'), 4096)),
    pid UInt32 MATERIALIZED visitParamExtractUInt(if(type = 'oom_kill', victim, line), 'pid'),
    comm String MATERIALIZED visitParamExtractString(if(type = 'oom_kill', victim, line), 'comm'),
    cgroup String MATERIALIZED visitParamExtractString(victim, 'cgroup'),
    unit String MATERIALIZED visitParamExtractString(victim, 'unit'),
    pod_uid String MATERIALIZED visitParamExtractString(victim, 'pod_uid'),
    memcg String MATERIALIZED visitParamExtractString(over, 'path'),
    limit_bytes UInt64 MATERIALIZED visitParamExtractUInt(over, 'limit_bytes'),
    freed_ms Float64 MATERIALIZED visitParamExtractFloat(line, 'freed_ms')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (type, host, time, id, pid);
