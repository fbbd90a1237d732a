#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Proves that the comparison can fail.

From real kernel logs it builds what a faultless oomtrace would say: that must pass. Then it spoils
one thing at a time; each must make a check fail, and the check that is meant to notice it. What
passes although it is wrong fails this test.
"""
import copy
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import compare  # noqa: E402
import klog_oracle  # noqa: E402
import machine  # noqa: E402
import memory  # noqa: E402
import particular  # noqa: E402
import selftest_fates  # noqa: E402
import selftest_logs  # noqa: E402
import selftest_past  # noqa: E402
import selftest_ranks  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parent / "data"
TOP = DATA.parent.parent.parent
RELEASES = {"5.10": "5.10.0-46-cloud-amd64", "6.1": "6.1.0-56-cloud-amd64",
            "6.12": "6.12.117+deb13-cloud-amd64", "7.2": "7.2.13+deb14-cloud-amd64"}
CASES = ("memcg", "global", "leader", "limit_write", "group")
# Of some kernels only.
MORE_CASES = (("5.10", "v1_memsw"), ("7.2", "cpuset"), ("5.10", "mempolicy"), ("7.2", "swap"), ("5.10", "three_offered"))
SPOILED_CASES = ("memcg", "global", "v1_memsw")
PAGE = compare.PAGE


class Run:
    """The recorded kernel's side of one run, and a faultless stream for it."""

    def __init__(self, kernel, case):
        self.release, self.case = RELEASES[kernel], case
        self.reports = klog_oracle.reports((DATA / f"{kernel}.{case}.kmsg").read_bytes())
        self.hog = compare.read_hog(DATA / f"{kernel}.{case}.hog")
        compare.name_processes(self.reports, self.hog)
        machine.know(self.reports, self.hog, DATA / f"{kernel}.{case}.meminfo", DATA / f"{kernel}.{case}.nodes")
        # Only hog counts; of a story each kill that the log shows is one.
        self.counted = self.hog["end"].get("vmstat_oom_kill", sum(len(report["kills"]) for report in self.reports))
        self.status = "0"

    def faultless(self, backend="fentry"):
        common = {"schema": 1, "time": "2026-01-01T00:00:00.000000000Z", "uptime_ms": 1.5, "host": "h", "boot_id": "b"}
        events = [{**common, "type": "attached", "backend": backend, "kernel": self.release, "refused": []}]
        kills = 0
        for number, report in enumerate(r for r in self.reports if r["kills"]):
            kill = self.kill(report, backend)
            kill["id"] = f"id{number}"
            kills += len(kill["victims"])
            events.append({**common, **kill})
            events += [{**common, "type": "oom_outcome", "id": kill["id"], "pid": victim["pid"], "exited_ms": 8.25}
                       for victim in kill["victims"]]
        events.append({**common, "type": "detached", "kills": kills, "lost": {}})
        return events

    def kill(self, report, backend):
        limit = report.get("memcg_limit_kb", 0) * 1024
        total = compare.totalpages_of(report)
        tasks = [self.task(row, total, backend) for row in report["tasks"]]
        if machine.is_unscored(report, backend):
            return self.unscored(report, tasks)
        tasks.sort(key=lambda task: (task["eligible"], task.get("points", 0)), reverse=True)
        by_pid = {task["pid"]: task for task in tasks}
        victims = compare.killed_in(report)
        kill = {
            "type": "oom_kill", "source": "live", "backend": backend, "totalpages": total,
            "rss_counters": compare.counters_of(self.release),
            "constraint": compare.KINDS[report["constraint"]],
            "scope": "group" if report["group"] is not None else "process",
            "selection": "allocating_task" if compare.is_allocating(report) else "select_bad_process",
            "sysrq": report["order"] == -1,
            "invoker": {"comm": compare.text(report["invoker"]), "pid": report["invoker_tid"],
                        "gfp_mask": f"{report['gfp_mask']:#x}", "gfp_flags": report["gfp_flags"].split("|"),
                        "order": report["order"], "stack": compare.stack_of(report)},
            "victim": {**by_pid[report["victim_pid"]], "cgroup": compare.text(report["task_memcg"])},
            "victims": [{**by_pid[pid], "killed_as": "chosen" if pid == report["victim_pid"] else "group"}
                        for pid in victims],
            "candidates": {"total": len(tasks), "eligible": sum(task["eligible"] for task in tasks),
                           "listed": len(tasks), "source": "snapshot" if backend == "tracepoint" else "selection",
                           "tasks": tasks},
        }
        others = [task for task in tasks if task["eligible"] and task["pid"] != report["victim_pid"]]
        if others:
            kill["why"] = {"runner_up": {"pid": others[0]["pid"]}}
        if backend == "tracepoint":
            kill["completed_from"] = "kmsg"
        if report["nodemask"] != b"(null)":
            kill["invoker"]["nodemask"] = report["nodemask"].decode()
        if machine.domain_of(report) is not None:
            kill["candidates"]["passed_over"] = {"not_in_nodemask": 1}
        if report["oom_memcg"] is not None:
            kill["memcg"] = {"path": compare.text(report["oom_memcg"]), "limit_bytes": limit,
                             "usage_bytes": report["memcg_usage_kb"] * 1024, "stat": stat_of(report)}
            for kind in ("swap", "memsw"):
                if f"{kind}_limit_kb" in report:
                    kill["memcg"][f"{kind}_bytes"] = report[f"{kind}_usage_kb"] * 1024
                    kill["memcg"][f"{kind}_limit_bytes"] = compare.limit_of(report[f"{kind}_limit_kb"])
        kill["system"] = system_of(report)
        kill["sysctl"] = {"panic_on_oom": 0, "oom_kill_allocating_task": 0, "oom_dump_tasks": 1, "overcommit_memory": 0}
        kill["invoker"].update(cpuset=report["cpuset"].decode(), mems_allowed=report["mems_allowed"].decode())
        return kill

    def unscored(self, report, tasks):
        """What the tracepoint can say of a kill within some nodes only."""
        kill = self.kill(report, "fentry")
        kill.update(backend="tracepoint", completed_from="kmsg")
        kill.pop("totalpages")
        kill.pop("why")
        for task in tasks:
            task.pop("points", None)
        kill["candidates"].update(tasks=tasks, source="snapshot")
        return kill

    @staticmethod
    def task(row, total, backend):
        anon = row.get("rss_anon", row["rss"])
        task = {"pid": row["tgid"], "comm": compare.text(row["name"]), "uid": row["uid"], "threads": 1,
                "oom_score_adj": row["oom_score_adj"], "swap_bytes": row["swapents"] * PAGE,
                "pgtables_bytes": row["pgtables_bytes"], "total_vm_bytes": row["total_vm"] * PAGE,
                "rss_anon_bytes": anon * PAGE, "rss_file_bytes": row.get("rss_file", 0) * PAGE,
                "rss_shmem_bytes": row.get("rss_shmem", 0) * PAGE, "eligible": row["oom_score_adj"] != -1000}
        if row["pid"] != row["tgid"]:
            task["tid"] = row["pid"]
        if task["eligible"]:
            task["points"] = (row["rss"] + row["swapents"] + row["pgtables_bytes"] // PAGE +
                              row["oom_score_adj"] * (total // 1000))
            task["points_source"] = "computed" if backend == "tracepoint" else "kernel"
        else:
            task["skipped"] = "adj_min"
        return task

    def check(self, events, backend="fentry", raw=None, case=None):
        stream = raw if raw is not None else "".join(json.dumps(e) + "\n" for e in events).encode()
        return compare.check_run(stream, self.status, self.reports, self.hog, self.counted,
                                 case or self.case, backend, backend)


def stat_of(report):
    return {f"{use}_bytes": report["stat"][use] for use in memory.USES if use in report["stat"]}


def system_of(report):
    """A machine that agrees with the report, or one that the report says nothing of."""
    psi = {f"psi_{what}_{span}": 1.5 for what in ("some", "full") for span in ("avg10", "avg60", "avg300")}
    if not report.get("meminfo"):
        zone = {"node": 0, "name": "DMA", **{f"{mark}_bytes": PAGE for mark in ("free", *memory.MARKS)}}
        return {"mem_total_bytes": PAGE, "mem_free_bytes": PAGE, "zones": [zone], **psi}
    zones = [{"node": zone["node"], "name": zone["name"],
              **{f"{mark}_bytes": zone[mark] * 1024 for mark in ("free", *memory.MARKS)}} for zone in report["zones"]]
    # Of the nodes that were not asked for, the report says nothing.
    unsaid = report["meminfo"]["free"] * PAGE - sum(zone["free_bytes"] for zone in zones)
    if machine.domain_of(report) is not None:
        zones.append({**zones[0], "node": 9, "free_bytes": unsaid})
    pages = memory.machine_pages(report)
    lists = sum(report["meminfo"][key] for key in ("active_anon", "inactive_anon", "active_file", "inactive_file",
                                                   "unevictable", "isolated_anon", "isolated_file"))
    return {"mem_total_bytes": (report["RAM"] - report["reserved"]) * PAGE, "zones": zones, **psi,
            "mem_free_bytes": sum(zone["free_bytes"] for zone in zones),
            "swap_total_bytes": report["Total swap"] * 1024, "swap_free_bytes": report["Free swap"] * 1024,
            "hugetlb_bytes": report["hugepages_kb"] * 1024, "anon_bytes": (lists - pages["file"]) * PAGE,
            **{f"{use}_bytes": count * PAGE for use, count in pages.items()}}


def kill_of(events):
    return next(event for event in events if event["type"] == "oom_kill")


def candidate(events, eligible=True):
    return next(task for task in kill_of(events)["candidates"]["tasks"][1:] if task["eligible"] == eligible)


# What is spoiled, and a part of the name of the check that must notice.
SPOILS = {
    "stream: begins": lambda e: e.pop(0),
    "stream: ends with detached": lambda e: e.pop(),
    "stream: backend": lambda e: e[0].update(backend="kprobe"),
    "has its common fields": lambda e: kill_of(e).pop("boot_id"),
    "ids are unique": lambda e: e.insert(1, copy.deepcopy(kill_of(e))),
    "detached.kills": lambda e: e[-1].update(kills=e[-1]["kills"] + 1),
    "as many episodes": lambda e: e.remove(kill_of(e)),
    "no loss": lambda e: e[-1]["lost"].update(ring_candidate=1),
    "kill of": lambda e: kill_of(e)["victim"].update(pid=1),
    "invoker comm": lambda e: kill_of(e)["invoker"].update(comm="someone"),
    "invoker tid": lambda e: kill_of(e)["invoker"].update(tid=2),
    "gfp_mask": lambda e: kill_of(e)["invoker"].update(gfp_mask="0xcc1"),
    "stack": lambda e: kill_of(e)["invoker"]["stack"].pop(1),
    "gfp_flags": lambda e: kill_of(e)["invoker"].update(gfp_flags=["GFP_ATOMIC"]),
    "order": lambda e: kill_of(e)["invoker"].update(order=1),
    "constraint": lambda e: kill_of(e).update(constraint="cpuset"),
    "oom_memcg": lambda e: kill_of(e).update(memcg={"path": "/elsewhere", "limit_bytes": 0}),
    "task_memcg": lambda e: kill_of(e)["victim"].update(cgroup="/elsewhere"),
    "totalpages": lambda e: kill_of(e).update(totalpages=1),
    "source": lambda e: kill_of(e).update(source="log"),
    "sysrq": lambda e: kill_of(e).update(sysrq=True),
    "selection": lambda e: kill_of(e).update(selection="allocating_task"),
    "scope": lambda e: kill_of(e).update(scope="group"),
    "killed_as": lambda e: kill_of(e)["victims"][0].update(killed_as="group"),
    "victim comm": lambda e: kill_of(e)["victim"].update(comm="other"),
    "victim uid": lambda e: kill_of(e)["victim"].update(uid=7),
    "victim oom_score_adj": lambda e: kill_of(e)["victim"].update(oom_score_adj=999),
    "all victims": lambda e: kill_of(e)["victims"].append({"pid": 1}),
    "runner-up": lambda e: kill_of(e)["why"].update(runner_up=kill_of(e)["victim"]),
    "nobody invented": lambda e: candidate(e).update(pid=1),
    "candidates": lambda e: kill_of(e)["candidates"]["tasks"].pop(),
    ": comm": lambda e: candidate(e).update(comm="else"),
    ": uid": lambda e: candidate(e).update(uid=42),
    ": tid": lambda e: candidate(e).update(tid=1),
    ": oom_score_adj": lambda e: candidate(e).update(oom_score_adj=1),
    ": swapents": lambda e: candidate(e).update(swap_bytes=PAGE),
    ": pgtables": lambda e: candidate(e).update(pgtables_bytes=1),
    ": total_vm": lambda e: candidate(e).update(total_vm_bytes=1),
    ": rss": lambda e: candidate(e).update(rss_anon_bytes=candidate(e)["rss_anon_bytes"] + PAGE),
    ": eligible": lambda e: candidate(e).update(eligible=False),
    ": points": lambda e: candidate(e).update(points=candidate(e)["points"] + 1),
    "rss_counters": lambda e: kill_of(e).update(rss_counters="unheard"),
    "candidates.listed": lambda e: kill_of(e)["candidates"].update(listed=99),
    "candidates.total": lambda e: kill_of(e)["candidates"].update(total=99),
    "candidates.eligible": lambda e: kill_of(e)["candidates"].update(eligible=99),
    "nothing lost": lambda e: kill_of(e)["candidates"].update(lost=1),
    "by falling points": lambda e: kill_of(e)["candidates"]["tasks"].reverse(),
    "most points": lambda e: kill_of(e)["victim"].update(points=1),
    "candidates.source": lambda e: kill_of(e)["candidates"].update(source="snapshot"),
    "points_source": lambda e: candidate(e).update(points_source="computed"),
    "outcome": lambda e: e.remove(next(event for event in e if event["type"] == "oom_outcome")),
    "exited_ms": lambda e: next(event for event in e if event["type"] == "oom_outcome").pop("exited_ms"),
}
# Of what the memory was used for: by case, since a report has either the one or the other.
SPOILS.update({
    "cpuset": lambda e: kill_of(e)["invoker"].update(cpuset="another"),
    "mems_allowed": lambda e: kill_of(e)["invoker"].update(mems_allowed="0-1"),
    "nodemask": lambda e: kill_of(e)["invoker"].update(nodemask="0"),
    "sysctl.oom_dump_tasks": lambda e: kill_of(e)["sysctl"].pop("oom_dump_tasks"),
    "sysctl.panic_on_oom": lambda e: kill_of(e)["sysctl"].update(panic_on_oom=1),
    "sysctl.overcommit_memory": lambda e: kill_of(e)["sysctl"].update(overcommit_memory=7),
    "pressure is all there": lambda e: kill_of(e)["system"].pop("psi_full_avg10"),
    "pressure is a percentage": lambda e: kill_of(e)["system"].update(psi_some_avg10=101),
    "full is part of some": lambda e: kill_of(e)["system"].update(psi_full_avg60=99),
    "system": lambda e: kill_of(e).pop("system"),
    "that of all zones": lambda e: kill_of(e)["system"]["zones"][0].update(free_bytes=0),
})
GLOBAL_SPOILS = {
    "sysctl.oom_kill_allocating_task": lambda e: kill_of(e)["sysctl"].update(oom_kill_allocating_task=1),
    "system.mem_total": lambda e: kill_of(e)["system"].update(mem_total_bytes=PAGE),
    "system.swap_total": lambda e: kill_of(e)["system"].pop("swap_total_bytes"),
    "system.swap_free": lambda e: kill_of(e)["system"].update(swap_free_bytes=PAGE),
    "system.hugetlb": lambda e: kill_of(e)["system"].update(hugetlb_bytes=2 << 20),
    "system.slab_unreclaimable": lambda e: kill_of(e)["system"].update(
        slab_unreclaimable_bytes=kill_of(e)["system"]["slab_reclaimable_bytes"]),
    "system.pagetables": lambda e: kill_of(e)["system"].pop("pagetables_bytes"),
    "system.kernel_stack": lambda e: kill_of(e)["system"].update(
        kernel_stack_bytes=kill_of(e)["system"]["kernel_stack_bytes"] * 4),
    "system.file": lambda e: kill_of(e)["system"].update(file_bytes=0),
    "system.anon": lambda e: kill_of(e)["system"].update(anon_bytes=kill_of(e)["system"]["anon_bytes"] * 2),
    "system.zones": lambda e: kill_of(e)["system"]["zones"].pop(),
    ": min": lambda e: kill_of(e)["system"]["zones"][0].update(min_bytes=0),
    ": high": lambda e: kill_of(e)["system"]["zones"][1].pop("high_bytes"),
    ": free": lambda e: kill_of(e)["system"]["zones"][1].update(
        free_bytes=kill_of(e)["system"]["zones"][1]["free_bytes"] + 4096 * PAGE),
}
MEMCG_SPOILS = {
    "memcg.stat anon": lambda e: kill_of(e)["memcg"]["stat"].update(
        anon_bytes=kill_of(e)["memcg"]["stat"]["anon_bytes"] + (67 if e[0]["kernel"].startswith("5.10") else 1) * PAGE),
    "memcg.stat slab_unreclaimable": lambda e: kill_of(e)["memcg"]["stat"].pop("slab_unreclaimable_bytes"),
    "memcg.stat kernel_stack": lambda e: kill_of(e)["memcg"]["stat"].update(kernel_stack_bytes=1 << 30),
    "memcg.stat: names": lambda e: kill_of(e)["memcg"]["stat"].update(unheard_bytes=1),
    ": skipped": lambda e: candidate(e, eligible=False).pop("skipped"),
    "memcg limit": lambda e: kill_of(e)["memcg"].update(limit_bytes="max"),
    "memcg usage": lambda e: kill_of(e)["memcg"].update(usage_bytes=0),
}
MEMSW_SPOILS = {
    "memcg memsw limit": lambda e: kill_of(e)["memcg"].update(memsw_limit_bytes="max"),
    "memcg memsw usage": lambda e: kill_of(e)["memcg"].pop("memsw_bytes"),
}
DOMAIN_SPOILS = {
    "totalpages": lambda e: kill_of(e).update(totalpages=kill_of(e)["totalpages"] + 1),
    "not in the nodemask": lambda e: kill_of(e)["candidates"].pop("passed_over"),
    "nodemask": lambda e: kill_of(e)["invoker"].update(nodemask="0"),
    "mems_allowed": lambda e: kill_of(e)["invoker"].update(mems_allowed="0"),
    "cpuset": lambda e: kill_of(e)["invoker"].update(cpuset="here"),
}
SWAP_SPOILS = {
    "totalpages": lambda e: kill_of(e).update(totalpages=kill_of(e)["totalpages"] - 1),
    ": swapents": lambda e: candidate(e).update(swap_bytes=candidate(e)["swap_bytes"] + PAGE * (machine.MOVING + 1)),
    "system swap total": lambda e: kill_of(e)["system"].update(swap_total_bytes=0),
    "system swap free": lambda e: kill_of(e)["system"].update(swap_free_bytes=7 << 40),
}
CASE_SPOILS = {"memcg": MEMCG_SPOILS, "global": GLOBAL_SPOILS, "v1_memsw": MEMSW_SPOILS, "cpuset": DOMAIN_SPOILS, "mempolicy": DOMAIN_SPOILS,
               "swap": SWAP_SPOILS}


def spoils_of(case):
    """Those that a run of this case has what to spoil for."""
    return {**(SPOILS if case in SPOILED_CASES else {}), **CASE_SPOILS.get(case, {})}.items()


# ---- what is particular to a case: streams that oomtrace once gave, and the same spoiled ----

def outcome_of(events):
    return next(event for event in events if event["type"] == "oom_outcome")


def no_kills_of(events):
    return [event for event in events if event["type"] == "oom_no_kill"]


def cut(where, key, told):
    where[key] = told
    where[f"{key}_truncated"] = True


PARTICULAR_SPOILS = {
    "group": {
        "group: victims": lambda e: kill_of(e)["victims"].pop(),
        "group: cgroup of": lambda e: kill_of(e)["victims"][-1].update(cgroup="/"),
        "group: outcomes": lambda e: e.remove(outcome_of(e)),
    },
    "nested": {
        "nested: victim's cgroup": lambda e: kill_of(e)["victim"].update(cgroup="/case_nested/limited/app"),
        "nested: two levels below": lambda e: kill_of(e)["victim"].update(cgroup="/case_nested/limited/app"),
        "nested: levels": lambda e: kill_of(e)["memcg"]["ancestors"].pop(),
        "nested: path of /case_nested": lambda e: kill_of(e)["memcg"]["ancestors"][0].update(path="/"),
        "nested: limit of /case_nested": lambda e: kill_of(e)["memcg"]["ancestors"][0].update(limit_bytes="max"),
        "nested: oom_group of /case_nested": lambda e: kill_of(e)["memcg"]["ancestors"][0].update(oom_group=False),
        "nested: usage of /case_nested": lambda e: kill_of(e)["memcg"]["ancestors"][0].update(usage_bytes=0),
        "nested: the root": lambda e: kill_of(e)["memcg"]["ancestors"][-1].update(limit_bytes=0),
    },
    "tableless": {
        "tableless: candidates": lambda e: kill_of(e)["candidates"]["tasks"].pop(),
        "tableless: name of": lambda e: candidate(e).update(comm="else"),
        "tableless: oom_score_adj of": lambda e: candidate(e).update(oom_score_adj=7),
        "tableless: eligible": lambda e: candidate(e, eligible=False).update(eligible=True),
        "tableless: threads of": lambda e: candidate(e).update(threads=9),
        "tableless: anon of": lambda e: candidate(e).update(rss_anon_bytes=0),
        "tableless: the sysctl": lambda e: kill_of(e)["sysctl"].update(oom_dump_tasks=1),
    },
    "allocating": {
        "particular: a kill": lambda e: kill_of(e).update(selection="select_bad_process"),
        "allocating: who asked dies": lambda e: kill_of(e)["invoker"].update(pid=1),
        "allocating: the sysctl": lambda e: kill_of(e)["sysctl"].update(oom_kill_allocating_task=0),
        "allocating: constraint": lambda e: kill_of(e).update(constraint="memcg"),
        "candidates.source": lambda e: kill_of(e)["candidates"].update(source="selection"),
        "candidates.tasks": lambda e: kill_of(e)["candidates"]["tasks"].append({"pid": 1}),
        "how many is not known": lambda e: kill_of(e)["candidates"].update(total=0),
    },
    "sysrq": {
        "sysrq: sysrq": lambda e: kill_of(e).pop("sysrq"),
        "sysrq: order": lambda e: kill_of(e)["invoker"].update(order=0),
        "sysrq: a worker": lambda e: kill_of(e)["invoker"].update(comm="init"),
        "sysrq: asked by SysRq": lambda e: kill_of(e)["invoker"]["stack"].remove("moom_callback"),
    },
    "exiting": {
        "exiting: selections": lambda e: kill_of(e).update(selection="select_bad_process"),
        "exiting: who": lambda e: kill_of(e)["victim"].update(pid=1),
        "exiting: no signal": lambda e: outcome_of(e).update(sigkill_ms=0.1),
        "exiting: memcg": lambda e: kill_of(e)["memcg"].update(path="/"),
        "exiting: candidates": lambda e: kill_of(e)["candidates"]["tasks"].pop(),
        "outcome: exited_ms": lambda e: outcome_of(e).pop("exited_ms"),
    },
    "exit": {
        "exiting: selections": lambda e: e.remove(kill_of(e)),
        "exit: who asked": lambda e: kill_of(e)["invoker"].update(pid=1),
        "candidates.source": lambda e: kill_of(e)["candidates"].update(source="selection"),
    },
    "vfork": {
        "kin: both die": lambda e: kill_of(e)["victims"].pop(),
        "kin: one is chosen": lambda e: kill_of(e)["victims"][1].update(killed_as="group"),
        "kin: outcomes": lambda e: e.remove(outcome_of(e)),
        ": skipped": lambda e: candidate(e, eligible=False).update(skipped="adj_min"),
    },
    "pid_namespace": {
        "pid namespace": lambda e: kill_of(e)["victim"].update(ns_pid=1),
    },
    "deep": {
        "far below: memcg is cut": lambda e: kill_of(e)["memcg"].pop("path_truncated"),
        "far below: victim": lambda e: cut(kill_of(e)["victim"], "cgroup", ".../victi"),
        "far below: invoker": lambda e: cut(kill_of(e)["invoker"], "cgroup", "/victim"),
        "far below: more ancestors": lambda e: kill_of(e)["memcg"].pop("ancestors_truncated"),
        "far below: limit": lambda e: kill_of(e)["memcg"].update(limit_bytes="max"),
    },
    "long": {
        "far below: victim": lambda e: cut(kill_of(e)["victim"], "cgroup", ".../elsewhere"),
        "far below: memcg is cut": lambda e: kill_of(e)["memcg"].update(path="/whole", path_truncated=False),
    },
    "hostile": {
        "hostile: name": lambda e: kill_of(e)["victim"].update(comm="1 (x)"),
        "hostile: cgroup": lambda e: kill_of(e)["victim"].update(cgroup="\\x"),
        ": cgroup": lambda e: next(t for t in kill_of(e)["candidates"]["tasks"] if "cgroup" in t).update(cgroup="/"),
        "hostile: memcg": lambda e: kill_of(e)["memcg"].update(path="/a"),
    },
    "duel": {
        "duel: the victim's cgroup": lambda e: kill_of(e)["victim"].update(cgroup="/case_duel.3"),
        "duel: nobody of the other": lambda e: kill_of(e)["candidates"]["tasks"].append({"pid": 1, "comm": "idle3"}),
        "duel: the invoker": lambda e: kill_of(e)["invoker"].update(cgroup="/"),
        "duel: each has its kills": lambda e: kill_of(e)["memcg"].update(path="/case_duel.3"),
    },
    "nobody": {
        "nobody: told": lambda e: e.remove(no_kills_of(e)[0]),
        "nobody: reasons": lambda e: no_kills_of(e)[0].update(reason="panic_on_oom"),
        "nobody: told and repeated": lambda e: no_kills_of(e)[-1].update(repeated=99),
        "nobody: repeated": lambda e: no_kills_of(e)[-1].pop("repeated"),
        "nobody: invoker": lambda e: no_kills_of(e)[0]["invoker"].update(comm="other"),
        "nobody: gfp_mask": lambda e: no_kills_of(e)[0]["invoker"].update(gfp_mask="0x0"),
        "nobody: order": lambda e: no_kills_of(e)[0]["invoker"].update(order=3),
        "nobody: memcg": lambda e: no_kills_of(e)[0]["memcg"].update(path="/"),
        "nobody: limit": lambda e: no_kills_of(e)[0]["memcg"].update(limit_bytes=1),
        "nobody: no victim": lambda e: no_kills_of(e)[0].update(victim={}),
        "nobody: candidates": lambda e: no_kills_of(e)[0]["candidates"]["tasks"].pop(),
        "nobody: eligible": lambda e: no_kills_of(e)[0]["candidates"].update(eligible=1),
    },
}
PARTICULAR_SPOILS["shared_mm"] = {name: spoil for name, spoil in PARTICULAR_SPOILS["vfork"].items() if name[0] == "k"}


def stored(case):
    """(events, reports, hog) of a run of @case whose stream was kept."""
    base = DATA / f"7.2.{'group5' if case == 'group' else case}"
    reports = klog_oracle.reports(base.with_name(base.name + ".kmsg").read_bytes())
    hog = compare.read_hog(base.with_name(base.name + ".hog"))
    compare.name_processes(reports, hog)
    machine.know(reports, hog, base, base)
    return compare.parse_stream(compare.Checks(), base.with_name(base.name + ".stream").read_bytes()), reports, hog


def check_stored(case, events, reports, hog):
    checks = compare.Checks()
    compare.check_oracle(checks, reports, hog, hog["end"]["vmstat_oom_kill"])
    compare.check_events(checks, events, reports, hog, case, hog["end"]["vmstat_oom_kill"], 2)
    return checks


# ---- every reason for a loss has a test that causes it, and the README says which ----

def loss_reasons(header):
    body = re.search(r"enum wire_loss \{(.*?)\};", header, re.S)[1]
    return [name.lower() for name in re.findall(r"\bLOSS_(\w+)\s*,", body) if name != "MAX"]


def body_of(text, begin, end):
    """The function that begins with @begin, up to @end, or ""."""
    found = re.search(re.escape(begin) + r"(?s:.*?)" + end, text)
    return found[0] if found else ""


def is_caused(reason, level, test):
    """Whether the test is there, and checks that it caused @reason."""
    if level == "vm":
        return f"case_{test}()" in (TOP / "tests/vm/cases").read_text() and reason in compare.CAUSES.get(test, ())
    if level == "live":
        body = body_of("".join(path.read_text() for path in sorted((TOP / "tests/live").glob("*.py"))), f"def case_{test}(", r"\n\n\n")
        compared = f'compared("{test}")' in body and reason in compare.CAUSES.get(test, ())
        return compared or f'"{reason}"' in body
    sources = "".join(path.read_text() for path in sorted((TOP / "tests/unit").glob("test_*.c")))
    body = body_of(sources, f"static void {test}(", r"\n\}\n")
    return level == "unit" and (f"LOSS_{reason.upper()}]" in body or "i < LOSS_MAX" in body)


def uncaused(header, readme):
    """What is wrong with the table of reasons."""
    rows = re.findall(r"^\| `(\w+)` \| (vm|live|unit) \| `(\w+)` \|", readme, re.M)
    reasons = loss_reasons(header)
    wrong = [f"{reason} has no row" for reason in reasons if reason not in {row[0] for row in rows}]
    wrong += [f"{row[0]} is no reason" for row in rows if row[0] not in reasons]
    return wrong + [f"{' '.join(row)} does not cause it" for row in rows if not is_caused(*row)]


def main():
    passed = failed = 0

    def claim(ok, what, details=""):
        nonlocal passed, failed
        passed, failed = passed + bool(ok), failed + (not ok)
        if not ok:
            print(f"FAIL {what} {details}")

    def bad(checks):
        return [check for check in checks if not check.ok]

    def noticed(checks, name):
        return any(name in check.name for check in bad(checks))

    header, readme = (TOP / "bpf/wire.h").read_text(), (TOP / "tests/README.md").read_text()
    claim(not uncaused(header, readme), "every loss reason has a test", uncaused(header, readme))
    claim(uncaused(header.replace("LOSS_MAX,", "LOSS_NEW, LOSS_MAX,"), readme), "a reason without a row is noticed")
    claim(uncaused(header, readme.replace("`crowded` | 300", "`storm` | 300")), "a test that causes nothing is noticed")
    claim(uncaused(header, readme.replace("`damaged` | a", "`unheard` | a")), "a test that is not there is noticed")

    for kernel in RELEASES:
        for case in (*CASES, *(case for name, case in MORE_CASES if name == kernel)):
            run = Run(kernel, case)
            for backend in ("fentry", "tracepoint"):
                checks = run.check(run.faultless(backend), backend)
                claim(checks and not bad(checks), f"{kernel} {case} {backend}: the faultless stream passes",
                      [str(check) for check in bad(checks)])
            for name, spoil in spoils_of(case):
                events = run.faultless()
                spoil(events)
                claim(noticed(run.check(events), name), f"{kernel} {case}: spoiled {name!r} is noticed")

    for case, spoils in PARTICULAR_SPOILS.items():
        checks = check_stored(case, *stored(case))
        claim(checks and not bad(checks), f"{case}: the stream that was kept passes", [str(check) for check in bad(checks)])
        for name, spoil in spoils.items():
            events, reports, hog = stored(case)
            spoil(events)
            claim(noticed(check_stored(case, events, reports, hog), name), f"{case}: spoiled {name!r} is noticed")
    claim(set(particular.PARTICULAR) - set(PARTICULAR_SPOILS) == {"multitude"}, "each particular check is spoiled")

    for ok, what in [*selftest_fates.claims(), *selftest_logs.claims(), *selftest_past.claims(), *selftest_ranks.claims()]:
        claim(ok, what)

    # Too large a stream to keep: another one will do.
    run = Run("6.1", "memcg")
    for lost, listed in ((0, None), (1, None), (0, 3)):
        checks, events = compare.Checks(), run.faultless()
        found = kill_of(events)["candidates"]
        found.update(lost=lost, listed=listed or found["listed"])
        particular.check(checks, "multitude", events, run.reports, run.hog)
        claim(bool(bad(checks)) == bool(lost or listed), f"a crowd that lost {lost} and lists {listed or 'all'}")

    run = Run("6.1", "memcg")
    events = run.faultless()
    run.status = "1"
    claim(noticed(run.check(events), "exit status"), "a wrong exit status is noticed")
    run.status = "0"
    claim(noticed(run.check(None, raw=b""), "has events"), "an empty stream is noticed")
    whole = "".join(json.dumps(event) + "\n" for event in events).encode()
    claim(noticed(run.check(None, raw=whole[:-1]), "newline"), "a cut last line is noticed")
    claim(noticed(run.check(None, raw=whole.replace(b'"comm"', b'"comm\xff"', 1)), "line 2"), "bad UTF-8 is noticed")
    run.counted += 1
    claim(noticed(run.check(events), "vmstat"), "a count that differs from the kernel's is noticed")
    run.counted -= 1
    run.hog["start"]["procs"][0]["comm_hex"] = b"liar".hex()
    claim(noticed(run.check(events), "oracle: name"), "an oracle that misreads a name is noticed")

    for name, spoil in (("no points", lambda e: candidate(e).update(points=1)),
                        ("all of the table", lambda e: kill_of(e)["candidates"]["tasks"].pop()),
                        ("runner-up", lambda e: kill_of(e).update(why={"runner_up": {"pid": 1}}))):
        run = Run("7.2", "cpuset")
        events = run.faultless("tracepoint")
        spoil(events)
        claim(noticed(run.check(events, "tracepoint"), name), f"cpuset, tracepoint: spoiled {name!r} is noticed")

    # A panic: what came out before it, and that it came for this reason.
    console = b"[    1.5] grower invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0\r\n" \
              b"[    1.5] CPU: 0 PID: 7 Comm: grower Not tainted\r\n" \
              b"[    1.6] Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled\r\n"
    told = {"type": "oom_no_kill", "reason": "panic_on_oom", "backend": "fentry", "constraint": "none",
            "invoker": {"comm": "grower", "pid": 7, "gfp_mask": "0xcc0"}}

    def panic(event, console=console, case="panic"):
        return compare.panic_checks(json.dumps(event).encode() + b"\n{\"cut", console, case, "fentry")

    claim(not bad(panic(told)), "a panic that was told passes", [str(check) for check in bad(panic(told))])
    claim(noticed(panic({"type": "attached"}), "told before"), "a panic that was not told is noticed")
    claim(noticed(panic({**told, "reason": "nothing_killable"}), "reason"), "a wrong reason is noticed")
    claim(noticed(panic({**told, "invoker": {"comm": "x"}}), "invoker"), "another invoker is noticed")
    claim(noticed(panic(told, case="panic_memcg"), "its reason"), "another panic is noticed")
    claim(noticed(panic(told, console=b""), "the kernel panics"), "a kernel that did not panic is noticed")

    run = Run("5.10", "three_offered")
    run.hog["start"]["victims"] = ["test1"]
    claim(noticed(run.check(run.faultless()), "oracle: who may die"), "a victim that the story has not is noticed")

    # Losses: seen and lost must add up, and a small ring that lost nothing has tested nothing.
    run = Run("6.1", "limit_write")
    events = run.faultless()
    run.hog["start"]["mode"] = "storm"
    claim(not bad(run.check(events, case="storm")), "a storm that adds up passes")
    claim(noticed(run.check(events, case="stopped"), "the loss is said"), "a loss that is not said is noticed")
    lossy = copy.deepcopy(events)
    gone = kill_of(lossy)
    lossy.remove(gone)
    lossy[-1].update(kills=lossy[-1]["kills"] - 1)
    claim(noticed(run.check(lossy, case="storm"), "seen + lost"), "a kill that is neither seen nor lost is noticed")
    lossy[-1]["lost"] = {"ring_decision": 1}
    claim(noticed(run.check(lossy, case="stopped"), "the loss is said"), "a loss without its line is noticed")
    lossy.insert(1, {**lossy[0], "type": "lost", "reason": "ring_decision", "count": 1})
    claim(noticed(run.check(lossy, case="stopped"), "ring_end was caused"), "a loss that was not caused is noticed")
    lossy[-1]["lost"] = {"ring_decision": 1, "ring_end": 1, "ring_fate": 3, "ring_memory": 1}
    claim(not bad(run.check(lossy, case="stopped")), "a loss that is said passes")
    lossy[-1]["lost"] = {"ring_candidate": 1}
    claim(noticed(run.check(lossy, case="stopped"), "seen + lost"), "another loss does not stand for a kill")

    # Candidates lost for want of room: counted, and the rest stands.
    run = Run("6.1", "global")
    events = run.faultless()
    task = kill_of(events)["candidates"]["tasks"].pop()
    kill_of(events)["candidates"].update(listed=kill_of(events)["candidates"]["listed"] - 1, lost=1)
    kill_of(events)["loss"] = {"ring_candidate": 1}
    events[-1]["lost"] = {"ring_candidate": 1}
    claim(not bad(run.check(events, case="crowded")), "lost candidates that are counted pass",
          [str(check) for check in bad(run.check(events, case="crowded"))])
    kill_of(events)["candidates"]["lost"] = 2
    claim(noticed(run.check(events, case="crowded"), "listed + lost"), "a wrong number of lost candidates is noticed")
    kill_of(events)["candidates"]["tasks"].append(task)
    kill_of(events)["candidates"].update(lost=0)
    claim(noticed(run.check(events, case="crowded"), "the loss is said"), "a crowd that lost nobody is noticed")

    # Thousands: as many as any backend must hold.
    kill_of(events)["candidates"]["tasks"].remove(task)
    kill_of(events)["candidates"].update(lost=1)
    events[-1]["lost"] = {"scratch_candidate": 1}
    claim(noticed(run.check(events, case="thousands"), "thousands of them"), "a short list is noticed")

    # An output that filled up: each line is in the file, or counted.
    def full(events, lines, lost):
        events = [*events[:-1], {**events[-1], "lost": {"output": lost}}]
        checks = compare.Checks()
        compare.check_full(checks, events, b"".join(json.dumps(event).encode() + b"\n" for event in lines) + b'{"torn')
        return bad(checks)

    events = Run("6.1", "limit_write").faultless()
    claim(not full(events, events[:2], len(events) - 3), "lines that are counted pass")
    claim(full(events, events[:2], 1), "lines that are not counted are noticed")
    claim(full(events, events[:-1], 0), "a disk that did not fill up is noticed")

    # A run can pass every check and still have made the kernel complain.
    for line in (b"4,1,2,-;WARNING: CPU: 0 PID: 1 at kernel/bpf/verifier.c:1",
                 b"0,1,2,-;BUG: unable to handle page fault", b"1,1,2,-;Oops: 0000 [#1] SMP",
                 b"1,1,2,-;general protection fault: 0000", b"3,1,2,-;rcu: INFO: rcu_sched self-detected stall on CPU",
                 b"0,1,2,-;watchdog: BUG: soft lockup - CPU#0", b"0,1,2,-;Kernel panic - not syncing: x"):
        claim(compare.splats(line) == [line.decode()], f"{line} is noticed")
    for path in DATA.glob("*.kmsg"):
        claim(not compare.splats(path.read_bytes()), f"nothing is wrong with {path.name}")

    # The slack: none for who reads what the kernel reads, little for who cannot.
    claim(compare.rss_slack("approximate", "approximate", 9, 2) == 0, "no slack for the same counters")
    claim(compare.rss_slack("approximate", "precise", 1, 2) == 64, "two CPUs hold back two batches")
    claim(compare.rss_slack("atomic", "atomic", 2, 2, late=True) == 2048, "two threads hold back 64 faults each")
    claim(compare.rss_slack("precise", "precise", 9, 2, late=True) == 0, "a sum holds nothing back")

    print(f"oracle: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
