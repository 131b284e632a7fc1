"""The one door of a run: an event goes in, commands come out. Every event goes through `step`.

The machine is total: an event that does not fit (late, twice, unknown, not allowed) is refused with a reason and
changes nothing; it never raises for what comes from outside. It has no clock (the time is in the events), does no
I/O and rolls no dice, so that the same events always lead to the same state: replaying a journal is calling `step`
again and dropping the commands.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from concertato.definition.patch import described, read_patch
from concertato.errors import FailureKind
from concertato.plan.model import NodePlan, Plan
from concertato.run import attempts, deciding, instant, ladder, people, planning, scopes, stopping, undoing
from concertato.run.chronicle import Chronicler
from concertato.run.commands import Command
from concertato.run.edit import apply_edit
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CancelRequested,
    CompensationFailed,
    CompensationSucceeded,
    Decided,
    Event,
    Failure,
    LateResult,
    NodeSucceeded,
    PlanEdited,
    RecoveryDecided,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    SignalReceived,
    TaskDelegated,
    TimerFired,
)
from concertato.run.flow import look, succeed
from concertato.run.state import Call, Observer, Region, Role, Run, Scope, Timer
from concertato.run.status import NodeStatus, RunStatus

_Answer = NodeSucceeded | AttemptFailed | CompensationSucceeded | CompensationFailed | RecoveryDecided


class Refusal(msgspec.Struct, frozen=True):
    """Why an event was not accepted. `late`: it is an answer that nobody waits for any more."""

    reason: str
    late: bool = False


def begin(
    plan: Plan,
    started: RunStarted,
    *,
    observer: Observer | None = None,
    teller: Chronicler | None = None,
    keep: bool = False,
) -> tuple[Run, list[Command]]:
    """A new run of `plan`, and the first commands."""
    run = Run(plan, started)
    run.observer = observer
    run.teller = teller
    run.keep = keep
    if plan.timeout is not None:
        attempts.set_timer(run, "run:", Timer("run", run.root, -1, run.now + plan.timeout))
    run.ready.extend((run.root, number) for number in plan.root.starts)
    return run, _work(run)


def step(run: Run, event: AnyEvent) -> list[Command] | Refusal:
    """Take one event into the run. The caller makes the event durable before it performs the commands."""
    if run.finished:
        if isinstance(event, RunFinished | LateResult):
            return []  # the record of an end that was derived already, or of something that changes nothing
        return Refusal(f"the run has ended ({run.status})", late=True)
    run.now = event.at
    refusal = _HANDLERS[type(event)](run, event)
    if refusal is not None:
        return refusal
    return _work(run)


def _work(run: Run) -> list[Command]:
    """Follow every consequence of what has happened; failures first, so that nothing starts that will be stopped."""
    while True:
        if run.broken:
            scope, number, failure = run.broken.popleft()
            ladder.fail(run, scope, number, failure)
        elif run.settled:
            ladder.go_on(run, run.settled.popleft())
        elif run.again:
            _begin_again(run, *run.again.popleft())
        elif run.ready:
            scope, number = run.ready.popleft()
            node = look(run, scope, number)
            if node is not None:
                _start(run, scope, node)
        elif run.closed:
            scopes.close(run, run.closed.popleft())
        elif not attempts.fill(run) and not (run.opening and scopes.open_further(run)):
            break
    commands, run.commands = run.commands, []
    return commands


def _start(run: Run, scope: Scope, node: NodePlan) -> None:
    if run.taken and (result := run.taken.get(scope.path(node))) is not None:
        if node.kind == "plan":
            planning.begin_taken(run, scope, node, result)
            return
        # What a fork takes over is its origin's to undo; a retry stands in for its origin, and undoes all of it.
        succeed(run, scope, node.number, result, undoable=run.started.relation == "retry")
    else:
        _BEGIN[node.kind](run, scope, node)


def _begin_again(run: Run, scope: Scope, number: int) -> None:
    if not scope.stopped():
        node = scope.plan.nodes[number]
        _BEGIN[node.kind](run, scope, node)


_BEGIN: dict[str, Callable[[Run, Scope, NodePlan], None]] = {
    "task": attempts.ask,
    "switch": instant.begin_switch,
    "set": instant.begin_set,
    "wait": instant.begin_wait,
    "map": scopes.begin_map,
    "loop": scopes.begin_loop,
    "workflow": scopes.begin_workflow,
    "human": deciding.begin_human,
    "plan": planning.begin_plan,
}


def on_node_succeeded(run: Run, event: NodeSucceeded) -> Refusal | None:
    call = _awaited(run, event, ("node", "fallback"))
    if call is None:
        return _unexpected(event)
    attempts.answered(run, event.path, call)
    scope, node, output = call.scope, call.node, bytes(event.output)
    if scope.trouble is None and node.kind == "task":
        succeed(run, scope, node.number, output)
    else:
        _succeeded_late(run, call, output)
    _go_on_stopping(run, call)
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
    attempts.failed(run, call, event.failure)
    _go_on_stopping(run, call)
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
    _compensation_failed(run, call, event.failure)
    return None


def _compensation_failed(run: Run, call: Call, failure: Failure) -> None:
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


def _go_on_stopping(run: Run, call: Call) -> None:
    """Where the call's scope is being stopped, its answer may have been the last that was waited for."""
    if call.scope.trouble is not None or call.scope.stopped():
        stopping.go_on(run, call.scope, call.node.number)


