"""What happens when something fails for good, or a cancel is asked for: stop a region of the run, undo it, end it.

A region is the scope that contains a failure: a map's item where the map collects failures, otherwise the whole run.
First everything in flight in it is answered; then what succeeded is undone, last one first (Garcia-Molina and Salem,
"Sagas", 1987); then the region has its end. Nodes that have a compensation are not told to stop: cut off in the
middle nobody could say whether they took effect, so they finish and are undone.
"""

from collections import deque

from concertato.errors import FailureKind
from concertato.run.attempts import clear_timer, issue, set_timer
from concertato.run.commands import CancelCall, FinishRun
from concertato.run.events import Failure
from concertato.run.retry import retry_delay
from concertato.run.state import Call, Region, Run, Scope, Timer
from concertato.run.status import RESOLVED, NodeStatus, RunStatus
from concertato.run.values import EvaluationError, encode, given_to_undo

_IDLE = {NodeStatus.PENDING, NodeStatus.QUEUED, NodeStatus.RETRYING, NodeStatus.WAITING}


def fail(run: Run, scope: Scope, number: int, failure: Failure) -> None:
    """A node has failed for good, and with it the scope that it is in."""
    if not scope.stopped():
        run.mark(scope, number, NodeStatus.FAILED, failure)
        fail_scope(run, scope, failure, scope.path(scope.plan.nodes[number]))
    elif scope.status[number] not in RESOLVED:
        run.mark(scope, number, NodeStatus.CANCELLED, failure)


def fail_scope(run: Run, scope: Scope, failure: Failure, path: str | None) -> None:
    """A scope has failed: so have the nodes that hold it, up to the scope that contains the failure."""
    while scope.parent is not None and not scope.parent.plan.nodes[scope.node].collects:
        holder = scope.parent.plan.nodes[scope.node]
        scope = scope.parent
        run.mark(scope, holder.number, NodeStatus.FAILED, failure)
        clear_timer(run, f"timeout:{scope.path(holder)}#1")
    stop(run, scope, Region("failure", True, failure, path))


def stop(run: Run, scope: Scope, region: Region) -> None:
    """Stop everything in `scope` and below; `advance` takes it from there as the answers come."""
    scope.region = region
    if scope is run.root:
        run.paused = False
        run.change(RunStatus.STOPPING)
    cancelled = _cancel_idle(run, scope, region)
    # Each is as long as the run is wide: a map that collects a thousand failures must not go through them for each.
    if NodeStatus.QUEUED in cancelled:
        run.queue = deque(entry for entry in run.queue if not entry[0].within(scope))
    if NodeStatus.WAITING in cancelled:
        run.forget_waits(lambda waiting, _: waiting.within(scope))
    if run.opening:
        run.opening = {entry: None for entry in run.opening if not entry[0].within(scope)}
    for name, timer in list(run.timers.items()):
        if timer.purpose in {"retry", "wait", "node"} and timer.scope.within(scope):
            clear_timer(run, name)
    for path, call in run.calls.items():
        finishes = call.undo is not None or (call.node.compensate is not None and _is_owed(call.scope))
        if call.scope.within(scope) and not finishes and not call.dropped:
            call.dropped = True
            run.commands.append(CancelCall(path, call.attempt))
    advance(run, scope)


def _cancel_idle(run: Run, scope: Scope, region: Region) -> set[NodeStatus]:
    """Cancel the nodes that nobody works on, and count what was undone in regions further in.

    Returns what the nodes were at that were cancelled so.
    """
    found: set[NodeStatus] = set()
    for number, children in scope.children.items():
        for child in children.values():
            if child.outcome is not None:
                continue  # it has ended, and is only still here for someone who wants to see the whole tree
            if child.region is not None:
                region.undone += child.region.undone
            found |= _cancel_idle(run, child, region)
        if scope.status[number] is NodeStatus.RUNNING:
            run.mark(scope, number, NodeStatus.CANCELLED)
    for number, status in enumerate(scope.status):
        if status in _IDLE:
            found.add(status)
            run.mark(scope, number, NodeStatus.CANCELLED)
    return found


def advance(run: Run, scope: Scope) -> None:
    """Take a stopping region one step on: wait for answers, undo the next thing, or end."""
    region = scope.region
    assert region is not None
    if any(call.scope.within(scope) for call in run.calls.values()):
        return
    if any(timer.purpose == "undo" and timer.scope.within(scope) for timer in run.timers.values()):
        return
    while (following := _take_undo(run, scope)) is not None:
        if scope is run.root and region.rollback:
            run.change(RunStatus.ROLLING_BACK)
        inner, number = following
        run.mark(inner, number, NodeStatus.COMPENSATING)
        if compensate(run, inner, number, 1):
            return
    _end(run, scope, region)


