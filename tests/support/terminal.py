"""The `concertato` command at a terminal of its own: what a person sees there, and what they type when asked."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence

from support.command import Folder
from support.environment import environ_of

_PATIENCE = 30.0
_PROMPT = b": "


def at_a_terminal(folder: Folder, *arguments: str, typed: Sequence[str]) -> tuple[int, str]:
    """The exit status and all that was written; each text is typed at the next prompt."""
    ours, theirs = os.openpty()
    # A process without a terminal gets the first one that it opens; Ctrl-C typed there then interrupts it.
    command = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>"$0"', os.ttyname(theirs)]
    process = subprocess.Popen(
        [*command, sys.executable, "-m", "concertato", *arguments],
        cwd=folder.path("."),
        env={**environ_of(), "TERM": "dumb"},
        start_new_session=True,
    )
    page = b""
    try:
        for text in typed:
            page += _until_prompt(ours)
            os.write(ours, text.encode())
        if not typed:
            # It has its terminal for certain once something stands there.
            select.select([ours], [], [], _PATIENCE)
        # The terminal's other end is closed only once nobody holds it open.
        os.close(theirs)
        theirs = -1
        page += _to_the_end(ours)
        return process.wait(timeout=_PATIENCE), page.decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        if theirs >= 0:
            os.close(theirs)


def _until_prompt(terminal: int) -> bytes:
    page = b""
    deadline = time.monotonic() + _PATIENCE
    while not page.endswith(_PROMPT):
        ready, _, _ = select.select([terminal], [], [], deadline - time.monotonic())
        if not ready:
            raise TimeoutError(f"nobody was asked anything; there was: {page.decode()}")
        page += os.read(terminal, 65536)
    return page


def _to_the_end(terminal: int) -> bytes:
    page = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # Linux says so where the other end is closed
            return page
        if not more:
            return page
        page += more
