"""The live state of a run carried over to other plans of its scopes: nodes keep what they have under their ids.

Nearly everything in a run speaks of nodes by their numbers, and an edit gives them others. What speaks so, and how it
is moved, stands in tables here, slot by slot; a test holds them against the classes, so that none is forgotten.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from concertato.plan.model import EdgePlan, ScopePlan
from concertato.run.flow import resolve_edge
from concertato.run.scope import Scope
from concertato.run.state import Kept, Run
from concertato.run.status import OPEN, RESOLVED, NodeStatus
from concertato.run.trouble import Trouble

LISTS = ("outputs", "status", "taken", "waiting")
"""Of a scope: a place for each node."""

BY_NUMBER = ("attempts", "children", "chosen", "decoded", "failures", "given", "maps", "undoing")
"""Of a scope: what some of its nodes have."""

TROUBLE = tuple(name for name in Trouble.__slots__ if name != "tasks")
"""Of a scope's trouble; its `tasks` alone are by name."""


class Numbers:
    """Which number a node has once its scope has its new plan."""

    def __init__(self, plans: Mapping[Scope, ScopePlan]) -> None:
        known: dict[tuple[int, int], dict[int, int]] = {}
        self._of: dict[Scope, dict[int, int]] = {}
        for scope, plan in plans.items():
            pair = id(scope.plan), id(plan)
            if pair not in known:
                known[pair] = _renumbered(scope.plan, plan)
            self._of[scope] = known[pair]

    def of(self, scope: Scope) -> dict[int, int] | None:
        """Before → after, where any differ."""
        return self._of.get(scope) or None

    def moved(self, scope: Scope, number: int) -> int:
        numbers = self._of.get(scope)
        return numbers[number] if numbers and number >= 0 else number


def _renumbered(before: ScopePlan, after: ScopePlan) -> dict[int, int]:
    """Empty where every node has the number that it had."""
    if [node.id for node in before.nodes] == [node.id for node in after.nodes]:
        return {}
    return {node.number: after.by_id[node.id] for node in before.nodes if node.id in after.by_id}


def move(run: Run, plans: Mapping[Scope, ScopePlan]) -> None:
    """Give scopes their new plans, outer ones first, and count anew what their pending nodes wait for.

    Whatever has begun is in the new plans as it was in the old ones.
    """
    numbers = Numbers(plans)
    changed = _with_another_shape(plans)
    # By the old numbers of the scopes around them, which are still to move.
    places = {scope: numbers.moved(scope.parent, scope.node) for scope in run.scopes() if scope.parent is not None}
    for scope in changed:
        _move_needs(scope, plans[scope])
    for scope, plan in plans.items():
        _move_scope(scope, plan, numbers.of(scope))
    for scope, place in places.items():
        scope.node = place
    for slot in RUN.values():
        slot(run, numbers)
    for scope in changed:
        if scope.left and not scope.stopped():
            _recount(run, scope)


def _with_another_shape(plans: Mapping[Scope, ScopePlan]) -> list[Scope]:
    """The scopes whose nodes, or what these wait for, are not what they were."""
    known: dict[tuple[int, int], bool] = {}
    found: list[Scope] = []
    for scope, plan in plans.items():
        pair = id(scope.plan), id(plan)
        if pair not in known:
            known[pair] = _shape(scope.plan) != _shape(plan)
        if known[pair]:
            found.append(scope)
    return found


def _shape(plan: ScopePlan) -> object:
    return [(node.id, node.join, node.decides) for node in plan.nodes], [_edge_shape(edge) for edge in plan.edges]


def _edge_shape(edge: EdgePlan) -> object:
    when = None if edge.when is None else edge.when.expression.source
    return edge.source, edge.target, edge.control, edge.needs, edge.cases, when


def _move_needs(scope: Scope, plan: ScopePlan) -> None:
    """Edges have numbers as well; an edge is the same if it joins the same nodes."""
    number = {_ends(plan, edge): each for each, edge in enumerate(plan.edges)}
    edges = scope.plan.edges
    kept = ((number.get(_ends(scope.plan, edges[each])), still_open) for each, still_open in scope.needs.items())
    scope.needs = {each: still_open for each, still_open in kept if each is not None}


