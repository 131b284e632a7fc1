"""Undoing one node: asking the agent of its compensation, again if it fails, and at last a person.

From version 2 of the machine on, what cannot be undone is asked about; before that it was only listed. While a person
thinks, the others are undone.
"""

from concertato.errors import FailureKind
from concertato.run.attempts import issue, set_timer, tell_failed
from concertato.run.call import Call
from concertato.run.events import Failure
from concertato.run.people import open_task
from concertato.run.retry import retry_delay
from concertato.run.scope import Scope
from concertato.run.state import Run, Timer
from concertato.run.status import NodeStatus
from concertato.run.values import EvaluationError, Subject, given_to


def compensate(run: Run, scope: Scope, number: int, attempt: int) -> bool:
    """Ask the agent that undoes a node; False when it cannot be asked: then a person is, or the node is left undone.

    Compensations go one at a time and never queue.
    """
    node = scope.plan.nodes[number]
    call = Call(scope, node, attempt, "compensation")
    try:
        values = given_to(run, call)
    except EvaluationError as problem:
        message = f"the input `{problem.where}` of the compensation of node '{node.id}': {problem}"
        _give_up(run, scope, number, Failure(FailureKind.INVALID_INPUT, message, problem.where))
        return False
    if attempt > 1:
        scope.troubled().undos[number] = attempt
    run.tell("compensating", scope.path(node), agent=call.agent, attempt=attempt)
    issue(run, call, values)
    return True


def compensated(run: Run, scope: Scope, number: int, *, by_hand: bool = False) -> None:
    """It is undone."""
    scope.undoing.pop(number, None)
    run.mark(scope, number, NodeStatus.COMPENSATED)
    run.tell("compensated", scope.path(scope.plan.nodes[number]), by_hand=by_hand)


def compensation_failed(run: Run, call: Call, failure: Failure) -> bool:
    """Wait and try the compensation again, else give it up. Returns whether the others may go on being undone."""
    scope, number = call.scope, call.node.number
    before = scope.trouble.undone_before.get(number, 0) if scope.trouble is not None else 0
    delay = retry_delay(call.asked.retry, failure, call.attempt - before, call.path)
    if run.teller is not None:
        tell_failed(run, "compensation_failed", call, failure, delay)
    if delay is None:
        _give_up(run, scope, number, failure)
        return True
    following = call.attempt + 1
    set_timer(run, f"retry:{call.path}#{following}", Timer("undo", scope, number, run.now + delay, following))
    return False


def _give_up(run: Run, scope: Scope, number: int, failure: Failure) -> None:
    """A person decides, where somebody is named and the run is one that asks; otherwise it is left undone."""
    node = scope.plan.nodes[number]
    assert node.compensate is not None
    if node.compensate.ask is None or run.started.machine == 1:
        leave(run, scope, number, failure)
        return
    scope.failures[number] = failure
    open_task(run, "undo", node.compensate.ask, Subject(scope, node, failure))


def leave(run: Run, scope: Scope, number: int, failure: Failure) -> None:
    """The node stays as it is: that is told at the end."""
    path = scope.path(scope.plan.nodes[number])
    scope.undoing.pop(number, None)
    run.mark(scope, number, NodeStatus.COMPENSATION_FAILED, failure)
    run.undone_left.append(path)
    run.tell("compensation_left", path, kind=failure.kind.value, message=failure.message)


def again(run: Run, scope: Scope, number: int) -> None:
    """A person has it tried again, with attempts of its own, once nothing else is being undone beside it."""
    trouble = scope.troubled()
    trouble.undone_before[number] = trouble.undos.get(number, 1)
    run.note_undo(scope, number)


def first_attempt(scope: Scope, number: int) -> int:
    """The attempt that undoing a node begins with: not the first, where it was tried before."""
    return 1 if scope.trouble is None else scope.trouble.undone_before.get(number, 0) + 1
