# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is particular to a case, beyond what compare.py checks of every run.

Where the kernel's report is silent, hog is the one who knows: what it started, and what the kernel
told it of cgroups before memory ran out.
"""
import compare
from compare import get, of_type

# The charge that CPUs hold in advance, of memory and of kernel memory: MEMCG_CHARGE_BATCH pages each.
CHARGED_AHEAD = 4 * 64 * compare.PAGE
# Kernels whose out_of_memory() a dying task's charge reaches; mem_cgroup_out_of_memory() of those
# before says task_is_dying() first, and try_charge() of 5.10 gives it the memory.
DYING_ASKS = 7


def bytes_of(number):
    return number if number == "max" else int(number)


def path_of(proc):
    return compare.text(bytes.fromhex(proc["cgroup_hex"]))


def procs_of(hog):
    return {proc["pid"]: proc for proc in hog["start"]["procs"]}


def only_kill(checks, events, selection=None):
    kills = [kill for kill in of_type(events, "oom_kill") if kill.get("selection") == selection or not selection]
    return kills[0] if checks.that("particular: a kill", kills, f"none of {selection}") else None


def check_nested(checks, events, reports, hog):
    """Whose limit it was, and what each level above had used and may use."""
    kill = only_kill(checks, events)
    if not kill:
        return
    victim = procs_of(hog).get(kill["victim"]["pid"], {})
    checks.same("nested: victim's cgroup", kill["victim"].get("cgroup"), path_of(victim))
    inner = kill["victim"].get("cgroup", "").removeprefix(get(kill, "memcg.path", ""))
    checks.same("nested: two levels below", inner.count("/"), 2)
    levels = hog["start"]["levels"]
    told = [kill["memcg"], *kill["memcg"].get("ancestors", [])]
    path = get(kill, "memcg.path", "")
    # The root is told too, and has no files.
    checks.same("nested: levels", len(told), len(levels) + 1)
    grown = told[0].get("usage_bytes", 0) - levels[0]["current"]
    for ours, kernel in zip(told, levels):
        checks.same(f"nested: path of {path}", ours.get("path"), path)
        checks.same(f"nested: limit of {path}", ours.get("limit_bytes"), bytes_of(kernel["max"]))
        checks.same(f"nested: oom_group of {path}", ours.get("oom_group"), bool(kernel["oom_group"]))
        off = ours.get("usage_bytes", -10**9) - (kernel["current"] + grown)
        checks.that(f"nested: usage of {path}", abs(off) <= CHARGED_AHEAD, f"off by {off} bytes")
        path = path.rpartition("/")[0]
    checks.same("nested: the root", (told[-1].get("path"), told[-1].get("limit_bytes")), ("/", "max"))


def check_tableless(checks, events, reports, hog):
    """Every process of the scenario is a candidate, as hog knows it."""
    kill = only_kill(checks, events)
    if not kill:
        return
    tasks = {task["pid"]: task for task in get(kill, "candidates.tasks", [])}
    procs = procs_of(hog)
    checks.same("tableless: candidates", sorted(tasks), sorted(procs))
    for pid in set(tasks) & set(procs):
        task, proc = tasks[pid], procs[pid]
        checks.same(f"tableless: name of {pid}", task.get("comm"), compare.text(bytes.fromhex(proc["comm_hex"])))
        checks.same(f"tableless: oom_score_adj of {pid}", task.get("oom_score_adj"), proc["adj"])
        checks.same(f"tableless: eligible {pid}", task.get("eligible"), proc["adj"] != -1000)
        checks.same(f"tableless: threads of {pid}", task.get("threads"), proc["threads"])
        lag = 64 * proc["threads"] * compare.PAGE
        checks.that(f"tableless: anon of {pid}", task.get("rss_anon_bytes", 0) >= proc["anon"] - lag,
                    f"{task.get('rss_anon_bytes')} of {proc['anon']}")
    checks.same("tableless: the sysctl", get(kill, "sysctl.oom_dump_tasks", 0), 0)


def check_allocating(checks, events, reports, hog):
    kill = only_kill(checks, events, "allocating_task")
    if kill:
        checks.same("allocating: who asked dies", kill["victim"]["pid"], kill["invoker"].get("pid"))
        checks.same("allocating: the sysctl", get(kill, "sysctl.oom_kill_allocating_task", 1), 1)
        checks.same("allocating: constraint", kill.get("constraint"), "none")


def check_sysrq(checks, events, reports, hog):
    kill = only_kill(checks, events)
    if kill:
        checks.same("sysrq: sysrq", kill.get("sysrq"), True)
        checks.same("sysrq: order", get(kill, "invoker.order"), -1)
        checks.that("sysrq: a worker of the kernel asked", get(kill, "invoker.comm", "").startswith("kworker/"),
                    kill["invoker"])
        checks.that("sysrq: asked by SysRq", "moom_callback" in get(kill, "invoker.stack", []), kill["invoker"])


def check_left_alone(checks, events, hog, wanted, selection="exiting_task"):
    """@wanted episodes of somebody who was exiting anyway: no signal, no line of the kernel's, no count."""
    kills = of_type(events, "oom_kill")
    leaving = [proc["pid"] for proc in hog["start"]["procs"] if proc["exits"]]
    checks.same("exiting: selections", [kill.get("selection") for kill in kills], [selection] * wanted)
    checks.same("exiting: who", [kill["victim"].get("pid") for kill in kills], leaving * wanted)
    for kill in kills:
        compare.check_outcome(checks, kill, events)
        outcomes = [event for event in of_type(events, "oom_outcome") if event.get("id") == kill.get("id")]
        checks.that("exiting: no signal is told", not any("sigkill_ms" in outcome for outcome in outcomes), outcomes)
    return kills


