"""Whether an event loop is running already, as a notebook's does, and what is done about it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

T = TypeVar("T")


def in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def beside(work: Callable[[Callable[[], bool]], T]) -> T:
    """Do `work` in a thread of its own, where it may have a loop of its own, and wait for it.

    An interrupt comes to the thread that waits: `work` is handed what says whether it is to stop.
    """
    stop = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="concertato-beside") as thread:
        try:
            return thread.submit(work, stop.is_set).result()
        finally:
            stop.set()
