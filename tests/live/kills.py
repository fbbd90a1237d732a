# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of tests/live/run about what was killed, why and what came of it."""
import gzip
import json
import os
import pathlib
import signal

import compare
import past
from harness import Skip, kmsg

STORM = 50


def case_memcg(live):
    """Processes of all sizes and kinds of memory, ended by Ctrl-C."""
    live.start()
    live.provoke("--limit", "48M",
                 "-p", "name=large,anon=14M,sub=a",
                 "-p", "name=offered,anon=2M,adj=300,sub=a",
                 "-p", "name=threads,anon=4M,threads=6,sub=b",
                 "-p", "name=user,anon=1M,uid=1000,sub=b",
                 "-p", "name=mapper,file=3M,shmem=2M,adj=5,sub=b",
                 "-p", "name=grower,anon=2M,sub=a,grow")
    live.finish(signal.SIGINT)
    return live.compared("memcg")


def case_names(live):
    """Names made to break outputs; the victim has one of them. Ended by SIGTERM."""
    live.start()
    live.provoke("--limit", "24M",
                 "-p", "name=%22%2c%22x%22%3a%22,anon=1M",
                 "-p", "name=%0aKilled,anon=1M",
                 "-p", "name=%1b[2J%1b]0;t%07,anon=1M",
                 "-p", "name=%c3%28%f0%9f%ff%5c,anon=1M",
                 "-p", "name=  ] 1 2 3,anon=1M",
                 "-p", "name=a%20invoked%20oom,anon=1M",
                 "-p", "name=%e2%82%ac)%22%0a%ff,anon=2M,grow")
    live.finish(signal.SIGTERM)
    return live.compared("names")


def case_leader(live):
    """The victim's first thread is gone, its memory is not."""
    live.start()
    live.provoke("--limit", "32M",
                 "-p", "name=headless,anon=12M,threads=4,leader-exits,adj=200",
                 "-p", "name=other,anon=3M",
                 "-p", "name=grower,grow")
    live.finish(signal.SIGINT)
    return live.compared("leader")


def case_limit_write(live):
    """Somebody outside lowers the limit."""
    if live.v1:
        raise Skip("a limit of cgroup v1 refuses to go below what is used")
    live.start()
    live.provoke("--limit", "64M", "--shrink", "20M", "--name", "the writer",
                 "-p", "name=large,anon=16M", "-p", "name=medium,anon=8M", "-p", "name=small,anon=4M")
    live.finish(signal.SIGINT)
    return live.compared("limit_write")


def case_stuck(live):
    """A victim that cannot die is told after 5 s, with what the oom_reaper took; and again when it is gone."""
    live.start()
    with live.gated("--limit", "32M", "-p", "name=held,anon=14M,held", "-p", "name=sharing,shmem=4M",
                    "-p", "name=grower,grow", gate=()):
        live.await_that("told", lambda: b'"watched_ms"' in (live.directory / "stdout").read_bytes())
    live.finish(signal.SIGINT)
    return live.compared("stuck")


def case_disabled(live):
    """Where the OOM killer is disabled a task waits: doctor names the cgroup."""
    if not live.v1:
        raise Skip("the memory controller is not of version 1")
    control = pathlib.Path(f"{live.mount}/oomtrace-test-{os.getpid()}/memory.oom_control")
    live.start()
    with live.gated("--no-kill", "--limit", "24M", "-p", "name=sleeper,anon=8M,adj=300",
                    "-p", "name=grower,anon=2M,grow", gate=()):
        live.await_that("somebody waits", lambda: "under_oom 1" in control.read_text())
        live.write("doctor", live.run_once("doctor", "-j").stdout)
    live.finish(signal.SIGINT)
    return live.compared("v1_disabled")


def case_count(live):
    """-n 1 ends by itself after one kill, and the default verb needs no name."""
    live.start("-n", "1", program=())
    live.provoke("--limit", "24M", "-p", "name=other,anon=3M", "-p", "name=grower,grow")
    live.finish()
    return live.compared("count")


def case_backfill(live):
    """What was before is told first, out of the log; what comes then is told once, and not again from there."""
    checks = compare.Checks()
    hogs = {}

    def provoke(word):
        live.provoke("--limit", "24M", "-p", f"name={word},anon=2M,grow", "-p", "name=other,anon=3M")
        (live.directory / "hog").rename(live.directory / f"hog.{word}")
        hogs[word] = compare.read_hog(live.directory / f"hog.{word}")

    provoke("before")
    log = live.directory / "syslog.gz"
    log.write_bytes(gzip.compress(kmsg(live.seq)[0]))
    live.start("--backfill", f"--backfill={log}")
    provoke("after")
    # Reading the logs takes its time on a busy machine; who ends it meanwhile has not all of them.
    live.await_that("told", lambda: all(word in live.said("stdout") for word in (b'"comm":"before"', b'"source":"live"')))
    live.finish(signal.SIGINT)
    live.end()
    events = compare.parse_stream(checks, (live.directory / "stdout").read_bytes())
    compare.check_stream(checks, events, compare.status_of(live.directory), "auto", None)
    past.check_lines(checks, events)
    past.check_once(checks, events, "before", {"kmsg"}, hogs["before"])
    past.check_once(checks, events, "after", {"live"}, hogs["after"])
    again = live.run_once("-jq", "--backfill", "-d", "200ms")
    live.write("again", again.stdout)
    checks.same("again: status", again.returncode, 0)
    told = {kill["victim"]["pid"]: kill["id"] for kill in map(json.loads, again.stdout.splitlines())
            if kill["type"] == "oom_kill"}
    pid = hogs["before"]["end"]["killed_pids"][0]
    name = next((kill["id"] for kill in live.kills() if kill["victim"]["pid"] == pid), "not told")
    checks.same("again: the id", told.get(pid), name)
    imported = live.run_once("import", "-jq", log)
    checks.that("import: the same id", f'"id":"{name}"'.encode() in imported.stdout, imported.stdout[:300])
    return checks


def case_storm(live):
    """Kill after kill, with bystanders: nothing lost, nothing invented."""
    live.start()
    live.provoke("--limit", "6M", "--storm", str(STORM), "-p", "name=idle,count=20")
    live.finish(signal.SIGINT)
    return live.compared("storm")
