"""What is kept: how long (`gc`), whether it is what it was (`audit`), what is still to be told (`outbox`)."""

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


audit = typer.Typer(help="Look after the record of what people and agents decided.", no_args_is_help=True)


@audit.command()
def verify(
    context: typer.Context,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="DIGEST", help="The head that an earlier call printed: it must still be there."),
    ] = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """Find what was changed, added or taken away afterwards.

    Every decision, edit and request is chained to the one before it by hashes. What was cut off at the end, with its
    links, is found where --head says how far the record went.
    """
    from concertato.cli.auditing import verify_record

    doors: Doors = context.obj
    return verify_record(doors, journal or doors.settings.journal, head, as_json=as_json)


def outbox(
    context: typer.Context,
    send: Annotated[bool, typer.Option("--send", help="Deliver what is due now.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="At most this many.")] = 50,
    journal: options.Journal = None,
    as_json: options.Json = False,
) -> Exit:
    """List the news for the world outside that is not delivered yet, the oldest first."""
    from concertato.cli.outgoing import list_notices, send_notices

    doors: Doors = context.obj
    where = journal or doors.settings.journal
    if send:
        send_notices(doors, where)
    return list_notices(doors, where, limit, as_json=as_json)
