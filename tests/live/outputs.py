# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of tests/live/run about what is told, to whom, and of what."""
import contextlib
import json
import os
import pty
import re
import signal
import struct
import subprocess
import time
import fcntl

import compare
from harness import SECONDS


WIRE_KINDS = {"decision": 1, "candidates": 2, "victim": 3, "end": 4, "fate": 5}


def records_of(recording):
    """[(kind, its bytes, padding included)] behind the eight bytes that a recording begins with."""
    found, at = [], 8
    while at < len(recording):
        size, kind = struct.unpack_from("<IH", recording, at)
        step = (size + 7) // 8 * 8
        found.append((kind, recording[at:at + step]))
        at += step
    return found


def case_replay(live):
    """The recording of a run gives the same kills."""
    live.start()
    live.provoke("--limit", "24M", "-p", "name=%22%0a%ff,anon=3M", "-p", "name=grower,grow")
    live.finish(signal.SIGINT)
    checks = compare.Checks(live.compared("replay"))
    done = subprocess.run([live.program, "replay", "-j", live.directory / "record"], capture_output=True)
    live.write("replayed", done.stdout)
    checks.same("replay: exit status", done.returncode, 0)
    again = [event for event in compare.parse_stream(checks, done.stdout) if event["type"] == "oom_kill"]
    checks.same("replay: source", {kill.get("source") for kill in again}, {"replay"})
    for kill in again:
        kill["source"] = "live"
    first = live.kills()
    checks.same("replay: as many kills", len(again), len(first))
    for old, new in zip(first, again):
        differ = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        checks.that("replay: the same line", not differ, f"differs in {differ}")
    return checks


def case_damaged(live):
    """A recording that was tampered with: what is left out is counted, by reason."""
    live.start()
    live.provoke("--limit", "24M", "-p", "name=other,anon=3M", "-p", "name=grower,grow")
    live.finish(signal.SIGINT)
    live.end()
    checks = compare.Checks()
    whole = live.said("record")
    records = records_of(whole)
    wrong_version = [(kind, data[:6] + b"\xff\xff" + data[8:] if kind == WIRE_KINDS["end"] else data)
                     for kind, data in records]
    beheaded = [record for record in records if record[0] != WIRE_KINDS["decision"]]
    for name, kept, reason, status in (("malformed", wrong_version, "malformed", 1), ("stray", beheaded, "stray", 0)):
        live.write(f"{name}.record", whole[:8] + b"".join(data for _, data in kept))
        done = live.run_once("replay", "-j", live.directory / f"{name}.record")
        live.write(name, done.stdout)
        events = live.events(name)
        checks.same(f"{name}: exit status", done.returncode, status)
        checks.same(f"{name}: its last line", events[-1]["type"], "detached")
        checks.that(f"{name}: counted", events[-1]["lost"].get(reason), events[-1]["lost"])
        checks.that(f"{name}: said", any(event["reason"] == reason for event in compare.of_type(events, "lost")),
                    compare.of_type(events, "lost"))
        checks.same(f"{name}: kills", len(compare.of_type(events, "oom_kill")), int(name == "malformed"))
    live.write("cut.record", whole[:-20])
    done = live.run_once("replay", "-j", live.directory / "cut.record")
    checks.same("cut: exit status", done.returncode, 1)
    checks.that("cut: says from where on", b"damaged from byte" in done.stderr, done.stderr)
    live.write("foreign.record", b"no recording" * 10)
    checks.same("foreign: exit status", live.run_once("replay", live.directory / "foreign.record").returncode, 1)
    return checks


CROWD = ("-p", "name=bystander,anon=3M,sub=a", "-p", "name=second,anon=4M,sub=b",
         "-p", "name=third,anon=1M,sub=b", "-p", "name=grower,anon=6M,sub=b,grow")


def case_filters(live):
    """Tracers with one filter each, side by side: the same kill is given by those that it passes."""
    checks = compare.Checks()
    path = f"/oomtrace-test-{os.getpid()}"
    with live.gated("--limit", "32M", *CROWD) as pids:
        wanted = {"pid": (["-p", str(pids["grower"])], 1), "other-pid": (["-p", str(pids["second"])], 0),
                  "path": (["-c", path], 1), "child": (["-c", path + "/b"], 1),
                  "mount": (["-c", live.mount + path], 1), "begins-alike": (["-c", path[:-1]], 0),
                  "comm": (["--comm", "grower"], 1), "begins-like-comm": (["--comm", "grow"], 0),
                  "both": (["--comm", "grower", "-c", path], 1), "one-of-two": (["--comm", "second", "-c", path], 0)}
        for name, (options, _) in wanted.items():
            live.watch(name, "-j", *options)
        live.await_watchers()
    live.finish_watchers(checks)
    live.end()
    for name, (options, count) in wanted.items():
        events = live.events(name)
        kills = compare.of_type(events, "oom_kill")
        checks.same(f"{options}: kills", len(kills), count)
        checks.same(f"{options}: outcomes", len(compare.of_type(events, "oom_outcome")), count)
        checks.that(f"{options}: the victim", all(kill["victim"]["pid"] == pids["grower"] for kill in kills), kills)
        # What is filtered is what is shown: a recording holds everything.
        checks.that(f"{options}: recorded", len(live.said(f"{name}.record")) > 4096)
    return checks


