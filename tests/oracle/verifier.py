# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the verifier said of each program of one run: instructions it went through, of a million that it would."""
import pathlib
import re

import compare

LIMIT = 1_000_000


def figures(directory):
    """{program: instructions} of what was loaded."""
    found, program = {}, None
    for line in (pathlib.Path(directory) / "words").read_text(errors="replace").splitlines():
        begin = re.match(r"libbpf: prog '(\w+)': -- BEGIN PROG LOAD LOG --$", line)
        processed = re.match(r"processed (\d+) insns ", line)
        if begin:
            program = begin[1]
        elif processed and program:
            found[program] = int(processed[1])
            program = None
    return found


@compare.guarded
def check(directory):
    checks = compare.Checks()
    found = figures(directory)
    checks.same("verifier: exit status", int((pathlib.Path(directory) / "status").read_text()), 0)
    checks.that("verifier: spoke of each program", len(found) >= 6, found)
    for program, count in found.items():
        # Somebody else's kernel may have to go through more than those of the matrix.
        checks.that(f"verifier: {program}: a quarter of what is allowed at most", count < LIMIT / 4, count)
    return checks
