"""Deciding a task, or handing it on: it is found, checked and asked about before anything is opened."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from concertato.cli.asking import Asking
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.given import read_inputs
from concertato.cli.people.dialogue import Dialogue
from concertato.cli.people.find import find_task
from concertato.cli.people.showing import tell_task
from concertato.cli.people.words import Answer, command_of, fields_of, form_of
from concertato.cli.screen import complaints
from concertato.cli.text import moment, safe
from concertato.definition.spelling import did_you_mean, nearest
from concertato.engine.contract import Decide, Delegate, TaskView
from concertato.errors import ConcertatoError, JournalLocked, Refused, RequestError
from concertato.journal.contract import TaskRow
from concertato.run.events import Identity

_LEAST_DIGITS = 8


def decide(
    doors: Doors,
    journal: Path,
    asking: Asking,
    named: str,
    *,
    choice: str | None,
    reason: str | None,
    values: Sequence[str],
    shown: str | None,
    by: Identity,
) -> Exit:
    view = open_task(doors, journal, named)
    again: str | None = None
    if choice is not None:
        _check_choice(view, choice)
        declared = fields_of(form_of(view.question.form))
        given = read_inputs(values, declared, option="--values") if values else None
        answer = Answer(choice, reason, given)
    else:
        answer = _answer_of_a_person(doors, journal, view, by)
        # The person has seen what the dialogue shows, and decides about that.
        shown = view.shown
        again = command_of(doors, journal, view, answer, by)
    if answer.choice == "use_output" and view.row.about == "failure":
        _check_output(answer)
    request = Decide(
        task=view.row.task,
        choice=answer.choice,
        by=by,
        reason=answer.reason,
        values=answer.values,
        shown=None if shown is None else whole_digest(view, shown),
    )
    try:
        return asking.send(view.row.run_id, request)
    except ConcertatoError:
        if again is not None:
            complaints(doors.settings.colour).line(f"concertato: nothing is recorded; to try again: {safe(again)}")
        raise


def delegate(
    doors: Doors, journal: Path, asking: Asking, named: str, *, to: str, reason: str | None, by: Identity
) -> Exit:
    row = open_task(doors, journal, named).row
    to = to if ":" in to else f"user:{to}"
    if any(letter.isspace() for letter in to):
        raise RequestError(f"expected --to to be one user:NAME or role:NAME, without blanks in it, got: {to!r}")
    return asking.send(row.run_id, Delegate(task=row.task, to=to, by=by, reason=reason))


def open_task(doors: Doors, journal: Path, named: str) -> TaskView:
    """Raises `Refused` where it is not to be decided any more."""
    with doors.reader(journal) as reader:
        row = find_task(reader, named)
        if row.status != "open":
            raise Refused(
                f"run {row.run_id}: {_closed(row)}; see how it went: concertato tasks {row.run_id}/{row.task}"
            )
        return reader.task(row.run_id, row.task)


def whole_digest(view: TaskView, given: str) -> str:
    """The digest that `given` begins, where it is this task's; any other as it is, for the engine to refuse."""
    named = given.lower()
    return view.shown if len(named) >= _LEAST_DIGITS and view.shown.startswith(named) else given


def _closed(row: TaskRow) -> str:
    at = "" if row.closed_at is None else f" on {moment(row.closed_at)}"
    match row.status:
        case "decided":
            return f"task '{row.task}' has been decided already{at}: {row.outcome}"
        case "timed_out":
            outcome = f", and {row.outcome} was chosen by default" if row.outcome else ""
            return f"the time of task '{row.task}' was over{at}{outcome}"
        case _:
            return f"task '{row.task}' was cancelled{at}: nothing is to be decided any more"


def _check_choice(view: TaskView, choice: str) -> None:
    names = [each.name for each in view.question.choices]
    if choice not in names:
        hint = did_you_mean(nearest(choice, names)) or f"; it can be {', '.join(names)}"
        raise Refused(f"task '{view.row.task}' has no choice {choice!r}{hint}")


def _check_output(answer: Answer) -> None:
    if not isinstance(answer.values, dict) or "output" not in answer.values:
        raise Refused("the choice 'use_output' needs the output, as JSON or text: --values output=VALUE")


def _check_door(doors: Doors, journal: Path, view: TaskView, by: Identity) -> None:
    """Raise what would be raised at the end, before anything is asked."""
    with doors.reader(journal) as reader:
        barrier = reader.barrier(view.row.run_id, view.row.task, by)
    if barrier is not None:
        raise Refused(f"run {view.row.run_id}: {barrier}")
    if doors.is_driven(journal):
        raise JournalLocked(
            f"journal {journal} is driven by another process, so that nothing can be recorded: stop that one, and "
            "decide then; tasks, show, runs and events need no lock"
        )


def _answer_of_a_person(doors: Doors, journal: Path, view: TaskView, by: Identity) -> Answer:
    """Ask at the terminal, beside standard output, which is the run's. Raises `RequestError` where nobody is there."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        names = ", ".join(each.name for each in view.question.choices)
        raise RequestError(
            f"nothing says what is decided, and nobody is at a terminal to ask: add --choice with one of {names}"
        )
    _check_door(doors, journal, view, by)
    screen = complaints(doors.settings.colour)
    tell_task(view, screen, doors.clock.now())
    try:
        answer = Dialogue(screen, _asking_at(sys.stderr.write)).decide(view)
    except (KeyboardInterrupt, EOFError) as stopped:
        screen.line("")
        screen.line("concertato: stopped: nothing is recorded")
        if isinstance(stopped, KeyboardInterrupt):
            raise
        answer = None
    if answer is None:
        raise RequestError(f"task '{view.row.task}' is not decided: it was not confirmed")
    return answer


def _asking_at(write: Callable[[str], Any]) -> Callable[[str], str]:
    def ask(prompt: str) -> str:
        write(prompt)
        sys.stderr.flush()
        return input()

    return ask
