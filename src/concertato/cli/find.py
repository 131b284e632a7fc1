"""Which run a person means: its id, the end of it, or `last`."""

from concertato.cli.doors import Reader
from concertato.errors import UnknownRun
from concertato.journal.contract import RunFilter, RunRow


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
