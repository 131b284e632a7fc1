"""What pictures of a plan say about a node or an edge, and which of many statuses of one node they show."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Self

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
_NAMED = 3
_PLACE = re.compile(r"~\d+|\[\d+\]")


class OwnBody(NamedTuple):
    """What stands in scopes that have another body than the definition says: those at `paths`, all the same."""

    paths: tuple[str, ...]
    plan: ScopePlan

    @property
    def where(self) -> str:
        """`in m[0], m[2]`: of many, the first."""
        more = len(self.paths) - _NAMED
        return f"in {', '.join(self.paths[:_NAMED])}" + (f" and {more} more" if more > 0 else "")


class Changes(NamedTuple):
    """What became of a plan after its run began, by the places of its nodes.

    `notes` are said beside nodes, such as by whom one was added; `removed` are there no more; `grown` are the nodes
    that the agent of a `plan` node proposed, by that node's place; `bodies` what stands in the place of the
    definition's body, or of none, by the place of the node that holds it.
    """

    notes: Mapping[str, str] = {}
    removed: Iterable[str] = ()
    grown: Mapping[str, Sequence[str]] = {}
    bodies: Mapping[str, Sequence[OwnBody]] = {}

    def note(self, place: str) -> str:
        """What is said beside a node; empty where nothing is."""
        around, _, name = place.rpartition("/")
        return self.notes.get(place) or ("proposed" if name in self.grown.get(around, ()) else "")


NO_CHANGES = Changes()


def place_of(path: str) -> str:
    """The place in the plan of a node of a run: `checks/score` of `checks[3]/score`."""
    return _PLACE.sub("", path)


class Shown:
    """What is drawn just now: the statuses and own bodies of some scopes, further in those of fewer."""

    def __init__(self, statuses: "Statuses", bodies: Mapping[str, Sequence[OwnBody]]) -> None:
        self.statuses = statuses
        self._bodies = bodies

    def inner(self, place: str, node: NodePlan) -> "list[tuple[str, ScopePlan, Shown]]":
        """What stands in a node, with where, if it is not the same everywhere, and what is shown there."""
        own = self._bodies.get(place, ())
        paths = [path for each in own for path in each.paths]
        found: list[tuple[str, ScopePlan, Shown]] = []
        if node.body is not None:
            rest = Shown(self.statuses.outside(paths), self._kept(lambda path: not _is_in(path, paths)))
            found.append(("", node.body, rest if own else self))
        for each in own:
            only = Shown(self.statuses.inside(each.paths), self._kept(partial(_is_in, scopes=each.paths)))
            found.append((each.where, each.plan, only))
        return found if len(found) > 1 else [("", plan, shown) for _, plan, shown in found]

    def _kept(self, holds: Callable[[str], bool]) -> Mapping[str, Sequence[OwnBody]]:
        kept: dict[str, list[OwnBody]] = {}
        for place, bodies in self._bodies.items():
            for body in bodies:
                if paths := tuple(filter(holds, body.paths)):
                    kept.setdefault(place, []).append(body._replace(paths=paths))
        return kept


def _is_in(path: str, scopes: Iterable[str]) -> bool:
    return path.startswith(tuple(f"{scope}/" for scope in scopes))


class Statuses:
    """The statuses of a run by the places of its plan: all items of a map, and iterations of a loop, are one place."""

    def __init__(self, by_path: Mapping[str, str], *, of_a_run: bool | None = None) -> None:
        self._by_path = by_path
        self._of_a_run = bool(by_path) if of_a_run is None else of_a_run
        self._found: dict[str, Counter[str]] = {}
        self._rounds: dict[str, Counter[str]] = {}
        for path, status in by_path.items():
            counters = self._rounds if path.endswith("]") else self._found
            counters.setdefault(place_of(path), Counter())[status] += 1

    def __bool__(self) -> bool:
        return self._of_a_run

    def inside(self, scopes: Iterable[str]) -> Self:
        """Those of the nodes in these scopes."""
        within = tuple(f"{scope}/" for scope in scopes)
        kept = {path: status for path, status in self._by_path.items() if path.startswith(within)}
        return type(self)(kept, of_a_run=self._of_a_run)

    def outside(self, scopes: Iterable[str]) -> Self:
        """Those of all other nodes."""
        within = tuple(f"{scope}/" for scope in scopes)
        kept = {path: status for path, status in self._by_path.items() if not path.startswith(within)}
        return type(self)(kept, of_a_run=self._of_a_run)

    def shown(self, place: str) -> str | None:
        """The status to show for a place: the one that concerns most, of its node or of what that repeats."""
        both = self._found.get(place, Counter()) + self._rounds.get(place, Counter())
        return next(iter(self._ordered(both)), None)

    def counted(self, place: str) -> str:
        """How often which status, where a place has several: `2 failed, 10 succeeded`.

        Of a map or loop the items or iterations are counted, and not the node itself with them.
        """
        found = self._rounds.get(place) or self._found.get(place, Counter())
        several = found.total() > 1
        return ", ".join(f"{found[status]} {status}" for status in self._ordered(found)) if several else ""

    def _ordered(self, found: Counter[str]) -> list[str]:
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
