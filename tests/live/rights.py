# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of tests/live/run about what may be done, and what is given up."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import compare
import guarded
from harness import SECONDS, Skip, await_ratelimit


def case_refused(live):
    """A backend that this machine cannot attach is refused with status 3 and a remedy, without a fallback."""
    if pathlib.Path("/sys/bus/event_source/devices/kprobe").exists():
        raise Skip("this kernel has kprobes: nothing to refuse")
    done = subprocess.run([live.program, "--backend", "kprobe", "-j"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=SECONDS)
    live.write("stderr", done.stderr.encode())
    checks = compare.Checks()
    checks.same("refused: exit status", done.returncode, 3)
    checks.same("refused: nothing on stdout", done.stdout, "")
    checks.that("refused: names the backend", "kprobe" in done.stderr, done.stderr)
    # More than a reason: what to do about it.
    checks.that("refused: names a remedy", re.search(r"(?i)remedy|try |use |instead", done.stderr),
                done.stderr)
    return checks


WRONG = (["--no-such-option"], ["-n", "0"], ["-n", "x"], ["-p", "0"], ["-p", "me"], ["-k", "-1"], ["-d", "5x"],
         ["-o", "yaml"], ["-o", "json:"], ["-j", "-o", "text"], ["--color", "sometimes"], ["--backend", "best"],
         ["--ring-size", "12345"], ["-q", "-v"], ["trace", "word"], ["trce"], ["replay"], ["doctor", "--no-such"])


def case_usage(live):
    """Wrong usage ends with status 2, says so on stderr and gives no data."""
    checks = compare.Checks()
    for options in WRONG:
        done = live.run_once(*options)
        checks.same(f"{options}: exit status", done.returncode, 2)
        checks.same(f"{options}: stdout", done.stdout, b"")
        checks.that(f"{options}: stderr", done.stderr.strip())
    checks.that("a mistyped verb names the nearest", b"trace" in live.run_once("trce").stderr)
    for options in (["--help"], ["--version"], ["replay", "--help"], ["doctor", "--help"]):
        done = live.run_once(*options)
        checks.same(f"{options}: exit status", done.returncode, 0)
        checks.that(f"{options}: stdout", done.stdout.strip())
    live.end()
    return checks


def case_unprivileged(live):
    """A user without privilege gets status 3, and is told what to do."""
    if not shutil.which("setpriv"):
        raise Skip("setpriv is not installed (util-linux)")
    checks = compare.Checks()
    with tempfile.TemporaryDirectory(prefix="oomtrace-live-") as place:
        os.chmod(place, 0o755)
        program = shutil.copy(live.program, place)
        os.chmod(program, 0o755)
        for options in (["-j"], ["-j", "--backend", "tracepoint"]):
            done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program, *options],
                                  capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, cwd="/")
            live.write("stderr", done.stderr)
            checks.same(f"{options}: exit status", done.returncode, 3)
            checks.same(f"{options}: stdout", done.stdout, b"")
            checks.that(f"{options}: the remedy", b"root" in done.stderr and b"CAP_BPF" in done.stderr, done.stderr)
    live.end()
    return checks


def delay(pid):
    """Keeps the process @pid off the only CPU that it may use from now on, for half a second. Returns who does."""
    cpu = max(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {cpu})
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
    if busy := os.fork():
        return busy
    os.sched_setaffinity(0, {cpu})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        pass
    os._exit(0)


