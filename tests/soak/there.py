# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A soak in a guest: python and what it is made of go there, and its rows come back."""
import json
import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
sys.path.append(str(TOP / "tests/bench"))
import guest  # noqa: E402

PYTHON = pathlib.Path("/usr/bin/python3.11")
LIBRARY = pathlib.Path("/usr/lib/python3.11")
# Of the library, what nobody here imports and what is large.
WITHOUT = shutil.ignore_patterns("test", "tests", "idlelib", "tkinter", "lib2to3", "ensurepip", "config-*", "pydoc_data",
                                 "distutils", "asyncio", "__pycache__", "turtledemo", "unittest", "xml", "venv")
SCRIPT = """
mkdir -p /sys/fs/bpf
export PYTHONDONTWRITEBYTECODE=1
python3.11 /top/tests/soak/run --minutes MINUTES --seed SEED --backend BACKEND --tracer /bin/oomtrace-static --hog /bin/hog \\
	--directory /soak >/out/stdout 2>/out/stderr
echo $? >/out/status
cp /soak/result.json /out
rm -rf /soak/disk
tar -cf /out/soak.tar /soak
"""


def overlay(root):
    for program in PYTHON, shutil.which("bpftool"):
        guest.copy_with_libraries(program, root)
    shutil.copytree(LIBRARY, root / LIBRARY.relative_to("/"), ignore=WITHOUT)
    # What its own libraries want.
    for module in (root / LIBRARY.relative_to("/") / "lib-dynload").glob("_sqlite3*"):
        guest.copy_with_libraries(LIBRARY / "lib-dynload" / module.name, root)
    for place in "soak", "oracle":
        shutil.copytree(TOP / "tests" / place, root / "top/tests" / place,
                        ignore=shutil.ignore_patterns("data", "__pycache__", "*.c"))


def run(args):
    """Runs it there; returns its status, after having printed what it said."""
    os.environ["BENCH_DIR"] = str(TOP / "build/soak")
    script = SCRIPT.replace("MINUTES", f"{args.minutes:g}").replace("SEED", str(args.seed)).replace("BACKEND", args.backend)
    out = guest.boot(args.kernel, script, ("oomtrace-static", "build/hog"), keep=f"guest-{args.kernel}", memory_mb=1024, cpus=2,
                     overlay=overlay, seconds=60 * args.minutes * 2 + 600)
    print((out / "stdout").read_text(), (out / "stderr").read_text(), end="")
    return json.loads((out / "result.json").read_text()), int((out / "status").read_text())
