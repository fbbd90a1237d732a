# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Proves that the checks of fates.py can fail: on streams that were kept, and the same spoiled."""
import copy
import json
import pathlib

import compare
import fates
import klog_oracle
from compare import of_type

DATA = pathlib.Path(__file__).resolve().parent / "data"
CPUS = 2
KEPT = {"stuck": "7.2.stuck", "v1_disabled": "5.10.v1_disabled", "own_pids": "7.2.own_pids",
        "second": "7.2.own_pids"}


class Kept:
    """A run whose stream was kept, and what its checks say of it."""

    def __init__(self, case):
        self.case, base = case, DATA / KEPT[case]

        def content(suffix):
            return base.with_name(f"{base.name}.{suffix}").read_bytes()

        self.reports = klog_oracle.reports(content("kmsg"))
        self.hog = compare.read_hog(base.with_name(base.name + ".hog"))
        compare.name_processes(self.reports, self.hog)
        self.events = compare.parse_stream(compare.Checks(), content("stream"))
        self.others = copy.deepcopy(self.events)
        self.doctor = json.loads(content("doctor")) if case == "v1_disabled" else None

    def report(self):
        return next(report for report in self.reports if report["kills"])

    def outcome(self, index):
        return of_type(self.events, "oom_outcome")[index]

    def wait(self):
        return of_type(self.events, "oom_no_kill")[0]

    def kill(self):
        return of_type(self.events, "oom_kill")[0]

    def check(self):
        checks = compare.Checks()
        if self.case == "stuck":
            fates.check_stuck(checks, self.events, self.reports, CPUS)
        elif self.case == "v1_disabled":
            fates.check_disabled(checks, self.events, self.hog, self.doctor)
        elif self.case == "own_pids":
            fates.check_own_pids(checks, self.events)
        else:
            fates.check_second(checks, self.events, self.others)
        return checks


def add_pages(outcome, pages):
    outcome["reaped_bytes"] += pages * compare.PAGE


SPOILS = {
    "stuck": {
        "told twice": lambda run: run.events.remove(run.outcome(0)),
        "watched_ms": lambda run: run.outcome(0).update(watched_ms=4999.0),
        "it had not exited": lambda run: run.outcome(0).update(exited_ms=1.0),
        "the oom_reaper was at work": lambda run: run.report().pop("reaped"),
        "reaped_ms": lambda run: run.outcome(0).update(reaped_ms=3.0),
        "reaped_bytes": lambda run: add_pages(run.outcome(0), 1),
        "aborted_selections": lambda run: run.outcome(0).pop("aborted_selections"),
        "stuck: exited_ms": lambda run: run.outcome(1).pop("exited_ms"),
        "freed_ms": lambda run: run.outcome(1).pop("freed_ms"),
        "what the reaper did stays": lambda run: run.outcome(1).pop("reaped_bytes"),
        "its command line": lambda run: run.outcome(0).pop("cmdline"),
    },
    "v1_disabled": {
        "named by doctor": lambda run: run.doctor["oom_kill_disabled"][0].update(under_oom=False),
        "no tracepoint tells it": lambda run: run.events[0].update(backend="tracepoint"),
        "disabled: told": lambda run: run.wait().update(reason="nothing_killable"),
        "disabled: memcg": lambda run: run.wait()["memcg"].update(path="/"),
        "disabled: limit": lambda run: run.wait()["memcg"].update(limit_bytes="max"),
        "disabled: usage": lambda run: run.wait()["memcg"].update(usage_bytes=0),
        "who waits": lambda run: run.wait()["invoker"].update(pid=1),
        "its name": lambda run: run.wait()["invoker"].update(comm="other"),
        "before the kill": lambda run: run.events.insert(1, run.kill()),
    },
    "own_pids": {
        "own pids: said": lambda run: run.events[0].pop("pid_namespace"),
        "victims are not in it": lambda run: run.kill()["victims"][0].update(ns_pid=2),
    },
    "second": {
        "second: kills": lambda run: run.kill().update(id="another"),
        "second: outcomes": lambda run: run.outcome(0).update(id="another"),
    },
}


def claims():
    """(whether it holds, what is claimed) of every check."""
    for case, spoils in SPOILS.items():
        checks = Kept(case).check()
        bad = [str(check) for check in checks if not check.ok]
        yield checks and not bad, f"{case}: the stream that was kept passes {bad}"
        names = {check.name for check in checks}
        for name in names:
            yield any(part in name for part in spoils), f"{case}: {name!r} is spoiled by one of the spoils"
        for name, spoil in spoils.items():
            run = Kept(case)
            spoil(run)
            noticed = any(name in check.name for check in run.check() if not check.ok)
            yield noticed, f"{case}: spoiled {name!r} is noticed"
