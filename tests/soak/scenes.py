# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What is killed in a soak: scenarios of the hog's, each drawn at random."""
import json
import os
import re
import subprocess
import time

NAMES = ["%22%2c%22x%22%3a%22", "%0aKilled", "%1b[2J%1b]0;t%07", "%c3%28%f0%9f%ff%5c", "  ] 1 2 3",
         "a%20invoked%20oom", "%e2%82%ac)%22%0a%ff", "x{y=%22z%22} 1", "%3cscript%3e", "%25s%25n%00"]
GROWER = ("-p", "name=grower,grow")
# As much as the larger of these scenarios, doubled.
SECONDS = 300


def single(rng, _):
    return ["--limit", f"{rng.randint(8, 48)}M", "-p", "name=other,anon=3M", *GROWER]


def tree(rng, _):
    words = ["--limit", f"{rng.randint(92, 120)}M"]
    for sub in "a", "a/b", "a/b/c", "d":
        words += ["-p", f"name=in-{sub[-1]},anon={rng.randint(1, 7)}M,sub={sub},count={rng.randint(1, 3)}"]
    return [*words, "-p", "name=grower,anon=1M,sub=d,grow"]


def shared(rng, _):
    return ["--limit", "48M", "-p", f"name=mapper,shmem={rng.randint(2, 12)}M,count=2", "-p", "name=file,file=4M",
            "-p", "name=larger,anon=6M", *GROWER]


def threads(rng, _):
    return ["--limit", "40M", "-p", f"name=threads,anon=9M,adj=200,threads={rng.randint(2, 40)}",
            "-p", "name=user,uid=1000,anon=1M", *GROWER]


def headless(rng, _):
    return ["--limit", "32M", "-p", f"name=headless,anon=12M,threads={rng.randint(2, 8)},leader-exits,adj=200",
            "-p", "name=other,anon=3M", *GROWER]


def protected(rng, world):
    """One is spared where that may be asked for, else one is offered."""
    adj = -1000 if world.may_protect else rng.randint(300, 1000)
    return ["--limit", "48M", "-p", f"name=protected,anon=10M,adj={adj}", "-p", "name=medium,anon=4M",
            "-p", "name=grower,anon=1M,grow"]


def hostile(rng, _):
    words = ["--limit", "32M"]
    for name in rng.sample(NAMES, 5):
        words += ["-p", f"name={name},anon=1M"]
    return [*words, "-p", f"name={rng.choice(NAMES)},anon=3M,grow"]


def many(rng, world):
    return ["--limit", "160M", "-p", f"name=idle,count={rng.randint(100, 500 // world.slower)}",
            "-p", "name=grower,anon=4M,grow"]


def sharing(_, __):
    return ["--limit", "32M", "-p", "name=kin,anon=8M,adj=500,kin=clone", "-p", "name=other,anon=2M", *GROWER]


def group(rng, _):
    return ["--limit", "48M", "--oom-group", "-p", f"name=member,anon=2M,count={rng.randint(2, 8)}", *GROWER]


def limit_write(_, __):
    return ["--limit", "64M", "--shrink", "20M", "--name", "the writer", "-p", "name=large,anon=16M",
            "-p", "name=medium,anon=8M", "-p", "name=small,anon=4M"]


def burst(rng, world):
    return ["--limit", "64M", "--room", "2M", "--storm", str(rng.randint(5, 60 // world.slower)),
            "-p", f"name=idle,count={rng.randint(1, 40)}"]


def deluge(rng, world):
    """More than waits anywhere."""
    return ["--limit", "256M", "--room", "2M", "--storm", str(rng.randint(40, 120) // world.slower),
            "-p", f"name=idle,count={rng.randint(100, 200)}"]


ANYWHERE = [single, tree, shared, threads, headless, protected, hostile, many, sharing, burst, burst]
# Version 1 has neither a group nor a limit that goes below what is used.
VERSION_2 = [group, limit_write]


def kills_in(cgroup):
    """The kernel's count in @cgroup and below. Version 1 counts in each by itself."""
    control = cgroup / "memory.oom_control"
    if not control.exists():
        return int(re.search(r"^oom_kill (\d+)", (cgroup / "memory.events").read_text(), re.MULTILINE)[1])
    return sum(int(re.search(r"^oom_kill (\d+)", file.read_text(), re.MULTILINE)[1])
               for file in cgroup.rglob("memory.oom_control"))


def remove(cgroup):
    """It stays busy until its last task has left, which is shortly after it was waited for."""
    deadline = time.monotonic() + SECONDS
    for path, *_ in os.walk(cgroup, topdown=False):
        while True:
            try:
                os.rmdir(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)


class Scene:
    """One run of the hog in a memory cgroup of its own."""

    def __init__(self, world, rng, kind=None):
        self.kind = kind or rng.choice(ANYWHERE if world.v1 else ANYWHERE + VERSION_2)
        self.name = self.kind.__name__
        self.cgroup = world.next_cgroup()
        # To a file: of many processes it says more than a pipe holds.
        self.said = world.directory / f"hog-{self.cgroup.name}"
        with open(self.said, "wb") as out:
            self.hog = subprocess.Popen([world.hog, "--dir", world.directory, "--cgroup", self.cgroup, "--keep",
                                         *self.kind(rng, world)], stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def leave(self):
        """Whatever state it is in. What it started ends with it."""
        if self.hog.poll() is None:
            self.hog.kill()
            self.hog.wait()

    def ended(self):
        return self.hog.poll() is not None

    def end(self):
        """Waits for its end; returns (the kernel's count of kills in its cgroup, who was killed by its own account)."""
        self.hog.wait(SECONDS)
        said = self.said.read_bytes()
        self.said.unlink()
        counted = kills_in(self.cgroup)
        remove(self.cgroup)
        if self.hog.returncode:
            raise RuntimeError(f"hog: {said[-300:].decode(errors='replace').strip()}")
        return counted, json.loads(said.splitlines()[-1])["killed_pids"]
