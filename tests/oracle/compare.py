#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares what oomtrace said about a run with what the kernel printed and counted during it.

A run is a directory with
    stdout          oomtrace's JSON lines           kmsg            raw /dev/kmsg records of the run
    status          oomtrace's exit status          hog             what hog started and counted
    vmstat.before, vmstat.after                     trouble         what the runner could not do
Every check has a name and says what it saw where it fails; a run without checks is a failure.

    compare.py DIRECTORY [CASE [BACKEND]]
"""
import codecs
import json
import pathlib
import re
import sys
from collections import namedtuple

sys.dont_write_bytecode = True
import klog_oracle  # noqa: E402
import machine  # noqa: E402
import memory  # noqa: E402
import stored  # noqa: E402

PAGE = 4096
CHARGE_BATCH = 64           # MEMCG_CHARGE_BATCH: pages that each CPU may have charged in advance
FAULT_AROUND = 16           # pages of a file that one fault maps
# Beyond what the kernel reports, or what got through: only counts.
COUNT_CASES = ("storm", "duel", "stopped", "group_stopped", "smallest", "full", "pod", "store")
WHOLE_CASES = ("storm", "full", "duel", "pod", "store")   # of those, the ones that lose no kill on stdout
LOSSY_CASES = ("crowded", "thousands")           # candidates are lost, and only candidates
# What the kernel's report lacks: the table of tasks, or what names the cgroups; hog knows those.
TABLELESS_CASES = ("tableless",)
SUMMARYLESS_CASES = ("long",)
QUIET_MODES = ("exit", "exiting", "nobody")      # of hog: nobody is killed
MANY = 2000                                      # candidates that any backend has to hold and list
# Losses that these cases are made to cause.
CAUSES = {
    "crowded": ("ring_candidate",),
    "stopped": ("ring_decision", "ring_end", "ring_fate", "ring_memory"),
    "group_stopped": ("ring_victim", "ring_fate"),
    "smallest": ("ring_decision",),
    "thousands": ("scratch_candidate",),
    "full": ("output",),
}
KILL_LOSSES = ("ring_decision", "ring_victim")
KINDS = {"none": "none", "memcg": "memcg", "cpuset": "cpuset", "memory_policy": "mempolicy"}


# What a kernel says when something is wrong with it, or with what was loaded into it.
SPLATS = re.compile(r"WARNING:|BUG:|Oops|general protection|KASAN|UBSAN|KCSAN|unchecked MSR|"
                    r"(?i:rcu.*\bstall|soft lockup|hard lockup|blocked for more than|kernel panic|verifier bug|"
                    r"scheduling while atomic|bad page state|circular locking|recursive locking)")


class Check(namedtuple("Check", "name ok details")):
    def __str__(self):
        return f"ok {self.name}" if self.ok else f"FAIL {self.name}: {self.details}"


def one_per_byte(error):
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("one-per-byte", one_per_byte)


def text(raw):
    """A name as the contract wants it in JSON: each byte that is not UTF-8 becomes U+FFFD."""
    return raw.decode("utf-8", "one-per-byte")


class Checks(list):
    def __add__(self, other):
        return Checks([*self, *other])

    def that(self, name, ok, details=""):
        self.append(Check(name, bool(ok), details))
        return ok

    def same(self, name, ours, kernel):
        return self.that(name, ours == kernel, f"oomtrace says {ours!r}, the kernel {kernel!r}")


def get(obj, path, default=None):
    for key in path.split("."):
        if not isinstance(obj, dict) or key not in obj:
            return default
        obj = obj[key]
    return obj


def splats(log):
    """The lines of a kernel log that nobody may ignore."""
    return [line for line in log.decode(errors="replace").splitlines() if SPLATS.search(line)]


# ---- how far resident sizes may be apart ----

def counters_of(release):
    """Which counters this kernel's own report prints. True of the releases of the matrix; a stable
    kernel may have a backport, and then this test is what notices."""
    major, minor = (int(n) for n in release.split("-")[0].split(".")[:2])
    return "atomic" if (major, minor) < (6, 2) else "precise" if major >= 7 else "approximate"


def rss_slack(ours, kernel, threads, cpus, late=False):
    """Pages by which one counter (anon, file or shmem) of one task may differ.

    The tasks of the scenarios are idle when the kernel kills: nothing moves between the selection
    and the kernel's table. So who reads the counters that the kernel reads gets its numbers: no
    slack. Off may be a reader that cannot reach those (no per-CPU offsets in kallsyms), and who
    reads a victim late, when the signal may already have woken it and its threads give in on their
    way out what they kept back. By at most what the counters hold back:
      atomic       each thread keeps back the pages of up to 64 faults (TASK_RSS_EVENTS_THRESH),
                   and one fault maps up to 16 pages of a file (fault_around_bytes)
      approximate  each CPU keeps back less than a batch, max(32, 2 * CPUs) pages
    """
    if ours == kernel and not late:
        return 0
    if "atomic" in (ours, kernel):
        return 64 * FAULT_AROUND * threads
    if ours == kernel == "precise":
        return 0
    return max(32, 2 * cpus) * cpus


# ---- the oracle against the scenario: without this, the oracle would be believed blindly ----

def check_oracle(checks, reports, hog, counted):
    first = next((report for report in reports if report["tasks"] is not None), {})
    procs = {proc["pid"]: proc for proc in hog["start"]["procs"] if machine.is_inside(proc, first)}
    mode = hog["start"]["mode"]
    lines = [kill for report in reports for kill in report["kills"]]
    checks.same("oracle: kernel log and /proc/vmstat agree", len(lines), counted)
    if mode in QUIET_MODES:
        checks.that("oracle: nobody is killed", not lines and not hog["end"]["killed_pids"], hog["end"])
        checks.that("oracle: memory ran out", hog["end"]["memcg_oom"], hog["end"])
        checks.same("oracle: nobody could be killed", any(report["no_kill"] for report in reports), mode == "nobody")
        return
    checks.that("oracle: kills found", lines, "the kernel log holds no kill")
    if mode == "storm":
        return
    if mode == "story":
        machine.check_story(checks, reports, hog)
        return
    killed = sorted({pid for report in reports for pid in killed_in(report)})
    checks.same("oracle: killed", killed, sorted(set(hog["end"]["killed_pids"]) - sharers_of(hog, killed)))
    if not hog["start"].get("dump_tasks", 1):
        checks.that("oracle: no task table", not first, first)
        return
    if not checks.that("oracle: task table found", first):
        return
    rows = {row["tgid"]: row for row in first["tasks"]}
    checks.that("oracle: hog's processes are in the table", set(procs) <= set(rows), f"{procs} {rows}")
    if mode != "global":
        checks.same("oracle: nobody else is in the table", sorted(rows), sorted(procs))
    for pid in set(procs) & set(rows):
        proc, row = procs[pid], rows[pid]
        checks.same(f"oracle: name of {pid}", row["name"], bytes.fromhex(proc["comm_hex"]))
        checks.same(f"oracle: oom_score_adj of {pid}", row["oom_score_adj"], proc["adj"])
        checks.same(f"oracle: first thread of {pid} is gone", row["pid"] != pid, proc["leader_exits"])
        # The counters lag (see rss_slack); by no more than that is a process smaller than what it touched.
        touched = (proc["anon"] + proc["file"] + proc["shmem"]) // PAGE
        lag = 64 * proc["threads"] * (FAULT_AROUND if proc["file"] else 1)
        checks.that(f"oracle: rss of {pid}", row["rss"] + row["swapents"] >= touched - lag,
                    f"{row['rss']} pages in the table, {touched} touched, {lag} may lag")


def kin_of(hog):
    """Pairs of processes that share their memory: who started the other one, and that other one."""
    procs = hog["start"]["procs"]
    return [(procs[i - 1]["pid"], proc["pid"]) for i, proc in enumerate(procs) if proc.get("kin")]


def sharers_of(hog, killed):
    """Whom the kernel kills without a word, for sharing the memory of somebody in @killed."""
    return {other for pair in kin_of(hog) for one, other in (pair, pair[::-1])
            if one in killed and other not in killed}


def name_processes(reports, hog):
    """Each "Killed process" line names a thread, the one that has the memory or had it left: say whose it is.
    Each row of the table: why it could not be chosen, or None."""
    cgroups = {proc["pid"]: text(bytes.fromhex(proc["cgroup_hex"])) for proc in hog["start"]["procs"]
               if "cgroup_hex" in proc}
    vforked = {proc["pid"] for proc in hog["start"]["procs"] if proc.get("kin") == "vfork"}
    threads = {tid: proc["pid"] for proc in hog["start"]["procs"] for tid in proc["tids"]}
    for number, report in enumerate(reports):
        report["again"] = number > 0
        threads.update({row["pid"]: row["tgid"] for row in report["tasks"] or ()})
        for row in report["tasks"] or ():
            if row["tgid"] in cgroups:
                row["cgroup"] = cgroups[row["tgid"]]
            row["skipped"] = ("adj_min" if row["oom_score_adj"] == -1000 else
                              "in_vfork" if row["tgid"] in vforked else None)
        for kill in report["kills"]:
            kill["tgid"] = threads.get(kill["pid"], kill["pid"])


def killed_in(report):
    return sorted({kill["tgid"] for kill in report["kills"]})


# ---- the stream as a whole ----

def parse_stream(checks, raw):
    events = []
    for number, line in enumerate(raw.split(b"\n")[:-1], 1):
        try:
            event = json.loads(line.decode("utf-8"))
            assert event["schema"] == 1 and isinstance(event["type"], str)
            events.append(event)
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            checks.that(f"stream: line {number}", False, f"{error!r}: {line[:200]!r}")
    checks.that("stream: ends with a newline", raw.endswith(b"\n"), repr(raw[-80:]))
    return events


def of_type(events, kind):
    return [event for event in events if event["type"] == kind]


def victims_of(kill):
    """Process ids of all victims of an episode."""
    return {victim["pid"] for victim in kill.get("victims") or [kill["victim"]]}


def signalled(kill, report):
    """Who may be on its way out when the report is done: also who shares a victim's memory, which is not printed."""
    return victims_of(kill) | set(killed_in(report))


