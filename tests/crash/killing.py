"""A program that is run as a process of its own, and killed while it works."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from support.source import ROOT, SRC


def run_and_kill(
    program: Path, folder: Path, arguments: Iterable[object], kill_after_lines: int | None
) -> list[list[str]]:
    """Run it on the journal and the ledger in `folder`, and kill it once it has printed so many lines.

    Returns what it printed, as words.
    """
    command = [sys.executable, program, folder / "journal.db", folder / "ledger.db", *arguments]
    path = os.pathsep.join([str(SRC), str(ROOT / "tests")])
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"},
    )
    assert process.stdout is not None
    lines: list[list[str]] = []
    for line in process.stdout:
        lines.append(line.split())
        if kill_after_lines is not None and len(lines) >= kill_after_lines:
            process.kill()
            break
    lines += [line.split() for line in process.stdout if line.endswith("\n")]
    process.stdout.close()
    process.wait()
    return lines
