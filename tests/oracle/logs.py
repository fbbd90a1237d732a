# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What `oomtrace import` reads out of the kernel log of a run, field by field: against the dumb reader of the same
log, exactly, and against what the tracer saw live of the same kill, as far apart as two readings may be.

The first finds what the parser misreads; the second, that both witnesses tell of the same kill.
"""
import json
import subprocess

import compare
import klog_oracle
import machine
import memory
from compare import PAGE, get, text

CHARGES = 2 * compare.CHARGE_BATCH * PAGE
# What makes a kill look other than the kernel's table shows it.
HIDDEN_SKIPS = ("in_vfork", "no_mm", "reaped", "not_in_nodemask", "dying")
PARTS = ("anon", "file", "shmem")
FAR_MS = 5000           # between the report's first line and the mark, on a guest that does much else


def read(tracer, kmsg):
    """(events, status) of an import of the file @kmsg."""
    done = subprocess.run([tracer, "import", "-q", "-j", kmsg], capture_output=True)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def unlimited(kb):
    return compare.limit_of(kb)


# ---- against the dumb reader of the same log ----

def check_rows(checks, who, log, report):
    tasks = {task["pid"]: task for task in log["candidates"]["tasks"]}
    rows = {row["tgid"]: row for row in report["tasks"] if row["tgid"] != 1}
    checks.same(f"{who}: candidates of the log", sorted(tasks), sorted(rows))
    for pid in set(tasks) & set(rows):
        task, row = tasks[pid], rows[pid]
        wanted = {"comm": text(row["name"]), "uid": row["uid"], "oom_score_adj": row["oom_score_adj"],
                  "total_vm_bytes": row["total_vm"] * PAGE, "swap_bytes": row["swapents"] * PAGE,
                  "pgtables_bytes": row["pgtables_bytes"], "eligible": row["oom_score_adj"] != -1000}
        if "rss_anon" in row:
            wanted.update({f"rss_{part}_bytes": row[f"rss_{part}"] * PAGE for part in PARTS})
        elif pid != log["victim"]["pid"]:
            wanted["rss_bytes"] = row["rss"] * PAGE
        wrong = {key: (task.get(key), value) for key, value in wanted.items() if task.get(key) != value}
        wrong.update({"tid": task} if task.get("tid", pid) != row["pid"] else {})
        checks.that(f"{who}: row of {pid}", not wrong, f"import says, and the log: {wrong}")


def tells_page_size(report, release):
    """Whether a report says how large a page is: by its table or its buddy lists, and x86 has but one size."""
    return report["tasks"] is not None or "RAM" in report or "arm64" not in release


def check_text(checks, log, report, release=""):
    """Everything that both readers have of one report, to the last digit."""
    who = f"log of {report['kills'][0]['pid']}"
    line = report["kills"][0]
    wanted = {
        "invoker.comm": text(report["invoker"]), "invoker.gfp_mask": f"{report['gfp_mask']:#x}",
        "invoker.order": report["order"], "sysrq": report["order"] == -1,
        "invoker.cpuset": text(report.get("cpuset", b"")) or None,
        "invoker.mems_allowed": text(report.get("mems_allowed", b"")) or None,
        "constraint": compare.KINDS.get(report.get("constraint")), "page_size": PAGE if tells_page_size(report, release) else None,
        "victim.pid": line["tgid"], "victim.comm": text(line["comm"]), "victim.uid": line["uid"],
        "victim.oom_score_adj": line["oom_score_adj"], "victim.total_vm_bytes": line["total_vm_kb"] * 1024,
    }
    if "rss_anon" not in (report["tasks"] or [{}])[0]:
        wanted.update({f"victim.rss_{part}_bytes": line[f"{part}_kb"] * 1024 for part in PARTS})
    if report.get("oom_memcg") is not None:
        wanted.update({"memcg.path": text(report["oom_memcg"]), "memcg.usage_bytes": report["memcg_usage_kb"] * 1024,
                       "memcg.limit_bytes": unlimited(report["memcg_limit_kb"])})
    if "task_memcg" in report:
        wanted["victim.cgroup"] = text(report["task_memcg"])
    if "RAM" in report:
        wanted.update({"system.mem_total_bytes": (report["RAM"] - report["reserved"]) * PAGE,
                       "system.swap_total_bytes": report["Total swap"] * 1024,
                       "system.swap_free_bytes": report["Free swap"] * 1024,
                       "system.mem_free_bytes": report["meminfo"]["free"] * PAGE})
    wrong = {path: (get(log, path), value) for path, value in wanted.items() if get(log, path) != value}
    checks.that(f"{who}: as the log has it", not wrong, f"import says, and the log: {wrong}")
    checks.same(f"{who}: gfp_flags", sorted(get(log, "invoker.gfp_flags", [])), sorted(report["gfp_flags"].split("|")))
    tid = get(log, "invoker.tid", get(log, "invoker.pid"))
    checks.same(f"{who}: invoker", tid, report.get("invoker_tid"))
    checks.same(f"{who}: victims", sorted(victim["pid"] for victim in log["victims"]), compare.killed_in(report))
    # A line that told of a group may have been lost, for all that the log knows.
    checks.same(f"{who}: scope", log.get("scope"), None if report["group"] is None else "group")
    checks.same(f"{who}: stack", get(log, "invoker.stack"), compare.stack_of(report))
    checks.same(f"{who}: loss", log.get("loss"), None if report["tasks"] is not None else {"log_table": 1})
    for use in memory.USES:
        ours, kernel = get(log, f"memcg.stat.{use}_bytes"), memory.kernel_stat(report, use)
        if kernel is not None:
            checks.same(f"{who}: memcg.stat {use}", ours, kernel)
    if report["tasks"] is not None:
        check_rows(checks, who, log, report)


# ---- against what was seen live ----

def check_live_tasks(checks, who, log, kill, report, backend, release, cpus):
    tasks = {task["pid"]: task for task in get(kill, "candidates.tasks", [])}
    kernel, ours = compare.counters_of(release), kill.get("rss_counters")
    for theirs in log["candidates"]["tasks"]:
        task = tasks.get(theirs["pid"])
        if not task:            # compare.check_candidates says so
            continue
        # The parts of a victim are in the table, or else in the line behind its signal.
        killed = theirs["pid"] in compare.signalled(kill, report)
        late = killed and (backend == "tracepoint" or "rss_anon" not in report["tasks"][0])
        slack = compare.rss_slack(ours, kernel, task.get("threads", 1), cpus, late) + report["moving"]
        exact = [key for key in ("comm", "uid", "oom_score_adj", "total_vm_bytes", "tid") if task.get(key) != theirs.get(key)]
        if abs(task.get("pgtables_bytes", 0) - theirs.get("pgtables_bytes", 0)) > compare.moved_tables(report):
            exact.append("pgtables_bytes")
        checks.that(f"{who}: {theirs['pid']} is the same live", not exact, f"{exact}: {task} {theirs}")
        rss = sum(task.get(f"rss_{part}_bytes", 0) for part in PARTS)
        told = theirs.get("rss_bytes", sum(theirs.get(f"rss_{part}_bytes", 0) for part in PARTS))
        off = {"rss": (rss - told) // PAGE, "swap": (task.get("swap_bytes", 0) - theirs["swap_bytes"]) // PAGE}
        if "rss_anon_bytes" in theirs:
            off.update({part: (task[f"rss_{part}_bytes"] - theirs[f"rss_{part}_bytes"]) // PAGE for part in PARTS})
        allowed = {"rss": 3 * slack, "swap": report["moving"]}
        far = {part: pages for part, pages in off.items() if abs(pages) > allowed.get(part, slack)}
        checks.that(f"{who}: {theirs['pid']} is as large live", not far, f"{far} pages apart, {slack} allowed")
        if "points" in theirs and "points" in task:
            checks.that(f"{who}: points of {theirs['pid']}", abs(task["points"] - theirs["points"]) <= 3 * slack,
                        f"live {task['points']}, {theirs['points']} by the log, {3 * slack} allowed")
        if task.get("skipped") not in HIDDEN_SKIPS:
            checks.same(f"{who}: eligible {theirs['pid']}", theirs.get("eligible"), task.get("eligible"))


def check_live_memory(checks, who, log, kill, report, backend, release, cpus):
    """Numbers that both have; the tracer's own are held against the report, more closely, by memory.py."""
    for path in ("memcg.limit_bytes", "memcg.swap_limit_bytes", "memcg.memsw_limit_bytes", "system.mem_total_bytes",
                 "system.swap_total_bytes"):
        if get(log, path) is not None and get(kill, path) is not None:
            checks.same(f"{who}: {path} live", get(kill, path), get(log, path))
    if backend == "tracepoint" or report["again"] or report["moving"]:
        return
    usage = get(kill, "memcg.usage_bytes"), get(log, "memcg.usage_bytes")
    if None not in usage:
        checks.that(f"{who}: memcg.usage_bytes live", abs(usage[0] - usage[1]) <= CHARGES, usage)
    slack = memory.memcg_slack(release, cpus)
    for use, bytes_live in (get(kill, "memcg.stat") or {}).items():
        told = get(log, f"memcg.stat.{use}")
        if told is not None:
            checks.that(f"{who}: memcg.stat.{use} live", abs(bytes_live - told) <= slack,
                        f"live {bytes_live}, {told} in the log, {slack} allowed")