def case_guard(live):
    """What is not needed has been given up, in every thread; what is done after that still works."""
    checks = compare.Checks()
    file = live.directory / "file"
    store = live.directory / "store"
    live.start("-v", "-o", f"json:{file}", "-s", store)
    guarded.check_threads(checks, live.tracer.pid)
    guarded.check_descriptors(checks, live.tracer.pid, [file, *(live.directory / name for name in (
        "stdout", "stderr", "record", "store", "store-wal", "store-shm"))])
    checks.that("guard: nothing is said to be missing", b"not in force" not in live.said("stderr"), live.said("stderr"))

    # A sleeper of another user's dies for who grows: its command line can only be looked up, while it lives.
    def looked_up():
        return [line for line in live.events("stdout") if line["type"] == "oom_outcome" and line.get("cmdline")]
    for tries in range(5):
        time.sleep(0.6 if tries else 0)     # the kernel is to have reports left for who comes next
        with live.gated("--limit", "64M", "-p", "name=sleeper,anon=40M,adj=500,uid=1000",
                        "-p", "name=grower,anon=2M,grow") as pids:
            busy = delay(pids["sleeper"])
        os.waitpid(busy, 0)
        done = live.said("stdout").count(b'"oom_kill"')
        live.await_that("told", lambda: live.said("stdout").count(b'"oom_outcome"') >= done)
        # Whoever else's kills there are, they are no matter here.
        (live.directory / "hog").unlink()
        if looked_up():
            break
    checks.that("guard: a command line was looked up", looked_up(), f"none of {tries + 1}")
    checks.that("guard: functions have names", live.kills()[0]["invoker"].get("stack"), live.kills()[0]["invoker"])
    # A file that was moved away is made again.
    file.rename(live.directory / "file.1")
    live.tracer.send_signal(signal.SIGHUP)
    live.await_that("reopened", file.exists)
    checks.same("guard: exit status", live.finish(signal.SIGINT), 0)
    checks.same("guard: the files have what stdout has", live.said("file.1") + live.said("file"), live.said("stdout"))
    checks.that("guard: the second has a part of it", live.said("file"))
    with contextlib.closing(sqlite3.connect(store)) as database:
        stored = database.execute("SELECT count(*) FROM episode WHERE type = 'oom_kill'").fetchone()[0]
        outcomes = database.execute("SELECT count(*) FROM outcome").fetchone()[0]
    checks.same("guard: kills that are stored", stored, len(live.kills()))
    checks.same("guard: their outcomes", outcomes, live.said("stdout").count(b'"oom_outcome"'))
    live.end()
    return checks


def case_user(live):
    """As another user, without any capability: kills are told all the same, and files are that user's."""
    await_ratelimit()       # the cases before have had many reports
    checks = compare.Checks()
    live.directory.chmod(0o777)
    file = live.directory / "file"
    live.start("--user", "nobody", "-o", f"json:{file}")
    nobody = file.stat().st_uid
    checks.that("user: the file is another user's, alone", nobody != 0 and file.stat().st_mode & 0o777 == 0o600, nobody)
    guarded.check_threads(checks, live.tracer.pid, looks=0, uid=nobody)
    live.provoke("--limit", "24M", "-p", "name=other,anon=3M", "-p", "name=grower,grow")
    checks.same("user: exit status", live.finish(signal.SIGINT), 0)
    done = live.run_once("--user", "no-such-user", "-d", "1")
    checks.same("no such user: exit status", done.returncode, 1)
    checks.that("no such user: says so", b"no-such-user" in done.stderr, done.stderr)
    return checks + live.compared("user")


def case_no_cmdline(live):
    """--no-cmdline: a victim's command line is told nowhere, nor recorded; without it, it is."""
    checks = compare.Checks()
    for options, wanted in ([], True), (["--no-cmdline"], False):
        live.start(*options)
        live.provoke("--limit", "24M", "-p", "name=other,anon=3M", "-p", "name=grower,grow")
        live.await_that("its outcome", lambda: b'"oom_outcome"' in live.said("stdout"))
        checks.same(f"{options}: exit status", live.finish(signal.SIGINT), 0)
        checks.same(f"{options}: kills", len(live.kills()), 1)
        checks.same(f"{options}: in the stream", b'"cmdline"' in live.said("stdout"), wanted)
        checks.same(f"{options}: in the recording", b"name other" in live.said("record").replace(b"=", b" ").replace(b"\0", b" "),
                    wanted)
        (live.directory / "hog").rename(live.directory / f"hog.{len(options)}")
    live.end()
    return checks


def case_user_killer(live):
    """Signals by a process on the list are told, those of another are not."""
    shell = live.directory / "fake-oomd"
    shutil.copy("/bin/sh", shell)
    live.start("--user-killers", "nobody,fake-oomd", record=False)
    targets = [subprocess.Popen(["sleep", "60"]) for _ in range(3)]
    first, second, other = (target.pid for target in targets)
    subprocess.run([shell, "-c", f"kill -TERM {first}; kill -KILL {second}"], check=True)
    subprocess.run(["/bin/sh", "-c", f"kill -TERM {other}"], check=True)
    for target in targets:
        target.wait()
    checks = compare.Checks()
    checks.same("user killer: exit status", live.finish(signal.SIGINT), 0)
    kills = [json.loads(line) for line in live.said("stdout").splitlines() if b'"killed_by_user"' in line]
    checks.same("user killer: whom, and how", [(kill["target"]["pid"], kill["signal"]) for kill in kills],
                [(first, signal.SIGTERM), (second, signal.SIGKILL)])
    checks.same("user killer: who", {kill["sender"]["comm"] for kill in kills}, {"fake-oomd"})
    checks.same("user killer: the victim's name", {kill["target"]["comm"] for kill in kills}, {"sleep"})
    live.end()
    return checks
