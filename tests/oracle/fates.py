# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What becomes of victims, who waits, and tracers in odd places: checks beyond those of every run."""
import json

import compare
from compare import get, of_type

STUCK_MS = 5000             # how long a victim may live before it is told
REAPER_MS = 2000            # what the oom_reaper leaves it, OOM_REAPER_DELAY of mm/oom_kill.c


def outcomes_of(events, kill):
    return [event for event in of_type(events, "oom_outcome")
            if event.get("id") == kill.get("id") and event.get("pid") == kill["victim"].get("pid")]


def check_reaped(checks, outcome, bounds_ms, report, cpus, release):
    """What the oom_reaper took: what the task table had, less what the reaper says that is left."""
    row = next(row for row in report["tasks"] if row["tgid"] == report["victim_pid"])
    left = report["reaped"]
    checks.that("stuck: reaped_ms", bounds_ms[0] <= outcome.get("reaped_ms", -1) < bounds_ms[1], outcome)
    # The table is made before the signal, which wakes the victim: it may touch a page on its way.
    kind = compare.counters_of(release)
    slack = 3 * compare.rss_slack(kind, kind, 4, cpus, late=kind != "precise")
    pages = row["rss"] - sum(left[part] for part in ("anon_kb", "file_kb", "shmem_kb")) * 1024 // compare.PAGE
    off = outcome.get("reaped_bytes", -10**9) // compare.PAGE - pages
    checks.that("stuck: reaped_bytes", abs(off) <= slack, f"off by {off} of {pages} pages, {slack} allowed")


def check_stuck(checks, events, reports, cpus):
    """A victim that lives on is told after 5 s, the reaper's work with it; and again when it is gone."""
    kill = of_type(events, "oom_kill")[0]
    report = next(report for report in reports if report["kills"])
    told = outcomes_of(events, kill)
    if not checks.same("stuck: told twice", len(told), 2):
        return
    first, last = told
    checks.that("stuck: watched_ms", first.get("watched_ms", 0) >= STUCK_MS, first)
    checks.that("stuck: it had not exited", "exited_ms" not in first and "freed_ms" not in first, first)
    # Where it came later than that, as on an emulated arm64 machine, it is told when the victim is gone.
    late = "reaped_ms" not in first
    if checks.that("oracle: the oom_reaper was at work", "reaped" in report, report):
        check_reaped(checks, last if late else first, (STUCK_MS, last.get("exited_ms", 0)) if late else (REAPER_MS, STUCK_MS),
                     report, cpus, events[0].get("kernel", ""))
    # Who asks again while the victim lives is turned away, as often as it asks; the hooks of out_of_memory see it.
    checks.same("stuck: aborted_selections are told", "aborted_selections" in first, kill.get("backend") != "tracepoint")
    checks.that("stuck: exited_ms", last.get("exited_ms", 0) >= STUCK_MS, last)
    checks.that("stuck: freed_ms", last.get("freed_ms", 0) >= last.get("exited_ms", 0) > 0, last)
    checks.that("stuck: what the reaper did stays", late or last.get("reaped_bytes") == first.get("reaped_bytes"), last)
    # Since 5.18 the reaper leaves it 2 s, of which a look-up takes none; a first thread that exited has no memory.
    if first.get("comm") == "held" and first.get("reaped_ms", 0) > 1000:
        checks.that("stuck: its command line", first.get("cmdline", "").split(" ")[0].endswith("hog"), first)


def check_disabled(checks, events, hog, doctor):
    """Tasks wait where the OOM killer is disabled: told where a hook sees it, named by doctor everywhere."""
    grower = next(proc for proc in hog["start"]["procs"] if proc["grows"])
    path = compare.text(bytes.fromhex(grower["cgroup_hex"]))
    named = doctor.get("oom_kill_disabled")
    checks.same("disabled: named by doctor", named, [{"path": path, "under_oom": True}])
    waits = [event for event in of_type(events, "oom_no_kill") if event.get("reason") == "oom_kill_disabled"]
    if events[0].get("backend") == "tracepoint":
        checks.same("disabled: no tracepoint tells it", waits, [])
        return
    if not checks.that("disabled: told", waits, [event["type"] for event in events]):
        return
    wait = waits[0]
    checks.same("disabled: memcg", get(wait, "memcg.path"), path)
    checks.same("disabled: limit", get(wait, "memcg.limit_bytes"), hog["start"]["limit"])
    off = get(wait, "memcg.usage_bytes", -10**9) - hog["waiting"]["usage"]
    checks.that("disabled: usage", abs(off) <= 4 * compare.CHARGE_BATCH * compare.PAGE, f"off by {off} bytes")
    checks.same("disabled: who waits", get(wait, "invoker.pid"), grower["pid"])
    checks.same("disabled: its name", get(wait, "invoker.comm"),
                compare.text(bytes.fromhex(grower["comm_hex"])))
    checks.that("disabled: before the kill", events.index(wait) < events.index(of_type(events, "oom_kill")[0]))


def check_own_pids(checks, events):
    checks.same("own pids: said", events[0].get("pid_namespace"), "own")
    kill = of_type(events, "oom_kill")[0]
    checks.same("own pids: victims are not in it", [task.get("ns_pid") for task in kill["victims"]], [None])


def check_second(checks, events, others):
    """Two tracers at once: each kill has the same id, and the same is said of it."""
    def told(stream, kind, *keys):
        return [[get(event, key) for key in ("id", *keys)] for event in of_type(stream, kind)]

    kill = ("victim.pid", "victim.points", "totalpages", "candidates.total", "memcg.path")
    checks.same("second: kills", told(others, "oom_kill", *kill), told(events, "oom_kill", *kill))
    checks.same("second: outcomes", told(others, "oom_outcome", "pid"), told(events, "oom_outcome", "pid"))


def check(checks, directory, case, events, reports, hog, cpus):
    """The checks of one case, if they are here."""
    if case in ("stuck", "stuck_thread"):
        check_stuck(checks, events, reports, cpus)
    elif case == "v1_disabled":
        check_disabled(checks, events, hog, json.loads((directory / "doctor").read_text()))
    elif case == "own_pids":
        check_own_pids(checks, events)
    elif case == "second":
        check_second(checks, events, compare.parse_stream(checks, (directory / "second/stdout").read_bytes()))
