-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- The JSON lines of all hosts, as they are, and what people filter by as columns. Lines come in with
--     clickhouse-client --query 'INSERT INTO oomtrace (line) FORMAT TabSeparatedRaw' <oomtrace.jsonl
-- and by any shipper that has them whole. One that comes twice is there once after a merge, or with FINAL.
CREATE TABLE oomtrace
(
    line String,
    type String MATERIALIZED visitParamExtractString(line, 'type'),
    id String MATERIALIZED visitParamExtractString(line, 'id'),
    host String MATERIALIZED visitParamExtractString(line, 'host'),
    time DateTime MATERIALIZED parseDateTimeBestEffort(visitParamExtractString(line, 'time')),
    victim String MATERIALIZED visitParamExtractRaw(line, 'victim'),
    pid UInt32 MATERIALIZED if(type = 'oom_kill', visitParamExtractUInt(victim, 'pid'), visitParamExtractUInt(line, 'pid')),
    comm String MATERIALIZED visitParamExtractString(victim, 'comm'),
    cgroup String MATERIALIZED visitParamExtractString(victim, 'cgroup'),
    unit String MATERIALIZED visitParamExtractString(visitParamExtractRaw(victim, 'container'), 'unit'),
    pod_uid String MATERIALIZED visitParamExtractString(visitParamExtractRaw(victim, 'container'), 'pod_uid'),
    memcg String MATERIALIZED visitParamExtractString(visitParamExtractRaw(line, 'memcg'), 'path'),
    limit_bytes UInt64 MATERIALIZED visitParamExtractUInt(visitParamExtractRaw(line, 'memcg'), 'limit_bytes'),
    freed_ms Float64 MATERIALIZED visitParamExtractFloat(line, 'freed_ms')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (type, host, time, id, pid);