def columns(text):
    return max(len(line) for line in text.splitlines())


def in_table(name, text):
    """Whether a candidate has a row; a command line may hold its name too."""
    return re.search(rf"^ +\*? +\d+ {re.escape(name)} +-?\d", text, re.M)


def case_text(live):
    """What a person sees, with and without -q, -k, a terminal and NO_COLOR."""
    checks = compare.Checks()
    terminals = {}
    with live.gated("--limit", "32M", *CROWD) as pids:
        live.watch("text")
        live.watch("quiet", "-q")
        live.watch("one", "-k", "1")
        live.watch("colors", "--color", "always", env={"NO_COLOR": "1"})
        for name, env in (("terminal", {"NO_COLOR": ""}), ("no-color", {"NO_COLOR": "1"})):
            ours, theirs = pty.openpty()
            live.watch(name, env={"TERM": "xterm", **env}, stdout=theirs)
            os.close(theirs)
            terminals[name] = ours
        live.await_watchers()
    live.finish_watchers(checks)
    live.end()
    text = live.said("text").decode()
    victim, second = f"grower[{pids['grower']}]", f"second[{pids['second']}]"
    for what in (f"memcg OOM in /oomtrace-test-{os.getpid()}", "limit 32 MiB", "killed", "invoked by", "why", "memory",
                 "candidates", victim, second, "largest of 4 candidates", "bystander", "third", "exited after"):
        checks.that(f"text: says {what!r}", what in text, text)
    checks.that("text: at most 80 columns", columns(text) <= 80, text)
    checks.that("text: no colours outside of a terminal", "\x1b" not in text, text)
    table = re.findall(r"^ +\*? +(\d+) (\S+) +(-?\d+) ", text, re.M)
    checks.same("text: the table", [int(row[0]) for row in table],
                [pids[name] for name in ("grower", "second", "bystander", "third")])
    points = [int(row[2]) for row in table]
    checks.that("text: by falling points", points == sorted(points, reverse=True), points)
    checks.that("stderr: the banner", b"attached" in live.said("text.stderr"), live.said("text.stderr"))
    checks.that("stderr: the totals", b"1 OOM kill (1 process)" in live.said("text.stderr"), live.said("text.stderr"))
    quiet = live.said("quiet").decode()
    checks.that("-q: the kill, and no table", victim in quiet and not in_table("bystander", quiet), quiet)
    checks.that("-q: no banner", b"attached" not in live.said("quiet.stderr"), live.said("quiet.stderr"))
    one = live.said("one").decode()
    checks.that("-k 1: the rest is counted", not in_table("bystander", one) and "3 more" in one, one)
    checks.that("--color always: wins over NO_COLOR", b"\x1b[" in live.said("colors"))
    for name, ours in terminals.items():
        shown = b""
        with contextlib.suppress(OSError):      # the end of a terminal whose other side is closed
            while piece := os.read(ours, 65536):
                shown += piece
        os.close(ours)
        checks.that(f"{name}: colours", (b"\x1b[" in shown) == (name == "terminal"), shown[:300])
        checks.that(f"{name}: the kill", victim.encode() in shown, shown[:300])
    return checks


def case_outputs(live):
    """A file and stdout at once, -k, -d, and an output that takes nothing: counted, and the others have it all."""
    checks = compare.Checks()
    file = live.directory / "file"
    with live.gated("--limit", "32M", *CROWD) as pids:
        live.watch("both", "-o", f"json:{file}", "-o", "text")
        live.watch("two", "-j", "-k", "2")
        live.watch("first", "-n", "1", "-d", "30", "-j")
        live.watch("full", "-j", "-o", "text:/dev/full")
        live.await_watchers()
    full = live.watchers.pop("full")
    live.finish_watchers(checks)
    live.tracer = full
    checks.same("full: exit status", live.finish(signal.SIGINT), 1)
    live.end()
    in_file = live.events("file")
    checks.same("file: lines", [event["type"] for event in in_file],
                ["attached", "oom_kill", "oom_outcome", "detached"])
    checks.that("text beside it", f"grower[{pids['grower']}]" in live.said("both").decode(), live.said("both"))
    kill = compare.of_type(live.events("two"), "oom_kill")[0]
    # Shown are two of those that are known; nothing is said to be lost.
    checks.same("-k 2: tasks", [task["pid"] for task in kill["candidates"]["tasks"]], [pids["grower"], pids["second"]])
    checks.same("-k 2: total", kill["candidates"]["total"], 4)
    checks.that("-k 2: nothing is lost", not kill.get("loss") and not kill["candidates"].get("lost"), kill.get("loss"))
    events = live.events("full")
    checks.same("full: kills on stdout", len(compare.of_type(events, "oom_kill")), 1)
    checks.that("full: the loss is said", any(event["reason"] == "output" for event in compare.of_type(events, "lost")),
                compare.of_type(events, "lost"))
    # Of text: the kill and its outcome, at least.
    checks.that("full: and counted", events[-1]["lost"].get("output", 0) >= 2, events[-1]["lost"])
    checks.that("full: stderr names it", b"/dev/full" in live.said("full.stderr"), live.said("full.stderr"))
    began = time.monotonic()
    done = live.run_once("-d", "1", "-j")
    took = time.monotonic() - began
    checks.same("-d: exit status", done.returncode, 0)
    checks.that("-d: after its time", took >= 1, f"{took:.2f} s")
    checks.same("-d: lines", [json.loads(line)["type"] for line in done.stdout.splitlines()], ["attached", "detached"])
    return checks


