"""What pictures of a plan say about a node or an edge, and which of many statuses of one node they show."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from concertato.definition.duration import format_duration
from concertato.plan.model import (
    EdgePlan,
    HumanPlan,
    LoopPlan,
    MapPlan,
    NodePlan,
    PlannerPlan,
    ScopePlan,
    SwitchPlan,
    WaitPlan,
)

REMOVED = "removed"

BY_CONCERN = (
    *("failed", "compensation_failed", "recovering", "running", "retrying", "compensating", "waiting", "queued"),
    *("cancelled", "compensated", REMOVED, "pending", "skipped", "succeeded"),
)
"""Every status, what a person wants to know of first in front."""

MOST_DRAWN = 2000
"""How many nodes in bodies are drawn: a sub-workflow used twice by one that is used twice grows quickly."""

_LONGEST = 60
_PLACE = re.compile(r"~\d+|\[\d+\]")


class Changes(NamedTuple):
    """What became of a plan after its run began, by the places of its nodes.

    `notes` are said beside nodes, such as by whom one was added; `removed` are there no more; `grown` are the nodes
    that the agent of a `plan` node proposed, by that node's place.
    """

    notes: Mapping[str, str] = {}
    removed: Iterable[str] = ()
    grown: Mapping[str, Sequence[str]] = {}


NO_CHANGES = Changes()


def place_of(path: str) -> str:
    """The place in the plan of a node of a run: `checks/score` of `checks[3]/score`."""
    return _PLACE.sub("", path)


class Statuses:
    """The statuses of a run by the places of its plan: all items of a map, and iterations of a loop, are one place."""

    def __init__(self, by_path: Mapping[str, str]) -> None:
        self._found: dict[str, Counter[str]] = {}
        for path, status in by_path.items():
            self._found.setdefault(place_of(path), Counter())[status] += 1

    def __bool__(self) -> bool:
        return bool(self._found)

    def shown(self, place: str) -> str | None:
        """The status to show for a place: the one that concerns most."""
        return next(iter(self._ordered(place)), None)

    def counted(self, place: str) -> str:
        """How often which status, where a place has several: `2 failed, 10 succeeded`."""
        found = self._found.get(place, Counter())
        several = found.total() > 1
        return ", ".join(f"{found[status]} {status}" for status in self._ordered(place)) if several else ""

    def _ordered(self, place: str) -> list[str]:
        found = self._found.get(place, Counter())
        known = [status for status in BY_CONCERN if status in found]
        return known + sorted(found.keys() - set(BY_CONCERN))


def what(node: NodePlan) -> str:
    """What a node is: its agent, or its kind and what that works on."""
    match node.detail:
        case MapPlan(over=over):
            said = f"map over {over.expression.source}"
        case LoopPlan(while_=None, until=until) if until is not None:
            said = f"loop until {until.expression.source}"
        case LoopPlan(while_=condition) if condition is not None:
            said = f"loop while {condition.expression.source}"
        case WaitPlan(seconds=float(seconds)):
            said = f"wait {format_duration(seconds)}"
        case WaitPlan(signal=str(signal)):
            said = f"wait for {signal}"
        case WaitPlan(until=until) if until is not None:
            said = f"wait until {until.expression.source}"
        case HumanPlan(ask=ask):
            said = f"human: {', '.join(ask.to)}"
        case PlannerPlan():
            said = f"plan by {node.agent}"
        case _:
            said = node.agent or node.kind
    return said if node.join == "synchronize" else f"{said} (join: {node.join})"


def condition(scope: ScopePlan, edge: EdgePlan) -> str:
    """When an edge is taken, in the author's words; empty where it has no condition."""
    source = scope.nodes[edge.source].detail
    if edge.cases is not None and isinstance(source, HumanPlan):
        return " or ".join(source.ask.choices[choice].name for choice in sorted(edge.cases))
    if edge.cases is not None and isinstance(source, SwitchPlan):
        said = [source.cases[case].expression.source for case in sorted(edge.cases) if case >= 0]
        return " or ".join(said + ["otherwise"] * (-1 in edge.cases))
    return "" if edge.when is None else edge.when.expression.source


def one_line(text: str) -> str:
    """Text fit for one line of a picture: nothing that moves a cursor, not longer than people read."""
    flat = "".join(char if char.isprintable() else " " for char in text)
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"
