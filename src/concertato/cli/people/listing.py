"""The list of tasks for people: what is due first stands first."""

from collections.abc import Sequence
from heapq import nsmallest
from pathlib import Path

from concertato.cli.doors import Doors, Reader
from concertato.cli.exits import Exit
from concertato.cli.find import find_run
from concertato.cli.identity import account
from concertato.cli.people.find import every, short_names
from concertato.cli.people.words import due_in_words, status_in_words
from concertato.cli.screen import Part, output
from concertato.cli.text import one_line, to_json
from concertato.errors import RequestError
from concertato.journal.contract import TaskFilter, TaskRow

STATUSES = ("open", "decided", "timed_out", "cancelled")


def task_filter(
    reader: Reader, status: str, to: Sequence[str], mine: bool, workflow: str | None, run: str | None, due: float | None
) -> TaskFilter:
    """`due`: only what is due before this moment."""
    assignees = [name if ":" in name else f"user:{name}" for name in to]
    if mine:
        own = account()
        assignees += [f"user:{own.user}", *(f"role:{role}" for role in own.roles)]
    return TaskFilter(
        status=_statuses(status),
        to=assignees,
        workflow=workflow,
        number=None if run is None else find_run(reader, run).number,
        due_before=due,
    )


def list_tasks(
    doors: Doors,
    journal: Path,
    *,
    status: str,
    to: Sequence[str],
    mine: bool,
    workflow: str | None,
    run: str | None,
    overdue: bool,
    limit: int,
    as_json: bool,
) -> Exit:
    screen = output(doors.settings.colour)
    now = doors.clock.now()
    with doors.reader(journal) as reader:
        where = task_filter(reader, status, to, mine, workflow, run, now if overdue else None)
        # One more than is shown tells whether there are more.
        rows = nsmallest(limit + 1, every(reader, where), key=_urgency)
        shown = rows[:limit]
        if as_json:
            for row in shown:
                screen.stream.write(to_json(row) + "\n")
            return Exit.OK
        several = list(where.status) != ["open"]
        head = ("TASK", *(("STATUS",) if several else ()), "FOR", "DUE", "WORKFLOW", "TITLE")
        names = short_names(reader, shown)
        cells = [_cells(row, name, now, several) for row, name in zip(shown, names, strict=True)]
    if not cells:
        screen.line("no open tasks" if not several else "no tasks")
        return Exit.OK
    screen.table(head, cells, shrink=(len(head) - 1, len(head) - 2, len(head) - 4))
    if len(rows) > limit:
        screen.line((f"the first {limit}; more with --limit", "dim"))
    return Exit.OK


def _urgency(row: TaskRow) -> tuple[bool, float, float, int]:
    due = float("inf") if row.due is None or row.status != "open" else row.due
    return row.status != "open", due, row.opened_at, row.number


def _cells(row: TaskRow, name: str, now: float, several: bool) -> list[Part]:
    status = [status_in_words(row)] if several else []
    return [
        one_line(name),
        *status,
        one_line(", ".join(row.to)),
        due_in_words(row, now),
        one_line(row.workflow),
        one_line(row.title),
    ]


def _statuses(named: str) -> Sequence[str]:
    status = named.lower().replace("-", "_")
    if status == "all":
        return STATUSES
    if status not in STATUSES:
        raise RequestError(f"expected --status to be one of {', '.join(STATUSES)}, all, got: {named!r}")
    return (status,)
