# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Guests that measure: a kernel of the matrix, a script, and what it left in /out."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True     # nothing but results is left in the checkout


def _load(path):
    loader = importlib.machinery.SourceFileLoader("vm_run", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("vm_run", loader))
    loader.exec_module(module)
    return module


vm = _load(TOP / "tests/vm/run")
vm.STALL_SECONDS = 100000   # what measures has nothing to say meanwhile
KERNELS = dict(vm.kernels())
# What makes the guest's clock count instructions.
ICOUNT = ["-icount", "shift=0,sleep=off"]


def own_dir():
    """What this group keeps, across runs."""
    path = pathlib.Path(os.environ.get("BENCH_DIR", TOP / "build/bench/by-hand"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def row(what, how, figure, aim="", held=None):
    print(json.dumps({"what": what, "how": how, "figure": figure, "aim": aim, "held": held}), flush=True)


def strip(program, to):
    subprocess.run(["strip", "-o", to, program], check=True)


def copy_with_libraries(program, root):
    """@program of this machine's to /bin below @root, and what it is linked with to where it looks for that."""
    shutil.copy(program, root / "bin")
    for library in re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], capture_output=True, text=True,
                                                             check=True).stdout):
        if os.path.lexists(root / library[1:]):
            continue    # the same, of the root file system there
        (root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, root / library[1:])


def unpack_root(root_tar, to):
    """The root file system of @root_tar, without what nothing here runs."""
    to.mkdir()
    without = ["./usr/lib/gcc", "./usr/lib/x86_64-linux-gnu/perl*", "./usr/share/perl*", "./usr/share/ieee-data",
               "./usr/lib/x86_64-linux-gnu/lib?san.*", "./usr/bin/*lto-dump*", "./usr/bin/perl*", "./usr/include",
               "./usr/lib/x86_64-linux-gnu/gconv", "./usr/share/locale", "./usr/share/zoneinfo", "./var", "./dev",
               "./usr/lib/x86_64-linux-gnu/*.a", "./usr/lib/modules/*/kernel", "./usr/lib/bfd-plugins", "./boot",
               "./usr/bin/*-dwp", "./usr/bin/*-ld*", "./usr/bin/*-gcc-*", "./usr/bin/*-cpp-*", "./usr/lib/python3/dist-packages/netaddr"]
    subprocess.run(["tar", "-xf", root_tar, "-C", to, *(f"--exclude={path}" for path in without)], check=True)
    for place in ("dev", "proc", "sys", "tmp"):
        (to / place).mkdir(exist_ok=True)


def initramfs_of(directory, kernel_dir, script, programs, overlay):
    """An initramfs with busybox, the kernel's modules, @script as /bench, @programs in /bin, and what
    @overlay puts below the directory that it is given."""
    root = directory / "root"
    for place in ("bin", "proc", "sys", "dev", "tmp"):
        (root / place).mkdir(parents=True)
    shutil.copytree(kernel_dir / "modules", root / "modules")
    busybox = shutil.which("busybox")
    shutil.copy(busybox, root / "bin/busybox")
    for applet in subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    for program in programs:
        strip(TOP / program, root / "bin" / pathlib.Path(program).name)
    if overlay:
        overlay(root)
    shutil.copy(TOP / "tests/bench/init", root / "init")
    (root / "init").chmod(0o755)
    (root / "bench").write_text("export PATH=/bin CG=/sys/fs/cgroup\n" + script)
    image = directory / "initramfs"
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
    with open(image, "wb") as file:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=root, stdout=file,
                       input="\n".join(names).encode(), check=True)
    return image


def boot(kernel, script, programs=("oomtrace-static", "build/launch"), *, keep, memory_mb=512, cpus=2, options=(),
         overlay=None, cmdline="", seconds=1500, out_mb=64):
    """Runs @script in a guest of the matrix's @kernel; returns the directory under the group's own that
    has what it left in /out. Raises vm.Trouble with the console when it did not come to its end."""
    kernel_dir = vm.fetch(KERNELS[kernel], vm.ARCHES["x86"])
    kept = own_dir() / keep
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    console = kept / "console"
    with tempfile.TemporaryDirectory(prefix="oomtrace-bench-") as work:
        work = pathlib.Path(work)
        image = initramfs_of(work, kernel_dir, script, programs, overlay)
        disks = vm.make_disk(work / "disk", out_mb)
        accel = [] if "-icount" in options else ["-accel", "tcg,thread=single"]
        command = ["qemu-system-x86_64", *accel, *options, "-cpu", "max", "-smp", str(cpus), "-m",
                   str(memory_mb), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-monitor",
                   "none", "-serial", f"file:{console}", *disks, "-kernel", str(kernel_dir / "vmlinuz"), "-initrd",
                   str(image), "-append", vm.CMDLINE.format(console="ttyS0", loglevel=1, more=cmdline)]
        why = vm.run_guest(command, console, seconds)
        try:
            with tarfile.open(work / "disk", "r:") as tar:
                tar.extractall(kept)
        except tarfile.TarError:
            pass
    if not (kept / "out/finished").exists():
        raise vm.Trouble(f"{why}\n{console.read_text(errors='replace')[-4000:] if console.exists() else ''}")
    return kept / "out"


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if len(values) % 2 else (values[len(values) // 2 - 1] + values[len(values) // 2]) / 2


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]
