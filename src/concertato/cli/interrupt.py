"""Ctrl-C and SIGTERM: the first ends the work in good order, the second ends the process at once."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from concertato.cli.exits import Interrupted

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def interruptible(work: Coroutine[Any, Any, T], at_first: Callable[[], None]) -> T:
    """Do `work`; a first signal calls `at_first` and cancels it, which closes the engine and leaves its runs whole."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    seen: list[int] = []

    def on_signal(number: int) -> None:
        if seen:
            os._exit(128 + number)
        seen.append(number)
        at_first()
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    try:
        return await task
    except asyncio.CancelledError:
        if seen:
            raise Interrupted(seen[0]) from None
        raise
    finally:
        # After a first signal the handlers stay: a second one must still end a process whose threads will not stop.
        if not seen:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)