def printed_of(kill):
    """Of those, the ones that the kernel prints and counts: not who merely shares another's memory, and
    not who was exiting anyway."""
    if kill.get("selection") == "exiting_task":
        return set()
    return {victim["pid"] for victim in kill.get("victims") or [kill["victim"]]
            if victim.get("killed_as") != "shared_mm"}


def check_stream(checks, events, status, backend, expect_backend, wanted_status="0"):
    kinds = [event["type"] for event in events]
    if not checks.that("stream: begins with attached", kinds[:1] == ["attached"], kinds[:1]):
        return False
    checks.that("stream: ends with detached", kinds[-1:] == ["detached"], kinds[-3:])
    checks.same("stream: exit status", status, wanted_status)
    if expect_backend:
        checks.same("stream: backend", events[0].get("backend"), expect_backend)
    if backend == "auto":
        refused = [one["backend"] for one in events[0].get("refused", [])]
        order = ["fentry", "kprobe", "tracepoint"]
        checks.same("stream: what comes before it was refused", refused, order[:order.index(events[0].get("backend"))])
    for event in events:
        lacking = [key for key in ("time", "uptime_ms", "host", "boot_id") if key not in event]
        if lacking:
            checks.that(f"stream: {event['type']} has its common fields", False, lacking)
    kills = of_type(events, "oom_kill")
    checks.same("stream: ids are unique", len({kill.get("id") for kill in kills}), len(kills))
    totals = (of_type(events, "detached") or [{}])[-1]
    kills = [kill for kill in kills if kill.get("source") not in ("kmsg", "log")]
    checks.that("stream: detached.kills counts the victims",
                totals.get("kills") == sum(len(victims_of(kill)) for kill in kills),
                f"{totals.get('kills')} of {[sorted(victims_of(kill)) for kill in kills]}")
    return True


