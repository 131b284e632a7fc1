"""What a simulation has found, as a program reads it: `SimulationReport`."""

from typing import Literal

import msgspec

from concertato.simulation.faults import Faults
from concertato.simulation.outcome import End, NoticeKind, Step, SurpriseKind
from concertato.simulation.story import Moment


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that runs came to. `place` is the node's place in the definition, `where` its line in the file.

    `runs` is in how many, `share` in which share of all; `seed` repeats one of them. Of what was never reached or taken
    no run shows more than another, and it is None.
    """

    place: str
    text: str
    runs: int
    share: float
    seed: int | None
    where: str | None = None
    example: str = ""


def counted_runs(number: int) -> str:
    return f"{number:,} {'run' if number == 1 else 'runs'}"


def share_of(runs: int, of: int) -> float:
    return round(runs / of, 6) if of else 0.0


class Surprise(Finding, frozen=True, kw_only=True):
    """What the author of a workflow would not want."""

    kind: SurpriseKind

    def __str__(self) -> str:
        where = f"{self.where} " if self.where else ""
        example = f" ({self.example})" if self.example else ""
        such = "" if self.seed is None else f", such as seed={self.seed}, runs=1"
        return f"{where}{self.kind}: {self.text}{example}; in {counted_runs(self.runs)}{such}"


class Notice(Finding, frozen=True, kw_only=True):
    """What may well be meant, and is worth a look."""

    kind: NoticeKind


class EndReached(msgspec.Struct, frozen=True, kw_only=True):
    """How runs ended. `at` is where they failed or what they wait for, `kinds` of failure by how often."""

    end: End
    at: str
    kinds: dict[str, int]
    runs: int
    share: float
    seed: int


class Length(msgspec.Struct, frozen=True, kw_only=True):
    """How long runs took, in seconds of virtual time. `longest_path` is what the longest spent it on, in order."""

    p50: float
    p90: float
    p99: float
    longest: float
    longest_seed: int | None
    longest_path: list[Step]


class Most(msgspec.Struct, frozen=True, kw_only=True):
    """The most of something in one run, at `place` where that is one. Without any run it has no seed."""

    count: int
    seed: int | None
    place: str = ""


class SimulationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation has found. `wanted` is how many runs were asked for: fewer are done where it was interrupted,
    or where the first ones all had no end.

    `accepted` are surprises that the script accepts, `unreached` the places of all nodes that no run came to. `story`
    is told where there is one run alone.
    """

    workflow: str
    seed: int
    runs: int
    wanted: int
    events: int
    crashes: int
    faults: Faults
    real: list[str]
    ends: list[EndReached]
    surprises: list[Surprise]
    accepted: list[Surprise]
    notices: list[Notice]
    unreached: list[str]
    length: Length
    calls: Most
    attempts: Most
    story: list[Moment] = []

    def __str__(self) -> str:
        ends = ", ".join(f"{each.runs} {each.end}{f' at {each.at}' if each.at else ''}" for each in self.ends)
        head = f"{counted_runs(self.runs)} of {self.workflow} simulated, seed {self.seed}: {ends}"
        return "\n".join([head, *map(str, self.surprises)])

    def ended(self, end: End | Literal["all"] = "all") -> int:
        """How many runs ended so."""
        return sum(each.runs for each in self.ends if end in ("all", each.end))
