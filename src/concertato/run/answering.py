"""What follows from the answers of agents, each to a call that somebody still waits for."""

from concertato.run import attempts, ladder, planning, stopping, undoing
from concertato.run.call import Call, Role
from concertato.run.events import (
    AttemptFailed,
    CompensationFailed,
    CompensationSucceeded,
    Failure,
    NodeSucceeded,
    RecoveryDecided,
)
from concertato.run.flow import succeed
from concertato.run.refusal import Refusal
from concertato.run.state import Run
from concertato.run.status import NodeStatus

_OF_A_NODE: tuple[Role, ...] = ("node", "fallback")

_Answer = NodeSucceeded | AttemptFailed | CompensationSucceeded | CompensationFailed | RecoveryDecided


def on_node_succeeded(run: Run, event: NodeSucceeded) -> Refusal | None:
    call = run.calls.get(event.path)  # as `_awaited`, without a call of its own: most events come by here
    if call is None or call.attempt != event.attempt or call.role not in _OF_A_NODE:
        return _unexpected(event)
    attempts.answered(run, event.path, call)
    scope, node, output = call.scope, call.node, bytes(event.output)
    if scope.trouble is None and node.kind == "task":
        succeed(run, scope, node.number, output)
    else:
        _succeeded_late(run, call, output)
    # As `go_on_stopping`, which the root of a run that fares well need not be asked.
    if scope.parent is not None or scope.region is not None or scope.trouble is not None:
        go_on_stopping(run, call)
    return None


def _succeeded_late(run: Run, call: Call, output: bytes) -> None:
    """A result where something went wrong before, or of an agent that plans."""
    scope, node = call.scope, call.node
    if call.role == "fallback":
        run.tell("fallback_succeeded", scope.path(node), agent=call.agent)
        ladder.stand_in(run, scope, node, output, undoable=True)
    elif node.kind == "plan":
        planning.proposed(run, call, output)
    else:
        succeed(run, scope, node.number, output)


def on_recovery_decided(run: Run, event: RecoveryDecided) -> Refusal | None:
    call = _awaited(run, event, ("recovery",))
    if call is None:
        return _unexpected(event)
    attempts.answered(run, event.path, call)
    if call.scope.stopped():
        run.mark(call.scope, call.node.number, NodeStatus.CANCELLED)
        stopping.go_on(run, call.scope, call.node.number)
    else:  # what this stops goes on by itself, and may have ended at once
        ladder.recovered(run, call, bytes(event.answer), event.misfit)
    return None


def on_attempt_failed(run: Run, event: AttemptFailed) -> Refusal | None:
    call = _awaited(run, event, ("node", "fallback", "recovery"))
    if call is None:
        return _unexpected(event)
    attempts.answered(run, event.path, call)
    fail = planning.failed if call.role == "node" and call.node.kind == "plan" else attempts.failed
    fail(run, call, event.failure)
    go_on_stopping(run, call)
    return None


def on_compensation_succeeded(run: Run, event: CompensationSucceeded) -> Refusal | None:
    call = _awaited(run, event, ("compensation",))
    if call is None:
        return _unexpected(event)
    attempts.answered(run, event.path, call)
    undoing.compensated(run, call.scope, call.node.number)
    stopping.undone(run, call.scope, call.node.number)
    return None


def on_compensation_failed(run: Run, event: CompensationFailed) -> Refusal | None:
    call = _awaited(run, event, ("compensation",))
    if call is None:
        return _unexpected(event)
    attempts.answered(run, event.path, call)
    compensation_failed(run, call, event.failure)
    return None


def compensation_failed(run: Run, call: Call, failure: Failure) -> None:
    if undoing.compensation_failed(run, call, failure):
        stopping.go_on(run, call.scope, call.node.number)


def _awaited(run: Run, event: _Answer, roles: tuple[Role, ...]) -> Call | None:
    """The call that the event answers, if somebody still waits for that answer."""
    call = run.calls.get(event.path)
    if call is None or call.attempt != event.attempt or call.role not in roles:
        return None
    return call


def _unexpected(event: _Answer) -> Refusal:
    return Refusal(f"nobody waits for an answer to attempt {event.attempt} of '{event.path}'", late=True)


def go_on_stopping(run: Run, call: Call) -> None:
    """Where the call's scope is being stopped, its answer may have been the last that was waited for."""
    if call.scope.trouble is not None or call.scope.stopped():
        stopping.go_on(run, call.scope, call.node.number)
