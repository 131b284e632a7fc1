"""Tells a program: it is run for each notice, with the JSON on its standard input."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import IO

from concertato.journal.contract import Notice
from concertato.notify.contract import DeliveryError

_TIMEOUT = 30.0
_TAIL = 4096
_LINE = 300

_KEPT_BACK = ("CONCERTATO_WEBHOOK", "CONCERTATO_WEBHOOK_SECRET")
"""Variables that are another hook's affair."""


class Command:
    """`argv` is a program and its arguments; no shell reads them. Exit status 0 says that the notice has arrived."""

    name = "command"

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)

    def __repr__(self) -> str:
        return f"<Command {self._argv[0]}>"  # arguments may be secret

    async def deliver(self, notice: Notice) -> None:
        # Files rather than pipes: a program that reads nothing, writes without end or leaves a child behind that keeps
        # its end open holds up nobody.
        try:
            with TemporaryFile() as given, TemporaryFile() as complaints:
                given.write(notice.body)
                given.seek(0)
                await self._run(notice, given, complaints)
        except OSError as error:
            raise self._failed(f"it could not be run: {error.strerror or type(error).__name__}") from None

    async def _run(self, notice: Notice, given: IO[bytes], complaints: IO[bytes]) -> None:
        starting = asyncio.create_task(
            asyncio.create_subprocess_exec(
                *self._argv,
                stdin=given,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=complaints,
                env=_environment(notice),
                start_new_session=True,  # a Ctrl-C for us is none for it, and what it starts ends with it
            )
        )
        try:
            async with asyncio.timeout(_TIMEOUT):
                # Shielded: asyncio would kill a program whose start is cancelled, and leave alone what it has started.
                process = await asyncio.shield(starting)
                status = await process.wait()
        except TimeoutError:
            raise self._failed(f"it had not ended after {_TIMEOUT:g} s, and was killed") from None
        finally:
            await _see_it_end(starting)
        if status != 0:
            how = f"it ended with status {status}" if status > 0 else f"it was ended by signal {-status}"
            raise self._failed(how + _last_line(complaints))

    def _failed(self, why: str) -> DeliveryError:
        return DeliveryError(f"command {self._argv[0]}: {why}")


def _environment(notice: Notice) -> dict[str, str]:
    """This process's own, handed on, with what the notice is."""
    handed_on = {name: value for name, value in os.environ.items() if name not in _KEPT_BACK}
    return handed_on | {"CONCERTATO_NOTICE": notice.kind, "CONCERTATO_NOTICE_ID": notice.id}


async def _see_it_end(starting: "asyncio.Task[asyncio.subprocess.Process]") -> None:
    process = await starting
    if process.returncode is None:
        _kill(process)
        await process.wait()


def _kill(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _last_line(complaints: IO[bytes]) -> str:
    size = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, size - _TAIL))
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    return f": {lines[-1].strip()[:_LINE]}" if lines else ""
