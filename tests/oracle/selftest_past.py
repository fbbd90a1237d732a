# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""That the checks of past.py can fail: a made-up run passes, and each way of spoiling it is noticed."""
import json
import pathlib
import tempfile

import past

BOOT = {"host": "h", "boot_id": "b", "time": "2026-01-01T00:00:00Z"}
LINE = ("3,{0},{0}000000,-;Out of memory: Killed process {0} ({1}) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, "
        "UID:0 pgtables:4kB oom_score_adj:0\n")


def kill(pid, source):
    return {"schema": 1, "type": "oom_kill", **BOOT, "uptime_ms": pid * 1000.0, "id": f"{source}{pid}", "source": source,
            "victim": {"pid": pid}, **({"time_text": f"{pid}.0", "kernel": "k"} if source == "kmsg" else {})}


def hog(pids):
    return json.dumps({"hog": "end", "killed_pids": pids}) + "\n"


class Made:
    """A run as it should be: its files by name, streams as lists of events."""

    def __init__(self):
        ends = [{"schema": 1, "type": kind, **BOOT, "uptime_ms": 1.0, "backend": "kprobe", "kills": 2, "episodes": 2, "lost": {}}
                for kind in ("attached", "detached")]
        self.files = {"stdout": [ends[0], kill(11, "kmsg"), kill(12, "kmsg"), kill(13, "live"), kill(14, "live"), ends[1]],
                      "again": [ends[0], *(kill(pid, "kmsg") for pid in (11, 12, 13, 14)), ends[1]],
                      "hog.before": hog([11]), "hog.meanwhile": json.dumps({"hog": "end", "killed_pids": [], "killed": 2}) + "\n", "hog.after": hog([14]), "status": "0\n",
                      "kmsg": "".join(LINE.format(pid, "storm-1" if pid in (12, 13) else "x") for pid in (11, 12, 13, 14)), "vmstat.after": "oom_kill 4\n",
                      "doctor": {"oom_kills": 4, "oom_kills_logged": 4, "oom_kills_explained": 2, "kernel_log_whole": True}}

        self.files["kmsg.all"] = self.files["kmsg"]

    def bad(self):
        with tempfile.TemporaryDirectory() as place:
            for name, content in self.files.items():
                lines = content if isinstance(content, list) else [content]
                text = content if isinstance(content, str) else "".join(json.dumps(line) + "\n" for line in lines)
                (pathlib.Path(place) / name).write_text(text)
            return [str(check) for check in past.check(place, "kprobe") if not check.ok]

    def event(self, number, key, value):
        self.files["stdout"][number][key] = value


SPOILS = {
    "a kill told by both": lambda made: made.files["stdout"].insert(2, kill(13, "kmsg")),
    "one told twice by the log": lambda made: made.files["stdout"].insert(1, kill(11, "kmsg")),
    "one that is left out": lambda made: made.files["stdout"].pop(2),
    "one that nobody printed": lambda made: made.files["stdout"].insert(1, kill(9, "kmsg")),
    "one before it that is said to be live": lambda made: made.event(1, "source", "live"),
    "one after it that is out of the log": lambda made: made.event(4, "source", "kmsg"),
    "live ones first": lambda made: made.files["stdout"].insert(1, made.files["stdout"].pop(3)),
    "no host": lambda made: made.files["stdout"][1].pop("host"),
    "no time": lambda made: made.files["stdout"][1].pop("time"),
    "another boot": lambda made: made.event(1, "boot_id", "c"),
    "another moment": lambda made: made.event(1, "uptime_ms", 20000.0),
    "totals of the past": lambda made: made.event(5, "episodes", 4),
    "a loss": lambda made: made.event(5, "lost", {"stray": 1}),
    "another id the next time": lambda made: made.files["again"][1].update(id="x"),
    "fewer the next time": lambda made: made.files["again"].pop(1),
    "doctor's count": lambda made: made.files["doctor"].update(oom_kills=5),
    "doctor's reading": lambda made: made.files["doctor"].update(oom_kills_logged=3),
    "doctor's explanations": lambda made: made.files["doctor"].update(oom_kills_explained=0),
    "doctor's reach": lambda made: made.files["doctor"].update(kernel_log_whole=False),
    "nobody died": lambda made: made.files.update({"hog.before": hog([])}),
    "another number of a storm": lambda made: made.files.update(
        {"hog.meanwhile": json.dumps({"hog": "end", "killed_pids": [], "killed": 3}) + "\n"}),
    "its status": lambda made: made.files.update(status="1\n"),
}


def claims():
    """(whether it holds, what)."""
    yield not Made().bad(), f"a run with a past passes: {Made().bad()[:3]}"
    for what, spoil in SPOILS.items():
        made = Made()
        spoil(made)
        yield bool(made.bad()), f"backfill: {what} is noticed"
