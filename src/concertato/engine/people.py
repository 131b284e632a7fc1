"""Tasks for people as they are looked at, and why one that is no longer open cannot be decided."""

from concertato.engine.contract import TaskView
from concertato.engine.replay import replay
from concertato.errors import UnknownTask
from concertato.journal.contract import JournalReader, RunRow, TaskRow
from concertato.run.people import question_of
from concertato.run.question import digest
from concertato.run.task import Task


def task_view(journal: JournalReader, row: RunRow, name: str) -> TaskView:
    """An open task, whole. Raises `UnknownTask`, `JournalCorrupt`."""
    run, _ = replay(journal, row)
    task = run.tasks.get(name)
    found = known_task(journal, row, name)
    if task is None or found is None:
        raise UnknownTask(why_not_open(found, row, name, list(run.tasks)))
    return view_of(found, task)


def view_of(row: TaskRow, task: Task) -> TaskView:
    return TaskView(
        row=row,
        question=question_of(task),
        shown=digest(task.question),
        so_far={vote.user: vote.choice for vote in task.votes},
        barred=task.barred,
        default=task.default,
    )


def known_task(journal: JournalReader, row: RunRow, name: str) -> TaskRow | None:
    return next(iter(journal.find_tasks(f"{row.run_id}/{name}")), None)


def why_not_open(found: TaskRow | None, row: RunRow, name: str, still_open: list[str]) -> str:
    """What has become of a task that somebody wants to decide."""
    known = f"; open are {', '.join(still_open)}" if still_open else "; none of its tasks is open"
    if found is None:
        return f"run {row.run_id} has no task '{name}'{known}"
    outcome = f" ({found.outcome})" if found.outcome else ""
    what = {"decided": "has been decided", "timed_out": "ran out of time", "cancelled": "was cancelled"}
    return f"run {row.run_id}: task '{name}' {what.get(found.status, 'is not open')}{outcome}; nothing is to be decided"
