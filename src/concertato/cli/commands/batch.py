"""`batch`: one workflow over many rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from concertato.cli import options
from concertato.cli.exits import Exit

if TYPE_CHECKING:
    from concertato.cli.doors import Doors


def batch(
    context: typer.Context,
    file: options.File,
    inputs: Annotated[
        Path,
        typer.Option("--inputs", "-i", metavar="ROWS", help="The rows: a file (or -), a JSON object on each line."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="RESULTS", help="Where the results go: a JSON object per row.")
    ],
    concurrency: Annotated[int, typer.Option("--concurrency", "-c", metavar="N", min=1, help="Rows at once.")] = 64,
    name: Annotated[
        str | None,
        typer.Option(
            "--batch",
            metavar="NAME",
            help="Another name makes it another batch, which runs every row anew. "
            "Left out: the name of the rows' file.",
        ),
    ] = None,
    agents: options.Agents = None,
    journal: options.Journal = None,
    as_json: options.Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> Exit:
    """Run the workflow in FILE once for each row of a file.

    Each row is a durable run of its own. After an interruption of any kind the same command goes on where it was: rows
    that are finished are read back from the journal and not run again. A row that cannot be run is told with its line
    number and does not stop the others.
    """
    from concertato.cli.batch.conduct import Batch

    doors: Doors = context.obj
    return Batch(
        doors=doors,
        file=file,
        inputs=Path("/dev/stdin") if str(inputs) == "-" else inputs,
        out=out,
        concurrency=concurrency,
        name=name,
        specs=agents,
        journal=journal or doors.settings.journal,
        as_json=as_json,
        quiet=quiet,
    ).conduct()
