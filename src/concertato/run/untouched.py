"""What an edit of a live run may not do: touch what has started, have it wait for anything more, or change nothing."""

from collections.abc import Iterable, Mapping, Sequence

from concertato.definition.patch import Patch
from concertato.definition.spelling import did_you_mean, nearest
from concertato.errors import Refused
from concertato.plan.model import ScopePlan
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import RESOLVED, NodeStatus

_PENDING = NodeStatus.PENDING


def refuse_touching(run: Run, scope: Scope, patch: Patch) -> None:
    """Raises Refused where something would be taken away from what has started in `scope`, or put before it."""
    only = "only what has not started can be removed or replaced"
    for node_id in patch.remove.nodes:
        _refuse_started(scope, node_id, f"{only}: node '{node_id}'")
        _refuse_leading_to_started(scope, node_id)
    for node in patch.replace.nodes:
        _refuse_leading_to_started(scope, node.id, ways=True)
        if not is_undecided(run, scope, scope.plan.by_id.get(node.id, -1)):
            _refuse_started(scope, node.id, f"{only}: node '{node.id}'")
    ends = [(edge.from_, edge.to) for edge in patch.add.edges] + [(edge.from_, edge.to) for edge in patch.remove.edges]
    for source, target in ends:
        what = f"the edge {source} → {target} leads to what has started: node '{target}'"
        _refuse_started(scope, target, what)


def _refuse_started(scope: Scope, node_id: str, what: str) -> None:
    number = scope.plan.by_id.get(node_id)
    if number is not None and scope.status[number] is not _PENDING:
        raise Refused(f"{what} is {scope.status[number]}")


def _refuse_leading_to_started(scope: Scope, node_id: str, *, ways: bool = False) -> None:
    """What has started by another way (`join: first`) keeps those that led to it; of a node that stays, a switch's."""
    number = scope.plan.by_id.get(node_id)
    if number is None:
        return
    for edge in (scope.plan.edges[each] for each in scope.plan.nodes[number].outgoing):
        if edge.cases is not None or not ways:
            target = scope.plan.nodes[edge.target].id
            _refuse_started(scope, target, f"node '{node_id}' leads to what has started: node '{target}'")


def is_undecided(run: Run, scope: Scope, number: int) -> bool:
    """Whether a node has failed, and a person is yet to say what becomes of it: then it may be another by that time."""
    walk = scope.walk(number)
    if walk is None or walk.idle or scope.status[number] not in (NodeStatus.WAITING, NodeStatus.RECOVERING):
        return False
    if number in scope.troubled().regions:
        return False
    return not any(call.scope is scope and call.node.number == number for call in run.calls.values())


def refuse_without_effect(scope: Scope, ids: Sequence[str]) -> None:
    """Raises Refused where no scope is still to open that would have the body to which `ids` lead."""
    if _may_open(scope, ids):
        return
    way = "/".join(ids)
    kind = "item" if _kind(scope, ids) == "map" else "iteration"
    raise Refused(
        f"no {kind} of '{scope.prefix}{way}' is still to begin, and those that have begun keep their body; to change "
        f"one that is open say which, such as '{scope.prefix}{way}[0]'"
    )


def _may_open(scope: Scope, ids: Sequence[str]) -> bool:
    number = scope.plan.by_id[ids[0]]
    status = scope.status[number]
    if status is _PENDING or scope.walk(number) is not None:
        return True
    if len(ids) == 1 and status is not NodeStatus.RUNNING:
        return False
    if scope.plan.nodes[number].kind == "loop" and status is NodeStatus.RUNNING:
        return True
    items = scope.maps.get(number)
    if items is not None and items.next < len(items.items):
        return True
    inside = scope.children.get(number, {}).values() if len(ids) > 1 else ()
    return any(child.left and child.body is None and _may_open(child, ids[1:]) for child in inside)


def _kind(scope: Scope, ids: Sequence[str]) -> str:
    plan = scope.plan
    for node_id in ids[:-1]:
        body = plan.nodes[plan.by_id[node_id]].body
        assert body is not None
        plan = body
    return plan.nodes[plan.by_id[ids[-1]]].kind


def refuse_reading_ahead(plans: Mapping[Scope, ScopePlan]) -> None:
    """Raises Refused where a node that has started would wait, in its new plan, for what has not ended.

    It does not wait any more: what is new inside it could find nothing there.
    """
    known: dict[tuple[int, int], list[tuple[int, list[str]]]] = {}
    for scope, plan in plans.items():
        pair = id(scope.plan), id(plan)
        if pair not in known:
            known[pair] = list(_new_needs(scope.plan, plan))
        for number, needs in known[pair]:
            if scope.status[number] is not _PENDING:
                refuse_unended(scope, number, needs)


def _new_needs(before: ScopePlan, after: ScopePlan) -> Iterable[tuple[int, list[str]]]:
    """By their old numbers, the nodes that have more to wait for than they had, each with what."""
    if before is after:
        return
    for node in before.nodes:
        if node.id in after.by_id:
            waited = set(_needs(before, node.number))
            more = [need for need in _needs(after, after.by_id[node.id]) if need not in waited]
            if more:
                yield node.number, more


def _needs(plan: ScopePlan, number: int) -> list[str]:
    edges = (plan.edges[edge] for edge in plan.nodes[number].incoming)
    return list(dict.fromkeys(plan.nodes[need].id for edge in edges for need in edge.needs))


def refuse_reading_out(outer: Scope, holder: int, reads: Sequence[frozenset[int]]) -> None:
    """The same for a body that is new inside `holder`; `reads` is what it reads of the scope around it and outwards."""
    scope = outer
    for numbers in reads:
        waited = _needs(scope.plan, holder)
        ids = [scope.plan.nodes[number].id for number in sorted(numbers)]
        refuse_unended(scope, holder, [node_id for node_id in ids if node_id not in waited])
        if scope.parent is not None:
            scope, holder = scope.parent, scope.node


def refuse_unended(scope: Scope, number: int, needs: Iterable[str]) -> None:
    for need in needs:
        source = scope.plan.by_id.get(need)
        if source is None or scope.status[source] not in RESOLVED:
            how = "is not there yet" if source is None else f"is {scope.status[source]}"
            raise Refused(
                f"node '{scope.prefix}{scope.plan.nodes[number].id}' has started and would read '{need}', which {how}; "
                "let it read what has ended, or put what reads it behind both"
            )


def refuse_missing(scope: Scope, needed: Sequence[str]) -> None:
    """Where inputs are not declared an unknown name is one more of them, and this run can be given no more."""
    inputs = scope.inputs or {}
    given = f"; it was given {', '.join(inputs)}" if inputs else "; it was given none"
    told = [
        f"the run was given no input '{name}'{did_you_mean(nearest(name, inputs)) or given}"
        for name in needed
        if name not in inputs
    ]
    if told:
        raise Refused("\n".join(told))


def refuse_unknown_initiator(run: Run, names_initiator: bool) -> None:
    if names_initiator and run.started.by is None:
        raise Refused(
            "a task may not be decided by whoever started the run, and nobody knows who that was; name others"
        )