def on_timer_fired(run: Run, event: TimerFired) -> Refusal | None:
    timer = run.timers.pop(event.timer, None)
    if timer is None:
        return Refusal(f"no timer '{event.timer}' is set")
    scope, number = timer.scope, timer.node
    match timer.purpose:
        case "retry":
            attempts.ask(run, scope, scope.plan.nodes[number], timer.attempt)
        case "undo":
            if not undoing.compensate(run, scope, number, timer.attempt):
                stopping.go_on(run, scope, number)
        case "attempt":
            _attempt_expired(run, event.timer.removeprefix("timeout:").rpartition("#")[0])
        case "due":
            deciding.expire(run, timer.task)
        case "remind":
            people.remind(run, timer.task)
        case "node":
            node = scope.plan.nodes[number]
            instant.wait_expired(run, scope, node)
            run.fail(scope, number, FailureKind.TIMEOUT, f"node '{node.id}' took longer than {node.timeout:g} s")
        case "wait":
            instant.waited(run, scope, number)
        case "run":
            failure = Failure(FailureKind.TIMEOUT, f"the workflow took longer than {run.plan.timeout:g} s")
            if run.root.region is None:
                stopping.stop(run, Region(run.root, "failure", True, failure))
    return None


def _attempt_expired(run: Run, path: str) -> None:
    call = run.calls[path]
    failure = attempts.expired(run, path, call)
    if call.undo:
        _compensation_failed(run, call, failure)
        return
    attempts.failed(run, call, failure)
    _go_on_stopping(run, call)


def on_signal_received(run: Run, event: SignalReceived) -> Refusal | None:
    if run.root.region is not None:
        return Refusal(f"the run is {run.status}: signals no longer reach it")
    instant.signalled(run, event.name, bytes(event.payload))
    return None


def on_run_paused(run: Run, event: RunPaused) -> Refusal | None:
    if run.status is not RunStatus.RUNNING:
        return Refusal(f"only a running run can be paused; this one is {run.status}")
    run.paused = True
    run.change(RunStatus.PAUSED)
    run.tell("paused", "", by=event.by, reason=event.reason)
    return None


def on_run_resumed(run: Run, event: RunResumed) -> Refusal | None:
    if run.status is not RunStatus.PAUSED:
        return Refusal(f"only a paused run can be resumed; this one is {run.status}")
    run.paused = False
    run.change(RunStatus.RUNNING)
    run.tell("resumed", "", by=event.by, reason=event.reason)
    return None


def on_cancel_requested(run: Run, event: CancelRequested) -> Refusal | None:
    if run.root.region is not None:
        return Refusal(f"the run is being stopped already ({run.status})")
    message = "cancelled" + (f" by {event.by}" if event.by else "") + (f": {event.reason}" if event.reason else "")
    run.tell("cancel_requested", "", by=event.by, reason=event.reason, rollback=event.rollback)
    stopping.stop(run, Region(run.root, "cancel", event.rollback, Failure(FailureKind.CANCELLED, message)))
    return None


def on_decided(run: Run, event: Decided) -> Refusal | None:
    reason = deciding.decide(run, event)
    return Refusal(reason) if reason else None


def on_task_delegated(run: Run, event: TaskDelegated) -> Refusal | None:
    reason = deciding.delegate(run, event)
    return Refusal(reason) if reason else None


def on_plan_edited(run: Run, event: PlanEdited) -> Refusal | None:
    if run.root.region is not None:
        return Refusal(f"the run is {run.status}: its plan can no longer be edited")
    reason = apply_edit(run, bytes(event.patch))
    if reason is None and run.teller is not None:
        made = described(read_patch(msgspec.json.decode(event.patch)))
        run.tell("edited", "", by=event.by, reason=event.reason, undoes=event.undoes, **made)
    return Refusal(reason) if reason else None


def on_nothing(run: Run, event: RunFinished | LateResult) -> Refusal | None:
    """A record for people; the state does not depend on it."""
    return None


def on_run_started(run: Run, event: RunStarted) -> Refusal | None:
    return Refusal("the run has started already")


_HANDLERS: dict[type[Event], Callable[[Run, Any], Refusal | None]] = {
    RunStarted: on_run_started,
    NodeSucceeded: on_node_succeeded,
    AttemptFailed: on_attempt_failed,
    RecoveryDecided: on_recovery_decided,
    Decided: on_decided,
    TaskDelegated: on_task_delegated,
    TimerFired: on_timer_fired,
    SignalReceived: on_signal_received,
    PlanEdited: on_plan_edited,
    RunPaused: on_run_paused,
    RunResumed: on_run_resumed,
    CancelRequested: on_cancel_requested,
    CompensationSucceeded: on_compensation_succeeded,
    CompensationFailed: on_compensation_failed,
    RunFinished: on_nothing,
    LateResult: on_nothing,
}
