"""Removing runs that ended long ago."""

from collections.abc import Sequence
from pathlib import Path

from concertato.agents.registry import Registry
from concertato.cli.doors import Doors, Reader
from concertato.cli.exits import Exit
from concertato.cli.screen import output
from concertato.cli.text import counted, to_json
from concertato.definition.duration import parse_duration
from concertato.errors import RequestError
from concertato.journal.contract import RunFilter

_PAGE = 1000


def collect(
    doors: Doors, journal: Path, older_than: str, *, statuses: Sequence[str], dry_run: bool, as_json: bool
) -> Exit:
    try:
        before = doors.clock.now() - parse_duration(older_than)
    except ValueError as error:
        raise RequestError(f"--older-than: {error}") from None
    with doors.reader(journal) as reader:  # also says so where there is no journal, instead of making one
        count = _count(reader, before, statuses)
    if not dry_run:
        count = doors.run(_purge(doors, journal, before, statuses))
    screen = output(doors.settings.colour)
    if as_json:
        screen.stream.write(to_json({"would_remove" if dry_run else "removed": count}) + "\n")
    else:
        screen.line(f"{'would remove' if dry_run else 'removed'} {counted(count, 'run')}")
    return Exit.OK


async def _purge(doors: Doors, journal: Path, before: float, statuses: Sequence[str]) -> int:
    # Without agents the engine calls nobody: unfinished runs stay as they are.
    async with doors.engine(journal, Registry()) as engine:
        return await engine.purge(ended_before=before, status=statuses)


def _count(reader: Reader, before: float, statuses: Sequence[str]) -> int:
    count = 0
    after: int | None = None
    while page := reader.runs(RunFilter(status=statuses, limit=_PAGE, after=after)):
        count += sum(row.ended_at is not None and row.ended_at < before for row in page)
        after = page[-1].number
    return count
