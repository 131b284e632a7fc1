"""The process's standard streams: all three are there, and standard output belongs to the command alone."""

import io
import os
import sys
from typing import Any

from concertato.errors import RequestError


def claim() -> None:
    """Called once, before anything is written.

    File descriptor 1 leads to standard error from here on, and `sys.stdout` has one of its own: so what an agent's
    subprocess or worker process prints comes out beside the display and not in it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The caller had closed it. Left so, the next file that is opened would take its place.
            os.open(os.devnull, os.O_RDWR)
    own = os.dup(1)
    os.dup2(2, 1)
    encoding = "utf-8" if sys.stdout is None else sys.stdout.encoding
    # A terminal that cannot show a character gets its number; no output is worth dying for.
    errors = "backslashreplace"
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Output(own, "w")), encoding=encoding, errors=errors, line_buffering=os.isatty(own)
    )
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115 - open to the end
    elif isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors=errors)


def give_up() -> None:
    """Nobody takes standard output any more. The interpreter flushes once more when it ends: give it somewhere to."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class OutputLostError(RequestError):
    """Standard output did not take what was written, and nobody closed it: a full disk, most of the time."""


class _Output(io.FileIO):
    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputLostError(
                f"cannot write to standard output: {error.strerror or error}; "
                "make room or send it elsewhere. Of what is in a journal nothing is lost (concertato runs)"
            ) from None
