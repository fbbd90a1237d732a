# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a report of the kernel is relative to and does not say: the swap and the nodes of the machine."""

PAGE = 4096
# Pages by which a process may change between the selection and the kernel's table that is not idle,
# or that is being swapped out.
MOVING = 128


def numbers_of(path):
    """{first word: second word} of a file's lines; of none, nothing."""
    lines = path.read_text().splitlines() if path.exists() else ()
    return {line.split()[0].rstrip(":"): int(line.split()[1]) for line in lines}


def know(reports, hog, meminfo, nodes):
    """Adds to each report what was noted of the machine (kB; {node: pages}), and how far its tasks may have moved."""
    swap_kb = numbers_of(meminfo).get("SwapTotal", 0)
    pages = {int(node): count for node, count in numbers_of(nodes).items()}
    for report in reports:
        report.update(machine_swap_kb=swap_kb, node_pages=pages)
        # Within a memcg, who charges reclaims, and nobody else does.
        swapping = swap_kb and hog["start"]["mode"] == "global"
        report["moving"] = MOVING if swapping or hog["start"]["mode"] == "story" else 0


def node_list(text):
    """The nodes of "0-1,3"."""
    parts = [part.split("-") for part in text.split(",") if part]
    return [node for part in parts for node in range(int(part[0]), int(part[-1]) + 1)]


def domain_of(report):
    """The nodes that memory was wanted from where that was not the whole machine, else None."""
    which = {"cpuset": "mems_allowed", "memory_policy": "nodemask"}.get(report.get("constraint"))
    return which and node_list(report[which].decode())


def totalpages_of(report):
    """Of a report that is not about a memcg: constrained_alloc() of mm/oom_kill.c."""
    swap, nodes = report["Total swap"] * 1024 // PAGE, domain_of(report)
    if nodes is None:
        return report["RAM"] - report["reserved"] + swap
    return sum(report["node_pages"][node] for node in nodes) + swap


def memcg_totalpages_of(report):
    """mem_cgroup_get_max(): the limit, and what it may use of the swap that there is."""
    limit = report["memcg_limit_kb"]
    swap = report["memsw_limit_kb"] - limit if "memsw_limit_kb" in report else report.get("swap_limit_kb", 0)
    return (limit + min(swap, report.get("machine_swap_kb", 0))) * 1024 // PAGE


def is_inside(proc, report):
    """Whether the kernel's table of @report has this process of hog's: not if its policy binds it elsewhere."""
    nodes, own = domain_of(report), proc.get("node", -1)
    return report.get("constraint") != "memory_policy" or own < 0 or own in nodes


def check_story(checks, reports, hog):
    """Programs that were not led by hog: what is known beforehand is only who may die."""
    first = next((report for report in reports if "victim_comm" in report), None)
    if checks.that("oracle: a report found", first):
        checks.that("oracle: who may die", first["victim_comm"].decode() in hog["start"]["victims"],
                    f"{first['victim_comm']}, not of {hog['start']['victims']}")


def check_passed_over(checks, kill, report, backend):
    """Who is bound to other nodes is no candidate; the scenarios have one such process each."""
    if domain_of(report) is not None and backend != "tracepoint":
        passed = kill["candidates"].get("passed_over", {}).get("not_in_nodemask", 0)
        checks.that("passed over: not in the nodemask", passed == 1, f"{passed} of 1")


def is_unscored(report, backend):
    """Whether the points cannot be known: the tracepoint says neither which nodes nor how much memory they have."""
    return backend == "tracepoint" and domain_of(report) is not None


def check_snapshot(checks, kill, report):
    """Where the points cannot be known: who was there is told, and no order of theirs."""
    tasks = {task["pid"]: task for task in kill["candidates"]["tasks"]}
    rows = {row["tgid"] for row in report["tasks"]}
    checks.that("candidates: all of the table", rows <= set(tasks), sorted(rows - set(tasks)))
    checks.that("candidates: no points", not any("points" in task for task in tasks.values()), tasks)
    checks.same("runner-up", kill.get("why", {}).get("runner_up"), None)


def check_swap(checks, kill, report):
    """Of a global report: the machine's swap, that of a machine that swaps meanwhile too."""
    system = kill.get("system", {})
    checks.same("system swap total", system.get("swap_total_bytes"), report["Total swap"] * 1024)
    # Where kallsyms has no data it is not known; memory.check_machine() says where it must be.
    off = system.get("swap_free_bytes", report["Free swap"] * 1024) - report["Free swap"] * 1024
    checks.that("system swap free", abs(off) <= report["moving"] * PAGE, f"off by {off} bytes")
