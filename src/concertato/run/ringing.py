"""What follows when a timer fires."""

from concertato.errors import FailureKind
from concertato.run import attempts, deciding, instant, people, stopping, undoing
from concertato.run.answering import compensation_failed, go_on_stopping
from concertato.run.events import (
    Failure,
    TimerFired,
)
from concertato.run.refusal import Refusal
from concertato.run.scope import Region
from concertato.run.state import Run


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
        compensation_failed(run, call, failure)
        return
    attempts.failed(run, call, failure)
    go_on_stopping(run, call)
