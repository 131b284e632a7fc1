"""One node's attempts: asking its agent within the run's window, time-outs, waiting before the next, giving up."""

from concertato.errors import FailureKind
from concertato.ids import task_id
from concertato.plan.model import NodePlan
from concertato.run.commands import CallAgent, CancelCall, CancelTimer, StartTimer
from concertato.run.events import Failure
from concertato.run.retry import retry_delay
from concertato.run.state import Call, Run, Scope, Timer
from concertato.run.status import NodeStatus
from concertato.run.values import EvaluationError, fail_on_input, given


def ask(run: Run, scope: Scope, node: NodePlan, attempt: int = 1) -> None:
    """Have the node's agent called: now if the run's window has room, else as soon as it has."""
    if run.paused or run.queue or len(run.calls) >= run.plan.max_parallel:
        run.mark(scope, node.number, NodeStatus.QUEUED)
        run.queue.append((scope, node, attempt))
    else:
        _call(run, scope, node, attempt)


def fill(run: Run) -> bool:
    """Give one of the window's free places to what has queued longest; False when there is nothing to do."""
    if run.paused or not run.queue or len(run.calls) >= run.plan.max_parallel:
        return False
    _call(run, *run.queue.popleft())
    return True


def _call(run: Run, scope: Scope, node: NodePlan, attempt: int) -> None:
    try:
        values = given(run, scope, node)
    except EvaluationError as problem:
        fail_on_input(run, scope, node, problem)
        return
    if attempt > 1:
        scope.attempts[node.number] = attempt
    run.mark(scope, node.number, NodeStatus.RUNNING)
    issue(run, scope.prefix + node.id, Call(scope, node, attempt), values)


def issue(run: Run, path: str, call: Call, values: dict[str, bytes]) -> None:
    """Put the call out: with the agent from now on, and with a timer where its time is bounded."""
    run.calls[path] = call
    run.commands.append(command(run, path, call, values))
    if call.timeout is not None:
        timer = Timer("attempt", call.scope, call.node.number, run.now + call.timeout, call.attempt)
        set_timer(run, f"timeout:{path}#{call.attempt}", timer)


def command(run: Run, path: str, call: Call, values: dict[str, bytes]) -> CallAgent:
    """The command for a call; made again, alike but for time, when a run is taken up after a crash."""
    key = task_id(run.started.task_root, path)
    return CallAgent(path, call.agent, key, values, call.attempt, call.timeout, call.purpose)


def answered(run: Run, path: str, call: Call) -> None:
    """The attempt has its answer: free its place in the window, and its timer."""
    del run.calls[path]
    if call.timeout is not None:
        clear_timer(run, f"timeout:{path}#{call.attempt}")


def expired(run: Run, path: str, call: Call) -> Failure:
    """The attempt's time is over: whoever works on it is told to stop. Returns the failure that this is."""
    del run.calls[path]
    run.commands.append(CancelCall(path, call.attempt, answered=True))
    return Failure(FailureKind.TIMEOUT, f"no answer within {call.timeout:g} s (attempt {call.attempt})")


def failed(run: Run, call: Call, failure: Failure) -> None:
    """An attempt of a node has failed: wait and try again, or give up."""
    scope, node = call.scope, call.node
    if scope.stopped():
        run.mark(scope, node.number, NodeStatus.CANCELLED, failure)
        return
    path = scope.path(node)
    delay = retry_delay(node.retry, failure, call.attempt, path)
    if delay is None:
        run.broken.append((scope, node.number, failure))
        return
    run.mark(scope, node.number, NodeStatus.RETRYING, failure)
    following = call.attempt + 1
    set_timer(run, f"retry:{path}#{following}", Timer("retry", scope, node.number, run.now + delay, following))


def set_timer(run: Run, name: str, timer: Timer) -> None:
    run.timers[name] = timer
    run.commands.append(StartTimer(name, timer.due))


def clear_timer(run: Run, name: str) -> None:
    if run.timers.pop(name, None) is not None:
        run.commands.append(CancelTimer(name))