def series_of(page):
    """{series: value} of a page of metrics."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in page.splitlines() if line[:1] not in ("#", "")}


def case_metrics(live):
    """The page of --metrics agrees with the kernel's count, also of what is filtered, and is written while it runs."""
    checks = compare.Checks()
    page = live.directory / "oom.prom"
    live.start("--comm", "nobody-of-that-name", "--metrics", page)
    live.await_that("written", page.exists)
    first = series_of(page.read_text())
    kind = '{scope="process",constraint="memcg",selection="select_bad_process"}'
    checks.same("at first", first.get(f"oomtrace_kills_total{kind}"), 0)
    live.provoke("--limit", "24M", "-p", "name=other,anon=3M", "-p", "name=grower,grow")
    # Long before the next heartbeat.
    live.await_that("counted", lambda: series_of(page.read_text()).get(f"oomtrace_kills_total{kind}") == 1)
    checks.same("mode", page.stat().st_mode & 0o777, 0o644)
    checks.same("exit status", live.finish(signal.SIGINT), 0)
    live.end()
    last = series_of(page.read_text())
    checks.same("kills given", live.kills(), [])
    checks.same("freed", last["oomtrace_freed_seconds_count"], 1)
    checks.same("kernel's count", last["oomtrace_kernel_kills_total"] - first["oomtrace_kernel_kills_total"], 1)
    checks.same("unseen", last["oomtrace_unseen_kills"], 0)
    checks.that("bytes", 16 << 20 < last["oomtrace_killed_bytes_total"] < 24 << 20, last["oomtrace_killed_bytes_total"])
    checks.that("heartbeat", 0 <= time.time() - last["oomtrace_heartbeat_timestamp_seconds"] < SECONDS, last)
    checks.same("nothing is left beside it", [path.name for path in live.directory.glob("oom.prom*")], ["oom.prom"])
    done = live.run_once("--metrics", live.directory / "nowhere/oom.prom")
    checks.same("no directory: exit status", done.returncode, 1)
    checks.that("no directory: a word about it", b"a directory that is there" in done.stderr, done.stderr)
    return checks


def case_epipe(live):
    """A reader that goes away ends the run, and that is no failure."""
    head = subprocess.Popen(["head", "-n", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    # With a recording it would rightly go on: stdout is then not its only output.
    live.start(stdout=head.stdin, record=False)
    head.stdin.close()
    line = head.stdout.read()       # ends when head has its line, and with it the pipe's only reader
    head.wait()
    live.provoke("--limit", "24M", "-p", "name=other,anon=3M", "-p", "name=grower,grow")
    checks = compare.Checks()
    checks.that("epipe: a line came", b'"attached"' in line, line[:200])
    checks.same("epipe: exit status", live.finish(), 0)
    live.end()
    return checks


def case_blocked(live):
    """Stdout is a pipe that is full and that nobody reads: SIGTERM ends it all the same."""
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    live.start(stdout=theirs)
    os.close(theirs)
    record = live.directory / "record"
    live.await_that("attached", lambda: record.exists() and record.stat().st_size > 100)
    live.provoke("--limit", "6M", "--storm", "6", "-p", "name=idle,count=20")
    began = time.monotonic()
    checks = compare.Checks()
    checks.same("blocked: exit status", live.finish(signal.SIGTERM), 0)
    took = time.monotonic() - began
    checks.that("blocked: ends at once", took < 2, f"{took:.2f} s")
    said = live.said("stderr").decode()
    checks.that("blocked: what was lost is said", re.search(r"lost: output [1-9]", said), said)
    os.close(ours)
    live.end()
    return checks


def case_stopped(live):
    """A small ring and a reader that is stopped: seen and lost are what the kernel counted."""
    live.start("--ring-size", "32K")
    live.tracer.send_signal(signal.SIGSTOP)
    live.provoke("--limit", "6M", "--storm", "40", "-p", "name=idle,count=20")
    live.tracer.send_signal(signal.SIGCONT)
    live.finish(signal.SIGINT)
    return live.compared("stopped")
