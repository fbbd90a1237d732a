#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The kernel's own OOM reports, out of /dev/kmsg records or dmesg text (5.10 ... 7.2 only).

Deliberately dumb, and deliberately sharing nothing with oomtrace: what it says is what the
tests believe. Names and paths stay bytes, as the kernel had them.

    klog_oracle.py [FILE]     one JSON object per report
"""
import json
import re
import sys

RE_INVOKED = re.compile(rb"^(.*) invoked oom-killer: gfp_mask=(0x[0-9a-f]+)\((.*?)\), order=(-?\d+), "
                        rb"oom_score_adj=(-?\d+)$", re.S)
RE_CURRENT = re.compile(rb"^CPU: \d+ (?:UID: \d+ )?PID: (\d+) Comm: ")
# Not those with "? ", which are guesses. Where an exception met the kernel itself, its registers stand in between.
RE_FRAME = re.compile(rb"^(?: |RIP: 0010:)([\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+$")
RE_LIMIT = re.compile(rb"^memory: usage (\d+)kB, limit (\d+)kB, failcnt \d+$")
# Of version 2 "swap", of version 1 memory and swap together.
RE_SWAP_LIMIT = re.compile(rb"^(swap|memory\+swap): usage (\d+)kB, limit (\d+)kB, failcnt \d+$")
RE_MEMORY = re.compile(rb"^(?:(\d+) pages (RAM|reserved)|(Total swap|Free swap) +=\s*(\d+)kB)$")
RE_STATS = re.compile(rb"^Memory cgroup stats for (.*):(.*)$", re.S)
RE_STAT = re.compile(rb"^([a-z_0-9]+) (\d+)$")
RE_PAGES = re.compile(rb"(\w+):(\d+)(?!\d|kB)")                    # "free:744", and not "free:1072kB"
RE_KB = re.compile(rb"([\w()]+): ?(\d+)kB")
RE_ZONE = re.compile(rb"^Node (\d+) (\w+) (free:\d+kB .*)$")
RE_NODE = re.compile(rb"^Node (\d+) (active_anon:\d+kB .*)$")
RE_CACHE = re.compile(rb"^(\d+) (?:total (pagecache) pages|pages in (swap cache))$")
RE_HUGE = re.compile(rb"^Node \d+ hugepages_total=(\d+) .*hugepages_size=(\d+)kB$")
RE_COLUMNS = re.compile(rb"^\[  pid  \]   uid  tgid total_vm .* name$")
RE_ROW = re.compile(rb"^\[ *(\d+)\] +(.*)$", re.S)
RE_SUMMARY = re.compile(rb"^oom-kill:constraint=CONSTRAINT_(\w+),nodemask=(.*?),cpuset=(.*?),mems_allowed=(.*?),"
                        rb"(?:global_oom|oom_memcg=(.*)),task_memcg=(.*),task=(.*),pid=(\d+),uid=(\d+)$", re.S)
RE_KILLED = re.compile(rb"^(Out of memory|Memory cgroup out of memory|Out of memory \(oom_kill_allocating_task\)): "
                       rb"Killed process (\d+) \((.*)\) total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB, "
                       rb"shmem-rss:(\d+)kB, UID:(\d+) pgtables:(\d+)kB oom_score_adj:(-?\d+)$", re.S)
RE_REAPED = re.compile(rb"^oom_reaper: reaped process (\d+) \((.*)\), now anon-rss:(\d+)kB, file-rss:(\d+)kB, "
                       rb"shmem-rss:(\d+)kB$", re.S)
RE_GROUP = re.compile(rb"^Tasks in (.*) are going to be killed due to memory.oom.group set$", re.S)
RE_PANIC = re.compile(rb"^Kernel panic - not syncing: (Out of memory: .*|System is deadlocked on memory)$")
RE_NO_KILL = re.compile(rb"^(Out of memory and no killable processes|OOM request ignored. No task eligible)|"
                        rb"already exiting. Skip killing the task$")
KILLED_KEYS = ("total_vm_kb", "anon_kb", "file_kb", "shmem_kb", "uid", "pgtables_kb", "oom_score_adj")


def messages(data):
    """Texts of the messages in raw /dev/kmsg records (escapes undone) or in dmesg's text."""
    for line in data.split(b"\n"):
        record = re.match(rb"^\d+,\d+,\d+,[^;]*;(.*)$", line)
        if record:
            yield re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), record[1])
        else:
            yield re.sub(rb"^(<\d+>)?\[ *\d+\.\d+\] ", b"", line)


def printk_ahead_ms(kmsg):
    """
    By how much printk's clock was ahead of the uptime that the guest wrote into its log. A log alone has nothing
    better than that clock. On an emulated arm64 machine it is 1 to 8 s ahead, as much from the boot to the end.
    """
    stamps = re.findall(rb"^\d+,\d+,(\d+),[^\n]*oomtrace-test: up ([\d.]+)$", kmsg, re.M)
    return int(stamps[-1][0]) / 1e3 - float(stamps[-1][1]) * 1e3 if stamps else 0


def row(columns, pid, rest):
    """One line of the task table: numbers by the header's names, then the name, whatever is in it."""
    fields = rest.split(None, len(columns) - 1)
    task = {key: int(value) for key, value in zip(columns[:-1], fields)}
    # A name may begin with blanks, so it is what follows the number and one blank.
    name = re.match(rb"^(?:-?\d+ +){%d}-?\d+ (.*)$" % (len(columns) - 2), rest, re.S)
    return {"pid": pid, "name": name[1] if name else b"", **task}


