# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What runs cases of real kills on this machine: the tracer, the hog, the kernel's side, and the tally."""
import argparse
import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback

import compare

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 20                # for anything that the tracer has to do by itself
# The kernel prints 10 whole reports in 5 seconds; a little more, and its window surely is a new one.
RATELIMIT_SECONDS = 5.2
REPORTS_SPENT = 3           # within that; a case that needs them finds as many as it wants then


class Skip(Exception):
    pass


class Trouble(Exception):
    pass


def memory_hierarchy():
    """(mount point, is v1) of the hierarchy that has the memory controller."""
    v2 = None
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, where, kind, options = line.split()[:4]
        if kind == "cgroup" and "memory" in options.split(","):
            return where, True
        if kind == "cgroup2":
            v2 = where
    if v2 and "memory" in (pathlib.Path(v2) / "cgroup.subtree_control").read_text().split():
        return v2, False
    raise Skip("no memory controller: neither v1 nor enabled for the children of the v2 root")


def kmsg(after=-1):
    """Raw records of the kernel log with a sequence number above @after, and the last number."""
    records, last = [], after
    fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        while True:
            try:
                record = os.read(fd, 16384)
            except BlockingIOError:
                return b"".join(records), last
            except BrokenPipeError:     # overwritten while reading
                continue
            last = int(record.split(b",")[1])
            if last > after:
                records.append(record)
    finally:
        os.close(fd)


