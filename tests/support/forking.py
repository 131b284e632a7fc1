"""What a process is that has imported everything and forks others: to start each afresh would take its time.

It opens nothing that a fork must not share.
"""

import gc
import importlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_SHORTEST, _LONGEST = 0.0005, 0.005
"""Seconds between two looks at whether a process has ended."""


def import_all(life: Callable[[str], int]) -> None:
    """Import whatever a first life imports as it goes, so that those to come have it from their first moment.

    The first is lived by a scout, a fork that is given a folder and prints nothing; it must end with 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "modules"
        scout = os.fork()
        if not scout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = life(folder)
            names.write_text("\n".join(sys.modules), encoding="utf-8")
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(scout, 0)[1])
        if status:
            raise RuntimeError(f"expected the scout to end with 0, it ended with {status}; see above")
        for name in names.read_text(encoding="utf-8").split():
            if name != "__main__":
                importlib.import_module(name)
    gc.freeze()


class End(NamedTuple):
    """How a process ended: its exit status or the number of the signal, negative; `killed` as its time was over."""

    status: int
    killed: bool = False


def end_of(child: int, seconds: float | None, kill: Callable[[int, int], None] = os.kill) -> End:
    """Wait for the process to end; it is killed once the seconds are over."""
    if seconds is None:
        return End(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    until, pause = time.monotonic() + seconds, _SHORTEST
    while (left := until - time.monotonic()) > 0:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return End(os.waitstatus_to_exitcode(status))
        time.sleep(min(pause, left))  # there is no other way that every system has
        pause = min(2 * pause, _LONGEST)
    kill(child, signal.SIGKILL)
    return End(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), killed=True)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
