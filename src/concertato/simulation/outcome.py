"""How one simulated run came out."""

from typing import Literal, NamedTuple

import msgspec

End = Literal["succeeded", "failed", "rolled_back", "cancelled", "waits", "endless", "fault"]
"""`waits`: it waits for something that never comes; `endless`: it had more events than a run can be expected to have;
`fault`: Concertato itself has one.
"""

SurpriseKind = Literal[
    "never_succeeded", "not_undone", "done_twice", "expression_failed", "never_reached", "never_taken", "endless",
    "cannot_be_decided", "machine_fault",
]  # fmt: skip

NoticeKind = Literal["no_compensation", "waits_for_ever", "never_succeeded", "never_reached", "never_taken"]


class Sighting(msgspec.Struct, frozen=True):
    """Something in a run that its author would not want. `why` tells sightings at one place apart."""

    kind: SurpriseKind | NoticeKind
    place: str
    why: str
    example: str = ""


Spending = Literal[
    "attempt", "time-out", "back-off", "person", "silence", "wait", "signal", "workflow time-out", "crash"
]  # fmt: skip
"""What time is spent on: `silence` is a person who did not decide in time, `crash` what was under way when the process
died, and its coming back.
"""


class Step(msgspec.Struct, frozen=True):
    """A part of the time that a run took, at `path` (for a signal: its name), in seconds."""

    path: str
    spent_on: Spending
    seconds: float


class Round(NamedTuple):
    """Where a run was stopped that may have no end, and after what."""

    place: str
    after: str


class Looked(NamedTuple):
    """What somebody has decided about a node that failed, or could not be undone, and when."""

    choice: str
    at: float


class Outcome(msgspec.Struct, kw_only=True):
    """`at` is the place of the node that failed, or what is waited for; `seconds` is virtual time. `reached` are the
    places of nodes that it came to, `succeeded` of those that were done.

    `attempts` are the most that one thing took, `calls` how often agents were asked, `path` what took the time.
    """

    seed: int
    end: End
    at: str = ""
    kind: str = ""
    seconds: float = 0.0
    events: int = 0
    calls: int = 0
    attempts: int = 0
    most_tried: str = ""
    crashes: int = 0
    path: list[Step] = []
    reached: list[str] = []
    succeeded: list[str] = []
    sightings: list[Sighting] = []