class Live:
    """A tracer, what provokes kills beside it, and what both have said, in a directory below @out."""

    def __init__(self, program, out):
        self.program, self.out = program, out
        self.mount, self.v1 = memory_hierarchy()
        self.hog = TOP / "build/hog"
        subprocess.run(["make", "-s", "-C", TOP, "build/hog"], check=True)

    def begin(self, name):
        self.directory = self.out / name
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.tracer = None
        self.watchers = {}
        self.write("vmstat.before", self.vmstat())
        _, self.seq = kmsg()

    def end(self):
        self.write("vmstat.after", self.vmstat())
        self.write("kmsg", kmsg(self.seq)[0])

    def write(self, name, data):
        (self.directory / name).write_bytes(data)

    @staticmethod
    def vmstat():
        return next(line for line in open("/proc/vmstat", "rb") if line.startswith(b"oom_kill "))

    def start(self, *options, program=("trace",), stdout=None, record=True, **more):
        """Starts the tracer, and returns when it has said that it is attached; @more is Popen's."""
        command = [self.program, *program, "-j", *options]
        if record:
            command += ["-r", self.directory / "record"]
        self.write("arguments", " ".join(map(str, command)).encode())
        with open(self.directory / "stderr", "wb") as err, open(self.directory / "stdout", "wb") as out:
            self.tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=err, **more)
        if stdout is None:
            self.await_that("attached", lambda: b'"attached"' in (self.directory / "stdout").read_bytes())

    def await_that(self, what, condition):
        deadline = time.monotonic() + SECONDS
        while not condition():
            if self.tracer.poll() is not None:
                said = (self.directory / "stderr").read_text(errors="replace").strip()
                raise Trouble(f"not {what}: the tracer ended with status {self.tracer.returncode}: {said}")
            if time.monotonic() > deadline:
                raise Trouble(f"not {what} after {SECONDS} s")
            time.sleep(0.005)

    def finish(self, how=None):
        """Waits for the tracer, after the signal @how if there is one, and keeps its status."""
        if how is not None:
            self.tracer.send_signal(how)
        try:
            status = self.tracer.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise Trouble(f"still running {SECONDS} s after it should have ended") from None
        self.write("status", str(status).encode())
        return status

    def stop_leftover(self):
        for tracer in [self.tracer, *self.watchers.values()]:
            if tracer and tracer.poll() is None:
                tracer.kill()
                tracer.wait()

    def provoke(self, *options):
        cgroup = f"{self.mount}/oomtrace-test-{os.getpid()}"
        done = subprocess.run([self.hog, "--dir", "/tmp", "--cgroup", cgroup, *options], capture_output=True)
        self.write("hog", done.stdout)
        if done.returncode:
            raise Trouble(f"hog: {done.stderr.decode(errors='replace').strip()}")

    @contextlib.contextmanager
    def gated(self, *options, gate=("--gate",)):
        """A scenario whose processes wait: yields their ids by name; what follows the block is the kill, or
        with another gate, which @options close, the end of what the scenario is about."""
        cgroup = f"{self.mount}/oomtrace-test-{os.getpid()}"
        with subprocess.Popen([self.hog, *gate, "--dir", "/tmp", "--cgroup", cgroup, *options],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as hog:
            start = hog.stdout.readline()
            if not start:
                raise Trouble(f"hog: {hog.stderr.read().decode(errors='replace').strip()}")
            yield {bytes.fromhex(proc["comm_hex"]).decode(): proc["pid"] for proc in json.loads(start)["procs"]}
            rest, complaint = hog.communicate(b"g")
        self.write("hog", start + rest)
        if hog.returncode:
            raise Trouble(f"hog: {complaint.decode(errors='replace').strip()}")

    def watch(self, name, *options, env=None, stdout=None):
        """One more tracer, beside others; ready when its recording has begun."""
        with open(self.directory / f"{name}.stderr", "wb") as err, open(self.directory / name, "wb") as out:
            process = subprocess.Popen([self.program, *options, "-r", self.directory / f"{name}.record"],
                                       stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=err,
                                       env={**os.environ, **(env or {})})
        self.watchers[name] = process

    def await_watchers(self):
        for name, self.tracer in self.watchers.items():
            record = self.directory / f"{name}.record"
            # What is recorded first is that it is attached.
            self.await_that(f"{name} attached", lambda: record.exists() and record.stat().st_size > 100)

    def finish_watchers(self, checks):
        for process in self.watchers.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for name, self.tracer in self.watchers.items():
            checks.same(f"{name}: exit status", self.finish(), 0)

    def said(self, name):
        return (self.directory / name).read_bytes()

    def events(self, name):
        return [json.loads(line) for line in self.said(name).splitlines()]

    def run_once(self, *options, **more):
        return subprocess.run([self.program, *options], capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=SECONDS, **more)

    def strangers(self):
        """Kills that were none of ours: then the run says nothing, and is done again."""
        hogs = list(self.directory.glob("hog*"))
        if not hogs:
            return 0
        return compare.vmstat_delta(self.directory) - sum(compare.read_hog(hog)["end"]["memcg_oom_kill"] for hog in hogs)

    def compared(self, case, **options):
        self.end()
        return compare.check_case(self.directory, case=case, backend="auto",
                                  cpus=os.cpu_count(), **options)

    def kills(self):
        lines = (self.directory / "stdout").read_text().splitlines()
        return [line for line in map(json.loads, lines) if line["type"] == "oom_kill"]


def await_ratelimit():
    """Until the kernel is willing to print some whole reports: earlier ones, also of earlier runs, may have used them up."""
    found = re.findall(rb"^\d+,\d+,(\d+),[^\n]*Killed process", kmsg()[0], re.MULTILINE)
    # The log's clock stops while the machine sleeps, as this one does.
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    ages = [now - int(us) / 1e6 for us in found]
    if sum(0 <= age < RATELIMIT_SECONDS for age in ages) > REPORTS_SPENT:
        time.sleep(RATELIMIT_SECONDS - ages[-1])


def name_of(case):
    return case.__name__.removeprefix("case_")


def run_case(live, case):
    """The checks of @case; once more where others' kills came in between."""
    for _ in range(3):
        live.begin(name_of(case))
        try:
            checks = case(live)
        except Skip:
            raise
        except Exception as error:      # also a comparison that breaks: the other cases are to run
            told = str(error) if isinstance(error, Trouble) else traceback.format_exc()
            checks = [compare.Check("run", False, told)]
            live.end()
        finally:
            live.stop_leftover()
        strangers = live.strangers()
        if not strangers:
            return checks
        await_ratelimit()
    return [compare.Check("run", False, f"{strangers} kills that are none of this test's, three times over")]


def options_of(doc, cases):
    """The options that every level has."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", dest="cases", choices=[name_of(case) for case in cases])
    parser.add_argument("--tracer", default=TOP / "oomtrace", help="the binary to test (./oomtrace)")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every check")
    return parser


def tell(level, name, checks, seconds, verbose):
    """Prints what came of a case; returns whether all is well."""
    bad = [check for check in checks if not check.ok]
    good = bool(checks) and not bad
    print("ok" if good else "FAIL", level, name, f"({len(checks)} checks, {seconds:.0f} s)", flush=True)
    for check in checks if verbose else bad:
        print(f"    {check}"[:2000])
    return good


def run_level(level, make, cases, args):
    """Runs those of @cases that @args want on what @make(program, directory) returns. Ends the process."""
    out = TOP / "build" / level
    if os.geteuid():
        print(f"skip {level} (needs root)")
        sys.exit(1)
    if not pathlib.Path(args.tracer).exists():
        sys.exit(f"{level}: {args.tracer} does not exist: make")
    out.mkdir(parents=True, exist_ok=True)
    lock = open(TOP / "build/.kills.lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)        # two of these at once would be strangers to each other
    tally = {True: 0, False: 0}
    skipped = 0
    try:
        live = make(args.tracer, out)
    except Skip as skip:
        print(f"skip {level} ({skip})")
        sys.exit(1)
    await_ratelimit()
    for case in cases:
        name = name_of(case)
        if args.cases and name not in args.cases:
            continue
        began = time.monotonic()
        try:
            checks = run_case(live, case)
        except Skip as skip:
            skipped += 1
            print(f"skip {level} {name} ({skip})", flush=True)
            continue
        (live.directory / "checks").write_text("".join(f"{check}\n" for check in checks))
        tally[tell(level, name, checks, time.monotonic() - began, args.verbose)] += 1
    print(f"{level}: {tally[True]} passed, {tally[False]} failed, {skipped} skipped")
    sys.exit(1 if tally[False] or not tally[True] else 0)