def check_exiting(checks, events, reports, hog):
    """Chosen, and then left alone."""
    for kill in check_left_alone(checks, events, hog, 1):
        checks.same("exiting: memcg", get(kill, "memcg.path"), path_of(hog["start"]["procs"][0]))
        listed = [task["pid"] for task in get(kill, "candidates.tasks", [])]
        # To the tracepoint it looks as if the one that asked had been exiting, and nobody chosen.
        seen = events[0].get("backend") != "tracepoint"
        checks.same("exiting: candidates", sorted(listed), sorted(procs_of(hog)) if seen else [])


def check_exit(checks, events, reports, hog):
    """Asked, and is left alone: nobody was looked at."""
    release = events[0].get("kernel", "0.0")
    for kill in check_left_alone(checks, events, hog, int(int(release.split(".")[0]) >= DYING_ASKS)):
        checks.same("exit: who asked", get(kill, "invoker.pid"), kill["victim"].get("pid"))
        compare.check_no_candidates(checks, kill, None, events[0].get("backend"))


def check_kin(checks, events, reports, hog):
    """Who shares the memory of the one chosen dies with it: the kernel says no word of that, hog does."""
    kill = only_kill(checks, events)
    if not kill:
        return
    pair = compare.kin_of(hog)[0]
    victims = {victim["pid"]: victim.get("killed_as") for victim in kill["victims"]}
    checks.same("kin: both die", sorted(victims), sorted(pair))
    checks.same("kin: one is chosen, the other one shares", sorted(victims.values()), ["chosen", "shared_mm"])
    outcomes = {event["pid"] for event in of_type(events, "oom_outcome") if event.get("id") == kill.get("id")}
    checks.same("kin: outcomes", sorted(outcomes), sorted(pair))
    killed = set(hog["end"]["killed_pids"])
    checks.that("kin: hog saw both die", set(pair) <= killed, f"{pair} {killed}")


def check_pid_namespace(checks, events, reports, hog):
    """Processes have numbers of their own inside."""
    kill = only_kill(checks, events)
    if not kill:
        return
    procs = procs_of(hog)
    tasks = [kill["victim"], *get(kill, "candidates.tasks", [])]
    for task in tasks:
        proc = procs.get(task["pid"], {})
        checks.same(f"pid namespace: {task['pid']}", task.get("ns_pid"), proc.get("ns_pid"))
        checks.that(f"pid namespace: {task['pid']} is another number inside", proc.get("ns_pid") != task["pid"], proc)


def check_far_below(checks, events, reports, hog):
    """Paths beyond what oomtrace carries: cut, said to be, and never wrong."""
    kill = only_kill(checks, events)
    if not kill:
        return
    victim = procs_of(hog).get(kill["victim"]["pid"], {})
    truth = path_of(victim)
    above = truth.rpartition("/")[0]
    for name, where, key, path in (("memcg", kill.get("memcg", {}), "path", above),
                                   ("victim", kill["victim"], "cgroup", truth),
                                   ("invoker", kill["invoker"], "cgroup", truth)):
        compare.check_path(checks, f"far below: {name}", where, key, path)
        # The kernel's own report, where it was complete, tells the tracepoint backend more.
        completed = name == "memcg" and kill.get("completed_from")
        checks.that(f"far below: {name} is cut", where.get(f"{key}_truncated") or completed, where.get(key))
    ancestors = get(kill, "memcg.ancestors", [])
    levels = above.count("/")
    checks.same("far below: more ancestors are said", get(kill, "memcg.ancestors_truncated", False),
                len(ancestors) < levels)
    for ancestor in ancestors:
        above = above.rpartition("/")[0]
        if "path" in ancestor:
            compare.check_path(checks, f"far below: {len(above)} bytes", ancestor, "path", above or "/")
    checks.same("far below: limit", get(kill, "memcg.limit_bytes"), hog["start"]["limit"])
    checks.that("far below: victim", kill["victim"]["pid"] in hog["end"]["killed_pids"], kill["victim"])
    compare.check_outcome(checks, kill, events)


