"""The list of runs."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from concertato.cli.display.words import run_status, style
from concertato.cli.doors import Doors
from concertato.cli.exits import Exit
from concertato.cli.find import unfinished
from concertato.cli.screen import Part, complaints, output
from concertato.cli.text import counted, moment, one_line, parse_moment, spent, to_json
from concertato.errors import RequestError
from concertato.journal.contract import RunFilter, RunRow
from concertato.run.status import RunStatus

_HEAD = ("RUN", "STATUS", "STARTED", "TOOK", "WORKFLOW")


def run_filter(
    status: Sequence[str], workflow: str | None, since: str | None, until: str | None, limit: int, now: float
) -> RunFilter:
    return RunFilter(
        status=known_statuses(status),
        workflow=workflow,
        started_after=None if since is None else parse_moment(since, now, "--since"),
        started_before=None if until is None else parse_moment(until, now, "--until"),
        limit=limit,
    )


def known_statuses(names: Sequence[str]) -> list[str]:
    """The statuses as the journal writes them; `rolled-back` will do for `rolled_back`."""
    found = [name.lower().replace("-", "_") for name in names]
    for name, status in zip(names, found, strict=True):
        if status not in set(RunStatus):
            raise RequestError(f"expected --status to be one of {', '.join(RunStatus)}, got: {name!r}")
    return found


def list_runs(doors: Doors, journal: Path, where: RunFilter, *, as_json: bool) -> Exit:
    screen = output(doors.settings.colour)
    with doors.reader(journal) as reader:
        # Asked first: a run that a process ends before it lets go of the journal is not taken for one it left.
        driven = doors.is_driven(journal)
        rows = reader.runs(where)
        left = 0 if driven else sum(not row.parked for row in unfinished(reader))
    if as_json:
        for row in rows:
            screen.stream.write(to_json(row) + "\n")
    elif rows:
        screen.table(_HEAD, [_cells(row, doors.clock.now()) for row in rows], shrink=(4,))
        if len(rows) == where.limit:
            screen.line((f"the newest {where.limit}; more with --limit", "dim"))
    else:
        screen.line("no runs")
    if left:
        screen.stream.flush()
        _tell_left(left, doors, journal)
    return Exit.OK


def _tell_left(left: int, doors: Doors, journal: Path) -> None:
    """Runs that are shown as running, and that nobody runs: their process has died or was stopped."""
    words = ["concertato", "resume", *([] if journal == doors.settings.journal else ["--journal", str(journal)])]
    are = "is" if left == 1 else "are"
    complaints(doors.settings.colour).line(
        f"concertato: {counted(left, 'run')} {are} unfinished and no process drives this journal: {shlex.join(words)}"
    )


def _cells(row: RunRow, now: float) -> list[Part]:
    status = run_status(row)
    took = spent((now if row.ended_at is None else row.ended_at) - row.started_at)
    relation = f"  ({row.relation} of {row.continues})" if row.continues else ""
    return [
        row.run_id,
        (status.replace("_", " "), style(status)),
        moment(row.started_at),
        took,
        one_line(row.workflow) + relation,
    ]
