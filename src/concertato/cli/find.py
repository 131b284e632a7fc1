"""Which runs a person means: one by its id, the end of it or `last`, or all that are to be gone on with."""

from collections.abc import Iterator, Sequence

from concertato.cli.doors import Reader
from concertato.errors import UnknownRun
from concertato.journal.contract import RunFilter, RunRow
from concertato.run.status import RunStatus

_PAGE = 1000
_UNFINISHED = [status.value for status in RunStatus if not status.ended and status is not RunStatus.PAUSED]


def find_run(reader: Reader, named: str) -> RunRow:
    if named == "last":
        rows = reader.runs(RunFilter(limit=1))
        if not rows:
            raise UnknownRun("the journal holds no run yet: start one with concertato run")
        return rows[0]
    row = reader.find(named.upper())
    if row is None:
        raise UnknownRun(
            f"no run is called {named!r}: expected a run's id, an ending (6 characters or more) that no other has, "
            "or last; see them with concertato runs"
        )
    return row


def unfinished(reader: Reader) -> Iterator[RunRow]:
    """Oldest last; a paused run stays paused, because somebody wanted that."""
    return all_runs(reader, _UNFINISHED)


def all_runs(reader: Reader, status: Sequence[str] = ()) -> Iterator[RunRow]:
    """Oldest last; with `status` only those that stand so."""
    after: int | None = None
    while page := reader.runs(RunFilter(status=status, limit=_PAGE, after=after)):
        yield from page
        after = page[-1].number
