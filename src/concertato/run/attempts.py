"""The attempts at one thing: asking an agent within the run's window, time-outs, waiting before the next, giving up.

What is asked for may be a node's own work, or what its ladder has come to: the same work of another agent, or what is
to become of it.
"""

from concertato.errors import FailureKind
from concertato.ids import task_id
from concertato.plan.model import NodePlan, RecoverPlan
from concertato.run.call import Call, ladder_of
from concertato.run.commands import CallAgent, CancelCall, CancelTimer, StartTimer
from concertato.run.events import Failure
from concertato.run.retry import retry_delay
from concertato.run.scope import Scope
from concertato.run.state import Run, Timer
from concertato.run.status import RESOLVED, NodeStatus
from concertato.run.values import EvaluationError, fail_on_input, given, given_to


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
        if scope.trouble is None:
            call = Call(scope, node, attempt)
            values = given(run, scope, node)
        else:
            call = _call_of(scope, node, attempt)
            values = given_to(run, call)
    except EvaluationError as problem:
        fail_on_input(run, scope, node, problem)
        return
    status = NodeStatus.RECOVERING
    if call.role == "node":
        status = NodeStatus.RUNNING
        if attempt > 1:
            scope.attempts[node.number] = attempt
    if scope.status[node.number] is not status:
        run.mark(scope, node.number, status)
    issue(run, call, values)


def _call_of(scope: Scope, node: NodePlan, attempt: int) -> Call:
    """Whose turn it is: the node's own agent's, or that of the rung that its ladder has come to."""
    walk = scope.walk(node.number)
    if walk is None or walk.idle:
        return Call(scope, node, attempt)
    if isinstance(ladder_of(scope, node)[walk.rung], RecoverPlan):
        return Call(scope, node, attempt, "recovery", rung=walk.rung, time=walk.times[walk.rung] - 1)
    return Call(scope, node, attempt, "fallback", rung=walk.rung)


def issue(run: Run, call: Call, values: dict[str, bytes]) -> None:
    """Put the call out: with the agent from now on, and with a timer where its time is bounded."""
    path = call.path
    run.calls[path] = call
    run.commands.append(command(run, path, call, values))
    if call.timeout is not None:
        timer = Timer("attempt", call.scope, call.node.number, run.now + call.timeout, call.attempt)
        set_timer(run, f"timeout:{path}#{call.attempt}", timer)


def command(run: Run, path: str, call: Call, values: dict[str, bytes]) -> CallAgent:
    """The command for a call; made again, alike but for time, when a run is taken up after a crash."""
    if call.scope.trouble is None and call.role == "node":  # the usual case, kept short
        key = task_id(run.started.task_root, path)
        return CallAgent(path, call.node.agent, key, values, call.attempt, call.timeout)
    # What is to become of a failure is asked anew in a run that continues another: it is another failure.
    root = run.started.run_id if call.role == "recovery" else run.started.task_root
    key = task_id(root, path if call.scope.trouble is None else path + _variant(call))
    return CallAgent(path, call.agent, key, values, call.attempt, call.timeout, call.role)


def _variant(call: Call) -> str:
    """What is asked with other inputs is another task: an agent must not take it for a repeat of the first."""
    trouble, number = call.scope.trouble, call.node.number
    if trouble is None or call.role != "node":
        return ""
    # What was planned before has been undone: a planner that is asked again is asked for another plan.
    anew = f"~{trouble.rounds[number] + 1}" if number in trouble.rounds else ""
    changed = anew + (f"~inputs{trouble.changes[number]}" if number in trouble.changes else "")
    if number not in trouble.mistakes:
        return changed
    # What is wrong may be something else each time that it is sent back.
    before = trouble.since[number] - 1
    return f"{changed}~mended{before or ''}"


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
    """An attempt has failed: wait and try again, or give up."""
    scope, node = call.scope, call.node
    number = node.number
    if scope.stopped():
        if scope.status[number] not in RESOLVED:  # a plan node may have run out of time while its planner was asked
            run.mark(scope, number, NodeStatus.CANCELLED, failure)
        return
    if scope.trouble is not None and number in scope.trouble.regions:
        return  # a planner that was told to stop: its node's ladder goes on once everything inside is stopped
    path = call.path
    before = scope.trouble.since.get(number, 0) if scope.trouble is not None and call.role == "node" else 0
    retry = node.retry if call.role == "node" else call.asked.retry
    delay = retry_delay(retry, failure, call.attempt - before, path)
    if run.teller is not None:
        tell_failed(run, "attempt_failed", call, failure, delay)
    if delay is None:
        walk = scope.walk(number)
        if walk is not None and call.role != "node":
            walk.attempts = call.attempt
        # That a recovery agent fails is not the node's failure.
        cause = walk.failure if walk is not None and call.role == "recovery" else failure
        run.broken.append((scope, number, cause))
        return
    run.mark(scope, number, NodeStatus.RETRYING, failure)
    following = call.attempt + 1
    set_timer(run, f"retry:{path}#{following}", Timer("retry", scope, number, run.now + delay, following))


def tell_failed(run: Run, step: str, call: Call, failure: Failure, delay: float | None) -> None:
    again = {} if delay is None else {"delay": delay}
    detail = {"agent": call.agent, "attempt": call.attempt, "kind": failure.kind.value, "message": failure.message}
    run.tell(step, call.scope.path(call.node), **detail, **again)


def set_timer(run: Run, name: str, timer: Timer) -> None:
    run.timers[name] = timer
    run.commands.append(StartTimer(name, timer.due))


def clear_timer(run: Run, name: str) -> None:
    if run.timers.pop(name, None) is not None:
        run.commands.append(CancelTimer(name))
