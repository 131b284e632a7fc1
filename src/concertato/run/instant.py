"""Nodes that no agent is asked about: switches, computed values, and waits for a time or a signal."""

from collections import deque
from typing import TypeVar

from msgspec import json

from concertato.definition.moment import parse_moment
from concertato.errors import FailureKind
from concertato.plan.model import NodePlan, SwitchPlan, WaitPlan
from concertato.run.attempts import clear_timer, set_timer
from concertato.run.flow import succeed
from concertato.run.scope import Scope
from concertato.run.scopes import release
from concertato.run.state import Run, Timer
from concertato.run.status import NodeStatus
from concertato.run.values import EvaluationError, fail_on_input, given, holds, object_text, value

T = TypeVar("T")


def begin_switch(run: Run, scope: Scope, node: NodePlan) -> None:
    switch = node.detail
    assert isinstance(switch, SwitchPlan)
    chosen: int | None = None
    for number, case in enumerate(switch.cases):
        try:
            if holds(run, scope, case, f"cases[{number}].when"):
                chosen = number
                break
        except EvaluationError as problem:
            message = f"`{problem.where}` of switch '{node.id}': {problem}"
            run.fail(scope, node.number, FailureKind.INVALID_INPUT, message, problem.where)
            return
    if chosen is None and switch.ways[-1] != b"null":
        chosen = -1
    scope.chosen[node.number] = chosen
    succeed(run, scope, node.number, b"null" if chosen is None else switch.ways[chosen])


def begin_set(run: Run, scope: Scope, node: NodePlan) -> None:
    try:
        values = given(run, scope, node)
    except EvaluationError as problem:
        fail_on_input(run, scope, node, problem)
        return
    succeed(run, scope, node.number, object_text(values))


def begin_wait(run: Run, scope: Scope, node: NodePlan) -> None:
    wait = node.detail
    assert isinstance(wait, WaitPlan)
    if wait.signal is not None and wait.signal in run.mailbox:
        succeed(run, scope, node.number, _taken(run.mailbox, wait.signal))
        return
    due: float | None = None
    if wait.seconds is not None:
        due = run.now + wait.seconds
    elif wait.until is not None:
        try:
            due = _moment(value(run, scope, wait.until, "until"))
        except (EvaluationError, ValueError) as problem:
            message = f"`until` of wait '{node.id}': {problem}"
            run.fail(scope, node.number, FailureKind.INVALID_INPUT, message, "until")
            return
    run.mark(scope, node.number, NodeStatus.WAITING)
    path = scope.path(node)
    if wait.signal is not None:
        run.waits.setdefault(wait.signal, deque()).append((scope, node.number))
    if due is not None:
        set_timer(run, f"wait:{path}", Timer("wait", scope, node.number, due))
    if node.timeout is not None:
        set_timer(run, f"timeout:{path}#1", Timer("node", scope, node.number, run.now + node.timeout))


def _moment(given: object) -> float:
    """Seconds since the epoch of what an expression gave. Raises ValueError."""
    return parse_moment(given if isinstance(given, str) else json.encode(given).decode()[:80])


def signalled(run: Run, name: str, payload: bytes) -> None:
    """A signal goes to the node that has waited for it longest; nobody waits: it is kept for the first that will."""
    if name not in run.waits:
        run.mailbox.setdefault(name, deque()).append(payload)
        return
    scope, number = _taken(run.waits, name)
    release(run, scope, scope.plan.nodes[number], payload)


def _taken(queues: dict[str, deque[T]], name: str) -> T:
    """The first of a queue; a queue that has no more is no more, so that names do not pile up in a long run."""
    first = queues[name].popleft()
    if not queues[name]:
        del queues[name]
    return first


def waited(run: Run, scope: Scope, number: int) -> None:
    """The time that a node waited for has come."""
    node = scope.plan.nodes[number]
    release(run, scope, node, b"null")


def wait_expired(run: Run, scope: Scope, node: NodePlan) -> None:
    """A wait took longer than it may: nobody waits for that signal any more."""
    run.forget_waits(lambda waiting, number: waiting is scope and number == node.number)
    clear_timer(run, f"wait:{scope.path(node)}")
