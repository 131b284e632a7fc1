"""Which task a person means: `RUN/TASK`, a task's name where only one open task has it, or `last`."""

from collections.abc import Iterator, Sequence

from concertato.cli.doors import Reader
from concertato.cli.find import all_runs, find_run
from concertato.cli.text import counted, one_line
from concertato.errors import UnknownTask
from concertato.journal.contract import TaskFilter, TaskRow

_PAGE = 1000
_LEAST = 6
"""Characters of a run's id that are enough to find it by, where no other run's ends so."""
_NAMED = 5
_FEW = 20
"""Of so many runs each may be looked for in the journal alone."""


def find_task(reader: Reader, named: str) -> TaskRow:
    """Raises `UnknownTask`, with the tasks that may be meant where there are several."""
    if named == "last":
        newest = max(every(reader, TaskFilter()), key=lambda row: (row.opened_at, row.number), default=None)
        if newest is None:
            raise UnknownTask("no task is open; those of before are listed by concertato tasks --status all")
        return newest
    found = reader.find_tasks(_as_stored(reader, named))
    open_ones = [row for row in found if row.status == "open"]
    candidates = open_ones or found
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise UnknownTask(
            f"no task is called {named!r}: expected RUN/TASK (a run's id or an ending of it, then the task's name), "
            "a task's name that only one open task has, or last; see them with concertato tasks"
        )
    names = ", ".join(short_name(reader, row) for row in candidates[:_NAMED])
    more = f" and {len(candidates) - _NAMED} more" if len(candidates) > _NAMED else ""
    what = counted(len(candidates), "open task" if open_ones else "closed task")
    raise UnknownTask(f"{what} are called {named!r}: {one_line(names)}{more}; name the one that is meant")


def every(reader: Reader, where: TaskFilter) -> Iterator[TaskRow]:
    """All tasks that match, whatever the filter's limit."""
    after: tuple[float, int, str] | None = None
    while page := reader.tasks(_page(where, after)):
        yield from page
        after = (page[-1].opened_at, page[-1].number, page[-1].task)


def short_name(reader: Reader, row: TaskRow) -> str:
    """`RUN/TASK` with as much of the run's id as no other run's ends with."""
    return f"{short_run(reader, row.run_id)}/{row.task}"


def short_run(reader: Reader, run_id: str) -> str:
    for length in range(_LEAST, len(run_id)):
        found = reader.find(run_id[-length:])
        if found is not None and found.run_id == run_id:
            return run_id[-length:]
    return run_id


def short_names(reader: Reader, rows: Sequence[TaskRow]) -> list[str]:
    """As `short_name`, of many at once: the runs of the journal are gone through once and not for every row."""
    ids = {row.run_id for row in rows}
    if len(ids) <= _FEW:
        short = {run_id: short_run(reader, run_id) for run_id in ids}
    else:
        same: dict[str, set[str]] = {run_id[-_LEAST:]: set() for run_id in ids}
        for run in all_runs(reader):
            if (alike := same.get(run.run_id[-_LEAST:])) is not None:
                alike.add(run.run_id)
        short = {run_id: _told_apart(run_id, same[run_id[-_LEAST:]] - {run_id}) for run_id in ids}
    return [f"{short[row.run_id]}/{row.task}" for row in rows]


def _told_apart(run_id: str, others: set[str]) -> str:
    """The shortest ending of an id that none of the others has."""
    for length in range(_LEAST, len(run_id)):
        if not any(other.endswith(run_id[-length:]) for other in others):
            return run_id[-length:]
    return run_id


def _page(where: TaskFilter, after: tuple[float, int, str] | None) -> TaskFilter:
    from msgspec.structs import replace

    return replace(where, limit=_PAGE, after=after)


def _as_stored(reader: Reader, named: str) -> str:
    """Runs' ids are found in either case, and `last/TASK` is a task of the newest run. A task's name may hold a `/`."""
    run, slash, task = named.partition("/")
    if not slash:
        return named
    if run == "last":
        return f"{find_run(reader, run).run_id}/{task}"
    return f"{run.upper()}/{task}" if reader.find(run.upper()) is not None else named