def region_around(scope: Scope) -> Scope:
    """The outermost scope, from this one on, that is being stopped. There is one."""
    found = None
    inner: Scope | None = scope
    while inner is not None:
        if inner.region is not None:
            found = inner
        inner = inner.parent
    assert found is not None
    return found


def _take_undo(run: Run, scope: Scope) -> tuple[Scope, int] | None:
    """The node that is to be undone next, taken from those that can be; None when all is undone."""
    for position in range(len(run.undo) - 1, -1, -1):
        inner, number = run.undo[position]
        if inner.within(scope) and _is_owed(inner):
            del run.undo[position]
            return inner, number
    return None


def _is_owed(scope: Scope) -> bool:
    """Whether what was done in the scope is to be undone: an item's undoing is finished even in a cancelled run."""
    inner: Scope | None = scope
    while inner is not None:
        if inner.region is not None and inner.region.rollback:
            return True
        inner = inner.parent
    return False


def compensate(run: Run, scope: Scope, number: int, attempt: int) -> bool:
    """Ask the agent that undoes a node; False when it cannot be asked, and the node is left undone.

    Compensations go one at a time and never queue.
    """
    node = scope.plan.nodes[number]
    try:
        values = given_to_undo(run, scope, node)
    except EvaluationError as problem:
        message = f"the input `{problem.where}` of the compensation of node '{node.id}': {problem}"
        _leave(run, scope, number, Failure(FailureKind.INVALID_INPUT, message, problem.where))
        return False
    call = Call(scope, node, attempt, node.compensate)
    issue(run, call.path, call, values)
    return True


def undo_again(run: Run, scope: Scope, number: int, attempt: int) -> None:
    """The wait before a compensation's next attempt is over."""
    if not compensate(run, scope, number, attempt):
        advance(run, region_around(scope))


def compensated(run: Run, call: Call) -> None:
    call.scope.undoing.pop(call.node.number, None)
    run.mark(call.scope, call.node.number, NodeStatus.COMPENSATED)
    around = region_around(call.scope)
    assert around.region is not None
    around.region.undone += 1
    advance(run, around)


def compensation_failed(run: Run, call: Call, failure: Failure) -> None:
    """Wait and try the compensation again, or list it as left undone and go on with the others."""
    assert call.undo is not None
    scope, number = call.scope, call.node.number
    delay = retry_delay(call.undo.retry, failure, call.attempt, call.path)
    if delay is None:
        _leave(run, scope, number, failure)
        advance(run, region_around(scope))
        return
    following = call.attempt + 1
    set_timer(run, f"retry:{call.path}#{following}", Timer("undo", scope, number, run.now + delay, following))


def _leave(run: Run, scope: Scope, number: int, failure: Failure) -> None:
    """The node cannot be undone: that is told at the end."""
    scope.undoing.pop(number, None)
    run.mark(scope, number, NodeStatus.COMPENSATION_FAILED, failure)
    run.undone_left.append(scope.path(scope.plan.nodes[number]))


def _end(run: Run, scope: Scope, region: Region) -> None:
    if scope is run.root:
        finish(run, _end_status(run, region))
        return
    # An item of a map that collects failures: the failure is the item's output, and the map goes on.
    assert region.failure is not None
    error: dict[str, object] = {"kind": region.failure.kind, "message": region.failure.message, "path": region.path}
    left = [path for path in run.undone_left if path.startswith(scope.prefix)]
    if left:
        error["undone_left"] = left
    scope.outcome = encode({"error": error})
    run.closed.append(scope)


def _end_status(run: Run, region: Region) -> RunStatus:
    if run.undone_left:
        return RunStatus.FAILED
    if region.rollback and region.undone:
        return RunStatus.ROLLED_BACK
    return RunStatus.CANCELLED if region.cause == "cancel" else RunStatus.FAILED


def finish(run: Run, status: RunStatus, *, outputs: bytes | None = None) -> None:
    """The end of the run. Nothing is asked of anybody after it."""
    run.change(status)
    for name in list(run.timers):
        clear_timer(run, name)
    run.finished = end_of(run, outputs)
    run.commands.append(run.finished)


def end_of(run: Run, outputs: bytes | None) -> FinishRun:
    """How a run has ended that has."""
    region = run.root.region
    failure, path = (region.failure, region.path) if region else (None, None)
    return FinishRun(run.status.value, outputs, failure, path, list(run.undone_left))  # type: ignore[arg-type]
