"""`gc`: how long runs are kept."""

from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def gc(
    context: typer.Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Remove runs that ended longer ago than this: 12h, 30d.")
    ],
    status: Annotated[
        list[str] | None,
        typer.Option("--status", "-s", metavar="STATUS", help="Only runs that ended so. May be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """Remove runs that ended long ago from the journal."""
    from concertato.cli.listing import known_statuses
    from concertato.cli.retention import collect

    doors: Doors = context.obj
    return collect(
        doors,
        journal or doors.settings.journal,
        older_than,
        statuses=known_statuses(status or ()),
        dry_run=dry_run,
        as_json=as_json,
    )
