# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of tests/live/run about a store: what is in it, and what it lives through."""
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess

import compare
from stored import compare_lines, rows

BYSTANDERS = ("-p", "name=idle,count=8")


def ours():
    """Passes the kills that are provoked here, and nobody else's."""
    return "-c", f"/oomtrace-test-{os.getpid()}"


def storm(live, count):
    """@count kills, one after the other."""
    live.provoke("--limit", "6M", "--storm", str(count), *BYSTANDERS)


def stored_ids(said):
    return re.findall(r"^oomtrace: stored ([0-9a-f]{16})$", said.decode(), re.MULTILINE)


def await_stored(live, file, count):
    live.await_that(f"{count} stored", lambda: rows(file, "SELECT count(*) FROM episode") == [(count,)])


def case_store(live):
    """Dozens of kills into a store: each line as it was streamed; what came while nobody watched is told."""
    checks = compare.Checks()
    file = live.directory / "kills.db"
    live.start("-v", "-s", str(file))
    checks.same("store: mode", [oct(path.stat().st_mode & 0o777) for path in sorted(live.directory.glob("kills.db*"))],
                ["0o600"] * 3)
    storm(live, 30)
    checks.same("store: exit status", live.finish(signal.SIGINT), 0)
    compare_lines(checks, "store", file, live.said("stdout"))
    said = live.said("stderr")
    ids = [kill["id"] for kill in live.kills()]
    checks.same("store: all are said to be stored", stored_ids(said), ids)
    checks.that("store: totals are said", f"{len(ids)} kills stored, 0 were there already" in said.decode(), said)
    checks.same("store: tasks of a kill", rows(file, f"SELECT count(*) FROM task WHERE role = 'candidate' AND id = '{ids[0]}'"),
                [(len(live.kills()[0]["candidates"]["tasks"]),)])
    live.end()
    result = live.compared("storm")
    hog = live.said("hog")
    # Nobody watches this one.
    live.provoke("--limit", "24M", "-p", "name=unseen,anon=3M", "-p", "name=grower,grow")
    done = live.run_once("-d", "1", "-s", str(file))
    checks.that("missed: is told", b"Missed 1 OOM kill between" in done.stderr, done.stderr)
    done = live.run_once("-d", "1", "-s", str(file))
    checks.that("missed: once", b"Missed" not in done.stderr, done.stderr)
    # The same again, out of the recording.
    done = live.run_once("replay", "-s", str(file), str(live.directory / "record"))
    checks.that("replay: is known", f"0 kills stored, {len(ids)} were there already" in done.stderr.decode(), done.stderr)
    # What has been compared is the storm.
    live.write("hog", hog)
    return checks + result


def case_store_killed(live):
    """kill -9 while killing, again and again: what was said to be stored is stored, and the store is whole."""
    checks = compare.Checks()
    file = live.directory / "kills.db"
    ids = []
    for seed in range(6):
        live.start("-v", "-s", str(file), *ours())
        chance = random.Random(seed).uniform(0.05, 0.6)
        killer = subprocess.Popen(["/bin/sh", "-c", f"sleep {chance}; kill -9 {live.tracer.pid}"])
        storm(live, 15)
        killer.wait()
        live.tracer.wait()
        ids += stored_ids(live.said("stderr"))
        known = {found for (found,) in rows(file, "SELECT id FROM episode")}
        checks.that(f"killed {seed}: all that was said to be stored", set(ids) <= known, sorted(set(ids) - known))
        checks.same(f"killed {seed}: integrity", rows(file, "PRAGMA integrity_check"), [("ok",)])
    checks.that("killed: anything was stored", len(ids) > 6, ids)
    live.end()
    (live.directory / "hog").unlink()
    return checks


def mount(directory, size):
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", directory], check=True)


def fill(path):
    """Takes all that is left on the disk that @path is on."""
    with open(path, "wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


def case_store_full(live):
    """A disk that fills up, and is made room on again: the stream goes on, and the store has it all in the end."""
    checks = compare.Checks()
    disk = live.directory / "disk"
    mount(disk, "1M")
    try:
        file = disk / "kills.db"
        live.start("-v", "-s", str(file), *ours())
        storm(live, 4)
        await_stored(live, file, 4)
        fill(disk / "filler")
        storm(live, 12)
        live.await_that("streamed", lambda: live.said("stdout").count(b'"oom_outcome"') >= 16)
        live.await_that("told", lambda: b"cannot store in" in live.said("stderr"))
        checks.that("full: not all is stored", rows(file, "SELECT count(*) FROM episode")[0][0] < 16, "")
        (disk / "filler").unlink()
        await_stored(live, file, 16)
        checks.same("full: exit status", live.finish(signal.SIGINT), 0)
        compare_lines(checks, "full", file, live.said("stdout"))
        said = live.said("stderr").decode()
        checks.same("full: told once, with a remedy", len(re.findall("warning: cannot store in .*make room", said)), 1)
        checks.that("full: and that it works again", "takes again" in said, said)
    finally:
        live.stop_leftover()
        subprocess.run(["umount", disk], check=False)
    live.end()
    (live.directory / "hog").unlink()
    return checks


def case_store_locked(live):
    """Another program holds the store locked for longer than is waited for."""
    checks = compare.Checks()
    file = live.directory / "kills.db"
    live.start("-v", "-s", str(file), *ours())
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    storm(live, 12)
    live.await_that("told", lambda: b"locked" in live.said("stderr"))
    checks.same("locked: nothing is stored", rows(file, "SELECT count(*) FROM episode"), [(0,)])
    other.execute("COMMIT")
    other.close()
    await_stored(live, file, 12)
    checks.same("locked: exit status", live.finish(signal.SIGINT), 0)
    compare_lines(checks, "locked", file, live.said("stdout"))
    live.end()
    (live.directory / "hog").unlink()
    return checks


def case_store_refused(live):
    """What cannot be a store is refused at the start, with a remedy, and left as it is."""
    checks = compare.Checks()
    damaged, foreign, newer = (live.directory / name for name in ("damaged.db", "foreign.db", "newer.db"))
    damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 8176)
    live.run_once("-d", "10ms", "-s", str(newer))
    for file, change in (foreign, "CREATE TABLE somebody(s)"), (newer, "PRAGMA user_version = 99"):
        other = sqlite3.connect(file)
        other.execute(change)
        other.close()
    link = live.directory / "link.db"
    link.symlink_to(foreign)
    cases = [(damaged, "malformed|not a database"), (foreign, "another program"), (newer, "newer oomtrace"),
             (link, "symbolic link"), (live.directory / "no/such.db", "create its directory"),
             (pathlib.Path("/proc/kills.db"), "cannot store")]
    for file, why in cases:
        before = file.read_bytes() if file.exists() else None
        done = live.run_once("-d", "1", "-s", str(file))
        checks.same(f"{file.name}: exit status", done.returncode, 1)
        checks.that(f"{file.name}: says why", re.search(why, done.stderr.decode()), done.stderr)
        checks.that(f"{file.name}: is as it was", before is None or file.read_bytes() == before, "")
    return checks


CASES = [case_store, case_store_killed, case_store_full, case_store_locked, case_store_refused]
