-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
-- Who is killed again and again, on how many hosts, and when it was last?
SELECT comm, memcg, count() AS kills, uniq(host) AS hosts, max(time) AS last
FROM oomtrace FINAL WHERE type = 'oom_kill' GROUP BY comm, memcg ORDER BY kills DESC, comm, memcg LIMIT 10 FORMAT JSONEachRow;

-- How long do victims hold their memory after the decision, by host?
SELECT host, count() AS victims, quantileExact(0.5)(freed_ms) AS median_ms, max(freed_ms) AS longest_ms
FROM oomtrace FINAL WHERE type = 'oom_outcome' AND visitParamHas(line, 'freed_ms') GROUP BY host ORDER BY host FORMAT JSONEachRow;

-- What did the last kill choose from? Its candidates are in the line: one row each.
SELECT toUInt32(extract(task, '^[0-9]+')) AS pid, visitParamExtractString(task, 'comm') AS comm,
    visitParamExtractInt(task, 'points') AS points
FROM
(
    SELECT arrayJoin(splitByString('},{"pid":', substring(line, position(line, '"tasks":[{"pid":') + 16))) AS task
    FROM oomtrace FINAL WHERE type = 'oom_kill' AND id =
        (SELECT id FROM oomtrace FINAL WHERE type = 'oom_kill' ORDER BY time DESC, id DESC LIMIT 1)
)
FORMAT JSONEachRow;
