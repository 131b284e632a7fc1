"""The one door of a run: an event goes in, commands come out. Every event goes through `step`.

The machine is total: an event that does not fit (late, twice, unknown, not allowed) is refused with a reason and
changes nothing; it never raises for what comes from outside. It has no clock (the time is in the events), does no
I/O and rolls no dice, so that the same events always lead to the same state: replaying a journal is calling `step`
again and dropping the commands.
"""

from collections.abc import Callable
from typing import Any

from concertato.plan.model import NodePlan, Plan
from concertato.run import attempts, deciding, instant, ladder, planning, scopes
from concertato.run.answering import (
    on_attempt_failed,
    on_compensation_failed,
    on_compensation_succeeded,
    on_node_succeeded,
    on_recovery_decided,
)
from concertato.run.chronicle import Chronicler
from concertato.run.commands import Command
from concertato.run.events import (
    AnyEvent,
    AttemptFailed,
    CancelRequested,
    CompensationFailed,
    CompensationSucceeded,
    Decided,
    Event,
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
from concertato.run.refusal import Refusal
from concertato.run.requesting import (
    on_cancel_requested,
    on_decided,
    on_plan_edited,
    on_run_paused,
    on_run_resumed,
    on_signal_received,
    on_task_delegated,
)
from concertato.run.ringing import on_timer_fired
from concertato.run.scope import Scope
from concertato.run.state import Observer, Run, Timer
from concertato.run.stride import strides


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
    if type(event) is NodeSucceeded and strides(run, event):
        return _work(run)
    refusal = _HANDLERS[type(event)](run, event)
    if refusal is not None:
        return refusal
    return _work(run)


def _work(run: Run) -> list[Command]:
    """Follow every consequence of what has happened; failures first, so that nothing starts that will be stopped."""
    while True:
        if run.broken:
            scope, number, failure = run.broken.pop(0)
            ladder.fail(run, scope, number, failure)
        elif run.settled:
            ladder.go_on(run, run.settled.pop(0))
        elif run.again:
            _begin_again(run, *run.again.pop(0))
        elif run.ready:
            scope, number = run.ready.popleft()
            node = look(run, scope, number)
            if node is None:
                continue
            if run.taken and (result := run.taken.get(scope.path(node))) is not None:
                _take_over(run, scope, node, result)
            else:
                _BEGIN[node.kind](run, scope, node)
        elif run.closed:
            scopes.close(run, run.closed.popleft())
        elif not (run.queue and attempts.fill(run)) and not (run.opening and scopes.open_further(run)):
            break
    commands, run.commands = run.commands, []
    return commands


def _take_over(run: Run, scope: Scope, node: NodePlan, result: bytes) -> None:
    """A node has its result from the run that this one continues."""
    if node.kind == "plan":
        planning.begin_taken(run, scope, node, result)
        return
    # What a fork takes over is its origin's to undo; a retry stands in for its origin, and undoes all of it.
    succeed(run, scope, node.number, result, undoable=run.started.relation == "retry")


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
