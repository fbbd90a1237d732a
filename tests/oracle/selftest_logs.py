# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""That the checks of logs.py can fail: what import is expected to tell of captured logs passes against the dumb
reader of the same logs, and each value of it that is spoiled is noticed."""
import copy
import json
import pathlib

import compare
import klog_oracle
import logs

KLOG = pathlib.Path(__file__).resolve().parent.parent / "data/klog"
# Values of a kill that import reckons, that only the wrapping has, or that the dumb reader does not know.
UNREAD = ("time", "uptime_ms", "time_text", "id", "schema", "type", "kernel", "source", "totalpages", "why", "passed_over",
          "nodemask", "selection", "oom_score", "scan", "points", "points_source", "total", "eligible", "listed", "lost",
          "truncated", "zones", "skipped", "killed_as", "max_rows", "failcnt")
OF_THE_SYSTEM = ("mem_total_bytes", "mem_free_bytes", "swap_total_bytes", "swap_free_bytes")


def leaves(value, path=()):
    """The places of all single values; of victims the first one is in victim, and rows are of the table."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path


def is_read(path, kill):
    """Whether the dumb reader has it, too."""
    if any(part in UNREAD for part in path):
        return False
    if path[0] == "victims":
        return path[-1] == "pid"
    if path[0] == "system":
        return path[-1] in OF_THE_SYSTEM
    if path[:2] == ("memcg", "stat"):
        return path[-1] != "kernel_bytes"
    if path[0] == "memcg":
        return path[-1] in ("path", "usage_bytes", "limit_bytes")
    if path[0] == "victim":
        return path[-1] in ("pid", "uid", "oom_score_adj", "total_vm_bytes", "cgroup")
    if path[0] == "invoker":
        return path[-1] not in ("pid", "uid")
    if path[0] == "candidates":         # the victim's row may have the parts of its "Killed process"
        victim = kill["candidates"]["tasks"][path[2]]["pid"] == kill["victim"]["pid"] if len(path) > 3 else False
        return path[-1] in ("pid", "comm", "uid", "oom_score_adj", "total_vm_bytes", "swap_bytes", "pgtables_bytes") or (
            path[-1] == "rss_bytes" and not victim)
    return True


def spoiled(kill, path):
    """@kill with another value at @path."""
    other = copy.deepcopy(kill)
    where = other
    for part in path[:-1]:
        where = where[part]
    value = where[path[-1]]
    where[path[-1]] = ([*value, "x"] if isinstance(value, list) else not value if isinstance(value, bool) else
                       value + 1 if isinstance(value, (int, float)) else f"{value}x")
    return other


def bad(check, *what):
    """The checks that fail; a comparison that breaks notices, too."""
    checks = compare.Checks()
    try:
        check(checks, *what)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return [repr(error)]
    return [str(check) for check in checks if not check.ok]


def live_claims(name, kill, report):
    """The log against a live kill that is as the log has it, where that has all parts of the memory."""
    if "rss_anon" not in report["tasks"][0]:
        return
    report.update(again=False, moving=0)
    live = {**copy.deepcopy(kill), "rss_counters": compare.counters_of(kill["kernel"]), "scope": "process"}

    def wrong(live, ahead_ms=0):
        return bad(logs.check_live, kill, live, report, "fentry", kill["kernel"], 2, ahead_ms)

    yield not wrong(live), f"{name}: the same kill live passes: {wrong(live)[:3]}"
    yield bool(wrong(live, 2 * logs.FAR_MS)), f"{name}: a log whose clock is ahead is noticed"
    yield not wrong({**live, "uptime_ms": live["uptime_ms"] - 2 * logs.FAR_MS}, 2 * logs.FAR_MS), f"{name}: unless it is known"
    for path in (*(("victim", key) for key in ("comm", "uid", "oom_score_adj", "cgroup")), ("constraint",), ("sysrq",),
                 *(("invoker", key) for key in ("comm", "gfp_mask", "gfp_flags", "order", "cpuset", "mems_allowed", "stack")),
                 ("candidates", "total"),
                 *(("candidates", "tasks", 0, key) for key in ("comm", "uid", "oom_score_adj", "total_vm_bytes",
                                                                "pgtables_bytes", "eligible"))):
        yield bool(wrong(spoiled(live, path))), f"{name}: another {path} live is noticed"
    for key, amount in (("rss_anon_bytes", 4096), ("rss_file_bytes", 4096), ("rss_shmem_bytes", 4096), ("swap_bytes", 4096)):
        other = copy.deepcopy(live)
        other["candidates"]["tasks"][0][key] += amount
        yield bool(wrong(other)), f"{name}: a page more in {key} is noticed"
    for path, amount in (("uptime_ms", 2 * logs.FAR_MS), ("memcg.usage_bytes", 2 * logs.CHARGES), ("memcg.limit_bytes", 1)):
        other = copy.deepcopy(live)
        where, key = (other["memcg"], path.split(".")[1]) if "." in path else (other, path)
        where[key] += amount
        yield bool(wrong(other)), f"{name}: another {path} live is noticed"


def clock_claims():
    stamp = b"12,7,9500000,-;oomtrace-test: up %s\n SUBSYSTEM=x\n6,8,9600000,-;else\n"
    yield klog_oracle.printk_ahead_ms(stamp % b"2.50") == 7000, "a clock that is ahead is measured"
    yield klog_oracle.printk_ahead_ms(stamp % b"9.50") == 0, "one that is not, too"
    yield klog_oracle.printk_ahead_ms(b"6,8,9600000,-;else\n") == 0, "without a stamp it is taken to be right"


def claims():
    """(whether it holds, what)."""
    yield from clock_claims()
    pairs = 0
    for log in sorted(KLOG.glob("kmsg-*.log")):
        lines = (KLOG / "expect" / f"{log.stem}.json").read_text().splitlines()
        kills = compare.of_type(map(json.loads, lines), "oom_kill")
        reports = [report for report in klog_oracle.reports(log.read_bytes()) if report["kills"]]
        for report in reports:
            threads = {row["pid"]: row["tgid"] for row in report["tasks"] or ()}
            for kill in report["kills"]:
                kill["tgid"] = threads.get(kill["pid"], kill["pid"])
        yield len(kills) == len(reports), f"{log.name}: as many kills in both readings"
        for kill, report in zip(kills, reports):
            if report["invoker"] is None or "constraint" not in report:
                continue
            pairs += 1
            wrong = bad(logs.check_text, kill, report)
            yield not wrong, f"{log.name}: what is expected of {kill['victim']['pid']} passes: {wrong[:3]}"
            for path in leaves(kill):
                if is_read(path, kill):
                    yield bool(bad(logs.check_text, spoiled(kill, path), report)), f"{log.name}: another {path} is noticed"
            yield from live_claims(log.name, kill, report)
    yield pairs > 4, "reports of several kernels were read"
