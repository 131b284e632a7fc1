"""Whether an event loop is running already, as a notebook's does, and what is done about it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def beside(work: Callable[[], T], stop: Callable[[], None]) -> T:
    """Do `work` in a thread of its own, where it may have a loop of its own, and wait for it.

    Ctrl-C, or whatever else a signal raises, comes to the thread that waits. `stop` hands it on, so that the work ends
    as it would have ended here. It is called in any case once nobody waits any more: perhaps before the work has begun,
    perhaps when it is over.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="concertato-beside") as thread:
        try:
            return thread.submit(work).result()
        finally:
            stop()
