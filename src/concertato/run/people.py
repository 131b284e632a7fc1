"""Tasks for people, from the moment somebody is asked until nobody is any more.

What a decision leads to is not known here, only that it is one: made in time, by somebody who may, in the form that was
asked for. A task's name is its node's path, with what it is about where that is not the node's own question.
"""

from collections import Counter
from typing import Literal

from concertato.plan.model import AskPlan, ChoicePlan
from concertato.run.attempts import clear_timer, set_timer
from concertato.run.commands import CloseTask, OpenTask, ReassignTask, RemindTask
from concertato.run.events import NULL, Identity, Raw
from concertato.run.question import ChoiceAsked, Question, digest
from concertato.run.question import decode as read_question
from concertato.run.question import encode as write_question
from concertato.run.scope import definition_scope
from concertato.run.state import Run, Timer
from concertato.run.task import Task
from concertato.run.values import EvaluationError, Subject, filled, given, object_text

About = Literal["human", "failure", "undo"]

_MARK: dict[About, str] = {"human": "", "failure": "~failed", "undo": "~undo"}


def open_task(run: Run, about: About, ask: AskPlan, subject: Subject) -> str:
    """Ask people about a node. Returns the task's name. Raises `EvaluationError` where a human node's text has no
    value.
    """
    name = _fresh_name(subject, about)
    question = _question(run, about, ask, subject)
    text = write_question(question)
    task = Task(about, subject.scope, subject.node.number, text, ask.to)
    task.default, task.handover, task.barred = ask.default, ask.handover, ask.barred
    run.tasks[name] = task
    if ask.timeout is not None:
        task.due = run.now + ask.timeout
        _set_due(run, name, task)
    task.reminders = len(ask.remind)
    for number, after in enumerate(ask.remind):
        timer = Timer("remind", task.scope, task.node, run.now + after, number, task=name)
        set_timer(run, f"remind:{name}#{number}", timer)
    path = subject.scope.path(subject.node)
    run.commands.append(OpenTask(name, path, about, task.to, question.title, text, task.due))
    if run.teller is not None:
        told = {"task": name, "about": about, "to": list(task.to), "title": question.title, "due": task.due}
        run.tell("task_opened", path, **told, shown=digest(text), question=text.decode())
    return name


def _fresh_name(subject: Subject, about: About) -> str:
    """`approval`, `payment~failed`; what is asked once more has a number: `payment~failed#2`."""
    known = subject.node.id + _MARK[about]
    tasks = subject.scope.troubled().tasks
    tasks[known] = tasks.get(known, 0) + 1
    again = f"#{tasks[known]}" if tasks[known] > 1 else ""
    return subject.scope.path(subject.node) + _MARK[about] + again


def _question(run: Run, about: About, ask: AskPlan, subject: Subject) -> Question:
    scope, node, failure = subject
    path = scope.path(node)
    walk = scope.walk(node.number)
    place = scope if walk is None or walk.own or about != "failure" else definition_scope(scope)
    texts = []
    for where, template in (("title", ask.title), ("instructions", ask.instructions)):
        try:
            texts.append(filled(run, place, template, where, subject))
        except EvaluationError as problem:
            if about == "human":
                raise
            # Somebody must be asked all the same: that the text has no value is part of what went wrong.
            texts.append(f"({where}: {problem})")
    title, instructions = texts
    if not title and failure is None:
        title = node.description or f"Decide '{path}'"
    elif not title and failure is not None:
        what = "could not be undone" if about == "undo" else "failed"
        title = f"'{path}' {what} ({failure.kind.value}): {failure.message}"
    return Question(
        run_id=run.started.run_id,
        workflow=run.started.workflow,
        path=path,
        title=title,
        instructions=instructions,
        choices=[ChoiceAsked(each.name, each.title, each.approvals) for each in _choices(about, ask, subject)],
        form=NULL if ask.form is None else Raw(ask.form),
        failure=failure,
        attempts=scope.attempts.get(node.number, 1) if failure is not None else 0,
        input=NULL if failure is None else _given(run, subject),
        output=Raw(scope.outputs[node.number] or b"null") if about == "undo" else NULL,
        tried=[] if walk is None or about != "failure" else list(walk.tried),
    )


def _choices(about: About, ask: AskPlan, subject: Subject) -> list[ChoicePlan]:
    """What can be chosen of what is asked for."""
    no_output = about == "failure" and not subject.node.replaceable
    return [each for each in ask.choices if not (no_output and each.name == "use_output")]


def _given(run: Run, subject: Subject) -> Raw:
    try:
        return Raw(object_text(given(run, subject.scope, subject.node)))
    except EvaluationError:
        return NULL  # that it has no value is the failure that they are asked about


def _set_due(run: Run, name: str, task: Task) -> None:
    assert task.due is not None
    set_timer(run, f"due:{name}", Timer("due", task.scope, task.node, task.due, task=name))


def close_task(
    run: Run, name: str, status: Literal["decided", "timed_out", "cancelled"], outcome: str | None = None
) -> Task:
    """Ask nobody any more."""
    task = run.tasks.pop(name)
    # By name: of ten thousand tasks each must not be looked for among the timers of all.
    clear_timer(run, f"due:{name}")
    for number in range(task.reminders):
        clear_timer(run, f"remind:{name}#{number}")
    run.commands.append(CloseTask(name, status, outcome))
    if status == "cancelled":
        run.tell("task_cancelled", path_of(task), task=name)
    return task


def _missing(task: Task) -> int:
    """How many people have yet to agree before the task is decided, whatever they choose."""
    so_far = Counter(vote.choice for vote in task.votes)
    return max(choice.approvals - so_far[choice.name] for choice in question_of(task).choices)


def remind(run: Run, name: str) -> None:
    run.commands.append(RemindTask(name))
    run.tell("task_reminded", path_of(run.tasks[name]), task=name)


def reassign(run: Run, name: str, by: Identity, to: str) -> None:
    """Somebody who could decide it has handed it to somebody else: their own part of it, where others are named too.

    Where several words are still missing, a role that they have stays beside whom they handed it to: one person alone
    could not say them all.
    """
    task = run.tasks[name]
    own = f"user:{by.user}"
    if own in task.to:
        task.to = tuple(to if each == own else each for each in task.to)
    elif _missing(task) > 1:
        task.to = (*task.to, to)
    else:
        task.to = (to,)
    run.commands.append(ReassignTask(name, task.to, "delegated", task.due))


def hand_over(run: Run, name: str) -> bool:
    """Nobody has decided in time: pass the task on, if it says to whom and has not been passed on yet."""
    task = run.tasks[name]
    if task.handover is None:
        return False
    task.to, seconds = task.handover
    task.handover = None
    task.due = None if seconds is None else run.now + seconds
    if task.due is not None:
        _set_due(run, name, task)
    run.commands.append(ReassignTask(name, task.to, "handed_over", task.due))
    run.tell("task_handed_over", path_of(task), task=name, to=list(task.to), due=task.due)
    return True


def path_of(task: Task) -> str:
    return task.scope.path(task.scope.plan.nodes[task.node])


def question_of(task: Task) -> Question:
    return read_question(task.question)