def _ends(plan: ScopePlan, edge: EdgePlan) -> tuple[str, str]:
    return plan.nodes[edge.source].id, plan.nodes[edge.target].id


def _move_scope(scope: Scope, plan: ScopePlan, numbers: dict[int, int] | None) -> None:
    scope.plan = plan
    if numbers is None:
        return
    fresh = Scope(plan)
    for name in LISTS:
        before, after = getattr(scope, name), getattr(fresh, name)
        for old, new in numbers.items():
            after[new] = before[old]
        setattr(scope, name, after)
    for name in BY_NUMBER:
        setattr(scope, name, _rekeyed(getattr(scope, name), numbers))
    if scope.trouble is not None:
        for name in TROUBLE:
            setattr(scope.trouble, name, _rekeyed(getattr(scope.trouble, name), numbers))
        for number, region in scope.trouble.regions.items():
            region.number = number


def _rekeyed(by_number: Mapping[int, object], numbers: Mapping[int, int]) -> dict[int, object]:
    return {numbers[number]: value for number, value in by_number.items() if number in numbers}


def _recount(run: Run, scope: Scope) -> None:
    """Resolve again, for what is pending, the edges whose needs have ended; start what waits for none."""
    for number, status in enumerate(scope.status):
        if status is NodeStatus.PENDING:
            scope.waiting[number], scope.taken[number] = len(scope.plan.nodes[number].incoming), 0
    scope.left = sum(status in OPEN for status in scope.status)
    scope.needs = {}
    for number, edge in enumerate(scope.plan.edges):
        ended = sum(scope.status[need] in RESOLVED for need in edge.needs)
        if ended == len(edge.needs):
            resolve_edge(run, scope, number)
        elif ended:
            scope.needs[number] = len(edge.needs) - ended
    run.ready.extend((scope, start) for start in scope.plan.starts)
    if not scope.left:
        run.closed.append(scope)


# Nodes are taken from the new plan even where their numbers are the same: what they read further out is not.


def _move_calls(run: Run, numbers: Numbers) -> None:
    for call in run.calls.values():
        call.node = call.scope.plan.nodes[numbers.moved(call.scope, call.node.number)]


def _move_queue(run: Run, numbers: Numbers) -> None:
    queue = run.queue
    run.queue = deque((scope, scope.plan.nodes[numbers.moved(scope, node.number)], more) for scope, node, more in queue)


def _move_timers(run: Run, numbers: Numbers) -> None:
    for timer in run.timers.values():
        timer.node = numbers.moved(timer.scope, timer.node)


def _move_tasks(run: Run, numbers: Numbers) -> None:
    for task in run.tasks.values():
        task.node = numbers.moved(task.scope, task.node)


def _move_opening(run: Run, numbers: Numbers) -> None:
    run.opening = dict.fromkeys(_moved(run.opening, numbers))


def _move_ended(run: Run, numbers: Numbers) -> None:
    run.ended = _moved_kept(run.ended, numbers)


def _move_past(run: Run, numbers: Numbers) -> None:
    run.past = _moved_kept(run.past, numbers)


def _moved_kept(kept: Kept, numbers: Numbers) -> Kept:
    return {(scope, numbers.moved(scope, number)): inside for (scope, number), inside in kept.items()}


def _move_undo(run: Run, numbers: Numbers) -> None:
    run.undo = _moved(run.undo, numbers)


def _move_waits(run: Run, numbers: Numbers) -> None:
    run.waits = {name: deque(_moved(waiting, numbers)) for name, waiting in run.waits.items()}


def _moved(places: Iterable[tuple[Scope, int]], numbers: Numbers) -> list[tuple[Scope, int]]:
    return [(scope, numbers.moved(scope, number)) for scope, number in places]


RUN: dict[str, Callable[[Run, Numbers], None]] = {
    "calls": _move_calls,
    "ended": _move_ended,
    "opening": _move_opening,
    "past": _move_past,
    "queue": _move_queue,
    "tasks": _move_tasks,
    "timers": _move_timers,
    "undo": _move_undo,
    "waits": _move_waits,
}
"""Of the run: whatever refers to nodes of its scopes."""
