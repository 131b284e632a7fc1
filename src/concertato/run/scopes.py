"""Nodes that hold a scope: how a map, a loop and a sub-workflow open their bodies and what becomes of the results."""

from concertato.errors import FailureKind
from concertato.plan.model import LoopPlan, MapPlan, NodePlan, ScopePlan
from concertato.run.attempts import clear_timer, set_timer
from concertato.run.events import Failure
from concertato.run.flow import succeed
from concertato.run.ladder import fail_scope
from concertato.run.scope import MapState, Scope
from concertato.run.state import Run, Timer
from concertato.run.status import NodeStatus, RunStatus
from concertato.run.stopping import finish
from concertato.run.values import EvaluationError, encode, fail_on_input, given, holds, outputs, value

OPEN_AT_ONCE = 256
"""So many items of a map without `concurrency` are open whatever else the run does; the others wait for room.

An open item costs memory, and an agent has no use for items that it cannot be asked about yet: a map of 100,000 is to
open as it goes. But items that only wait (for a day, for a signal) must not wait in turn: see `open_further`. A map
that is no longer than this opens whole, in one step.
"""


def begin_map(run: Run, scope: Scope, node: NodePlan) -> None:
    assert isinstance(node.detail, MapPlan)
    try:
        items = value(run, scope, node.detail.over, "over")
    except EvaluationError as problem:
        run.fail(scope, node.number, FailureKind.INVALID_INPUT, f"`over` of map '{node.id}': {problem}", "over")
        return
    if not isinstance(items, list):
        shown = encode(items).decode()[:80]
        message = f"`over` of map '{node.id}': expected a list, got: {shown}"
        run.fail(scope, node.number, FailureKind.INVALID_INPUT, message, "over")
        return
    hold(run, scope, node)
    scope.maps[node.number] = MapState([encode(item) for item in items])
    if node.detail.concurrency is None and len(items) > OPEN_AT_ONCE:
        run.opening[scope, node.number] = None
    _next_items(run, scope, node)


def _next_items(run: Run, scope: Scope, node: NodePlan) -> None:
    assert isinstance(node.detail, MapPlan)
    state = scope.maps[node.number]
    limit = node.detail.concurrency or OPEN_AT_ONCE
    while state.next < len(state.items) and state.running < limit:
        _open_item(run, scope, node)
    if not state.left:
        del scope.maps[node.number]
        results = b"[" + b",".join(result or b"null" for result in state.results) + b"]"
        release(run, scope, node, results)


def _open_item(run: Run, scope: Scope, node: NodePlan) -> None:
    state = scope.maps[node.number]
    index = state.next
    state.next += 1
    state.running += 1
    item = _open(run, scope, node, index)
    item.item = state.items[index]
    _start(run, item)
    if state.next == len(state.items):
        run.opening.pop((scope, node.number), None)


def open_further(run: Run) -> bool:
    """Open one more item of the first map in `run.opening`; False when the run has no room.

    It has while it asks fewer agents than it may: what is open has then nothing for more of them to do, and only waits.
    One item at a time, so that what it leads to is counted before the next.
    """
    if len(run.calls) + len(run.queue) >= run.plan.max_parallel:
        return False
    scope, number = next(iter(run.opening))
    _open_item(run, scope, scope.plan.nodes[number])
    return True


def begin_loop(run: Run, scope: Scope, node: NodePlan) -> None:
    hold(run, scope, node)
    _iterate(run, scope, node, 0, b"null")


def _iterate(run: Run, scope: Scope, node: NodePlan, iteration: int, last: bytes) -> None:
    """Open the next iteration, unless the loop's condition or its bound ends it here."""
    loop = node.detail
    assert isinstance(loop, LoopPlan)
    body = _open(run, scope, node, iteration)
    body.last = last
    try:
        going_on = loop.while_ is None or holds(run, body, loop.while_, "while")
    except EvaluationError as problem:
        run.fail(scope, node.number, FailureKind.INVALID_INPUT, f"`while` of loop '{node.id}': {problem}", "while")
        return
    if not going_on:
        del scope.children[node.number][iteration]
        release(run, scope, node, last)
    elif iteration >= loop.max_iterations:
        del scope.children[node.number][iteration]
        message = f"loop '{node.id}' did not end within max_iterations: {loop.max_iterations}"
        run.fail(scope, node.number, FailureKind.REJECTED, message)
    else:
        _start(run, body)


