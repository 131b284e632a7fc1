"""The commands that only look: they need no lock and work beside a process that drives the journal."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def runs(
    context: typer.Context,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", "-s", metavar="STATUS", help="Only runs with this status. May be repeated."),
    ] = None,
    workflow: Annotated[
        str | None, typer.Option("--workflow", "-w", metavar="NAME", help="Only runs of this workflow.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="WHEN", help="Started at or after: 2026-11-22, 2026-11-22T16:00:00Z, or 2h ago."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="WHEN", help="Started before; written like --since.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, help="At most this many, the newest first.")
    ] = 50,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """List the runs of the journal, newest first."""
    from concertato.cli.listing import list_runs, run_filter

    doors: Doors = context.obj
    where = run_filter(status or (), workflow, since, until, limit, doors.clock.now())
    return list_runs(doors, journal or doors.settings.journal, where, as_json=as_json)


def show(
    context: typer.Context,
    run: options.Run,
    decisions: Annotated[
        bool,
        typer.Option(
            "--decisions",
            help="What went wrong and what was done about it, in order: attempts, rungs, what agents and people "
            "decided, what was undone.",
        ),
    ] = False,
    form: Annotated[
        Literal["text", "markdown"] | None,
        typer.Option(
            "--format", "-f", help="Of --decisions: for the terminal (default), or a document for an auditor."
        ),
    ] = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """Show a run as it stands.

    Its nodes as a tree, with times, attempts, outputs and errors; or with --decisions its decision path.
    """
    from concertato.errors import RequestError

    doors: Doors = context.obj
    where = journal or doors.settings.journal
    if decisions:
        from concertato.cli.decisions.showing import show_decisions

        return show_decisions(doors, where, run, form=form or "text", as_json=as_json)
    if form is not None:
        raise RequestError("expected --format beside --decisions: concertato show last --decisions --format markdown")
    from concertato.cli.showing import show_run

    return show_run(doors, where, run, as_json=as_json)


def events(
    context: typer.Context,
    run: options.Run,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run has ended.")] = False,
    after: Annotated[int, typer.Option("--after", metavar="SEQ", help="Only events with a greater number.")] = -1,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """Print what the journal holds of a run, in order."""
    from concertato.cli.eventlog import print_events

    doors: Doors = context.obj
    return print_events(doors, journal or doors.settings.journal, run, after=after, follow=follow, as_json=as_json)
