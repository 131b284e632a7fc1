"""What a process is that has imported everything and forks others: to start each afresh would take its time.

It opens nothing that a fork must not share.
"""

import gc
import importlib
import os
import select
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def import_all(life: Callable[[str], int]) -> None:
    """Import whatever a first life imports as it goes, so that those to come have it from their first moment.

    The first is lived by a scout, a fork that is given a folder and prints nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "modules"
        scout = os.fork()
        if not scout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = life(folder)
            names.write_text("\n".join(sys.modules), encoding="utf-8")
            os._exit(status)
        os.waitpid(scout, 0)
        for name in names.read_text(encoding="utf-8").split():
            if name != "__main__":
                importlib.import_module(name)
    gc.freeze()


def end_of(child: int, seconds: float | None) -> int:
    """How it ended: its exit status, or the number of the signal, negative. It is killed once the seconds are over."""
    if seconds is not None:
        # Whichever comes first: its end, or the end of its time.
        ended = os.pidfd_open(child)
        select.select([ended], [], [], seconds)
        os.close(ended)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
