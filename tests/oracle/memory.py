# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What oomtrace says the memory was used for, against the kernel's own report of it.

Between the kernel's report and the mark of the victim, where oomtrace reads, the machine stands
still but for what the kernel does on its own; how far two numbers may be apart follows from that:
  memcg     not at all: these counters move when somebody gathers them, and the kernel has just
            done so for its report. Until 5.13 each CPU hands in a batch when it has one, and
            objects that wait for RCU are freed at any time: by one batch and what made it full
  machine   each CPU keeps back what changed until it has a batch, and hands in what it has once a
            second: by one such batch for each CPU and counter. Free pages also come back from the
            CPUs' lists, and from reclaim that had taken them off theirs when the kernel reported
"""
import machine

PAGE = 4096
# memory.stat's key, and that of a version 1 hierarchy's report where it differs.
USES = {"anon": "total_rss", "file": "total_cache", "shmem": "total_shmem", "swapcached": "total_swapcached",
        "kernel": None, "slab_reclaimable": None, "slab_unreclaimable": None, "kernel_stack": None,
        "pagetables": None, "sec_pagetables": None, "percpu": None, "sock": None, "vmalloc": None, "zswap": None,
        "hugetlb": None}
# Pages that a CPU collects before it puts them on a list: 15 until 6.7, 31 since; on how many lists.
LRU_BATCH, LRU_BATCHES = 31, 6
MARKS = ("min", "low", "high", "managed")


def keeps_data_symbols(release):
    """Whether this kernel's kallsyms has data (KALLSYMS_ALL): Debian's are built so, but for arm64."""
    return release.endswith("amd64")


def batch(zones, cpus):
    """Pages of one counter that the CPUs may keep back: calculate_normal_threshold(), mm/vmstat.c."""
    largest = max(zone["managed"] for zone in zones) * 1024
    return cpus * min(125, 2 * cpus.bit_length() * (1 + (largest >> 27).bit_length()))


def release_of(release):
    return tuple(int(n) for n in release.split("-")[0].split(".")[:2])


def memcg_slack(release, cpus):
    """Bytes of one counter of a memcg: MEMCG_CHARGE_BATCH of 5.10, and a page."""
    return cpus * (32 + 1) * PAGE if release_of(release) < (5, 13) else 0


def kernel_stat(report, use):
    """What the kernel's report says of @use in bytes, or None."""
    stat = report.get("stat") or {}
    if f"total_{use}" in stat or "total_rss" in stat:
        return stat.get(USES[use])
    return stat.get(use)


def check_memcg(checks, kill, report, complete, slack):
    """The counters of the memcg; @complete: all that the kernel printed must be there."""
    ours = (kill.get("memcg") or {}).get("stat") or {}
    for use in USES:
        kernel, our = kernel_stat(report, use), ours.get(f"{use}_bytes")
        if kernel is not None and (complete or our is not None):
            checks.that(f"memcg.stat {use}", our is not None and abs(our - kernel) <= slack,
                        f"oomtrace says {our}, the kernel {kernel}, {slack} allowed")
    unknown = sorted(set(ours) - {f"{use}_bytes" for use in USES})
    checks.that("memcg.stat: names", not unknown, unknown)


def check_zones(checks, system, report, slack):
    ours = {(zone.get("node"), zone.get("name")): zone for zone in system.get("zones", [])}
    kernel = {(zone["node"], zone["name"]): zone for zone in report["zones"]}
    if machine.domain_of(report) is None:
        checks.same("system.zones", sorted(ours, key=str), sorted(kernel, key=str))
    else:
        # The report leaves out the nodes that memory was not wanted from.
        checks.that("system.zones", set(kernel) < set(ours), f"oomtrace says {sorted(ours)}, the kernel {sorted(kernel)}")
    for key in set(ours) & set(kernel):
        zone, printed = ours[key], kernel[key]
        for mark in MARKS:
            checks.same(f"zone {key}: {mark}", zone.get(f"{mark}_bytes"), printed[mark] * 1024)
        off = zone.get("free_bytes", -1) // PAGE - printed["free"] * 1024 // PAGE
        checks.that(f"zone {key}: free", abs(off) <= slack, f"off by {off} pages, {slack} allowed")