def numbers(pattern, text):
    """NAME: NUMBER, by name."""
    return {name.decode(): int(number) for name, number in pattern.findall(text)}


def stats(text):
    """Lines of memory.stat, one or many in a message."""
    return {m[1].decode(): int(m[2]) for m in map(RE_STAT.match, text.strip().split(b"\n")) if m}


def paths(text):
    """Where the first path ends, if what follows it looks like part of the line: the second one begins with it."""
    found = [m.span() for m in re.finditer(rb",task_memcg=", text)]
    whole = [(start, end) for start, end in found if text[end:].startswith(text[:start])]
    start, end = (whole or found)[0]
    return {"oom_memcg": text[:start], "task_memcg": text[end:]}


def reports(data):
    """All OOM reports, in the order of the log. A report without a header was rate-limited."""
    found, now, columns, reports_of = [], None, None, {}

    def fresh():
        found.append({"invoker": None, "tasks": None, "kills": [], "group": None, "no_kill": False})
        return found[-1]

    for text in messages(data):
        if m := RE_INVOKED.match(text):
            now, columns = fresh(), None
            now.update(invoker=m[1], gfp_mask=int(m[2], 16), gfp_flags=m[3].decode(), order=int(m[4]),
                       invoker_adj=int(m[5]))
        elif now and "invoker_tid" not in now and (m := RE_CURRENT.match(text)):
            now["invoker_tid"] = int(m[1])
        elif now and text == b"Call Trace:":
            now["traces"] = now.get("traces", 0) + 1
        elif now and (m := RE_FRAME.match(text)):
            if now.get("traces", 0) < 2:        # a second one is of somebody whose allocation failed meanwhile
                now.setdefault("stack", []).append(m[1].decode())
        elif now and (m := RE_LIMIT.match(text)):
            now.update(memcg_usage_kb=int(m[1]), memcg_limit_kb=int(m[2]))
        elif now and (m := RE_SWAP_LIMIT.match(text)):
            kind = "swap" if m[1] == b"swap" else "memsw"
            now.update({f"{kind}_usage_kb": int(m[2]), f"{kind}_limit_kb": int(m[3])})
        elif now and (m := RE_MEMORY.match(text)):
            now[(m[2] or m[3]).decode()] = int(m[1] or m[4])    # "RAM" and "reserved" in pages, swap in kB
        elif now and (m := RE_STATS.match(text)):
            now["stat"] = stats(m[2])
        elif now and now.get("stat") is not None and now["tasks"] is None and RE_STAT.match(text.split(b"\n")[0]):
            now["stat"].update(stats(text))
        elif now and text.startswith(b"active_anon:"):
            now.update(meminfo=numbers(RE_PAGES, text), nodes={}, zones=[], hugepages_kb=0)
        elif now and (m := RE_NODE.match(text)):
            now["nodes"][int(m[1])] = numbers(RE_KB, m[2])
        elif now and (m := RE_ZONE.match(text)):
            now["zones"].append({"node": int(m[1]), "name": m[2].decode(), **numbers(RE_KB, m[3])})
        elif now and (m := RE_CACHE.match(text)):
            now[(m[2] or m[3]).decode()] = int(m[1])
        elif now and "hugepages_kb" in now and (m := RE_HUGE.match(text)):
            now["hugepages_kb"] += int(m[1]) * int(m[2])
        elif now and RE_COLUMNS.match(text):
            columns, now["tasks"] = text.decode().split("]", 1)[1].split(), []
        elif now and columns and (m := RE_ROW.match(text)):
            now["tasks"].append(row(columns, int(m[1]), m[2]))
        elif now and (m := RE_SUMMARY.match(text)):
            now.update(constraint=m[1].decode().lower(), nodemask=m[2], cpuset=m[3], mems_allowed=m[4],
                       oom_memcg=m[5], task_memcg=m[6], victim_comm=m[7], victim_pid=int(m[8]), victim_uid=int(m[9]))
            if m[5] is not None:
                now.update(paths(m[5] + b",task_memcg=" + m[6]))
            columns = None
        elif m := RE_KILLED.match(text):
            # Rate-limited kills come without a header; members of a killed group follow their victim.
            if now is None or now["no_kill"] or (now["kills"] and now["group"] is None):
                now = fresh()
            columns = None
            reports_of[int(m[2])] = now
            now["kills"].append({"prefix": m[1].decode(), "pid": int(m[2]), "comm": m[3],
                                 **dict(zip(KILLED_KEYS, map(int, m.groups()[3:])))})
        elif (m := RE_REAPED.match(text)) and int(m[1]) in reports_of:
            reports_of[int(m[1])]["reaped"] = dict(zip(("anon_kb", "file_kb", "shmem_kb"), map(int, m.groups()[2:])))
        elif now and (m := RE_GROUP.match(text)):
            now["group"] = m[1]
        elif now and (m := RE_PANIC.match(text)):
            now["panic"], columns = m[1].decode(), None
        elif now and RE_NO_KILL.search(text):
            now["no_kill"], columns = True, None
    return found


def main():
    with open(sys.argv[1], "rb") if len(sys.argv) > 1 else sys.stdin.buffer as file:
        for report in reports(file.read()):
            print(json.dumps(report, default=lambda b: b.decode("utf-8", "backslashreplace")))


if __name__ == "__main__":
    main()
