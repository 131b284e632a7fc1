"""Changing the plan of a run that is alive: checked whole against the run as it stands, applied whole or not at all.

What has started is never touched. The edited definition is compiled as any other; then the live state moves over to
the new plan: nodes keep what they have under their ids, and the edges of what is still pending are counted anew.
"""

from collections import deque

import msgspec

from concertato.definition.declared import is_required
from concertato.definition.load import loads
from concertato.definition.patch import Patch, apply_patch, read_patch
from concertato.definition.problem import DefinitionError
from concertato.definition.spelling import did_you_mean, nearest
from concertato.plan.compile import compile_plan
from concertato.plan.model import Plan, ScopePlan
from concertato.run.flow import resolve_edge
from concertato.run.state import Run, Scope
from concertato.run.status import RESOLVED, NodeStatus


def edited_plan(plan: Plan, patch: bytes) -> Plan:
    """The plan that `patch` (JSON text) leads to. Raises `DefinitionError` with every mistake."""
    return _edited(plan, read_patch(msgspec.json.decode(patch)))


def apply_edit(run: Run, patch: bytes) -> str | None:
    """Edit the run's plan. Returns the reason when the edit is refused; the run is then as it was."""
    try:
        read = read_patch(msgspec.json.decode(patch))
        obstacle = _obstacle(run, read)
        if obstacle is not None:
            return obstacle
        plan = _edited(run.plan, read)
        missing = _missing_inputs(run, plan)
        if missing is not None:
            return missing
    except DefinitionError as problem:
        return str(problem)
    except msgspec.DecodeError as problem:
        return f"expected the edit to be JSON, got: {problem}"
    _move(run, plan)
    return None


def _edited(plan: Plan, patch: Patch) -> Plan:
    definition = loads(plan.document.decode(), name=plan.name).definition
    return compile_plan(apply_patch(definition, patch))


def _obstacle(run: Run, patch: Patch) -> str | None:
    """Why the edit would touch something that has started, or None."""
    root = run.root
    if patch.in_:
        holder = patch.in_.split("/")[0]
        return _started(root, holder, f"its body cannot be edited: node '{holder}'")
    for node_id in [*patch.remove.nodes, *(node.id for node in patch.replace.nodes)]:
        what = f"only what has not started can be removed or replaced: node '{node_id}'"
        if obstacle := _started(root, node_id, what):
            return obstacle
    ends = [(edge.from_, edge.to) for edge in patch.add.edges] + [(edge.from_, edge.to) for edge in patch.remove.edges]
    for source, target in ends:
        what = f"the edge {source} → {target} leads to what has started: node '{target}'"
        if obstacle := _started(root, target, what):
            return obstacle
    return None


def _started(scope: Scope, node_id: str, what: str) -> str | None:
    number = scope.plan.by_id.get(node_id)
    if number is None or scope.status[number] is NodeStatus.PENDING:
        return None
    return f"{what} is {scope.status[number]}"


def _missing_inputs(run: Run, plan: Plan) -> str | None:
    """Where inputs are not declared an unknown name is one more of them, and this run can be given no more."""
    given = f"; it was given {', '.join(run.inputs)}" if run.inputs else "; it was given none"
    told = [
        f"the run was given no input '{name}'{did_you_mean(nearest(name, run.inputs)) or given}"
        for name, declaration in plan.inputs.items()
        if name not in run.inputs and is_required(declaration)
    ]
    return "\n".join(told) or None


def _move(run: Run, plan: Plan) -> None:
    """Carry the live state over to `plan`. Only the root's numbering can differ: bodies under way are not edited."""
    root = run.root
    number = {node.number: plan.root.by_id[node.id] for node in root.plan.nodes if node.id in plan.root.by_id}

    def moved(scope: Scope, node: int) -> int:
        return number[node] if scope is root else node

    scopes = run.scopes()
    for scope in scopes:
        if scope.parent is root:
            scope.node = number[scope.node]
    _renumber(root, plan.root, number)
    for scope in scopes:
        scope.plan = _plan_of(scope, plan.root)
    # Nodes are taken from the new plan even where their numbers are the same: what they read further out is not.
    run.queue = deque(
        (scope, scope.plan.nodes[moved(scope, node.number)], attempt) for scope, node, attempt in run.queue
    )
    run.opening = {(scope, moved(scope, node)): None for scope, node in run.opening}
    for call in run.calls.values():
        call.node = call.scope.plan.nodes[moved(call.scope, call.node.number)]
    for timer in run.timers.values():
        if timer.purpose != "run":
            timer.node = moved(timer.scope, timer.node)
    run.undo = [(scope, moved(scope, node)) for scope, node in run.undo]
    run.waits = {
        name: deque((scope, moved(scope, node)) for scope, node in waiting) for name, waiting in run.waits.items()
    }
    run.plan = plan
    _recount(run, root)


def _plan_of(scope: Scope, root: ScopePlan) -> ScopePlan:
    if scope.parent is None:
        return root
    body = _plan_of(scope.parent, root).nodes[scope.node].body
    assert body is not None
    return body


def _renumber(scope: Scope, plan: ScopePlan, number: dict[int, int]) -> None:
    fresh = Scope(plan)
    for before, after in number.items():
        fresh.status[after] = scope.status[before]
        fresh.outputs[after] = scope.outputs[before]
    for name in ("attempts", "failures", "children", "maps", "chosen", "decoded", "given"):
        setattr(scope, name, {number[key]: value for key, value in getattr(scope, name).items()})
    scope.plan, scope.status, scope.outputs = plan, fresh.status, fresh.outputs
    scope.waiting, scope.taken, scope.needs = fresh.waiting, fresh.taken, {}
    scope.left = sum(status not in RESOLVED for status in scope.status)


def _recount(run: Run, scope: Scope) -> None:
    """Resolve again, for what is pending, the edges whose needs have ended; start what waits for none."""
    for edge_number, edge in enumerate(scope.plan.edges):
        ended = sum(scope.status[need] in RESOLVED for need in edge.needs)
        if ended == len(edge.needs):
            resolve_edge(run, scope, edge_number)
        elif ended:
            scope.needs[edge_number] = len(edge.needs) - ended
    run.ready.extend((scope, start) for start in scope.plan.starts)
    if not scope.left:
        run.closed.append(scope)
