"""Stopping a region of the run, undoing what was done in it, and its end.

A region is a whole scope (the run, or a map's item where the map collects failures) or what stands inside one node.
First everything in flight in it is answered; then what succeeded is undone, last one first (Garcia-Molina and Salem,
"Sagas", 1987); then the region has its end. Nodes that have a compensation are not told to stop, unless they say that
they can be: cut off in the middle nobody could say whether they took effect, so they finish and are undone.
"""

from collections import deque
from collections.abc import Iterator

from concertato.run.attempts import clear_timer
from concertato.run.call import Call
from concertato.run.commands import CancelCall, FinishRun
from concertato.run.people import close_task
from concertato.run.scope import Region, Scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus, RunStatus
from concertato.run.undoing import compensate, first_attempt
from concertato.run.values import encode

_IDLE = {NodeStatus.PENDING, NodeStatus.QUEUED, NodeStatus.RETRYING, NodeStatus.WAITING}


def stop(run: Run, region: Region) -> None:
    """Stop everything in the region; `advance` takes it from there as the answers come."""
    scope = region.scope
    if region.number < 0:
        scope.region = region
    else:
        scope.troubled().regions[region.number] = region
    if scope is run.root and region.number < 0:
        run.paused = False
        run.change(RunStatus.STOPPING)
    _tell(run, region)
    cancelled = _cancel_idle(run, region)
    # Each is as long as the run is wide: a map that collects a thousand failures must not go through them for each.
    if NodeStatus.QUEUED in cancelled:
        run.queue = deque(entry for entry in run.queue if not region.holds(entry[0], entry[1].number))
    if NodeStatus.WAITING in cancelled:
        run.forget_waits(region.holds)
        for name, task in list(run.tasks.items()):
            if task.about != "undo" and region.holds(task.scope, task.node):
                close_task(run, name, "cancelled")
    if run.opening:
        run.opening = {entry: None for entry in run.opening if not region.holds(*entry)}
    for name, timer in list(run.timers.items()):
        if timer.purpose in {"retry", "wait", "node"} and region.holds(timer.scope, timer.node):
            clear_timer(run, name)
    for path, call in run.calls.items():
        if region.holds(call.scope, call.node.number) and not call.dropped and not _finishes(call):
            call.dropped = True
            run.commands.append(CancelCall(path, call.attempt))
    advance(run, region)


def _tell(run: Run, region: Region) -> None:
    failure = region.failure
    about = {} if failure is None else {"kind": failure.kind.value, "message": failure.message}
    run.tell("stopping", _path_of(region), cause=region.cause, rollback=region.rollback, **about)


def _path_of(region: Region) -> str:
    if region.number >= 0:
        return region.scope.path(region.scope.plan.nodes[region.number])
    return region.scope.prefix.removesuffix("/")


def _finishes(call: Call) -> bool:
    """Whether a call goes on to its end although its region is being stopped."""
    if call.role in ("compensation", "recovery") or call.node.cancellable is not None:
        return call.role == "compensation" or (call.role != "recovery" and call.node.cancellable is False)
    return call.node.compensate is not None and _is_owed(call.scope, call.node.number)


def _cancel_idle(run: Run, region: Region) -> set[NodeStatus]:
    """Cancel the nodes that nobody works on. Returns what the nodes were at that were cancelled so."""
    at_work = {(id(call.scope), call.node.number) for call in run.calls.values() if not call.undo}
    if region.number < 0:
        return _cancel_in(run, region.scope, region, at_work)
    found: set[NodeStatus] = set()
    for child in region.scope.children.get(region.number, {}).values():
        found |= _cancel_child(run, child, region, at_work)
    # The node itself is not cancelled: it is the one whose ladder goes on.
    status = region.scope.status[region.number]
    if status in (NodeStatus.QUEUED, NodeStatus.RETRYING):
        found.add(status)
    if (region.scope.status[region.number]) is not NodeStatus.RECOVERING:
        run.mark(region.scope, region.number, NodeStatus.RECOVERING, region.failure)
    return found


def _cancel_child(run: Run, child: Scope, region: Region, at_work: set[tuple[int, int]]) -> set[NodeStatus]:
    if child.outcome is not None:
        return set()  # it has ended in this very step
    if child.region is not None:
        region.undone += child.region.undone
    return _cancel_in(run, child, region, at_work)


