"""The rows of tasks for people: how they are written, listed and found."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from concertato.journal.contract import TaskFilter, TaskRow
from concertato.journal.statements import SQL, Fetch

_LEAST_TAIL = 6
_STATUSES = ("open", "decided", "timed_out", "cancelled")
_FROM_THE_FIRST = (float("-inf"), 0, "")


def write_tasks(connection: sqlite3.Connection, rows: Iterable[TaskRow]) -> None:
    for row in rows:
        fields = [getattr(row, name) for name in TaskRow.__struct_fields__]
        to = TaskRow.__struct_fields__.index("to")
        fields[to] = msgspec.json.encode(row.to).decode()
        connection.execute(SQL["put_task"], fields)
        connection.execute(SQL["clear_assignees"], (row.number, row.task))
        assignees = ((row.number, row.task, assignee, row.status, row.opened_at) for assignee in row.to)
        connection.executemany(SQL["put_assignee"], assignees)


def list_tasks(fetch: Fetch, where: TaskFilter) -> list[TaskRow]:
    """A page, put together of one for each status and assignee that is asked for: each of these is read in order."""
    after_at, after_number, after_task = where.after or _FROM_THE_FIRST
    parameters: dict[str, object] = {
        "number": where.number,
        "workflow": where.workflow,
        "due_before": where.due_before,
        "limit": where.limit,
        "after_at": after_at,
        "after_number": after_number,
        "after_task": after_task,
    }
    statement = _statement(where)
    found: dict[tuple[float, int, str], TaskRow] = {}
    for status in dict.fromkeys(where.status or _STATUSES):
        for assignee in dict.fromkeys(where.to or (None,)):
            for row in _rows(fetch(statement, status=status, assignee=assignee, **parameters)):
                found[row.opened_at, row.number, row.task] = row
    return [found[key] for key in sorted(found)[: where.limit]]


def find_tasks(fetch: Fetch, name: str) -> list[TaskRow]:
    run, slash, task = name.partition("/")
    rows = fetch("tasks_by_name", task=name)
    if slash:
        of_run = fetch("task_of_run", task=task, run_id=run)
        if not of_run and len(run) >= _LEAST_TAIL:
            of_run = fetch("tasks_of_tail", task=task, tail=run)
        rows += of_run
    return sorted(_rows(rows), key=lambda row: (row.opened_at, row.number), reverse=True)


def _statement(where: TaskFilter) -> str:
    """That which has the fewest rows to look at."""
    if where.to:
        return "list_tasks_of_assignee"
    if where.number is not None:
        return "list_tasks_of_run"
    if where.due_before is not None:
        return "list_due_tasks"
    return "list_tasks" if where.workflow is None else "list_tasks_of_workflow"


def _rows(rows: list[tuple[Any, ...]]) -> list[TaskRow]:
    # The table's columns are the row's fields, in its order.
    named = (dict(zip(TaskRow.__struct_fields__, row, strict=False)) for row in rows)
    return [TaskRow(**fields | {"to": msgspec.json.decode(fields["to"])}) for fields in named]
