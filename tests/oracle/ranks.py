# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares what `oomtrace rank` said with the kernel's own scores, and with whom it then killed."""
import json
import pathlib
import re

import compare

ROUNDS = 20                 # of rank_first
KILLED = re.compile(rb"Killed process (\d+)")


def scores_of(lines):
    """{pid: oom_score} of "/proc/PID/oom_score:N" lines."""
    return {int(pid): int(score) for pid, score in re.findall(r"^/proc/(\d+)/oom_score:(-?\d+)$", lines, re.M)}


def rank_of(checks, directory, word):
    """What one run of rank said, or None."""
    status = (directory / f"{word}.status").read_text().strip()
    said = (directory / f"{word}.stderr").read_text()
    if not checks.that(f"{word}: exit status", status == "0", f"{status}: {said}"):
        return None
    return json.loads((directory / word).read_text())


def ours_of(rank):
    return {task["pid"]: task["oom_score"] for task in rank["candidates"]["tasks"]}


def check_scores(checks, word, rank, still, procs):
    """Each process that stands still has the kernel's oom_score; those of the scenario are among them."""
    ours = ours_of(rank)
    for pid in sorted(set(still) & set(ours)):
        checks.same(f"{word}: oom_score of {procs.get(pid, pid)}", ours[pid], still[pid])
    checks.that(f"{word}: every process of the scenario", set(procs) <= set(ours) & set(still),
                f"missing {sorted(set(procs) - set(ours))}, moving {sorted(set(procs) - set(still))}")
    # Whoever has points in the kernel's eyes is a candidate.
    left_out = [pid for pid, score in still.items() if score and pid not in ours]
    checks.that(f"{word}: nobody is left out", not left_out, left_out)


def check_rank(checks, directory):
    before, after = (scores_of((directory / word).read_text()) for word in ("before", "after"))
    still = {pid: score for pid, score in before.items() if after.get(pid) == score}
    procs = {proc["pid"]: bytes.fromhex(proc["comm_hex"]).decode()
             for proc in compare.read_hog(directory / "hog")["start"]["procs"]}
    whole, nobody, blind, hidden, inside = (rank_of(checks, directory, word)
                                            for word in ("whole", "nobody", "blind", "hidden", "inside"))
    for word, rank in (("whole", whole), ("nobody", nobody), ("blind", blind)):
        if rank:
            check_scores(checks, word, rank, still, procs)
            checks.same(f"{word}: nothing is denied", rank["candidates"]["denied"], 0)
    if inside:
        checks.same("inside: the scenario and nobody else", {task["pid"] for task in inside["candidates"]["tasks"]},
                    set(procs))
    if hidden:
        listed = {task["pid"] for task in hidden["candidates"]["tasks"]}
        checks.that("hidden: another's processes are not seen", not listed & set(procs), sorted(listed))
        checks.that("hidden: and counted as not seen", hidden["candidates"]["denied"] >= len(procs),
                    hidden["candidates"]["denied"])


def check_rank_first(checks, directory):
    killed = [int(pid) for pid in KILLED.findall((directory / "kmsg").read_bytes())]
    seed = (directory / "seed").read_text().strip()
    plans = (directory / "plans").read_text().splitlines()
    checks.that("as many rounds as are to be", len(plans) == ROUNDS, f"{len(plans)}, seed {seed}")
    for number, plan in enumerate(plans, 1):
        procs = {proc["pid"] for proc in compare.read_hog(directory / f"round.{number}")["start"]["procs"]}
        rank = rank_of(checks, directory, f"rank.{number}")
        first = next((pid for pid in killed if pid in procs), None)
        if rank:
            named = rank.get("first", {}).get("pid")
            checks.that(f"round {number}: who is named first dies first", first is not None and named == first,
                        f"{named} is named, {first} dies; seed {seed}: {plan}")


@compare.guarded
def check(directory, case):
    """All checks of what rank said in the run in @directory."""
    directory = pathlib.Path(directory)
    checks = compare.trouble_of(directory)
    (check_rank if case == "rank" else check_rank_first)(checks, directory)
    return checks
