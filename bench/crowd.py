"""Doing the same thing many times over, so many at a time."""

import asyncio
from collections.abc import Awaitable, Callable


async def crowd(one: Callable[[int], Awaitable[object]], times: int, at_once: int) -> None:
    """Await `one(number)` for each number below `times`, `at_once` of them at a time."""
    numbers = iter(range(times))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(worker() for _ in range(at_once)))
