"""Who holds a failure: looked for from the inside outwards, in the plan alone."""

from typing import NamedTuple

from concertato.run.scope import Scope


class Holder(NamedTuple):
    """Who holds a failure: a node with a ladder (`own`: of its own), or a scope, where `number` is -1."""

    scope: Scope
    number: int
    own: bool = False


def is_the_definitions(scope: Scope) -> bool:
    """Whether the nearest that holds a failure in this scope is the ladder of the definition that it stands in."""
    while not scope.plan.isolated:
        assert scope.parent is not None
        holder = scope.parent.plan.nodes[scope.node]
        if holder.ladder or holder.collects:
            return False
        scope = scope.parent
    return bool(scope.plan.ladder)


def holder_around(scope: Scope) -> Holder | None:
    """Who holds the failure of a whole scope, looked for from the inside outwards; None: nobody does."""
    while scope.parent is not None:
        outer, holder = scope.parent, scope.parent.plan.nodes[scope.node]
        if holder.collects:
            return Holder(scope, -1)
        if holder.ladder:
            return Holder(outer, holder.number, own=True)
        if scope.plan.isolated and is_the_definitions(outer):
            return Holder(outer, holder.number)
        scope = outer
    return None