def machine_pages(report):
    """What the report says of the machine, in pages, by use."""
    info = report["meminfo"]
    nodes = report["nodes"].values()
    pages = {"shmem": info["shmem"], "slab_reclaimable": info["slab_reclaimable"],
             "slab_unreclaimable": info["slab_unreclaimable"], "pagetables": info["pagetables"],
             "file": report["pagecache"], "swapcached": report["swap cache"],
             "kernel_stack": sum(node["kernel_stack"] for node in nodes) * 1024 // PAGE}
    if machine.domain_of(report) is not None:
        pages.pop("kernel_stack")               # printed by node, and not of all nodes
    if "sec_pagetables" in info:
        pages["sec_pagetables"] = info["sec_pagetables"]
    return pages


def coming_free(info):
    """Pages that were neither free nor in use when the kernel reported."""
    return sum(info.get(key, 0) for key in ("free_pcp", "isolated_anon", "isolated_file"))


def check_machine(checks, system, report, release, cpus, symbols):
    info, slack = report["meminfo"], batch(report["zones"], cpus)
    checks.same("system.mem_total", system.get("mem_total_bytes"), (report["RAM"] - report["reserved"]) * PAGE)
    checks.same("system.swap_total", system.get("swap_total_bytes"), report["Total swap"] * 1024)
    if symbols:
        checks.same("system.swap_free", system.get("swap_free_bytes"), report["Free swap"] * 1024)
        checks.same("system.hugetlb", system.get("hugetlb_bytes"), report["hugepages_kb"] * 1024)
    for name, kernel in [("mem_free", info["free"]), *machine_pages(report).items()]:
        our = system.get(f"{name}_bytes")
        if name == "swapcached" and release_of(release) < (5, 12):
            continue                    # not counted by node
        off = None if our is None else our // PAGE - kernel
        allowed = slack + (coming_free(info) if name == "mem_free" else 0)
        checks.that(f"system.{name}", off is not None and abs(off) <= allowed,
                    f"oomtrace says {our}, off by {off} pages of {kernel}, {allowed} allowed")
    # Anonymous pages are not printed; with those of files they are what the lists hold, but for the
    # pages that are on their way there, and swap cache, which counts as both.
    lists = sum(info[key] for key in ("active_anon", "inactive_anon", "isolated_anon", "active_file",
                                      "inactive_file", "isolated_file", "unevictable"))
    ours = (system.get("anon_bytes", 0) + system.get("file_bytes", 0)) // PAGE
    slack = (2 + LRU_BATCHES) * slack + cpus * LRU_BATCH * LRU_BATCHES + report["swap cache"]
    checks.that("system.anon", abs(ours - lists) <= slack,
                f"with file {ours} pages, {lists} on the lists, {slack} allowed")
    check_zones(checks, system, report, batch(report["zones"], cpus) + coming_free(info))


def check_nodes(checks, kill, report, backend):
    invoker = kill.get("invoker") or {}
    checks.same("cpuset", invoker.get("cpuset"), report["cpuset"].decode("utf-8", "replace"))
    checks.same("mems_allowed", invoker.get("mems_allowed"), report["mems_allowed"].decode())
    nodemask = None if report["nodemask"] == b"(null)" else report["nodemask"].decode()
    if backend != "tracepoint" or "nodemask" in invoker:
        checks.same("nodemask", invoker.get("nodemask"), nodemask)


def check_sysctls(checks, kill, report):
    sysctl = kill.get("sysctl") or {}
    checks.same("sysctl.oom_dump_tasks", sysctl.get("oom_dump_tasks"), int(report["tasks"] is not None))
    checks.same("sysctl.panic_on_oom", sysctl.get("panic_on_oom"), 0)
    allocating = any("oom_kill_allocating_task" in line["prefix"] for line in report["kills"])
    checks.that("sysctl.oom_kill_allocating_task",
                sysctl.get("oom_kill_allocating_task") == int(allocating) or report["oom_memcg"] is not None,
                f"{sysctl}, the kernel {'took' if allocating else 'did not take'} the allocating task")
    checks.that("sysctl.overcommit_memory", sysctl.get("overcommit_memory") in (0, 1, 2), sysctl)


def check_pressure(checks, kill):
    """Percentages; that there are any at all depends on the kernel's configuration."""
    for where in ("system", "memcg"):
        psi = {key: value for key, value in (kill.get(where) or {}).items() if key.startswith("psi_")}
        checks.that(f"{where}: pressure is all there or not at all", len(psi) in (0, 6), psi)
        checks.that(f"{where}: pressure is a percentage", all(0 <= value <= 100 for value in psi.values()), psi)
        for span in ("avg10", "avg60", "avg300"):
            some, full = psi.get(f"psi_some_{span}", 0), psi.get(f"psi_full_{span}", 0)
            checks.that(f"{where}: full is part of some, {span}", full <= some, psi)


def check_memory(checks, kill, report, backend, release, cpus, alone):
    """@alone: no earlier victim of this run may still be giving its memory back."""
    system, symbols = kill.get("system") or {}, keeps_data_symbols(release)
    check_nodes(checks, kill, report, backend)
    check_pressure(checks, kill)
    if symbols:
        check_sysctls(checks, kill, report)
    if not checks.that("system", system.get("mem_total_bytes") and system.get("zones"), sorted(system)):
        return
    free = sum(zone.get("free_bytes", 0) for zone in system["zones"])
    checks.that("system.mem_free is that of all zones", system.get("zones_truncated") or
                free == system.get("mem_free_bytes"), f"{free} of {system.get('mem_free_bytes')}")
    if not alone:
        return
    if report["oom_memcg"] is not None:
        check_memcg(checks, kill, report, symbols, memcg_slack(release, cpus))
    if report.get("meminfo"):
        check_machine(checks, system, report, release, cpus, symbols)
