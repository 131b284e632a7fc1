"""What many simulated runs came to: counted as they end, and put together in the order of their numbers."""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from concertato.simulation.outcome import Outcome, Sighting, Step
from concertato.simulation.watching import Seen, Spot

_ENOUGH_ENDLESS = 10


@dataclass
class Count:
    """How often something was seen, and in which run first."""

    seed: int
    example: str = ""
    runs: int = 0


@dataclass
class Record:
    """The most of something, and in which run; None before the first."""

    amount: float = 0.0
    seed: int | None = None
    what: str = ""

    def beat(self, amount: float, seed: int | None, what: str = "") -> bool:
        if seed is None or (self.seed is not None and amount <= self.amount):
            return False
        self.amount, self.seed, self.what = amount, seed, what
        return True


@dataclass
class Tally:
    """`ends` are by how a run ended and where; `sightings` by what was seen, where and why, `places` whatever the why.

    `reached` and `succeeded` are how many runs came to a node, and in how many it was done; `seconds` are every run's.
    """

    runs: int = 0
    events: int = 0
    crashes: int = 0
    ends: dict[tuple[str, str], Count] = field(default_factory=dict)
    kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sightings: dict[tuple[str, str, str], Count] = field(default_factory=dict)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    reached: Counter[str] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    longest: Record = field(default_factory=Record)
    longest_path: list[Step] = field(default_factory=list)
    calls: Record = field(default_factory=Record)
    attempts: Record = field(default_factory=Record)
    seen: dict[Spot, Seen] = field(default_factory=dict)

    @property
    def hopeless(self) -> bool:
        """Whether the first runs all had to be stopped: each takes long, and the next would tell nothing new."""
        endless = sum(count.runs for (end, _), count in self.ends.items() if end == "endless")
        return endless == self.runs >= _ENOUGH_ENDLESS

    def add(self, outcome: Outcome) -> None:
        seed = outcome.seed
        self.runs += 1
        self.events += outcome.events
        self.crashes += outcome.crashes
        self.seconds.append(outcome.seconds)
        self.ends.setdefault((outcome.end, outcome.at), Count(seed)).runs += 1
        if outcome.kind:
            self.kinds[outcome.end, outcome.at, outcome.kind] += 1
        self.reached.update(outcome.reached)
        self.succeeded.update(outcome.succeeded)
        for sighting in {_key(each): each for each in outcome.sightings}.values():
            self.sightings.setdefault(_key(sighting), Count(seed, sighting.example)).runs += 1
        self.places.update({(each.kind, each.place) for each in outcome.sightings})
        if self.longest.beat(outcome.seconds, seed):
            self.longest_path = outcome.path
        self.calls.beat(outcome.calls, seed)
        self.attempts.beat(outcome.attempts, seed, outcome.most_tried)

    def merge(self, later: "Tally") -> None:
        """Take in what was counted in runs of higher numbers."""
        self.runs += later.runs
        self.events += later.events
        self.crashes += later.crashes
        self.seconds += later.seconds
        self.kinds.update(later.kinds)
        self.places.update(later.places)
        self.reached.update(later.reached)
        self.succeeded.update(later.succeeded)
        _merge(self.ends, later.ends)
        _merge(self.sightings, later.sightings)
        if self.longest.beat(later.longest.amount, later.longest.seed):
            self.longest_path = later.longest_path
        self.calls.beat(later.calls.amount, later.calls.seed)
        self.attempts.beat(later.attempts.amount, later.attempts.seed, later.attempts.what)
        for spot, seen in later.seen.items():
            self.seen.setdefault(spot, Seen()).merge(seen)


def _key(sighting: Sighting) -> tuple[str, str, str]:
    return sighting.kind, sighting.place, sighting.why


K = TypeVar("K")


def _merge(mine: dict[K, Count], theirs: dict[K, Count]) -> None:
    for key, count in theirs.items():
        mine.setdefault(key, Count(count.seed, count.example)).runs += count.runs