def check_live(checks, log, kill, report, backend, release, cpus, ahead_ms=0):
    """One kill, by two witnesses; @ahead_ms: that printk's clock is ahead of the uptime."""
    who = f"log of {kill['victim']['pid']}"
    for path in ("victim.pid", "victim.comm", "victim.uid", "victim.oom_score_adj", "invoker.comm", "invoker.gfp_mask",
                 "invoker.order", "invoker.cpuset", "invoker.mems_allowed", "constraint", "selection", "sysrq",
                 "page_size", "candidates.total"):
        if path == "candidates.total" and (report["tasks"] is None or get(kill, path) is None or report["moving"] or
                                           machine.is_unscored(report, backend)):
            continue
        if path == "invoker.order" and get(kill, path) is None:
            continue
        if path == "page_size" and not tells_page_size(report, release):
            continue
        checks.same(f"{who}: {path} live", get(kill, path), get(log, path))
    for where, key in (("memcg", "path"), ("victim", "cgroup")):
        if where in kill and get(log, f"{where}.{key}") is not None:
            compare.check_path(checks, f"{who}: {where}.{key} live", kill[where], key, log[where][key])
    checks.same(f"{who}: gfp_flags live", sorted(get(kill, "invoker.gfp_flags", [])),
                sorted(get(log, "invoker.gfp_flags", [])))
    checks.same(f"{who}: invoker live", get(kill, "invoker.tid", get(kill, "invoker.pid")),
                get(log, "invoker.tid", get(log, "invoker.pid")))
    checks.same(f"{who}: victims live", sorted(compare.printed_of(kill)), sorted(v["pid"] for v in log["victims"]))
    compare.check_stack(checks, get(kill, "invoker.stack", []), get(log, "invoker.stack", []), backend)
    if "totalpages" in log and "totalpages" in kill:
        checks.same(f"{who}: totalpages live", kill["totalpages"], log["totalpages"])
    checks.that(f"{who}: when", abs(kill["uptime_ms"] + ahead_ms - log["uptime_ms"]) <= FAR_MS,
                f"live {kill['uptime_ms']}, {log['uptime_ms']} in the log, whose clock is {ahead_ms:.0f} ahead")
    check_live_memory(checks, who, log, kill, report, backend, release, cpus)
    if report["tasks"] is not None and not machine.is_unscored(report, backend):
        check_live_tasks(checks, who, log, kill, report, backend, release, cpus)


