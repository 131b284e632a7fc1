"""Which body of a run an edit is about: what its `in` says, found in the run as it stands."""

from collections.abc import Sequence
from typing import NamedTuple

from concertato.definition.patch import Patch, Step, steps_in
from concertato.definition.patching import problem_of
from concertato.definition.problem import DefinitionError
from concertato.errors import Refused
from concertato.plan.model import NodePlan
from concertato.run.scope import Scope
from concertato.run.state import Run

_REPEATED = {"map", "loop"}
_ONCE = {"workflow", "plan"}
_SHOWN = 5


class Target(NamedTuple):
    """The body of `scope`, or the one in it to which `ids` lead: that of all scopes which are still to open there."""

    scope: Scope
    ids: list[str]


def find_target(run: Run, patch: Patch) -> Target:
    """Raises DefinitionError where there can be no such body, Refused where there is none now."""
    steps = steps_in(patch.in_)
    scope = run.root
    for position, step in enumerate(steps):
        node = _node(scope, step)
        one_alone = node is not None and (node.kind in _ONCE or (node.kind in _REPEATED and "[" in step.place))
        if node is None or not one_alone or (node.kind == "workflow" and position == len(steps) - 1):
            _refuse_mixed(node, steps[position:], patch)
            break
        scope = _open_scope(scope, node, step, patch)
    else:
        position = len(steps)
    if scope.parent is not None and scope.parent.plan.nodes[scope.node].kind == "workflow":
        message = (
            f"the edit is in '{patch.in_}', and what a workflow node names is a definition apart: it stays as it is"
        )
        raise DefinitionError([problem_of(message, ("in",))])
    if scope.stopped():
        raise Refused(f"'{scope.prefix[:-1]}' is being stopped: its body can no longer be edited")
    return Target(scope, [step.id for step in steps[position:]])


def _node(scope: Scope, step: Step) -> NodePlan | None:
    number = scope.plan.by_id.get(step.id)
    return None if number is None else scope.plan.nodes[number]


def _refuse_mixed(node: NodePlan | None, steps: Sequence[Step], patch: Patch) -> None:
    """What has a body for all its scopes still to open has no scope further in that could be told by its index."""
    placed = next((step for step in steps if step.place), None)
    if placed is None or node is None or node.kind not in _REPEATED:
        return
    raise Refused(
        f"the edit is in '{patch.in_}', which says which '{placed.id}' is meant, but not which '{node.id}'; give each "
        f"map and loop the index of what is open ('{node.id}[0]'), or none of them for all that is still to begin"
    )


def _open_scope(scope: Scope, node: NodePlan, step: Step, patch: Patch) -> Scope:
    is_open = {
        child.prefix.removeprefix(scope.prefix)[:-1]: child
        for child in scope.children.get(node.number, {}).values()
        if child.left and not child.stopped()
    }
    if (found := is_open.get(str(step))) is not None:
        return found
    if is_open:
        names = [*list(is_open)[:_SHOWN], *(["…"] if len(is_open) > _SHOWN else [])]
        hint = f"what is open there: {', '.join(names)}"
    else:
        hint = f"nothing is open there: node '{node.id}' is {scope.status[node.number]}"
    raise Refused(f"the edit is in '{patch.in_}', and '{scope.prefix}{step}' is not open; {hint}")