# ---- one kill ----

def totalpages_of(report):
    """What the scores are relative to."""
    if report["oom_memcg"] is not None:
        return machine.memcg_totalpages_of(report)
    return machine.totalpages_of(report)


CALLERS = ("mem_cgroup_out_of_memory", "__alloc_pages", "moom_callback")


def stack_of(report):
    """The kernel's own call trace from out_of_memory on, without the trampolines of a tracer."""
    frames = [name for name in report["stack"] if not name.startswith("bpf_")]
    last = max(i for i, name in enumerate(frames) if name == "out_of_memory")
    return frames[last:]


def check_stack(checks, ours, kernel, backend):
    # A kretprobe has put its own address where that of the caller was. The kernel's trace names
    # whatever function lies before it; ours was taken earlier.
    # 5.10's unwinder even ends there, and leaves only the callers that there can be.
    details = f"oomtrace says {ours}, the kernel {kernel}"
    checks.that("stack: begins", ours[:1] == ["out_of_memory"], details)
    if backend != "kprobe":
        checks.that("stack", ours == kernel, details)
    elif len(kernel) > 2:
        checks.that("stack", ours[-len(kernel[2:]):] == kernel[2:] and len(ours) - len(kernel) in (0, 1), details)
    else:
        checks.that("stack", ours[1:2] and ours[1].startswith(CALLERS), details)


def is_allocating(report):
    return report["kills"][0]["prefix"].endswith("(oom_kill_allocating_task)")


def check_path(checks, name, where, key, truth):
    """A path is told whole, or its end is and that it is not whole."""
    told, cut = where.get(key), where.get(f"{key}_truncated", False)
    if cut:
        end = (told or "").removeprefix("...")
        checks.that(name, (told or "").startswith(".../") and truth.endswith(end) and truth != end,
                    f"oomtrace says {told!r}, truncated, the kernel {truth!r}")
    else:
        checks.same(name, told, truth)


def check_header(checks, kill, report, backend):
    checks.same("invoker comm", get(kill, "invoker.comm"), text(report["invoker"]))
    tid = get(kill, "invoker.tid", get(kill, "invoker.pid"))
    checks.same("invoker tid", tid, report.get("invoker_tid"))
    checks.same("gfp_mask", get(kill, "invoker.gfp_mask"), f"{report['gfp_mask']:#x}")
    # Single flags stand in the table's order, which is not that of every kernel.
    checks.same("gfp_flags", sorted(get(kill, "invoker.gfp_flags", [])), sorted(report["gfp_flags"].split("|")))
    checks.same("order", get(kill, "invoker.order"), report["order"])
    checks.same("sysrq", kill.get("sysrq"), report["order"] == -1)
    checks.same("selection", kill.get("selection"), "allocating_task" if is_allocating(report) else "select_bad_process")
    machine.check_passed_over(checks, kill, report, backend)
    check_stack(checks, get(kill, "invoker.stack", []), stack_of(report), backend)
    checks.same("constraint", kill.get("constraint"), KINDS[report["constraint"]])
    oom_memcg = report["oom_memcg"]
    if oom_memcg is None:
        checks.same("oom_memcg", get(kill, "memcg.path"), None)
    else:
        check_path(checks, "oom_memcg", kill.get("memcg", {}), "path", text(oom_memcg))
    check_path(checks, "task_memcg", kill["victim"], "cgroup", text(report["task_memcg"]))
    checks.same("page_size", kill.get("page_size", PAGE), PAGE)
    checks.same("source", kill.get("source"), "live")
    checks.same("backend", kill.get("backend"), backend)
    if backend == "tracepoint":
        checks.same("completed_from", kill.get("completed_from"), "kmsg")
    if oom_memcg is not None:
        check_memcg(checks, kill["memcg"], report, backend)
    else:
        machine.check_swap(checks, kill, report)
    total = None if machine.is_unscored(report, backend) else totalpages_of(report)
    checks.same("totalpages", kill.get("totalpages"), total)


