"""Those who come at once come through a few per turn of the loop, in order, and nobody is forgotten."""

import asyncio
from itertools import pairwise

from concertato.engine.embedded.turnstile import Turnstile


class Crowd:
    """Each of `many` comes through one turnstile, at once."""

    def __init__(self, many: int, at_once: int) -> None:
        self.turnstile = Turnstile(at_once)
        self.through: list[int] = []
        self.tasks = [asyncio.ensure_future(self.come(number)) for number in range(many)]

    async def come(self, number: int) -> None:
        await self.turnstile.come_through()
        self.through.append(number)

    async def turns(self) -> list[int]:
        """How many had come through after each turn, until nobody is left."""
        counts = [0]
        while not all(task.done() for task in self.tasks):
            await asyncio.sleep(0)
            counts.append(len(self.through))
        return counts


async def test_a_few_come_through_in_each_turn_in_the_order_in_which_they_came() -> None:
    crowd = Crowd(10, at_once=3)
    counts = await crowd.turns()
    assert crowd.through == list(range(10))
    assert max(after - before for before, after in pairwise(counts)) == 3
    assert len(set(counts)) == 5, "nobody waits longer than it takes"


async def test_who_comes_later_does_not_overtake_who_waits() -> None:
    crowd = Crowd(7, at_once=2)
    await asyncio.sleep(0)
    crowd.tasks.append(asyncio.ensure_future(crowd.come(7)))
    await crowd.turns()
    assert crowd.through == list(range(8))


async def test_who_gives_up_while_waiting_holds_up_nobody() -> None:
    crowd = Crowd(8, at_once=2)
    await asyncio.sleep(0)
    for number in (2, 3, 4, 7):
        crowd.tasks[number].cancel()
    await crowd.turns()
    assert crowd.through == [0, 1, 5, 6]


async def test_who_comes_alone_does_not_wait() -> None:
    turnstile = Turnstile(1)
    for _ in range(3):
        coming = turnstile.come_through()
        try:
            coming.send(None)
        except StopIteration:
            await asyncio.sleep(0)
            continue
        raise AssertionError("it waited")
