# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Cases of tests/live/run about what would happen, and would have happened otherwise: rank and explain."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess

import compare
from harness import SECONDS, await_ratelimit, Skip, Trouble


def oom_scores():
    """/proc/PID/oom_score of every process, by pid."""
    scores = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/oom_score"):
        with contextlib.suppress(OSError):
            scores[int(path.parent.name)] = int(path.read_text())
    return scores


# Hides oom_score from who is run within: what it read there would be a lie.
COVERED = """
for score in /proc/[0-9]*/oom_score; do mount --bind "$0" "$score" 2>/dev/null; done
grep -qx 31337 /proc/$$/oom_score || exit 99
exec "$@"
"""


def rank_again_blindly(live):
    """The same with every oom_score covered."""
    lie = live.directory / "lie"
    lie.write_text("31337\n")
    # The shell's own is that of the process which execs, so its pid is among those covered.
    return subprocess.run(["unshare", "-m", "sh", "-c", COVERED, lie, live.program, "rank", "-j"],
                          capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS)


def case_rank(live):
    """Who the kernel would kill, by its own scores, and then does."""
    checks = compare.Checks()
    adjs = (0, 1, 17, 250, 500, 999)    # to lower it takes CAP_SYS_RESOURCE, which not every machine gives
    with live.gated("--limit", "96M",
                    *(word for adj in adjs for word in ("-p", f"name=adj{adj},anon=1M,adj={adj}")),
                    "-p", "name=headless,anon=4M,threads=3,leader-exits",
                    "-p", "name=grower,anon=24M,grow") as pids:
        before = oom_scores()
        whole = live.run_once("rank", "-j")
        after = oom_scores()
        blind = rank_again_blindly(live)
        inside = live.run_once("rank", "-j", "-c", f"{live.mount}/oomtrace-test-{os.getpid()}")
        text = live.run_once("rank", "-c", f"{live.mount}/oomtrace-test-{os.getpid()}")
    for done, what in ((whole, "whole"), (blind, "blind"), (inside, "inside"), (text, "text")):
        checks.that(f"{what}: exit status", done.returncode == 0, f"{done.returncode} {done.stderr}")
    ranks = {what: json.loads(done.stdout) for done, what in ((whole, "whole"), (blind, "blind"), (inside, "inside"))}
    ours = {task["pid"]: task["oom_score"] for task in ranks["whole"]["candidates"]["tasks"]}
    still = {pid: score for pid, score in before.items() if after.get(pid) == score and pid in ours}
    checks.that("processes that stand still", set(pids.values()) <= set(still), f"{pids} {sorted(still)}")
    for pid, score in still.items():
        checks.same(f"oom_score of {pid}", ours[pid], score)
    unseen = {task["pid"]: task["oom_score"] for task in ranks["blind"]["candidates"]["tasks"]}
    checks.same("computed, not read", {pid: unseen.get(pid) for pid in pids.values()},
                {pid: still.get(pid) for pid in pids.values()})
    listed = [task["pid"] for task in ranks["inside"]["candidates"]["tasks"]]
    checks.same("nobody else is in the cgroup", sorted(listed), sorted(pids.values()))
    checks.same("who is named first dies", [get_pid(ranks["inside"], "first")], compare.read_hog(live.directory / "hog")
                ["end"]["killed_pids"])
    checks.that("the text names it too", f"*{pids['adj999']:>8} adj999".encode() in text.stdout, text.stdout)
    missing = live.run_once("rank", "-c", "/no/such/cgroup")
    checks.same("no such cgroup", missing.returncode, 1)
    checks.that("no such cgroup: said", b"/no/such/cgroup" in missing.stderr, missing.stderr)
    live.end()
    return checks


def get_pid(rank, key):
    return rank.get(key, {}).get("pid")