UNLIMITED_KB = (2**63 - 1) // PAGE * PAGE // 1024


def limit_of(kb):
    return "max" if kb == UNLIMITED_KB else kb * 1024


def check_memcg(checks, memcg, report, backend):
    """The counters of the cgroup that ran out. The tracepoint comes after the report, and the
    victim may be freeing; so may the one before."""
    checks.same("memcg limit", memcg.get("limit_bytes"), limit_of(report["memcg_limit_kb"]))
    kind = "memsw" if "memsw_limit_kb" in report else "swap"
    if f"{kind}_limit_kb" in report:
        checks.same(f"memcg {kind} limit", memcg.get(f"{kind}_limit_bytes"), limit_of(report[f"{kind}_limit_kb"]))
    if backend == "tracepoint" or report["again"]:
        return
    for name, key in (("usage", "memcg"), (f"{kind} usage", kind)):
        if f"{key}_usage_kb" in report:
            ours, kernel = memcg.get("usage_bytes" if key == "memcg" else f"{key}_bytes", -1), report[f"{key}_usage_kb"]
            # Other CPUs draw on, and give back, what they have charged in advance.
            checks.that(f"memcg {name}", abs(ours - kernel * 1024) <= 2 * CHARGE_BATCH * PAGE,
                        f"oomtrace says {ours}, the kernel {kernel} kB")


def check_victims(checks, kill, report):
    victim = kill["victim"]
    checks.same("victim pid", victim.get("pid"), report["victim_pid"])
    checks.same("victim comm", victim.get("comm"), text(report["victim_comm"]))
    checks.same("victim uid", victim.get("uid"), report["victim_uid"])
    line = report["kills"][0]
    checks.same("victim oom_score_adj", victim.get("oom_score_adj"), line["oom_score_adj"])
    checks.same("all victims", sorted(printed_of(kill)), killed_in(report))
    for other in kill.get("victims", []):
        wanted = ("shared_mm" if other["pid"] not in killed_in(report) else
                  "chosen" if other["pid"] == report["victim_pid"] else "group")
        checks.same(f"killed_as of {other['pid']}", other.get("killed_as"), wanted)
    checks.same("scope", kill.get("scope"), "process" if report["group"] is None else "group")


