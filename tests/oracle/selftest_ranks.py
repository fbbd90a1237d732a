# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""That the checks of ranks.py can fail: a made-up run passes, and each way of spoiling it is noticed."""
import json
import pathlib
import tempfile

import ranks

NAMES = {11: "adj0", 12: "adj17"}
SCORES = {11: 667, 12: 680, 40: 670}
WORDS = ("whole", "nobody", "blind")


def rank_line(pids, denied=0, first=None):
    found = {"candidates": {"denied": denied, "tasks": [{"pid": pid, "oom_score": SCORES[pid]} for pid in pids]}}
    return found if first is None else {**found, "first": {"pid": first}}


def procs(pids):
    return {"hog": "start", "procs": [{"pid": pid, "comm_hex": NAMES[pid].encode().hex()} for pid in pids]}


class Made:
    """A run as it should be: its files by name, JSON ones as objects."""

    def __init__(self, case):
        self.case = case
        scores = "".join(f"/proc/{pid}/oom_score:{score}\n" for pid, score in (*SCORES.items(), (2, 0)))
        if case == "rank":
            self.files = {"hog": procs(NAMES), "before": scores, "after": scores,
                          **{word: rank_line(SCORES) for word in WORDS},
                          "inside": rank_line(NAMES), "hidden": rank_line([40], denied=2)}
            self.say(*WORDS, "inside", "hidden")
            return
        self.files = {"seed": "7\n", "plans": "4096 -p name=r0\n" * ranks.ROUNDS,
                      "kmsg": "Memory cgroup out of memory: Killed process 12 (adj17)\n"
                              "Memory cgroup out of memory: Killed process 11 (adj0)\n"}
        for number in range(1, ranks.ROUNDS + 1):
            self.files[f"round.{number}"] = procs(NAMES)
            self.files[f"rank.{number}"] = rank_line(NAMES, first=12)
            self.say(f"rank.{number}")

    def say(self, *words):
        for word in words:
            self.files.update({f"{word}.status": "0\n", f"{word}.stderr": ""})

    def check(self):
        with tempfile.TemporaryDirectory() as place:
            for name, content in self.files.items():
                text = content if isinstance(content, str) else json.dumps(content)
                (pathlib.Path(place) / name).write_text(text)
            return ranks.check(place, self.case)

    def tasks(self, word):
        return self.files[word]["candidates"]["tasks"]

    def change(self, name, old, new):
        self.files[name] = self.files[name].replace(old, new)


SPOILS = {
    "rank": {
        "whole: oom_score of adj0": lambda run: run.tasks("whole")[0].update(oom_score=668),
        "nobody: oom_score of adj17": lambda run: run.tasks("nobody")[1].update(oom_score=681),
        "blind: oom_score of 40": lambda run: run.tasks("blind")[2].update(oom_score=31337),
        "whole: every process of the scenario": lambda run: run.tasks("whole").pop(0),
        "blind: every process of the scenario": lambda run: run.change("after", "11/oom_score:667", "11/oom_score:668"),
        "nobody: nobody is left out": lambda run: run.tasks("nobody").pop(2),
        "whole: nothing is denied": lambda run: run.files["whole"]["candidates"].update(denied=1),
        "inside: the scenario": lambda run: run.tasks("inside").append({"pid": 40, "oom_score": 670}),
        "hidden: another's": lambda run: run.tasks("hidden").append({"pid": 11, "oom_score": 667}),
        "hidden: and counted": lambda run: run.files["hidden"]["candidates"].update(denied=0),
        "blind: exit status": lambda run: run.files.update({"blind.status": "99\n"}),
        "run": lambda run: run.files.update({"trouble": "hog does not start\n"}),
    },
    "rank_first": {
        "round 3": lambda run: run.files["rank.3"]["first"].update(pid=11),
        "round 20": lambda run: run.files["rank.20"].pop("first"),
        "round 1:": lambda run: run.change("kmsg", "Killed process 12", "Killed process 13"),
        "rank.7: exit status": lambda run: run.files.update({"rank.7.status": "1\n"}),
        "as many rounds": lambda run: run.change("plans", "4096 -p name=r0\n" * 2, "4096 -p name=r0\n"),
    },
}


def claims():
    """(whether it holds, what is claimed) of every check."""
    for case, spoils in SPOILS.items():
        checks = Made(case).check()
        bad = [str(check) for check in checks if not check.ok]
        yield checks and not bad, f"{case}: the run as it should be passes {bad}"
        for name, spoil in spoils.items():
            run = Made(case)
            spoil(run)
            noticed = any(name in check.name for check in run.check() if not check.ok)
            yield noticed, f"{case}: spoiled {name!r} is noticed"
