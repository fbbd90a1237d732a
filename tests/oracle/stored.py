# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a store holds, held against what was streamed at the same time."""
import contextlib
import json
import sqlite3


def rows(file, query):
    """What @query gives, read beside whoever writes."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as store:
        return store.execute(query).fetchall()


def lines_of(file):
    """{type: lines} of everything in the store, each in the order it was stored in."""
    found = {
        "attached": "SELECT line FROM run ORDER BY run_id",
        "detached": "SELECT detached_line FROM run WHERE detached_line IS NOT NULL ORDER BY run_id",
        "oom_kill": "SELECT line FROM episode JOIN episode_line USING (seq) WHERE type = 'oom_kill' ORDER BY seq",
        "oom_outcome": "SELECT line FROM outcome",
    }
    return {kind: [line for (line,) in rows(file, query)] for kind, query in found.items()}


def compare_lines(checks, name, file, stream):
    """What is stored is what was streamed, byte for byte."""
    stored = lines_of(file)
    for kind, lines in stored.items():
        streamed = [line for line in stream.decode().splitlines() if json.loads(line)["type"] == kind]
        checks.same(f"{name}: {kind} lines", sorted(lines), sorted(streamed))
    checks.same(f"{name}: in their order", stored["oom_kill"],
                [line for line in stream.decode().splitlines() if json.loads(line)["type"] == "oom_kill"])
    checks.same(f"{name}: integrity", rows(file, "PRAGMA integrity_check"), [("ok",)])
