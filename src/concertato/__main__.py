"""The door of the `concertato` command and of `python -m concertato`."""

import os
import sys
import threading
import time

_PATIENCE = 2.0
"""Seconds that functions which still work in a thread are given to end with the command."""


def main() -> None:
    from concertato.cli import streams
    from concertato.cli.app import main as command
    from concertato.cli.exits import Exit
    from concertato.wiring import Wiring

    streams.claim()
    status = command(sys.argv[1:], Wiring)
    if status in (Exit.INTERRUPTED, Exit.TERMINATED) or _threads_are_stuck():
        # Everything is closed and whole. A function that still works in a thread would hold an orderly end back.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _threads_are_stuck() -> bool:
    """Whether an agent's thread goes on: the run gave up on it, and Python would wait for it for ever."""
    until = time.monotonic() + _PATIENCE
    theirs = [thread for thread in threading.enumerate() if thread.name.startswith(("concertato-", "asyncio_"))]
    for thread in theirs:
        thread.join(max(until - time.monotonic(), 0.0))
    if not any(thread.is_alive() for thread in theirs):
        return False
    sys.stderr.write("concertato: a function that was told to stop still works in a thread, and ends unfinished\n")
    return True


if __name__ == "__main__":
    main()
