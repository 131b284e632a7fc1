"""A process that forks others to be killed.

    python fork_server.py MODULE

For each line on its input, `SECONDS JOURNAL LEDGER NUMBER…`, it forks a process that runs `MODULE.main` with all but
the first of these and prints its number, kills it as `kill -9` does once the seconds are over (`-`: never), and prints
how it ended: its exit status, or the number of the signal, negative.
"""

import asyncio
import importlib
import os
import sys
import traceback
from typing import Any

from support.forking import end_of, import_all, say


def serve(module: Any) -> None:
    import_all(lambda folder: _live(module, f"{folder}/journal.db", f"{folder}/ledger.db", 0, 2))
    say("ready")
    for line in sys.stdin:
        seconds, journal, ledger, *numbers = line.split()
        child = os.fork()
        if not child:
            os._exit(_live(module, journal, ledger, *map(int, numbers)))
        say(f"forked {child}")
        say(f"ended-with {end_of(child, None if seconds == '-' else float(seconds)).status}")


def _live(module: Any, *arguments: Any) -> int:
    try:
        asyncio.run(module.main(*arguments))
    except BaseException:  # noqa: BLE001  # a fork must never go on as its parent
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(importlib.import_module(sys.argv[1]))
