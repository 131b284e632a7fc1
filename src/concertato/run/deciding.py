"""What people's decisions lead to: the result of a human node, the end of a node's ladder, an undoing tried again.

So does their silence: a task whose time is over passes on, is decided by its default, or is nobody's any more.
"""

from typing import Any

from concertato.errors import FailureKind
from concertato.plan.model import HumanPlan, NodePlan
from concertato.run import ladder, stopping, undoing
from concertato.run.events import NULL, Decided, Failure, Identity, Raw, TaskDelegated
from concertato.run.flow import succeed
from concertato.run.people import close_task, hand_over, open_task, path_of, question_of, reassign
from concertato.run.permission import refused_decision, refused_delegation, rule_for
from concertato.run.scope import Scope
from concertato.run.state import Run
from concertato.run.status import NodeStatus
from concertato.run.task import Task, Vote
from concertato.run.tried import chosen
from concertato.run.values import EvaluationError, Subject, decode, encode, fail_on_input


def begin_human(run: Run, scope: Scope, node: NodePlan) -> None:
    """Ask people; the node waits until somebody has decided."""
    assert isinstance(node.detail, HumanPlan)
    try:
        open_task(run, "human", node.detail.ask, Subject(scope, node))
    except EvaluationError as problem:
        fail_on_input(run, scope, node, problem)
        return
    run.mark(scope, node.number, NodeStatus.WAITING)


def decide(run: Run, event: Decided) -> str | None:
    """Somebody decides. Returns why that is refused, if it is."""
    refused = refused_decision(run, event)
    if refused is not None:
        return refused
    task = run.tasks[event.task]
    # While words are missing anybody may change their own: two who disagree must not be stuck for ever.
    task.votes = [*(vote for vote in task.votes if vote.user != event.by.user), Vote(event.by.user, event.choice)]
    voters = [vote.user for vote in task.votes if vote.choice == event.choice]
    needed = next(choice.approvals for choice in question_of(task).choices if choice.name == event.choice)
    final = len(voters) >= needed
    if run.teller is not None:
        _tell(run, task, event, final=final, approvals=[f"{vote.user}: {vote.choice}" for vote in task.votes])
    if final:
        close_task(run, event.task, "decided", event.choice)
        _follow(run, task, event.choice, event.values, voters, event.reason)
    return None


def _tell(run: Run, task: Task, event: Decided, *, final: bool, approvals: list[str]) -> None:
    rule, _ = rule_for(run, task, event.by)
    run.tell(
        "decided",
        path_of(task),
        task=event.task,
        choice=event.choice,
        by=_told(event.by),
        reason=event.reason,
        values=decode(event.values),
        rule=event.rule or rule,
        shown=event.shown,
        final=final,
        approvals=approvals,
    )


def _told(by: Identity) -> dict[str, Any]:
    return {"user": by.user, "roles": by.roles, "established": by.established}


def delegate(run: Run, event: TaskDelegated) -> str | None:
    """Somebody hands a task to somebody else. Returns why that is refused, if it is."""
    refused = refused_delegation(run, event)
    if refused is not None:
        return refused
    reassign(run, event.task, event.by, event.to)
    by = _told(event.by)
    path = path_of(run.tasks[event.task])
    run.tell("task_delegated", path, task=event.task, to=event.to, by=by, reason=event.reason)
    return None


def expire(run: Run, name: str) -> None:
    """Nobody has decided in time."""
    if hand_over(run, name):
        return
    task = close_task(run, name, "timed_out", run.tasks[name].default)
    run.tell("task_timed_out", path_of(task), task=name, default=task.default)
    if task.default is not None:
        _follow(run, task, task.default, NULL, [], "nobody decided in time")
        return
    failure = Failure(FailureKind.TIMEOUT, f"nobody decided '{name}' in time")
    match task.about:
        case "human":
            run.broken.append((task.scope, task.node, failure))
        case "failure":
            ladder.give_up_rung(run, task.scope, task.node)
        case "undo":
            _leave(run, task)


def _follow(run: Run, task: Task, choice: str, values: Raw, voters: list[str], reason: str | None) -> None:
    given = decode(values)
    match task.about:
        case "human":
            output = {"choice": choice, "values": given, "reason": reason, "by": voters}
            succeed(run, task.scope, task.node, encode(output))
        case "failure":
            chosen(task, choice, voters, reason)
            _act(run, task, choice, given or {})
        case "undo" if choice == "retry":
            undoing.again(run, task.scope, task.node)
            stopping.go_on(run, task.scope, task.node)
        case "undo" if choice == "done":
            undoing.compensated(run, task.scope, task.node, by_hand=True)
            stopping.undone(run, task.scope, task.node)
        case "undo":
            _leave(run, task)


def _act(run: Run, task: Task, choice: str, given: dict[str, Any]) -> None:
    output = encode(given["output"]) if choice == "use_output" else None
    changed = given.get("inputs") or {} if choice == "retry" else {}
    inputs = {name: encode(value) for name, value in changed.items()}
    ladder.act(run, task.scope, task.node, choice, output=output, inputs=inputs)


def _leave(run: Run, task: Task) -> None:
    undoing.leave(run, task.scope, task.node, task.scope.failures[task.node])
    stopping.go_on(run, task.scope, task.node)