def moved_tables(report):
    """Bytes of page tables that as many pages may need as move while the kernel reports: they may straddle one's end."""
    return PAGE * (report["moving"] // (PAGE // 8) + 1) if report["moving"] else 0


def check_task(checks, task, row, report, slack):
    totalpages = totalpages_of(report)
    who = f"candidate {row['tgid']}"
    checks.same(f"{who}: comm", task.get("comm"), text(row["name"]))
    if "cgroup" in task and "cgroup" in row:
        check_path(checks, f"{who}: cgroup", task, "cgroup", row["cgroup"])
    checks.same(f"{who}: uid", task.get("uid"), row["uid"])
    checks.same(f"{who}: tid", task.get("tid", task["pid"]), row["pid"])
    checks.same(f"{who}: oom_score_adj", task.get("oom_score_adj"), row["oom_score_adj"])
    off = task.get("swap_bytes", -10**12) // PAGE - row["swapents"]
    checks.that(f"{who}: swapents", abs(off) <= report["moving"], f"off by {off} pages, {report['moving']} allowed")
    off = task.get("pgtables_bytes", -10**12) - row["pgtables_bytes"]
    checks.that(f"{who}: pgtables", abs(off) <= moved_tables(report), f"off by {off} bytes, {moved_tables(report)} allowed")
    checks.same(f"{who}: total_vm", task.get("total_vm_bytes"), row["total_vm"] * PAGE)
    parts = ("anon", "file", "shmem")
    pages = {part: task.get(f"rss_{part}_bytes", -PAGE * 10**9) // PAGE for part in parts}
    for part in parts:
        if f"rss_{part}" in row:
            off = pages[part] - row[f"rss_{part}"]
            checks.that(f"{who}: rss_{part}", abs(off) <= slack, f"off by {off} pages, {slack} allowed")
    off = sum(pages.values()) - row["rss"]
    checks.that(f"{who}: rss", abs(off) <= 3 * slack, f"off by {off} pages, {3 * slack} allowed")

    checks.same(f"{who}: eligible", task.get("eligible"), not row["skipped"])
    checks.same(f"{who}: skipped", task.get("skipped"), row["skipped"])
    if not row["skipped"]:
        points = table_points(row, totalpages)
        off = task.get("points", -10**9) - points
        checks.that(f"{who}: points", abs(off) <= 3 * slack,
                    f"{task.get('points')}, {points} by the table, {3 * slack} allowed")


def table_points(row, totalpages):
    """The kernel's formula, over the kernel's own table."""
    return (row["rss"] + row["swapents"] + row["pgtables_bytes"] // PAGE +
            row["oom_score_adj"] * (totalpages // 1000))


def check_runner_up(checks, kill, report, rows):
    points = {pid: table_points(row, totalpages_of(report)) for pid, row in rows.items()
              if not row["skipped"] and pid != kill["victim"].get("pid")}
    best = [pid for pid in points if points[pid] >= max(points.values()) - 3 * report["moving"]]
    if best:
        checks.that("runner-up", get(kill, "why.runner_up.pid") in best,
                    f"oomtrace says {get(kill, 'why.runner_up')}, the kernel's table {best}")


def check_loss(checks, kill, tasks, rows, case):
    missing, lost = set(rows) - set(tasks), get(kill, "candidates.lost") or 0
    checks.that("candidates: nobody invented", set(tasks) <= set(rows), sorted(set(tasks) - set(rows)))
    if case in LOSSY_CASES:
        checks.that("candidates: the loss is said", lost > 0 and kill.get("loss"), f"{lost} {kill.get('loss')}")
        checks.same("candidates: listed + lost", len(tasks) + lost, len(rows))
        if case == "thousands":
            checks.that("candidates: thousands of them", len(tasks) >= MANY, f"{len(tasks)} of {MANY}")
    else:
        checks.that("candidates", not missing, f"not in oomtrace's list: {sorted(missing)}")
        checks.that("candidates: nothing lost", not lost and not get(kill, "candidates.truncated") and
                    not kill.get("loss"), f"{lost} {get(kill, 'candidates.truncated')} {kill.get('loss')}")


def check_no_candidates(checks, kill, report, backend):
    """Nobody was looked at; but the walk of the tracepoint backend, which cannot know that."""
    if backend == "tracepoint" and report:
        checks.same("candidates.source", get(kill, "candidates.source"), "snapshot")
        checks.same("candidates", sorted(task["pid"] for task in get(kill, "candidates.tasks", [])),
                    sorted(row["tgid"] for row in report["tasks"]))
        return
    checks.same("candidates.source", get(kill, "candidates.source"), "none")
    checks.same("candidates.tasks", get(kill, "candidates.tasks"), [])
    checks.same("candidates: how many is not known", get(kill, "candidates.total"), None)


def is_passing(row, task):
    """A process of the guest's own shell, which starts some while it waits: between selection and table, too."""
    name = row["name"] if row else task["comm"].encode()
    return name in (b"init", b"usleep", b"grep", b"cut", b"tr")


def check_candidates(checks, kill, report, case, backend, release, cpus):
    if is_allocating(report):
        check_no_candidates(checks, kill, report, backend)
        return
    tasks = {task["pid"]: task for task in get(kill, "candidates.tasks", [])}
    rows = {row["tgid"]: row for row in report["tasks"]}
    passing = {pid for pid in set(rows) ^ set(tasks) if report["moving"] and is_passing(rows.get(pid), tasks.get(pid))}
    rows = {pid: row for pid, row in rows.items() if pid not in passing}
    tasks = {pid: task for pid, task in tasks.items() if pid not in passing}
    for pid, row in rows.items():
        # The snapshot follows the signal: a parent that it woke in vfork() has let go of its child by then.
        if backend == "tracepoint" and row["skipped"] == "in_vfork" and tasks.get(pid, {}).get("eligible"):
            row["skipped"] = None
    check_loss(checks, kill, tasks, rows, case)
    check_runner_up(checks, kill, report, rows)
    kernel_counters, ours = counters_of(release), kill.get("rss_counters")
    checks.same("rss_counters", ours, kernel_counters)
    for pid in sorted(set(tasks) & set(rows)):
        # The snapshot of this backend follows the kernel's table and the signal.
        late = backend == "tracepoint" and pid in signalled(kill, report)
        slack = rss_slack(ours, kernel_counters, tasks[pid].get("threads", 1), cpus, late) + report["moving"]
        check_task(checks, tasks[pid], rows[pid], report, slack)

    listed = [task for task in get(kill, "candidates.tasks", []) if task["pid"] not in passing]
    more = len(get(kill, "candidates.tasks", [])) - len(listed)
    eligible = [task for task in listed if task.get("eligible")]
    checks.same("candidates.listed", get(kill, "candidates.listed") - more, len(listed))
    checks.same("candidates.total", get(kill, "candidates.total") - more, len(rows))
    checks.same("candidates.eligible", get(kill, "candidates.eligible") - more,
                sum(not row["skipped"] for row in rows.values()))
    points = [task.get("points", -10**9) for task in eligible]
    checks.that("candidates: by falling points", points == sorted(points, reverse=True), points)
    most = kill["victim"].get("points")
    checks.that("candidates: the victim has the most points", most is not None and most >= max(points, default=most),
                f"{most} of {points[:3]}")
    if backend in ("fentry", "kprobe"):
        checks.same("candidates.source", get(kill, "candidates.source"), "selection")
        sources = {task.get("points_source") for task in eligible}
        checks.same("points_source", sources, {"kernel"})
    else:
        checks.same("candidates.source", get(kill, "candidates.source"), "snapshot")


def check_outcome(checks, kill, events):
    outcomes = [event for event in of_type(events, "oom_outcome") if event.get("id") == kill.get("id")]
    if checks.that("outcome", outcomes, "no oom_outcome with the id of this kill"):
        # Whoever provoked this has waited for the victim: it had exited before the tracer ended. Only
        # of one that lived for long something is told before.
        outcomes = [o for o in outcomes if o.get("watched_ms", 0) < 5000]
        checks.that("outcome: exited_ms", all(isinstance(o.get("exited_ms"), (int, float)) and
                                              o["exited_ms"] >= 0 for o in outcomes), outcomes)


def check_reports(checks, events, reports, case, backend, cpus, counted):
    """Every kill in full: for runs within the kernel's own rate limit."""
    release = events[0].get("kernel", "")
    kills = [kill for kill in of_type(events, "oom_kill") if kill.get("selection") != "exiting_task"]
    printed = [report for report in reports if report["kills"]]
    if case == "count":
        # Told to end after one: what the kernel killed after that is nobody's fault.
        counted -= sum(len(report["kills"]) for report in printed[1:])
        printed = printed[:1]
    checks.same("kills: as many episodes as reports", len(kills), len(printed))
    victims = sum(len(printed_of(kill)) for kill in kills)
    checks.same("kills: victims as the kernel counts", victims + counted_twice(printed), counted)
    if case not in LOSSY_CASES:
        checks.that("kills: no loss", not of_type(events, "lost") and not events[-1].get("lost"),
                    f"{of_type(events, 'lost')} {events[-1].get('lost')}")
    for report in printed:
        if case in SUMMARYLESS_CASES:
            continue
        if (report["tasks"] is None and case not in TABLELESS_CASES) or "constraint" not in report:
            checks.that("kernel: full report", False, "rate-limited: the case must pace itself")
            continue
        kill = next((kill for kill in kills if kill["victim"].get("pid") == report["victim_pid"]), None)
        if not checks.that(f"kill of {report['victim_pid']}", kill, "oomtrace did not see it"):
            continue
        check_header(checks, kill, report, backend)
        check_victims(checks, kill, report)
        if machine.is_unscored(report, backend):
            machine.check_snapshot(checks, kill, report)
        elif report["tasks"] is not None:
            check_candidates(checks, kill, report, case, backend, release, cpus)
        # The mark comes after the kernel has printed its table: of thousands, seconds after its account.
        at_once = backend != "tracepoint" or len(report["tasks"] or ()) < MANY
        memory.check_memory(checks, kill, report, backend, release, cpus,
                            alone=report is printed[0] and not report["moving"] and at_once)
        check_outcome(checks, kill, events)


def counted_twice(reports):
    """A killed group meets its first victim again, and may meet another thread of one that it has
    killed: the kernel counts, and prints, each time."""
    return sum(len(report["kills"]) - len(killed_in(report)) for report in reports)


def lost_kills(events):
    """How many kills the totals own up to as lost: whole episodes, and victims beyond the chosen one."""
    lost = (of_type(events, "detached") or [{}])[-1].get("lost") or {}
    return sum(lost.get(reason, 0) for reason in KILL_LOSSES)


def check_counts(checks, events, reports, case, counted):
    """Only numbers: for runs beyond the kernel's rate limit."""
    kills = of_type(events, "oom_kill")
    seen = sorted(pid for kill in kills for pid in printed_of(kill))
    printed = sorted(pid for report in reports for pid in killed_in(report))
    lost = lost_kills(events)
    checks.same("counts: seen + lost", len(seen) + lost, counted - counted_twice(reports))
    checks.that("counts: nobody invented", set(seen) <= set(printed), sorted(set(seen) - set(printed)))
    if case in WHOLE_CASES:
        checks.same("counts: the victims", seen, printed)
    else:
        said = sum(event.get("count", 0) for event in of_type(events, "lost"))
        checks.that("counts: the loss is said", lost and said, f"{lost} kills in detached, {said} things in lost lines")


# ---- a run ----

def read_hog(path):
    """What hog said: one object of each kind. Of a second hog beside it (hog.2), its processes and
    its dead are added."""
    found = read_one_hog(path)
    second = path.with_name("hog.2")
    if second.exists():
        other = read_one_hog(second)
        found["start"]["procs"] += other["start"]["procs"]
        found["end"]["killed_pids"] += other["end"]["killed_pids"]
    return found


def read_one_hog(path):
    found = {}
    for line in path.read_text().splitlines():
        event = json.loads(line)
        found[event["hog"]] = event
    return found


def vmstat_delta(directory):
    before, after = (int((directory / f"vmstat.{when}").read_text().split()[1]) for when in ("before", "after"))
    return after - before


def check_run(stdout, status, reports, hog, counted, case, backend, expect_backend=None, cpus=2):
    """All checks of one run, from contents; stdout None: only the oracle against the scenario."""
    checks = Checks()
    name_processes(reports, hog)
    check_oracle(checks, reports, hog, counted)
    if stdout is None:
        return checks
    events = parse_stream(checks, stdout)
    if not checks.that("stream: has events", events, repr(stdout[:200])):
        return checks
    # An output that could not be written to is a failure, however well the others did.
    wanted = "1" if case == "full" else "0"
    if check_stream(checks, events, status, backend, expect_backend, wanted):
        check_events(checks, events, reports, hog, case, counted, cpus)
    return checks


def check_full(checks, events, file):
    """The output to a disk that filled up: each line that stdout has is there whole, or counted."""
    whole = set(file.split(b"\n")[:-1])
    there = [event for event in events if json.dumps(event) in {json.dumps(o) for o in map(parse_line, whole)}]
    missing = len(events) - len(there)
    lost = ((of_type(events, "detached") or [{}])[-1].get("lost") or {}).get("output", 0)
    # The last lines cannot count themselves: that of a loss told at the end, and the totals.
    checks.that("full: each line is there or counted", missing - 2 <= lost <= missing,
                f"{missing} of {len(events)} lines are missing, {lost} counted")
    checks.that("full: some are missing", missing > 2, missing)


def check_pod(checks, events):
    """Whose victims they were, as far as it was found out before they had gone: of ten, some."""
    named = [event["container"] for event in of_type(events, "oom_outcome") if "container" in event]
    checks.that("pod: looked up in time", named, "not once")
    checks.that("pod: its name", all(one == {"pod": "web-0", "namespace": "shop"} for one in named), named)


def parse_line(line):
    try:
        return json.loads(line.decode())
    except ValueError:
        return None


def check_events(checks, events, reports, hog, case, counted, cpus):
    totals = (of_type(events, "detached") or [{}])[-1].get("lost") or {}
    for reason in CAUSES.get(case, ()):
        checks.that(f"loss: {reason} was caused", totals.get(reason), f"detached counts {totals}")
    if case in COUNT_CASES:
        check_counts(checks, events, reports, case, counted)
    else:
        check_reports(checks, events, reports, case, events[0].get("backend"), cpus, counted)
    # Only here: it is built on this module.
    import particular
    particular.check(checks, case, events, reports, hog)


def guarded(function):
    """What cannot be compared has not been proven: a broken check is a failure."""
    def wrapper(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            where = error.__traceback__
            while where.tb_next:
                where = where.tb_next
            return Checks([Check("comparison", False, f"{error!r} at line {where.tb_lineno}")])
    return wrapper


def trouble_of(directory):
    """What the runner could not do, as failed checks."""
    trouble = directory / "trouble"
    return Checks([Check("run", False, trouble.read_text().strip())] if trouble.exists() else [])


def status_of(directory):
    status = directory / "status"
    return status.read_text().strip() if status.exists() else None


def kernel_side(directory):
    """(reports, hog, counted) of a run."""
    reports, hog = klog_oracle.reports((directory / "kmsg").read_bytes()), read_hog(directory / "hog")
    machine.know(reports, hog, directory / "meminfo", directory / "nodes")
    name_processes(reports, hog)
    return reports, hog, vmstat_delta(directory)


@guarded
def check_case(directory, case, backend, tracer=True, expect_backend=None, cpus=2):
    """All checks of the run in @directory, which had a tracer of its own (or none)."""
    import fates  # which needs this module whole
    directory = pathlib.Path(directory)
    stdout = (directory / "stdout").read_bytes() if tracer else None
    checks = check_run(stdout, status_of(directory), *kernel_side(directory), case, backend, expect_backend, cpus)
    if tracer:
        fates.check(checks, directory, case, parse_stream(Checks(), stdout), *kernel_side(directory)[:2], cpus)
    if case == "full" and tracer:
        check_full(checks, parse_stream(Checks(), stdout), (directory / "file").read_bytes())
    if case == "store" and tracer:
        stored.compare_lines(checks, "store", directory / "kills.db", stdout)
    if case == "capabilities" and tracer:
        check_capabilities(checks, directory)
    if case == "pod" and tracer:
        check_pod(checks, parse_stream(Checks(), stdout))
    return trouble_of(directory) + checks


def check_capabilities(checks, directory):
    """Whatever is missing is named, and ends it with the status for that; what was given up is gone."""
    for status in sorted(directory.glob("without_*.status")):
        name = status.stem.removeprefix("without_")
        said = status.with_suffix(".stderr").read_text(errors="replace")
        checks.same(f"without {name}: exit status", int(status.read_text()), 3)
        checks.that(f"without {name}: it is named", f"CAP_{name.upper()}" in said, said)
    checks.same("with enough: exit status", int((directory / "enough.status").read_text()), 0)
    checks.that("some were tried", len(list(directory.glob("without_*.status"))) >= 2)
    threads = (directory / "threads").read_text()
    for field, value in (("NoNewPrivs", "1"), ("Seccomp", "2"), ("CapEff", f"{0:016x}"), ("CapPrm", f"{0:016x}")):
        found = re.findall(rf"^{field}:\s+(\S+)$", threads, re.MULTILINE)
        checks.that(f"{field} of each thread", len(found) >= 2 and set(found) == {value}, found)


@guarded
def check_panic(directory, case, backend):
    """All checks of a boot that ended in a panic: what left it by one serial port, against its console on the other."""
    directory = pathlib.Path(directory)
    return panic_checks((directory / "port").read_bytes(), (directory / "console").read_bytes(), case, backend)


def panic_checks(port, console, case, backend):
    checks = Checks()
    report = next((report for report in klog_oracle.reports(console.replace(b"\r", b"")) if "panic" in report), None)
    if not checks.that("oracle: the kernel panics", report, "no panic after a report in the console"):
        return checks
    which = "compulsory" if case == "panic_memcg" else "system-wide"
    checks.same("oracle: its reason", report["panic"], f"Out of memory: {which} panic_on_oom is enabled")
    # The panic may have cut the last line short.
    events = [event for event in map(parse_line, port.split(b"\n")) if event]
    told = of_type(events, "oom_no_kill")
    if not checks.that("panic: told before", told, f"only {[event['type'] for event in events]}"):
        return checks
    checks.same("panic: once", len(told), 1)
    checks.same("panic: reason", told[0].get("reason"), "panic_on_oom")
    checks.same("panic: backend", told[0].get("backend"), backend)
    checks.same("panic: constraint", told[0].get("constraint"), "memcg" if case == "panic_memcg" else "none")
    checks.same("panic: invoker", get(told[0], "invoker.comm"), text(report["invoker"]))
    checks.same("panic: invoker tid", get(told[0], "invoker.tid", get(told[0], "invoker.pid")), report["invoker_tid"])
    checks.same("panic: gfp_mask", get(told[0], "invoker.gfp_mask"), f"{report['gfp_mask']:#x}")
    checks.same("panic: victim", told[0].get("victim"), None)
    return checks


def belonging(events, reports, hog):
    """The part that share a tracer's events that is about these kills, with its first and last line."""
    pids = {pid for report in reports for pid in killed_in(report)}
    pids.update(proc["pid"] for proc in hog["start"]["procs"])
    kills = [kill for kill in of_type(events, "oom_kill") if kill["victim"].get("pid") in pids]
    ids = {kill.get("id") for kill in kills}
    cgroups = {text(bytes.fromhex(proc["cgroup_hex"])) for proc in hog["start"]["procs"] if "cgroup_hex" in proc} - {"/"}
    return [events[0], *(event for event in events[1:-1] if event.get("id") in ids or
                         event["type"] == "oom_no_kill" and get(event, "memcg.path") in cgroups), events[-1]]


@guarded
def check_shared(directory, backend, expect_backend):
    """The checks of a tracer that saw several cases, as a whole."""
    directory = pathlib.Path(directory)
    checks = trouble_of(directory)
    events = parse_stream(checks, (directory / "stdout").read_bytes())
    check_stream(checks, events, status_of(directory), backend, expect_backend)
    pids = set()
    for kmsg in directory.parent.glob("*/kmsg"):
        if not (kmsg.parent / "hog").exists():      # nobody was killed there
            continue
        reports, hog, _ = kernel_side(kmsg.parent)
        pids.update(pid for report in reports for pid in killed_in(report))
        pids.update(proc["pid"] for proc in hog["start"]["procs"] if proc.get("exits"))
    kills = of_type(events, "oom_kill")
    # Who dies for sharing memory can be chosen while it does: it is marked then, and nothing is printed.
    pids.update(victim["pid"] for kill in kills for victim in kill.get("victims", [])
                if victim.get("killed_as") == "shared_mm")
    others = [kill["victim"].get("pid") for kill in kills if kill["victim"].get("pid") not in pids]
    checks.that("shared: nobody invented", not others, f"the kernel killed none of {others}")
    return checks


@guarded
def check_in_shared(directory, case, cpus=2):
    """All checks of one case that share a tracer."""
    directory = pathlib.Path(directory)
    checks = trouble_of(directory)
    reports, hog, counted = kernel_side(directory)
    check_oracle(checks, reports, hog, counted)
    events = parse_stream(Checks(), (directory.parent / "shared/stdout").read_bytes())
    if checks.that("shared: the stream is whole", events and events[0]["type"] == "attached" and
                   events[-1]["type"] == "detached", "no attached or detached line"):
        check_events(checks, belonging(events, reports, hog), reports, hog, case, counted, cpus)
    return checks


def main():
    directory = pathlib.Path(sys.argv[1])
    case = sys.argv[2] if len(sys.argv) > 2 else directory.name
    backend = sys.argv[3] if len(sys.argv) > 3 else directory.parent.name
    if case == "shared":
        checks = check_shared(directory, backend, None)
    elif (directory.parent / "shared/stdout").exists() and not (directory / "stdout").exists():
        checks = check_in_shared(directory, case)
    else:
        checks = check_case(directory, case, backend, tracer=(directory / "stdout").exists())
    for check in checks:
        print(check)
    sys.exit(0 if checks and all(check.ok for check in checks) else 1)


if __name__ == "__main__":
    main()
