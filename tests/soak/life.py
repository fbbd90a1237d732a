# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One tracer of a soak, from its start to its end: all that it writes, and what it holds."""
import collections
import contextlib
import fcntl
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "oracle"))
import compare  # noqa: E402

TELLING = ("oom_kill", "oom_no_kill", "oom_outcome", "killed_by_user")
OBJECTS = re.compile(r"^(prog|map|link)_id:\t(\d+)$", re.MULTILINE)


def kernel_counts(kill):
    """Of a kill: what the kernel's count of kills grew by. It meets the first victim of a group again."""
    return len(compare.printed_of(kill)) + (kill.get("scope") == "group")


Kill = collections.namedtuple("Kill", "pids memcg counted")


class Lines:
    """What is appended to a file, and to files that took its place, as far as lines are whole."""

    def __init__(self, path, take):
        self.path, self.take = path, take
        self.rotations = 0
        self.at = {path: 0}     # what of it was read, by path, the older ones first

    def rotate(self):
        self.rotations += 1
        old = self.path.with_name(f"{self.path.name}.{self.rotations}")
        self.path.rename(old)
        self.at = {**{old if path == self.path else path: at for path, at in self.at.items()}, self.path: 0}

    def read(self):
        for path, at in self.at.items():
            if not path.exists():
                continue
            with open(path, "rb") as file:
                file.seek(at)
                data = file.read()
            whole = data.rfind(b"\n") + 1
            self.at[path] = at + whole
            for line in data[:whole].splitlines():
                self.take(line)


class Told:
    """What a stream of JSON lines has told, in short."""

    def __init__(self):
        self.kills, self.outcomes, self.lost = {}, set(), {}
        self.telling = self.counted = self.victims = 0
        self.twice, self.bad = [], []

    def take(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            self.bad.append(line[:200])
            return
        kind = event["type"]
        self.telling += kind in TELLING
        if kind == "oom_kill":
            if event["id"] in self.kills:
                self.twice.append(event["id"])
            self.kills[event["id"]] = Kill(compare.victims_of(event), compare.get(event, "memcg.path", ""),
                                           kernel_counts(event))
            self.counted += kernel_counts(event)
            self.victims += len(compare.printed_of(event))
        elif kind == "oom_outcome":
            self.outcomes.add(event["id"])
        elif kind == "lost":
            self.lost[event["reason"]] = self.lost.get(event["reason"], 0) + event["count"]

    def lost_of(self, *reasons):
        return sum(self.lost.get(reason, 0) for reason in reasons)


def rows_of(store, query, *values):
    """What @query gives, read beside whoever writes."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as reader:
        return reader.execute(query, values).fetchall()


class Life:
    """A tracer with all outputs at once. Its stdout is a small pipe, which a reader of its own takes to a file."""

    def __init__(self, world, number):
        self.world = world
        self.directory = world.directory / f"life-{number:03}"
        self.directory.mkdir()
        self.healthy, self.stdout, self.texts = Told(), Told(), 0
        self.log = Lines(self.directory / "log", self.healthy.take)
        self.out = Lines(self.directory / "stdout", self.stdout.take)
        self.text = Lines(self.directory / "text", self.take_text)
        self.page = self.directory / "page.prom"
        self.began = time.monotonic()
        self.first = None   # what it held at first
        self.start()

    def start(self):
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        with open(self.directory / "stdout", "wb") as out, open(self.directory / "stderr", "wb") as err:
            self.reader = subprocess.Popen(["cat"], stdin=ours, stdout=out)
            self.tracer = subprocess.Popen(
                [self.world.tracer, "trace", "-v", "-j", "--backend", self.world.backend,
                 "-o", f"json:{self.log.path}", "-o", f"text:{self.text.path}", f"--store={self.world.store}",
                 "--metrics", self.page], stdin=subprocess.DEVNULL, stdout=theirs, stderr=err)
        os.close(ours)
        os.close(theirs)

    def take_text(self, line):
        self.texts += line.startswith(b"  killed ")

    def said(self):
        return (self.directory / "stderr").read_text(errors="replace")

    def missed(self):
        """How many kills were said to be missed."""
        found = re.search(r"^Missed (\d+) OOM kill", self.said(), re.MULTILINE)
        return int(found[1]) if found else 0

    def attached(self):
        return self.log.path.exists() and b'"attached"' in self.log.path.read_bytes()

    def read(self):
        for lines in self.log, self.out, self.text:
            lines.read()

    def rows(self, query, *values):
        return rows_of(self.world.store, query, *values)

    def run_of(self):
        """The store's row of this run: (its id, the kernel's count at its start, the count that was seen)."""
        return self.rows("SELECT run_id, kernel_kills_start, kernel_kills_seen FROM run ORDER BY run_id DESC LIMIT 1")[0]

    def stored(self, run_id):
        """(ids of its kills that are stored, lines that have been stored, those that found no room)."""
        ids = {id for (id,) in self.rows("SELECT id FROM episode WHERE run_id = ? AND type = 'oom_kill'", run_id)}
        (lines, refused), = self.rows("SELECT (SELECT count(*) FROM episode) + (SELECT count(*) FROM user_kill)"
                                      " + (SELECT count(*) FROM outcome),"
                                      " (SELECT coalesce(sum(count), 0) FROM loss WHERE reason = 'store')")
        return ids, lines, refused

    def series(self):
        """{series: value} of the page of metrics."""
        lines = self.page.read_text().splitlines() if self.page.exists() else []
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line[:1] not in ("#", "")}

    def holds(self):
        """What it holds now."""
        proc = pathlib.Path(f"/proc/{self.tracer.pid}")
        status = (proc / "status").read_text()
        field = {key: int(re.search(rf"{key}:\s+(\d+)", status)[1]) for key in ("Threads", "VmRSS", "VmLck", "VmSize")}
        return {"fds": len(os.listdir(proc / "fd")), "threads": field["Threads"], "rss": field["VmRSS"],
                "locked": field["VmLck"], "mapped": field["VmSize"]}

    def children(self):
        """Its child processes, dead ones too."""
        path = pathlib.Path(f"/proc/{self.tracer.pid}/task/{self.tracer.pid}/children")
        return path.read_text().split() if path.exists() else []

    def objects(self):
        """What of BPF it holds: {("prog", 12), ...}."""
        found = set()
        for info in pathlib.Path(f"/proc/{self.tracer.pid}/fdinfo").iterdir():
            with contextlib.suppress(OSError):
                found |= {(kind, int(number)) for kind, number in OBJECTS.findall(info.read_text())}
        return found

    def end(self, how, seconds):
        """Ends it, the reader after it; returns its status."""
        self.tracer.send_signal(how)
        if how == signal.SIGKILL:
            self.tracer.send_signal(signal.SIGCONT)
        status = self.tracer.wait(seconds)
        self.reader.send_signal(signal.SIGCONT)
        self.reader.wait(seconds)
        self.read()
        return status

    def leave(self):
        """Whatever state it is in."""
        for process in self.tracer, self.reader:
            if process.poll() is None:
                process.kill()
                process.wait()


def objects_left(objects, seconds):
    """Those of @objects that the kernel still has. It gives programs back a little after the last descriptor is closed."""
    deadline = time.monotonic() + seconds
    while True:
        present = set()
        for kind in ("prog", "map", "link"):
            done = subprocess.run(["bpftool", "-j", kind, "list"], capture_output=True, check=True)
            present |= {(kind, entry["id"]) for entry in json.loads(done.stdout or b"[]")}
        if not objects & present or time.monotonic() > deadline:
            return objects & present
        time.sleep(0.1)
