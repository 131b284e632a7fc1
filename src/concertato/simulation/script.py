"""What a script says: how agents answer, what people choose, which signals come, what runs are started with."""

from collections.abc import Container
from typing import Any

import msgspec

from concertato.errors import FailureKind

WHOLE = "workflow"
"""What a script calls the place of a surprise that is at no node."""


class Weighted(msgspec.Struct, frozen=True):
    """One of several values. `weight` is how often it is taken, beside the others' weights."""

    value: Any
    weight: float = 1.0


class AgentScript(msgspec.Struct, frozen=True, kw_only=True):
    """How the agents of one type act. `takes` is a shortest and a longest time in seconds; `fails` a share.

    `settles` are types of agents: before it does its own work, it looks whether one of these has done its work for the
    same node, takes that for its own if so, and else makes sure that it never will be done.
    """

    answers: tuple[Weighted, ...] = ()
    takes: tuple[float, float] | None = None
    fails: float | None = None
    kinds: tuple[FailureKind, ...] = ()
    settles: tuple[str, ...] = ()


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decides; `values` (None: made up) fill the form."""

    choice: str
    values: Any = None
    weight: float = 1.0


class PersonScript(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided at one node. `silent` is the share of tasks that nobody decides."""

    answers: tuple[Decision, ...] = ()
    takes: tuple[float, float] | None = None
    silent: float | None = None


class SignalScript(msgspec.Struct, frozen=True, kw_only=True):
    """How a signal comes: how long after it is waited for, and how often it never does."""

    answers: tuple[Weighted, ...] = ()
    takes: tuple[float, float] | None = None
    never: float | None = None


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Agents by their types, people by the places of nodes (`review`, `charge~failed`), signals and inputs by name.

    `accept` are surprises, by kind and place, that are known and meant.
    """

    agents: dict[str, AgentScript] = {}
    people: dict[str, PersonScript] = {}
    signals: dict[str, SignalScript] = {}
    inputs: dict[str, tuple[Weighted, ...]] = {}
    accept: frozenset[tuple[str, str]] = frozenset()

    def accepts(self, kind: str, place: str, nodes: Container[str]) -> bool:
        """Whether a surprise is: what people are asked about a node is at that node, what is at none at the whole."""
        node = place.partition("~")[0]
        return (kind, node if node in nodes else WHOLE) in self.accept


NO_SCRIPT = Script()
