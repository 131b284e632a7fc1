"""What is still to come in a simulated run, in the order of virtual time; what is due at one moment, in any order.

Only that work is done comes first: nobody answers before.
"""

from heapq import heappop, heappush
from typing import NamedTuple

from concertato.run.commands import CallAgent
from concertato.run.events import Failure
from concertato.simulation.dice import Dice
from concertato.simulation.ledger import Lost, Work
from concertato.simulation.outcome import Spending


class Link(NamedTuple):
    """Something that took time, and what it had to wait for: the last link of a run leads back to its beginning."""

    path: str
    spent_on: Spending
    began: float
    ended: float
    before: "Link | None"


class TakesEffect(NamedTuple):
    """An agent's work is done, whether anybody is told or not."""

    call: CallAgent
    work: Work
    life: int
    lost: Lost


class Answers(NamedTuple):
    """An agent answers an attempt. `life` counts the crashes before it was asked: a dead process hears nothing.

    `stopped`: it answers since it was told to stop; `repeated`: it has answered before.
    """

    call: CallAgent
    work: Work
    failure: Failure | None
    life: int
    began: float
    before: Link | None
    stopped: bool = False
    repeated: bool = False


class Rings(NamedTuple):
    timer: str
    due: float
    began: float
    before: Link | None


class Decides(NamedTuple):
    """Somebody turns to a task for people."""

    task: str
    began: float
    before: Link | None


class Signals(NamedTuple):
    """`repeated`: it has come before."""

    name: str
    began: float
    before: Link | None
    repeated: bool = False


Awaited = Answers | Rings | Decides | Signals
Coming = TakesEffect | Awaited


class Agenda:
    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._heap: list[tuple[float, bool, float, int, Coming]] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._heap)

    def add(self, at: float, thing: Coming) -> None:
        self._count += 1
        heappush(self._heap, (at, not isinstance(thing, TakesEffect), self._dice.share(), self._count, thing))

    def next(self) -> tuple[float, Coming]:
        at, *_, thing = heappop(self._heap)
        return at, thing
