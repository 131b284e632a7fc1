"""What an edit makes of a run, found out without touching it: the plans and bodies that its scopes would have.

What has started is never touched, but for a node that has failed and about which somebody is yet to decide. A body that
is edited for all scopes still to open is left as it was to those that are open; one that is edited for a single scope
becomes that scope's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from concertato.definition.declared import is_required
from concertato.definition.model import Body, Definition, LoopNode, MapNode, Node, WorkflowNode
from concertato.definition.patch import Order, Patch, described
from concertato.definition.patching import Anybody, apply_patch
from concertato.definition.problem import DefinitionError, Problem
from concertato.errors import Refused
from concertato.plan.compile import compile_plan
from concertato.plan.model import NodePlan, Plan, ScopePlan
from concertato.run.bodies import Way, compiled, place_of, way_to, write_body
from concertato.run.scope import Scope, definition_scope
from concertato.run.state import Run
from concertato.run.target import find_target
from concertato.run.untouched import (
    is_undecided,
    refuse_missing,
    refuse_reading_ahead,
    refuse_reading_out,
    refuse_touching,
    refuse_unknown_initiator,
    refuse_without_effect,
)


@dataclass
class Change:
    """`scope` is the one that is edited, or in which a body is; `plan` what the run's plan becomes.

    `bodies` are of scopes that get other ones of their own, or none; `plans` are those that scopes get; `undecided` the
    nodes of `scope` that have failed and are replaced. `agents` may be called besides those of `plan`.
    """

    scope: Scope
    plan: Plan
    bodies: dict[Scope, bytes | None] = field(default_factory=dict)
    plans: dict[Scope, ScopePlan] = field(default_factory=dict)
    undecided: list[int] = field(default_factory=list)
    agents: frozenset[str] = frozenset()


_WHATS = ("added", "removed", "replaced", "edges_added", "edges_removed")


def plan_change(run: Run, patch: Patch) -> Change:
    """Raises DefinitionError with every mistake, Refused where the run does not allow it."""
    if run.root.region is not None or run.finished is not None:
        raise Refused(f"the run is {run.status}: its plan can no longer be edited")
    if not any(described(patch)[what] for what in _WHATS) and patch.order == Order():
        raise Refused("the edit changes nothing: it says neither what to add, nor to remove, nor to replace")
    scope, ids = find_target(run, patch)
    if not ids:
        refuse_touching(run, scope, patch)
    before = place_of(run.plan, way_to(scope)).body
    after = apply_patch(before, ids, patch)
    change = Change(scope, run.plan)
    if isinstance(after, Definition):
        change.plan = compile_plan(after)
        refuse_missing(scope, [name for name, each in change.plan.inputs.items() if is_required(each)])
        refuse_unknown_initiator(run, change.plan.names_initiator)
    else:
        change.bodies[scope] = write_body(after)
    if ids:
        refuse_without_effect(scope, ids)
        _keep_open(run, change, before, ids)
    else:
        _keep_failed(run, change, before, patch)
    _Compilation(run, change).compile()
    refuse_reading_ahead(change.plans)
    return change


def _keep_open(run: Run, change: Change, before: Anybody, ids: Sequence[str]) -> None:
    """The scopes that are open where `ids` lead keep the body that they began with."""
    text = write_body(_body_in(before, ids))
    for scope in run.scopes():
        if _stands_at(scope, change.scope, ids):
            change.bodies[scope] = text


def _body_in(body: Anybody, ids: Sequence[str]) -> MapNode | LoopNode:
    for node_id in ids:
        body = next(node for node in body.nodes if node.id == node_id and isinstance(node, MapNode | LoopNode))
    assert isinstance(body, MapNode | LoopNode)
    return body


def _stands_at(scope: Scope, base: Scope, ids: Sequence[str]) -> bool:
    """Whether a scope has the body to which `ids` lead from `base`, none of its own being in between."""
    for node_id in reversed(ids):
        outer = scope.parent
        if outer is None or scope.body is not None or outer.plan.nodes[scope.node].id != node_id:
            return False
        scope = outer
    return scope is base


def _keep_failed(run: Run, change: Change, before: Anybody, patch: Patch) -> None:
    """A node that has failed is replaced: what it did inside may yet be undone, and keeps the body that it had."""
    nodes = {node.id: node for node in before.nodes}
    replaced = {node.id: node for node in patch.replace.nodes}
    change.undecided = [
        number for node_id in replaced if is_undecided(run, change.scope, number := change.scope.plan.by_id[node_id])
    ]
    for scope in run.scopes() if change.undecided else ():
        holder = change.scope.plan.nodes[scope.node] if scope.parent is change.scope else None
        if holder is None or holder.id not in replaced:
            continue
        old, new = nodes[holder.id], replaced[holder.id]
        if not _can_hold(old, new):
            path = change.scope.path(holder)
            raise Refused(
                f"node '{path}' has failed, and what it did inside may yet be undone: what takes its place has to be "
                f"another {old.type}" + (f" of '{old.workflow}'" if isinstance(old, WorkflowNode) else "")
            )
        if isinstance(old, MapNode | LoopNode):
            change.bodies[scope] = scope.body or write_body(old)


def _can_hold(old: Node, new: Node) -> bool:
    """Whether what was opened inside `old` can stand inside `new`."""
    if isinstance(old, WorkflowNode):
        return isinstance(new, WorkflowNode) and new.workflow == old.workflow
    return new.type == old.type


class _Compilation:
    """Gives all scopes in the one that is edited their plans: what stands in it may mean something else now."""

    def __init__(self, run: Run, change: Change) -> None:
        self._run = run
        self._change = change
        self._problems: dict[Problem, None] = {}
        self._defaults: dict[Way, bytes] = {}

    def compile(self) -> None:
        """Raises DefinitionError with the mistakes in all of them."""
        change = self._change
        for scope in self._run.scopes():
            if scope.parent is None and scope is change.scope:
                change.plans[scope] = change.plan.root
            elif scope.parent is not None and scope.within(change.scope):
                self._compile(scope, scope.parent)
        if self._problems:
            raise DefinitionError(list(self._problems))

    def _compile(self, scope: Scope, outer: Scope) -> None:
        change = self._change
        around = change.plans.get(outer, outer.plan)
        holder = around.nodes[around.by_id[outer.plan.nodes[scope.node].id]]
        if self._own_body(scope, outer, holder) is None:
            assert holder.body is not None
            change.plans[scope] = holder.body
            return
        way = way_to(scope, change.bodies)
        is_edited = scope is change.scope
        try:
            own = compiled(change.plan, way, "<edit>" if is_edited else f"<{scope.prefix[:-1]}>")
        except DefinitionError as error:
            self._problems |= dict.fromkeys(error.problems)
            change.plans[scope] = scope.plan
            return
        change.plans[scope] = own.plan
        if is_edited:
            change.agents = own.agents
            refuse_missing(definition_scope(scope), own.undeclared)
            refuse_unknown_initiator(self._run, own.names_initiator)
            refuse_reading_out(outer, scope.node, own.reads)

    def _own_body(self, scope: Scope, outer: Scope, holder: NodePlan) -> bytes | None:
        """The body of its own that the scope will have; one that is what the definition says is none."""
        bodies = self._change.bodies
        body = bodies.get(scope, scope.body)
        if body is None or holder.body is None:
            return body
        way = (*way_to(outer, bodies), (holder.id, None))
        if way not in self._defaults:
            default = place_of(self._change.plan, way).body
            assert isinstance(default, Body)
            self._defaults[way] = write_body(default)
        if self._defaults[way] == body:
            body = bodies[scope] = None
        return body
