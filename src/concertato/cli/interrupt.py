"""Ctrl-C and SIGTERM: the first ends the work in good order, the second ends the process at once."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from concertato.cli.exits import Interrupted

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def interruptible(work: Coroutine[Any, Any, T], at_first: Callable[[], None]) -> T:
    """Do `work`; a first signal calls `at_first` and cancels it, which closes the engine and leaves its runs whole."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    seen: list[int] = []
    told: list[bool] = []

    def tell() -> None:
        if not told:
            told.append(True)
            at_first()

    def stop() -> None:
        tell()
        task.cancel()

    # Not the loop's own handlers: an async agent that never awaits holds up the loop, and must be stoppable too.
    def on_signal(number: int, _: object) -> None:
        if seen:
            with suppress(Exception):
                tell()
            os._exit(128 + number)
        seen.append(number)
        loop.call_soon_threadsafe(stop)

    before = {number: signal.signal(number, on_signal) for number in _SIGNALS}
    try:
        return await task
    except asyncio.CancelledError:
        if seen:
            raise Interrupted(seen[0]) from None
        raise
    finally:
        # After a first signal the handlers stay: a second one must still end a process whose threads will not stop.
        if not seen:
            for number, handler in before.items():
                signal.signal(number, handler)
