"""The rows of the tasks that people have yet to decide, kept in the journal in the same commit as what led to them.

They are an index: everything in them follows from the run's events. `post` is told the news that the world is to hear.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from concertato.engine.embedded.hot import HotRun
from concertato.journal.contract import JournalReader, JournalWriter, TaskFilter, TaskRow
from concertato.run.commands import CloseTask, Command, OpenTask, ReassignTask, RemindTask, TaskCommand

Post = Callable[[str, int, float, Mapping[str, Any]], None]
"""Takes a piece of news: its kind, the number of its run, when it became known, and what there is to say."""

_TASK_COMMANDS = (OpenTask, ReassignTask, RemindTask, CloseTask)
_MOST = 1000


class TaskBook:
    def __init__(self, journal: JournalWriter, post: Post) -> None:
        self._journal = journal
        self._post = post

    def record(self, hot: HotRun, at: float, commands: Sequence[Command]) -> None:
        """Write down what the commands say of tasks; the caller commits it with their event."""
        for command in commands:
            if isinstance(command, _TASK_COMMANDS):
                self._take(hot, at, command)

    def _take(self, hot: HotRun, at: float, command: TaskCommand) -> None:
        if isinstance(command, OpenTask):
            row = _opened(hot, at, command)
        elif command.task not in hot.tasks:
            return  # opened and closed in the same moment: nobody could have seen it
        elif isinstance(command, ReassignTask):
            row = replace(hot.tasks[command.task], to=list(command.to), due=command.due)
        elif isinstance(command, CloseTask):
            row = replace(hot.tasks[command.task], status=command.status, closed_at=at, outcome=command.outcome)
        else:
            row = hot.tasks[command.task]
        if row.status == "open":
            hot.tasks[command.task] = row
        else:
            del hot.tasks[command.task]
        if not isinstance(command, RemindTask):
            self._journal.put_task(row)
        self._post(_kind_of(command), hot.number, at, _told(row))


def open_rows(journal: JournalReader, number: int) -> dict[str, TaskRow]:
    """The rows of a run's open tasks, by name."""
    rows: dict[str, TaskRow] = {}
    after: tuple[float, int, str] | None = None
    while page := journal.tasks(TaskFilter(number=number, limit=_MOST, after=after)):
        rows.update((row.task, row) for row in page)
        after = (page[-1].opened_at, page[-1].number, page[-1].task)
    return rows


def _opened(hot: HotRun, at: float, command: OpenTask) -> TaskRow:
    return TaskRow(
        number=hot.number,
        task=command.task,
        run_id=hot.run_id,
        workflow=hot.run.started.workflow,
        path=command.path,
        about=command.about,
        title=command.title,
        to=list(command.to),
        opened_at=at,
        due=command.due,
    )


def _kind_of(command: TaskCommand) -> str:
    match command:
        case OpenTask():
            return "task.opened"
        case ReassignTask(why=why):
            return f"task.{why}"
        case RemindTask():
            return "task.reminded"
        case CloseTask(status=status):
            return f"task.{status}"


def _told(row: TaskRow) -> dict[str, Any]:
    """What the world is told: what the task is and who decides it, and nothing that the workflow works on.

    No title either: texts of the run are put into it, and the message of a failure.
    """
    fields = ("run_id", "workflow", "task", "path", "about", "to", "due", "status", "outcome")
    return {field: getattr(row, field) for field in fields}