def _cancel_in(run: Run, scope: Scope, region: Region, at_work: set[tuple[int, int]]) -> set[NodeStatus]:
    found: set[NodeStatus] = set()
    for number, children in scope.children.items():
        for child in children.values():
            found |= _cancel_child(run, child, region, at_work)
        if scope.status[number] is NodeStatus.RUNNING and (id(scope), number) not in at_work:
            run.mark(scope, number, NodeStatus.CANCELLED)
    if scope.trouble is not None:
        region.undone += sum(inner.undone for inner in scope.trouble.regions.values() if inner is not region)
    for number, status in enumerate(scope.status):
        idle = status is NodeStatus.RECOVERING and (id(scope), number) not in at_work
        if status in _IDLE or idle:
            found.add(status)
            run.mark(scope, number, NodeStatus.CANCELLED)
    return found


def advance(run: Run, region: Region) -> None:
    """Take a stopping region one step on: wait for answers, undo the next thing, or end."""
    if any(region.holds(call.scope, call.node.number) for call in run.calls.values()):
        return
    if any(timer.purpose == "undo" and region.holds(timer.scope, timer.node) for timer in run.timers.values()):
        return
    while (following := _take_undo(run, region)) is not None:
        if region.scope is run.root and region.number < 0 and region.rollback:
            run.change(RunStatus.ROLLING_BACK)
        scope, number = following
        if scope.status[number] is not NodeStatus.COMPENSATING:
            run.mark(scope, number, NodeStatus.COMPENSATING)
        if compensate(run, scope, number, first_attempt(scope, number)):
            return
    if not any(task.about == "undo" and region.holds(task.scope, task.node) for task in run.tasks.values()):
        _end(run, region)


def regions_around(scope: Scope, number: int) -> Iterator[Region]:
    """What is being stopped that a node belongs to, from the inside outwards."""
    if scope.trouble is not None and number in scope.trouble.regions:
        yield scope.trouble.regions[number]
    yield from scope.regions()


def region_around(scope: Scope, number: int) -> Region | None:
    """The outermost region that a node belongs to: the one that decides when all in it is done."""
    found = None
    for region in regions_around(scope, number):
        found = region
    return found


def go_on(run: Run, scope: Scope, number: int) -> None:
    """Where a node is being stopped, its answer may have been the last that was waited for."""
    region = region_around(scope, number)
    if region is not None:
        advance(run, region)


def undone(run: Run, scope: Scope, number: int) -> None:
    """A node has been undone."""
    region = region_around(scope, number)
    assert region is not None
    region.undone += 1
    advance(run, region)


def _take_undo(run: Run, region: Region) -> tuple[Scope, int] | None:
    """The node that is to be undone next, taken from those that can be; None when all is undone."""
    if not region.scope.undoable:
        return None  # of ten thousand items that fail each must not look through what all the others did
    for position in range(len(run.undo) - 1, -1, -1):
        scope, number = run.undo[position]
        if region.holds(scope, number) and _is_owed(scope, number):
            return run.take_undo(position)
    return None


def _is_owed(scope: Scope, number: int) -> bool:
    """Whether what a node did is to be undone: an item's undoing is finished even in a cancelled run."""
    return any(region.rollback for region in regions_around(scope, number))


def _end(run: Run, region: Region) -> None:
    scope = region.scope
    if region.number >= 0:
        run.settled.append(region)
        return
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
    if run.teller is not None:
        _tell_end(run, run.finished)


def _tell_end(run: Run, end: FinishRun) -> None:
    why = {} if end.failure is None else {"kind": end.failure.kind.value, "message": end.failure.message}
    where = {} if end.path is None else {"path": end.path}
    left = {"undone_left": end.undone_left} if end.undone_left else {}
    run.tell("ended", "", status=end.status, **why, **where, **left)


def end_of(run: Run, outputs: bytes | None) -> FinishRun:
    """How a run has ended that has."""
    region = run.root.region
    failure, path = (region.failure, region.path) if region else (None, None)
    return FinishRun(run.status.value, outputs, failure, path, list(run.undone_left))  # type: ignore[arg-type]
