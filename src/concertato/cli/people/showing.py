"""One task whole: what is asked, of whom, until when, what stands so far, and what to type to decide it."""

from collections.abc import Sequence
from pathlib import Path

from concertato.cli.decisions.timeline import tell_steps
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.people.find import find_task, short_name
from concertato.cli.people.words import (
    decide_command,
    due_in_words,
    field_in_words,
    fields_of,
    form_of,
    status_in_words,
)
from concertato.cli.screen import Screen, output
from concertato.cli.text import compact_json, counted, moment, one_line, pretty_json, safe, to_json
from concertato.engine.contract import DecisionStep, TaskView
from concertato.journal.contract import TaskRow
from concertato.run.events import NULL

ABOUT = {
    "human": "a step of the workflow",
    "failure": "what becomes of a node that failed",
    "undo": "what becomes of what cannot be undone",
}


def show_task(doors: Doors, journal: Path, named: str, *, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        row = find_task(reader, named)
        if row.status != "open":
            steps = [step for step in reader.decisions(row.run_id) if step.detail.get("task") == row.task]
            return _show_closed(row, steps, screen, as_json=as_json)
        view = reader.task(row.run_id, row.task)
        name = short_name(reader, row)
    if as_json:
        screen.stream.write(to_json(view) + "\n")
        return Exit.OK
    tell_task(view, screen, doors.clock.now())
    _tell_commands(doors, journal, name, view, screen)
    return Exit.OK


def _show_closed(row: TaskRow, steps: Sequence[DecisionStep], screen: Screen, *, as_json: bool) -> Exit:
    """A task that is not open any more: how it stands, and how it came to that."""
    if as_json:
        screen.stream.write(to_json({"row": row, "steps": steps}) + "\n")
        return Exit.OK
    _tell_head(row, row.title, screen)
    screen.line("")
    tell_steps(steps, screen)
    return Exit.OK


def tell_task(view: TaskView, screen: Screen, now: float) -> None:
    """Everything that is shown to whoever decides, and how the task stands."""
    row, question = view.row, view.question
    _tell_head(row, question.title, screen)
    due = due_in_words(row, now)
    if due and row.due is not None:
        default = f"; then it is {one_line(view.default)}" if view.default else ""
        screen.line("due ", due, f" ({moment(row.due)}){default}")
    if question.instructions:
        screen.line("")
        screen.line(safe(question.instructions.strip()))
    _tell_matter(view, screen)
    _tell_choices(view, screen)
    _tell_form(view, screen)
    screen.line("")
    if view.barred:
        screen.line(f"not to be decided by {one_line(', '.join(view.barred))}")
    for user, choice in view.so_far.items():
        screen.line(f"{one_line(user)} has chosen {one_line(choice)}")
    screen.line((f"digest of what is shown {view.shown}", "dim"))


_WHAT = {"node": "the node's own", "fallback": "in its place", "recovery": "deciding about it", "person": "asked,"}


def _tell_head(row: TaskRow, title: str, screen: Screen) -> None:
    screen.line((one_line(title), "bold"))
    screen.line((f"task {one_line(row.task)} of {one_line(row.workflow)}  run {row.run_id}", "dim"))
    screen.line(status_in_words(row), f", for {one_line(', '.join(row.to))}: {ABOUT.get(row.about, row.about)}")


def _tell_matter(view: TaskView, screen: Screen) -> None:
    question = view.question
    if question.failure is not None:
        undoing = view.row.about == "undo"
        # The attempts are those at the node: where others were tried as well, each is told below with its own.
        alone = not undoing and question.attempts and len(question.tried) < 2
        tries = f" after {counted(question.attempts, 'attempt')}" if alone else ""
        screen.line("")
        screen.line(
            f"{'the undoing of ' if undoing else ''}{one_line(question.path)} ",
            ("failed", "bold red"),
            f"{tries} ({question.failure.kind}): {one_line(question.failure.message)}",
        )
    if len(question.tried) > 1:
        screen.line("")
        screen.line(("tried so far", "bold"))
        for each in question.tried:
            tries = f"  {counted(each.attempts, 'attempt')}" if each.attempts else ""
            screen.line(f"  {_WHAT[each.what]} {one_line(each.who)}: {one_line(each.said)}", (tries, "dim"))
    for value, did in ((question.input, "got"), (question.output, "gave")):
        if value != NULL:
            screen.line("")
            screen.line(f"what {one_line(question.path)} {did} ", pretty_json(bytes(value)))


def _tell_choices(view: TaskView, screen: Screen) -> None:
    screen.line("")
    screen.line(("choices", "bold"))
    for choice in view.question.choices:
        needs = f"  by {choice.approvals} people" if choice.approvals > 1 else ""
        title = f"  {one_line(choice.title)}" if choice.title else ""
        screen.line(f"  {one_line(choice.name)}{title}", (needs, "dim"))


def _tell_form(view: TaskView, screen: Screen) -> None:
    form = form_of(view.question.form)
    if not form:
        return
    screen.line("")
    screen.line(("form", "bold"))
    fields = fields_of(form)
    if not fields:
        screen.line(f"  {compact_json(bytes(view.question.form))}")
    for name, schema in fields.items():
        words = field_in_words(schema, required=name in form.get("required", ()))
        about = schema.get("title") or schema.get("description") if isinstance(schema, dict) else None
        screen.line(f"  {one_line(name)}  ", (one_line(words), "dim"), f"  {one_line(str(about))}" if about else "")


def _tell_commands(doors: Doors, journal: Path, name: str, view: TaskView, screen: Screen) -> None:
    screen.line("")
    screen.line("decide it with")
    for choice in view.question.choices:
        screen.line(f"  {safe(decide_command(doors, journal, name, choice.name, view))}")
