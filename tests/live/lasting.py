# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of tests/live/run about runs that last: what changes meanwhile, and readers who take their time."""
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import compare
from stored import rows

BIGLOG = pathlib.Path(__file__).resolve().parents[1] / "bench" / "biglog"
CLONE_NEWUTS = 0x04000000
TRIES = 5           # a kill may be told before the news of the name
REPORTS = 1000      # some KiB of JSON each: more than a queue and a pipe hold
STALL_SECONDS = 12  # longer than a reader is waited for while something live waits


def own_name():
    """To be called in the child: a host name of its own, so that this machine keeps its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUTS):
        raise OSError(ctypes.get_errno(), "unshare")


def rename(live, name):
    subprocess.run(["nsenter", f"--uts=/proc/{live.tracer.pid}/ns/uts", "sh", "-c", f"echo {name} >/proc/sys/kernel/hostname"],
                   check=True)


def case_renamed(live):
    """The host is called something else while it is traced: what happens then is told under that name."""
    checks = compare.Checks()
    file = live.directory / "kills.db"
    before = os.uname().nodename
    live.start("-s", str(file), preexec_fn=own_name)
    live.provoke("--limit", "24M", "-p", "name=first,anon=2M,grow")
    (live.directory / "hog").rename(live.directory / "hog.0")
    live.await_that("first told", lambda: b'"type":"oom_kill"' in live.said("stdout"))
    rename(live, "oomtrace-renamed")
    hosts = []
    for i in range(1, TRIES):
        live.provoke("--limit", "24M", "-p", "name=second,anon=2M,grow")
        (live.directory / "hog").rename(live.directory / f"hog.{i}")
        live.await_that("told", lambda: len(live.kills()) > i)
        hosts = [kill["host"] for kill in live.kills()]
        if hosts[-1] != before:
            break
    live.finish(signal.SIGINT)
    live.end()
    events = live.events("stdout")
    checks.same("renamed: the first", hosts[0], before)
    checks.same("renamed: the last", hosts[-1], "oomtrace-renamed")
    checks.same("renamed: attached once", [event["type"] for event in events].count("attached"), 1)
    checks.same("renamed: one boot", len({event["boot_id"] for event in events}), 1)
    checks.same("renamed: in the store", rows(file, "SELECT host FROM kill ORDER BY seq"), [(host,) for host in hosts])
    again = live.run_once("replay", "-j", live.directory / "record")
    checks.same("renamed: replayed", [event["host"] for event in map(json.loads, again.stdout.splitlines())],
                [event["host"] for event in events])
    # Under another name it is the same host still, and was watched until just now.
    later = live.run_once("-d", "200ms", "-s", str(file))
    checks.that("renamed: no restart is told", b"restarted" not in later.stderr, later.stderr)
    return checks


def case_pager(live):
    """What was before goes to a reader who takes none of it for a while: all of it is told nevertheless."""
    checks = compare.Checks()
    log = live.directory / "syslog"
    subprocess.run([sys.executable, BIGLOG, str(log), "8", str(REPORTS)], check=True)
    reader, writer = os.pipe()
    live.start("-q", f"--backfill={log}", stdout=writer, record=False)
    os.close(writer)
    # The stall itself, which waits for nothing.
    time.sleep(STALL_SECONDS)
    told = b""
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while piece := pipe.read(1 << 16):
            told += piece
            if b'"source":"kmsg"' in told or told.count(b'"source":"log"') == REPORTS:
                break
        live.tracer.send_signal(signal.SIGINT)
        told += b"".join(iter(lambda: pipe.read(1 << 16), b""))
    live.finish()
    live.end()
    events = [json.loads(line) for line in told.splitlines()]
    checks.same("pager: all are told", sum(event.get("source") == "log" for event in events), REPORTS)
    checks.same("pager: nothing is lost", [event for event in events if event["type"] == "lost"], [])
    return checks


CASES = [case_renamed, case_pager]
