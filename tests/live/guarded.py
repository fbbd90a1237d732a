# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a tracer that has attached may still do, as /proc tells it of each of its threads."""
import os
import pathlib
import re

# CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, of the thread that looks at victims.
LOOKS = 1 << 2 | 1 << 19
# Descriptors, by what they are, with how many of them there may be: each has its reason in docs/SECURITY.md.
DESCRIPTORS = {
    r"anon_inode:bpf[-_]link": 20,
    r"anon_inode:\[perf_event\]": 20,
    r"anon_inode:bpf-map": 1,
    r"anon_inode:bpf_iter": 1,
    r"anon_inode:\[eventpoll\]": 2,
    r"anon_inode:\[signalfd\]": 1,
    r"anon_inode:\[timerfd\]": 3,
    r"anon_inode:\[eventfd\]": 12,
    r"/dev/kmsg": 1,
    r"/proc": 1,
    r"/proc/swaps": 1,
    r"/proc/sys/kernel/hostname": 1,
}


def threads(pid):
    """What /proc says of each thread: {field: text}."""
    told = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text().splitlines()
        told.append(dict(line.split(":\t", 1) for line in lines if ":\t" in line))
    return told


def check_threads(checks, pid, looks=LOOKS, uid=0):
    told = threads(pid)
    # None but one looks at others; it has no more than that takes.
    rights = sorted(int(thread["CapEff"], 16) for thread in told)
    checks.same("guard: capabilities of the threads", rights, [0] * (len(told) - 1) + [looks])
    for field, wanted in (("CapPrm", None), ("NoNewPrivs", "1"), ("Seccomp", "2"), ("CapAmb", f"{0:016x}"),
                          ("CapBnd", f"{0:016x}"), ("CapInh", f"{0:016x}"), ("Uid", "\t".join([str(uid)] * 4))):
        bad = [thread for thread in told if thread[field] != (wanted or thread["CapEff"])]
        checks.that(f"guard: {field} of {len(told)} threads", not bad, [thread[field] for thread in bad])
    return told


def check_descriptors(checks, pid, files):
    """@files: those it was given, stdout and stderr among them."""
    counts = {}
    needless = []
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        what = os.readlink(link)
        if what in map(str, files) or (link.name == "0" and what == "/dev/null"):
            continue
        kind = next((kind for kind in DESCRIPTORS if re.fullmatch(kind, what)), None)
        counts[kind] = counts.get(kind, 0) + 1
        if kind is None or counts[kind] > DESCRIPTORS[kind]:
            needless.append(what)
    checks.that("guard: no needless descriptor", not needless, needless)
    checks.that("guard: what is attached is open", any("bpf" in str(kind) or "perf" in str(kind) for kind in counts), counts)
