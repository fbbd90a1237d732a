# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""trace --backfill: kills before it was attached, while it was attaching and after, each told once.

A run has hog.before, hog.meanwhile and hog.after beside what every run has, kmsg.all, the kernel's log of the whole
boot, and again: what a second tracer told, started when all was over.
"""
import collections
import pathlib

import compare
import klog_oracle


def printed(kmsg):
    """The processes that the kernel says it has killed. Of a group it names one again by another of its threads
    where its first one is gone already: a number of no table, with all that an earlier line has said."""
    found = set()
    for report in klog_oracle.reports(kmsg):
        threads = {row["pid"]: row["tgid"] for row in report["tasks"] or ()}
        said = set()
        for kill in report["kills"]:
            words = tuple(value for key, value in sorted(kill.items()) if key != "pid")
            if kill["pid"] in threads or words not in said:
                found.add(threads.get(kill["pid"], kill["pid"]))
            said.add(words)
    return found


def killed_by(hog, kmsg):
    """Whom hog saw die; of a storm it knows how many, and what they were called."""
    pids = [kill["pid"] for report in klog_oracle.reports(kmsg) for kill in report["kills"]
            if kill["comm"].startswith(b"storm-")]
    return hog["end"]["killed_pids"] or (pids if len(pids) == hog["end"].get("killed") else [])


def check_once(checks, events, name, sources, hog, kmsg=b""):
    """All that hog saw die was told once, by one of @sources."""
    told = collections.Counter(pid for kill in compare.of_type(events, "oom_kill") for pid in compare.victims_of(kill))
    killed = killed_by(hog, kmsg)
    checks.that(f"{name}: as many as hog saw", killed, hog["end"])
    wrong = {pid: told[pid] for pid in killed if told[pid] != 1}
    checks.that(f"{name}: each once", not wrong, f"told so often: {wrong}")
    found = {kill["source"] for kill in compare.of_type(events, "oom_kill") if compare.victims_of(kill) & set(killed)}
    checks.that(f"{name}: source", found <= set(sources), f"{found}, not of {sources}")


def check_lines(checks, events, ahead_ms=0):
    """Those out of the log come first, each with all that is known of this host."""
    sources = [kill["source"] for kill in compare.of_type(events, "oom_kill")]
    checks.that("backfill: before what is live", sources == sorted(sources), sources)
    logged = [kill for kill in compare.of_type(events, "oom_kill") if kill["source"] == "kmsg"]
    lacking = [key for kill in logged for key in ("time", "uptime_ms", "host", "boot_id", "time_text", "kernel", "id")
               if key not in kill]
    checks.that("backfill: nothing is lacking", not lacking, set(lacking))
    checks.same("backfill: this boot", {kill.get("boot_id") for kill in logged} - {events[0]["boot_id"]}, set())
    checks.same("backfill: ids are unique", len({kill["id"] for kill in logged}), len(logged))
    # The machine did not sleep: the log's own clock is a few milliseconds off, or as far ahead as it was measured to be.
    far = [kill["uptime_ms"] for kill in logged
           if abs(kill["uptime_ms"] + ahead_ms - float(kill["time_text"]) * 1000) > 1000]
    checks.that("backfill: when it was", not far, far)


def check_counts(checks, directory, events):
    """Of the whole boot: nobody is left out or invented, and none is told by both."""
    kills = compare.of_type(events, "oom_kill")
    told = [pid for kill in kills for pid in compare.printed_of(kill)]
    twice = [pid for pid, count in collections.Counter(told).items() if count > 1]
    wanted = printed((directory / "kmsg.all").read_bytes())
    checks.that("backfill: nobody twice", not twice, twice)
    checks.that("backfill: nobody is left out", wanted <= set(told), sorted(wanted - set(told)))
    checks.that("backfill: nobody invented", set(told) <= wanted, sorted(set(told) - wanted))
    totals = compare.of_type(events, "detached")[-1]
    live = [kill for kill in kills if kill["source"] == "live"]
    checks.same("backfill: totals are of what was live", totals.get("episodes"), len(live))
    checks.same("backfill: nothing is lost", totals.get("lost"), {})


def check_again(checks, directory, events):
    """Who starts once more gets the same names for what was before, and what was live out of the log."""
    again = compare.parse_stream(checks, (directory / "again").read_bytes())
    ids = {kill["victim"]["pid"]: kill["id"] for kill in compare.of_type(again, "oom_kill")}
    differ = {kill["id"]: ids.get(kill["victim"]["pid"]) for kill in compare.of_type(events, "oom_kill")
              if kill["source"] == "kmsg" and ids.get(kill["victim"]["pid"]) != kill["id"]}
    checks.that("again: the same ids", not differ, differ)
    checks.same("again: as many", len(ids), len(compare.of_type(events, "oom_kill")))
    checks.same("again: all from the log", {kill["source"] for kill in compare.of_type(again, "oom_kill")}, {"kmsg"})


@compare.guarded
def check(directory, backend):
    directory = pathlib.Path(directory)
    checks = compare.trouble_of(directory)
    events = compare.parse_stream(checks, (directory / "stdout").read_bytes())
    if not compare.check_stream(checks, events, compare.status_of(directory), backend, backend):
        return checks
    for name, sources in (("before", {"kmsg"}), ("meanwhile", {"kmsg", "live"}), ("after", {"live"})):
        check_once(checks, events, name, sources, compare.read_hog(directory / f"hog.{name}"),
                   (directory / "kmsg").read_bytes())
    check_lines(checks, events, klog_oracle.printk_ahead_ms((directory / "kmsg").read_bytes()))
    check_counts(checks, directory, events)
    check_again(checks, directory, events)
    doctor = compare.parse_line((directory / "doctor").read_bytes()) or {}
    kernel = int((directory / "vmstat.after").read_text().split()[1])
    checks.same("doctor: the kernel's count", doctor.get("oom_kills"), kernel)
    checks.same("doctor: what the log has", doctor.get("oom_kills_logged"),
                len({pid for kill in compare.of_type(events, "oom_kill") for pid in compare.printed_of(kill)}))
    checks.that("doctor: what it explains", 0 < doctor.get("oom_kills_explained", 0) <= kernel, doctor)
    checks.same("doctor: since the boot", doctor.get("kernel_log_whole"), True)
    return checks