def begin_workflow(run: Run, scope: Scope, node: NodePlan) -> None:
    try:
        inputs = given(run, scope, node)
    except EvaluationError as problem:
        fail_on_input(run, scope, node, problem)
        return
    hold(run, scope, node)
    body = _open(run, scope, node, -1)
    body.inputs = inputs
    _start(run, body)


def close(run: Run, scope: Scope) -> None:
    """Every node of the scope has ended, or its failure was contained: hand its result to whoever holds it."""
    if scope.parent is not None and scope.parent.status[scope.node] is not NodeStatus.RUNNING:
        return  # what holds it was stopped in this very step
    contained = scope.outcome is not None and scope.parent is not None
    if (scope.parent if contained else scope).stopped():  # type: ignore[union-attr]  # contained: it has a parent
        return
    try:
        result = outputs(run, scope) if scope.outcome is None else scope.outcome
    except EvaluationError as problem:
        message = f"`{problem.where}` could not be computed: {problem}"
        path = scope.prefix.removesuffix("/") or None
        fail_scope(run, scope, Failure(FailureKind.INVALID_OUTPUT, message, problem.where), path)
        return
    if scope.parent is None:
        finish(run, RunStatus.SUCCEEDED, outputs=result)
        return
    holder = scope.parent.plan.nodes[scope.node]
    del scope.parent.children[scope.node][scope.index]
    if run.keep:
        run.ended.setdefault((scope.parent, scope.node), {})[scope.index] = scope
    if holder.kind == "map":
        state = scope.parent.maps[scope.node]
        state.results[scope.index] = result
        state.running -= 1
        state.left -= 1
        _next_items(run, scope.parent, holder)
    elif holder.kind == "loop":
        _iterated(run, scope, scope.parent, holder, result)
    else:
        release(run, scope.parent, holder, result)


def _iterated(run: Run, body: Scope, scope: Scope, node: NodePlan, result: bytes) -> None:
    loop = node.detail
    assert isinstance(loop, LoopPlan)
    before, body.last = body.last, result  # as `until` sees it
    try:
        done = loop.until is not None and holds(run, body, loop.until, "until")
    except EvaluationError as problem:
        run.fail(scope, node.number, FailureKind.INVALID_INPUT, f"`until` of loop '{node.id}': {problem}", "until")
        return
    finally:
        if run.started.machine > 2:  # what undoes a node of the iteration is told what the node was given
            body.last = before
    if done:
        release(run, scope, node, result)
    else:
        _iterate(run, scope, node, body.index + 1, result)


def hold(run: Run, scope: Scope, node: NodePlan) -> None:
    """A node that holds scopes begins."""
    run.mark(scope, node.number, NodeStatus.RUNNING)
    bound(run, scope, node)


def bound(run: Run, scope: Scope, node: NodePlan) -> None:
    """Set the timer of a node that holds scopes, where its time is bounded."""
    if node.timeout is not None:
        timer = Timer("node", scope, node.number, run.now + node.timeout)
        set_timer(run, f"timeout:{scope.path(node)}#1", timer)


def release(run: Run, scope: Scope, node: NodePlan, output: bytes) -> None:
    """A node that was no call has its result."""
    if node.timeout is not None:
        clear_timer(run, f"timeout:{scope.path(node)}#1")
    succeed(run, scope, node.number, output)


def open_proposed(run: Run, scope: Scope, node: NodePlan, body: bytes, plan: ScopePlan) -> None:
    """Open the body that the agent of a plan node has proposed."""
    inner = Scope.inside(scope, node, -1, plan)
    inner.body = body
    scope.children.setdefault(node.number, {})[-1] = inner
    _start(run, inner)


def _open(run: Run, scope: Scope, node: NodePlan, index: int) -> Scope:
    inner = Scope.inside(scope, node, index)
    scope.children.setdefault(node.number, {})[index] = inner
    return inner


def _start(run: Run, scope: Scope) -> None:
    run.ready.extend((scope, number) for number in scope.plan.starts)