# ---- a run ----

def reap_of(events, pid):
    return next((event for event in events if event["type"] == "oom_outcome" and event["pid"] == pid and
                 "reaped_ms" in event), None)


def check_reaped(checks, logged, events, report):
    """The oom_reaper's line, and its tracepoint: milliseconds apart, of a decision a few before its report."""
    pid = report["kills"][0]["pid"]
    told, seen = reap_of(logged, pid), reap_of(events, pid)
    if "reaped" in report and checks.that(f"log of {pid}: reaped", told, "import does not say so") and seen:
        checks.that(f"log of {pid}: reaped_ms live", abs(seen["reaped_ms"] - told["reaped_ms"]) < FAR_MS,
                    f"live {seen['reaped_ms']}, {told['reaped_ms']} by the log")


def check_counts(checks, logged, reports):
    """Who died, of all that the kernel printed, each once."""
    told = sorted(victim["pid"] for kill in logged for victim in kill["victims"])
    checks.same("log: the victims", told, sorted(pid for report in reports for pid in compare.killed_in(report)))
    checks.same("log: ids are unique", len({kill["id"] for kill in logged}), len(logged))
    checks.same("log: nothing else", {kill["source"] for kill in logged} - {"log"}, set())


def events_of(directory, reports, hog):
    """What was seen live of a run, also of one that shared its tracer with others."""
    own, shared = directory / "stdout", directory.parent / "shared/stdout"
    events = compare.parse_stream(compare.Checks(), (own if own.exists() else shared).read_bytes())
    return events if own.exists() else compare.belonging(events, reports, hog)


@compare.guarded
def check(directory, case, tracer, cpus=2):
    """All checks of the import of a run's kernel log."""
    reports, hog, _ = compare.kernel_side(directory)
    events = events_of(directory, reports, hog)
    checks = compare.Checks()
    lines, status = read(tracer, directory / "kmsg")
    checks.same("log: import ends well", status, 0)
    logged = compare.of_type(lines, "oom_kill")
    ahead_ms = klog_oracle.printk_ahead_ms((directory / "kmsg").read_bytes())
    release = events[0]["kernel"]
    printed = [report for report in reports if report["kills"]]
    check_counts(checks, logged, printed)
    kills = {kill["victim"]["pid"]: kill for kill in compare.of_type(events, "oom_kill")}
    for report in printed:
        whole = report["invoker"] is not None and "constraint" in report
        pid = report["kills"][0]["tgid"]
        log = next((kill for kill in logged if kill["victim"]["pid"] in (pid, report["kills"][0]["pid"])), None)
        if not whole or not log:
            continue
        check_text(checks, log, report, release)
        if pid in kills and case not in compare.COUNT_CASES:
            check_live(checks, log, kills[pid], report, kills[pid]["backend"], release, cpus, ahead_ms)
        check_reaped(checks, lines, events, report)
    return checks