def check_hostile(checks, events, reports, hog):
    """The kernel's line can be read in two ways; what hog was told when it started the processes cannot."""
    procs = procs_of(hog)
    for kill in of_type(events, "oom_kill"):
        proc = procs.get(kill["victim"].get("pid"), {"comm_hex": "", "cgroup_hex": ""})
        checks.same("hostile: name", kill["victim"].get("comm"), compare.text(bytes.fromhex(proc["comm_hex"])))
        checks.same("hostile: cgroup", kill["victim"].get("cgroup"), path_of(proc))
        checks.same("hostile: memcg", get(kill, "memcg.path"), path_of(proc).rpartition("/")[0])


def check_duel(checks, events, reports, hog):
    """Of two cgroups at once: nothing of the one is told with the other."""
    seen = {}
    for kill in of_type(events, "oom_kill"):
        path, cgroup = get(kill, "memcg.path"), kill["victim"].get("cgroup")
        seen[path] = seen.get(path, 0) + 1
        checks.same("duel: the victim's cgroup", cgroup, path)
        number = (path or "")[-1:]
        names = {task.get("comm", "") for task in get(kill, "candidates.tasks", [])} - {f"idle{number}"}
        checks.that("duel: nobody of the other one", all(name.startswith("storm-") for name in names), names)
        checks.that("duel: the invoker's cgroup", get(kill, "invoker.cgroup") == path, kill["invoker"])
    checks.same("duel: each has its kills", seen, {"/case_duel.1": 8, "/case_duel.2": 8})


def check_nobody(checks, events, reports, hog):
    """What the kernel prints each time is told once a second, with how often it was."""
    told = of_type(events, "oom_no_kill")
    printed = sum(report["no_kill"] for report in reports)
    if events[0].get("backend") == "tracepoint":
        checks.same("nobody: this backend cannot see it", told, [])
        return
    if not checks.that("nobody: told", len(told) >= 2, told):
        return
    checks.same("nobody: reasons", {event.get("reason") for event in told}, {"nothing_killable"})
    checks.same("nobody: told and repeated", len(told) + sum(event.get("repeated", 0) for event in told), printed)
    checks.that("nobody: repeated", told[-1].get("repeated"), told[-1])
    first = reports[0]
    for event, report in ((told[0], first), (told[-1], reports[-1])):
        checks.same("nobody: invoker", get(event, "invoker.comm"), compare.text(report["invoker"]))
        checks.same("nobody: gfp_mask", get(event, "invoker.gfp_mask"), f"{report['gfp_mask']:#x}")
        checks.same("nobody: order", get(event, "invoker.order"), report["order"])
        checks.same("nobody: memcg", get(event, "memcg.path"), path_of(hog["start"]["procs"][0]))
        checks.same("nobody: limit", get(event, "memcg.limit_bytes"), report["memcg_limit_kb"] * 1024)
        checks.same("nobody: no victim", event.get("victim"), None)
        checks.same("nobody: candidates", sorted(task["pid"] for task in get(event, "candidates.tasks", [])),
                    sorted(row["tgid"] for row in report["tasks"]))
        checks.same("nobody: eligible", get(event, "candidates.eligible"), 0)


def check_group(checks, events, reports, hog):
    """All of the group, wherever below, each with what became of it; but for who asked not to."""
    kill = only_kill(checks, events)
    if not kill:
        return
    wanted = sorted(pid for pid, proc in procs_of(hog).items() if proc["adj"] != -1000)
    checks.same("group: victims", sorted(compare.victims_of(kill)), wanted)
    for victim in kill["victims"]:
        proc = procs_of(hog).get(victim["pid"], {})
        if "cgroup_hex" in proc:
            checks.same(f"group: cgroup of {victim['pid']}", victim.get("cgroup"), path_of(proc))
    outcomes = sorted(event["pid"] for event in of_type(events, "oom_outcome") if event.get("id") == kill.get("id"))
    checks.same("group: outcomes", outcomes, wanted)


def check_multitude(checks, events, reports, hog):
    kill = only_kill(checks, events)
    if kill:
        checks.same("multitude: listed", get(kill, "candidates.listed"), len(hog["start"]["procs"]))
        checks.same("multitude: lost", get(kill, "candidates.lost"), 0)


PARTICULAR = {
    "nested": check_nested, "tableless": check_tableless, "allocating": check_allocating, "sysrq": check_sysrq,
    "exiting": check_exiting, "exit": check_exit, "vfork": check_kin, "shared_mm": check_kin,
    "pid_namespace": check_pid_namespace, "deep": check_far_below, "long": check_far_below,
    "hostile": check_hostile, "duel": check_duel, "nobody": check_nobody, "group": check_group,
    "multitude": check_multitude,
}


def check(checks, case, events, reports, hog):
    """Adds the checks of @case, if it has any of its own."""
    if case in PARTICULAR:
        PARTICULAR[case](checks, events, reports, hog)