def explained(live, checks, *options):
    """What explain says of each kill of a file, as objects."""
    done = live.run_once("explain", "-j", *options)
    checks.that(f"explain {options}: exit status", done.returncode == 0 and not done.stderr,
                f"{done.returncode} {done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def check_arithmetic(checks, kill, ranking):
    """What is written out of each candidate adds up to its points in the stream."""
    points = {task["pid"]: task.get("points") for task in kill["candidates"]["tasks"]}
    checks.same("explain: the candidates of the stream, in its order", [row["pid"] for row in ranking], list(points))
    for row in ranking:
        name = f"explain: {row['comm']}"
        checks.same(f"{name}: the sum", row["sum"],
                    row["anon"] + row["file"] + row["shmem"] + row["swap"] + row["page_tables"])
        checks.same(f"{name}: the adj", row["adjusted"], row["oom_score_adj"] * (kill["totalpages"] // 1000))
        checks.same(f"{name}: the points", row["sum"] + row["adjusted"] + row.get("drift", 0), points[row["pid"]])


def case_explain(live):
    """A recording and the lines made of it are explained alike; the sums are those of the stream."""
    await_ratelimit()       # the cases before have had many reports
    live.start()
    live.provoke("--limit", "64M",
                 "-p", "name=large,anon=20M,sub=a",
                 "-p", "name=offered,anon=2M,adj=700,sub=a",
                 "-p", "name=threads,anon=4M,threads=6,sub=b",
                 "-p", "name=mapper,file=3M,shmem=2M,adj=5,sub=b",
                 "-p", "name=grower,anon=2M,sub=a,grow")
    live.finish(signal.SIGINT)
    checks = compare.Checks(live.compared("explain"))
    kill, = live.kills()
    victim, why = kill["victim"]["pid"], kill["why"]
    sources = (live.directory / "record", live.directory / "stdout")
    every = [explained(live, checks, "--model", "all", path) for path in sources]
    for found in every:
        checks.same("explain: as many as kills", len(found), 1)
        found[0].pop("source", None)
    checks.that("explain: the same of a recording and of lines", every[0] == every[1],
                [key for key in every[0][0] if every[0][0][key] != every[1][0].get(key)])
    said = every[0][0]
    check_arithmetic(checks, kill, said["ranking"])
    checks.same("explain: what spares it", said["spared"].get("at_oom_score_adj"), why.get("spared_at_oom_score_adj"))
    checks.same("explain: who dies then", said["spared"].get("then"), why.get("spared_then"))
    adj = why["spared_at_oom_score_adj"]
    for step, dies in ((0, why["spared_then"]["pid"]), (1, victim)):
        for path in sources:
            supposed, = explained(live, checks, "--set", f"{victim}:{adj + step}", "--model", "5.9", path)
            checks.same(f"explain: with {adj + step}", supposed["supposed"]["victim"]["pid"], dies)
            checks.same(f"explain: with {adj + step}, by name", supposed["models"][0]["victim"]["pid"], dies)
    gone, = explained(live, checks, "--without", str(victim), sources[0])
    checks.same("explain: without it", gone["supposed"]["victim"]["pid"], kill["why"]["runner_up"]["pid"])
    text = live.run_once("explain", "--model", "all", sources[0])
    checks.that("explain: at most 80 columns", all(len(line) <= 80 for line in text.stdout.decode().splitlines()), text.stdout)
    return checks


SPARED_MB = 1024            # the limit: a step of oom_score_adj is worth 262 pages
SPARED_EDGE = 60            # pages: nearer to the edge of a step than this is too near to be repeated
RIVAL_PAGES = 128000


def spared_sizes(steps):
    """Pages of a victim that needs @steps and a half of adj to have as many points as its rival; what
    either has for page tables comes on top, one page for 512."""
    unit = SPARED_MB * 256 // 1000
    return RIVAL_PAGES - round((steps + 0.5) * unit / (1 + 1 / 512))


def out_of_a_gigabyte(live, adj):
    """The very same OOM with another oom_score_adj of the victim; who died by the kernel's word."""
    live.provoke("--limit", f"{SPARED_MB}M",
                 "-p", f"name=victim,anon={spared_sizes(390) * 4}K,adj={adj}",
                 "-p", f"name=rival,anon={RIVAL_PAGES * 4}K",
                 "-p", "name=grower,anon=384M,grow")
    hog = compare.read_hog(live.directory / "hog")
    (live.directory / "hog").rename(live.directory / f"hog-{adj}")
    names = {proc["pid"]: bytes.fromhex(proc["comm_hex"]).decode() for proc in hog["start"]["procs"]}
    return [names[pid] for pid in hog["end"]["killed_pids"]]


def case_spared(live):
    """The adj that is named spares the victim for real, and who is named dies; one step more, and it does not."""
    with open("/proc/meminfo") as meminfo:
        free = next(int(line.split()[1]) for line in meminfo if line.startswith("MemAvailable"))
    if free < 2 * SPARED_MB * 1024:
        raise Skip(f"less than {2 * SPARED_MB} MiB are available")
    live.start()
    checks = compare.Checks()
    checks.same("spared: with 600", out_of_a_gigabyte(live, 600), ["victim"])
    live.await_that("told", lambda: len(live.kills()) == 1)
    kill, = live.kills()
    why = kill["why"]
    adj, unit = why["spared_at_oom_score_adj"], kill["totalpages"] // 1000
    points = {task["comm"]: task["points"] for task in kill["candidates"]["tasks"]}
    # How far the rival is from what the victim has with that adj, within the step.
    edge = points["rival"] - (points["victim"] - 600 * unit + adj * unit)
    if not SPARED_EDGE < edge < unit - SPARED_EDGE:
        raise Trouble(f"{edge} pages within a step of {unit}: the sizes are not in the middle of it")
    checks.same("spared: who is named", why["spared_then"]["comm"], "rival")
    checks.same(f"spared: with {adj}", out_of_a_gigabyte(live, adj), ["rival"])
    checks.same(f"spared: with {adj + 1}", out_of_a_gigabyte(live, adj + 1), ["victim"])
    live.finish(signal.SIGINT)
    live.end()
    checks.same("spared: as the stream tells it", [kill["victim"]["comm"] for kill in live.kills()],
                ["victim", "rival", "victim"])
    return checks
