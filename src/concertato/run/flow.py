"""How the end of one node leads to the next: edges are resolved, joins are looked at, skipping spreads.

The rules are those of the definition's grammar: an edge is resolved once everything it needs is; it is taken if its
source succeeded and its condition holds; a node is looked at when every edge into it is resolved (`first`: as soon as
one deciding edge is taken and the edges that only bring data are resolved).
"""

from concertato.errors import FailureKind
from concertato.plan.model import EdgePlan, HumanPlan, NodePlan
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import RESOLVED, NodeStatus
from concertato.run.values import EvaluationError, decode, holds

_PENDING, _SKIPPED, _SUCCEEDED = NodeStatus.PENDING, NodeStatus.SKIPPED, NodeStatus.SUCCEEDED


def succeed(run: Run, scope: Scope, number: int, output: bytes, *, undoable: bool = True) -> None:
    """A node has its result: it is kept, noted for undoing, and what follows is made ready."""
    scope.outputs[number] = output
    run.mark(scope, number, _SUCCEEDED)
    if scope.trouble is not None:
        scope.trouble.walks.pop(number, None)
    if undoable and scope.plan.nodes[number].compensate is not None:
        run.note_undo(scope, number)
    resolve(run, scope, number)


def resolve(run: Run, scope: Scope, number: int) -> None:
    """The node has ended: resolve the edges that waited for it."""
    plan = scope.plan
    if plan.simple:
        # Every edge here needs only its source and is taken exactly if that succeeded: the common case, kept short.
        succeeded = scope.status[number] is _SUCCEEDED
        for edge_number in plan.nodes[number].outgoing:
            target = plan.edges[edge_number].target
            if succeeded:
                scope.taken[target] += 1
            scope.waiting[target] -= 1
            if not scope.waiting[target]:
                run.ready.append((scope, target))
    else:
        for edge_number in plan.needed_by[number]:
            open_needs = scope.needs.get(edge_number, plan.edge_needs[edge_number]) - 1
            scope.needs[edge_number] = open_needs
            if not open_needs:
                resolve_edge(run, scope, edge_number)
    if not scope.left and scope.region is None:  # what is being stopped ends when its region does
        run.closed.append(scope)


def resolve_edge(run: Run, scope: Scope, number: int) -> None:
    """Everything that the edge needs has ended: count it for its target, unless that is long decided."""
    edge = scope.plan.edges[number]
    target = scope.plan.nodes[edge.target]
    if scope.status[target.number] is not _PENDING:
        return  # a `first` node that has long been decided
    try:
        taken = is_taken(run, scope, edge)
    except EvaluationError as problem:
        if not any(broken is scope and failed == target.number for broken, failed, _ in run.broken):  # by another edge
            source = scope.plan.nodes[edge.source].id
            message = f"the condition of the edge {source} → {target.id} could not be evaluated: {problem}"
            run.fail(scope, target.number, FailureKind.INVALID_INPUT, message, "when")
        return
    scope.waiting[target.number] -= 1
    if taken and (edge.control or not target.brings):  # it is one of those that decide
        scope.taken[target.number] += 1
    if not scope.waiting[target.number] or (target.join == "first" and _first_may_run(scope, target)):
        run.ready.append((scope, target.number))


def is_taken(run: Run, scope: Scope, edge: EdgePlan) -> bool:
    """Whether a resolved edge is taken. Raises `EvaluationError`."""
    if scope.status[edge.source] is not _SUCCEEDED:
        return False
    if edge.cases is not None and _chosen(scope, edge.source) not in edge.cases:
        return False
    return edge.when is None or holds(run, scope, edge.when, "when")


def _chosen(scope: Scope, number: int) -> int | None:
    """Which of its ways a node has taken: a switch's case, or the choice in the output of a human node."""
    detail = scope.plan.nodes[number].detail
    if number not in scope.chosen and isinstance(detail, HumanPlan):
        output = decode(scope.outputs[number] or b"null")
        choice = output.get("choice") if isinstance(output, dict) else None
        names = [each.name for each in detail.ask.choices]
        scope.chosen[number] = names.index(choice) if choice in names else None
    return scope.chosen.get(number)


def _first_may_run(scope: Scope, node: NodePlan) -> bool:
    if not scope.taken[node.number]:
        return False
    # What it waits for is mostly among the last of them: then those before are not gone through for every answer.
    others = reversed(node.brings)
    return all(scope.status[need] in RESOLVED for edge in others for need in scope.plan.edges[edge].needs)


def look(run: Run, scope: Scope, number: int) -> NodePlan | None:
    """Decide on a node whose edges allow it: returns it if it is to run; else it is skipped, or was decided before."""
    if scope.status[number] is not _PENDING:
        return None
    node = scope.plan.nodes[number]
    wanted = len(node.decides) if node.join == "all" else 1
    if not node.incoming or scope.taken[number] >= wanted:
        return node
    run.mark(scope, number, _SKIPPED)
    resolve(run, scope, number)
    return None
