# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the pages that are looked at are made of: real recordings, and lines made out of theirs."""
import copy
import json
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
WIRE = TOP / "tests/data/wire"
KLOG = TOP / "tests/data/klog"
MANY = 5000
SPAN = 40
# What a name could try: to end an element, to begin one, to be a template's mark, to turn the
# direction of the text around it, to act on a terminal, to be no UTF-8 at all.
HOSTILE = [
    "</script><img src=x onerror=alert(1)>", "]]>", "{{x}}", "${x}", "<!--fill:data-->", "<svg/onload=alert(1)>",
    "\u202egpj.exe", "\u2028x\u2029", "\"'`", "\"><b>x</b>", "&lt;b&gt;&amp;", "javascript:alert(1)", "\x1b[31m", "a\nb",
    "\ufffd\ufffd", "__proto__", "constructor", "\u200bx", "e\u0301", "\u05d0\u05d1", "</title>", "--><script>alert(1)</script>",
]


def lines(kernel="6.12-fentry"):
    """The JSON lines that a real run gave."""
    return [json.loads(line) for line in (WIRE / kernel / "stdout").read_text().splitlines()]


def kill_and_outcome(number=0):
    """One real kill, in a cgroup (0) or of the whole machine (1), and what became of its victim."""
    all_lines = lines()
    kill = [line for line in all_lines if line["type"] == "oom_kill"][number]
    return kill, next(line for line in all_lines if line["type"] == "oom_outcome" and line["id"] == kill["id"])


def text_of(objects):
    return "".join(json.dumps(line) + "\n" for line in objects).encode()


def many():
    """5,000 candidates, in pods of containerd, whose paths are as long as those are."""
    kill, outcome = kill_and_outcome(1)
    model, tasks = kill["candidates"]["tasks"][0], []
    victim = kill["victim"]["pid"]
    for i in range(MANY):
        task = copy.deepcopy(model)
        uid = f"{i % 97:08x}-4c1f-4d2a-9d5b-{i // 3:012x}"
        task.update(pid=victim if not i else 10000 + i, comm=f"worker-{i % 211}", ppid=1, scan=i, oom_score_adj=(i % 5) * 100,
                    rss_anon_bytes=(MANY - i) * 40960, rss_file_bytes=i % 70 * 4096, points=(MANY - i) * 10 + i % 70 + 20,
                    cgroup="/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uid.replace("-", "_") +
                           f".slice/cri-containerd-{i:064x}.scope")
        task.pop("cmdline", None)
        tasks.append(task)
    kill["candidates"].update(total=MANY, eligible=MANY, listed=MANY, tasks=tasks)
    kill["victim"].update(comm=tasks[0]["comm"], cgroup=tasks[0]["cgroup"])
    return text_of([kill, outcome])


def hostile():
    """Every name there is, made by somebody who means harm."""
    kill, outcome = kill_and_outcome(0)
    model, tasks = kill["candidates"]["tasks"][0], []
    for i, evil in enumerate(HOSTILE):
        task = copy.deepcopy(model)
        task.update(pid=501 if not i else 900 + i, comm=evil, cgroup="/" + evil, cmdline=evil, points=9000 - i, scan=i)
        tasks.append(task)
    kill["candidates"].update(total=len(tasks), eligible=len(tasks), listed=len(tasks), tasks=tasks,
                              passed_over={"not_in_nodemask": 1})
    kill["victim"].update(comm=HOSTILE[0], cgroup="/" + HOSTILE[0], cmdline=" ".join(HOSTILE))
    kill["victims"] = [dict(kill["victim"], killed_as="chosen")]
    kill["memcg"]["path"] = "/" + HOSTILE[0]
    kill["invoker"].update(comm=HOSTILE[0], cgroup="/" + HOSTILE[5], cpuset=HOSTILE[1], stack=[HOSTILE[0], HOSTILE[21]],
                           gfp_flags=["GFP_KERNEL", HOSTILE[9]])
    kill["host"] = outcome["host"] = HOSTILE[0]
    outcome.update(comm=HOSTILE[0], cmdline=HOSTILE[20])
    return text_of([kill, outcome])


def span():
    """Kills of several hours, in several cgroups, one of which has most of them, and one that nobody died of."""
    kills = []
    for i in range(SPAN):
        kill, outcome = kill_and_outcome(0)
        cgroup = "/system.slice/" + ("app", "app", "app", "db", "cache")[i % 5] + ".service"
        when = f"2026-11-22T{8 + i // 10:02}:{i * 7 % 60:02}:{i:02}.000000000Z"
        kill.update(id=f"{i:016x}", time=when, uptime_ms=1000.0 * i)
        kill["memcg"]["path"] = kill["victim"]["cgroup"] = cgroup
        kill["victim"]["comm"] = kill["candidates"]["tasks"][0]["comm"] = ("java", "java", "ruby", "postgres", "redis")[i % 5]
        outcome.update(id=kill["id"], time=when)
        kills += [kill, outcome]
    kills.sort(key=lambda line: line["time"])
    nobody = copy.deepcopy(kills[-2])
    for key in ("id", "victim", "victims", "why"):
        del nobody[key]
    nobody.update(type="oom_no_kill", reason="nothing_killable", time="2026-11-22T13:00:00.000000000Z")
    return text_of(kills + [nobody])


def make(oomtrace, directory):
    """Every page, by its name. What cannot be made fails."""
    made = {path.parent.name: (path.read_bytes(), []) for path in sorted(WIRE.glob("*/record"))}
    made.update(memcg=(made["6.12-fentry"][0], [kill_and_outcome(0)[0]["id"][:6]]), machine=(made["6.12-fentry"][0], ["last"]),
                many=(many(), []), hostile=(hostile(), []), span=(span(), []),
                old=((KLOG / "wording-2.6.32-memcg.log").read_bytes(), []), nobody=((KLOG / "wording-nobody.log").read_bytes(), []))
    pages = {}
    for name, (data, arguments) in made.items():
        pages[name] = directory / f"{name}.html"
        pages[name].write_bytes(subprocess.run([oomtrace, "report", "-", *arguments], input=data, stdout=subprocess.PIPE,
                                               check=True).stdout)
    return pages
