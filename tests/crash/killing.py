"""Programs that are run as processes of their own and killed while they work: after a time, or after so many lines."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from support.source import ROOT, SRC


class Life(NamedTuple):
    """A process from its fork to its end: what it said, as words, and the exit status, or the signal as a negative."""

    said: list[list[str]]
    status: int


class Forks:
    """The fork server of a program, on a journal and a ledger in `folder`."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process, self._folder = process, folder

    def live(self, *numbers: int, seconds: float | None = None, lines: int | None = None) -> Life:
        """Have a process live to its own end, or kill it after so many seconds, or once it has said so many lines."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        words = ["-" if seconds is None else f"{seconds:.4f}", self._folder / "journal.db", self._folder / "ledger.db"]
        self._process.stdin.write(" ".join(map(str, [*words, *numbers])) + "\n")
        self._process.stdin.flush()
        said: list[list[str]] = []
        child = 0
        for line in self._process.stdout:
            if line.startswith("ended-with "):
                return Life(said, int(line.removeprefix("ended-with ")))
            if line.startswith("forked "):
                child = int(line.removeprefix("forked "))
            else:
                said.append(line.split())
            if lines is not None and len(said) >= lines and child:
                os.kill(child, signal.SIGKILL)
                lines = None
        raise AssertionError("the fork server has ended")


@contextmanager
def forks(module: str, folder: Path) -> Iterator[Forks]:
    """The server of the program in `module`, whose `main` is given the journal, the ledger and the numbers."""
    path = os.pathsep.join([str(SRC), str(ROOT / "tests")])
    command = [sys.executable, str(Path(__file__).with_name("fork_server.py")), module]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Forks(process, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()
