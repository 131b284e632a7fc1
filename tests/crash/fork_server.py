"""A process that has imported everything and forks others to be killed: to start each afresh would take a second.

    python fork_server.py MODULE

For each line on its input, `SECONDS JOURNAL LEDGER NUMBER…`, it forks a process that runs `MODULE.main` with all but
the first of these and prints its number, kills it as `kill -9` does once the seconds are over (`-`: never), and prints
how it ended: its exit status, or the number of the signal, negative. It opens nothing that a fork must not share.
"""

import asyncio
import gc
import importlib
import os
import select
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any


def serve(module: Any) -> None:
    _import_all(module)
    gc.freeze()
    _say("ready")
    for line in sys.stdin:
        seconds, journal, ledger, *numbers = line.split()
        child = os.fork()
        if not child:
            os._exit(_live(module, journal, ledger, *map(int, numbers)))
        _say(f"forked {child}")
        if seconds != "-":
            # Whichever comes first: its end, or the end of its time.
            ended = os.pidfd_open(child)
            select.select([ended], [], [], float(seconds))
            os.close(ended)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        _say(f"ended-with {os.waitstatus_to_exitcode(status)}")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _import_all(module: Any) -> None:
    """Whatever a first life imports as it goes, so that those to come have it from their first moment."""
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "modules"
        scout = os.fork()
        if not scout:
            sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # it ends with the process
            status = _live(module, f"{folder}/journal.db", f"{folder}/ledger.db", 0, 2)
            names.write_text("\n".join(sys.modules), encoding="utf-8")
            os._exit(status)
        os.waitpid(scout, 0)
        for name in names.read_text(encoding="utf-8").split():
            if name != "__main__":
                importlib.import_module(name)


def _live(module: Any, *arguments: Any) -> int:
    try:
        asyncio.run(module.main(*arguments))
    except BaseException:  # noqa: BLE001  # a fork must never go on as its parent
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(importlib.import_module(sys.argv[1]))
